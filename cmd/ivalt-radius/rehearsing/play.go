package rehearsing

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"ivalt-radius/admin/view"
	"ivalt-radius/audit"
	"ivalt-radius/auth"
	"ivalt-radius/auth/reason"
	"ivalt-radius/policy"
)

// play is one rehearsal.
type play struct {
	id     string
	in     view.Rehearsal // without its password once it is over
	client auth.Client
	deps   Deps
	begun  time.Time

	mu      sync.Mutex
	attempt string // whose calls are its own; empty: no phone is asked yet
	over    bool
	verdict auth.Verdict
	steps   []view.RehearsalStep
}

// run takes it from the request to the verdict.
func (p *play) run(ctx context.Context) {
	p.say("asked", true, "%s asks to come in through %s, from %s", p.in.User, p.in.Client, station(p.in.CallingStation))
	verdict, err := p.survive(ctx)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.verdict, p.over, p.in.Password = verdict, true, ""
	if err != nil {
		p.add("failed", false, "%v", err)
	}
}

// errPanic is told of a rehearsal that panicked.
var errPanic = errors.New("something went wrong here: this is a defect of ivalt-radius, please report it")

// survive keeps a panic to the one rehearsal: no login ends with it.
func (p *play) survive(ctx context.Context) (verdict auth.Verdict, err error) {
	defer func() {
		if r := recover(); r != nil {
			p.deps.Log.WithField("kind", fmt.Sprintf("%T", r)).Error("a rehearsal panicked")
			verdict, err = auth.Verdict{}, errPanic
		}
	}()
	return p.decide(ctx)
}

// decide plays the login against its cloud.
func (p *play) decide(ctx context.Context) (auth.Verdict, error) {
	cloud, gate := p.deps.Phone, auth.Gate(forgetful{p.deps.Gate})
	if p.in.Cloud == view.Simulator {
		simulated, stop, err := p.simulate(ctx)
		if err != nil {
			return auth.Verdict{}, fmt.Errorf("starting the simulator: %w", err)
		}
		defer stop()
		cloud, gate = simulated, unrung{p.deps.Gate}
	}
	flow := auth.New(auth.Options{
		Pusher: begins{p, cloud}, Gate: gate, Recorder: recorder{p}, Now: p.deps.Now, Concluded: func(audit.Attempt) {},
	})
	stopped := context.AfterFunc(ctx, flow.Stop)
	defer stopped()
	verdict := flow.Run(ctx, p.request())
	if ctx.Err() != nil {
		return verdict, errors.New("the server is stopping")
	}
	return verdict, nil
}

// say adds a step.
func (p *play) say(name string, good good, format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.add(name, good, format, args...)
}

// good says whether a step went as a login that is let in goes.
type good bool

func (p *play) add(name string, good good, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if n := len(p.steps); n > 0 && p.steps[n-1].Name == name && p.steps[n-1].Text == text {
		return // a poll that brought nothing new
	}
	if len(p.steps) < mostSteps {
		p.steps = append(p.steps, view.RehearsalStep{AfterMS: p.deps.Now().Sub(p.begun).Milliseconds(), Name: name, Text: text, OK: bool(good)})
	}
}

// shown is the rehearsal so far.
func (p *play) shown() view.Rehearsed {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := view.Rehearsed{
		ID: p.id, Cloud: p.in.Cloud, User: p.in.User, Client: p.in.Client, Begun: p.begun, Over: p.over,
		Reply: []view.Row{}, Steps: append([]view.RehearsalStep{}, p.steps...),
	}
	if !p.over {
		return out
	}
	out.Verdict, out.Reason = p.verdict.Kind.String(), p.verdict.Reason.String()
	for _, a := range p.verdict.Reply {
		out.Reply = append(out.Reply, view.Row{Name: a.Name, Text: a.Value})
	}
	if until := p.verdict.Until; !until.IsZero() {
		out.Reply = append(out.Reply, view.Row{Name: "Session-Timeout", Text: fmt.Sprintf("%d s", int(until.Sub(p.deps.Now()).Seconds()))})
	}
	return out
}

// outcome is how it ended, for the trail.
func (p *play) outcome() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	text := fmt.Sprintf("%s: %v, %v", p.in.Cloud, p.verdict.Kind, p.verdict.Reason)
	if p.attempt != "" {
		text += ", attempt " + p.attempt
	}
	return text
}

// overheard takes what the server records of the rehearsal's calls.
func (p *play) overheard(e audit.Event) {
	switch e := e.(type) {
	case *audit.APICall:
		if p.owns(e.Attempt) {
			p.called(e)
		}
	case audit.Security:
		if p.owns(e.Attempt) {
			p.say("noticed", false, "%s: %s", e.Event, e.Detail)
		}
	}
}

// owns reports that an attempt is the rehearsal's.
func (p *play) owns(attempt string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return attempt != "" && attempt == p.attempt
}

// called is a call to iVALT.
func (p *play) called(c *audit.APICall) {
	status := "no answer"
	if c.Status != 0 {
		status = fmt.Sprintf("HTTP %d", c.Status)
	}
	p.say(c.Call, good(c.Status != 0 && c.Status < http.StatusInternalServerError), "%s: %s", status, strings.ReplaceAll(c.Class, "_", " "))
}

// judge is a policy that tells the rehearsal what it says.
type judge struct {
	play *play
	auth.Decider
}

// Decide implements auth.Decider.
func (j judge) Decide(f policy.Facts) policy.Decision {
	d := j.Decider.Decide(f)
	j.play.say("decided", d.Action != policy.Deny, "policy says %v, by rule %q", d.Action, d.Rule)
	return d
}

// begins is a pusher that tells the rehearsal of its push.
type begins struct {
	play *play
	auth.Pusher
}

// Begin implements auth.Pusher.
func (b begins) Begin(push *auth.Push) auth.Asked {
	b.play.mu.Lock()
	b.play.attempt = push.Attempt
	b.play.add("allowed", true, "policy and first factor let the phone be asked")
	b.play.mu.Unlock()
	return b.Pusher.Begin(push)
}

// recorder takes a rehearsal's own evidence: it is shown, and stands in no trail as a login.
type recorder struct{ play *play }

// Commit implements auth.Recorder.
func (r recorder) Commit(_ context.Context, e audit.Event) error {
	r.Note(e)
	return nil
}

// Note implements auth.Recorder.
func (r recorder) Note(e audit.Event) {
	switch e := e.(type) {
	case audit.Attempt:
		words := e.Reason
		if e.Detail != "" {
			words += ": " + e.Detail
		}
		r.play.say("concluded", e.Verdict == reason.Accept.String(), "%s, %s", e.Verdict, words)
	default:
		r.play.overheard(e)
	}
}

// unrung is the gate of a rehearsal that makes no phone ring: it counts passwords, and no pushes.
type unrung struct{ auth.Gate }

// Admit implements auth.Gate.
func (u unrung) Admit(v auth.Visit, s auth.Stage) auth.Admission {
	if s == auth.Ringing {
		return auth.Admission{Open: true}
	}
	return u.Gate.Admit(v, s)
}

// Ended implements auth.Gate.
func (u unrung) Ended(v auth.Visit, e auth.End) {
	if e.Pushed {
		e = auth.End{Passed: e.Passed}
	}
	u.Gate.Ended(v, e)
}

// forgetful is the gate of a rehearsal whose phone rings: what is held against a login is held against it, and an approval, which may be of any
// place that somebody typed, makes no place familiar and takes nothing back.
type forgetful struct{ auth.Gate }

// Ended implements auth.Gate.
func (f forgetful) Ended(v auth.Visit, e auth.End) {
	if e.Reason == auth.ApprovedByPerson {
		e = auth.End{Passed: e.Passed, Pushed: e.Pushed}
	}
	f.Gate.Ended(v, e)
}

func station(text string) string {
	if text == "" {
		return "an unknown address"
	}
	return text
}
