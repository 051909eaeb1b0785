package admin

import (
	"crypto/tls"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// clock is a clock that a test sets.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }
func (c *clock) wait(d time.Duration) {
	c.ahead.Add(int64(d))
}

// shown is when the certificate that a handshake shows expires.
func shown(t *testing.T, s *Server) time.Time {
	t.Helper()
	conn, err := (&tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true}}).DialContext(t.Context(), "tcp", s.Addr().String()) //nolint:gosec // to look at it
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	c, _ := conn.(*tls.Conn)
	return c.ConnectionState().PeerCertificates[0].NotAfter
}

// day is a midnight to come.
func day(n int) time.Time { return time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, n+1) }

// TestCertificate is read again when its files have changed, at most each 10 s; a broken one changes nothing, and is said once.
func TestCertificate(t *testing.T) {
	dir := t.TempDir()
	settings := certify(t, dir, day(1), "first.example")
	said, log := logged()
	now := &clock{}
	s, err := Listen(t.Context(), settings, Deps{Parts: []func(*http.ServeMux){hello}, Log: log, Now: now.now})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close(t.Context())
	expect := func(step string, want time.Time) {
		t.Helper()
		if got := shown(t, s); !got.Equal(want) {
			t.Errorf("%s: the certificate expires at %s, want %s", step, got, want)
		}
		if got, ok := s.Expires(); !ok || !got.Equal(want) {
			t.Errorf("%s: it is said to expire at %s", step, got)
		}
	}
	expect("at the start", day(1))
	certify(t, dir, day(2), "second.example")
	expect("at once", day(1))
	now.wait(lookEvery)
	expect("after 10 s", day(2))
	if !strings.Contains(said.String(), "new certificate") {
		t.Error(said)
	}
	if err := os.WriteFile(settings.Key, []byte("cAnArY"), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		now.wait(lookEvery)
		expect("broken", day(2))
	}
	if n := strings.Count(said.String(), "cannot be used"); n != 1 || strings.Contains(said.String(), "cAnArY") {
		t.Errorf("%d times: %s", n, said)
	}
	if err := os.Remove(settings.Key); err != nil {
		t.Fatal(err)
	}
	now.wait(lookEvery)
	expect("gone", day(2))
	other := certify(t, t.TempDir(), day(3), "third.example")
	s.Adopt(other)
	expect("another one, by reload", day(3))
	certify(t, filepath.Dir(other.Certificate), day(4), "fourth.example")
	s.Adopt(other)
	expect("the same files, by reload, at once", day(4))
}

// TestTLS: the certificate's names are hosts, HSTS is there, and what is older than TLS 1.2 is refused.
func TestTLS(t *testing.T) {
	_, log := logged()
	s := window(t, certify(t, t.TempDir(), day(1), "window.example", "*.pool.example"), log, hello)
	for host, want := range map[string]int{"window.example": 200, "a.pool.example": 200, "a.b.pool.example": 421, "other.example": 421, "": 200} {
		if got := ask(t, s, http.MethodGet, "/hello", func(r *http.Request) { r.Host = host }); got.status != want {
			t.Errorf("%s: %d", host, got.status)
		}
	}
	if got := ask(t, s, http.MethodGet, "/hello", nil); got.header.Get("Strict-Transport-Security") != "max-age=31536000" {
		t.Error(got.header)
	}
	old := &tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}} //nolint:gosec // what must be refused
	if conn, err := old.DialContext(t.Context(), "tcp", s.Addr().String()); err == nil {
		_ = conn.Close()
		t.Error("TLS 1.1 is taken")
	}
}

// TestBrokenPairs keep the window from opening, with words that quote nothing.
func TestBrokenPairs(t *testing.T) {
	dir := t.TempDir()
	good, other := certify(t, t.TempDir(), day(1), "a"), certify(t, t.TempDir(), day(1), "b")
	text := filepath.Join(dir, "text")
	if err := os.WriteFile(text, []byte("cAnArY"), 0o600); err != nil {
		t.Fatal(err)
	}
	large := filepath.Join(dir, "large")
	if err := os.WriteFile(large, make([]byte, mostPEM+1), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ title, certificate, key, words string }{
		{"gone", filepath.Join(dir, "gone"), good.Key, "gone: cannot be read: no such file"},
		{"no key", good.Certificate, filepath.Join(dir, "gone"), "gone: cannot be read: no such file"},
		{"another's key", good.Certificate, other.Key, "are no pair"},
		{"no PEM", text, good.Key, "are no pair"},
		{"a directory", dir, good.Key, "is no PEM file"},
		{"too large", large, good.Key, "is no PEM file"},
	} {
		t.Run(c.title, func(t *testing.T) {
			_, log := logged()
			_, err := Listen(t.Context(), Settings{Address: loopback(), Certificate: c.certificate, Key: c.key}, Deps{Log: log, Now: time.Now})
			_, checked := CheckPair(c.certificate, c.key)
			for _, err := range []error{err, checked} {
				if err == nil || !strings.Contains(err.Error(), c.words) || strings.Contains(err.Error(), "cAnArY") {
					t.Error(err)
				}
			}
		})
	}
	if at, err := CheckPair(good.Certificate, good.Key); err != nil || !at.Equal(day(1)) {
		t.Error(at, err)
	}
	if err := errors.New("plain"); !errors.Is(reason(err), err) {
		t.Error("an error without a path is another one")
	}
}
