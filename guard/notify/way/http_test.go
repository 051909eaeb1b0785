package way

import (
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ivalt-radius/secret"
)

// hmacByHand is RFC 2104 written out, for keys of at most 64 octets.
func hmacByHand(key, text string) string {
	var inner, outer [64]byte
	copy(inner[:], key)
	copy(outer[:], key)
	for i := range inner {
		inner[i] ^= 0x36
		outer[i] ^= 0x5c
	}
	first := sha256.Sum256(append(inner[:], text...))
	second := sha256.Sum256(append(outer[:], first[:]...))
	return hex.EncodeToString(second[:])
}

// TestWebhook: a receiver gets the notices once, signed so that it can tell with a shell.
func TestWebhook(t *testing.T) {
	var got *http.Request
	var body []byte
	server, ca := site(t, func(w http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
		w.WriteHeader(http.StatusAccepted)
	})
	w, err := New(hook(server.URL, ca))
	must(t, err)
	said, err := w.Send(t.Context(), []Notice{sample(), nasty()})
	must(t, err)
	noCanary(t, said)
	if said != "it answered 202" || got.Method != http.MethodPost || got.URL.Path != "/"+urlCanary || got.URL.RawQuery != "token="+queryCanary {
		t.Errorf("%q, %s %s", said, got.Method, got.URL)
	}
	at := got.Header.Get("X-IVALT-RADIUS-Timestamp")
	if want := "sha256=" + hmacByHand(signingCanary, at+"."+string(body)); got.Header.Get("X-IVALT-RADIUS-Signature") != want {
		t.Errorf("signed %s, want %s", got.Header.Get("X-IVALT-RADIUS-Signature"), want)
	}
	var seconds int64
	if _, err := fmt.Sscan(at, &seconds); err != nil || time.Since(time.Unix(seconds, 0)).Abs() > time.Minute {
		t.Errorf("time %q", at)
	}
	var read struct {
		Version int
		Notices []Notice
	}
	decoder := json.NewDecoder(strings.NewReader(string(body)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&read); err != nil || read.Version != 1 || len(read.Notices) != 2 || fmt.Sprint(read.Notices[0]) != fmt.Sprint(sample()) {
		t.Errorf("%v, %+v", err, read)
	}
	if id := got.Header.Get("X-IVALT-RADIUS-ID"); id != identity([]Notice{sample(), nasty()}) || id == identity([]Notice{sample()}) || len(id) != 32 {
		t.Errorf("id %q", id)
	}
}

// TestNotSigned without a secret: there is no signature that somebody might take for one.
func TestNotSigned(t *testing.T) {
	server, ca := site(t, func(_ http.ResponseWriter, r *http.Request) {
		if _, there := r.Header["X-Ivalt-Radius-Signature"]; there {
			t.Error("signed")
		}
	})
	s := hook(server.URL, ca)
	s.SigningSecret = secret.Secret{}
	w, err := New(s)
	must(t, err)
	_, err = w.Send(t.Context(), []Notice{sample()})
	must(t, err)
}

func TestAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		status    int
		header    string
		ok        bool
		permanent bool
		after     time.Duration
	}{
		"200":                  {200, "", true, false, 0},
		"204":                  {204, "", true, false, 0},
		"300":                  {300, "", false, false, 0},
		"400":                  {400, "10", false, true, 0},
		"401":                  {401, "", false, false, 0},
		"403":                  {403, "10", false, false, 0},
		"404":                  {404, "", false, false, 0},
		"413":                  {413, "", false, true, 0},
		"410":                  {410, "", false, true, 0},
		"408":                  {408, "", false, false, 0},
		"425":                  {425, "", false, false, 0},
		"429, seconds":         {429, "120", false, false, 2 * time.Minute},
		"429, too many":        {429, "4294967295", false, false, time.Hour},
		"429, beyond numbers":  {429, "99999999999999999999", false, false, 0},
		"429, below":           {429, "-5", false, false, 0},
		"429, in the past":     {429, "Thu, 01 Jan 1970 00:00:00 GMT", false, false, 0},
		"503, far in the time": {503, "Fri, 01 Jan 2100 00:00:00 GMT", false, false, time.Hour},
		"500":                  {500, "", false, false, 0},
		"502":                  {502, "soon", false, false, 0},
	} {
		t.Run(name, func(t *testing.T) {
			server, ca := site(t, func(w http.ResponseWriter, _ *http.Request) {
				if c.header != "" {
					w.Header().Set("Retry-After", c.header)
				}
				w.WriteHeader(c.status)
				if c.status != http.StatusNoContent {
					_, _ = io.WriteString(w, queryCanary+signingCanary)
				}
			})
			w, err := New(hook(server.URL, ca))
			must(t, err)
			said, err := w.Send(t.Context(), []Notice{sample()})
			noCanary(t, said)
			if c.ok {
				must(t, err)
				return
			}
			if e := failed(t, err); e.Permanent != c.permanent || e.After != c.after || !strings.Contains(e.What, fmt.Sprint(c.status)) {
				t.Errorf("%+v", e)
			}
		})
	}
}

// TestNoRedirectIsFollowed, wherever it leads: what a notice says is for the receiver alone.
func TestNoRedirectIsFollowed(t *testing.T) {
	var elsewhere atomic.Int32
	other, _ := site(t, func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) })
	for _, status := range []int{301, 302, 303, 307, 308} {
		server, ca := site(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other.URL+"/"+queryCanary, status) })
		for _, kind := range []string{Webhook, Slack} {
			s := hook(server.URL, ca)
			s.Kind = kind
			w, err := New(s)
			must(t, err)
			_, err = w.Send(t.Context(), []Notice{sample()})
			if e := failed(t, err); e.Permanent || !strings.Contains(e.What, "redirect") {
				t.Errorf("%+v", e)
			}
		}
	}
	if elsewhere.Load() > 0 {
		t.Errorf("%d notices went elsewhere", elsewhere.Load())
	}
}

// TestHostileServers: none holds us up, and none fills our memory.
func TestHostileServers(t *testing.T) {
	var octets atomic.Int64 // of the endless body
	for name, c := range map[string]struct {
		does func(w http.ResponseWriter, r *http.Request)
		want string // empty: taken
	}{
		"never answers": {func(_ http.ResponseWriter, r *http.Request) {
			<-r.Context().Done()
			panic(http.ErrAbortHandler) // to return would be an answer, which may just come in time
		}, "it does not answer in time"},
		"endless body": {func(w http.ResponseWriter, _ *http.Request) {
			for w != nil {
				n, err := w.Write(make([]byte, 1<<16))
				if octets.Add(int64(n)); err != nil {
					return
				}
			}
		}, ""},
		"endless body, slowly": {func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, "x")
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		}, ""},
		"endless headers": {func(w http.ResponseWriter, _ *http.Request) {
			for i := range 10000 {
				w.Header().Set(fmt.Sprintf("X-%d", i), queryCanary)
			}
		}, "the connection failed"},
		"no HTTP": {func(w http.ResponseWriter, r *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				_, _ = io.WriteString(conn, "220 "+r.URL.String()+"\r\n")
				_ = conn.Close()
			}
		}, "the connection failed"},
	} {
		t.Run(name, func(t *testing.T) {
			server, ca := site(t, func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body) // only then does a server see that its client is gone
				c.does(w, r)
			})
			w, err := New(hook(server.URL, ca))
			must(t, err)
			w.(webhook).poster.client.Timeout = time.Second
			_, err = w.Send(t.Context(), []Notice{sample()})
			if c.want == "" {
				must(t, err)
			} else if e := failed(t, err); e.What != c.want || e.Permanent {
				t.Errorf("%+v", e)
			}
		})
	}
	if n := octets.Load(); n == 0 || n > 16<<20 { // what is on the way counts too
		t.Errorf("%d octets of an endless body were taken", n)
	}
}

// TestTLS: nothing leaves for whoever is not the receiver.
func TestTLS(t *testing.T) {
	var heard atomic.Int32
	server, ca := site(t, func(http.ResponseWriter, *http.Request) { heard.Add(1) })
	old := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { heard.Add(1) }))
	old.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11} //nolint:gosec // what is refused
	old.StartTLS()
	defer old.Close()
	plain := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { heard.Add(1) }))
	defer plain.Close()
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	must(t, err)
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	// A label of more than 63 octets is no name, which no name server need be asked for.
	for name, c := range map[string]struct{ url, ca, want string }{
		"another authority": {server.URL, "", "its certificate is not accepted"},
		"another name":      {"https://localhost:" + port, ca, "its certificate is not accepted"},
		"TLS 1.1":           {old.URL, ca, "the TLS handshake failed"},
		"no TLS":            {strings.Replace(plain.URL, "http", "https", 1), ca, "the"},
		"nobody there":      {strings.Replace(closed.URL, "http", "https", 1), ca, "the connection is refused"},
		"no such name":      {"https://" + urlCanary + strings.Repeat("x", 64), ca, "its name is not known"},
	} {
		t.Run(name, func(t *testing.T) {
			w, err := New(hook(c.url, c.ca))
			must(t, err)
			_, err = w.Send(t.Context(), []Notice{sample()})
			if e := failed(t, err); e.Permanent || !strings.HasPrefix(e.What, c.want) {
				t.Errorf("%+v", e)
			}
		})
	}
	if heard.Load() > 0 {
		t.Errorf("%d notices went to somebody else", heard.Load())
	}
}

// TestWhereAPosterGoes: no proxy of the environment is asked, and plain HTTP leaves this host by no name.
func TestWhereAPosterGoes(t *testing.T) {
	at, err := endpoint(secret.New("https://hooks.example.com/x"))
	must(t, err)
	if transport, ok := newPoster(at, nil).client.Transport.(*http.Transport); !ok || transport.Proxy != nil {
		t.Error("a proxy would be asked")
	}
	for address, ok := range map[string]bool{"127.0.0.1:80": true, "[::1]:80": true, "[::ffff:127.0.0.2]:80": true, "192.0.2.1:80": false, "[2001:db8::1]:80": false, "x": false} {
		if err := loopbackAlone("tcp", address, nil); (err == nil) != ok {
			t.Errorf("%s: %v", address, err)
		}
	}
	plain := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }))
	defer plain.Close()
	w, err := New(hook(plain.URL, ""))
	must(t, err)
	_, err = w.Send(t.Context(), []Notice{sample()})
	must(t, err)
	_, port, err := net.SplitHostPort(plain.Listener.Addr().String())
	must(t, err)
	elsewhere := newPoster(&url.URL{Scheme: "http", Host: "0.0.0.0:" + port}, nil) // which leads here, and is no loopback address
	_, err = elsewhere.post(t.Context(), nil, nil)
	if e := failed(t, err); e.What != errNotLoopback.Error() {
		t.Errorf("%+v", e)
	}
}
