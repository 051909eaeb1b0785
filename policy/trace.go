package policy

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// String is the trace as WriteTo prints it.
func (t Trace) String() string {
	var b strings.Builder
	_, _ = t.WriteTo(&b) // a Builder takes everything
	return b.String()
}

// WriteTo prints the trace as a table for people: the facts, a line for every rule and every condition, and the decision with its
// reply attributes. Texts from outside are quoted, so nothing in them can reach the terminal. The error is the writer's.
func (t Trace) WriteTo(w io.Writer) (int64, error) {
	counted := &countingWriter{to: w}
	tw := tabwriter.NewWriter(counted, 0, 0, 2, ' ', 0)
	t.writeFacts(tw)
	for i := range t.Rules {
		t.Rules[i].write(tw, i+1)
	}
	t.writeDecision(tw)
	err := tw.Flush()
	return counted.n, err
}

// The tabwriter keeps the first error for Flush, so the lines before it need not look.
func row(w io.Writer, name, value string) {
	_, _ = fmt.Fprintf(w, "%s\t%s\n", name, value)
}

func (t Trace) writeFacts(w io.Writer) {
	groups, from := "none", "unknown"
	if len(t.Facts.Groups) > 0 {
		groups = quoted(t.Facts.Groups)
	}
	if t.Facts.CallingStation.IsValid() {
		from = t.Facts.CallingStation.WithZone("").String() // a zone is free text
	}
	row(w, "user", fmt.Sprintf("%q", t.Facts.User))
	row(w, "groups", groups)
	row(w, "client", fmt.Sprintf("%q", t.Facts.Client))
	row(w, "calling station", from)
	row(w, "at", clockWords(t.Facts.At))
	row(w, "", "")
}

func (r *RuleTrace) write(w io.Writer, number int) {
	row(w, fmt.Sprintf("rule %d", number), fmt.Sprintf("%q, %s: %s", r.Name, r.Action, r.outcome()))
	for _, list := range [][]Finding{r.Match, r.Only} {
		for _, f := range list {
			mark := "no"
			if f.Holds {
				mark = "yes"
			}
			_, _ = fmt.Fprintf(w, "  %s\t%-3s  %s\n", f.Key, mark, f.Words)
		}
	}
}

func (r *RuleTrace) outcome() string {
	switch {
	case r.Decides:
		return "matches and decides"
	case r.Unheeded && r.Matches:
		return "would match, but an earlier rule decides"
	case r.Unheeded:
		return "does not match, and an earlier rule decides"
	}
	return "does not match"
}

func (t Trace) writeDecision(w io.Writer) {
	d := t.Decision
	if len(t.Rules) > 0 {
		row(w, "", "")
	}
	row(w, "decision", d.Action.String())
	if d.Action == Deny {
		row(w, "because", d.because())
	}
	row(w, "rule", fmt.Sprintf("%q", d.Rule))
	if d.Action != Deny {
		t.writeWay(w)
	}
	if !d.Until.IsZero() {
		row(w, "until", clockWords(d.Until.In(t.Facts.At.Location())))
	}
}

// writeWay prints what a login passes on its way in, and what its answer holds.
func (t Trace) writeWay(w io.Writer) {
	d := t.Decision
	if d.Factor != "" {
		row(w, "first factor", string(d.Factor)+", by the rule")
	}
	if d.Remember > 0 {
		row(w, "remember", "an approval counts for "+d.Remember.String())
	}
	if words := d.Fail.words(t.Facts.At); words != "" {
		row(w, "fail", words)
	}
	for _, r := range t.Reply {
		row(w, "reply", r.words())
	}
}

// words are the fail mode with its bounds; empty where it denies.
func (f Fail) words(at time.Time) string {
	switch f.Mode {
	case FailRemembered:
		return fmt.Sprintf("allow_remembered: whom iVALT approved within %s, at the same calling station", f.For)
	case FailOpen:
		over := ""
		if !at.Before(f.Until) {
			over = ", which is over: it denies"
		}
		return fmt.Sprintf("insecure_allow until %s%s; reason %q", clockWords(f.Until.In(at.Location())), over, f.Why)
	case FailDeny:
	}
	return ""
}

// words show an attribute; never the value of one that travels encrypted.
func (r ReplyTrace) words() string {
	value := fmt.Sprintf("%q", r.Attribute.Value)
	if !r.Attribute.Sealed.Empty() {
		value = "(encrypted)"
	}
	words := fmt.Sprintf("%s = %s from %s", r.Attribute.Name, value, r.From)
	if r.Failed != nil {
		words += fmt.Sprintf("; cannot be sent: %q", r.Failed)
	}
	return words
}

// because says why policy denies.
func (d Decision) because() string {
	switch d.Denial {
	case ByNetwork:
		return "only.networks does not hold"
	case ByHours:
		return "only.hours does not hold"
	case ByRule:
	}
	if d.Rule == DefaultRule {
		return "no rule matches, and the default denies"
	}
	return "the rule denies"
}

// countingWriter counts what reaches a writer.
type countingWriter struct {
	to io.Writer
	n  int64
}

// Write implements io.Writer.
func (c *countingWriter) Write(b []byte) (int, error) {
	n, err := c.to.Write(b)
	c.n += int64(n)
	return n, err
}
