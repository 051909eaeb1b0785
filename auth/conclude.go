package auth

import "ivalt-radius/auth/conclusion"

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
