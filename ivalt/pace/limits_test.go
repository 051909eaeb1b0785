package pace

import (
	"testing"

	"ivalt-radius/fault"
	"ivalt-radius/state"
)

// TestCheckLimits: a negative limit is a fault, one that no login fits into a warning, and 0 is unlimited.
func TestCheckLimits(t *testing.T) {
	for _, c := range []struct {
		limits       state.Limits
		fatal, warns int
	}{
		{state.Limits{}, 0, 0},
		{state.Limits{PerSecond: 20, PerMinute: 100, PerHour: 1000}, 0, 0},
		{state.Limits{PerSecond: -1, PerMinute: -1, PerHour: -1}, 3, 0},
		{state.Limits{PerSecond: 1, PerMinute: 1, PerHour: 1}, 0, 2},
	} {
		var faults fault.List
		CheckLimits(c.limits, &faults)
		if n := len(faults.Fatal()); n != c.fatal || len(faults)-n != c.warns {
			t.Errorf("%+v: %v", c.limits, faults)
		}
	}
}

// TestBackoffIsDrawn within its bounds.
func TestBackoffIsDrawn(t *testing.T) {
	for n := range 10 {
		if got := Backoff(n); got < leastPause || got > mostPause {
			t.Errorf("%d: %s", n, got)
		}
	}
}
