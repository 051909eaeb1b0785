package ivalt

import (
	"context"

	"ivalt-radius/auth"
	"ivalt-radius/ivalt/claim"
	"ivalt-radius/ivalt/course"
	"ivalt-radius/ivalt/gateway"
	"ivalt-radius/state/cluster"
)

// stage is what a login's record still is for.
type stage uint8

const (
	isAsked     stage = iota // its answer is awaited
	isLapsed                 // it was answered, and its push is still looked after
	isInherited              // it was answered, and what a call under way finds is its heir's
	isGone                   // nothing that is found for it counts any more
)

func (l *login) stage() stage {
	switch {
	case l.approved:
		return isGone
	case !l.over:
		return isAsked
	case l.late:
		return isLapsed
	case l.heir != nil:
		return isInherited
	}
	return isGone
}

// lapses reports that a login's push is still looked after though its answer has left: nobody answered while its NAS waited, the
// sentinel phase is over, and auth allows it.
func (s *scheduler) lapses(l *login, o order, now instant) bool {
	c := &l.course
	timedOut := o.Outcome == auth.TimedOut || (o.Outcome == auth.NoAnswer && c.Out == course.Poll)
	return timedOut && l.claim == granted && c.Trusted && now >= c.Last && l.push.LateCredit > 0
}

// lapse goes on polling for a login that was answered, behind everybody else, until its credit ends.
func (s *scheduler) lapse(l *login, now instant) {
	l.late = true
	s.phones.of(l.mobile).lapsed = l
	next, o := l.course.Lapse(l.credit, now)
	s.obey(l, next, o, now)
}

// creditOf is when the late credit of a login ends: it counts from the deadline.
func creditOf(l *login) instant { return l.course.Last + course.LastPollBefore + l.push.LateCredit }

// finishLate ends a login whose answer left long ago. An approval goes to the very same login where one waits here already, else the memory
// keeps it, or tells the one that waits elsewhere. Where none of that can be, since the one that waited is gone too, it counts for nobody.
func (s *scheduler) finishLate(l *login, o order, now instant) {
	s.forget(l)
	if e := s.phones.of(l.mobile); e.lapsed == l {
		l.late, e.lapsed = false, nil
	}
	s.phones.drop(l.mobile)
	switch heir := l.heir; {
	case o.Outcome != auth.Approved:
	case heir == nil:
		s.found(l, now)
	case heir.stage() != isAsked:
	case heir.claim != granted:
		heir.told = &claim.Told{Activity: l.activity} // what it asked for says whether that counts
	default:
		heir.activity = l.activity
		s.finish(heir, renewed(l.push.Attempt), now)
	}
}

// found has the memory keep an approval that came behind its login's answer.
func (s *scheduler) found(l *login, now instant) {
	e := claim.Ending(&l.course, auth.Approved, l.plan.rules.Result, now)
	e.Kind, e.Late, e.Answer = cluster.Found, l.credit-now, s.kept(l, renewed(l.push.Attempt))
	h := l.hold
	s.desk.Owe(l.mobile.E164(), s.began.Add(l.credit), func(ctx context.Context) error { return s.memory.End(ctx, h.token, e) }, func(err error) {
		if err != nil {
			return // another login has the phone
		}
		s.mu.Lock()
		defer s.unlock()
		s.voice.Late(l.push, "approved after the answer had to leave; it counts once, for the very same login")
	})
}

func renewed(former string) order {
	return course.Ended(auth.Approved, "approved on the phone after the answer of attempt "+former+" had to leave")
}

// void ends what a lapsed login left behind here: another one asks for the phone, or nil does. An answer that is under way for it
// counts no more, but for an heir.
func (s *scheduler) void(e *phone, next *login) {
	l := e.lapsed
	if l == nil {
		return
	}
	s.forget(l)
	l.late, e.lapsed = false, nil
	if next == nil || next.push.Renews == "" || next.push.Renews != l.push.Attempt {
		return
	}
	l.heir = next
	if l.course.Out != course.NoCall {
		next.awaits = l
	}
}

// settleLate takes the answer to a call of a login that was answered. Only a lapsed one goes on.
func (s *scheduler) settleLate(l *login, r gateway.Result, now instant) {
	l.activity = r.Activity
	c, o := l.course.Answered(r, now)
	if l.stage() == isLapsed || o.Do == course.Finish {
		s.obey(l, c, o, now)
	}
	if heir := l.heir; heir != nil && heir.awaits == l {
		heir.awaits = nil
		if heir.stage() == isAsked && heir.claim == granted && heir.next.Do == course.Claim {
			s.goOn(heir, now) // it waited for this answer
		}
	}
}

// forget takes a login out of all queues.
func (s *scheduler) forget(l *login) {
	s.timers.Remove(l)
	s.waiting[l.pays].Remove(l)
	s.release(l, int(l.reserved))
}
