package main

import "ivalt-radius/config"

// auditSettings are those of the trail as they are now.
func (a *app) auditSettings() config.Audit { return a.inForce().Audit }
