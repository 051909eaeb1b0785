package stage

import (
	"net/netip"

	"ivalt-radius/auth/identity"
	"ivalt-radius/auth/reason"
)

// Stage is how far a login has come when the gate is asked about it.
type Stage uint8

// The stages, in their order. Each is asked once for a login; a retry of one that waits is asked about at Entering alone.
const (
	Arriving   Stage = iota // its name is read, and nobody was asked yet
	Recognised              // the directory lists its person under another name
	Ringing                 // policy and first factor passed: a phone is about to ring
	Entering                // an Accept is about to leave
)

// Visit is a login as the gate sees it.
type Visit struct {
	Client  string
	User    identity.Username // the login's canonical name
	Person  string            // the name under which the directory lists its person; empty: not known, or the same
	Station string            // the calling station; empty: unknown
	From    netip.Addr        // Station parsed; the zero Addr where it is no address
}

// Admission is the gate's word. The zero Admission refuses, as unavailable.
type Admission struct {
	Open     bool
	Familiar bool          // the person was let in from this place before; counts at Arriving, since the first factor comes next
	Reason   reason.Reason // locked_out, blocked or rate_limited
	Detail   string        // safe words: which limit, and until when
	Asleep   bool          // nobody answered the person's phone several times: the NAS gets what on_push_timeout says
}

// RefusalError is a gate's word as the error that ends a login.
type RefusalError struct{ Admission }

func (r RefusalError) Error() string { return r.Detail }

// End is how a login ended that was let in at Arriving.
type End struct {
	Reason reason.Reason
	Guess  bool // a first factor was refused that a person may have typed
	Passed bool // a first factor was checked, and is right
	Pushed bool // a phone rang, or may have
}

// Gate stands before the logins. It is safe for concurrent use and waits for nothing.
type Gate interface {
	// Admit says whether a login may go on.
	Admit(v Visit, s Stage) Admission
	// Ended is told once of each login that was let in at Arriving. The zero End says no more than that it is checked: it turned out to be a
	// retry.
	Ended(v Visit, e End)
}
