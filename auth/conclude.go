package auth

import (
	"errors"
	"time"

	"ivalt-radius/policy"
)

// Subject is the person behind a login: one canonical name for rules, lockout, look-up and push alike.
type Subject struct {
	User   Username
	Person Person
}

// Proof is what was shown for a login. The zero Proof shows nothing.
type Proof struct {
	Password bool   // a first factor was really checked
	Answer   Answer // what the phone said
}

// Factors lists what was shown, in the words of the log.
func (p Proof) Factors() []string {
	var factors []string
	if p.Password {
		factors = append(factors, "password")
	}
	if p.Answer.Outcome == Approved {
		factors = append(factors, "push")
	}
	return factors
}

// moment is when a verdict is made, and by when it must leave.
type moment struct {
	now     time.Time
	leaveBy time.Time // answer_within less one second, from the attempt's first packet
}

// Errors that end a login before its proof, and the reason each one has.
var (
	errState    = errors.New("the State belongs to no open challenge")
	errBusy     = errors.New("too many logins are waiting: max_attempts")
	errShutdown = errors.New("the server is stopping")
	errTrail    = errors.New("the audit trail cannot be written")

	errNoRules = errors.New("the client has no rules")
	errPanic   = errors.New("the login panicked")

	errWithdrawn = errors.New("the NAS reused the identifier for another login before this one ended")
)

// defect is why a packet can only be rejected.
type defect string

func (d defect) Error() string { return string(d) }

// leastSession is the shortest session worth granting; below it the login counts as outside its hours.
const leastSession = time.Second

// conclude is the only home of fail modes: from what policy decided, what was proven and what went wrong, it makes the
// verdict. It is pure. Only two lines of it accept.
func conclude(d policy.Decision, p Proof, err error, m moment) Verdict {
	if err != nil {
		return Verdict{Reason: reasonOf(err)}
	}
	switch d.Action {
	case policy.Exempt:
		return admit(d, ExemptByRule, m)
	case policy.RequirePush:
		if p.Answer.Outcome == Approved {
			return admit(d, ApprovedByPerson, m)
		}
		return Verdict{Reason: reasonOfAnswer(p.Answer.Outcome)}
	case policy.Deny:
	}
	return Verdict{Reason: ReasonOf(d.Denial)}
}

// admit accepts, unless the rule's hours or the NAS's patience are over.
func admit(d policy.Decision, why Reason, m moment) Verdict {
	if !d.Until.IsZero() && d.Until.Sub(m.now) < leastSession {
		return Verdict{Reason: OutsideHours}
	}
	if !m.now.Before(m.leaveBy) {
		return Verdict{Reason: PushTimeout}
	}
	return Verdict{Kind: Accept, Reason: why, Reply: d.Reply, Until: d.Until}
}

// reasonOf maps what went wrong; an error that nobody foresaw is "unavailable".
func reasonOf(err error) Reason {
	switch {
	case errors.Is(err, ErrUsername), errors.Is(err, errState), errors.As(err, new(defect)):
		return BadRequest
	case errors.Is(err, ErrBadPassword):
		return BadPassword
	case errors.Is(err, ErrMisconfigured):
		return MisconfiguredReason
	case errors.Is(err, errBusy):
		return Busy
	case errors.Is(err, errShutdown):
		return ShuttingDown
	}
	return Unavailable
}

// ReasonOf is the reason of a login that policy denies so.
func ReasonOf(d policy.Denial) Reason {
	switch d {
	case policy.ByNetwork:
		return NetworkDenied
	case policy.ByHours:
		return OutsideHours
	case policy.ByRule:
	}
	return PolicyDenied
}

// reasonOfAnswer maps what the phone said, where it did not approve.
func reasonOfAnswer(o Outcome) Reason {
	switch o {
	case Denied:
		return PushDenied
	case TimedOut, Withdrawn:
		return PushTimeout
	case OutsideFence:
		return Geofence
	case OutsideTime:
		return Timezone
	case NotEnrolled:
		return UnknownUser
	case Collided:
		return Collision
	case Stale:
		return StaleApproval
	case NoBudget, Throttled:
		return Busy
	case Misconfigured:
		return MisconfiguredReason
	case Stopping:
		return ShuttingDown
	case NoAnswer, Approved:
	}
	return Unavailable
}
