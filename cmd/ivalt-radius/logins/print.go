package logins

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"ivalt-radius/admin/view"
	"ivalt-radius/audit"
	"ivalt-radius/cmd/ivalt-radius/count"
)

// shown is a text with everything escaped that a terminal could obey; a dash where there is none.
func shown(text string) string {
	if strings.TrimSpace(text) == "" {
		return "-"
	}
	return audit.Shown(text)
}

func local(t time.Time) string { return t.Local().Format(time.DateTime) } //nolint:gosmopolitan // for the operator's eyes

func printLogins(w io.Writer, found view.Logins) error {
	if len(found.Logins) == 0 && found.More == 0 {
		_, err := fmt.Fprintln(w, "no logins")
		return err
	}
	const gap = 2
	out := tabwriter.NewWriter(w, 0, 0, gap, ' ', 0)
	_, _ = fmt.Fprintln(out, "TIME\tUSER\tCLIENT\tFROM\tVERDICT\tREASON\tTOOK\tATTEMPT")
	for _, l := range found.Logins {
		took := (time.Duration(l.DurationMS) * time.Millisecond).Round(10 * time.Millisecond)
		_, _ = fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", local(l.Time), shown(l.User), shown(l.Client), shown(l.CallingStation), shown(l.Verdict), shown(l.Reason), took, shown(l.Attempt))
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("printing the logins: %w", err)
	}
	if found.More > 0 {
		_, _ = fmt.Fprintf(w, "older ones: --before %d\n", found.More)
	}
	return nil
}

func printStory(w io.Writer, s view.Story) error {
	text := fmt.Sprintf("attempt %s\n", shown(s.Attempt))
	if l := s.Login; l != nil {
		text += fmt.Sprintf("  %s at %s from %s: %s, %s\n", shown(l.User), shown(l.Client), shown(l.CallingStation), shown(l.Verdict), shown(l.Reason))
		text += fmt.Sprintf("  decision %s, rule %s, factors %s, mobile %s\n", shown(l.Decision), shown(l.Rule), shown(strings.Join(l.Factors, " ")), shown(l.Mobile))
	}
	if f := s.InFlight; f != nil {
		text += fmt.Sprintf("  %s at %s from %s waits since %s: %s\n", shown(f.User), shown(f.Client), shown(f.CallingStation), local(f.Since), shown(string(f.Stage)))
	}
	for i, step := range s.Steps {
		if s.LeftOut > 0 && i == shownSteps {
			text += fmt.Sprintf("  ... %s left out: ivalt-radius audit export has them\n", count.Of(s.LeftOut, "step"))
		}
		text += fmt.Sprintf("  %s  %s\n", local(step.Time), step.Words)
	}
	_, err := io.WriteString(w, text)
	return err
}
