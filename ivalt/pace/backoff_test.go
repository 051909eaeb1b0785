package pace

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
