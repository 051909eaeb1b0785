package ivalt

import "ivalt-radius/auth"

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
func (e *phone) history(now instant) history {
	switch {
	case e.tainted > now:
		return dirty
	case e.spent > now:
		return spent
	case e.known || now >= dirtyFor:
		return clean
	}
	return unseen
}

// ends notes how a login of this mobile ended.
func (e *phone) ends(c *course, o auth.Outcome, p *plan, now instant) {
	if c.delivery == doubtful && !c.resent {
		e.held = max(e.held, max(c.zero, c.sent)+resendAfter) // the push may ring: no other one soon
	}
	switch {
	case o == auth.Approved:
		e.known, e.tainted, e.held = true, 0, max(e.held, now+holdFor)
		if p.result != consumedResult {
			e.spent = now + dirtyFor
		}
	case o == auth.Stale:
		e.known, e.tainted = true, now+staleFor
	case c.delivery != unpushed || o == auth.Collided:
		// Whatever else ended it, the push may still be answered.
		e.known, e.tainted = true, max(now+dirtyFor, e.tainted)
	}
}

// polled notes a poll that found no approval: what was sticky is gone, and only the push's own life counts from here.
func (e *phone) polled(now instant) {
	e.tainted = min(e.tainted, now+dirtyFor)
}
