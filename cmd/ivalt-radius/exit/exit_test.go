package exit_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"ivalt-radius/cmd/ivalt-radius/exit"
)

func TestCode(t *testing.T) {
	cause := errors.New("cause")
	for name, c := range map[string]struct {
		err  error
		code int
		text string
	}{
		"nothing":  {nil, exit.OK, "<nil>"},
		"any":      {cause, exit.Fault, "cause"},
		"its own":  {exit.Error{Code: 3, Err: cause}, 3, "cause"},
		"wrapped":  {fmt.Errorf("more: %w", exit.Error{Code: 3}), 3, "more: "},
		"said all": {exit.Error{Code: 2}, 2, ""},
	} {
		if code := exit.Code(c.err); code != c.code {
			t.Errorf("%s: %d, want %d", name, code, c.code)
		}
		if text := fmt.Sprint(c.err); text != c.text {
			t.Errorf("%s: %q, want %q", name, text, c.text)
		}
	}
	if !errors.Is(exit.Error{Code: 3, Err: cause}, cause) {
		t.Error("the cause is lost")
	}
}

func TestWithUsage(t *testing.T) {
	failure := errors.New("of the work")
	command := func() *cobra.Command {
		root := &cobra.Command{Use: "tool"}
		group := &cobra.Command{Use: "group", Short: "s"}
		work := &cobra.Command{Use: "work --name N", Args: cobra.MaximumNArgs(1), RunE: func(*cobra.Command, []string) error { return failure }}
		work.Flags().String("name", "", "")
		_ = work.MarkFlagRequired("name")
		group.AddCommand(work)
		root.AddCommand(group)
		exit.WithUsage(root)
		return root
	}
	for line, c := range map[string]struct {
		code int
		says string
	}{
		"":                             {exit.Usage, "see tool --help"},
		"group":                        {exit.Usage, "see tool group --help"},
		"other":                        {exit.Usage, "other"},
		"gruop":                        {exit.Usage, "; did you mean group?"},
		"group wor":                    {exit.Usage, "; did you mean work?"},
		"group other":                  {exit.Usage, "other"},
		"group work":                   {exit.Usage, `"name" not set (usage: tool group work --name N`},
		"group work --name 1 --other":  {exit.Usage, "--other"},
		"group work --name 1 one more": {exit.Usage, "at most 1"},
		"group work --name 1":          {exit.Fault, "of the work"},
		"group work --name 1 one":      {exit.Fault, "of the work"},
		"group work --name 1 --name":   {exit.Usage, "argument"},
		"group work --help":            {exit.OK, ""},
		"group --help":                 {exit.OK, ""},
	} {
		cmd := command()
		var out bytes.Buffer
		cmd.SetArgs(strings.Fields(line))
		cmd.SetOut(&out)
		cmd.SetErr(&out)
		err := cmd.Execute()
		if exit.Code(err) != c.code || c.says != "" && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%q: exit %d, %v", line, exit.Code(err), err)
		}
		if (out.Len() > 0) != (c.code == exit.OK) {
			t.Errorf("%q prints %q", line, out.String())
		}
	}
}
