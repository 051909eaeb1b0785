package ivalt

import (
	"testing"
	"time"

	"ivalt-radius/ivalt/gateway"
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

func TestBreaker(t *testing.T) {
	var b breaker
	if b.holds(0) || b.saw(gateway.Pending, 0) || b.saw(gateway.Failed, 0) {
		t.Error("a new breaker is open")
	}
	if !b.saw(gateway.BadKey, 0) || !b.holds(breakerPause-1) {
		t.Error("a refused key does not open it")
	}
	if b.saw(gateway.BadKey, time.Second) || !b.holds(time.Second+breakerPause-1) || b.holds(time.Second+breakerPause) {
		t.Error("a second refusal does not lengthen it quietly")
	}
	b.leave()
	if !b.holds(time.Hour) {
		t.Error("more than one trial")
	}
	if b.saw(gateway.Failed, time.Hour) || b.holds(time.Hour) {
		t.Error("a trial without an answer does not let the next one go")
	}
	b.leave()
	if b.saw(gateway.Pending, time.Hour) || b.holds(time.Hour) || b.open {
		t.Error("an answer does not close it")
	}
}

func TestPhonesForget(t *testing.T) {
	p := newPhones()
	e := p.of(mobile(t, testMobile), 0)
	if e.history(0) != unseen || e.history(dirtyFor) != clean {
		t.Error("history of a mobile that was never seen")
	}
	e.tainted = 2 * dirtyFor
	if e.history(dirtyFor) != dirty {
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
