package ivalt

import (
	"ivalt-radius/auth"
	"ivalt-radius/ivalt/gateway"
)

// polled is the step of an answer to any poll after the push. Verdicts of iVALT's own policy end a login in every phase;
// approvals and denials only once they can belong to this push.
func (c course) polled(out call, k gateway.Class, now instant) (course, order) {
	switch end := policyEnd(k); {
	case end.do == finish:
		return c, end
	case k == gateway.Throttled && c.isOver():
		return c, ended(auth.NoAnswer, "iVALT throttled the last poll")
	case k != gateway.Throttled && k.Trouble() && (c.fails(now) || c.isOver()):
		return c, c.unasked()
	case k.Trouble():
		return c.pollOn(now)
	}
	next, o := c.saw(out, k, now)
	if o.do != finish {
		next.seen = max(c.zero, c.left)
	}
	return next, o
}

// saw judges an answer that says something.
func (c course) saw(out call, k gateway.Class, now instant) (course, order) {
	switch out {
	case sentinel:
		return c.sentinelSaw(k, now)
	case again:
		return c.againSaw(k, now)
	case poll, drain, lookUp, push, noCall:
	}
	return c.pollSaw(k, now)
}

// sentinelSaw judges the first look after the push. An approval there is an old one, or one that cannot be told from an
// old one; a denial is as old and says nothing about this push.
func (c course) sentinelSaw(k gateway.Class, now instant) (course, order) {
	if k != gateway.Approved && k != gateway.Drift {
		c.trusted = true
		return c.pollOn(now)
	}
	if k == gateway.Approved && c.left < c.credit {
		return c, ownLate()
	}
	c.suspect = true
	if c.isOver() || c.result == stickyResult {
		return c.stale()
	}
	return c, order{do: ask, call: again, at: min(max(c.zero, c.left)+humanTime, c.last)}
}

// againSaw judges the second look: an approval that is still there is sticky, and nobody can say whose it is.
func (c course) againSaw(k gateway.Class, now instant) (course, order) {
	if k == gateway.Approved || k == gateway.Drift {
		return c.stale()
	}
	if end := personEnd(k); end.do == finish {
		return c, end
	}
	c.trusted = true
	return c.pollOn(now)
}

// ownLate accepts an approval of the login's own earlier push.
func ownLate() order {
	return ended(auth.Approved, "approved on the phone after the answer of an earlier attempt of the very same login had to leave")
}

func (c course) stale() (course, order) {
	return c, ended(auth.Stale, "an approval was there before the person can have given it")
}

// pollSaw judges a regular poll: the only place where a login is approved.
func (c course) pollSaw(k gateway.Class, now instant) (course, order) {
	if k == gateway.Approved && !c.trusted {
		return c.stale()
	}
	if end := personEnd(k); end.do == finish {
		return c, end
	}
	return c.pollOn(now)
}

// isOver reports that the final poll has been sent.
func (c course) isOver() bool { return c.left >= c.last }

// pollOn orders the next poll, or the one more push where nobody knows of the first.
func (c course) pollOn(now instant) (course, order) {
	if c.isOver() {
		return c, ended(auth.TimedOut, "nobody answered in time")
	}
	at := max(now, c.earliest())
	second, more := c.repush()
	switch {
	case more && second <= at:
		return c, order{do: ask, call: push, at: max(now, second)}
	case c.trusted:
		return c, order{do: ask, call: poll, at: at}
	case c.suspect:
		return c, order{do: ask, call: again, at: at}
	}
	return c, order{do: ask, call: sentinel, at: at}
}
