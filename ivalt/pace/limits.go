package pace

import (
	"ivalt-radius/fault"
	"ivalt-radius/ivalt/course"
	"ivalt-radius/state"
)

// CheckLimits says what is wrong with the limits of the API.
func CheckLimits(l state.Limits, faults *fault.List) {
	for _, limit := range []struct {
		key   string
		value int
	}{
		{"per_second", l.PerSecond}, {"per_minute", l.PerMinute}, {"per_hour", l.PerHour},
	} {
		if limit.value < 0 {
			faults.Add("ivalt.limits."+limit.key, "must not be negative; 0 is unlimited")
		}
	}
	for _, limit := range []struct {
		key   string
		value int
	}{{"per_minute", l.PerMinute}, {"per_hour", l.PerHour}} {
		if limit.value > 0 && limit.value < 2*course.LeastCalls {
			faults.Warn("ivalt.limits."+limit.key, "below %d hardly one login at a time can be asked", 2*course.LeastCalls)
		}
	}
}
