package manual

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// SettingsPage is the name of the page about the settings, in section 5.
const SettingsPage = "ivalt-radius-config"

// Commands are the pages of a command and of all below it, by their file's name: "ivalt-radius-serve.1". Hidden commands have none.
func Commands(root *cobra.Command, e Edition) map[string]string {
	pages := map[string]string{}
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		pages[name(cmd)+".1"] = command(cmd, e)
		for _, sub := range shown(cmd) {
			walk(sub)
		}
	}
	walk(root)
	return pages
}

// shown are the commands below one that have pages.
func shown(cmd *cobra.Command) []*cobra.Command {
	return slices.DeleteFunc(slices.Clone(cmd.Commands()), func(sub *cobra.Command) bool { return sub.Hidden || sub.Name() == "help" })
}

func name(cmd *cobra.Command) string { return strings.ReplaceAll(cmd.CommandPath(), " ", "-") }

func command(cmd *cobra.Command, e Edition) string {
	var p page
	p.begin(name(cmd), "1", e)
	p.section("NAME")
	p.put(escape(name(cmd)) + ` \- ` + escape(cmd.Short) + "\n")
	p.section("SYNOPSIS")
	p.put(".B " + escape(cmd.UseLine()) + "\n")
	p.section("DESCRIPTION")
	p.paragraphs(about(cmd))
	p.below(cmd)
	p.options(cmd)
	p.section("EXIT STATUS")
	p.put("0: success. 1: a fault, which is said. 64: a usage error.\n")
	p.section("FILES")
	p.term("/etc/ivalt\\-radius/config.yaml", "the settings, where --config names no others: see "+SettingsPage+"(5)")
	var see []string
	if cmd.HasParent() {
		see = append(see, name(cmd.Parent())+"(1)")
	}
	for _, sub := range shown(cmd) {
		see = append(see, name(sub)+"(1)")
	}
	p.see(append(see, SettingsPage+"(5)"))
	return p.String()
}

func about(cmd *cobra.Command) string {
	if cmd.Long != "" {
		return cmd.Long
	}
	return cmd.Short + "."
}

// paragraphs are a command's long words: an empty line ends a paragraph, and indented lines are one that keeps its shape.
func (p *page) paragraphs(text string) {
	for i, lines := range blocks(text) {
		if i > 0 {
			p.put(".PP\n")
		}
		if !indented(lines[0]) {
			for _, said := range lines {
				p.put(line(said) + "\n")
			}
			continue
		}
		p.put(".nf\n")
		for _, said := range lines {
			p.put(`\&` + escape(strings.TrimRight(strings.ReplaceAll(said, "\t", "    "), " ")) + "\n")
		}
		p.put(".fi\n")
	}
}

// blocks are the lines that belong together; none is empty.
func blocks(text string) (out [][]string) {
	ended := true
	for said := range strings.SplitSeq(text, "\n") {
		if strings.TrimSpace(said) == "" {
			ended = true
			continue
		}
		last := len(out) - 1
		if ended || indented(out[last][0]) != indented(said) {
			out, last, ended = append(out, nil), last+1, false
		}
		out[last] = append(out[last], said)
	}
	return out
}

func indented(said string) bool {
	return strings.HasPrefix(said, "  ") || strings.HasPrefix(said, "\t")
}

func (p *page) below(cmd *cobra.Command) {
	subs := shown(cmd)
	if len(subs) == 0 {
		return
	}
	p.section("COMMANDS")
	for _, sub := range subs {
		p.term(`\fB`+escape(sub.Name())+`\fR`, sub.Short)
	}
}

func (p *page) options(cmd *cobra.Command) {
	p.section("OPTIONS")
	cmd.InitDefaultHelpFlag()
	cmd.NonInheritedFlags().VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		word := `\fB` + escape("--"+f.Name) + `\fR`
		if f.Shorthand != "" {
			word = `\fB` + escape("-"+f.Shorthand) + `\fR, ` + word
		}
		value, usage := pflag.UnquoteUsage(f)
		if value != "" {
			word += ` \fI` + escape(value) + `\fR`
		}
		if !slices.Contains([]string{"", "[]", "false", "0", "0s"}, f.DefValue) {
			usage += " (default " + f.DefValue + ")"
		}
		p.term(word, usage)
	})
}
