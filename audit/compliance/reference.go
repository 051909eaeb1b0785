package compliance

import (
	_ "embed" // the page's text is a file of its own, so that it reads as what it is
	"fmt"
	"io"
	"strings"
)

//go:generate env UPDATE_DOCS=1 go test -run ^TestReference$ .

//go:embed reference.md
var page string

// Reference writes docs/compliance.md: the page's text, the frameworks with their controls, and the checks. The error is the writer's.
func Reference(w io.Writer) error {
	var b strings.Builder
	b.WriteString(page)
	for _, f := range Frameworks() {
		counted := 0
		for _, c := range f.Controls {
			if len(c.Checks) > 0 {
				counted++
			}
		}
		fmt.Fprintf(&b, "\n## %s\n\n`--framework %s`: %d controls have checks, %d are people's work.\n\n| reference | asks for | checks | people must show |\n|---|---|---|---|\n",
			f.Title, f.Name, counted, len(f.Controls)-counted)
		for _, c := range f.Controls {
			fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", c.Reference, cell(c.Summary), quoted(c.Checks), cell(c.People))
		}
	}
	b.WriteString("\n## Checks\n\n| check | passes where | controls |\n|---|---|---|\n")
	for _, check := range Checks() {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", check.ID, cell(check.Title), usedBy(check.ID))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }

// quoted are the checks of a control; none: people's work.
func quoted(checks []string) string {
	if len(checks) == 0 {
		return "not checked: people's work"
	}
	return "`" + strings.Join(checks, "`, `") + "`"
}

// usedBy are the controls that a check is evidence for.
func usedBy(id string) string {
	var all []string
	for _, f := range Frameworks() {
		var of []string
		for _, c := range f.Controls {
			for _, check := range c.Checks {
				if check == id {
					of = append(of, c.Reference)
				}
			}
		}
		if len(of) > 0 {
			all = append(all, f.Name+" "+strings.Join(of, ", "))
		}
	}
	return strings.Join(all, "; ")
}
