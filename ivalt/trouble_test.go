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
