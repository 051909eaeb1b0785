package gateway

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"ivalt-radius/ivalt/ivalttest/gatewaytest"
	"ivalt-radius/secret/secrettest"
)

// secured starts a TLS server that h answers for; change bends it before it starts. The pool trusts it.
func secured(tb testing.TB, h http.HandlerFunc, change func(*httptest.Server)) (*httptest.Server, *x509.CertPool) {
	tb.Helper()
	server := httptest.NewUnstartedServer(h)
	server.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	change(server)
	server.StartTLS()
	tb.Cleanup(server.Close)
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	return server, roots
}

func asItIs(*httptest.Server) {}

func pinOf(c *x509.Certificate) Pin { return sha256.Sum256(c.RawSubjectPublicKeyInfo) }

// TestPins: also, a handshake that is right tells when the certificate ends; one that is refused tells nothing.
func TestPins(t *testing.T) {
	decoy := secrettest.New(t, &x509.Certificate{}, nil)
	var calls atomic.Int64
	server, roots := secured(t, func(w http.ResponseWriter, _ *http.Request) {
		calls.Add(1)
		answer(w, 404, gatewaytest.Pending)
	}, asItIs)
	server.TLS.Certificates[0].Certificate = append(server.TLS.Certificates[0].Certificate, decoy.Raw)
	ours := pinOf(server.Certificate())
	for _, tc := range []struct {
		name  string
		roots *x509.CertPool
		pins  []Pin
		class Class
		why   Why
	}{
		{"no pin", roots, nil, Pending, Answered},
		{"its key", roots, []Pin{ours}, Pending, Answered},
		{"one of two", roots, []Pin{{1}, ours}, Pending, Answered},
		{"another key", roots, []Pin{{1}}, Unsent, Unpinned},
		{"a key that is sent along but vouches for nothing", roots, []Pin{pinOf(decoy.Certificate)}, Unsent, Unpinned},
		{"its key, but nobody trusts it", x509.NewCertPool(), []Pin{ours}, Unsent, Untrusted},
	} {
		t.Run(tc.name, func(t *testing.T) {
			before := calls.Load()
			var ends atomic.Int64
			want := int64(0)
			if tc.class == Pending {
				want = server.Certificate().NotAfter.Unix()
			}
			c := newTestClient(t, Options{URL: server.URL, Roots: tc.roots, Pins: tc.pins, Ends: &ends})
			if got := c.Poll(t.Context(), theQuestion(t)); got.Class != tc.class || got.Why != tc.why || got.Resend {
				t.Errorf("%+v", got)
			}
			if left := calls.Load() != before; left != (tc.class == Pending) {
				t.Errorf("a request arrived: %v", left)
			}
			if ends.Load() != want {
				t.Errorf("the certificate ends at %d, want %d", ends.Load(), want)
			}
		})
	}
}

func TestWeakCiphersAreRefused(t *testing.T) {
	for _, suite := range []uint16{tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, tls.TLS_RSA_WITH_AES_128_GCM_SHA256} {
		server, roots := secured(t, func(w http.ResponseWriter, _ *http.Request) { answer(w, 404, gatewaytest.Pending) }, func(s *httptest.Server) {
			s.TLS.MaxVersion, s.TLS.CipherSuites = tls.VersionTLS12, []uint16{suite}
		})
		c := newTestClient(t, Options{URL: server.URL, Roots: roots})
		if got := c.Poll(t.Context(), theQuestion(t)); got.Class != Failed || got.Why != NoTLS {
			t.Errorf("%s: %+v", tls.CipherSuiteName(suite), got)
		}
	}
}

func TestOwnRootsAlone(t *testing.T) {
	server, roots := secured(t, func(http.ResponseWriter, *http.Request) {}, asItIs)
	s := sound()
	s.CAFile, s.OwnRoots = filepath.Join(t.TempDir(), "ca.pem"), true
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(s.CAFile, block, 0o600); err != nil {
		t.Fatal(err)
	}
	o, faults := s.Options()
	if len(faults) > 0 || !o.Roots.Equal(roots) {
		t.Errorf("other roots are trusted: %v", faults)
	}
	all, err := x509.SystemCertPool()
	if err != nil {
		t.Fatal(err)
	}
	all.AddCert(server.Certificate())
	s.OwnRoots = false
	if o, _ := s.Options(); !o.Roots.Equal(all) {
		t.Error("the system's roots are not trusted beside")
	}
}

func TestPinsAreRead(t *testing.T) {
	text := "sha256/" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", 32)))
	s := sound()
	s.Pins = []string{text, text}
	o, faults := s.Options()
	if len(faults) > 0 || len(o.Pins) != 2 || string(o.Pins[0][:]) != strings.Repeat("k", 32) {
		t.Errorf("%v, %v", o.Pins, faults)
	}
}
