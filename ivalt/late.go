package ivalt

import (
	"ivalt-radius/auth"
	"ivalt-radius/ivalt/course"
	"ivalt-radius/ivalt/gateway"
)

// lateApproval is an approval that came behind its login's answer. It is kept for the very same login, once.
type lateApproval struct {
	attempt  string
	activity string  // iVALT's mark of it
	until    instant // it counts before
}

// stage is what a login's record still is for.
type stage uint8

const (
	isAsked     stage = iota // its answer is awaited
	isLapsed                 // it was answered, and its push is still looked after
	isInherited              // it was answered, and what a call under way finds is its heir's
	isGone                   // nobody waits for anything of it
)

func (l *login) stage() stage {
	switch {
	case !l.over:
		return isAsked
	case l.late != 0:
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
	return timedOut && l.holds && c.Trusted && now >= c.Last && l.push.LateCredit > 0
}

// lapse goes on polling for a login that was answered, behind everybody else, until its credit ends.
func (s *scheduler) lapse(l *login, now instant) {
	c := &l.course
	l.late = c.Last + course.LastPollBefore + l.push.LateCredit // the credit counts from the deadline
	s.phones.of(l.mobile, now).lapsed = l
	next, o := c.Lapse(l.late, now)
	s.obey(l, next, o, now)
}

// finishLate ends a login whose answer left long ago. An approval goes to the very same login where one waits already, else it is
// kept for it. Where neither can be, since the one that waited is gone too, it counts for nobody.
func (s *scheduler) finishLate(l *login, o order, now instant) {
	s.forget(l)
	e, until := s.phones.of(l.mobile, now), l.late
	if e.lapsed == l {
		l.late, e.lapsed = 0, nil
	}
	switch heir := l.heir; {
	case o.Outcome != auth.Approved:
	case heir == nil:
		e.ends(&l.course, o.Outcome, l.plan, now)
		e.late = lateApproval{attempt: l.push.Attempt, activity: l.activity, until: until}
		s.voice.security(s, l, "late_approval", "approved after the answer had to leave; it counts once, for the very same login")
	case heir != nil && !heir.over:
		heir.activity = l.activity
		s.finish(heir, renewed(l.push.Attempt), now)
	}
}

// renew gives a login what an earlier attempt of the very same login left behind. It reports true where that ended it.
func (s *scheduler) renew(l *login, e *phone, now instant) bool {
	former := l.push.Renews
	late, lapsed, until := e.late, e.lapsed, instant(0)
	if lapsed != nil {
		until = lapsed.late
	}
	e.void(s)
	switch {
	case former == "":
	case late.attempt == former && now < late.until:
		l.activity = late.activity
		s.finish(l, renewed(former), now)
		return true
	case lapsed != nil && lapsed.push.Attempt == former:
		// Its push is still on the phone, and what is found of it counts here.
		lapsed.heir = l
		l.course.Renew(&lapsed.course, until)
		l.former = lapsed.request
		if lapsed.course.Out == course.NoCall {
			return false
		}
		// A poll is under way for it: no second push before its answer is there.
		e.holder, l.holds = l, true
		s.obey(l, l.course, order{Do: course.Claim, At: now + gateway.Timeout}, now)
		return true
	}
	return false
}

func renewed(former string) order {
	return course.Ended(auth.Approved, "approved on the phone after the answer of attempt "+former+" had to leave")
}

// void takes back what a lapsed login left behind: another one has asked for the phone. An answer that is under way for it
// counts no more, but for an heir.
func (e *phone) void(s *scheduler) {
	e.late = lateApproval{}
	if l := e.lapsed; l != nil {
		s.forget(l)
		l.late, e.lapsed = 0, nil
	}
}

// settleLate takes the answer to a call of a login that was answered. Only a lapsed one goes on.
func (s *scheduler) settleLate(l *login, r gateway.Result, now instant) {
	l.activity = r.Activity
	c, o := l.course.Answered(r, now)
	if l.stage() == isLapsed || o.Do == course.Finish {
		s.obey(l, c, o, now)
	}
	if heir := l.heir; heir != nil && !heir.over && heir.next.Do == course.Claim {
		s.claim(heir, now) // it waited for this answer
	}
}

// forget takes a login out of all queues.
func (s *scheduler) forget(l *login) {
	s.timers.remove(l)
	s.waiting[l.token].remove(l)
	s.release(l, l.reserved)
}
