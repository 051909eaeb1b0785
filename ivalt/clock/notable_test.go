package clock

import (
	"testing"
	"time"
)

// TestNotable: a clock that is far off is said once an hour.
func TestNotable(t *testing.T) {
	at := time.Date(2026, 11, 25, 9, 0, 0, 500e6, time.UTC)
	measured := func(ahead time.Duration) *Skew {
		k := &Skew{}
		for range Samples {
			k.Measure(at.Add(ahead+time.Millisecond), at, 0)
		}
		return k
	}
	if _, is := measured(NotableFrom - time.Second).Notable(0); is {
		t.Error("a small skew is said")
	}
	for _, ahead := range []time.Duration{NotableFrom + time.Second, -time.Hour} {
		k := measured(ahead)
		if got, is := k.Notable(0); !is || (got-ahead).Abs() > time.Second {
			t.Errorf("%v: %v, %v", ahead, got, is)
		}
		if _, is := k.Notable(skewRepeated - 1); is {
			t.Errorf("%v is said twice within the hour", ahead)
		}
		if _, is := k.Notable(skewRepeated); !is {
			t.Errorf("%v is said no more", ahead)
		}
	}
}
