package watch

import (
	"hash/maphash"
	"time"

	"ivalt-radius/audit"
	"ivalt-radius/guard"
	"ivalt-radius/guard/watch/rule"
	"ivalt-radius/guard/watch/window"
)

// Bounds of what is remembered. Each rule has two tables, of people and of places, so that strangers' names push out no address.
const (
	mostSubjects = 16384
	leastKeeps   = 32   // events of one subject that are told apart
	mostKeeps    = 1024 // where the threshold is high
)

// failedShare is the part of all logins that failed ones must be: a tenth.
const failedShare = 10

// watched is a rule as it is in force.
type watched struct {
	rule.Description
	Threshold

	keeps  int
	tables [2]*window.Table // of people, and of places and the service
}

// detector finds alerts. One goroutine owns it.
type detector struct {
	alert func(guard.Alert)
	seed  maphash.Seed
	start time.Time

	settings *Settings
	rules    [rule.Count]watched
	logins   window.Tally // all that ended, for failed_logins
	calls    window.Tally // for api_slow

	at    time.Duration // since start; it never goes back
	wall  time.Time
	marks []rule.Mark // of the event that is looked at, as are its keys
	keys  []uint64

	evidence evidence
	voice    voice
}

func newDetector(start time.Time, alert func(guard.Alert)) *detector {
	d := &detector{alert: alert, seed: maphash.MakeSeed(), start: start, wall: start}
	for i, description := range rule.Rules() {
		d.rules[i].Description = description
		d.rules[i].forget()
	}
	return d
}

// forget empties the rule's tables.
func (w *watched) forget() {
	w.tables = [2]*window.Table{window.NewTable(mostSubjects), window.NewTable(mostSubjects)}
}

// adopt takes settings that are not in force yet. What was counted stays, but for what is held against a total of another window.
func (d *detector) adopt(s *Settings) {
	if s == d.settings {
		return
	}
	d.settings = s
	for i := range d.rules {
		w := &d.rules[i]
		before := w.Window
		w.Threshold = s.Thresholds[w.Rule]
		w.keeps = min(max(leastKeeps, w.Count, w.Steps[len(w.Steps)-1].From)+1, mostKeeps)
		if w.Window == before {
			continue
		}
		if w.Rule == guard.FailedLogins {
			d.logins = window.NewTally(w.Window)
			w.forget()
		}
		if w.Rule == guard.APISlow {
			d.calls = window.NewTally(w.Window)
		}
	}
}

// clock moves on to a moment. One that lies back stands still.
func (d *detector) clock(now time.Time) {
	d.at = max(d.at, now.Sub(d.start))
	d.wall = now
}

// see looks at an event; e is nil for a drop.
func (d *detector) see(s *rule.Sight, now time.Time, e audit.Event) {
	d.clock(now)
	d.marks = rule.Marks(s, d.marks[:0])
	d.keys = d.keys[:0]
	for i := range d.marks {
		m := &d.marks[i]
		d.keys = append(d.keys, d.key(m))
	}
	d.keep(s, e)
	for i := range d.marks {
		d.take(&d.marks[i], d.keys[i], s)
	}
}

// key names a rule and a subject in few octets, under a seed that nobody outside knows.
func (d *detector) key(m *rule.Mark) uint64 {
	var h maphash.Hash
	h.SetSeed(d.seed)
	for _, part := range [...]string{string(m.Rule), m.Subject.User, m.Subject.Client, m.Subject.Station} {
		_, _ = h.WriteString(part)
		_ = h.WriteByte(0)
	}
	address := m.Subject.Address.As16()
	_, _ = h.Write(address[:])
	return max(1, h.Sum64())
}

// who is the other side of a mark in few octets; 0: unknown.
func (d *detector) who(of string) uint32 {
	if of == "" {
		return 0
	}
	return max(1, uint32(maphash.String(d.seed, of)>>32))
}

// keep keeps the event as evidence where it counts for a rule that is on.
func (d *detector) keep(s *rule.Sight, e audit.Event) {
	k := kept{at: d.at, time: d.wall, event: e}
	n := 0
	for i := range d.marks {
		if n < len(k.keys) && d.evident(&d.marks[i], d.keys[i], s) {
			k.keys[n] = d.keys[i]
			n++
		}
	}
	if n == 0 {
		return
	}
	if e == nil {
		k.sight = dropSight{cause: s.Word, client: s.Client, from: s.Address}
	}
	d.evidence.add(s.Kind, k)
}

// evident reports a mark whose event an alert would show.
func (d *detector) evident(m *rule.Mark, key uint64, s *rule.Sight) bool {
	w := d.of(m)
	if w.Count == 0 {
		return false
	}
	switch m.Act {
	case rule.Counts, rule.Gathers:
		return true
	case rule.Judges:
		e := w.table(m.Subject).Find(key)
		return e != nil && e.Window.Count() > 0
	case rule.Measures:
		return s.Took >= d.settings.SlowFrom
	case rule.Forgives, rule.TakesBack, rule.Passes:
	}
	return false
}

// of is the rule of a mark.
func (d *detector) of(m *rule.Mark) *watched { return &d.rules[rule.IndexOf(m.Rule)] }

// table is where the rule's subjects of a kind are.
func (w *watched) table(s guard.Subject) *window.Table {
	if s.User != "" {
		return w.tables[0]
	}
	return w.tables[1]
}

// take does what a mark says.
func (d *detector) take(m *rule.Mark, key uint64, s *rule.Sight) {
	w := d.of(m)
	if w.Count == 0 {
		return
	}
	switch m.Act {
	case rule.Counts, rule.Gathers:
		d.count(w, m, key)
	case rule.Passes:
		d.logins.Add(d.at, 0)
	case rule.Measures:
		d.measure(w, m, key, s.Took)
	case rule.Judges, rule.Forgives, rule.TakesBack:
		if e := w.table(m.Subject).Find(key); e != nil {
			d.change(w, m, key, e)
		}
	}
}

// count adds one, and looks whether that is too many.
func (d *detector) count(w *watched, m *rule.Mark, key uint64) {
	e := w.table(m.Subject).Take(key)
	e.Window.Expire(d.at - w.Window)
	if w.Rule == guard.PasswordSpray {
		e.Window.Renew(d.at, d.who(m.Of), w.keeps)
	} else {
		e.Window.Add(d.at, d.who(m.Of), w.keeps)
	}
	n := e.Window.Count()
	if w.Rule == guard.FailedLogins {
		d.logins.Add(d.at, 0)
		if all, _ := d.logins.Sum(d.at); int64(n)*failedShare < all {
			return
		}
	}
	if m.Act == rule.Counts && n >= w.Count {
		d.consider(w, finding{subject: m.Subject, key: key, count: n, first: e.Window.First()}, e)
	}
}

// change does what alters a count that is there.
func (d *detector) change(w *watched, m *rule.Mark, key uint64, e *window.Entry) {
	switch m.Act {
	case rule.Forgives:
		e.Window.Forgive(d.who(m.Of))
	case rule.TakesBack:
		e.Window.TakeBack()
	case rule.Judges:
		e.Window.Expire(d.at - w.Window)
		f := finding{subject: m.Subject, key: key, count: e.Window.Count(), first: e.Window.First()}
		e.Window.Clear()
		if f.count >= w.Count {
			d.consider(w, f, e)
		}
	case rule.Counts, rule.Gathers, rule.Passes, rule.Measures:
	}
}

// measure looks at the average of all calls.
func (d *detector) measure(w *watched, m *rule.Mark, key uint64, took time.Duration) {
	d.calls.Add(d.at, max(0, took))
	n, all := d.calls.Sum(d.at)
	if n < int64(w.Count) || all/time.Duration(n) < d.settings.SlowFrom {
		return
	}
	f := finding{subject: m.Subject, key: key, count: int(n), first: max(0, d.at-w.Window)}
	d.consider(w, f, w.table(m.Subject).Take(key))
}
