package watch

import (
	"fmt"
	"time"

	"ivalt-radius/guard"
	"ivalt-radius/guard/watch/rule"
	"ivalt-radius/guard/watch/window"
)

// again is how soon an alert of the same rule and subject may come again, where its severity has not grown; and the minute of a quota.
const again = time.Minute

// Bounds of what is said. An attacker who forges addresses could else raise as many alerts as packets.
const (
	mostAlerts  = 100 // of one rule and severity within a minute
	mostWaiting = 4096
)

// finding is a count that has reached its threshold.
type finding struct {
	subject guard.Subject
	key     uint64
	count   int
	first   time.Duration
	last    time.Duration
}

// waiting is a finding that came too soon behind its last alert.
type waiting struct {
	w       *watched
	subject guard.Subject
	key     uint64
}

// quota is how many alerts of one rule and severity have left.
type quota struct {
	since     time.Duration
	said      int
	more      int // that were kept back
	firstMore time.Duration
}

// voice is what was said, and what is still to be said.
type voice struct {
	waiting []waiting
	quotas  [rule.Count][guard.Critical + 1]quota
}

// consider raises an alert, unless one was raised a moment ago.
func (d *detector) consider(w *watched, f finding, e *window.Entry) {
	f.last = d.at
	if !e.Said || d.at-e.SaidAt >= again || w.SeverityOf(f.count) > e.Severity {
		d.raise(w, f, e)
		return
	}
	e.Peak, e.Last = max(e.Peak, f.count), d.at
	if !e.Waiting && len(d.voice.waiting) < mostWaiting {
		e.Waiting = true
		d.voice.waiting = append(d.voice.waiting, waiting{w: w, subject: f.subject, key: f.key})
	}
}

// raise raises an alert, where the rule and severity have not had their share of the minute.
func (d *detector) raise(w *watched, f finding, e *window.Entry) {
	severity, behind := w.SeverityOf(f.count), e.Evidence
	e.Said, e.SaidAt, e.Severity, e.Evidence = true, d.at, severity, d.evidence.number
	e.Waiting, e.Peak = false, 0
	q := &d.voice.quotas[rule.IndexOf(w.Rule)][severity]
	if d.at-q.since >= again && q.more == 0 {
		*q = quota{since: d.at}
	}
	if q.said >= mostAlerts {
		if q.more == 0 {
			q.firstMore = d.at
		}
		q.more++
		return
	}
	q.said++
	d.alert(guard.Alert{
		Rule: w.Rule, Severity: severity, Subject: f.subject, Count: f.count,
		First: d.timeOf(f.first), Last: d.timeOf(f.last), Detail: w.of(&w.Description, f.count),
		Evidence: d.evidence.lines(f.key, behind, d.at-max(w.Window, again)),
	})
}

// timeOf is a moment as the clock of now would have shown it.
func (d *detector) timeOf(at time.Duration) time.Time { return d.wall.Add(at - d.at).Round(0) }

// settle says what has waited for so long, now that a moment has passed.
func (d *detector) settle(now time.Time, after time.Duration) {
	d.clock(now)
	d.sayWaiting(after)
	for i := range d.rules {
		for severity := range d.voice.quotas[i] {
			if q := &d.voice.quotas[i][severity]; q.more > 0 && d.at-q.since >= after {
				d.sayMore(&d.rules[i], guard.Severity(severity), q)
			}
		}
	}
}

// sayWaiting says what has waited for so long behind its last alert.
func (d *detector) sayWaiting(after time.Duration) {
	left := d.voice.waiting[:0]
	for _, one := range d.voice.waiting {
		e := one.w.table(one.subject).Find(one.key)
		switch {
		case e == nil || !e.Waiting:
		case d.at-e.SaidAt < after:
			left = append(left, one)
		default:
			first := e.Window.First()
			if first == 0 || first > e.Last {
				first = e.SaidAt
			}
			d.raise(one.w, finding{subject: one.subject, key: one.key, count: e.Peak, first: first, last: e.Last}, e)
		}
	}
	clear(d.voice.waiting[len(left):])
	d.voice.waiting = left
}

// sayMore says how many alerts were kept back.
func (d *detector) sayMore(w *watched, severity guard.Severity, q *quota) {
	d.alert(guard.Alert{
		Rule: w.Rule, Severity: severity, Count: q.more, First: d.timeOf(q.firstMore), Last: d.timeOf(d.at),
		Detail: fmt.Sprintf("%d further alerts within a minute were not raised one by one: %s", q.more, w.Counts),
	})
	*q = quota{since: d.at}
}
