package auth

import (
	"context"
	"strconv"
	"strings"
	"time"

	"ivalt-radius/audit"
	"ivalt-radius/auth/conclusion"
	"ivalt-radius/auth/questions"
)

// Bounds of a challenge.
const (
	promptAfter = time.Second // how long a phone may take before the NAS puts the question: a refusal of iVALT is known by then
	mostPhones  = 9           // that a person can choose from
	mostWrong   = 3           // answers that choose no phone
)

// challenge is a question that a NAS was asked to put (Access-Challenge). Its State is drawn by lot, is good for one answer,
// from the same client and NAS, for the same name and calling station, and until a time.
type challenge struct {
	asker *pending  // the login that goes on with the answer
	asked Asked     // the push that rings; nil: the phone is to be chosen first
	until time.Time // the end of the whole login
	state string
	wrong int // answers before this question that chose no phone
}

// isFor reports that the answer comes for whom the question was put.
func (c *challenge) isFor(user Username, req *Request) bool {
	put := c.asker
	return put.subject.User == user && put.req.Client.Name == req.Client.Name && put.req.NAS == req.NAS && put.req.CallingStation == req.CallingStation
}

// chooses reports that the person is to be asked which phone. Only who has shown a first factor is told of phones.
func (p *pending) chooses() bool {
	return p.req.Client.Prompts != NeverAsk && p.proof.Password && len(p.subject.Person.Phones) > 1
}

// until is when the whole login ends, over all its questions.
func (p *pending) until() time.Time {
	if p.answer != nil {
		return p.answer.until
	}
	return p.first.Add(max(p.rules.ChallengeFor, p.req.Client.AnswerWithin-answerMargin))
}

// answerBy is when the phone must have answered: before the verdict leaves, or, where the NAS asks the person to come back, before
// the login ends.
func (p *pending) answerBy() time.Time {
	if p.req.Client.Prompts == ConfirmPhone {
		return p.until()
	}
	return p.leaveBy()
}

// await waits for the phone, as long as this exchange may where the NAS puts a question: that is not long.
func (p *pending) await(asked Asked, now time.Time) (Answer, bool) {
	patience := promptAfter
	if p.answer != nil && p.answer.asked != nil {
		patience = p.leaveBy().Sub(now) // the person says that it is done
	}
	if patience = min(patience, p.leaveBy().Sub(now)); patience <= 0 {
		return Answer{}, false // it went from one process to another: what the phone said meanwhile is for the next exchange
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case answer := <-asked.Answer():
		return answer, true
	case <-timer.C:
		return Answer{}, false
	}
}

// prompt ends the exchange with a question, and the login goes on with the answer to it; or the login ends here.
func (f *Flow) prompt(ctx context.Context, p *pending) Verdict {
	c := &challenge{asker: p, asked: p.attempt.asked, until: p.until(), state: questions.State()}
	if p.answer != nil && p.answer.asked == nil && c.asked == nil {
		c.wrong = p.answer.wrong + 1
	}
	now, stateText := f.Now(), ""
	switch {
	case f.attempts.ended(p.attempt) != nil:
	case !c.until.After(now):
		p.proof.Answer = Answer{Outcome: TimedOut, Pushed: c.asked != nil}
	default:
		if f.put(c, now) {
			stateText = c.state
		} else {
			p.err = errBusy
		}
	}
	if stateText == "" {
		if c.asked != nil {
			c.asked.Withdraw()
		}
		return f.concludeAttempt(ctx, p)
	}
	p.id, p.login.attempt = p.attempt.id, p.attempt
	v := Verdict{Kind: Challenge, Reason: Challenged, State: stateText, Message: c.question(), Attempt: p.id}
	f.attempts.conclude(p.attempt, v, now, c.until)
	e := f.event(&p.login, p.decision, p.proof, v, nil)
	e.Detail = strings.TrimPrefix(e.Detail+"; "+c.topic(), "; ")
	f.tell(e)
	return f.released(p, v)
}

// put opens the question.
func (f *Flow) put(c *challenge, now time.Time) bool {
	return f.challenges.Put(c.state, c, c.until.Sub(now), c.asker.rules.MaxAttempts, func(c *challenge) { f.abandon(c, "nobody answered the challenge") })
}

// topic is what the question is about, for the evidence.
func (c *challenge) topic() string {
	if c.asked == nil {
		return "asked which phone"
	}
	return "asked to approve request " + c.asker.number
}

// question is what the person reads.
func (c *challenge) question() string {
	switch {
	case c.asked == nil:
		return questions.Which(c.asker.phones())
	case c.asker.answer != nil && c.asker.answer.asked != nil:
		return questions.StillApprove(c.asker.number)
	}
	return questions.Approve(c.asker.number)
}

// phones are those that can be chosen.
func (p *pending) phones() []Mobile {
	all := p.subject.Person.Phones
	return all[:min(len(all), mostPhones)]
}

// abandon ends a login whose question nobody will answer any more, and leaves evidence of it. An approval that was given meanwhile counts
// for nothing; a refusal counts as it would have behind the answer.
func (f *Flow) abandon(c *challenge, why string) {
	f.attempts.forget(c.asker.attempt)
	l, proof, detail := c.asker.login, c.asker.proof, why
	proof.Answer = Answer{Outcome: TimedOut, Pushed: c.asked != nil}
	if c.asked != nil {
		c.asked.Withdraw()
		select {
		case proof.Answer = <-c.asked.Answer():
			detail += "; the phone: " + proof.Answer.Outcome.String()
			f.retract(c.asker.subject, proof.Answer.Outcome)
		default:
		}
	}
	reason := proof.Answer.Outcome.Reason()
	f.depart(&l, endOf(proof, reason, nil))
	if reason == PushDenied { // it was not the person: that is a login of its own in the evidence
		l.id, l.note = f.attempts.names.ID(), "goes on with attempt "+c.asker.attempt.id+"; "+why
		f.tell(f.event(&l, c.asker.decision, proof, Verdict{Reason: reason}, nil))
	}
	f.Recorder.Note(audit.Security{
		Event: "challenge_abandoned", Attempt: c.asker.attempt.id, Client: c.asker.req.Client.Name, User: c.asker.user,
		CallingStation: c.asker.req.CallingStation, Detail: detail,
	})
}

// respond goes on with a login whose question the request answers. What was checked before the question counts: the State binds the
// answer to it. A State that is unknown, used, late or another's is rejected, and rings no phone.
func (f *Flow) respond(ctx context.Context, l *login, user Username) (verdict Verdict, wait func() Verdict) {
	p := &pending{login: *l, subject: Subject{User: user}}
	role := f.attempts.enter(p, f.Now())
	a := p.attempt
	if role != leads {
		if role == joinsLate && a.leader != nil {
			p = a.leader.goesOn(l, a)
			p.arrived = false // that was the leader
		}
		return f.accompany(ctx, p, role)
	}
	c, found := f.challenges.Take(l.req.State)
	switch {
	case !found:
		p.err = conclusion.ErrState
	case !c.isFor(user, l.req):
		f.abandon(c, "the answer came from elsewhere, or for another name")
		p.err = conclusion.ErrState
	default:
		p = c.asker.goesOn(l, a)
		p.answer = c
		f.attempts.succeed(a, c.asker.attempt, p)
		f.proceed(p)
	}
	return verdict, func() Verdict { return f.lead(ctx, p.listen()) }
}

// goesOn is the login in its next exchange, with the client and the rules that it began with: a push that rings was promised by them.
func (p *pending) goesOn(l *login, a *attempt) *pending {
	next, req := *p, *l.req
	req.Client = p.req.Client
	next.req, next.first, next.id, next.login.attempt, next.attempt = &req, l.first, "", nil, a
	next.note = "goes on with attempt " + p.attempt.id
	return &next
}

// proceed takes the answer: it adopts the push that rings, or has the phone asked that was chosen.
func (f *Flow) proceed(p *pending) {
	f.attempts.withdraw(p.req.Replaces)
	if p.answer.asked != nil {
		f.attempts.adopt(p.attempt, p.answer.asked)
		return
	}
	phones := p.phones()
	n, err := strconv.Atoi(strings.TrimSpace(p.req.Password.Reveal()))
	switch {
	case err == nil && n >= 1 && n <= len(phones):
		p.choose(n)
		f.ring(p)
	case p.answer.wrong+1 >= mostWrong:
		p.err = conclusion.ErrChoice
	}
}
