package notify

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/sirupsen/logrus"

	"ivalt-radius/audit"
	"ivalt-radius/guard"
	"ivalt-radius/guard/notify/way"
)

// How often things are done.
const (
	firstRetry  = time.Second
	lastRetry   = 15 * time.Minute
	soonRetry   = time.Minute // where a critical notice waits
	tellEvery   = time.Minute // of notices that were given up
	logEvery    = 15 * time.Minute
	hour        = time.Hour
	forCritical = 4 // every so manieth message of an hour is kept for critical notices
)

// plan is a receiver's settings and the way that they make.
type plan struct {
	settings Settings
	way      way.Way
}

// receiver delivers to one receiver. Its goroutine owns what stands below running.
type receiver struct {
	name  string
	deps  Deps
	spool *spool
	wake  chan struct{} // something has come, or has changed
	quit  chan struct{} // closed: end once what is being sent is sent
	abort context.CancelFunc
	ended chan struct{}

	mu    sync.Mutex
	plan  plan
	fresh bool // the plan is new: what failed before says nothing

	outage   outage
	sent     []time.Time // when messages went within the last hour
	held     bool        // the rate held notices back: they go as a digest
	toldAt   time.Time
	loggedAt time.Time
}

// outage is what failures have come to. The zero outage is none.
type outage struct {
	failures int
	since    time.Time // zero: it takes messages
	last     time.Time
	part     float64       // of the wait, so that many servers do not come at once
	after    time.Duration // the receiver asked for so much patience
}

// next is when to try again: later each time, though not much later where a critical notice waits.
func (o outage) next(v view) time.Time {
	if o.failures == 0 {
		return time.Time{}
	}
	most := lastRetry
	if v.critical {
		most = soonRetry
	}
	const doublings = 20
	wait := min(most, firstRetry<<min(o.failures-1, doublings))
	return o.last.Add(max(o.after, time.Duration(float64(wait)*o.part)))
}

func (r *receiver) wants(s guard.Severity) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return s >= r.plan.settings.Severity
}

// adopt has other settings from the next message on.
func (r *receiver) adopt(p plan) {
	r.mu.Lock()
	r.plan, r.fresh = p, true
	r.mu.Unlock()
	r.awake()
}

func (r *receiver) current() plan {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fresh {
		r.fresh = false
		r.outage.failures, r.outage.after = 0, 0
	}
	return r.plan
}

func (r *receiver) awake() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// run delivers until quit is closed or ctx ends.
func (r *receiver) run(ctx context.Context) {
	defer close(r.ended)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-r.quit:
			return
		case <-r.wake:
		case <-timer.C:
		}
		select {
		case <-r.quit: // nothing new is begun
			return
		default:
		}
		timer.Reset(r.round(ctx))
	}
}

// round does what is due, and says when to come again.
func (r *receiver) round(ctx context.Context) time.Duration {
	p := r.current()
	now := time.Now()
	v := r.spool.look(now)
	if v.count == 0 {
		r.held = false
		return min(hour, r.report(now))
	}
	if wait := r.due(p, v, now); wait > 0 {
		return min(wait, hour, r.report(now))
	}
	most := mostAtOnce
	if p.settings.Digest == 0 && !v.critical && !r.held {
		most = 1
	}
	if notices := r.spool.take(most); len(notices) > 0 {
		r.deliver(ctx, p, notices)
	}
	r.report(time.Now())
	return 0
}

// due is how long to wait for the next message.
func (r *receiver) due(p plan, v view, now time.Time) time.Duration {
	at := v.first
	if !v.critical {
		at = at.Add(p.settings.Digest)
	}
	if retry := r.outage.next(v); retry.After(at) {
		at = retry
	}
	wait := at.Sub(now)
	if wait <= 0 {
		if wait = r.slot(p.settings.PerHour, v, now); wait > 0 {
			r.held = true
		}
	}
	return wait
}

// slot is how long the rate holds the next message back: no hour has more than perHour of them.
func (r *receiver) slot(perHour int, v view, now time.Time) time.Duration {
	for len(r.sent) > 0 && now.Sub(r.sent[0]) >= hour {
		r.sent = r.sent[1:]
	}
	if !v.critical {
		perHour -= perHour / forCritical
	}
	perHour = max(1, perHour)
	if len(r.sent) < perHour {
		return 0
	}
	return r.sent[len(r.sent)-perHour].Add(hour).Sub(now)
}

// deliver sends one message, and does with its notices what follows.
func (r *receiver) deliver(ctx context.Context, p plan, notices []Notice) {
	said, err := p.way.Send(ctx, notices)
	now := time.Now()
	var f *way.Error
	switch {
	case err == nil:
		r.sent, r.held = append(r.sent, now), false
		r.spool.delivered()
		r.recover(now)
		r.log().WithFields(logrus.Fields{"notices": len(notices), "said": said}).Info("notices sent")
		return
	case ctx.Err() != nil: // it was broken off: no fault of the receiver's
		r.spool.back()
		return
	case errors.As(err, &f) && f.Permanent:
		r.sent = append(r.sent, now)
		r.spool.turnedDown()
	default:
		r.spool.back()
	}
	r.fail(f, now)
}

func (r *receiver) log() logrus.FieldLogger { return r.deps.Log.WithField("receiver", r.name) }

// fail is for a message that did not go. A Way fails with a way.Error alone: whatever else an error quotes, it is not told.
func (r *receiver) fail(f *way.Error, now time.Time) {
	if f == nil {
		f = &way.Error{What: "it cannot be reached"}
	}
	o := &r.outage
	o.failures, o.last, o.after = o.failures+1, now, f.After
	o.part = 0.5 + rand.Float64()/2 //nolint:gosec // a spread, no secret
	if o.since.IsZero() {
		o.since = now
		r.deps.Note(audit.System{Event: "notice_failing", Detail: fmt.Sprintf("receiver %s: %s", r.name, f.What)})
	}
	if r.loggedAt.IsZero() || now.Sub(r.loggedAt) >= logEvery {
		r.loggedAt = now
		r.log().WithField("error", f.What).Warn("notices do not reach a receiver")
	}
}

// recover is for a message that went.
func (r *receiver) recover(now time.Time) {
	since := r.outage.since
	r.outage, r.loggedAt = outage{}, time.Time{}
	if since.IsZero() {
		return
	}
	lasted := now.Sub(since).Round(time.Second).String()
	r.deps.Note(audit.System{Event: "notice_recovered", Detail: fmt.Sprintf("receiver %s: took nothing for %s", r.name, lasted)})
	r.log().WithField("lasted", lasted).Info("notices reach the receiver again")
}

// report says what was given up, once a minute at most, and when to report again.
func (r *receiver) report(now time.Time) time.Duration {
	if wait := r.toldAt.Add(tellEvery).Sub(now); !r.toldAt.IsZero() && wait > 0 {
		return wait
	}
	if words := r.spool.tell(); words != "" {
		r.toldAt = now
		dropped(r.deps, r.name, words)
		return tellEvery
	}
	return hour
}

func dropped(d Deps, name, words string) {
	d.Note(audit.System{Event: "notices_dropped", Detail: fmt.Sprintf("receiver %s: %s", name, words)})
	d.Log.WithFields(logrus.Fields{"receiver": name, "dropped": words}).Warn("notices given up")
}
