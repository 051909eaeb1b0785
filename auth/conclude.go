package auth

import (
	"errors"
	"time"

	"ivalt-radius/auth/approvals"
	"ivalt-radius/auth/judgement"
	"ivalt-radius/policy"
)

// Proof is what was shown for a login. The zero Proof shows nothing.
type Proof struct {
	Password bool   // a first factor was really checked
	Answer   Answer // what the phone said

	SameLogin   time.Time // the last approval of this client, person, calling station and password; zero: none
	SameStation time.Time // the last approval of this person at this calling station; zero: none

	Reply  []policy.Attribute // an upstream server's
	MSCHAP MSCHAPSuccess

	as     approvals.Approval // what this login is remembered as; without a station: as nothing
	whose  string             // by whose name
	phones []approvals.Digest // that the person has
}

// remembers reports that an earlier approval counts, so that no phone need ring.
func (p Proof) remembers(d policy.Decision, now time.Time) bool {
	return d.Action == policy.RequirePush && p.Password && within(p.SameLogin, d.Remember, now)
}

// within reports that a moment is known, and less than life ago.
func within(at time.Time, life time.Duration, now time.Time) bool {
	return !at.IsZero() && now.Sub(at) < life
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
	errChoice   = errors.New("no phone was chosen")
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
// verdict. It is pure. Only the lines of it with admit accept.
func conclude(d policy.Decision, p Proof, err error, m moment) Verdict {
	if err != nil {
		return Verdict{Reason: reasonOf(err)}
	}
	switch d.Action {
	case policy.Exempt:
		return admit(d, p, ExemptByRule, m)
	case policy.RequirePush:
		switch {
		case p.Answer.Outcome == Approved:
			return admit(d, p, ApprovedByPerson, m)
		case p.remembers(d, m.now) && p.Answer.Outcome == NoAnswer && !p.Answer.Pushed:
			return admit(d, p, Remembered, m)
		case p.Answer.Outage && p.Answer.Outcome == NoAnswer && !p.Answer.Pushed:
			return unasked(d, p, m)
		}
		return Verdict{Reason: reasonOfAnswer(p.Answer.Outcome)}
	case policy.Deny:
	}
	return Verdict{Reason: ReasonOf(d.Denial)}
}

// rejoin is the verdict of a further copy of a login that was let in: the same, where policy does not deny it meanwhile.
func rejoin(d policy.Decision, p Proof, before Verdict, m moment) Verdict {
	if d.Action == policy.Deny || before.Kind != Accept {
		return Verdict{Reason: ReasonOf(d.Denial)}
	}
	if !before.Until.IsZero() && (d.Until.IsZero() || before.Until.Before(d.Until)) {
		d.Until = before.Until // a fail mode may have ended meanwhile
	}
	return admit(d, p, before.Reason, m)
}

// unasked is the verdict of a login for which no phone rang since iVALT is out of reach: its rule's fail mode counts, behind a
// checked first factor alone.
func unasked(d policy.Decision, p Proof, m moment) Verdict {
	switch {
	case !p.Password:
	case d.Fail.Mode == policy.FailRemembered && within(p.SameStation, d.Fail.For, m.now):
		v := admit(d, p, Remembered, m)
		v.failMode = v.Kind == Accept
		return v
	case d.Fail.Mode == policy.FailOpen && m.now.Before(d.Fail.Until):
		if d.Until.IsZero() || d.Fail.Until.Before(d.Until) {
			d.Until = d.Fail.Until // the session ends with the mode
		}
		v := admit(d, p, ExemptByRule, m)
		v.failMode = v.Kind == Accept
		return v
	}
	return Verdict{Reason: Unavailable}
}

// admit accepts, unless the rule's hours or the NAS's patience are over. It is the one place where an Accept's attributes are gathered:
// the operator's, and behind them those of an upstream server whose names the operator does not set.
func admit(d policy.Decision, p Proof, why Reason, m moment) Verdict {
	if !d.Until.IsZero() && d.Until.Sub(m.now) < leastSession {
		return Verdict{Reason: OutsideHours}
	}
	if !m.now.Before(m.leaveBy) {
		return Verdict{Reason: PushTimeout}
	}
	return Verdict{Kind: Accept, Reason: why, Reply: judgement.Attributes(d.Reply, p.Reply), Until: d.Until, MSCHAP: p.MSCHAP}
}

// reasonOf maps what went wrong; an error that nobody foresaw is "unavailable".
func reasonOf(err error) Reason {
	var gate refusal
	switch {
	case errors.As(err, &gate):
		return gate.Reason
	case errors.Is(err, ErrUsername), errors.Is(err, errState), errors.Is(err, errChoice), errors.As(err, new(defect)):
		return BadRequest
	case errors.Is(err, ErrBadPassword):
		return BadPassword
	case errors.Is(err, ErrMisconfigured):
		return MisconfiguredReason
	case errors.Is(err, errBusy), errors.Is(err, ErrBusy):
		return Busy
	case errors.Is(err, errShutdown):
		return ShuttingDown
	}
	return Unavailable
}

// ReasonOf is the reason of a login that policy denies so.
func ReasonOf(d policy.Denial) Reason { return judgement.ReasonOf(d) }

// reasonOfAnswer maps what the phone said, where it did not approve.
func reasonOfAnswer(o Outcome) Reason { return o.Reason() }
