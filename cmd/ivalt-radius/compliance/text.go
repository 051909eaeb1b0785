package compliance

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"

	"ivalt-radius/audit/compliance"
	"ivalt-radius/cmd/ivalt-radius/count"
)

// width is that of a line of text.
const width = 110

// writeText writes the report for a terminal.
func writeText(w io.Writer, r compliance.Report) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n\n%s\n\n", r.Title, scoreOf(r.Score), wrap(r.Notice, ""))
	for _, line := range about(r) {
		fmt.Fprintf(&b, "%-11s%s\n", line[0], line[1])
	}
	b.WriteString("\nCONTROLS\n\n")
	for _, c := range r.Controls {
		fmt.Fprintf(&b, "%-16s%-13s %s\n", word(c.Outcome), c.Reference, wrap(c.Summary, strings.Repeat(" ", 30)))
		if len(c.Checks) > 0 {
			fmt.Fprintf(&b, "%30s%s\n", "", wrap("checks: "+strings.Join(c.Checks, ", "), strings.Repeat(" ", 30)))
		}
		if c.People != "" {
			fmt.Fprintf(&b, "%30s%s\n", "", wrap("people show: "+c.People, strings.Repeat(" ", 30)))
		}
	}
	b.WriteString("\nCHECKS\n\n")
	for _, c := range r.Checks {
		fmt.Fprintf(&b, "%-16s%s\n", word(c.Outcome), c.ID)
		for _, part := range [][2]string{{"", c.Title}, {"seen: ", c.Evidence}, {"do: ", c.Remedy}} {
			if part[1] != "" {
				fmt.Fprintf(&b, "%16s%s\n", "", wrap(part[0]+part[1], strings.Repeat(" ", 16)))
			}
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// about are the facts that head a report.
func about(r compliance.Report) [][2]string {
	records := "no record was read"
	if r.Trail.Records > 0 {
		records = fmt.Sprintf("%s from number %d on, key %s", count.Of(r.Trail.Records, "record"), r.Trail.First, cmp.Or(r.Trail.Key, "not looked at"))
	}
	return [][2]string{
		{"made", r.Made.Format(time.RFC3339)},
		{"period", "since " + r.Since.Format(time.RFC3339)},
		{"version", cmp.Or(r.Version, "not known")},
		{"settings", "digest " + cmp.Or(r.Digest, "not known, since some secret cannot be read")},
		{"trail", records},
	}
}

// scoreOf is the score with the numbers behind it.
func scoreOf(s compliance.Score) string {
	if s.Percent == nil {
		return "no control that applies was checked"
	}
	return fmt.Sprintf("%d %%: %d of %s passed, %d failed, %d unknown; beside them %d not applicable, %d people's work, not checked",
		*s.Percent, s.Passed, count.Of(s.Passed+s.Failed+s.Unknown, "checked control"), s.Failed, s.Unknown, s.NotApplicable, s.People)
}

// word is an outcome for people.
func word(o compliance.Outcome) string {
	switch o {
	case compliance.NotApplicable:
		return "not applicable"
	case compliance.People:
		return "people's work"
	case compliance.Passed, compliance.Failed, compliance.NotKnown:
	}
	return o.String()
}

// wrap breaks a text into lines; those after the first are indented.
func wrap(text, indent string) string {
	var b strings.Builder
	column := len(indent)
	for i, word := range strings.Fields(text) {
		switch {
		case i > 0 && column+1+len(word) > width:
			b.WriteString("\n" + indent)
			column = len(indent)
		case i > 0:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += len(word)
	}
	return b.String()
}
