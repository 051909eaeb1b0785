package ivalt

import (
	"net/http"
	"testing"
	"time"
)

func TestPause(t *testing.T) {
	now := theQuestion(t).now
	header := func(name, value string) http.Header {
		h := http.Header{}
		h.Set(name, value)
		return h
	}
	for _, tc := range []struct {
		name   string
		header http.Header
		body   string
		want   time.Duration
	}{
		{"nothing", nil, `{}`, 0},
		{"seconds", header("Retry-After", "7"), `{"retry_after":60}`, 7 * time.Second},
		{"a date", header("Retry-After", now.Add(9*time.Second).Format(http.TimeFormat)), `{}`, 9 * time.Second},
		{"a date gone by", header("Retry-After", now.Add(-9*time.Second).Format(http.TimeFormat)), `{}`, 0},
		{"body", nil, `{"retry_after":60}`, time.Minute},
		{"body, in the error", nil, `{"error":{"code":"RATE_LIMIT_EXCEEDED","retry_after":"60"}}`, time.Minute},
		{"reset in seconds", header("X-RateLimit-Reset", "30"), `{}`, 30 * time.Second},
		{"reset since 1970", header("X-RateLimit-Reset", "1794331725"), `{}`, 5 * time.Second},
		{"a day", header("Retry-After", "86400"), `{}`, askedPause},
		{"nonsense", header("Retry-After", "soon"), `{"retry_after":[1]}`, 0},
		{"negative", header("Retry-After", "-5"), `{"retry_after":-5}`, 0},
		{"no body", nil, `x`, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			doc, _ := parse([]byte(tc.body))
			if got := pause(tc.header, doc, now); got != tc.want {
				t.Errorf("%s, want %s", got, tc.want)
			}
		})
	}
}

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
	if b.holds(0) || b.saw(pending, 0) || b.saw(failed, 0) {
		t.Error("a new breaker is open")
	}
	if !b.saw(badKey, 0) || !b.holds(breakerPause-1) {
		t.Error("a refused key does not open it")
	}
	if b.saw(badKey, time.Second) || !b.holds(time.Second+breakerPause-1) || b.holds(time.Second+breakerPause) {
		t.Error("a second refusal does not lengthen it quietly")
	}
	b.leave()
	if !b.holds(time.Hour) {
		t.Error("more than one trial")
	}
	if b.saw(failed, time.Hour) || b.holds(time.Hour) {
		t.Error("a trial without an answer does not let the next one go")
	}
	b.leave()
	if b.saw(pending, time.Hour) || b.holds(time.Hour) || b.open {
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
