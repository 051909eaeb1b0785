package auth

import (
	"cmp"
	"context"
	"errors"
	"time"

	"ivalt-radius/audit"
	"ivalt-radius/auth/approvals"
	"ivalt-radius/auth/carried"
	"ivalt-radius/auth/conclusion"
	"ivalt-radius/auth/copies"
	"ivalt-radius/auth/joint"
	"ivalt-radius/auth/naming"
	"ivalt-radius/auth/questions"
	"ivalt-radius/policy"
	"ivalt-radius/state/cluster"
)

// answerMargin is how long before the NAS gives up its answer leaves.
const answerMargin = time.Second

// Options are what a Flow is built from, once.
type Options struct {
	Pusher   Pusher
	Gate     Gate
	Recorder Recorder
	Now      func() time.Time
	// Concluded is told of every attempt's end, once, when its verdict is final. It must not block.
	Concluded func(audit.Attempt)

	// Attempts are those of all nodes; nil: this node is alone. Names are keyed by what the nodes share then; nil: drawn by lot.
	Attempts cluster.Attempts
	Names    *naming.Names

	// Current reports that this node has heard what the others told of remembered approvals: only then one counts. nil: always. Tell tells the
	// others of them, who Hear it, and does not wait; nil: there are none.
	Current func() bool
	Tell    func([]byte)

	// Elsewhere reports that another node has an attempt with this key open, so that a packet of it is no new login; nil: none has. Opened is told
	// of an attempt that this node leads, and until when its answer must leave; nil: nobody is. Neither may block.
	Elsewhere func(key naming.Digest) bool
	Opened    func(key naming.Digest, until time.Time)

	Carried *carried.Logins // of the process whose place this one takes; nil: it takes nobody's
}

// Flow runs logins. Its methods are safe for concurrent use.
type Flow struct {
	attempts   *attempts
	checks     *copies.Checks
	challenges *questions.Open[*challenge]
	approvals  *approvals.Store
	joint      *joint.Part // nil: this node is alone
	opening    copies.Room // logins whose directory and first factor are being asked apart from the caller
	Options
}

// New makes a Flow. All of Options are required, but for those that say what nil means.
func New(o Options) *Flow {
	table := newAttempts()
	table.restore(&o)
	f := &Flow{
		attempts: table, checks: copies.New(), challenges: questions.New[*challenge](), approvals: approvals.Shared(table.names, o.Current), Options: o,
	}
	f.approvals.Tell = o.Tell
	if o.Attempts != nil {
		f.joint = joint.New(o.Attempts)
	}
	return f
}

// Drain admits no new attempt from now on; requests that would begin one get a silent verdict. Waiting ones may still be
// joined.
func (f *Flow) Drain() { f.attempts.drain() }

// Stop ends every waiting attempt as `shutting_down`, and every open challenge. Other nodes are told which attempts are theirs now: that takes 3 s
// at most.
func (f *Flow) Stop() {
	f.attempts.stop()
	for _, c := range f.challenges.Close() {
		f.abandon(c, "the server is stopping")
	}
	if f.joint != nil {
		f.joint.Finish(context.Background())
	}
}

// Waiting is how many attempts have no verdict yet.
func (f *Flow) Waiting() int { return f.attempts.waitingNow() }

// Hear takes what another node's Flow told of remembered approvals (Options.Tell) so long ago. The error says that it cannot be read.
func (f *Flow) Hear(age time.Duration, payload []byte) error {
	return f.approvals.Apply(f.Now().Add(-age), payload)
}

// Forget takes away what is remembered of a person's approvals: a lockout, a block.
func (f *Flow) Forget(person Username) { f.approvals.Forget(person.String()) }

// Run takes one exchange from its request to its verdict and blocks until then. ctx ends with the server.
func (f *Flow) Run(ctx context.Context, req *Request) Verdict {
	verdict, wait := f.Open(ctx, req)
	if wait != nil {
		verdict = wait()
	}
	return verdict
}

// Open is Run as far as it goes without waiting for a phone, a disk, a directory or a first factor. Where wait is nil the verdict
// stands; otherwise wait blocks until there is one, and is to be called once. So a login that is denied at once, or that finds too many
// first factors before it, costs no goroutine, and one that waits parks in a goroutine whose stack has never been deep, unless a directory
// or a first factor had to be asked there. req must not change until the verdict.
func (f *Flow) Open(ctx context.Context, req *Request) (verdict Verdict, wait func() Verdict) {
	rules := req.Client.Rules
	if rules == nil || !rules.DirectoryWaits {
		return f.open(ctx, req, factorApart)
	}
	if !f.opening.Enter(rules.MaxAttempts) {
		l := login{rules: rules, req: req, first: req.Received}
		_, err := f.name(&l)
		return f.refuse(ctx, &l, policy.Decision{}, cmp.Or(err, errBusy)), nil
	}
	return verdict, copies.Apart(&f.opening, func() (Verdict, func() Verdict) { return f.open(ctx, req, factorHere) })
}

// where says on whose goroutine a first factor is checked that takes its time.
type where uint8

const (
	factorApart where = iota // the login's own
	factorHere               // this one
)

// open is the story of a login up to where it waits for its phone.
func (f *Flow) open(ctx context.Context, req *Request, checked where) (verdict Verdict, wait func() Verdict) {
	l := login{rules: req.Client.Rules, req: req, first: req.Received}
	user, err := f.name(&l)
	if err == nil && len(req.State) > 0 {
		return f.respond(ctx, &l, user)
	}
	if f.attempts.isDraining() && !f.attempts.waits(l.key, f.Now()) {
		return f.attempts.silence(), nil
	}
	subject, err := f.identify(ctx, &l, user, f.arrive(&l, err))
	decision, err := f.decide(&l, subject, err)
	if err == nil && checked == factorApart && l.factorWaits(decision) {
		if l.factorFull(subject, decision) || !f.opening.Enter(l.rules.MaxAttempts) {
			return f.refuse(ctx, &l, decision, errBusy), nil
		}
		return verdict, f.checkApart(ctx, l, subject, decision)
	}
	return f.check(ctx, &l, subject, decision, err)
}

// checkApart has its own copies of everything, so that a login that is denied at once leaves nothing on the heap.
func (f *Flow) checkApart(ctx context.Context, l login, s Subject, d policy.Decision) (wait func() Verdict) {
	return copies.Apart(&f.opening, func() (Verdict, func() Verdict) { return f.check(ctx, &l, s, d, nil) })
}

// check has the first factor checked, and the login wait for its phone.
func (f *Flow) check(ctx context.Context, l *login, subject Subject, decision policy.Decision, err error) (verdict Verdict, wait func() Verdict) {
	proof, err := f.primary(ctx, l, &subject, decision, err)
	decision = f.judgeAnew(l, subject, decision, err)
	switch {
	case err != nil || decision.Action == policy.Deny:
		return f.refuse(ctx, l, decision, err), nil
	case decision.Action == policy.Exempt || proof.Remembers(decision, f.Now()):
		waiting := *l
		decision.Fail = policy.Fail{} // iVALT is not asked: what is forgotten by the end is no outage
		return verdict, func() Verdict { return f.settle(ctx, &waiting, decision, proof, nil) }
	}
	p := &pending{login: *l, subject: subject, decision: decision, proof: proof}
	role := f.attempts.enter(p, f.Now())
	if role == leads {
		p.begin(f)
		if f.shares(p.req) {
			return verdict, func() Verdict { return f.together(ctx, p) }
		}
		return verdict, func() Verdict { return f.lead(ctx, p.listen()) }
	}
	return f.accompany(ctx, p, role)
}

// accompany is what becomes of an exchange that leads no attempt.
func (f *Flow) accompany(ctx context.Context, p *pending, role role) (verdict Verdict, wait func() Verdict) {
	if role != refused {
		f.handOver(p)
	}
	if f.shares(p.req) && (role == joins || role == joinsLate) {
		f.accompanied(ctx, p)
	}
	switch role {
	case joins:
		return verdict, func() Verdict { return f.follow(ctx, p) }
	case joinsLate:
		return verdict, func() Verdict { return f.late(ctx, p) }
	case silenced:
		return f.attempts.silence(), nil
	case leads, refused:
	}
	return f.settle(ctx, &p.login, p.decision, p.proof, errBusy), nil
}

// refuse ends a login that policy denies, or that something is wrong with. A copy of a login that waits, or was let in a moment ago, is
// not answered where it cannot be judged now: a Reject would end the login that it copies.
func (f *Flow) refuse(ctx context.Context, l *login, d policy.Decision, err error) Verdict {
	if err != nil {
		if why := conclusion.ReasonOf(err); (why == Busy || why == Unavailable) && f.attempts.waits(l.key, f.Now()) {
			f.depart(l, End{})
			return Verdict{Silent: true, Reason: why}
		}
	} else if max(l.rules.LateCredit, l.rules.InsecureLateCredit) > 0 {
		f.attempts.void(l.key) // policy denies: no late approval counts either
	}
	return f.settle(ctx, l, d, Proof{}, err)
}

// login is what one Run knows of itself; it is made from the request and never shared.
type login struct {
	rules   *Rules
	req     *Request
	name    Username
	key     key
	id      string
	attempt *attempt // whose end its evidence tells; nil until its verdict is made, and where none was entered
	first   time.Time
	facts   policy.Facts
	listed  string // the person's listed name, where it may be another one
	user    string // as the log shows it
	note    string // for the evidence

	arrived, familiar bool // the gate let it in, and waits for its end; it knows the person at this place
	follows           bool // another node has its phone asked
	asleep            bool // the gate says that nobody answers this phone
}

// pending is a login that has passed policy and first factor and waits for its attempt's verdict.
type pending struct {
	login

	attempt  *attempt // that it leads or joined
	subject  Subject
	decision policy.Decision
	proof    Proof
	err      error // why it can only be rejected

	number string     // that its push shows
	pushed string     // the attempt that it rings for
	rings  bool       // it rang at another node already
	chosen int        // the phone, counted from 1; 0: none was chosen
	answer *challenge // what its exchange answers; nil: it is the login's first
}

// leaveBy is when the verdict must leave.
func (l *login) leaveBy() time.Time { return l.first.Add(l.req.Client.AnswerWithin - answerMargin) }

// lateCredit is what a login may have of it. Where the NAS puts a challenge the person comes back by that.
func (p *pending) lateCredit() time.Duration {
	switch {
	case p.req.Client.Prompts == ConfirmPhone:
		return 0
	case p.proof.Password && p.req.CallingStation != "":
		return p.rules.LateCredit
	}
	return p.rules.InsecureLateCredit
}

// renews is the earlier attempt whose late approval counts, where the rules of now allow it.
func (p *pending) renews() string {
	if p.lateCredit() == 0 {
		return ""
	}
	return p.attempt.renews
}

// begin has the phone asked for the attempt that the login leads, unless the person has to choose it first, or another node may lead it. The older
// exchanges whose identifier the login reuses are withdrawn.
func (p *pending) begin(f *Flow) {
	f.checks.End(p.key) // its copies join from now on
	f.attempts.withdraw(p.req.Replaces)
	p.arrived = p.arrived && f.attempts.owes(p.attempt)
	if !p.chooses() && !f.shares(p.req) {
		f.ring(p)
	}
}

// ring has the phone asked, where the gate lets it ring.
func (f *Flow) ring(p *pending) {
	if p.attempt.rang() {
		f.ask(p)
	} else if p.err = f.admit(&p.login, Ringing); p.err == nil {
		f.ask(p)
	}
}

// ask has the phone asked. Nobody will wait for an attempt whose push panicked: it ends here.
func (f *Flow) ask(p *pending) {
	asked := false
	defer func() {
		if !asked {
			f.ended(p, Verdict{})
		}
	}()
	p.number, p.pushed = p.attempt.before.Rings(naming.Number(), p.attempt.id)
	f.attempts.push(p.attempt, f.Pusher, &Push{
		Attempt: p.pushed, Client: p.req.Client.Name, CallingStation: p.req.CallingStation,
		User: p.subject.User, Person: p.subject.Person, Deadline: p.answerBy(),
		Number: p.number, LateCredit: p.lateCredit(), Renews: p.renews(), Rings: p.rings || p.attempt.rang(),
	})
	asked = true
}

// ended frees an attempt that a panic ended, and leaves evidence of it.
func (f *Flow) ended(p *pending, v Verdict) {
	f.attempts.conclude(p.attempt, v, f.Now(), p.leaveBy())
	f.attempts.release(p.req.ID)
	p.id, p.login.attempt = p.attempt.id, p.attempt
	f.depart(&p.login, endOf(p.proof, v.Reason, conclusion.ErrPanic))
	f.tell(f.event(&p.login, p.decision, p.proof, v, conclusion.ErrPanic))
}

// listen waits for the phone, unless the NAS is to put a question if that takes long. It is called first and from the top, so that a
// goroutine which waits has the smallest stack there is.
func (p *pending) listen() *pending {
	if asked := p.attempt.asked; asked != nil && p.req.Client.Prompts != ConfirmPhone {
		p.proof.Answer = <-asked.Answer()
	}
	return p
}

// lead concludes the attempt once the phone has answered, or has the NAS put a question.
func (f *Flow) lead(ctx context.Context, p *pending) Verdict {
	asked, said := p.attempt.asked, true
	switch {
	case asked == nil:
		said = p.err != nil || !p.chooses()
	case p.req.Client.Prompts == ConfirmPhone:
		p.proof.Answer, said = p.await(asked, f.Now())
	}
	if !said {
		return f.prompt(ctx, p)
	}
	return f.concludeAttempt(ctx, p)
}

// concludeAttempt hands the verdict to every exchange of the attempt, also when something panics: the zero Verdict rejects.
func (f *Flow) concludeAttempt(ctx context.Context, p *pending) (v Verdict) {
	if f.attempts.leaves(p) {
		return f.left(p)
	}
	p.id, p.login.attempt, p.first = p.attempt.id, p.attempt, f.attempts.firstOf(p)
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
	case over == nil, f.attempts.isLeaving() && !errors.Is(over, errWithdrawn):
	case errors.Is(over, errWithdrawn):
		p.proof.Answer.Outcome, p.proof.Answer.Detail = Withdrawn, errWithdrawn.Error()
	default:
		p.proof.Answer.Outcome, p.proof.Answer.Detail = Stopping, errShutdown.Error()
	}
	decision := p.decision
	if p.err == nil {
		decision = f.again(&p.login, p.decision)
	}
	v = f.settle(ctx, &p.login, decision, p.proof, p.err)
	f.remember(p, decision, v)
	if credit := p.lateCredit(); credit > 0 && p.proof.Answer.Lapsed() {
		f.attempts.lapse(p.attempt, f.Now(), p.leaveBy().Add(credit).Sub(f.Now()))
	}
	settled = true
	return v
}

// Remembered are the people whose approvals may count again, as approvals.Store's People.
func (f *Flow) Remembered(most int) ([]approvals.Person, int) { return f.approvals.People(most) }
