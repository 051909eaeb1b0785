package auth

import (
	"context"
	"errors"
	"slices"
	"time"

	"ivalt-radius/auth/carried"
	"ivalt-radius/auth/joint"
	"ivalt-radius/auth/naming"
	"ivalt-radius/auth/reason"
	"ivalt-radius/policy"
)

// Leave ends every wait without an answer (Verdict.Left), for a process that takes this one's place: pushes go on to ring, and questions stay open
// there. Whatever has its answer already is concluded as ever. Other nodes are told which attempts are theirs now: that takes 3 s at most.
func (f *Flow) Leave(ctx context.Context) {
	f.attempts.leave()
	for _, c := range f.challenges.Close() {
		if c.asked != nil {
			c.asked.Withdraw()
		}
		f.attempts.keepQuestion(c)
	}
	if f.joint != nil {
		f.joint.Finish(ctx)
	}
}

// Carried are the logins that were left. It is called once, behind Leave, when no exchange waits any more.
func (f *Flow) Carried() carried.Logins {
	s := f.attempts
	s.mu.Lock()
	defer s.mu.Unlock()
	all := *s.leaving
	if f.Names == nil {
		all.Secret = s.names.Secret()
	}
	for p := range s.verdicts.All() { // its answer is there, and its record is not on disk: the claim of the phone tells the answer again, and nobody rings
		all.Attempts = append(all.Attempts, p.unsettled(p.attempt.first.Add(p.req.Client.AnswerWithin)))
	}
	s.expire(f.Now())
	for _, a := range s.accepted {
		all.Accepts = append(all.Accepts, carried.Accept{
			Key: a.key[:], ID: a.id, First: a.first, Joinable: a.until, Reason: a.verdict.Reason.String(), Until: a.verdict.Until,
		})
	}
	s.lapsed.Each(func(_ string, l carried.Lapsed) { all.Lapsed = append(all.Lapsed, l) })
	return all
}

// leave has every waiting attempt end without an answer.
func (s *attempts) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.draining, s.leaving = true, &carried.Logins{}
	for _, a := range s.open {
		a.end(errShutdown)
	}
}

// isLeaving reports that another process takes this one's place.
func (s *attempts) isLeaving() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.leaving != nil
}

// silence is the verdict of a login that is not admitted any more.
func (s *attempts) silence() Verdict {
	return Verdict{Silent: true, Reason: ShuttingDown, Left: s.isLeaving()}
}

// leaves reports that a login has no answer, and goes on in another process.
func (s *attempts) leaves(p *pending) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.leaving == nil || p.err != nil || !errors.Is(p.attempt.over, errShutdown) {
		return false
	}
	switch answer := p.proof.Answer; answer.Outcome { //nolint:exhaustive // any other one is the phone's
	case Withdrawn, Stopping, Elsewhere:
		return true
	case NoAnswer:
		return answer.Detail == "" // nobody said so
	default:
		return false
	}
}

// left has a login go on in the process that takes this one's place.
func (f *Flow) left(p *pending) Verdict {
	s := f.attempts
	s.mu.Lock()
	s.leaving.Attempts = append(s.leaving.Attempts, p.carried(p.until()))
	v := Verdict{Silent: true, Left: true, Reason: ShuttingDown, Attempt: p.attempt.id}
	s.mu.Unlock()
	if p.answer != nil {
		s.keepQuestion(p.answer)
	}
	s.conclude(p.attempt, v, f.Now(), p.leaveBy())
	return f.released(p, v)
}

// carried is a login's attempt as the next process needs it. attempts.mu is held.
func (p *pending) carried(until time.Time) carried.Attempt {
	c := p.unsettled(until)
	c.Owing, c.Familiar = c.Owing || p.arrived, p.familiar
	return c
}

// unsettled is carried, of a login that goes on meanwhile.
func (p *pending) unsettled(until time.Time) carried.Attempt {
	a := p.attempt
	_, elsewhere := a.asked.(joint.Waits)
	return carried.Attempt{
		Key: a.key[:], ID: a.id, Push: p.pushed, First: a.first, Until: until, Renews: a.renews, Number: p.number,
		Rang: a.asked != nil && !elsewhere, Owing: a.owing,
	}
}

// keepQuestion keeps an open question, for the same State.
func (s *attempts) keepQuestion(c *challenge) {
	s.mu.Lock()
	defer s.mu.Unlock()
	first := c.asker
	for first.answer != nil {
		first = first.answer.asker
	}
	if first.req.Datagram == nil {
		return
	}
	q := carried.Question{
		Attempt: c.asker.carried(c.until), Packet: first.req.Datagram(), State: c.state, Message: c.question(), Ends: c.until, Wrong: c.wrong, Chosen: c.asker.chosen,
	}
	q.Rang = c.asked != nil
	s.leaving.Questions = append(s.leaving.Questions, q)
}

// restore takes what the process before has left.
func (s *attempts) restore(o *Options) {
	was, now := o.Carried, o.Now()
	if o.Names != nil {
		s.names = o.Names
	}
	if was == nil {
		return
	}
	if o.Names == nil {
		s.names = naming.Restored(was.Secret)
	}
	s.before = carried.NewTable(was.Attempts, now)
	for _, l := range was.Lapsed {
		s.lapsed.SetFor(string(l.Key), l, l.Until.Sub(now))
	}
	for _, accept := range was.Accepts {
		k, ok := carried.Key(accept.Key)
		accept, joinable := accept.Bound(now, acceptJoinable)
		v := Verdict{Kind: Accept, Reason: reason.Of(accept.Reason), Until: accept.Until, Attempt: accept.ID}
		if ok && joinable {
			a := &attempt{key: k, id: accept.ID, first: accept.First, led: accept.First, concluded: true, verdict: v, until: accept.Joinable}
			s.open[k] = a
			s.accepted = append(s.accepted, a)
		}
	}
	slices.SortFunc(s.accepted, func(a, b *attempt) int { return a.until.Compare(b.until) })
}

// begin makes an attempt, or has one go on that waited in the process before.
func (s *attempts) begin(k key, req *Request, now time.Time) *attempt {
	a := &attempt{key: k, first: req.Received, led: req.Received, heard: req.Heard, before: s.before.Take(k, now)}
	if was := a.before; was == nil {
		a.id = s.names.ID()
	} else {
		a.id, a.renews, a.owing = was.ID, was.Renews, was.Owing
		if was.First.Before(a.first) {
			a.first = was.First
		}
	}
	return a
}

// rang reports that the process before had the phone ring for it.
func (a *attempt) rang() bool { return a.before != nil && a.before.Rang }

// choose has the login's push go to the phone that was chosen, counted from 1.
func (p *pending) choose(n int) {
	p.subject.Person.Mobile, p.chosen = p.phones()[n-1], n
	p.subject.Person.Phones = nil // it is chosen
}

// Resume opens a question again that the process before has put, by the first packet of its login, which is judged anew. Where that comes to
// another end the answer finds no question. It waits for a directory and a first factor, and rings no phone that does not ring already.
func (f *Flow) Resume(ctx context.Context, req *Request, q *carried.Question) {
	k, ok := carried.Key(q.Key)
	l := login{rules: req.Client.Rules, req: req, first: req.Received, familiar: q.Familiar, arrived: q.Owing}
	user, err := f.name(&l)
	if !ok || err != nil || !f.Now().Before(q.Ends) {
		return
	}
	subject, err := f.identify(ctx, &l, user, nil)
	decision, err := f.decide(&l, subject, err)
	proof, err := f.primary(ctx, &l, &subject, decision, err)
	decision = f.judgeAnew(&l, subject, decision, err)
	p := &pending{login: l, subject: subject, decision: decision, proof: proof, number: q.Number}
	if err != nil || decision.Action != policy.RequirePush || q.Chosen > len(p.phones()) {
		f.depart(&l, endOf(proof, BadRequest, err))
		return
	}
	if q.Chosen > 0 {
		p.choose(q.Chosen)
	}
	c := &challenge{asker: p, until: q.Ends, state: q.State, wrong: q.Wrong}
	f.attempts.reopen(p, k, q)
	if q.Rang {
		f.ask(p)
	}
	c.asked = p.attempt.asked
	p.id, p.login.attempt = p.attempt.id, p.attempt
	now := f.Now()
	f.attempts.conclude(p.attempt, Verdict{Kind: Challenge, Reason: Challenged, State: q.State, Message: q.Message, Attempt: q.ID}, now, q.Ends)
	if !f.put(c, now) {
		f.abandon(c, "too many challenges are open")
	}
}

// reopen has the attempt there that put a question.
func (s *attempts) reopen(p *pending, k key, q *carried.Question) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := &attempt{key: k, id: q.ID, first: p.first, led: p.first, heard: p.req.Heard, before: &q.Attempt, owing: q.Owing, total: 1}
	p.attempt, a.place.Of = a, p
	s.open[k] = a
	if k != p.key {
		a.root, a.leader = p.key, p
		s.open[a.root] = a
	}
}
