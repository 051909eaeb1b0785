package auth

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"ivalt-radius/audit"
	"ivalt-radius/policy"
)

// answerMargin is how long before the NAS gives up its answer leaves.
const answerMargin = time.Second

// Options are what a Flow is built from, once.
type Options struct {
	Pusher   Pusher
	Recorder Recorder
	Now      func() time.Time
	// Concluded is told of every attempt's end, once, when its verdict is final. It must not block.
	Concluded func(audit.Attempt)
}

// Flow runs logins. Its methods are safe for concurrent use.
type Flow struct {
	attempts *attempts
	Options
}

// New makes a Flow. All of Options are required.
func New(o Options) *Flow { return &Flow{attempts: newAttempts(), Options: o} }

// Drain admits no new attempt from now on; requests that would begin one get a silent verdict. Waiting ones may still be
// joined.
func (f *Flow) Drain() { f.attempts.drain() }

// Stop ends every waiting attempt as `shutting_down`.
func (f *Flow) Stop() { f.attempts.stop() }

// Waiting is how many attempts have no verdict yet.
func (f *Flow) Waiting() int { return f.attempts.waitingNow() }

// Run takes one exchange from its request to its verdict and blocks until then. ctx ends with the server.
func (f *Flow) Run(ctx context.Context, req *Request) Verdict {
	verdict, wait := f.Open(ctx, req)
	if wait != nil {
		verdict = wait()
	}
	return verdict
}

// Open is Run as far as it goes without waiting for a phone or a disk. Where wait is nil the verdict stands; otherwise wait
// blocks until there is one, and is to be called once. So a login that is denied at once costs no goroutine, and one that waits
// parks in a goroutine whose stack has never been deep. req must not change until the verdict.
func (f *Flow) Open(ctx context.Context, req *Request) (verdict Verdict, wait func() Verdict) {
	l := login{rules: req.Client.Rules, req: req, first: req.Received}
	subject, err := f.identify(ctx, &l)
	if f.attempts.isDraining() && !f.attempts.waits(f.attempts.key(subject.User, req), f.Now()) {
		return Verdict{Silent: true, Reason: ShuttingDown}, nil
	}
	decision, err := f.decide(&l, subject, err)
	proof, err := f.primary(ctx, &l, subject, decision, err)
	switch {
	case err != nil || decision.Action == policy.Deny:
		f.void(&l, subject, err)
		return f.settle(ctx, &l, decision, proof, err), nil
	case decision.Action == policy.Exempt:
		waiting := l
		return verdict, func() Verdict { return f.settle(ctx, &waiting, decision, proof, nil) }
	}
	a, role := f.attempts.enter(f.attempts.key(subject.User, req), req, f.Now(), l.rules.MaxAttempts)
	waiting := &pending{login: l, attempt: a, subject: subject, decision: decision, proof: proof}
	switch role {
	case leads:
		f.ask(waiting)
		return verdict, func() Verdict { return f.lead(ctx, waiting) }
	case joins:
		return verdict, func() Verdict { return f.follow(ctx, waiting) }
	case joinsLate:
		return verdict, func() Verdict { return f.late(ctx, waiting) }
	case silenced:
		return Verdict{Silent: true, Reason: ShuttingDown}, nil
	case refused:
	}
	return f.settle(ctx, &l, decision, proof, errBusy), nil
}

// login is what one Run knows of itself; it is made from the request and never shared.
type login struct {
	rules   *Rules
	req     *Request
	id      string
	attempt *attempt // nil where none was entered
	first   time.Time
	facts   policy.Facts
	listed  string // the person's listed name, where it may be another one
	user    string // as the log shows it
}

// pending is a login that has passed policy and first factor and waits for its attempt's verdict.
type pending struct {
	login

	attempt  *attempt
	subject  Subject
	decision policy.Decision
	proof    Proof
}

// leaveBy is when the verdict must leave.
func (l *login) leaveBy() time.Time { return l.first.Add(l.req.Client.AnswerWithin - answerMargin) }

// renews is the earlier attempt whose late approval counts, where the rules of now allow it.
func (p *pending) renews() string {
	if p.lateCredit() == 0 {
		return ""
	}
	return p.attempt.renews
}

// identify makes the one canonical subject of a login.
func (f *Flow) identify(ctx context.Context, l *login) (Subject, error) {
	user, err := ParseUsername(l.req.Username)
	if err != nil {
		l.user = visible(l.req.Username)
	} else {
		l.user = user.String()
	}
	switch {
	case l.rules == nil:
		return Subject{}, errNoRules
	case l.req.Defect != "":
		return Subject{}, defect(l.req.Defect)
	case err != nil:
		return Subject{}, err
	case len(l.req.State) > 0:
		return Subject{}, errState
	}
	person, err := l.rules.Directory.Person(ctx, user)
	if err != nil {
		return Subject{User: user}, fmt.Errorf("asking the directory: %w", err)
	}
	return Subject{User: user, Person: person}, nil
}

// visible shows a name that is none: ASCII, with everything else escaped, and bounded.
func visible(name string) string {
	quoted := strconv.QuoteToASCII(name[:min(len(name), maxName)])
	return strings.Trim(quoted, `"`)
}

// decide asks policy. Where the subject is not known there is no decision, and the zero Decision denies.
func (f *Flow) decide(l *login, s Subject, err error) (policy.Decision, error) {
	if err != nil {
		return policy.Decision{}, err
	}
	l.facts = policy.Facts{
		User: s.User.String(), Groups: s.Person.Groups, Client: l.req.Client.Name,
		CallingStation: l.req.From, At: f.Now(),
	}
	l.listed = s.Person.Name.String()
	return l.judge(), nil
}

// judge asks policy about the name of the login and about the listed name of its person, where that is another one: the stricter
// word counts, so that nobody escapes a rule by writing the name differently.
func (l *login) judge() policy.Decision {
	d := l.rules.Policy.Decide(l.facts)
	if l.listed != "" && l.listed != l.facts.User {
		facts := l.facts
		facts.User = l.listed
		if listed := l.rules.Policy.Decide(facts); listed.Action < d.Action {
			d = listed
		}
	}
	if d.Action != policy.RequirePush && d.Action != policy.Exempt {
		d.Action = policy.Deny
	}
	return d
}

// again asks policy once more, just before the Accept: hours may have ended while the phone rang.
func (f *Flow) again(l *login, before policy.Decision) policy.Decision {
	l.facts.At = f.Now()
	after := l.judge()
	if after.Action != before.Action {
		return policy.Decision{Rule: after.Rule, Denial: after.Denial}
	}
	return after
}

// primary checks the first factor of a login that policy does not deny.
func (f *Flow) primary(ctx context.Context, l *login, s Subject, d policy.Decision, err error) (Proof, error) {
	if err != nil || d.Action == policy.Deny {
		return Proof{}, err
	}
	primary := l.rules.Primaries[cmp.Or(d.Factor, l.req.Client.Factor)]
	if primary == nil {
		return Proof{}, fmt.Errorf("%w: none is set for this client", ErrMisconfigured)
	}
	checked, err := primary.Verify(ctx, s, l.req)
	return Proof{Password: checked.Password}, err
}

// ask has the phone asked for the attempt that the login leads, once the older exchanges whose identifier it reuses are
// withdrawn. Nobody will wait for an attempt whose push panicked: it ends here.
func (f *Flow) ask(p *pending) {
	asked := false
	defer func() {
		if !asked {
			f.ended(p, Verdict{})
		}
	}()
	f.attempts.withdraw(p.req.Replaces)
	f.attempts.push(p.attempt, f.Pusher, &Push{
		Attempt: p.attempt.id, Client: p.req.Client.Name, CallingStation: p.req.CallingStation,
		User: p.subject.User, Person: p.subject.Person, Deadline: p.leaveBy(),
		Number: number(), LateCredit: p.lateCredit(), Renews: p.renews(),
	})
	asked = true
}

// ended frees an attempt that a panic ended, and leaves evidence of it.
func (f *Flow) ended(p *pending, v Verdict) {
	f.attempts.conclude(p.attempt, v, f.Now(), p.leaveBy())
	f.attempts.release(p.req.ID)
	p.id, p.login.attempt = p.attempt.id, p.attempt
	f.tell(f.event(&p.login, p.decision, p.proof, v, errPanic))
}

// lead waits for the phone and concludes the attempt. It parks at once, so that its goroutine stays small.
func (f *Flow) lead(ctx context.Context, p *pending) Verdict {
	if asked := p.attempt.asked; asked != nil {
		p.proof.Answer = <-asked.Answer()
	}
	return f.concludeAttempt(ctx, p)
}

// concludeAttempt hands the verdict to every exchange of the attempt, also when something panics: the zero Verdict rejects.
func (f *Flow) concludeAttempt(ctx context.Context, p *pending) (v Verdict) {
	p.id, p.login.attempt = p.attempt.id, p.attempt
	settled := false
	defer func() {
		if !settled {
			f.ended(p, v)
			return
		}
		f.attempts.conclude(p.attempt, v, f.Now(), p.leaveBy())
		v = f.released(p, v)
	}()
	// Whatever the phone said, an attempt that was withdrawn or stopped is over.
	switch over := f.attempts.ended(p.attempt); {
	case over == nil:
	case errors.Is(over, errWithdrawn):
		p.proof.Answer.Outcome, p.proof.Answer.Detail = Withdrawn, errWithdrawn.Error()
	default:
		p.proof.Answer.Outcome, p.proof.Answer.Detail = Stopping, errShutdown.Error()
	}
	v = f.settle(ctx, &p.login, f.again(&p.login, p.decision), p.proof, nil)
	if credit := p.lateCredit(); credit > 0 && p.proof.Answer.lapsed() {
		f.attempts.lapse(p.attempt, p.leaveBy().Add(credit).Sub(f.Now()))
	}
	settled = true
	return v
}

// void takes the late credit from a login that policy denies now.
func (f *Flow) void(l *login, s Subject, err error) {
	if err == nil && max(l.rules.LateCredit, l.rules.InsecureLateCredit) > 0 {
		f.attempts.void(f.attempts.key(s.User, l.req))
	}
}

// follow waits for the verdict of the attempt that the exchange joined.
func (f *Flow) follow(ctx context.Context, p *pending) Verdict {
	select {
	case <-p.attempt.done:
		return f.released(p, p.attempt.verdict)
	case <-ctx.Done():
		return Verdict{Silent: true, Reason: ShuttingDown, Attempt: p.attempt.id}
	}
}

// released ends an exchange's wait. One that was withdrawn meanwhile is not answered: its NAS listens for a newer one.
func (f *Flow) released(p *pending, v Verdict) Verdict {
	v.Silent = f.attempts.release(p.req.ID) || v.Silent
	return v
}

// late gives a concluded Accept to a further copy of its login. The copy is judged by the hours once more, and its own evidence is
// durable before it leaves.
func (f *Flow) late(ctx context.Context, p *pending) Verdict {
	p.first = p.attempt.first // answer_within counts from there
	e := audit.Security{
		Event: "accept_joined", Attempt: p.attempt.id, Client: p.req.Client.Name, User: p.user,
		CallingStation: p.req.CallingStation, Detail: "a further copy of the login got its Accept",
	}
	d := f.again(&p.login, p.decision)
	p.proof.Answer.Outcome = Approved // the attempt's
	v := conclude(d, p.proof, nil, f.moment(&p.login))
	var err error
	if v.Kind == Accept {
		err = f.commit(ctx, &p.login, e)
		v = conclude(d, p.proof, err, f.moment(&p.login))
	}
	p.id, v.Attempt = p.attempt.id, p.attempt.id
	if v.Kind != Accept {
		f.tell(f.event(&p.login, d, p.proof, v, err))
	}
	return f.released(p, v)
}

// settle concludes, makes the evidence durable before an Accept, and looks at the clock once more after that.
func (f *Flow) settle(ctx context.Context, l *login, d policy.Decision, p Proof, err error) Verdict {
	if l.id == "" {
		l.id = f.attempts.newID()
	}
	v := conclude(d, p, err, f.moment(l))
	if v.Kind == Accept {
		if l.attempt == nil {
			f.attempts.withdraw(l.req.Replaces)
		}
		err = f.commit(ctx, l, f.event(l, d, p, v, nil))
		if v = conclude(d, p, err, f.moment(l)); v.Kind == Accept {
			f.Concluded(f.event(l, d, p, v, nil))
			return f.finished(l, v)
		}
	}
	f.tell(f.event(l, d, p, v, err))
	return f.finished(l, v)
}

// tell keeps and logs an end that no Accept depends on.
func (f *Flow) tell(e audit.Attempt) {
	f.Recorder.Note(e)
	f.Concluded(e)
}

func (f *Flow) moment(l *login) moment { return moment{now: f.Now(), leaveBy: l.leaveBy()} }

// finished fills in what the wire needs to know.
func (f *Flow) finished(l *login, v Verdict) Verdict {
	v.Attempt = l.id
	v.Silent = v.Kind == Reject && v.Reason == PushTimeout && l.req.Client.SilentTimeout
	return v
}

// commit makes the record durable, within the time that the NAS still waits.
func (f *Flow) commit(ctx context.Context, l *login, e audit.Event) error {
	ctx, cancel := context.WithDeadline(ctx, l.leaveBy())
	defer cancel()
	if err := f.Recorder.Commit(ctx, e); err != nil {
		return fmt.Errorf("%w: %w", errTrail, err)
	}
	return nil
}

// event is the evidence of the attempt's end.
func (f *Flow) event(l *login, d policy.Decision, p Proof, v Verdict, err error) audit.Attempt {
	e := audit.Attempt{
		Attempt: l.id, Client: l.req.Client.Name, NAS: l.req.NAS, User: l.user, CallingStation: l.req.CallingStation,
		Rule: d.Rule, Factors: p.Factors(), Verdict: v.Kind.String(), Reason: v.Reason.String(),
		Duration: f.Now().Sub(l.first), Exchanges: 1, Mobile: p.Answer.Mobile.String(), Detail: p.Answer.Detail,
	}
	if d.Rule != "" {
		e.Decision = d.Action.String()
	}
	if l.attempt != nil {
		e.Exchanges = f.attempts.exchanges(l.attempt)
	}
	if err != nil {
		e.Detail = err.Error()
	}
	return e
}
