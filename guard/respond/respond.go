package respond

import (
	"context"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sirupsen/logrus"

	"ivalt-radius/audit"
	"ivalt-radius/guard"
	"ivalt-radius/guard/block"
	"ivalt-radius/guard/incident"
)

// Notifier tells people of an incident. It puts the notice where it waits for its way, and does not wait itself.
type Notifier interface {
	Notify(i incident.Incident) error
}

// Blocker shuts people out; block.Blocks is one.
type Blocker interface {
	Lengthen(b block.Block) (block.Block, error)
}

// Disconnector ends the sessions of a person, or of those who come from an address; the other is empty. It says how many were ended, and
// has the trail say what became of each.
type Disconnector interface {
	Disconnect(ctx context.Context, user string, addr netip.Addr) (sessions int, err error)
}

// Deps is what the steps need.
type Deps struct {
	Notifier     Notifier           // nil: nobody is told
	Blocker      Blocker            // nil: nobody is blocked
	Disconnector Disconnector       // nil: no session is ended
	Forget       func(user string)  // takes away what is remembered of a person's approvals; nil: nothing is
	Note         func(audit.Event)  // keeps an event without waiting
	Log          logrus.FieldLogger // nil: no log
	Now          func() time.Time   // nil: time.Now
}

// Bounds of what disconnects.
const (
	mostJobs         = 256
	workers          = 4
	disconnectWithin = 30 * time.Second
)

// Responder takes the steps. It is an incident.Responder. All methods are safe for concurrent use, but See, which is for one goroutine.
type Responder struct {
	deps     Deps
	plan     atomic.Pointer[plan]
	visitors *visitors
	watches  watches

	mu    sync.Mutex
	jobs  chan job
	ended bool // nobody takes jobs any more
}

// job is sessions to be ended.
type job struct {
	target
	id  string // of the incident
	pen incident.Pen
}

// New makes a Responder of settings that Check finds no fault with.
func New(s Settings, d Deps) *Responder {
	if d.Log == nil {
		quiet := logrus.New()
		quiet.SetOutput(io.Discard)
		d.Log = quiet
	}
	if d.Now == nil {
		d.Now = time.Now
	}
	r := &Responder{deps: d, visitors: newVisitors(), jobs: make(chan job, mostJobs)}
	r.watches = watches{log: d.Log, now: d.Now, users: map[string][]*watching{}, addresses: map[netip.Addr][]*watching{}}
	r.Adopt(s)
	return r
}

// Adopt takes new settings, for the incidents that come.
func (r *Responder) Adopt(s Settings) {
	p, _ := s.understand() // Check found no fault
	r.plan.Store(&p)
}

// Run ends sessions until ctx ends, once. What waits then, or comes later, is not done, and the incidents say so.
func (r *Responder) Run(ctx context.Context) {
	var work sync.WaitGroup
	for range workers {
		work.Go(func() {
			for {
				select {
				case j := <-r.jobs:
					r.disconnect(ctx, j)
				case <-ctx.Done():
					return
				}
			}
		})
	}
	work.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended = true
	for len(r.jobs) > 0 {
		j := <-r.jobs
		j.pen.Did(incident.Action{Step: disconnectStep, Outcome: incident.Failed, Detail: stopped})
	}
}

// stopped is why sessions were not ended.
const stopped = "the server stopped before"

// hand gives a job to the workers, or says why not.
func (r *Responder) hand(j job) (whyNot string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.ended:
		return stopped
	case len(r.jobs) == mostJobs:
		return "too many sessions wait to be disconnected"
	}
	r.jobs <- j // there is room: nobody else hands over
	return ""
}

// See takes each event of the stream. It waits for nothing.
func (r *Responder) See(e audit.Event) {
	a, ok := e.(audit.Attempt)
	if !ok {
		return
	}
	from := place(a.CallingStation)
	if a.Verdict == "accept" && ByPhone(a.Reason) && from.IsValid() {
		r.visitors.came(a.User, from, r.deps.Now())
	}
	r.watches.see(a, from)
}

// ByPhone reports a reason of the trail for which the person's phone let in: by an approval now, or one that is remembered from the same calling station.
func ByPhone(reason string) bool { return reason == "approved" || reason == "remembered" }

// place is a calling station as an address, of IPv6 the first one of its network; the zero Addr where it is none.
func place(station string) netip.Addr {
	a := guard.AddressOf(station)
	if !a.IsValid() {
		return a
	}
	return guard.Network(a).Addr()
}

// Approved tells of a person who was let in by an approval before the server started, as the trail has it.
func (r *Responder) Approved(user, station string, at time.Time) {
	if from := place(station); from.IsValid() {
		r.visitors.came(user, from, at)
	}
}

// Seeded says that Approved has told all of the last day. Before that no address is blocked.
func (r *Responder) Seeded() {
	r.visitors.mu.Lock()
	defer r.visitors.mu.Unlock()
	r.visitors.seeded = true
}

// Respond implements incident.Responder. People are told last, of what was done, and once: not of a block that is placed again.
func (r *Responder) Respond(i incident.Incident, p incident.Pen) {
	plan := r.plan.Load()
	steps := plan.steps(i.Severity)
	i.Actions = slices.Clone(i.Actions)
	did := func(a incident.Action) {
		a.At = r.deps.Now().UTC()
		i.Actions = append(i.Actions, a)
		p.Did(a)
	}
	if slices.Contains(steps, watchStep) {
		did(r.watch(i, p))
	}
	t, whyNot := r.target(plan, i)
	if slices.Contains(steps, blockStep) {
		did(r.block(plan, i, t, whyNot))
	}
	if slices.Contains(steps, disconnectStep) {
		if a := r.queue(plan, i, t, whyNot, p); a.Step != "" {
			did(a)
		}
	}
	if slices.Contains(steps, notifyStep) && !i.Told() {
		did(r.notify(i))
	}
}

// Resume implements incident.Responder: it goes on watching.
func (r *Responder) Resume(i incident.Incident, p incident.Pen) {
	for _, a := range i.Actions {
		if a.Step == watchStep && a.Outcome == incident.Done && r.deps.Now().Before(a.Until) {
			r.watches.add(i, p, a.Until)
		}
	}
}

func (r *Responder) notify(i incident.Incident) incident.Action {
	a := incident.Action{Step: notifyStep, Outcome: incident.Done}
	if r.deps.Notifier == nil {
		a.Outcome, a.Detail = incident.Withheld, "guard.notify has no receiver"
		return a
	}
	if err := r.deps.Notifier.Notify(i); err != nil {
		r.deps.Log.WithField("incident", i.ID).WithError(err).Error("a notice could not be kept for its way")
		a.Outcome, a.Detail = incident.Failed, "the notice could not be kept: see the log"
	}
	return a
}

func (r *Responder) watch(i incident.Incident, p incident.Pen) incident.Action {
	a := incident.Action{Step: watchStep, Outcome: incident.Done, Until: r.deps.Now().Add(watchFor).UTC()}
	switch {
	case i.Subject.User == "" && !i.Subject.Address.IsValid():
		a = incident.Action{Step: watchStep, Outcome: incident.Withheld, Detail: "neither a person nor an address is known"}
	case !r.watches.add(i, p, a.Until):
		a = incident.Action{Step: watchStep, Outcome: incident.Failed, Detail: "too many are watched already"}
	}
	return a
}

func (r *Responder) block(plan *plan, i incident.Incident, t target, whyNot string) incident.Action {
	until := r.deps.Now().Add(plan.BlockFor).UTC()
	a := incident.Action{Step: blockStep, Outcome: incident.Done, Until: until}
	event := audit.Security{Event: "blocked_automatically", User: t.user, CallingStation: t.station()}
	switch {
	case whyNot != "":
		return incident.Action{Step: blockStep, Outcome: incident.Withheld, Detail: whyNot}
	case plan.DryRun:
		a.Outcome, a.Detail = incident.Would, "guard.respond.dry_run is set"
		event = audit.Security{Event: "would_block", User: t.user, CallingStation: t.station()}
	case r.deps.Blocker == nil:
		return incident.Action{Step: blockStep, Outcome: incident.Failed, Detail: "nothing blocks here"}
	default:
		b := t.block()
		b.Until, b.Reason, b.By, b.Incident = until, "incident "+i.ID+": "+string(i.Rule), incident.Automatic, i.ID
		stands, err := r.deps.Blocker.Lengthen(b)
		if err != nil {
			r.deps.Log.WithField("incident", i.ID).WithError(err).Error("a block could not be placed")
			return incident.Action{Step: blockStep, Outcome: incident.Failed, Detail: "the block could not be placed: see the log"}
		}
		a.Until = stands.Until
		if t.user != "" && r.deps.Forget != nil {
			r.deps.Forget(t.user)
		}
	}
	event.Detail = fmt.Sprintf("incident %s, %s, %s: until %s", i.ID, i.Rule, i.Severity, a.Until.Format(time.RFC3339))
	r.deps.Note(event)
	return a
}

// queue hands sessions to the workers, or says why not. The zero Action: they have it.
func (r *Responder) queue(plan *plan, i incident.Incident, t target, whyNot string, p incident.Pen) incident.Action {
	a := incident.Action{Step: disconnectStep, Outcome: incident.Withheld}
	switch {
	case whyNot != "":
		a.Detail = whyNot
	case plan.DryRun:
		a.Outcome, a.Detail = incident.Would, "guard.respond.dry_run is set"
		r.deps.Note(audit.Security{
			Event: "would_disconnect", User: t.user, CallingStation: t.station(), Detail: fmt.Sprintf("incident %s, %s, %s", i.ID, i.Rule, i.Severity),
		})
	case r.deps.Disconnector == nil:
		a.Detail = "no client takes Disconnect-Requests (clients[].disconnect_port)"
	default:
		a.Outcome, a.Detail = incident.Failed, r.hand(job{t, i.ID, p})
		if a.Detail == "" {
			return incident.Action{}
		}
	}
	return a
}

// disconnect ends the sessions of one target. What became of them stands in the trail by the Disconnector's word; here it is said where
// some may still be there.
func (r *Responder) disconnect(ctx context.Context, j job) {
	ctx, cancel := context.WithTimeout(ctx, disconnectWithin)
	defer cancel()
	n, err := r.deps.Disconnector.Disconnect(ctx, j.user, j.addr)
	a := incident.Action{At: r.deps.Now().UTC(), Step: disconnectStep, Outcome: incident.Done, Detail: fmt.Sprintf("sessions ended: %d", n)}
	if err != nil {
		r.deps.Log.WithField("incident", j.id).WithError(err).Error("sessions could not be disconnected")
		a.Outcome, a.Detail = incident.Failed, a.Detail+"; others could not be: see the log"
		r.deps.Note(audit.Security{Event: "disconnect_failed", User: j.user, CallingStation: j.station(), Detail: fmt.Sprintf("incident %s: %s", j.id, a.Detail)})
	}
	j.pen.Did(a)
}
