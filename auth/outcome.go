package auth

import "ivalt-radius/auth/outcome"

// Outcome is what became of a push: a closed list whose zero value is no approval.
type Outcome = outcome.Outcome

// The outcomes.
const (
	NoAnswer      = outcome.NoAnswer
	Approved      = outcome.Approved
	Denied        = outcome.Denied
	TimedOut      = outcome.TimedOut
	OutsideFence  = outcome.OutsideFence
	OutsideTime   = outcome.OutsideTime
	NotEnrolled   = outcome.NotEnrolled
	Collided      = outcome.Collided
	Stale         = outcome.Stale
	NoBudget      = outcome.NoBudget
	Throttled     = outcome.Throttled
	Misconfigured = outcome.Misconfigured
	Withdrawn     = outcome.Withdrawn
	Stopping      = outcome.Stopping
	Elsewhere     = outcome.Elsewhere
)

// Answer is what the phone said. The zero Answer is no approval.
type Answer = outcome.Answer
