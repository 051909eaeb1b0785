package gateway

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"ivalt-radius/ivalt/ivalttest/gatewaytest"
	"ivalt-radius/secret"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newTestClient(tb testing.TB, o Options) *Client {
	tb.Helper()
	o.APIKey = secret.New(testKey)
	c := New(o)
	tb.Cleanup(c.Retire)
	return c
}

// plain is the client of an HTTP server on loopback.
func plain(tb testing.TB, h http.HandlerFunc) *Client {
	tb.Helper()
	server := httptest.NewServer(h)
	tb.Cleanup(server.Close)
	return newTestClient(tb, Options{URL: server.URL + "/"})
}

// orderOf is a push to our mobile.
func orderOf(tb testing.TB) Order {
	tb.Helper()
	return Order{Mobile: ourMobile(tb), Label: "VPN"}
}

// bare is a result without what differs from call to call.
func bare(r Result) Result {
	r.RequestID, r.Clock, r.Path, r.Took = "", time.Time{}, "", 0
	return r
}

func answer(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

func TestCallsAsTheDialectWantsThem(t *testing.T) {
	var path string
	var fields map[string]string
	c := plain(t, func(w http.ResponseWriter, r *http.Request) {
		path, fields = r.URL.Path, nil
		if err := json.NewDecoder(r.Body).Decode(&fields); err != nil {
			t.Error(err)
		}
		for name, want := range map[string]string{"X-Api-Key": testKey, "Content-Type": "application/json", "Accept": "application/json", "Accept-Encoding": ""} {
			if got := r.Header.Get(name); got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
		if r.Method != http.MethodPost || r.URL.RawQuery != "" {
			t.Errorf("%s %s", r.Method, r.URL)
		}
		switch path {
		case lookUpPath:
			answer(w, 200, `{"data":{"details":{"mobile_with_country_code":"`+testMobile+`"}}}`)
		case pushPath:
			answer(w, 200, gatewaytest.Sent)
		default:
			answer(w, 403, gatewaytest.Fence)
		}
	})
	q := theQuestion(t)
	for _, tc := range []struct {
		path   string
		fields map[string]string
		do     func(context.Context) Result
		want   Result
	}{
		{lookUpPath, map[string]string{"email": `a"b@example.com`}, func(ctx context.Context) Result { return c.LookUp(ctx, `a"b@example.com`) }, Result{Class: Found, Status: 200, Mobile: q.Mobile}},
		{pushPath, map[string]string{"mobile": testMobile, "requestFrom": "VPN <gate>"}, func(ctx context.Context) Result { return c.Push(ctx, Order{Mobile: q.Mobile, Label: "VPN <gate>"}) }, Result{Class: Accepted, Status: 200, Activity: "7Vun"}},
		{resultPath, map[string]string{"mobile": testMobile}, func(ctx context.Context) Result { return c.Poll(ctx, q) }, Result{Class: Fence, Status: 403}},
	} {
		got := bare(tc.do(t.Context()))
		if got != tc.want || path != tc.path {
			t.Errorf("%s: %+v, want %+v from %s", path, got, tc.want, tc.path)
		}
		if diff := cmp.Diff(tc.fields, fields); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
}

func TestTLS(t *testing.T) {
	for _, tc := range []struct {
		name      string
		most      uint16
		strangers bool
		want      Class
	}{
		{"1.3", tls.VersionTLS13, false, Pending},
		{"1.2 is enough", tls.VersionTLS12, false, Pending},
		{"1.1 is not", tls.VersionTLS11, false, Failed},
		{"an unknown root", tls.VersionTLS13, true, Unsent},
	} {
		t.Run(tc.name, func(t *testing.T) {
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { answer(w, 404, gatewaytest.Pending) }))
			server.Config.ErrorLog = nil
			server.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tc.most} //nolint:gosec // the old server that is refused
			server.StartTLS()
			t.Cleanup(server.Close)
			roots := x509.NewCertPool()
			if !tc.strangers {
				roots.AddCert(server.Certificate())
			}
			c := newTestClient(t, Options{URL: server.URL, Roots: roots})
			if got := c.Poll(t.Context(), theQuestion(t)); got.Class != tc.want {
				t.Errorf("%s, want %s", got.Class, tc.want)
			}
		})
	}
}

func TestTransport(t *testing.T) {
	own := newTransport(Options{Connections: 7})
	if own.Proxy != nil || own.MaxConnsPerHost != 7 || !own.DisableCompression || !own.ForceAttemptHTTP2 {
		t.Errorf("%+v", own)
	}
}

func TestNobodyListens(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // a test's own port
	if err != nil {
		t.Fatal(err)
	}
	c := newTestClient(t, Options{URL: "http://" + listener.Addr().String()})
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	if got := c.Push(t.Context(), orderOf(t)); got.Class != Unsent || got.Resend || got.Why != NoListener || !strings.Contains(got.Cause, "connection refused") {
		t.Errorf("%+v", got)
	}
	if got := newTestClient(t, Options{URL: "http://a b"}).LookUp(t.Context(), "x"); got.Class != Unsent || got.Why != Broken || strings.Contains(got.Cause, "a b") {
		t.Errorf("an address that is none: %+v", got)
	}
}

func TestACallThatIsGivenUp(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	c := plain(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // from here on the server notices that the client has gone
		cancel()
		<-r.Context().Done()
	})
	if got := bare(c.Push(ctx, orderOf(t))); got != (Result{Class: Failed, Resend: true, Why: GivenUp}) {
		t.Errorf("%+v", got)
	}
}

func TestTheKeyFollowsNoRedirect(t *testing.T) {
	var elsewhere atomic.Int64
	thief := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	t.Cleanup(thief.Close)
	for _, status := range []int{301, 302, 303, 307, 308} {
		c := plain(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", thief.URL+r.URL.Path)
			w.WriteHeader(status)
		})
		if got := bare(c.Poll(t.Context(), theQuestion(t))); got != (Result{Class: BadKey, Status: status, Violation: OddStatus}) {
			t.Errorf("%d: %+v", status, got)
		}
	}
	if elsewhere.Load() != 0 {
		t.Error("a redirect was followed")
	}
}

func TestBodiesThatNobodyCanRead(t *testing.T) {
	full := gatewaytest.Approved(testMobile)
	for name, write := range map[string]func(w http.ResponseWriter){
		"huge": func(w http.ResponseWriter) {
			answer(w, 200, full+strings.Repeat(" ", mostBody))
		},
		"a page": func(w http.ResponseWriter) { _, _ = io.WriteString(w, "<html>"+full+"</html>") },
		"typed as text": func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, full)
		},
		"packed": func(w http.ResponseWriter) {
			w.Header().Set("Content-Encoding", "gzip")
			answer(w, 200, "\x1f\x8b"+full)
		},
		"cut": func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", "5000")
			answer(w, 200, full)
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := plain(t, func(w http.ResponseWriter, _ *http.Request) { write(w) })
			if got := c.Poll(t.Context(), theQuestion(t)); got.Class != Failed {
				t.Errorf("%s, want failed", got.Class)
			}
		})
	}
}

func TestRetiredClientsLetGo(t *testing.T) {
	c := plain(t, func(w http.ResponseWriter, _ *http.Request) { answer(w, 404, gatewaytest.Pending) })
	c.Retire()
	if got := c.Poll(t.Context(), theQuestion(t)); got.Class != Pending {
		t.Errorf("%+v", got)
	}
}

func TestSamePeople(t *testing.T) {
	o := Options{URL: "https://api.ivalt.com", APIKey: secret.New(testKey)}
	c, moved, rekeyed := New(o), o, o
	moved.URL, rekeyed.APIKey = "https://other.example", secret.New(strings.Repeat("k", 32))
	o.URL += "/"
	if !c.SamePeople(New(o)) || c.SamePeople(New(moved)) || c.SamePeople(New(rekeyed)) {
		t.Error("the address and the key make the customer, and nothing else")
	}
	if c.Realm() != New(o).Realm() || c.Realm() == New(moved).Realm() || c.Realm() == New(rekeyed).Realm() {
		t.Error("a realm is not that of the customer")
	}
}

// BenchmarkClassify is what reading one pending answer costs, the commonest there is.
func BenchmarkClassify(b *testing.B) {
	r := jsonAnswer(http.StatusNotFound, gatewaytest.Pending)
	q := theQuestion(b)
	b.ReportAllocs()
	for b.Loop() {
		if classifyResult(r, q, theTime()).Class != Pending {
			b.Fatal("not pending")
		}
	}
}
