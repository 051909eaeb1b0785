package ivalt

import (
	"time"

	"ivalt-radius/auth"
	"ivalt-radius/ivalt/course"
)

// What is remembered of a mobile.
const (
	dirtyFor = 330 * time.Second // a push lives 5 min at iVALT; the rest is margin
	staleFor = 24 * time.Hour    // a sticky approval is remembered until a poll shows that it is gone
	holdFor  = time.Second       // after an accept, before the next login of the same mobile may push
)

// collisionRule says who is answered when a second login wants a mobile that has an open one.
type collisionRule uint8

const (
	denyBoth collisionRule = iota
	keepFirst
)

// phone is what is known of one mobile.
type phone struct {
	holder  *login  // the login that alone may push; nil: none
	held    instant // nobody may push before
	tainted instant // an approval may come late until then
	spent   instant // an approval that was counted may be readable until then
	known   bool    // a login of this process ended on it

	lapsed *login       // the login that was answered and whose push is still looked after; nil: none
	late   lateApproval // what came of such a one
}

// phones remembers mobiles: who holds them and what an earlier push may have left behind. It forgets what says no more than
// an unknown mobile would, so it holds about the logins of the last minutes. Not safe for concurrent use: the scheduler owns it.
type phones struct {
	known map[auth.Mobile]*phone
	sweep int // size at which to look for what can be forgotten
}

const leastSweep = 1024

func newPhones() phones {
	return phones{known: map[auth.Mobile]*phone{}, sweep: leastSweep}
}

// of is the mobile's entry, made where there is none.
func (p *phones) of(m auth.Mobile, now instant) *phone {
	e := p.known[m]
	if e == nil {
		if len(p.known) >= p.sweep {
			p.forget(now)
		}
		e = &phone{}
		p.known[m] = e
	}
	return e
}

func (p *phones) forget(now instant) {
	for m, e := range p.known {
		used := e.holder != nil || e.lapsed != nil
		if !used && max(e.held, e.tainted, e.spent, e.late.until) <= now && (now >= dirtyFor || !e.known) {
			delete(p.known, m)
		}
	}
	p.sweep = max(leastSweep, 2*len(p.known))
}

// history judges the mobile before a push. A process younger than a push's life knows nothing of mobiles it has not served:
// an earlier process may have pushed.
func (e *phone) history(now instant) course.History {
	switch {
	case e.tainted > now:
		return course.Dirty
	case e.spent > now:
		return course.Spent
	case e.known || now >= dirtyFor:
		return course.Clean
	}
	return course.Unseen
}

// ends notes how a login of this mobile ended.
func (e *phone) ends(c *course.Course, o auth.Outcome, p *plan, now instant) {
	e.held = max(e.held, c.DoubtUntil())
	switch {
	case o == auth.Approved:
		e.known, e.tainted, e.held = true, 0, max(e.held, now+holdFor)
		if c.Shares() {
			e.tainted = now + dirtyFor // nobody knows which push was approved: the other one may still be
		}
		e.spent = now + legible(p.rules.Result)
	case o == auth.Stale:
		e.known, e.tainted = true, now+staleFor
	case c.Delivery != course.Unpushed || o == auth.Collided:
		// Whatever else ended it, the push may still be answered.
		e.known, e.tainted = true, max(now+dirtyFor, e.tainted)
	}
}

// legible is how long an approval that was counted may be read again.
func legible(r course.ResultRule) time.Duration {
	switch r {
	case course.ConsumedResult:
		return 0
	case course.StickyResult:
		return staleFor // or until a poll shows that it is gone
	case course.UnknownResult:
	}
	return dirtyFor
}

// polled notes a poll that found no approval: what was sticky is gone, and only the push's own life counts from here.
func (e *phone) polled(now instant) {
	e.tainted = min(e.tainted, now+dirtyFor)
	e.spent = min(e.spent, now+dirtyFor)
}
