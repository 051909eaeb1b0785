package main

import (
	"ivalt-radius/auth"
	"ivalt-radius/config"
)

// auditSettings are those of the trail as they are now.
func (a *app) auditSettings() config.Audit { return a.inForce().Audit }

// recorded is a gate that lets no phone ring in vain: while the trail cannot be written nobody is let in.
type recorded struct {
	auth.Gate

	failing func() error // why the trail cannot be written; nil: it can
}

// Admit implements auth.Gate.
func (r recorded) Admit(v auth.Visit, s auth.Stage) auth.Admission {
	if s == auth.Ringing && r.failing() != nil {
		return auth.Admission{Reason: auth.Unavailable, Detail: "the audit trail cannot be written, so no phone rings"}
	}
	return r.Gate.Admit(v, s)
}
