package ivalt

import (
	"testing"
	"time"
)

func TestBackoff(t *testing.T) {
	for n, full := range map[int]time.Duration{0: leastPause, 1: leastPause, 2: 4 * time.Second, 3: 8 * time.Second, 4: mostPause, 1000: mostPause} {
		if got := backoff(n, 0); got != full {
			t.Errorf("%d: %s, want %s", n, got, full)
		}
		if got := backoff(n, 255); got < leastPause || got > full || (full > leastPause && got >= full) {
			t.Errorf("%d with jitter: %s", n, got)
		}
	}
}

func TestPhonesForget(t *testing.T) {
	p := phones{}
	p.of(mobile(t, testMobile)).holder = &login{}
	p.of(mobile(t, otherPhone))
	p.drop(mobile(t, testMobile))
	p.drop(mobile(t, otherPhone))
	if len(p) != 1 || p[mobile(t, testMobile)] == nil {
		t.Errorf("%d entries, want the one that says something", len(p))
	}
}

// TestSkewOfTruncatedTimes: a Date in whole seconds is as good as a finer time once there are enough of them.
func TestSkewOfTruncatedTimes(t *testing.T) {
	for _, ahead := range []time.Duration{0, 90 * time.Second, -3 * time.Second} {
		var k skew
		began := time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)
		for i := range skewSamples {
			left := began.Add(time.Duration(i) * 1111 * time.Millisecond)
			back := left.Add(200 * time.Millisecond)
			k.measure(left.Add(100*time.Millisecond+ahead).Truncate(time.Second), back, back.Sub(left))
			if i < skewSamples-1 && k.ahead() != 0 {
				t.Error("too little is known, and it counts")
			}
		}
		if got := k.ahead(); (got - ahead).Abs() > 200*time.Millisecond {
			t.Errorf("skew %v, want %v", got, ahead)
		}
		k.measure(began.Add(time.Hour), began, slowSample+1)
		k.measure(time.Time{}, began, 0)
		if k.count != skewSamples {
			t.Error("an answer that says nothing counts")
		}
	}
}
