package watching

import (
	"ivalt-radius/config"
	"ivalt-radius/guard"
	"ivalt-radius/guard/watch"
)

// Settings are `guard.detect` as package watch understands them.
func Settings(s *config.Settings) watch.Settings {
	d := &s.Guard.Detect
	out := watch.Settings{Thresholds: map[guard.Rule]watch.Threshold{}, SlowFrom: d.APISlowFrom}
	for rule, t := range map[guard.Rule]config.Threshold{
		guard.BruteForce: d.BruteForce, guard.PasswordSpray: d.PasswordSpray, guard.APIAbuse: d.APIAbuse, guard.SuspiciousSource: d.SuspiciousSource,
		guard.PushBombing: d.PushBombing, guard.BombedApproval: d.BombedApproval, guard.PushRefused: d.PushRefused, guard.Collisions: d.Collisions,
		guard.UnknownClient: d.UnknownClient, guard.SpoofedClient: d.SpoofedClient, guard.MessageAuthenticator: d.MessageAuthenticator,
		guard.GeofenceProbing: d.GeofenceProbing, guard.TimeProbing: d.TimeProbing, guard.ClockJump: d.ClockJump, guard.TrailTampered: d.TrailTampered,
		guard.FailedLogins: d.FailedLogins, guard.APIErrors: d.APIErrors, guard.APISlow: d.APISlow,
	} {
		out.Thresholds[rule] = watch.Threshold{Count: t.Count, Window: t.Window}
	}
	return out
}
