//go:build soak

package soak_test

import (
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/test/blackbox"
)

// weather knows when iVALT was well: what a login must become is known then alone.
type weather struct {
	site    *blackbox.Site
	rng     *rand.Rand
	siem    *receiver
	chat    *webhook
	counts  map[string]int
	mu      sync.Mutex
	foulFor bool // something is wrong now
	changed time.Time
}

// fairSince reports that iVALT was well at the moment, and has been since.
func (w *weather) fairSince(moment time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return !w.foulFor && w.changed.Before(moment)
}

func (w *weather) turn(foul bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.foulFor, w.changed = foul, time.Now()
}

// trouble is one thing that happens. The foul ones keep logins from going as they otherwise would.
type trouble struct {
	name string
	foul bool
	play func(t *testing.T, w *weather)
}

func troubles() []trouble {
	all := []trouble{
		{"iVALT down and back", true, func(t *testing.T, w *weather) {
			t.Helper()
			w.site.StopCloud()
			passes(w.moment(2*time.Second, 8*time.Second))
			w.site.StartCloud(t)
		}},
		{"a storm of SIGHUP", false, func(_ *testing.T, w *weather) {
			for range 20 {
				w.site.Server.Signal(syscall.SIGHUP)
				passes(w.moment(time.Millisecond, 60*time.Millisecond))
			}
		}},
		{"a reload that is refused", false, func(t *testing.T, w *weather) {
			t.Helper()
			good, err := os.ReadFile(w.site.Config())
			if err != nil {
				t.Error(err)
				return
			}
			bad := strings.Replace(string(good), "reject_delay:", "reject_delay_: 1s\nreject_delay:", 1)
			_ = os.WriteFile(w.site.Config(), []byte(bad), 0o600) //nolint:gosec // a folder of the test
			w.site.Server.Signal(syscall.SIGHUP)
			passes(2 * time.Second)
			_ = os.WriteFile(w.site.Config(), good, 0o600) //nolint:gosec // a folder of the test
			w.site.Server.Signal(syscall.SIGHUP)
		}},
		{"receivers that hang", false, func(_ *testing.T, w *weather) {
			w.siem.is(stuck)
			w.chat.is(stuck)
			passes(w.moment(5*time.Second, 15*time.Second))
			w.siem.is(well)
			w.chat.is(well)
		}},
		{"receivers that hang up", false, func(_ *testing.T, w *weather) {
			w.siem.is(rude)
			w.chat.is(rude)
			passes(w.moment(5*time.Second, 15*time.Second))
			w.siem.is(well)
			w.chat.is(well)
		}},
	}
	for _, kind := range []ivalttest.FaultKind{
		ivalttest.Slow, ivalttest.ServerError, ivalttest.Closed, ivalttest.Stall, ivalttest.HTML200, ivalttest.TruncatedJSON, ivalttest.Throttled, "gzip-bomb", "stall-body",
	} {
		all = append(all, trouble{"iVALT: " + string(kind), true, func(t *testing.T, w *weather) {
			t.Helper()
			if err := w.site.Cloud.Inject(ivalttest.Fault{Kind: kind, Delay: 3 * time.Second}); err != nil {
				t.Error(err)
			}
			passes(w.moment(3*time.Second, 10*time.Second))
			w.site.Cloud.ClearFaults()
		}})
	}
	return all
}

func (w *weather) moment(least, most time.Duration) time.Duration {
	return least + time.Duration(w.rng.Int64N(int64(most-least)))
}

// blow has one trouble after the other, each in every round, until told to stop; it ends in fair weather.
func (w *weather) blow(t *testing.T, stop <-chan struct{}) {
	t.Helper()
	for {
		all := troubles()
		w.rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		for _, x := range all {
			if !pause(stop, w.moment(10*time.Second, 25*time.Second)) {
				return
			}
			w.counts[x.name]++
			if x.foul {
				w.turn(true)
			}
			x.play(t, w)
			if x.foul {
				w.clear(t, stop)
				w.turn(false)
			}
		}
	}
}

// clear waits until the server knows that iVALT is well again: for ten seconds in a row, since what was asked in the foul weather may fail later.
func (w *weather) clear(t *testing.T, stop <-chan struct{}) {
	t.Helper()
	const looks, enough = 60, 5
	inARow := 0
	for range looks {
		if !pause(stop, 2*time.Second) {
			return
		}
		inARow++
		if w.held(t) {
			inARow = 0
		}
		if inARow == enough {
			return
		}
	}
	t.Error("iVALT has been well for two minutes, and its breaker or its budget is still held")
}

// held reports that the server asks iVALT nothing for now, or that it cannot be asked itself.
func (w *weather) held(t *testing.T) bool {
	t.Helper()
	figures, err := scrape(t, w.site)
	held := err != nil
	for series, v := range figures {
		ofIVALT := strings.HasPrefix(series, "ivalt_radius_ivalt_breaker_state") || series == "ivalt_radius_ivalt_budget_held_seconds"
		held = held || ofIVALT && v > 0 && !strings.Contains(series, `state="closed"`)
	}
	return held
}

// mood is how a receiver is.
type mood int

const (
	well  mood = iota // reads all
	stuck             // reads nothing
	rude              // hangs up
)

// receiver takes shipped records over TCP.
type receiver struct {
	listener net.Listener
	mu       sync.Mutex
	mood     mood
	turned   chan struct{} // closed with every change
	octets   int
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &receiver{listener: listener, turned: make(chan struct{})}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go r.serve(conn)
		}
	}()
	return r
}

func (r *receiver) is(m mood) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mood = m
	close(r.turned)
	r.turned = make(chan struct{})
}

func (r *receiver) now() (mood, <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.mood, r.turned
}

func (r *receiver) serve(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	buffer := make([]byte, 4096)
	for {
		m, turned := r.now()
		switch m {
		case rude:
			return
		case stuck:
			<-turned
			continue
		case well:
		}
		_ = conn.SetReadDeadline(time.Now().Add(time.Second))
		n, err := conn.Read(buffer)
		r.mu.Lock()
		r.octets += n
		r.mu.Unlock()
		if err != nil && !os.IsTimeout(err) {
			return
		}
	}
}

// webhook takes notices.
type webhook struct {
	server *httptest.Server
	state  *receiver // its mood alone
}

func newWebhook(t *testing.T) *webhook {
	t.Helper()
	h := &webhook{state: &receiver{turned: make(chan struct{})}}
	h.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch m, turned := h.state.now(); m {
		case rude:
			w.WriteHeader(http.StatusInternalServerError)
		case stuck:
			select {
			case <-turned:
			case <-r.Context().Done():
			}
		case well:
		}
	}))
	t.Cleanup(h.server.Close)
	return h
}

func (h *webhook) is(m mood) { h.state.is(m) }
