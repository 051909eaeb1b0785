package auth

import (
	"ivalt-radius/auth/conclusion"
	"ivalt-radius/auth/judgement"
	"ivalt-radius/policy"
)

//nolint:revive // these are the words of package conclusion
type (
	Verdict = conclusion.Verdict
	Proof   = conclusion.Proof
	moment  = conclusion.Moment
	defect  = conclusion.DefectError
)

// Errors that end a login.
var (
	errBusy      = conclusion.ErrBusy
	errShutdown  = conclusion.ErrShutdown
	errWithdrawn = conclusion.ErrWithdrawn
)

// ReasonOf is the reason of a login that policy denies so.
func ReasonOf(d policy.Denial) Reason { return judgement.ReasonOf(d) }
