package ivalt

import (
	"time"

	"ivalt-radius/auth"
	"ivalt-radius/ivalt/course"
	"ivalt-radius/ivalt/pace"
)

// reviewEvery is how often a poll that is not yet worth its price is looked at again, where the API has limits: the price moves
// with what all logins spend.
const reviewEvery = 2 * time.Second

// lateGap is the least time between two polls for a login that was answered: whoever comes next looks too.
const lateGap = 10 * time.Second

// paced says when an order is due. A poll is due once it is worth its price, but not before the order's own time, which is its
// floor, and not behind the final one, which is always worth it. Where the one more push may leave before, that is next.
func (s *scheduler) paced(l *login, o order, now instant) (order, instant) {
	c := &l.course
	if o.Do != course.Ask || o.Call != course.Poll {
		return o, o.At
	}
	at := o.At
	if l.late {
		at = c.OrLast(max(at, c.Left+lateGap))
	}
	if at < c.Last {
		at = c.OrLast(s.worthwhile(l, max(at, now)))
	}
	if l.late && at <= now && s.scarce() {
		return o, now + reviewEvery // nobody waits for it: it takes nothing from those who do
	}
	if second, more := c.Repush(); more && second <= at {
		return order{Do: course.Ask, Call: course.Push, At: second}, second
	}
	return o, at
}

// worthwhile is the first moment from at on at which the login's poll is worth what it costs now.
func (s *scheduler) worthwhile(l *login, at instant) instant {
	c := &l.course
	return c.Zero + s.rule(pace.Wait{
		Times: l.times, Since: c.Seen - c.Zero, Floor: at - c.Zero, Latest: c.Last - c.Zero, Polls: int(c.Polls),
	}, s.budget.Use())
}

// scarce reports that calls compete for the budget.
func (s *scheduler) scarce() bool { return s.plan.limited && pace.Scarce(s.budget.Use()) }

// review is when to look again at a login that is due at a time to come. While the budget is idle the price can only rise, and is
// asked for when the time comes.
func (s *scheduler) review(l *login, at, now instant) instant {
	if l.next.Call == course.Poll && s.scarce() {
		at = min(at, now+reviewEvery)
	}
	return min(at, l.course.End)
}

// mostCompared bounds how many waiting polls are compared for the next free place.
const mostCompared = 128

// likeliest is, among the polls at the head of a queue, the one that most likely finds an answer. While the budget is idle none waits
// for it, and the first one goes.
func (s *scheduler) likeliest(q *line, now instant) *login {
	best := q.First().Of
	if q.Len() == 1 || q.First().Rank != course.RankPoll || !s.scarce() {
		return best
	}
	most := best.chance(now)
	for i := range q.Items()[:min(q.Len(), mostCompared)] {
		l := q.Items()[i].Of
		if chance := l.chance(now); q.Items()[i].Rank == course.RankPoll && chance > most {
			best, most = l, chance
		}
	}
	return best
}

// chance is the probability that a poll finds an answer now.
func (l *login) chance(now instant) float64 {
	c := &l.course
	return l.times.Chance(c.Seen-c.Zero, now-c.Zero)
}

// taught draws from how a login ended what it says of people's times.
func (s *scheduler) taught(l *login, o auth.Outcome) {
	c := &l.course
	switch {
	case c.Delivery != course.Pushed || !c.Trusted:
	case o == auth.Approved || o == auth.Denied:
		s.learner.Answered(l.mobile.E164(), c.Seen-c.Zero, c.Left-c.Zero)
	case o == auth.TimedOut:
		s.learner.Silent(l.mobile.E164(), c.Seen-c.Zero)
	}
}
