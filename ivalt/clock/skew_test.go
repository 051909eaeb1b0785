package clock

import (
	"testing"
	"time"
)

// TestSkewOfTruncatedTimes: a Date in whole seconds is as good as a finer time once there are enough of them.
func TestSkewOfTruncatedTimes(t *testing.T) {
	for _, ahead := range []time.Duration{0, 90 * time.Second, -3 * time.Second} {
		var k Skew
		began := time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)
		for i := range Samples {
			left := began.Add(time.Duration(i) * 1111 * time.Millisecond)
			back := left.Add(200 * time.Millisecond)
			k.Measure(left.Add(100*time.Millisecond+ahead).Truncate(time.Second), back, back.Sub(left))
			if i < Samples-1 && k.Ahead() != 0 {
				t.Error("too little is known, and it counts")
			}
		}
		if got := k.Ahead(); (got - ahead).Abs() > 200*time.Millisecond {
			t.Errorf("skew %v, want %v", got, ahead)
		}
		k.Measure(began.Add(time.Hour), began, slowSample+1)
		k.Measure(time.Time{}, began, 0)
		if k.count != Samples {
			t.Error("an answer that says nothing counts")
		}
	}
}
