package ivalt

import (
	"ivalt-radius/auth"
	"ivalt-radius/ivalt/breaker"
	"ivalt-radius/ivalt/course"
	"ivalt-radius/ivalt/gateway"
)

// start takes a login's first step.
func (s *scheduler) start(l *login, now instant) {
	if l.mobile.Empty() && !s.recall(l, now) {
		return
	}
	if l.mobile.Empty() && !s.reserve(l, 1+course.LeastCalls) {
		s.finish(l, noBudget(), now)
		return
	}
	c := course.Begin(l.push.Deadline.Sub(s.began), l.plan.rules)
	c, o := c.Started(l.mobile, now)
	s.obey(l, c, o, now)
}

// recall looks for the mobile of a login's e-mail in what earlier look-ups found. It reports false where that ended the
// login.
func (s *scheduler) recall(l *login, now instant) bool {
	email := l.push.Person.Email
	if !plausible(email.Reveal()) {
		s.finish(l, course.Ended(auth.NotEnrolled, "no e-mail: set users.email or users.file"), now)
		return false
	}
	known, ok := s.addresses.get(email.Reveal())
	l.mobile = known
	if ok && known.Empty() {
		s.finish(l, course.Ended(auth.NotEnrolled, "iVALT did not know the e-mail a moment ago"), now)
		return false
	}
	return true
}

func withdrawn() order { return course.Ended(auth.Withdrawn, "withdrawn") }

func noBudget() order {
	return course.Ended(auth.NoBudget, "no API budget for a push and its polls")
}

// ring is a login's timer: its end, or the time of what it waits for.
func (s *scheduler) ring(l *login, now instant) {
	if now >= l.course.End {
		c, o := l.course.Rings()
		if closed := s.breaker.State(gateway.Results); closed != breaker.Closed && o.Outcome == auth.TimedOut {
			o = s.closedOff(gateway.Results, closed)
		}
		s.obey(l, c, o, now)
		return
	}
	s.obey(l, l.course, l.next, now)
}

// obey keeps the login's new course and does what its step ordered.
func (s *scheduler) obey(l *login, c course.Course, o order, now instant) {
	l.course = c
	switch o.Do {
	case course.Finish:
		if l.over {
			s.finishLate(l, o, now)
		} else {
			s.finish(l, o, now)
		}
	case course.Claim, course.Ask:
		var at instant
		l.next, at = s.paced(l, o, now)
		switch {
		case at > now:
			s.timers.put(l, 0, s.review(l, at, now))
		case o.Do == course.Claim:
			s.claim(l, now)
		default:
			s.queue(l, now)
		}
	case course.Rest:
		s.timers.put(l, 0, c.End)
	}
}

// claim makes the login the one that may push to its mobile, or finds that another one is.
func (s *scheduler) claim(l *login, now instant) {
	e := s.phones.of(l.mobile, now)
	if e.holder != nil && e.holder != l {
		s.collide(l, e.holder, now)
		return
	}
	if s.renew(l, e, now) {
		return
	}
	if e.held > now {
		s.obey(l, l.course, order{Do: course.Claim, At: e.held}, now)
		return
	}
	c, o := l.course.Claimed(e.history(now), now)
	if !s.reserve(l, c.Cost()) {
		s.finish(l, noBudget(), now)
		return
	}
	e.holder, l.holds = l, true
	l.times = s.learner.Of(l.mobile.E164())
	s.obey(l, c, o, now)
}

// collide answers a login whose mobile another one holds. By default that one ends too: an approval that comes now could
// be meant for either.
func (s *scheduler) collide(l, holder *login, now instant) {
	rule := l.plan.collision
	s.voice.collision(s, l, holder, rule)
	s.finish(l, course.Ended(auth.Collided, "another login waits for this phone"), now)
	if rule == denyBoth {
		s.finish(holder, course.Ended(auth.Collided, "another login asked for this phone"), now)
	}
}

// reserve makes the login's places in the budget n, all or none.
func (s *scheduler) reserve(l *login, n int) bool {
	if n < l.reserved {
		s.release(l, l.reserved-n)
		return true
	}
	if !s.budget.Reserve(n - l.reserved) {
		return false
	}
	l.reserved = n
	return true
}

// release gives places back; what waits for the rest of the budget may go at once.
func (s *scheduler) release(l *login, n int) {
	if n > 0 {
		s.budget.Release(n)
		l.reserved -= n
		s.blocked[fromRest] = 0
	}
}

// finish answers a login and forgets it.
func (s *scheduler) finish(l *login, o order, now instant) {
	l.over = true
	delete(s.open, l)
	s.forget(l)
	s.taught(l, o.Outcome)
	if l.holds {
		e := s.phones.of(l.mobile, now)
		e.holder = nil
		e.ends(&l.course, o.Outcome, l.plan, now)
	}
	if o.Outcome == auth.Stale {
		s.voice.stale(s, l)
	}
	if o.Late {
		o = renewed(l.push.Renews)
		s.voice.security(s, l, "late_approval", "the push of attempt "+l.push.Renews+" was approved after its answer had to leave; it counts for the very same login")
	}
	if o.Outcome == auth.Approved && l.activity != "" {
		o.Detail += ", iVALT activity " + l.activity
	}
	answer := auth.Answer{
		Outcome: o.Outcome, Mobile: l.mobile, Detail: o.Detail, Pushed: l.course.Delivery != course.Unpushed,
		Outage: o.Outage,
	}
	s.said = append(s.said, func() { l.answer <- answer }) // behind what there is to record of it
	if s.lapses(l, o, now) {
		s.lapse(l, now)
	}
}
