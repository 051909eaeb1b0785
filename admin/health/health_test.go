package health

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"ivalt-radius/admin/view"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// says is a probe that says always the same.
func says(name, note string) Probe {
	return Probe{Name: name, Look: func(context.Context) (bool, string) { return true, note }}
}

func fails(name, note string) Probe {
	return Probe{Name: name, Look: func(context.Context) (bool, string) { return false, note }}
}

// TestOncePerSecond: however many ask, each thing is looked at once a second.
func TestOncePerSecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var looks atomic.Int64
		c := New(time.Now, Probe{Name: "a", Look: func(context.Context) (bool, string) { looks.Add(1); return true, "" }})
		ask := func() {
			var all sync.WaitGroup
			for range 50 {
				all.Go(func() { c.Now(t.Context()) })
			}
			all.Wait()
		}
		ask()
		if looks.Load() != 1 {
			t.Errorf("%d looks at once", looks.Load())
		}
		time.Sleep(fresh - time.Millisecond) //nolint:forbidigo // the bubble's clock
		ask()
		if looks.Load() != 1 {
			t.Errorf("%d looks within a second", looks.Load())
		}
		time.Sleep(time.Millisecond) //nolint:forbidigo // the bubble's clock
		ask()
		if looks.Load() != 2 {
			t.Errorf("%d looks after a second", looks.Load())
		}
	})
}

// TestWhatHangs fails in time, is not looked at again while it hangs, and is well when it comes back.
func TestWhatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		free := make(chan struct{})
		var looks atomic.Int64
		c := New(time.Now, says("well", "fine"), Probe{Name: "hangs", Look: func(context.Context) (bool, string) {
			looks.Add(1)
			<-free
			return true, "back"
		}})
		begun := time.Now()
		checks := c.Now(t.Context())
		if time.Since(begun) != within || OK(checks) || !checks[0].OK || !strings.Contains(checks[1].Note, "hangs") {
			t.Errorf("after %s: %v", time.Since(begun), checks)
		}
		time.Sleep(5 * time.Second) //nolint:forbidigo // the bubble's clock
		begun = time.Now()
		checks = c.Now(t.Context())
		if time.Since(begun) != 0 || looks.Load() != 1 || checks[1].Note != "hangs: nothing came back for 6 s" {
			t.Errorf("after %s, %d looks: %v", time.Since(begun), looks.Load(), checks)
		}
		close(free)
		time.Sleep(2 * time.Second) //nolint:forbidigo // the bubble's clock
		if checks = c.Now(t.Context()); !OK(checks) || checks[1].Note != "back" {
			t.Error(checks)
		}
	})
}

// TestWhoeverWillNotWait gets what was known.
func TestWhoeverWillNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		free := make(chan struct{})
		c := New(time.Now, Probe{Name: "a", Look: func(context.Context) (bool, string) { <-free; return true, "" }})
		go c.Now(context.Background())
		synctest.Wait()
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		if checks := c.Now(gone); checks != nil {
			t.Error(checks)
		}
		close(free)
		synctest.Wait()
		c.turn <- struct{}{} // somebody looks
		if checks := c.Now(gone); len(checks) != 1 || !checks[0].OK {
			t.Error(checks)
		}
	})
}

// TestNotesAreSafe: a panic, what steers a terminal and what is long come to nothing.
func TestNotesAreSafe(t *testing.T) {
	c := New(time.Now,
		Probe{Name: "panics", Look: func(context.Context) (bool, string) { panic("cAnArY") }},
		says("steers", "a\x1b[2Jb\nc\xff"), fails("long", strings.Repeat("ü", 300)))
	got := c.Now(t.Context())
	want := []view.Check{
		{Name: "panics", Note: "cannot be looked at: this is a defect of ivalt-radius, please report it"},
		{Name: "steers", OK: true, Note: "a?[2Jb; c?"},
		{Name: "long", Note: strings.Repeat("ü", 100) + "..."},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"panics", "long"}, Failed(got)); diff != "" {
		t.Error(diff)
	}
	var none *Checker
	if none.Now(t.Context()) != nil || !OK(nil) || new(Checker).Now(t.Context()) != nil {
		t.Error("no probes are no failure")
	}
}

func TestServed(t *testing.T) {
	well, ill := New(time.Now, says("sockets", "2 of 2 are read")), New(time.Now, says("sockets", "2 of 2 are read"), fails("ivalt", "push fails"))
	both := func(*http.Request) bool { return true }
	for _, c := range []struct {
		title, path, accept string
		health              Health
		status              int
		body                string
	}{
		{"alive", "/healthz", "", Health{Alive: well}, 200, "ok\n"},
		{"alive, no loop", "/healthz", "", Health{}, 200, "ok\n"},
		{"alive, to a stranger, as JSON", "/healthz?format=json", "", Health{Alive: well}, 200, `{"ok":true,"checks":[{"name":"sockets","ok":true,"note":""}]}` + "\n"},
		{"not alive, to a stranger", "/healthz", "", Health{Alive: ill}, 503, "not alive\nsockets        ok\nivalt          FAILED\n"},
		{"not alive", "/healthz", "", Health{Alive: ill, Trusted: both}, 503, "not alive\nsockets        ok     2 of 2 are read\nivalt          FAILED push fails\n"},
		{"ready", "/readyz", "", Health{Ready: well, Trusted: both}, 200, "ready\nsockets        ok     2 of 2 are read\n"},
		{"ready, to a stranger", "/readyz", "", Health{Ready: well}, 200, "ready\nsockets        ok\n"},
		{"not ready, to a stranger", "/readyz", "", Health{Ready: ill}, 503, "not ready\nsockets        ok\nivalt          FAILED\n"},
		{"not ready, to a stranger, as JSON", "/readyz", "application/json", Health{Ready: ill}, 503, `{"ok":false,"checks":[{"name":"sockets","ok":true,"note":""},{"name":"ivalt","ok":false,"note":""}]}` + "\n"},
		{"not ready, as JSON", "/readyz?format=json", "", Health{Ready: ill, Trusted: both}, 503, `{"ok":false,"checks":[{"name":"sockets","ok":true,"note":"2 of 2 are read"},{"name":"ivalt","ok":false,"note":"push fails"}]}` + "\n"},
		{"trusted by nobody's word", "/readyz", "", Health{Ready: ill, Trusted: func(*http.Request) bool { return false }}, 503, "not ready\nsockets        ok\nivalt          FAILED\n"},
	} {
		t.Run(c.title, func(t *testing.T) {
			mux := http.NewServeMux()
			c.health.Handle(mux)
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, c.path, http.NoBody)
			if c.accept != "" {
				r.Header.Set("Accept", c.accept)
			}
			w := httptest.NewRecorder()
			mux.ServeHTTP(w, r)
			if diff := cmp.Diff(c.body, w.Body.String()); w.Code != c.status || diff != "" {
				t.Errorf("%d %s", w.Code, diff)
			}
		})
	}
}

// TestServedChecksAreNotShared: that a stranger reads no note takes it from nobody else.
func TestServedChecksAreNotShared(t *testing.T) {
	c := New(time.Now, says("a", "note"))
	h, mux := Health{Ready: c}, http.NewServeMux()
	h.Handle(mux)
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/readyz?format=json", http.NoBody))
	var a Answer
	if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil || a.Checks[0].Note != "" || c.Now(t.Context())[0].Note != "note" {
		t.Errorf("%v %v %v", err, a, c.Now(t.Context()))
	}
}

func TestPulse(t *testing.T) {
	var p Pulse
	at := time.Unix(1000, 0)
	if p.Waits(at) != 0 {
		t.Error("waits for nothing")
	}
	p.Begin(at)
	p.Begin(at.Add(time.Second))
	if got := p.Waits(at.Add(3 * time.Second)); got != 3*time.Second {
		t.Error(got)
	}
	if p.Waits(at.Add(-time.Hour)) != 0 {
		t.Error("a clock that goes back makes it wait")
	}
	p.Answered()
	if p.Waits(at.Add(time.Hour)) != 0 {
		t.Error("waits for what was answered")
	}
}
