package course

import (
	"ivalt-radius/auth"
	"ivalt-radius/ivalt/gateway"
)

// polled is the step of an answer to any poll after the push. Verdicts of iVALT's own policy end a login in every phase;
// approvals and denials only once they can belong to this push.
func (c Course) polled(out Call, k gateway.Class, now Instant) (Course, Order) {
	switch end := policyEnd(k); {
	case end.Do == Finish:
		return c, end
	case k == gateway.Throttled && c.isOver():
		return c, Ended(auth.NoAnswer, "iVALT throttled the last poll")
	case k != gateway.Throttled && k.Trouble() && (c.fails(now) || c.isOver()):
		return c, c.unasked()
	case k.Trouble():
		return c.PollOn(now)
	}
	next, o := c.saw(out, k, now)
	if o.Do != Finish {
		next.Seen = max(c.Zero, c.Left)
	}
	return next, o
}

// saw judges an answer that says something.
func (c Course) saw(out Call, k gateway.Class, now Instant) (Course, Order) {
	switch out {
	case Sentinel:
		return c.sentinelSaw(k, now)
	case Again:
		return c.againSaw(k, now)
	case Poll, Drain, LookUp, Push, NoCall:
	}
	return c.pollSaw(k, now)
}

// sentinelSaw judges the first look after the push. An approval there is an old one, or one that cannot be told from an
// old one; a denial is as old and says nothing about this push.
func (c Course) sentinelSaw(k gateway.Class, now Instant) (Course, Order) {
	if k != gateway.Approved && k != gateway.Drift {
		c.Trusted = true
		return c.PollOn(now)
	}
	if k == gateway.Approved && c.Left < c.Credit {
		return c, ownLate()
	}
	c.suspect = true
	if c.isOver() || (c.result == StickyResult && k == gateway.Approved) {
		return c.stale()
	}
	return c, Order{Do: Ask, Call: Again, At: min(max(c.Zero, c.Left)+humanTime, c.Last)}
}

// againSaw judges the second look: an approval that is still there is sticky, and nobody can say whose it is.
func (c Course) againSaw(k gateway.Class, now Instant) (Course, Order) {
	if k == gateway.Approved || k == gateway.Drift {
		return c.stale()
	}
	if end := personEnd(k); end.Do == Finish {
		return c, end
	}
	c.Trusted = true
	return c.PollOn(now)
}

// ownLate accepts an approval of the login's own earlier push.
func ownLate() Order {
	o := Ended(auth.Approved, "approved on the phone after the answer of an earlier attempt of the very same login had to leave")
	o.Late = true
	return o
}

func (c Course) stale() (Course, Order) {
	return c, Ended(auth.Stale, "an approval was there before the person can have given it")
}

// pollSaw judges a regular poll: the only place where a login is approved.
func (c Course) pollSaw(k gateway.Class, now Instant) (Course, Order) {
	if k == gateway.Approved && (!c.Trusted || c.borrowed()) {
		return c.stale()
	}
	if end := personEnd(k); end.Do == Finish {
		return c, end
	}
	return c.PollOn(now)
}

// borrowed reports that an approval may be the answer to another push: the phone may show an earlier one, and nobody knows whether this
// login's rang at all.
func (c *Course) borrowed() bool {
	return c.Delivery != Pushed && (c.History == Unseen || c.History == Dirty)
}

// isOver reports that the final poll has been sent.
func (c Course) isOver() bool { return c.Left >= c.Last }

// PollOn orders the next poll, or the one more push where nobody knows of the first.
func (c Course) PollOn(now Instant) (Course, Order) {
	if c.isOver() {
		return c, Ended(auth.TimedOut, "nobody answered in time")
	}
	at := max(now, c.earliest())
	second, more := c.Repush()
	switch {
	case more && second <= at:
		return c, Order{Do: Ask, Call: Push, At: max(now, second)}
	case c.Trusted:
		return c, Order{Do: Ask, Call: Poll, At: max(now, c.floor())}
	case c.suspect:
		return c, Order{Do: Ask, Call: Again, At: at}
	}
	return c, Order{Do: Ask, Call: Sentinel, At: at}
}
