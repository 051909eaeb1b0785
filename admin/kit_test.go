package admin

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/sirupsen/logrus"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// loopback is a free port of this host.
func loopback() netip.AddrPort { return netip.MustParseAddrPort("127.0.0.1:0") }

// spoken is a log that remembers.
type spoken struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *spoken) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *spoken) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

func logged() (*spoken, logrus.FieldLogger) {
	out := &spoken{}
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
func plain(t *testing.T, parts ...func(*http.ServeMux)) (*Server, *spoken) {
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
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(expires.Unix()), Subject: pkix.Name{CommonName: "window"}, DNSNames: names,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: expires,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	s := Settings{Address: loopback(), Certificate: filepath.Join(dir, "window.pem"), Key: filepath.Join(dir, "window.key")}
	for path, block := range map[string]*pem.Block{s.Certificate: {Type: "CERTIFICATE", Bytes: der}, s.Key: {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return s
}
