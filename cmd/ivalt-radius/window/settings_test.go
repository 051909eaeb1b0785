package window

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ivalt-radius/admin/access"
	"ivalt-radius/auth"
	"ivalt-radius/directory/password"
	"ivalt-radius/secret"
	"ivalt-radius/secret/secrettest"
)

const (
	digest = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	other  = "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
)

// hash is that of "correct horse".
func hash() string { return password.Make(secret.New("correct horse")).Text().Reveal() }

func today() time.Time { return time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC) }

func token(more string) string {
	return "admin: {tokens: [{name: t, digest: " + digest + ", " + more + "}]}\n"
}

func TestTokens(t *testing.T) {
	for _, c := range []struct {
		title, more, key, words string
		warning                 bool
	}{
		{"sound", "role: admin, expires: 2027-01-31", "", "", false},
		{"sound, a time", "role: admin, expires: \"2027-01-31T18:00:00+01:00\"", "", "", false},
		{"expired today", "role: admin, expires: 2026-11-26", "admin.tokens[0].expires", "the token t has expired", true},
		{"expires tomorrow", "role: admin, expires: 2026-11-27", "", "", false},
		{"far ahead", "role: admin, expires: 2028-01-01", "admin.tokens[0].expires", "more than a year ahead", true},
		{"a word", "role: admin, expires: tomorrow", "admin.tokens[0].expires", "neither a date", false},
		{"an unknown scope", "role: admin, expires: 2027-01-31, scopes: [everything]", "admin.tokens[0].scopes[0]", `"everything" is none of`, false},
		{"a scope twice", "role: admin, expires: 2027-01-31, scopes: [read, read]", "admin.tokens[0].scopes[1]", "twice", false},
		{"more than its role", "role: viewer, expires: 2027-01-31, scopes: [metrics, write]", "admin.tokens[0].scopes[1]", "the role viewer has no write", false},
		{"a digest twice", "role: viewer, expires: 2027-01-31}, {name: u, role: admin, expires: 2027-01-31, digest: " + digest, "admin.tokens[1].digest", "is the digest of admin.tokens[0] already", false},
	} {
		t.Run(c.title, func(t *testing.T) {
			s := settings(t, token(c.more))
			who, faults := Access(s, today())
			switch {
			case c.key == "" && len(faults) > 0 || c.key != "" && len(faults) != 1:
				t.Fatal(faults)
			case c.key == "":
			case faults[0].Key != c.key || faults[0].Warning != c.warning || !strings.Contains(faults[0].Message, c.words):
				t.Error(faults)
			case !c.warning && slices.ContainsFunc(who.Tokens, func(k access.Token) bool { return k.Name == "t" }) && !strings.Contains(c.key, "[1]."):
				t.Error("a token with a fault may come in")
			}
		})
	}
}

// TestAccess: what the settings say comes to those who let people in.
func TestAccess(t *testing.T) {
	s := settings(t, fmt.Sprintf(`admin:
  accounts:
    - {name: alice, role: admin, password_hash: %q}
    - {name: mallory, role: admin, password_hash: cAnArY}
    - {name: bob, role: viewer, password_hash: %q}
  tokens:
    - {name: prometheus, role: viewer, scopes: [metrics], digest: %s, expires: 2027-01-31}
    - {name: ci, role: operator, digest: %s, expires: 2027-01-31}
  session: {idle: 30m, absolute: 8h}
`, hash(), hash(), digest, other))
	who, faults := Access(s, today())
	if len(faults) != 1 || faults[0].Key != "admin.accounts[1].password_hash" || !strings.Contains(faults[0].Message, "hash-password") || strings.Contains(faults[0].Message, "cAnArY") {
		t.Error(faults)
	}
	if len(who.Accounts) != 2 || who.Accounts[0].Name != "alice" || who.Accounts[0].Role != access.Admin || who.Accounts[1].Role != access.Viewer || who.Accounts[0].Password.Empty() {
		t.Errorf("%+v", who.Accounts)
	}
	if len(who.Tokens) != 2 || !slices.Equal(who.Tokens[0].Scopes, []access.Permission{access.Metrics}) || who.Tokens[1].Scopes != nil ||
		who.Tokens[0].Digest[0] != 0x01 || !who.Tokens[1].Expires.Equal(time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("%+v", who.Tokens)
	}
	if who.Idle != 30*time.Minute || who.Absolute != 8*time.Hour || role("root") != access.NoRole {
		t.Errorf("%+v", who)
	}
}

// certified are files of a certificate that expires then.
func certified(t *testing.T, expires time.Time) (certificate, key string) {
	t.Helper()
	dir := t.TempDir()
	certificate, key = filepath.Join(dir, "c.pem"), filepath.Join(dir, "k.pem")
	secrettest.New(t, &x509.Certificate{NotBefore: expires.AddDate(-1, 0, 0), NotAfter: expires}, nil).Write(t, certificate, key)
	return certificate, key
}

func TestCertificateIsChecked(t *testing.T) {
	for _, c := range []struct {
		title   string
		expires time.Time
		mode    os.FileMode
		listen  string
		key     string
		words   string
	}{
		{"sound", today().AddDate(0, 0, 15), 0o600, "127.0.0.1:0", "", ""},
		{"soon", today().AddDate(0, 0, 13), 0o600, "127.0.0.1:0", "admin.tls.certificate", "expires in 13 days"},
		{"over", today(), 0o600, "127.0.0.1:0", "admin.tls.certificate", "expired on 2026-11-26"},
		{"open to all", today().AddDate(1, 0, 0), 0o644, "127.0.0.1:0", "admin.tls.key", "chmod 600"},
		{"a window that is off", today(), 0o644, "", "", ""},
	} {
		t.Run(c.title, func(t *testing.T) {
			certificate, key := certified(t, c.expires)
			if err := os.Chmod(key, c.mode); err != nil {
				t.Fatal(err)
			}
			faults := Check(settings(t, fmt.Sprintf("listen: {admin: %q}\nadmin: {tls: {certificate: %q, key: %q}}\n", c.listen, certificate, key)), today())
			if c.key == "" && len(faults) > 0 || c.key != "" && (len(faults) != 1 || faults[0].Key != c.key || !faults[0].Warning || !strings.Contains(faults[0].Message, c.words)) {
				t.Error(faults)
			}
		})
	}
	faults := Check(settings(t, "admin: {tls: {certificate: /nonexistent/c, key: /nonexistent/k}}\n"), today())
	if len(faults.Fatal()) != 1 || faults[0].Key != "admin.tls.certificate" || !strings.Contains(faults[0].Message, "/nonexistent/c: cannot be read") {
		t.Error(faults)
	}
}

// TestPasswords: the right one alone counts, nobody's hash has none, and a flood waits for nobody.
func TestPasswords(t *testing.T) {
	p := NewPasswords(password.NewVerifier())
	right := secret.New(hash())
	for _, c := range []struct {
		hash, typed secret.Secret
		want        bool
	}{
		{right, secret.New("correct horse"), true},
		{right, secret.New("wrong horse"), false},
		{right, secret.Secret{}, false},
		{secret.Secret{}, secret.Secret{}, false},
		{secret.Secret{}, secret.New("correct horse"), false},
		{secret.New("correct horse"), secret.New("correct horse"), false},
	} {
		if got, err := p.Verify(t.Context(), c.hash, c.typed); got != c.want || err != nil {
			t.Error(got, err)
		}
	}
}

// TestAFloodOfSignIns waits for nobody, and takes one place of the verifier's.
func TestAFloodOfSignIns(t *testing.T) { synctest.Test(t, flood) }

func flood(t *testing.T) {
	p := NewPasswords(password.NewVerifier())
	right := secret.New(hash())
	p.turn <- struct{}{} // somebody's is checked
	gone, cancel := context.WithCancel(t.Context())
	waiting := make(chan error, mostSignIns)
	for range mostSignIns {
		go func() { _, err := p.Verify(gone, right, secret.New("correct horse")); waiting <- err }()
	}
	synctest.Wait()
	if ok, err := p.Verify(t.Context(), right, secret.New("correct horse")); ok || !errors.Is(err, auth.ErrBusy) {
		t.Error(ok, err)
	}
	cancel()
	for range mostSignIns {
		if err := <-waiting; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
	<-p.turn
	if ok, err := p.Verify(t.Context(), right, secret.New("correct horse")); !ok || err != nil {
		t.Error(ok, err)
	}
}
