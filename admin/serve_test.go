package admin

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestHeaders stand on every answer, whatever it is.
func TestHeaders(t *testing.T) {
	s, _ := plain(t, func(mux *http.ServeMux) {
		mux.HandleFunc("GET /panics", func(http.ResponseWriter, *http.Request) { panic("cAnArY") })
	})
	ids := map[string]bool{}
	for path, want := range map[string]int{"/hello": 200, "/nowhere": 404, "/panics": 500} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			if method == http.MethodPost && want != 404 {
				want = http.StatusMethodNotAllowed
			}
			got := ask(t, s, method, path, func(r *http.Request) { r.Header.Set(RequestID, "mine") })
			if got.status != want {
				t.Errorf("%s %s: %d", method, path, got.status)
			}
			for key, value := range map[string]string{
				"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
					"form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
				"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cross-Origin-Opener-Policy": "same-origin",
				"Cross-Origin-Resource-Policy": "same-origin", "Cache-Control": "no-store", "Strict-Transport-Security": "",
			} {
				if got.header.Get(key) != value {
					t.Errorf("%s %s: %s is %q", method, path, key, got.header.Get(key))
				}
			}
			id := got.header.Get(RequestID)
			if len(id) != 16 || ids[id] {
				t.Errorf("the request's id is %q", id)
			}
			ids[id] = true
		}
	}
}

// TestHost: whoever has its own name lead here asks in vain.
func TestHost(t *testing.T) {
	s, _ := plain(t)
	port := ":" + strconv.Itoa(int(s.Addr().Port()))
	for host, want := range map[string]int{
		s.Addr().String(): 200, "127.0.0.1": 200, "[::1]" + port: 200, "[::1]": 200, "192.0.2.7:80": 200, "localhost" + port: 200, "LOCALHOST": 200,
		"radius.example": 200, "RADIUS.example" + port: 200, "radius.example.": 200,
		"evil.example": 421, "radius.example.evil.example": 421, "evil.example" + port: 421, "xradius.example": 421, "127.0.0.1.evil.example": 421,
		"localhost.evil.example": 421, "127.1": 421, "0x7f.1": 421,
	} {
		got := ask(t, s, http.MethodGet, "/hello", func(r *http.Request) { r.Host = host })
		if got.status != want || want == 421 && !strings.Contains(got.body, "admin.hosts") {
			t.Errorf("%s: %d %s", host, got.status, got.body)
		}
	}
	s.Adopt(Settings{Hosts: []string{"new.example"}})
	for host, want := range map[string]int{"radius.example": 421, "new.example": 200} {
		if got := ask(t, s, http.MethodGet, "/hello", func(r *http.Request) { r.Host = host }); got.status != want {
			t.Errorf("after the reload: %s: %d", host, got.status)
		}
	}
	if answer := raw(t, s, "GET /hello HTTP/1.0\r\n\r\n"); !strings.Contains(answer, "421 Misdirected Request") {
		t.Errorf("no host: %s", answer)
	}
}

// raw sends octets and reads the answer's first line.
func raw(t *testing.T, s *Server, text string) string {
	t.Helper()
	conn := dial(t, s)
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return line
}

func dial(t *testing.T, s *Server) net.Conn {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// TestPanic: the request is answered, the log has its kind and its functions, and nothing of the request.
func TestPanic(t *testing.T) {
	s, said := plain(t, func(mux *http.ServeMux) {
		mux.HandleFunc("GET /panics/{what}", func(_ http.ResponseWriter, r *http.Request) { panic(errors.New(r.PathValue("what"))) })
		mux.HandleFunc("GET /aborts", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	})
	got := ask(t, s, http.MethodGet, "/panics/cAnArY", nil)
	if got.status != 500 || !strings.Contains(got.body, got.header.Get(RequestID)) || strings.Contains(got.body, "cAnArY") {
		t.Errorf("%+v", got)
	}
	if log := said.String(); !strings.Contains(log, "panicked") || !strings.Contains(log, got.header.Get(RequestID)) ||
		!strings.Contains(log, "admin.TestPanic") || strings.Contains(log, "cAnArY") {
		t.Error(log)
	}
	before := said.String()
	conn := dial(t, s)
	_, _ = io.WriteString(conn, "GET /aborts HTTP/1.1\r\nHost: localhost\r\n\r\n")
	if answer, err := io.ReadAll(conn); err == nil && len(answer) > 0 || said.String() != before {
		t.Errorf("an answer that was to break: %q, %v, %s", answer, err, said)
	}
}

// TestBounds of what a peer may send.
func TestBounds(t *testing.T) {
	s, _ := plain(t, func(mux *http.ServeMux) {
		mux.HandleFunc("POST /body", func(w http.ResponseWriter, r *http.Request) {
			if _, err := io.ReadAll(r.Body); err != nil {
				http.Error(w, err.Error(), http.StatusRequestEntityTooLarge)
			}
		})
	})
	for size, want := range map[int]int{mostBody: 200, mostBody + 1: 413} {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://localhost/body", strings.NewReader(strings.Repeat("x", size))))
		if w.Code != want {
			t.Errorf("%d octets: %d", size, w.Code)
		}
	}
	if got := raw(t, s, "GET /hello HTTP/1.1\r\nHost: localhost\r\nX: "+strings.Repeat("x", 2*mostHeader)+"\r\n\r\n"); !strings.Contains(got, "431") {
		t.Errorf("a long header: %s", got)
	}
	s.requests.Store(mostRequests)
	if got := ask(t, s, http.MethodGet, "/hello", nil); got.status != 503 || s.requests.Load() != mostRequests {
		t.Errorf("one request too many: %d, %d", got.status, s.requests.Load())
	}
	for name, d := range map[string]time.Duration{
		"header": s.http.ReadHeaderTimeout, "read": s.http.ReadTimeout, "write": s.http.WriteTimeout, "idle": s.http.IdleTimeout,
	} {
		if d <= 0 || d > time.Minute {
			t.Errorf("the time-out %s is %s", name, d)
		}
	}
}

// TestConnections: those that are too many are ended, and make room when they go.
func TestConnections(t *testing.T) {
	b := &bounded{peers: map[netip.Addr]int{}}
	stranger, own := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("127.0.0.1")
	for i := range mostOfPeer + 1 {
		if got := b.enter(stranger); got != (i < mostOfPeer) {
			t.Fatalf("connection %d of a peer: %t", i+1, got)
		}
	}
	for i := range mostConnections - mostOfPeer + 1 {
		if got := b.enter(own); got != (i < mostConnections-mostOfPeer) {
			t.Fatalf("connection %d of this host: %t", i+1, got)
		}
	}
	b.leave(stranger)
	if !b.enter(own) || b.enter(own) {
		t.Error("one that went makes room for one")
	}
	for range mostOfPeer - 1 {
		b.leave(stranger)
	}
	if _, known := b.peers[stranger]; known {
		t.Error("a peer that is gone is remembered")
	}

	s, _ := plain(t)
	conns := make([]net.Conn, mostConnections)
	for i := range conns {
		conns[i] = dial(t, s)
	}
	extra := dial(t, s)
	if _, err := io.ReadAll(extra); err != nil && !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("one too many: %v", err)
	}
	for _, c := range conns {
		_ = c.Close()
	}
	for l, _ := s.listener.(*bounded); ; {
		l.mu.Lock()
		all := l.all
		l.mu.Unlock()
		if all == 0 {
			break
		}
	}
	if got := ask(t, s, http.MethodGet, "/hello", nil); got.status != 200 {
		t.Error(got)
	}
}

func TestPeers(t *testing.T) {
	for text, want := range map[string]string{
		"192.0.2.1:5": "192.0.2.1", "[::ffff:192.0.2.1]:5": "192.0.2.1", "[::1]:5": "::1", "[2001:db8:1:2:3::4]:5": "2001:db8:1:2::", "[fe80::1%lo]:5": "fe80::", "pipe": "invalid IP",
	} {
		if got := peerOf(peer{text}).String(); got != want {
			t.Errorf("%s is %s", text, got)
		}
	}
}

// peer is a connection from an address.
type peer struct{ text string }

func (p peer) RemoteAddr() net.Addr { return p }
func (peer) Network() string        { return "tcp" }
func (p peer) String() string       { return p.text }

func (peer) Read([]byte) (int, error)         { return 0, io.EOF }
func (peer) Write([]byte) (int, error)        { return 0, io.EOF }
func (peer) Close() error                     { return nil }
func (peer) LocalAddr() net.Addr              { return peer{} }
func (peer) SetDeadline(time.Time) error      { return nil }
func (peer) SetReadDeadline(time.Time) error  { return nil }
func (peer) SetWriteDeadline(time.Time) error { return nil }

// timed is an answer that notes the deadlines of its connection.
type timed struct {
	*httptest.ResponseRecorder

	read, write []time.Time
}

func (w *timed) SetReadDeadline(t time.Time) error  { w.read = append(w.read, t); return nil }
func (w *timed) SetWriteDeadline(t time.Time) error { w.write = append(w.write, t); return nil }

// TestStreamsHaveNoEnd but each of their writes has; the page's and the API's alike, and nothing beside them.
func TestStreamsHaveNoEnd(t *testing.T) {
	flushing := func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "data: 1\n\n")
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Error(err)
		}
	}
	s, _ := plain(t, func(mux *http.ServeMux) {
		mux.HandleFunc("GET /events/now", flushing)
		mux.HandleFunc("GET "+MachineStream, flushing)
		mux.HandleFunc("GET "+MachineStream+"/more", flushing)
	})
	for _, path := range []string{"/events/now", MachineStream} {
		w := &timed{ResponseRecorder: httptest.NewRecorder()}
		s.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost"+path, http.NoBody))
		if len(w.read) != 1 || !w.read[0].IsZero() || len(w.write) != 3 || !w.write[0].IsZero() {
			t.Fatalf("%s: %v %v", path, w.read, w.write)
		}
		for _, at := range w.write[1:] {
			if left := time.Until(at); left <= 0 || left > streamWithin {
				t.Errorf("%s: a write has %s", path, left)
			}
		}
	}
	for _, path := range []string{"/hello", MachineStream + "/more"} {
		w := &timed{ResponseRecorder: httptest.NewRecorder()}
		s.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost"+path, http.NoBody))
		if len(w.read)+len(w.write) != 0 {
			t.Errorf("%s: its time-outs were taken away", path)
		}
	}
}

// TestNoBodyIsAStream: what comes slowly has the end that every request has, also where streams are.
func TestNoBodyIsAStream(t *testing.T) {
	for name, c := range map[string]struct {
		path   string
		octets int64
		want   bool
	}{
		"a page's":       {Streams + "now", 0, true},
		"a machine's":    {MachineStream, 0, true},
		"with a body":    {Streams + "now", 1000, false},
		"of some length": {MachineStream, -1, false},
		"no stream":      {"/now", 0, false},
	} {
		limited := make(chan bool, 1)
		s := &Server{mux: http.NewServeMux()}
		s.adopt(Settings{})
		s.ended, s.end = context.WithCancel(t.Context())
		s.mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
			_, endless := w.(*slow)
			limited <- !endless
		})
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, c.path, strings.NewReader(""))
		r.Host, r.ContentLength = "localhost", c.octets
		s.ServeHTTP(httptest.NewRecorder(), r)
		if got := <-limited; got == c.want {
			t.Errorf("%s: limited is %v", name, got)
		}
		s.end()
	}
}

// TestCloseEndsStreams at once, and lets an answer that is on its way leave.
func TestCloseEndsStreams(t *testing.T) {
	begun, finish := make(chan string, 2), make(chan struct{})
	s, _ := plain(t, func(mux *http.ServeMux) {
		mux.HandleFunc("GET /events/now", func(w http.ResponseWriter, r *http.Request) {
			_ = http.NewResponseController(w).Flush()
			begun <- "stream"
			<-r.Context().Done()
			close(finish) // the other one goes on behind it
		})
		mux.HandleFunc("GET /slow", func(w http.ResponseWriter, r *http.Request) {
			begun <- "slow"
			<-finish
			if r.Context().Err() != nil {
				t.Error("an answer on its way was given up")
			}
			_, _ = io.WriteString(w, "whole")
		})
	})
	var all sync.WaitGroup
	all.Go(func() { ask(t, s, http.MethodGet, "/events/now", nil) })
	all.Go(func() {
		if got := ask(t, s, http.MethodGet, "/slow", nil); got.body != "whole" {
			t.Error(got)
		}
	})
	<-begun
	<-begun
	s.Close(context.Background())
	all.Wait()
	s.Close(context.Background())
	if _, err := net.DialTimeout("tcp", s.Addr().String(), time.Second); err == nil { //nolint:noctx // it fails at once
		t.Error("a closed server listens")
	}
}

// TestWhoGoesEndsAStream.
func TestWhoGoesEndsAStream(t *testing.T) {
	begun, ended := make(chan struct{}), make(chan struct{})
	s, _ := plain(t, func(mux *http.ServeMux) {
		mux.HandleFunc("GET /events/now", func(w http.ResponseWriter, r *http.Request) {
			_ = http.NewResponseController(w).Flush()
			close(begun)
			<-r.Context().Done()
			close(ended)
		})
	})
	conn := dial(t, s)
	_, _ = io.WriteString(conn, "GET /events/now HTTP/1.1\r\nHost: localhost\r\n\r\n")
	<-begun
	_ = conn.Close()
	<-ended
}

// TestWhereItListens: plain HTTP at loopback alone, and a port that is taken is told.
func TestWhereItListens(t *testing.T) {
	_, log := logged()
	for _, address := range []string{"0.0.0.0:0", "[::]:0", "192.0.2.1:0"} {
		s, err := Listen(t.Context(), Settings{Address: netip.MustParseAddrPort(address)}, Deps{Log: log, Now: time.Now})
		if err == nil {
			s.Close(t.Context())
			t.Errorf("plain HTTP at %s", address)
		}
		if !errors.Is(err, errPlain) {
			t.Error(err)
		}
	}
	s, _ := plain(t)
	if _, err := Listen(t.Context(), Settings{Address: s.Addr()}, Deps{Log: log, Now: time.Now}); !errors.Is(err, syscall.EADDRINUSE) || !strings.Contains(err.Error(), "listen.admin") {
		t.Error(err)
	}
	if _, ok := s.Expires(); ok {
		t.Error("plain HTTP has a certificate")
	}
}
