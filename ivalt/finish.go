package ivalt

import (
	"context"
	"errors"
	"time"

	"ivalt-radius/auth"
	"ivalt-radius/ivalt/claim"
	"ivalt-radius/ivalt/course"
	"ivalt-radius/ivalt/standing"
	"ivalt-radius/state/cluster"
)

// finish ends a login. One that was approved is answered only once the memory has confirmed that its claim was this node's to the end;
// any other one at once, and its claim ends behind it.
func (s *scheduler) finish(l *login, o order, now instant) {
	if o.Outcome == auth.Approved {
		s.confirm(l, o, now)
		return
	}
	s.end(l, o, now)
	s.deliver(l, o, now)
}

// confirm asks whether an approval counts. Until that is known nothing else that is found for the login does.
func (s *scheduler) confirm(l *login, o order, now instant) {
	if l.claim != granted {
		s.finish(l, course.Ended(auth.NoAnswer, "approved, but the phone was not this login's"), now) // never
		return
	}
	s.forget(l)
	l.approved = true
	s.timers.Put(l, 0, l.course.End)
	s.give(l, s.ending(l, o, now), s.began.Add(l.course.End), func(err error) { s.confirmed(l, o, err) })
}

// confirmed answers a login that was approved.
func (s *scheduler) confirmed(l *login, o order, err error) {
	s.mu.Lock()
	defer s.unlock()
	now := s.now()
	switch {
	case l.over:
		return
	case err == nil:
	case errors.Is(err, cluster.ErrCollided):
		s.voice.Outbid(l.push)
		o = outbid()
	case errors.Is(err, cluster.ErrLost):
		o = elsewhere()
	default:
		s.unconfirmed(l, now)
		return
	}
	l.hold = nil // it is told
	s.deliver(l, o, now)
	s.dispatch()
}

// unconfirmed answers a login whose approval the memory did not confirm in time.
func (s *scheduler) unconfirmed(l *login, now instant) {
	o := course.Ended(auth.NoAnswer, "approved, but the shared memory could not confirm it")
	e := claim.Unconfirmed(&l.course, l.plan.rules.Result, now)
	e.Answer = s.kept(l, o)
	s.give(l, e, l.push.Deadline.Add(time.Minute), nil)
	s.deliver(l, o, now)
}

// end has the memory know that a login ended, where it has a phone or has asked for one.
func (s *scheduler) end(l *login, o order, now instant) {
	if l.hold == nil || o.Outcome == auth.Elsewhere {
		s.letGo(l)
		return
	}
	s.give(l, s.ending(l, o, now), l.push.Deadline.Add(time.Minute), nil)
}

// give lets a phone go: here at once, in the memory behind what is asked of it already.
func (s *scheduler) give(l *login, e cluster.Ending, until time.Time, done func(error)) {
	s.letGo(l)
	h := l.hold
	s.desk.Owe(l.mobile.E164(), until, func(ctx context.Context) error {
		if h.token == (cluster.Token{}) {
			return nil // it was not granted
		}
		return s.memory.End(ctx, h.token, e)
	}, done)
}

// ending is what a login's end leaves behind.
func (s *scheduler) ending(l *login, o order, now instant) cluster.Ending {
	e := claim.Ending(&l.course, o.Outcome, l.plan.rules.Result, now)
	e.Answer = s.kept(l, o)
	switch {
	case o.Outcome == auth.Withdrawn || o.Outcome == auth.Stopping:
		e.Kind = cluster.Left
	case s.lapses(l, o, now):
		l.credit = creditOf(l)
		e.Kind, e.Late = cluster.Lapsed, l.credit-now
	}
	return e
}

// kept is how a login ended, for other nodes.
func (s *scheduler) kept(l *login, o order) []byte {
	t := claim.Told{
		Outcome: o.Outcome, Detail: o.Detail, Activity: l.activity, Attempt: l.push.Attempt, Realm: s.realm,
		Pushed: l.course.Delivery != course.Unpushed,
	}
	return t.Encode()
}

// deliver answers a login and forgets it.
func (s *scheduler) deliver(l *login, o order, now instant) {
	l.over, l.approved = true, false
	delete(s.open, l)
	s.forget(l)
	s.letGo(l)
	s.taught(l, o.Outcome)
	if o.Outcome == auth.Stale {
		s.voice.Stale(l.push)
	}
	if o.Late {
		o = renewed(l.push.Renews)
		s.voice.Late(l.push, "the push of attempt "+l.push.Renews+" was approved after its answer had to leave; it counts for the very same login")
	}
	if o.Outcome == auth.Approved && l.activity != "" {
		o.Detail += ", iVALT activity " + l.activity
	}
	answer := auth.Answer{
		Outcome: o.Outcome, Mobile: l.mobile, Detail: o.Detail, Pushed: l.course.Delivery != course.Unpushed,
		Outage: o.Outage,
	}
	if o.Outcome == auth.Approved && o.At > 0 {
		s.approvals(standing.Approval{Attempt: l.push.Attempt, Client: l.push.Client, Took: o.At - l.course.Sent, At: s.began.Add(o.At)})
	}
	s.said = append(s.said, func() { l.answer <- answer }) // behind what there is to record of it
	if l.credit > 0 {
		s.lapse(l, now)
	}
}
