package ivalt

import "ivalt-radius/auth"

// polled is the step of an answer to any poll after the push. Verdicts of iVALT's own policy end a login in every phase;
// approvals and denials only once they can belong to this push.
func (c course) polled(out call, k class, now instant) (course, order) {
	switch k {
	case fence:
		return c, ended(auth.OutsideFence, "iVALT saw the phone outside the geofence")
	case window:
		return c, ended(auth.OutsideTime, "iVALT saw the phone outside its time window")
	case badKey:
		return c, ended(auth.Misconfigured, "iVALT refused the API key or the path")
	case badRequest:
		return c, ended(auth.Misconfigured, "iVALT cannot take the mobile")
	case failed, unsent, refused:
		if c.fails(now) || c.isOver() {
			return c, ended(auth.NoAnswer, "iVALT could not be asked")
		}
		return c.pollOn(now)
	case throttled:
		if c.isOver() {
			return c, ended(auth.NoAnswer, "iVALT throttled the last poll")
		}
		return c.pollOn(now)
	default:
	}
	switch out {
	case sentinel:
		return c.sentinelSaw(k, now)
	case again:
		return c.againSaw(k, now)
	default:
		return c.pollSaw(k, now)
	}
}

// sentinelSaw judges the first look after the push. An approval there is an old one, or one that cannot be told from an
// old one; a denial is as old and says nothing about this push.
func (c course) sentinelSaw(k class, now instant) (course, order) {
	if k != approved && k != drift {
		c.trusted = true
		return c.pollOn(now)
	}
	c.suspect = true
	if c.isOver() {
		return c.stale()
	}
	return c, order{do: ask, call: again, at: max(now, c.zero+humanTime)}
}

// againSaw judges the second look: an approval that is still there is sticky, and nobody can say whose it is.
func (c course) againSaw(k class, now instant) (course, order) {
	switch k {
	case approved, drift:
		return c.stale()
	case denied:
		return c, ended(auth.Denied, "denied on the phone")
	case expired:
		return c, ended(auth.TimedOut, "iVALT says that the push expired")
	default:
		c.trusted = true
		return c.pollOn(now)
	}
}

func (c course) stale() (course, order) {
	return c, ended(auth.Stale, "an approval was there before the person can have given it")
}

// pollSaw judges a regular poll: the only place where a login is approved.
func (c course) pollSaw(k class, now instant) (course, order) {
	switch k {
	case approved:
		if !c.trusted {
			return c.stale()
		}
		return c, ended(auth.Approved, "approved on the phone")
	case denied:
		return c, ended(auth.Denied, "denied on the phone")
	case expired:
		return c, ended(auth.TimedOut, "iVALT says that the push expired")
	default:
		return c.pollOn(now)
	}
}

// isOver reports that the final poll has been sent.
func (c course) isOver() bool { return c.left >= c.last }

// pollOn orders the next poll, or the one more push where nobody knows of the first.
func (c course) pollOn(now instant) (course, order) {
	if c.isOver() {
		return c, ended(auth.TimedOut, "nobody answered in time")
	}
	if again := c.zero + resendAfter; c.mayPush && !c.resent && again+humanTime < c.last {
		if probe := c; again <= probe.nextPoll() {
			return c, order{do: ask, call: push, at: max(now, again)}
		}
	}
	at := max(now, c.nextPoll())
	switch {
	case c.trusted:
		return c, order{do: ask, call: poll, at: at}
	case c.suspect:
		return c, order{do: ask, call: again, at: at}
	}
	return c, order{do: ask, call: sentinel, at: at}
}
