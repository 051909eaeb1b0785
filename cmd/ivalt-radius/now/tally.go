package now

import (
	"maps"
	"sync"
	"time"

	"ivalt-radius/admin/view"
	"ivalt-radius/audit"
	"ivalt-radius/auth/reason"
	"ivalt-radius/ivalt/standing"
)

// Hooks are told what a Tally works out, at once and from any goroutine. They must not block. nil: nobody is.
type Hooks struct {
	// Approved is told of each approval that was found for its login's own push, and how long that took from the push.
	Approved func(client string, took time.Duration)
	// Added is told of each login that was let in by such an approval: how long the server itself took from the poll's answer that brought it until
	// the Access-Accept was handed to the socket, its record on disk included.
	Added func(client string, took time.Duration)
}

// Tally counts what happens. Its methods are safe for concurrent use; none waits for anything but a short lock.
type Tally struct {
	hooks     Hooks
	waiting   func() int
	now       func() time.Time
	started   time.Time
	approvals histogram
	delays    delays

	mu      sync.Mutex
	recent  [view.MostRecent]ended    // a ring
	ends    int                       // logins that ever ended; the next one's place in the ring
	minutes [view.Minutes]view.Minute // a ring, by the minutes since 1970
	minute  int64                     // the latest
	sampled int64                     // the minute at which it was last looked how many wait
	totals  view.Totals
}

// ended is a login's end.
type ended struct {
	at      time.Time
	attempt audit.Attempt
}

// NewTally makes a Tally that has counted nothing. waiting is how many logins have no verdict now.
func NewTally(waiting func() int, now func() time.Time, h Hooks) *Tally {
	t := &Tally{hooks: h, waiting: waiting, now: now, started: now(), approvals: newHistogram(), totals: view.Totals{Reasons: map[string]uint64{}}}
	t.sampled = minuteOf(t.started)
	t.roll(t.started)
	return t
}

func minuteOf(at time.Time) int64 { return at.Unix() / int64(time.Minute/time.Second) }

// Concluded is told of every login's end. No lock that a login needs may be held.
func (t *Tally) Concluded(a audit.Attempt) {
	at := t.now()
	t.sample(at)
	t.mu.Lock()
	defer t.mu.Unlock()
	m := t.roll(at)
	switch a.Verdict {
	case reason.Accept.String():
		t.totals.Accepted++
		m.Accepted++
	case reason.Challenge.String():
		t.totals.Challenged++
		m.Challenged++
	default:
		t.totals.Rejected++
		m.Rejected++
	}
	t.totals.Reasons[a.Reason]++ // of a closed list
	t.totals.Joined += uint64(max(0, a.Exchanges-1))
	t.recent[t.ends%len(t.recent)] = ended{at, a}
	t.ends++
}

// See is told of every event.
func (t *Tally) See(e audit.Event) {
	switch e := e.(type) {
	case *audit.APICall:
		t.called(e.Call)
	case audit.APICall:
		t.called(e.Call)
	case audit.Security:
		if e.Event == "accept_joined" {
			t.mu.Lock()
			defer t.mu.Unlock()
			t.totals.Joined++
		}
	}
}

// called counts a call to iVALT.
func (t *Tally) called(what string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch what {
	case "push":
		t.totals.Pushes++
		t.roll(t.now()).Pushes++
	case "drain", "sentinel", "second look", "poll":
		t.totals.Polls++
	}
}

// Approved is told of every approval.
func (t *Tally) Approved(a standing.Approval) {
	t.approvals.add(a.Took)
	if t.hooks.Approved != nil {
		t.hooks.Approved(a.Client, a.Took)
	}
	t.delays.learned(a)
}

// Accepted is told of every Access-Accept that has left, by its attempt.
func (t *Tally) Accepted(attempt string) {
	a, ok := t.delays.left(attempt)
	if ok && t.hooks.Added != nil {
		t.hooks.Added(a.Client, max(0, t.now().Sub(a.At)))
	}
}

// roll is the bucket of a moment. A clock that ran back counts into the latest one. mu is held.
func (t *Tally) roll(at time.Time) *view.Minute {
	m := max(minuteOf(at), t.minute)
	for next := max(t.minute+1, m-view.Minutes+1); next <= m; next++ {
		*t.bucket(next) = view.Minute{At: time.Unix(next*int64(time.Minute/time.Second), 0).UTC()}
	}
	t.minute = m
	return t.bucket(m)
}

func (t *Tally) bucket(minute int64) *view.Minute { return &t.minutes[minute%view.Minutes] }

// sample notes how many wait at the end of the minutes that are over, once for each. What it asks takes a lock that is held elsewhere while events are
// told, so this one is not held meanwhile.
func (t *Tally) sample(at time.Time) {
	t.mu.Lock()
	due := minuteOf(at) > t.sampled
	t.mu.Unlock()
	if !due {
		return
	}
	waiting := t.waiting()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.roll(at)
	for m := max(t.sampled, t.minute-view.Minutes+1); m < t.minute; m++ {
		t.bucket(m).Waiting = waiting
	}
	t.sampled = t.minute
}

// fill has the document say what was counted.
func (t *Tally) fill(d *view.Now) {
	t.sample(d.At)
	d.Started, d.Approval = t.started.UTC(), t.approvals.shown()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.roll(d.At)
	for m := max(minuteOf(t.started), t.minute-view.Minutes+1); m <= t.minute; m++ {
		d.Minutes = append(d.Minutes, *t.bucket(m))
	}
	d.Minutes[len(d.Minutes)-1].Waiting = d.Waiting
	for n := range min(t.ends, len(t.recent)) {
		d.Recent = append(d.Recent, login(&t.recent[(t.ends-1-n)%len(t.recent)]))
	}
	d.Totals = t.totals
	d.Totals.Reasons = maps.Clone(t.totals.Reasons)
}
