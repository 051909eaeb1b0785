package gateway

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"ivalt-radius/ivalt/ivalttest/gatewaytest"
	"ivalt-radius/secret"
)

const proxyPassword = "hush-0123456789"

// tunnel is a proxy that lets everybody through who knows the password.
func tunnel(tunnels *sync.WaitGroup) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		want := httptest.NewRequest(http.MethodGet, "/", http.NoBody) //nolint:noctx // it makes the header alone
		want.SetBasicAuth("me", proxyPassword)
		if r.Header.Get("Proxy-Authorization") != want.Header.Get("Authorization") {
			w.WriteHeader(http.StatusProxyAuthRequired)
			return
		}
		if r.Method != http.MethodConnect || r.Header.Get("X-Api-Key") != "" {
			w.WriteHeader(http.StatusTeapot)
			return
		}
		there, err := net.Dial("tcp", r.Host) //nolint:noctx,gosec // the test names the address
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		here, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			_ = there.Close()
			return
		}
		_, _ = io.WriteString(here, "HTTP/1.1 200 OK\r\n\r\n")
		for _, way := range [][2]net.Conn{{here, there}, {there, here}} {
			tunnels.Go(func() {
				_, _ = io.Copy(way[0], way[1])
				_, _ = way[0].Close(), way[1].Close()
			})
		}
	}
}

// TestProxy goes through a proxy to a pinned server, and meets every way in which the proxy fails.
func TestProxy(t *testing.T) {
	var calls atomic.Int64
	var tunnels sync.WaitGroup
	t.Cleanup(tunnels.Wait)
	server, roots := secured(t, func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		if r.Header.Get("Proxy-Authorization") != "" {
			t.Error("iVALT hears the proxy's password")
		}
		answer(w, 404, gatewaytest.Pending)
	}, func(s *httptest.Server) { s.EnableHTTP2 = true })
	open := httptest.NewServer(tunnel(&tunnels))
	t.Cleanup(open.Close)
	sealed, _ := secured(t, tunnel(&tunnels), asItIs)
	roots.AddCert(sealed.Certificate())
	foreign, _ := secured(t, tunnel(&tunnels), func(s *httptest.Server) { s.TLS.MinVersion, s.TLS.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 })
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	as := func(base, user, password string) string {
		u, err := url.Parse(base)
		if err != nil {
			t.Fatal(err)
		}
		u.User = url.UserPassword(user, password)
		return u.String()
	}
	for _, tc := range []struct {
		name, url, proxy string
		class            Class
		why              Why
		cause            string
	}{
		{"in the clear to the proxy", server.URL, as(open.URL, "me", proxyPassword), Pending, Answered, ""},
		{"through TLS to the proxy", server.URL, as(sealed.URL, "me", proxyPassword), Pending, Answered, ""},
		{"wrong password", server.URL, as(open.URL, "me", proxyPassword+"x"), Unsent, ProxyRefused, "status 407 to CONNECT"},
		{"the proxy finds nobody", gone.URL[:4] + "s" + gone.URL[4:], as(open.URL, "me", proxyPassword), Unsent, ProxyRefused, "status 502 to CONNECT"},
		{"no proxy there", server.URL, as(gone.URL, "me", proxyPassword), Unsent, NoProxy, "connection refused"},
		{"a proxy of old TLS", server.URL, as(foreign.URL, "me", proxyPassword), Unsent, NoProxy, "protocol version"},
		{"a proxy without a name", server.URL, "http://me:" + proxyPassword + "@proxy.invalid", Unsent, NoProxy, "proxy.invalid"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			before := calls.Load()
			c := newTestClient(t, Options{
				URL: tc.url, Roots: roots, Proxy: secret.New(tc.proxy), Pins: []Pin{pinOf(server.Certificate())},
			})
			got := c.Poll(t.Context(), theQuestion(t))
			if got.Class != tc.class || got.Why != tc.why || !strings.Contains(got.Cause, tc.cause) || strings.Contains(got.Cause, proxyPassword) {
				t.Errorf("%+v", got)
			}
			if through := calls.Load() != before; through != (tc.class == Pending) {
				t.Errorf("a request arrived: %v", through)
			}
		})
	}
}

// TestTheEnvironmentNamesNoProxy: neither where a proxy is set nor where none is.
func TestTheEnvironmentNamesNoProxy(t *testing.T) {
	t.Setenv("HTTPS_PROXY", "http://127.0.0.1:1")
	t.Setenv("NO_PROXY", "*")
	to := &http.Request{URL: &url.URL{Scheme: "https", Host: "api.example"}}
	if own := newTransport(Options{}); own.Proxy != nil {
		t.Error("a proxy, though none is set")
	}
	got, err := newTransport(Options{Proxy: secret.New("http://proxy.example")}).Proxy(to)
	if err != nil || got.String() != "http://proxy.example:80" {
		t.Errorf("%v, %v", got, err)
	}
}
