package course

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

// Ended is an order to answer, with safe words for the operator.
func Ended(o auth.Outcome, detail string) Order {
	return Order{Do: Finish, Outcome: o, Detail: detail}
}

// unasked ends a login whose calls found no usable answer, with the word of the latest one's trouble.
func (c *Course) unasked() Order {
	return c.because(outage("iVALT could not be asked"))
}

// outage is the end of a login that iVALT cannot be asked for. A refusal, an odd answer and too little time are none: whoever
// logs in can cause them.
func outage(detail string) Order {
	end := Ended(auth.NoAnswer, detail)
	end.Outage = true
	return end
}

// because gives an outage its own word, where it is one.
func (c *Course) because(end Order) Order {
	if end.Outcome == auth.NoAnswer && c.why != gateway.Answered {
		end.Detail = c.why.String()
	}
	return end
}

func lookUpEnd(k gateway.Class) Order {
	odd := Ended(auth.NoAnswer, "the look-up's answer has no known meaning")
	return [gateway.Classes]Order{
		gateway.Refused: odd, gateway.Fence: odd, gateway.Window: odd, gateway.Denied: odd, gateway.Expired: odd,
		gateway.Pending: odd, gateway.Accepted: odd, gateway.Drift: odd, gateway.Approved: odd,
		gateway.Unknown:    Ended(auth.NotEnrolled, "iVALT knows no single active person for the e-mail"),
		gateway.Throttled:  Ended(auth.Throttled, "iVALT throttled the look-up"),
		gateway.BadKey:     Ended(auth.Misconfigured, wordKey),
		gateway.BadRequest: Ended(auth.Misconfigured, "iVALT refused the look-up"),
	}[k]
}

func drainEnd(k gateway.Class) Order {
	return [gateway.Classes]Order{
		gateway.Throttled:  Ended(auth.Throttled, "iVALT throttled the poll before the push"),
		gateway.BadKey:     Ended(auth.Misconfigured, wordKey),
		gateway.BadRequest: Ended(auth.Misconfigured, wordMobile),
	}[k]
}

// pushEnd is total but for "accepted" and "failed", which a push goes on with.
func pushEnd(k gateway.Class) Order {
	odd := Ended(auth.NoAnswer, "the push's answer has no known meaning")
	return [gateway.Classes]Order{
		gateway.Refused: odd, gateway.Pending: odd, gateway.Found: odd, gateway.Drift: odd, gateway.Approved: odd,
		gateway.Unsent:     outage("no connection to iVALT"),
		gateway.Throttled:  Ended(auth.Throttled, "iVALT throttled the push"),
		gateway.BadKey:     Ended(auth.Misconfigured, wordKey),
		gateway.BadRequest: Ended(auth.Misconfigured, wordMobile),
		gateway.Fence:      Ended(auth.OutsideFence, wordPush),
		gateway.Window:     Ended(auth.OutsideTime, wordPush),
		gateway.Denied:     Ended(auth.Denied, wordPush),
		gateway.Expired:    Ended(auth.Denied, wordPush),
		gateway.Unknown:    Ended(auth.NotEnrolled, "iVALT does not know the mobile"),
	}[k]
}

// policyEnd holds for every poll after the push.
func policyEnd(k gateway.Class) Order {
	return [gateway.Classes]Order{
		gateway.BadKey:     Ended(auth.Misconfigured, wordKey),
		gateway.BadRequest: Ended(auth.Misconfigured, wordMobile),
		gateway.Fence:      Ended(auth.OutsideFence, "iVALT saw the phone outside the geofence"),
		gateway.Window:     Ended(auth.OutsideTime, "iVALT saw the phone outside its time window"),
	}[k]
}

// personEnd is what the person said, once it can belong to this push.
func personEnd(k gateway.Class) Order {
	return [gateway.Classes]Order{
		gateway.Denied:   Ended(auth.Denied, "denied on the phone"),
		gateway.Expired:  Ended(auth.TimedOut, "iVALT says that the push expired"),
		gateway.Approved: Ended(auth.Approved, "approved on the phone"),
	}[k]
}
