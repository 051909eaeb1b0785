package outcome

import (
	"time"

	"ivalt-radius/auth/identity"
)

// Push asks for one person's approval of one attempt.
type Push struct {
	Attempt        string
	Client         string
	CallingStation string
	User           identity.Username
	Person         identity.Person
	Number         string    // two digits that the phone shows
	Deadline       time.Time // when the verdict must leave; the pusher's last poll leaves 2 s before

	// LateCredit is how long after the deadline an approval is still looked for and kept, once, for the very same login; 0: not
	// at all. Renews names the earlier attempt of the very same login whose late approval counts for this one; empty: none.
	LateCredit time.Duration
	Renews     string

	Rings bool // it was begun at another node, or by an earlier process: it is asked for, and sent only where none has left yet
}

// Pusher has iVALT ask people. It is safe for concurrent use. Neither Begin nor Withdraw of what it gives may call into the Flow, which holds a lock
// meanwhile.
type Pusher interface {
	// Begin asks a person and returns at once. At most one push request that iVALT accepts is sent for it. p must
	// not change until the answer is there.
	Begin(p *Push) Asked
}
