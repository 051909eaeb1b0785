package top

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"ivalt-radius/admin/view"
	"ivalt-radius/cmd/ivalt-radius/count"
)

// line is one line of the page. Its text is safe on a terminal.
type line struct{ text, style string }

// The styles of lines (ECMA-48, section 8.3.117).
const (
	plain = ""
	bold  = "1"
	red   = "31"
	amber = "33"
)

// room is what there is for the page, and what is to be said first.
type room struct {
	columns, rows int    // 0: as many as it takes
	trouble       string // empty: none
}

// unbounded is room for all of it.
func unbounded() room { return room{} }

// How the rows are shared out where there are not enough: so many of the recent logins, alerts and checks at most.
const fewRecent, fewWrong = 6, 5

// paper is a page that is being written.
type paper struct {
	room
	lines []line
}

func (p *paper) put(style, format string, args ...any) {
	text := safe(fmt.Sprintf(format, args...))
	if p.columns > 0 {
		text = cut(text, p.columns)
	}
	p.lines = append(p.lines, line{strings.TrimRight(text, " "), style})
}

// left is how many rows are free; many where nothing bounds them.
func (p *paper) left() int {
	if p.rows == 0 {
		return 1 << 20
	}
	return max(0, p.rows-len(p.lines))
}

// page is the whole view.
func page(d *view.Now, r room) []line {
	p := &paper{room: r}
	if r.trouble != "" {
		p.put(red, "%s", r.trouble)
	}
	p.head(d)
	p.wrong(d)
	recent := len(d.Recent)
	if r.rows > 0 {
		recent = min(recent, fewRecent)
	}
	p.put(plain, "")
	p.inFlight(d, p.left()-recent-3)
	p.put(plain, "")
	p.recent(d.Recent[:recent])
	if r.rows > 0 && len(p.lines) > r.rows {
		p.lines = p.lines[:r.rows]
	}
	return p.lines
}

func (p *paper) head(d *view.Now) {
	p.put(bold, "ivalt-radius %s  %s  up %s  %s  settings %.12s", d.Node, d.Version, age(d.At.Sub(d.Started)), clock(d.At), d.Digest)
	waiting, style := fmt.Sprintf("%-9s%s %d of %d", "waiting", bar(d.Waiting, d.MaxAttempts), d.Waiting, d.MaxAttempts), plain
	if d.OldestMS > 0 {
		waiting += "  the oldest for " + millis(d.OldestMS)
	}
	if d.Draining {
		waiting, style = waiting+"  draining: no new login is taken", amber
	}
	p.put(style, "%s", waiting)
	p.budget(&d.Budget)
	if len(d.IVALT.Open) == 0 {
		p.put(plain, "%-9swell: every endpoint is asked", "iVALT")
	} else {
		p.put(red, "%-9snot asked since %s: %s; %s", "iVALT", clock(d.IVALT.Since), strings.Join(d.IVALT.Open, ", "), d.IVALT.Why)
	}
	for back, name := range []string{"now", "before"} {
		if back < len(d.Minutes) {
			m := d.Minutes[len(d.Minutes)-1-back]
			p.put(plain, "%-9s%s  %d accepted, %d rejected, %d challenged, %s", name, m.At.UTC().Format("15:04"), m.Accepted, m.Rejected, m.Challenged, count.Of(m.Pushes, "push request"))
		}
	}
}

func (p *paper) budget(b *view.Budget) {
	text, style := "", plain
	for _, w := range b.Windows {
		text += fmt.Sprintf("%s %s %d of %d left  ", w.Per, bar(w.Left, w.Limit), w.Left, w.Limit)
	}
	if len(b.Windows) == 0 {
		text = "unlimited  "
	}
	switch {
	case b.Alone:
		text, style = text+"this node's part: the shared memory is gone  ", amber
	case b.Shared:
		text += "of all nodes  "
	}
	if !b.Held.IsZero() {
		text, style = text+"iVALT asked for a pause until "+clock(b.Held), amber
	}
	p.put(style, "%-9s%s", "budget", text)
}

// wrong is what needs somebody.
func (p *paper) wrong(d *view.Now) {
	alerts, notReady := d.Alerts, []view.Check{}
	for _, c := range d.Checks {
		if !c.OK {
			notReady = append(notReady, c)
		}
	}
	most := len(alerts) + len(notReady)
	if p.rows > 0 {
		most = fewWrong
	}
	for _, c := range notReady[:min(len(notReady), most)] {
		p.put(red, "not ready  %s: %s", c.Name, c.Note)
	}
	for _, a := range alerts[:min(len(alerts), most)] {
		style := amber
		if a.Severity == "critical" || a.Severity == "high" {
			style = red
		}
		p.put(style, "%-9s  %s  %s, %s, %s, the last at %s (%s)", a.Severity, a.ID, a.Rule, a.Subject, count.Of(a.Count, "event"), clock(a.Last), a.State)
	}
	if more := max(0, len(alerts)-most) + max(0, len(notReady)-most); more > 0 {
		p.put(amber, "%s more: see ivalt-radius incidents", count.Of(more, "thing"))
	}
}

const flightRow = "%-11s %6s %6s %5s  %-12s %-24s %-18s %s" // what matters first: a narrow terminal cuts the rest

func (p *paper) inFlight(d *view.Now, most int) {
	if len(d.InFlight) == 0 {
		p.put(plain, "nobody waits")
		return
	}
	p.put(bold, flightRow, "STAGE", "AGE", "LEFT", "POLLS", "CLIENT", "USER", "CALLING STATION", "ATTEMPT")
	shown := min(len(d.InFlight), max(1, most-1))
	for i := range d.InFlight[:shown] {
		f := &d.InFlight[i]
		style := plain
		if f.LeftMS < (5 * time.Second).Milliseconds() {
			style = amber
		}
		p.put(style, flightRow, f.Stage, age(d.At.Sub(f.Since)), millis(f.LeftMS), fmt.Sprint(f.Polls),
			cell(f.Client, 12), cell(f.User, 24), cell(f.CallingStation, 18), f.Attempt)
	}
	if all := max(d.Waiting, len(d.InFlight)); all > shown {
		p.put(plain, "and %d more", all-shown)
	}
}

const recentRow = "%-8s %-9s %-15s %6s  %-12s %-24s %-18s %s"

func (p *paper) recent(logins []view.Login) {
	if len(logins) == 0 {
		p.put(plain, "no login has ended since the start")
		return
	}
	p.put(bold, recentRow, "ENDED", "VERDICT", "REASON", "TOOK", "CLIENT", "USER", "CALLING STATION", "ATTEMPT")
	for i := range logins {
		l := &logins[i]
		p.put(plain, recentRow, l.Time.UTC().Format(time.TimeOnly), l.Verdict, l.Reason, millis(l.DurationMS),
			cell(l.Client, 12), cell(l.User, 24), cell(l.CallingStation, 18), l.Attempt)
	}
}

// safe is a text without what steers a terminal or hides among other characters: what is not printable, or joins onto its neighbour, is a question mark.
func safe(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) || unicode.Is(unicode.M, r) {
			return '?'
		}
		return r
	}, text)
}

// cut is a text of so many characters at most; an ellipsis says that there was more.
func cut(text string, most int) string {
	runes := []rune(text)
	if len(runes) <= most {
		return text
	}
	return string(runes[:max(0, most-1)]) + "…"
}

func cell(text string, most int) string { return cut(safe(text), most) }

// bar shows a part of a whole.
func bar(part, whole int) string {
	const width = 10
	full := 0
	if whole > 0 {
		full = min(width, max(0, (part*width+whole-1)/whole))
	}
	return "[" + strings.Repeat("#", full) + strings.Repeat(".", width-full) + "]"
}

// age is a duration in few characters: 7s, 3m20s, 5h12m, 9d.
func age(d time.Duration) string {
	const day = 24 * time.Hour
	d = max(0, d)
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", d/time.Minute, d%time.Minute/time.Second)
	case d < day:
		return fmt.Sprintf("%dh%02dm", d/time.Hour, d%time.Hour/time.Minute)
	}
	return fmt.Sprintf("%dd", d/day)
}

func millis(ms int64) string { return age(time.Duration(ms) * time.Millisecond) }

func clock(t time.Time) string { return t.UTC().Format("15:04:05Z") }
