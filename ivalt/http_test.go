package ivalt

import (
	"bufio"
	"crypto/tls"
	"encoding/json"
	"encoding/pem"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/sirupsen/logrus"

	"ivalt-radius/auth"
)

// start starts a service that speaks to a real server; the push's verdict must leave soon, so that a test is short.
func start(t *testing.T, s Settings) *Service {
	t.Helper()
	quiet := logrus.New()
	quiet.SetOutput(io.Discard)
	service, faults := New(s, Deps{Recorder: &notes{}, Log: quiet})
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(service.Close)
	return service
}

// pushNow asks with a service whose process counts as old enough to push without a drain.
func pushNow(t *testing.T, s *Service) auth.Answer {
	t.Helper()
	s.scheduler.mu.Lock()
	s.scheduler.began = s.scheduler.began.Add(-dirtyFor)
	s.scheduler.mu.Unlock()
	return askAndWait(t.Context(), s, pushTo(t, "a1", testMobile))
}

// tlsServer starts an HTTPS server; the settings reach it.
func tlsServer(t *testing.T, h http.HandlerFunc, change func(*tls.Config)) Settings {
	t.Helper()
	server := httptest.NewUnstartedServer(h)
	server.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	change(server.TLS)
	server.StartTLS()
	t.Cleanup(server.Close)
	s := settings()
	s.API.URL = server.URL
	s.API.CAFile = filepath.Join(t.TempDir(), "ca.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(s.API.CAFile, block, 0o600); err != nil {
		t.Fatal(err)
	}
	return s
}

func jsonOut(w http.ResponseWriter, r reply) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(r.status)
	_, _ = io.WriteString(w, r.body)
}

func TestRequestsAsTheDialectWantsThem(t *testing.T) {
	type want struct {
		fields map[string]string
		answer reply
	}
	wants := map[string]want{
		lookUpPath: {
			map[string]string{"email": "ada@example.com"},
			reply{status: 200, body: `{"data":{"details":{"mobile_with_country_code":"` + testMobile + `"}}}`},
		},
		pushPath:   {map[string]string{"mobile": testMobile, "requestFrom": "VPN gate 203.0.113.7"}, sent()},
		resultPath: {map[string]string{"mobile": testMobile}, outside()},
	}
	var seen atomic.Int64
	s := tlsServer(t, func(w http.ResponseWriter, r *http.Request) {
		seen.Add(1)
		checkHeader(t, r)
		var fields map[string]string
		if err := json.NewDecoder(r.Body).Decode(&fields); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(wants[r.URL.Path].fields, fields); diff != "" {
			t.Errorf("%s (-want +got):\n%s", r.URL, diff)
		}
		jsonOut(w, wants[r.URL.Path].answer)
	}, func(*tls.Config) {})
	service := start(t, s)
	p := byEmail(t, "a1", "ada@example.com")
	if a := askAndWait(t.Context(), service, p); a.Outcome != auth.OutsideFence || a.Mobile != mobile(t, testMobile) {
		t.Errorf("%+v", a)
	}
	if n := seen.Load(); n != 4 {
		t.Errorf("%d requests, want look-up, drain, push, sentinel", n)
	}
}

func checkHeader(t *testing.T, r *http.Request) {
	t.Helper()
	for name, want := range map[string]string{"X-Api-Key": testKey, "Content-Type": "application/json", "Accept": "application/json", "Accept-Encoding": ""} {
		if got := r.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if r.Method != http.MethodPost || r.URL.RawQuery != "" {
		t.Errorf("%s %s", r.Method, r.URL)
	}
}

func TestTLS(t *testing.T) {
	answer := func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == pushPath {
			jsonOut(w, sent())
			return
		}
		jsonOut(w, offHours())
	}
	t.Run("1.2 is enough", func(t *testing.T) {
		s := tlsServer(t, answer, func(c *tls.Config) { c.MaxVersion = tls.VersionTLS12 })
		if a := pushNow(t, start(t, s)); a.Outcome != auth.OutsideTime {
			t.Errorf("%+v", a)
		}
	})
	t.Run("1.1 is not", func(t *testing.T) {
		s := tlsServer(t, answer, func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 })
		s.ApprovalTimeout = time.Second
		if a := pushNow(t, start(t, s)); a.Outcome != auth.NoAnswer {
			t.Errorf("%+v", a)
		}
	})
	t.Run("an unknown root", func(t *testing.T) {
		s := tlsServer(t, answer, func(*tls.Config) {})
		s.API.CAFile = ""
		if a := pushNow(t, start(t, s)); a.Outcome != auth.NoAnswer || a.Pushed {
			t.Errorf("%+v", a)
		}
	})
}

func TestNobodyListens(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // a test's own port
	if err != nil {
		t.Fatal(err)
	}
	s := settings()
	s.API.URL = "http://" + listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	if a := pushNow(t, start(t, s)); a.Outcome != auth.NoAnswer || a.Pushed {
		t.Errorf("%+v", a)
	}
}

// plain is an HTTP server on loopback.
func plain(tb testing.TB, h http.HandlerFunc) Settings {
	tb.Helper()
	server := httptest.NewServer(h)
	tb.Cleanup(server.Close)
	s := settings()
	s.API.URL = server.URL
	return s
}

func TestTheKeyFollowsNoRedirect(t *testing.T) {
	var elsewhere atomic.Int64
	thief := plain(t, func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) })
	for _, status := range []int{301, 302, 303, 307, 308} {
		s := plain(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", thief.API.URL+r.URL.Path)
			w.WriteHeader(status)
		})
		if a := pushNow(t, start(t, s)); a.Outcome != auth.Misconfigured {
			t.Errorf("%d: %+v", status, a)
		}
	}
	if elsewhere.Load() != 0 {
		t.Error("a redirect was followed")
	}
}

// TestAServerThatHangsUp reads a push over a kept connection and closes it: the push must not be sent again by itself.
func TestAServerThatHangsUp(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // a test's own port
	if err != nil {
		t.Fatal(err)
	}
	var pushes atomic.Int64
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			all.Go(func() { hangUp(conn, &pushes) })
		}
	})
	s := settings()
	s.API.URL = "http://" + listener.Addr().String()
	s.ApprovalTimeout = 2 * time.Second
	service := start(t, s)
	p := pushTo(t, "a1", testMobile) // a young process: the drain makes the kept connection
	if a := askAndWait(t.Context(), service, p); a.Outcome == auth.Approved || !a.Pushed {
		t.Errorf("%+v", a)
	}
	if n := pushes.Load(); n != 1 {
		t.Errorf("%d pushes", n)
	}
	service.Close()
	if err := listener.Close(); err != nil {
		t.Error(err)
	}
	all.Wait()
}

// hangUp answers polls, and closes the connection on a push.
func hangUp(conn net.Conn, pushes *atomic.Int64) {
	defer func() { _ = conn.Close() }()
	in := bufio.NewReader(conn)
	for {
		req, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, req.Body)
		if req.URL.Path == pushPath {
			pushes.Add(1)
			return
		}
		_, _ = io.WriteString(conn, "HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")
	}
}

func TestConnectionsAreKeptAndBounded(t *testing.T) {
	const bound, logins = 4, 60
	var busy, most, conns atomic.Int64
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		most.Store(max(most.Load(), busy.Add(1)))
		defer busy.Add(-1)
		if r.URL.Path == pushPath {
			jsonOut(w, sent())
			return
		}
		jsonOut(w, outside())
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			conns.Add(1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	s := settings()
	s.API.URL, s.API.Connections = server.URL, bound
	service := start(t, s)
	var all sync.WaitGroup
	for i := range logins {
		p := pushTo(t, "a", "+491511234"+string(rune('0'+i/10))+string(rune('0'+i%10)))
		all.Go(func() {
			if a := askAndWait(t.Context(), service, p); a.Outcome != auth.OutsideFence {
				t.Errorf("%+v", a)
			}
		})
	}
	all.Wait()
	// A connection that ended is followed by another, so what was opened is no measure of the bound, but it is one of keeping them.
	if most.Load() > bound || conns.Load() > logins/2 {
		t.Errorf("%d calls at once, want at most %d; %d connections for %d logins", most.Load(), bound, conns.Load(), logins)
	}
}
