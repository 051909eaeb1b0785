package admin

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"net/http"
	"net/netip"
	"path/filepath"
	"testing"
	"time"

	"github.com/sirupsen/logrus"
	"go.uber.org/goleak"

	"ivalt-radius/audit/audittest"
	"ivalt-radius/secret/secrettest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// loopback is a free port of this host.
func loopback() netip.AddrPort { return netip.MustParseAddrPort("127.0.0.1:0") }

func logged() (*audittest.Log, logrus.FieldLogger) {
	out := &audittest.Log{}
	log := logrus.New()
	log.SetOutput(out)
	return out, log
}

// window runs a server with these parts.
func window(t *testing.T, settings Settings, log logrus.FieldLogger, parts ...func(*http.ServeMux)) *Server {
	t.Helper()
	s, err := Listen(t.Context(), settings, Deps{Parts: parts, Log: log, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close(context.Background()) })
	return s
}

// plain is a server without TLS on loopback, that says "hello" at /.
func plain(t *testing.T, parts ...func(*http.ServeMux)) (*Server, *audittest.Log) {
	t.Helper()
	said, log := logged()
	return window(t, Settings{Address: loopback(), Hosts: []string{"Radius.example"}}, log, append(parts, hello)...), said
}

func hello(mux *http.ServeMux) {
	mux.HandleFunc("GET /hello", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") })
}

// answered is an answer that was read.
type answered struct {
	status int
	header http.Header
	body   string
}

// ask sends one request on a connection of its own.
func ask(t *testing.T, s *Server, method, path string, change func(*http.Request)) answered {
	t.Helper()
	scheme := "http://"
	if s.pair != nil {
		scheme = "https://"
	}
	r, err := http.NewRequestWithContext(t.Context(), method, scheme+s.Addr().String()+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(r)
	}
	client := http.Client{Transport: &http.Transport{
		DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // a test that looks at the certificate itself
	}}
	resp, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answered{resp.StatusCode, resp.Header, string(body)}
}

// certify writes a self-signed certificate for names into dir, and says when it expires.
func certify(t *testing.T, dir string, expires time.Time, names ...string) Settings {
	t.Helper()
	s := Settings{Address: loopback(), Certificate: filepath.Join(dir, "window.pem"), Key: filepath.Join(dir, "window.key")}
	secrettest.New(t, &x509.Certificate{
		Subject: pkix.Name{CommonName: "window"}, DNSNames: names, NotBefore: time.Now().Add(-time.Hour), NotAfter: expires,
	}, nil).Write(t, s.Certificate, s.Key)
	return s
}
