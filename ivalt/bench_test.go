package ivalt

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/sirupsen/logrus"

	"ivalt-radius/auth"
	"ivalt-radius/ivalt/gateway"
	"ivalt-radius/ivalt/ivalttest/gatewaytest"
	"ivalt-radius/state"
)

// pollsOfALogin is how many polls after the sentinel a login of the benchmark needs: with look-up, push and sentinel seven
// calls.
const pollsOfALogin = 4

// BenchmarkLogins runs many whole logins of seven calls at once (drain, push, sentinel, four polls) against a plain HTTP server in
// the process, beside the bare net/http client making as many calls in the same run. The server's CPU is in both figures.
// "Counted" has limits that are never reached, so that the budget and the price of polls are in the figure.
// One iteration is a crowd of logins and takes the ten seconds that the schedule takes; the figures that count are those a login.
func BenchmarkLogins(b *testing.B) {
	server := httptest.NewServer(http.HandlerFunc(newBenchCloud().serve))
	defer server.Close()
	wide := state.Limits{PerSecond: 1_000_000, PerMinute: 10_000_000, PerHour: 100_000_000}
	for _, c := range []struct {
		n      int
		limits state.Limits
	}{{100, state.Limits{}}, {1000, state.Limits{}}, {10_000, state.Limits{}}, {20_000, state.Limits{}}, {20_000, wide}} {
		name := fmt.Sprint(c.n)
		if c.limits != (state.Limits{}) {
			name += ", counted"
		}
		b.Run(name, func(b *testing.B) {
			used := cpu(b)
			var bytes uint64
			for b.Loop() {
				bytes = crowd(b, server.URL, c.n, c.limits)
			}
			used(c.n)
			b.ReportMetric(float64(bytes)/float64(c.n), "bytes/waiting-login")
		})
	}
	b.Run("bare net/http, 1000", func(b *testing.B) {
		client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: gateway.DefaultConnections}, Timeout: gateway.Timeout}
		defer client.CloseIdleConnections()
		used := cpu(b)
		for b.Loop() {
			for range 1000 * 7 {
				bare(b, client, server.URL+resultPath)
			}
		}
		used(1000)
	})
}

// crowd runs n logins and returns how much memory they hold while they wait, goroutines included.
func crowd(b *testing.B, url string, n int, limits state.Limits) uint64 {
	b.Helper()
	s := settings()
	s.API.URL, s.Limits = url, limits
	log := logrus.New()
	log.SetOutput(io.Discard)
	service, faults := New(s, Deps{Recorder: &notes{}, Log: log})
	if err := faults.Err(); err != nil {
		b.Fatal(err)
	}
	defer service.Close()
	before := held()
	var all sync.WaitGroup
	for i := range n {
		p := pushTo(b, "a", fmt.Sprintf("+49%02d%05d%05d", len(b.Name()), n, i)) // each crowd has its own phones
		all.Go(func() {
			if a := askAndWait(b.Context(), service, p); a.Outcome != auth.Approved {
				b.Errorf("%+v", a)
			}
		})
	}
	<-time.After(3 * time.Second)
	waiting := held()
	all.Wait()
	return waiting - min(waiting, before)
}

// held is the memory in use after a collection: heap and stacks.
func held() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc + m.StackInuse
}

// benchCloud approves at the last of a login's polls.
type benchCloud struct {
	mu    sync.Mutex
	polls map[string]int
}

func newBenchCloud() *benchCloud { return &benchCloud{polls: map[string]int{}} }

func (c *benchCloud) serve(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	w.Header().Set("Content-Type", "application/json")
	if r.URL.Path == pushPath {
		_, _ = io.WriteString(w, gatewaytest.Sent)
		return
	}
	number, _, _ := strings.Cut(strings.TrimPrefix(string(body), `{"mobile":"`), `"`)
	c.mu.Lock()
	c.polls[number]++
	n := c.polls[number]
	c.mu.Unlock()
	if n < 2+pollsOfALogin { // the drain and the sentinel come first
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, gatewaytest.Pending)
		return
	}
	_, _ = io.WriteString(w, gatewaytest.Approved(number))
}

func bare(b *testing.B, client *http.Client, url string) {
	b.Helper()
	req, err := http.NewRequestWithContext(b.Context(), http.MethodPost, url, strings.NewReader(`{"mobile":"`+otherPhone+`"}`))
	if err != nil {
		b.Fatal(err)
	}
	res, err := client.Do(req)
	if err != nil {
		b.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, res.Body)
	_ = res.Body.Close()
}

// cpu reports the process's CPU for each of the n logins of an iteration.
func cpu(b *testing.B) func(n int) {
	b.Helper()
	read := func() time.Duration {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			b.Fatal(err)
		}
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	before := read()
	return func(n int) {
		b.ReportMetric(float64((read()-before).Microseconds())/float64(n*b.N), "cpu-µs/login")
	}
}
