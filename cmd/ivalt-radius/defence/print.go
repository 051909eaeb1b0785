package defence

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"

	"ivalt-radius/cmd/ivalt-radius/count"
	"ivalt-radius/cmd/ivalt-radius/output"
	"ivalt-radius/guard"
	"ivalt-radius/guard/block"
	"ivalt-radius/guard/gate"
	"ivalt-radius/guard/incident"
	"ivalt-radius/guard/watch/rule"
)

func printList(w io.Writer, found []incident.Incident) error {
	if len(found) == 0 {
		_, err := fmt.Fprintln(w, "no incidents")
		return err
	}
	out := output.Table(w)
	_, _ = fmt.Fprintln(out, "ID\tSTATE\tSEVERITY\tRULE\tEVENTS\tLAST\tSUBJECT")
	for _, i := range found {
		_, _ = fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%d\t%s\t%s\n", i.ID, i.State, i.Severity, i.Rule, i.Count, output.Moment(i.Last), subjectOf(i))
	}
	return out.Flush()
}

// subjectOf is whom an incident is about, in words.
func subjectOf(i incident.Incident) string {
	if i.Folded > 0 {
		return fmt.Sprintf("%s about other subjects", count.Of(i.Folded, "alert"))
	}
	return i.Subject.String()
}

func printIncident(w io.Writer, i incident.Incident) error {
	var out bytes.Buffer
	fmt.Fprintf(&out, "%s: %s, %s, %s\n", i.ID, i.Rule, i.Severity, i.State)
	fmt.Fprintf(&out, "  about   %s\n  events  %d, from %s to %s\n", subjectOf(i), i.Count, output.Moment(i.First), output.Moment(i.Last))
	if i.Detail != "" {
		fmt.Fprintf(&out, "  detail  %s\n", i.Detail)
	}
	fmt.Fprintln(&out, "history")
	for _, c := range i.History {
		fmt.Fprintf(&out, "  %s  %s (%s): %s\n", output.Moment(c.At), c.What, c.By, c.Reason)
	}
	if len(i.Actions) > 0 {
		fmt.Fprintln(&out, "steps")
	}
	for _, a := range i.Actions {
		fmt.Fprintf(&out, "  %s  %s: %s", output.Moment(a.At), a.Step, a.Outcome)
		if !a.Until.IsZero() {
			fmt.Fprintf(&out, ", until %s", output.Moment(a.Until))
		}
		if a.Detail != "" {
			fmt.Fprintf(&out, " (%s)", a.Detail)
		}
		fmt.Fprintln(&out)
	}
	advise(&out, i.Rule)
	fmt.Fprintf(&out, "evidence: %s, and %d left out, which the trail has\n", count.Of(len(i.Evidence), "line"), i.LeftOut)
	for _, line := range i.Evidence {
		fmt.Fprintf(&out, "  %s  %s\n", output.Moment(line.Time), line.Record)
	}
	_, err := out.WriteTo(w)
	return err
}

// advise says what an incident of a rule may be, and what to do.
func advise(w io.Writer, r guard.Rule) {
	n := rule.IndexOf(r)
	if n < 0 { // of a later version
		return
	}
	about := rule.Rules()[n]
	_, _ = fmt.Fprintf(w, "what to do\n  means   %s\n  look    %s\n  do      %s\n  see     %s\n", about.Means, about.Look, about.Do, rule.Runbook(r))
}

func printHandled(w io.Writer, done handled) error {
	_, err := fmt.Fprintf(w, "%s: %s\n", done.Incident.ID, done.Incident.State)
	for _, b := range done.Blocks {
		_, _ = fmt.Fprintf(w, "still blocked until %s: %s; ivalt-radius unblock %s lifts it\n", output.Moment(b.Until), b.Subject(), flagOf(b))
	}
	return err
}

// flagOf is how a command names the subject of a block, for a shell: a login name may hold what a shell obeys between other quotation marks.
func flagOf(b block.Block) string {
	if b.User != "" {
		return "--user '" + strings.ReplaceAll(b.User, "'", `'\''`) + "'"
	}
	return "--address " + b.Subject()
}

func printPlaced(w io.Writer, done placed, in placing) error {
	_, err := fmt.Fprintf(w, "%s: blocked until %s\n", done.Block.Subject(), output.Moment(done.Block.Until))
	if in.Disconnect {
		_, _ = fmt.Fprintf(w, "%s ended\n", count.Of(done.Sessions, "session"))
	}
	return err
}

func printBlocks(w io.Writer, found []block.Block) error {
	if len(found) == 0 {
		_, err := fmt.Fprintln(w, "no blocks")
		return err
	}
	out := output.Table(w)
	_, _ = fmt.Fprintln(out, "SUBJECT\tUNTIL\tBY\tINCIDENT\tREASON")
	for _, b := range found {
		subject := "user " + b.User
		if b.User == "" {
			subject = "address " + b.Subject()
		}
		_, _ = fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\n", subject, output.Moment(b.Until), b.By, b.Incident, b.Reason)
	}
	return out.Flush()
}

func printLockouts(w io.Writer, found []gate.Lockout) error {
	if len(found) == 0 {
		_, err := fmt.Fprintln(w, "nobody is locked out")
		return err
	}
	out := output.Table(w)
	_, _ = fmt.Fprintln(out, "USER\tCALLING STATION\tUNTIL\tIN A ROW")
	for _, l := range found {
		_, _ = fmt.Fprintf(out, "%s\t%s\t%s\t%d\n", l.User, quoted(l.Station), output.Moment(l.Until), l.Count)
	}
	return out.Flush()
}

// quoted is a text of the network as it is where it steers no terminal, else with escapes.
func quoted(text string) string {
	inside := strconv.Quote(text)
	return inside[1 : len(inside)-1]
}

func printLifted(w io.Writer, done lifted) error {
	text := "was not blocked"
	if done.Lifted {
		text = "is no longer blocked"
	}
	if done.Released {
		text += "; lockouts and pauses are lifted"
	}
	_, err := fmt.Fprintf(w, "%s: %s%s\n", done.Subject, text, wider(done.Covering))
	return err
}
