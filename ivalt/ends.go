package ivalt

import "ivalt-radius/auth"

// The tables of classes that end a login, one for each phase. A class that stands in none lets it go on.

const (
	wordKey    = "iVALT refused the API key or the path"
	wordMobile = "iVALT cannot take the mobile"
	wordPush   = "iVALT refused the push"
)

func ended(o auth.Outcome, detail string) order {
	return order{do: finish, outcome: o, detail: detail}
}

func lookUpEnd(k class) order {
	odd := ended(auth.NoAnswer, "the look-up's answer has no known meaning")
	return [classCount]order{
		refused: odd, fence: odd, window: odd, denied: odd, expired: odd, pending: odd, accepted: odd, drift: odd, approved: odd,
		unknown:    ended(auth.NotEnrolled, "iVALT knows no single active person for the e-mail"),
		throttled:  ended(auth.Throttled, "iVALT throttled the look-up"),
		badKey:     ended(auth.Misconfigured, wordKey),
		badRequest: ended(auth.Misconfigured, "iVALT refused the look-up"),
	}[k]
}

func drainEnd(k class) order {
	return [classCount]order{
		throttled:  ended(auth.Throttled, "iVALT throttled the poll before the push"),
		badKey:     ended(auth.Misconfigured, wordKey),
		badRequest: ended(auth.Misconfigured, wordMobile),
	}[k]
}

// pushEnd is total but for "accepted" and "failed", which a push goes on with.
func pushEnd(k class) order {
	odd := ended(auth.NoAnswer, "the push's answer has no known meaning")
	return [classCount]order{
		refused: odd, pending: odd, found: odd, drift: odd, approved: odd,
		unsent:     ended(auth.NoAnswer, "no connection to iVALT"),
		throttled:  ended(auth.Throttled, "iVALT throttled the push"),
		badKey:     ended(auth.Misconfigured, wordKey),
		badRequest: ended(auth.Misconfigured, wordMobile),
		fence:      ended(auth.OutsideFence, wordPush),
		window:     ended(auth.OutsideTime, wordPush),
		denied:     ended(auth.Denied, wordPush),
		expired:    ended(auth.Denied, wordPush),
		unknown:    ended(auth.NotEnrolled, "iVALT does not know the mobile"),
	}[k]
}

// policyEnd holds for every poll after the push.
func policyEnd(k class) order {
	return [classCount]order{
		badKey:     ended(auth.Misconfigured, wordKey),
		badRequest: ended(auth.Misconfigured, wordMobile),
		fence:      ended(auth.OutsideFence, "iVALT saw the phone outside the geofence"),
		window:     ended(auth.OutsideTime, "iVALT saw the phone outside its time window"),
	}[k]
}

// personEnd is what the person said, once it can belong to this push.
func personEnd(k class) order {
	return [classCount]order{
		denied:   ended(auth.Denied, "denied on the phone"),
		expired:  ended(auth.TimedOut, "iVALT says that the push expired"),
		approved: ended(auth.Approved, "approved on the phone"),
	}[k]
}
