package manual

import (
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"ivalt-radius/config/keys"
	"ivalt-radius/config/tree"
)

func edition() Edition { return Edition{Date: time.Unix(1_000_000_000, 0), Version: "1.2-3"} }

func commands() *cobra.Command {
	root := &cobra.Command{Use: "ivalt-radius", Short: "a server"}
	group := &cobra.Command{Use: "audit", Short: "the trail"}
	leaf := &cobra.Command{
		Use: "tail --config FILE", Short: "what happens", Run: func(*cobra.Command, []string) {},
		Long: "tail shows.\n.not a request\n'nor this \\n\n\n  ivalt-radius audit tail --lines 3\nand on",
	}
	leaf.Flags().IntP("lines", "n", 10, "how many `COUNT` of them")
	leaf.Flags().Bool("secret", false, "nobody's")
	_ = leaf.Flags().MarkHidden("secret")
	hidden := &cobra.Command{Use: "inner", Short: "hidden", Hidden: true, Run: func(*cobra.Command, []string) {}}
	group.AddCommand(leaf)
	root.AddCommand(group, hidden)
	return root
}

// TestCommands: a page for each command that is shown; no text of theirs is a request of troff.
func TestCommands(t *testing.T) {
	pages := Commands(commands(), edition())
	if len(pages) != 3 {
		t.Fatalf("%d pages", len(pages))
	}
	leaf := pages["ivalt-radius-audit-tail.1"]
	for _, want := range []string{
		`.TH "IVALT\-RADIUS\-AUDIT\-TAIL" "1" "2001-09-09" "ivalt-radius 1.2\-3"`,
		`ivalt\-radius\-audit\-tail \- what happens`,
		"\n\\&.not a request\n\\(aqnor this \\en\n.PP\n",
		".PP\n.nf\n\\&  ivalt\\-radius audit tail \\-\\-lines 3\n.fi\n.PP\nand on\n",
		".TP\n\\fB\\-n\\fR, \\fB\\-\\-lines\\fR \\fICOUNT\\fR\nhow many COUNT of them (default 10)\n",
		".BR ivalt\\-radius\\-audit (1),\n.BR ivalt\\-radius\\-config (5)\n",
	} {
		if !strings.Contains(leaf, want) {
			t.Errorf("no %q in\n%s", want, leaf)
		}
	}
	if strings.Contains(leaf, "nobody") {
		t.Error("a hidden flag is shown")
	}
	if group := pages["ivalt-radius-audit.1"]; !strings.Contains(group, ".TP\n\\fBtail\\fR\nwhat happens\n") || !strings.Contains(group, ".BR ivalt\\-radius (1),\n") {
		t.Error(group)
	}
}

// TestSettings: every key of the table is there, with what holds without it, and no mark of Markdown.
func TestSettings(t *testing.T) {
	text := Settings(keys.All(), edition())
	for _, key := range keys.All() {
		if !strings.Contains(text, "\n\\fB"+escape(key.Path)+"\\fR\n") || !strings.Contains(text, key.Variable()) {
			t.Errorf("no %s", key.Path)
		}
	}
	for _, mark := range []string{"`", "**", "]("} {
		if strings.Contains(text, mark) {
			t.Errorf("%q is left", mark)
		}
	}
	one := Settings([]tree.Key{{Path: "a", Required: true, Meaning: "See [b](c.md)."}, {Path: "d", Unset: "none", Meaning: "E"}}, edition())
	if !strings.Contains(one, "See b.\n.br\ntext; required.\n") || !strings.Contains(one, "E.\n.br\ntext; default: none.\n") {
		t.Error(one)
	}
}
