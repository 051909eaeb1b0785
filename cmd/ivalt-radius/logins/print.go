package logins

import (
	"fmt"
	"io"
	"strings"
	"time"

	"ivalt-radius/admin/view"
	"ivalt-radius/cmd/ivalt-radius/count"
	"ivalt-radius/cmd/ivalt-radius/output"
)

func local(t time.Time) string { return t.Local().Format(time.DateTime) } //nolint:gosmopolitan // for the operator's eyes

func printLogins(w io.Writer, found view.Logins) error {
	if len(found.Logins) == 0 && found.More == 0 {
		_, err := fmt.Fprintln(w, "no logins")
		return err
	}
	out := output.Table(w)
	_, _ = fmt.Fprintln(out, "TIME\tUSER\tCLIENT\tFROM\tVERDICT\tREASON\tTOOK\tATTEMPT")
	for _, l := range found.Logins {
		took := (time.Duration(l.DurationMS) * time.Millisecond).Round(10 * time.Millisecond)
		_, _ = fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", local(l.Time), output.Text(l.User), output.Text(l.Client), output.Text(l.CallingStation), output.Text(l.Verdict), output.Text(l.Reason), took, output.Text(l.Attempt))
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
	text := fmt.Sprintf("attempt %s\n", output.Text(s.Attempt))
	if l := s.Login; l != nil {
		text += fmt.Sprintf("  %s at %s from %s: %s, %s\n", output.Text(l.User), output.Text(l.Client), output.Text(l.CallingStation), output.Text(l.Verdict), output.Text(l.Reason))
		text += fmt.Sprintf("  decision %s, rule %s, factors %s, mobile %s\n", output.Text(l.Decision), output.Text(l.Rule), output.Text(strings.Join(l.Factors, " ")), output.Text(l.Mobile))
	}
	if f := s.InFlight; f != nil {
		text += fmt.Sprintf("  %s at %s from %s waits since %s: %s\n", output.Text(f.User), output.Text(f.Client), output.Text(f.CallingStation), local(f.Since), output.Text(string(f.Stage)))
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
