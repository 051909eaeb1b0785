package ivalt

import (
	"ivalt-radius/auth"
	"ivalt-radius/ivalt/addresses"
	"ivalt-radius/ivalt/breaker"
	"ivalt-radius/ivalt/course"
	"ivalt-radius/ivalt/gateway"
	"ivalt-radius/state"
)

// start takes a login's first step.
func (s *scheduler) start(l *login, now instant) {
	if l.mobile.Empty() && !s.recall(l, now) {
		return
	}
	c := course.Begin(l.push.Deadline.Sub(s.began), l.plan.rules)
	if l.push.Rings {
		c = c.Ringing()
	}
	c, o := c.Started(l.mobile, now)
	if o.Do != course.Ask {
		s.obey(l, c, o, now)
		return
	}
	// The look-up sets its login's places aside, which may take a moment.
	s.obey(l, c, order{Do: course.Rest}, now)
	s.work.Go(func() {
		s.book(l, 1+course.LeastCalls, func(l *login, got int, now instant) {
			if got == 0 {
				o = s.noBudget()
			}
			s.obey(l, l.course, o, now)
		})
	})
}

// book sets n places aside for a login and goes on with it under the lock, unless it is over by then: got is n, or 0 where there are none.
// Reserve may block, so the caller holds no lock.
func (s *scheduler) book(l *login, n int, then func(l *login, got int, now instant)) {
	for done := false; !done; {
		s.mu.Lock()
		budget, over := s.budget, l.stage() != isAsked
		s.mu.Unlock()
		if over {
			return
		}
		got := 0
		if budget.Reserve(n) {
			got = n
		}
		s.mu.Lock()
		done = budget == s.budget
		waits := done && l.stage() == isAsked
		if waits {
			l.reserved += uint8(got)
			then(l, got, s.now())
			s.dispatch()
		} else {
			budget.Release(got)
		}
		s.unlock()
	}
}

// recall looks for the mobile of a login's e-mail in what earlier look-ups found. It reports false where that ended the
// login.
func (s *scheduler) recall(l *login, now instant) bool {
	email := l.push.Person.Email
	if !addresses.Plausible(email.Reveal()) {
		s.finish(l, course.Ended(auth.NotEnrolled, "no e-mail: set users.email or users.file"), now)
		return false
	}
	known, ok := s.addresses.Get(email.Reveal())
	l.mobile = known
	if ok && known.Empty() {
		s.finish(l, course.Ended(auth.NotEnrolled, "iVALT did not know the e-mail a moment ago"), now)
		return false
	}
	return true
}

func withdrawn() order { return course.Ended(auth.Withdrawn, "withdrawn") }

// noBudget is the end of a login for which there is no room, or of which nobody can say whether there is.
func (s *scheduler) noBudget() order {
	if r, elsewhere := s.budget.(state.Reachable); elsewhere && !r.Reachable() {
		return course.Ended(auth.NoAnswer, "the shared memory cannot be asked for the API budget")
	}
	return course.Ended(auth.NoBudget, "no API budget for a push and its polls")
}

// ring is a login's timer: its end, or the time of what it waits for.
func (s *scheduler) ring(l *login, now instant) {
	if l.approved {
		s.unconfirmed(l, now)
		return
	}
	if now >= l.course.End {
		c, o := l.course.Rings()
		if closed := s.breaker.State(gateway.Results); closed != breaker.Closed && o.Outcome == auth.TimedOut {
			o = s.closedOff(gateway.Results, closed)
		}
		s.obey(l, c, o, now)
		return
	}
	s.obey(l, l.course, l.next.Order(), now)
}

// obey keeps the login's new course and does what its step ordered.
func (s *scheduler) obey(l *login, c course.Course, o order, now instant) {
	l.course = c
	switch o.Do {
	case course.Finish:
		if l.over {
			s.finishLate(l, o, now)
		} else {
			o.At = now // when its own push was answered
			s.finish(l, o, now)
		}
	case course.Claim, course.Ask:
		paced, at := s.paced(l, o, now)
		l.next = paced.Step()
		switch {
		case at > now:
			s.timers.Put(l, 0, s.review(l, at, now))
		case o.Do == course.Claim:
			s.claim(l, now)
		default:
			s.queue(l, now)
		}
	case course.Rest:
		s.timers.Put(l, 0, c.End)
	}
}

// release gives places back; what waits for the rest of the budget may go at once.
func (s *scheduler) release(l *login, n int) {
	if n > 0 {
		s.budget.Release(n)
		l.reserved -= uint8(n) //nolint:gosec // no more than there are
		s.blocked[fromRest] = 0
	}
}
