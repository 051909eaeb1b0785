package ivalt

import (
	"ivalt-radius/auth"
	"ivalt-radius/ivalt/gateway"
)

// The tables of classes that end a login, one for each phase. A class that stands in none lets it go on.

const (
	wordKey    = "iVALT refused the API key or the path"
	wordMobile = "iVALT cannot take the mobile"
	wordPush   = "iVALT refused the push"
)

func ended(o auth.Outcome, detail string) order {
	return order{do: finish, outcome: o, detail: detail}
}

// unasked ends a login whose calls found no usable answer, with the word of the latest one's trouble.
func (c *course) unasked() order {
	return c.because(ended(auth.NoAnswer, "iVALT could not be asked"))
}

// because gives an outage its own word, where it is one.
func (c *course) because(end order) order {
	if end.outcome == auth.NoAnswer && c.why != gateway.Answered {
		end.detail = c.why.String()
	}
	return end
}

func lookUpEnd(k gateway.Class) order {
	odd := ended(auth.NoAnswer, "the look-up's answer has no known meaning")
	return [gateway.Classes]order{
		gateway.Refused: odd, gateway.Fence: odd, gateway.Window: odd, gateway.Denied: odd, gateway.Expired: odd,
		gateway.Pending: odd, gateway.Accepted: odd, gateway.Drift: odd, gateway.Approved: odd,
		gateway.Unknown:    ended(auth.NotEnrolled, "iVALT knows no single active person for the e-mail"),
		gateway.Throttled:  ended(auth.Throttled, "iVALT throttled the look-up"),
		gateway.BadKey:     ended(auth.Misconfigured, wordKey),
		gateway.BadRequest: ended(auth.Misconfigured, "iVALT refused the look-up"),
	}[k]
}

func drainEnd(k gateway.Class) order {
	return [gateway.Classes]order{
		gateway.Throttled:  ended(auth.Throttled, "iVALT throttled the poll before the push"),
		gateway.BadKey:     ended(auth.Misconfigured, wordKey),
		gateway.BadRequest: ended(auth.Misconfigured, wordMobile),
	}[k]
}

// pushEnd is total but for "accepted" and "failed", which a push goes on with.
func pushEnd(k gateway.Class) order {
	odd := ended(auth.NoAnswer, "the push's answer has no known meaning")
	return [gateway.Classes]order{
		gateway.Refused: odd, gateway.Pending: odd, gateway.Found: odd, gateway.Drift: odd, gateway.Approved: odd,
		gateway.Unsent:     ended(auth.NoAnswer, "no connection to iVALT"),
		gateway.Throttled:  ended(auth.Throttled, "iVALT throttled the push"),
		gateway.BadKey:     ended(auth.Misconfigured, wordKey),
		gateway.BadRequest: ended(auth.Misconfigured, wordMobile),
		gateway.Fence:      ended(auth.OutsideFence, wordPush),
		gateway.Window:     ended(auth.OutsideTime, wordPush),
		gateway.Denied:     ended(auth.Denied, wordPush),
		gateway.Expired:    ended(auth.Denied, wordPush),
		gateway.Unknown:    ended(auth.NotEnrolled, "iVALT does not know the mobile"),
	}[k]
}

// policyEnd holds for every poll after the push.
func policyEnd(k gateway.Class) order {
	return [gateway.Classes]order{
		gateway.BadKey:     ended(auth.Misconfigured, wordKey),
		gateway.BadRequest: ended(auth.Misconfigured, wordMobile),
		gateway.Fence:      ended(auth.OutsideFence, "iVALT saw the phone outside the geofence"),
		gateway.Window:     ended(auth.OutsideTime, "iVALT saw the phone outside its time window"),
	}[k]
}

// personEnd is what the person said, once it can belong to this push.
func personEnd(k gateway.Class) order {
	return [gateway.Classes]order{
		gateway.Denied:   ended(auth.Denied, "denied on the phone"),
		gateway.Expired:  ended(auth.TimedOut, "iVALT says that the push expired"),
		gateway.Approved: ended(auth.Approved, "approved on the phone"),
	}[k]
}
