package way

import (
	"crypto/tls"
	"encoding/pem"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"ivalt-radius/guard"
	"ivalt-radius/secret"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// What must be in no error and no word that is told on.
const (
	urlCanary      = "canary-path-5512"
	queryCanary    = "canary-token-8841"
	userCanary     = "canary-account-3307"
	passwordCanary = "canary-password-9120"
	signingCanary  = "canary-signing-4466"
	personCanary   = "canary.person"
)

// noCanary fails where a text holds a secret, or whole what the other side said.
func noCanary(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		for _, c := range []string{urlCanary, queryCanary, userCanary, passwordCanary, signingCanary, personCanary} {
			if strings.Contains(text, c) {
				t.Errorf("%q is in %q", c, text)
			}
		}
	}
}

func sample() Notice {
	return Notice{
		ID: "20261126-k7m3.2", Incident: "20261126-k7m3", Rule: guard.BruteForce, Severity: guard.High, Subject: "user alice, address 192.0.2.7",
		Summary: "12 wrong passwords within 5m", Count: 12, Time: time.Date(2026, 11, 26, 3, 4, 5, 0, time.UTC),
		Steps: []string{"would block address 192.0.2.7 for 1h"}, Do: "Ask alice whether it was her.", Runbook: "docs/operations.md#brute_force",
	}.Plain()
}

// hostile is a text that tries every receiver.
const hostile = "<!channel> @all @here `x` *b* [c](http://evil.example/) ![i](http://evil.example/p) <@U1> <http://evil.example|ok> &lt; " +
	"\r\nBcc: eve@evil.example\r\n\r\n.\r\nMAIL FROM:<eve@evil.example>\r\n$(touch /tmp/notice-was-run);`id` \x00\x1b[2J\u202egnp.exe =?utf-8?q?Bcc=3A?= \xff\xfe \"}],\"version\":2"

// nasty has hostile texts in every field.
func nasty() Notice {
	return Notice{
		ID: hostile, Incident: hostile, Rule: hostile, Severity: 200, Subject: hostile, Summary: hostile, Count: -1,
		Time: time.Date(2026, 11, 26, 3, 4, 5, 0, time.UTC), Steps: []string{hostile, hostile}, Do: hostile, Runbook: hostile,
	}.Plain()
}

// many are as long as notices can be.
func many(n int) (all []Notice) {
	for range n {
		one := nasty()
		one.Summary, one.Subject = strings.Repeat("&<@`\U0001f480", longestText/5), strings.Repeat("\U0001f480", longestName)
		all = append(all, one.Plain())
	}
	return all
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// failed is the Error of a message that did not go.
func failed(t *testing.T, err error) *Error {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("%T: %v", err, err)
	}
	if errors.Unwrap(err) != nil {
		t.Errorf("it wraps %v", errors.Unwrap(err))
	}
	noCanary(t, err.Error())
	return e
}

// site is an HTTPS server, and the file of its authority.
func site(t *testing.T, handler http.HandlerFunc) (server *httptest.Server, caFile string) {
	t.Helper()
	server = httptest.NewUnstartedServer(handler)
	server.EnableHTTP2 = false
	server.StartTLS()
	t.Cleanup(server.Close)
	return server, authority(t, server)
}

func authority(t *testing.T, server *httptest.Server) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ca.pem")
	must(t, os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600))
	return path
}

// identityOf borrows a server's certificate, for 127.0.0.1 and example.com.
func identityOf(t *testing.T) (config *tls.Config, caFile string) {
	t.Helper()
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	return &tls.Config{Certificates: server.TLS.Certificates, MinVersion: tls.VersionTLS12}, authority(t, server)
}

// hook is a webhook at a URL with canaries.
func hook(base, caFile string) Settings {
	return Settings{
		Name: "ops", Kind: Webhook, URL: secret.New(base + "/" + urlCanary + "?token=" + queryCanary), SigningSecret: secret.New(signingCanary), CAFile: caFile,
	}
}
