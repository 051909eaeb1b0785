package outcome

import (
	"ivalt-radius/auth/identity"
	"ivalt-radius/auth/reason"
)

// Outcome is what became of a push: a closed list whose zero value is no approval.
type Outcome uint8

// The outcomes.
const (
	NoAnswer      Outcome = iota // iVALT could not be asked
	Approved                     // the full proof, for this mobile and this push
	Denied                       // the person said no
	TimedOut                     // nobody answered in time
	OutsideFence                 // iVALT's geofence
	OutsideTime                  // iVALT's time window
	NotEnrolled                  // iVALT does not know this person
	Collided                     // a second, different login for the same mobile
	Stale                        // an approval that cannot belong to this push
	NoBudget                     // no API budget for a push and its polls
	Throttled                    // iVALT said 429 to the push
	Misconfigured                // API key, path or mobile refused by iVALT
	Withdrawn                    // the attempt was given up (superseded exchange)
	Stopping                     // the server is shutting down
	Elsewhere                    // another node has taken the phone over: its answer counts, and this is none
	count                        // how many there are; not an outcome
)

// words are for people, and what one node tells another: those that are there must stay as they are.
var words = [count]string{ //nolint:gochecknoglobals // a constant table
	"no answer", "approved", "denied", "timed out", "outside the geofence", "outside the time window", "not enrolled", "collided",
	"stale approval", "no budget", "throttled", "misconfigured", "withdrawn", "stopping", "taken over by another node",
}

// String is the outcome in words, for people.
func (o Outcome) String() string {
	if o < count {
		return words[o]
	}
	return words[NoAnswer]
}

// of is the outcome of a word; NoAnswer where none has it.
func of(word string) Outcome {
	for o := range count {
		if words[o] == word {
			return o
		}
	}
	return NoAnswer
}

// Reason maps what the phone said, where it did not approve.
func (o Outcome) Reason() reason.Reason {
	switch o {
	case Denied:
		return reason.PushDenied
	case TimedOut, Withdrawn:
		return reason.PushTimeout
	case OutsideFence:
		return reason.Geofence
	case OutsideTime:
		return reason.Timezone
	case NotEnrolled:
		return reason.UnknownUser
	case Collided:
		return reason.Collision
	case Stale:
		return reason.StaleApproval
	case NoBudget, Throttled:
		return reason.Busy
	case Misconfigured:
		return reason.Misconfigured
	case Stopping:
		return reason.ShuttingDown
	case NoAnswer, Approved, Elsewhere, count:
	}
	return reason.Unavailable
}

// Answer is what the phone said. The zero Answer is no approval.
type Answer struct {
	Outcome Outcome
	Mobile  identity.Mobile // the number asked, once known
	Detail  string          // safe words for the log and the trail; never iVALT's own text
	Pushed  bool            // a push was sent, or may have been
	Outage  bool            // NoAnswer because iVALT is out of reach: fail modes are for that alone, not for a login that came too late to ask
}

// Lapsed reports that the phone may still answer: nobody did in time, or the last look at it failed.
func (a Answer) Lapsed() bool { return a.Pushed && (a.Outcome == TimedOut || a.Outcome == NoAnswer) }

// Asked is one push that waits for its answer.
type Asked interface {
	// Answer gives the one answer, once.
	Answer() <-chan Answer
	// Withdraw says that nobody waits any more: the answer is Withdrawn, unless there was one already. Once it returns, another
	// push to the same phone does not collide with this one.
	Withdraw()
}
