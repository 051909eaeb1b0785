package doctoring

import (
	"fmt"
	"io"
	"strings"
	"unicode"

	"ivalt-radius/cmd/ivalt-radius/count"
	"ivalt-radius/cmd/ivalt-radius/output"
	"ivalt-radius/doctor"
)

// marks are what a person sees at a glance.
func marks(s doctor.State) string {
	switch s {
	case doctor.OK:
		return "[ ok ]"
	case doctor.Warning:
		return "[warn]"
	case doctor.Fault:
		return "[FAIL]"
	case doctor.Unknown:
	}
	return "[ ?? ]"
}

// page writes the findings by area, each with what was seen, and what to do where something is to be done; then a summary.
func page(w io.Writer, r doctor.Report) error {
	var b strings.Builder
	area := ""
	for _, f := range r.Findings {
		if f.Area != area {
			area = f.Area
			fmt.Fprintf(&b, "\n%s\n", area)
		}
		fmt.Fprintf(&b, "  %s %s (%s)\n", marks(f.State), f.Title, f.ID)
		for _, seen := range f.Seen {
			fmt.Fprintf(&b, "           %s\n", printable(seen))
		}
		for _, do := range f.Do {
			fmt.Fprintf(&b, "         > %s\n", printable(do))
		}
	}
	c := r.Counts
	fmt.Fprintf(&b, "\n%d ok, %s, %s, %d unknown; ivalt-radius %s, %s\n", c.OK, count.Of(c.Warning, "warning"), count.Of(c.Fault, "fault"), c.Unknown, r.Version, output.Moment(r.At))
	if r.Offline {
		b.WriteString("--offline: no call left this host, so what only others can tell is unknown.\n")
	}
	_, err := io.WriteString(w, strings.TrimPrefix(b.String(), "\n"))
	return err
}

// printable keeps what programs and servers call themselves from steering the terminal.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, text)
}
