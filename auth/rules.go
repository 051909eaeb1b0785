package auth

import (
	"time"

	"ivalt-radius/policy"
)

// Rules are what a reload swaps, with the clients that carry them. A login keeps the Rules that it began with. They are never
// changed.
type Rules struct {
	Policy      Decider
	Directory   Directory
	Primaries   map[policy.Factor]Primary // what no rule and no client names need not be here
	MaxAttempts int                       // logins that may wait at once; more are `busy`

	// Waits says that the directory or a first factor other than NoPrimary asks the network, or the processor for long: then none is
	// asked on the caller's own goroutine, and what they take is bounded. DirectoryWaits says it of the directory: then no login opens there.
	Waits, DirectoryWaits bool

	// LateCredit is how long after its deadline a login's approval still counts for the very same login: where a first factor was
	// checked and the calling station is known, and where either is missing. 0: not at all.
	LateCredit, InsecureLateCredit time.Duration

	// ChallengeFor is how long a login may take over all its challenges, from its first packet; never less than the NAS waits for one
	// answer.
	ChallengeFor time.Duration

	// Rewrite makes the name that counts of the canonical one (auth/rewrite); nil changes nothing.
	Rewrite func(Username) (Username, error)

	// Enrolment is the operator's sentence for a person whom iVALT does not know: it stands in the Reply-Message, behind a
	// checked first factor alone. Empty: none.
	Enrolment string
}
