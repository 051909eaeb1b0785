package detect

import (
	"strings"
	"testing"
	"time"

	"ivalt-radius/guard"
	"ivalt-radius/guard/watch"
)

// TestMeasure: nothing is missed and alerts come, so that what is measured is the work itself.
func TestMeasure(t *testing.T) {
	s := watch.Settings{SlowFrom: time.Second, Thresholds: map[guard.Rule]watch.Threshold{
		guard.BruteForce: {Count: 5, Window: time.Minute}, guard.PushRefused: {Count: 1, Window: time.Minute}, guard.FailedLogins: {Count: 10, Window: time.Minute},
	}}
	r := Measure(t.Context(), s, 10_000)
	if r.Missed != 0 || r.Alerts == 0 || r.PerSecond <= 0 || r.See <= 0 || r.Ratio() <= 0 {
		t.Errorf("%+v", r)
	}
	if !strings.Contains(r.String(), " x |") {
		t.Errorf("%s", r)
	}
	t.Logf("%+v", r)
}
