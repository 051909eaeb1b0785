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
	for rule, t := range d.Thresholds() {
		out.Thresholds[guard.Rule(rule)] = watch.Threshold(t)
	}
	return out
}
