package ivalt

import (
	"testing"
	"time"

	"ivalt-radius/ivalt/course"
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
	p := newPhones()
	e := p.of(mobile(t, testMobile), 0)
	if e.history(0) != course.Unseen || e.history(dirtyFor) != course.Clean {
		t.Error("history of a mobile that was never seen")
	}
	e.tainted = 2 * dirtyFor
	if e.history(dirtyFor) != course.Dirty {
		t.Error("a tainted mobile is not dirty")
	}
	p.of(mobile(t, otherPhone), 0)
	p.forget(dirtyFor)
	if len(p.known) != 1 {
		t.Errorf("%d entries, want the tainted one", len(p.known))
	}
	p.sweep = 1
	p.of(mobile(t, otherPhone), 3*dirtyFor)
	if len(p.known) != 1 || p.sweep != leastSweep {
		t.Errorf("%d entries, next sweep at %d", len(p.known), p.sweep)
	}
}
