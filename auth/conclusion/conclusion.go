package conclusion

import (
	"errors"
	"time"

	"ivalt-radius/auth/approvals"
	"ivalt-radius/auth/asking"
	"ivalt-radius/auth/credential"
	"ivalt-radius/auth/identity"
	"ivalt-radius/auth/judgement"
	"ivalt-radius/auth/outcome"
	"ivalt-radius/auth/reason"
	"ivalt-radius/auth/stage"
	"ivalt-radius/policy"
)

// Verdict is a login's end. The zero Verdict rejects as unavailable.
type Verdict struct {
	Kind    reason.Kind
	Reason  reason.Reason
	Silent  bool                     // nothing goes on the wire (on_push_timeout: silence, or no new attempt while draining)
	Reply   []policy.Attribute       // for the Access-Accept
	Until   time.Time                // the session must end by then (Session-Timeout, computed at the answer); zero: no end
	MSCHAP  credential.MSCHAPSuccess // for the Access-Accept to an MS-CHAPv2 login
	Message string                   // Reply-Message in place of the reason's sentence; empty: that sentence
	State   string                   // of an Access-Challenge
	Attempt string                   // the attempt's identifier, for logs

	// Left says that the login goes on in the process that takes this one's place: it is answered there. Silent too.
	Left bool

	FailMode bool // an Accept for which iVALT could not be asked
}

// Proof is what was shown for a login. The zero Proof shows nothing.
type Proof struct {
	Password bool           // a first factor was really checked
	Answer   outcome.Answer // what the phone said

	SameLogin   time.Time // the last approval of this client, person, calling station and password; zero: none
	SameStation time.Time // the last approval of this person at this calling station; zero: none

	Reply  []policy.Attribute // an upstream server's
	MSCHAP credential.MSCHAPSuccess

	As     approvals.Approval // what this login is remembered as; without a station: as nothing
	Whose  string             // by whose name
	Phones []approvals.Digest // that the person has
}

// Remembers reports that an earlier approval counts, so that no phone need ring.
func (p Proof) Remembers(d policy.Decision, now time.Time) bool {
	return d.Action == policy.RequirePush && p.Password && within(p.SameLogin, d.Remember, now)
}

// within reports that a time is known, and less than life ago.
func within(at time.Time, life time.Duration, now time.Time) bool {
	return !at.IsZero() && now.Sub(at) < life
}

// Factors lists what was shown, in the words of the log.
func (p Proof) Factors() []string {
	var factors []string
	if p.Password {
		factors = append(factors, "password")
	}
	if p.Answer.Outcome == outcome.Approved {
		factors = append(factors, "push")
	}
	return factors
}

// Moment is when a verdict is made, and by when it must leave.
type Moment struct {
	Now     time.Time
	LeaveBy time.Time // answer_within less one second, from the attempt's first packet
}

// Errors that end a login before its proof, and the reason each one has.
var (
	ErrState    = errors.New("the State belongs to no open challenge")
	ErrBusy     = errors.New("too many logins are waiting: max_attempts")
	ErrShutdown = errors.New("the server is stopping")
	ErrChoice   = errors.New("no phone was chosen")
	ErrTrail    = errors.New("the audit trail cannot be written")

	ErrNoRules = errors.New("the client has no rules")
	ErrPanic   = errors.New("the login panicked")

	ErrWithdrawn = errors.New("the NAS reused the identifier for another login before this one ended")
)

// DefectError is why a packet can only be rejected.
type DefectError string

func (d DefectError) Error() string { return string(d) }

// leastSession is the shortest session worth granting; below it the login counts as outside its hours.
const leastSession = time.Second

// Conclude is the only home of fail modes: from what policy decided, what was proven and what went wrong, it makes the
// verdict. It is pure. Only the lines of it with admit accept.
func Conclude(d policy.Decision, p Proof, err error, m Moment) Verdict {
	if err != nil {
		return Verdict{Reason: ReasonOf(err)}
	}
	switch d.Action {
	case policy.Exempt:
		return admit(d, p, reason.Exempt, m)
	case policy.RequirePush:
		switch {
		case p.Answer.Outcome == outcome.Approved:
			return admit(d, p, reason.Approved, m)
		case p.Remembers(d, m.Now) && p.Answer.Outcome == outcome.NoAnswer && !p.Answer.Pushed:
			return admit(d, p, reason.Remembered, m)
		case p.Answer.Outage && p.Answer.Outcome == outcome.NoAnswer && !p.Answer.Pushed:
			return unasked(d, p, m)
		}
		return Verdict{Reason: p.Answer.Outcome.Reason()}
	case policy.Deny:
	}
	return Verdict{Reason: judgement.ReasonOf(d.Denial)}
}

// Rejoin is the verdict of a further copy of a login that was let in: the same, where policy does not deny it meanwhile.
func Rejoin(d policy.Decision, p Proof, before Verdict, m Moment) Verdict {
	if d.Action == policy.Deny || before.Kind != reason.Accept {
		return Verdict{Reason: judgement.ReasonOf(d.Denial)}
	}
	if !before.Until.IsZero() && (d.Until.IsZero() || before.Until.Before(d.Until)) {
		d.Until = before.Until // a fail mode may have ended meanwhile
	}
	return admit(d, p, before.Reason, m)
}

// unasked is the verdict of a login for which no phone rang since iVALT is out of reach: its rule's fail mode counts, behind a
// checked first factor alone.
func unasked(d policy.Decision, p Proof, m Moment) Verdict {
	switch {
	case !p.Password:
	case d.Fail.Mode == policy.FailRemembered && within(p.SameStation, d.Fail.For, m.Now):
		v := admit(d, p, reason.Remembered, m)
		v.FailMode = v.Kind == reason.Accept
		return v
	case d.Fail.Mode == policy.FailOpen && m.Now.Before(d.Fail.Until):
		if d.Until.IsZero() || d.Fail.Until.Before(d.Until) {
			d.Until = d.Fail.Until // the session ends with the mode
		}
		v := admit(d, p, reason.Exempt, m)
		v.FailMode = v.Kind == reason.Accept
		return v
	}
	return Verdict{Reason: reason.Unavailable}
}

// admit accepts, unless the rule's hours or the NAS's patience are over. It is the one place where an Accept's attributes are gathered:
// the operator's, and behind them those of an upstream server whose names the operator does not set.
func admit(d policy.Decision, p Proof, why reason.Reason, m Moment) Verdict {
	if !d.Until.IsZero() && d.Until.Sub(m.Now) < leastSession {
		return Verdict{Reason: reason.OutsideHours}
	}
	if !m.Now.Before(m.LeaveBy) {
		return Verdict{Reason: reason.PushTimeout}
	}
	return Verdict{Kind: reason.Accept, Reason: why, Reply: judgement.Attributes(d.Reply, p.Reply), Until: d.Until, MSCHAP: p.MSCHAP}
}

// ReasonOf maps what went wrong; an error that nobody foresaw is "unavailable".
func ReasonOf(err error) reason.Reason {
	var gate stage.RefusalError
	switch {
	case errors.As(err, &gate):
		return gate.Reason
	case errors.Is(err, identity.ErrUsername), errors.Is(err, ErrState), errors.Is(err, ErrChoice), errors.As(err, new(DefectError)):
		return reason.BadRequest
	case errors.Is(err, asking.ErrBadPassword):
		return reason.BadPassword
	case errors.Is(err, asking.ErrMisconfigured):
		return reason.Misconfigured
	case errors.Is(err, ErrBusy), errors.Is(err, asking.ErrBusy):
		return reason.Busy
	case errors.Is(err, ErrShutdown):
		return reason.ShuttingDown
	}
	return reason.Unavailable
}
