package compliance

import (
	"maps"
	"slices"

	"ivalt-radius/audit/compliance"
	"ivalt-radius/config"
)

// guardOf is what the settings say of the gate and of the watch.
func guardOf(s *config.Settings) compliance.Guard {
	g := s.Guard
	out := compliance.Guard{
		LockoutAfter: g.Lockout.After, LockoutFor: g.Lockout.For, PushesPerUser: g.Pushes.PerUser, UnansweredAfter: g.Unanswered.After,
		Notifies: slices.Contains(g.Respond.High, "notify") && slices.Contains(g.Respond.Critical, "notify"),
	}
	thresholds := g.Detect.Thresholds()
	for _, rule := range slices.Sorted(maps.Keys(thresholds)) {
		if thresholds[rule].Count == 0 {
			out.Unwatched = append(out.Unwatched, rule)
		}
	}
	for _, n := range g.Notify {
		out.Receivers = append(out.Receivers, n.Name)
	}
	return out
}
