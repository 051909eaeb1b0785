package auth

import "ivalt-radius/auth/reason"

// Reason is why a login ended as it did. The zero Reason is "unavailable", which rejects.
type Reason = reason.Reason

// The reasons.
const (
	Unavailable         = reason.Unavailable
	ApprovedByPerson    = reason.Approved
	Remembered          = reason.Remembered
	ExemptByRule        = reason.Exempt
	Challenged          = reason.Challenged
	PushDenied          = reason.PushDenied
	PushTimeout         = reason.PushTimeout
	Geofence            = reason.Geofence
	Timezone            = reason.Timezone
	OutsideHours        = reason.OutsideHours
	NetworkDenied       = reason.NetworkDenied
	PolicyDenied        = reason.PolicyDenied
	UnknownUser         = reason.UnknownUser
	BadPassword         = reason.BadPassword
	LockedOut           = reason.LockedOut
	Blocked             = reason.Blocked
	RateLimited         = reason.RateLimited
	Collision           = reason.Collision
	StaleApproval       = reason.StaleApproval
	Busy                = reason.Busy
	MisconfiguredReason = reason.Misconfigured
	BadRequest          = reason.BadRequest
	ShuttingDown        = reason.ShuttingDown
)

// Kind is the verdict's RADIUS answer. The zero Kind rejects.
type Kind = reason.Kind

// The kinds.
const (
	Reject    = reason.Reject
	Accept    = reason.Accept
	Challenge = reason.Challenge
)
