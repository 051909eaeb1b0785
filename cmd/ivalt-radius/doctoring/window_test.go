package doctoring

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ivalt-radius/config"
)

// TestWindowOf: what the settings say of the window, and why its certificate cannot be used.
func TestWindowOf(t *testing.T) {
	const digest = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	path := filepath.Join(t.TempDir(), "c.yaml")
	load := func(more string) *config.Settings {
		t.Helper()
		if err := os.WriteFile(path, []byte("clients: [{name: a, networks: [192.0.2.1], secrets: [nR8kQ5tZ1mB7yL4cW9dHvX2n]}]\n"+
			"ivalt: {api_key: Zq3vT8mKx1Lw9RbY5cHd2NfG6sJp4UaE7b}\n"+more), 0o600); err != nil {
			t.Fatal(err)
		}
		s, faults := config.Load(path, config.Options{})
		if s == nil {
			t.Fatal(faults)
		}
		return s
	}
	if w := windowOf(load(""), now).Value; !w.On || !w.Loopback || w.TLS || w.Trouble != "" || w.Accounts+w.Tokens != 0 {
		t.Errorf("%+v", w)
	}
	if w := windowOf(load("listen: {admin: \"\"}\n"), now).Value; w.On {
		t.Errorf("%+v", w)
	}
	w := windowOf(load(`listen: {admin: "0.0.0.0:9812"}
admin:
  tls: {certificate: /nonexistent/c, key: /nonexistent/k}
  accounts: [{name: alice, role: admin, password_hash: x}]
  tokens: [{name: ci, role: admin, digest: `+digest+`, expires: 2026-11-26}]
`), now).Value
	if w.Loopback || !w.TLS || !strings.Contains(w.Trouble, "/nonexistent/c: cannot be read") || w.Accounts != 1 || w.Tokens != 1 || len(w.Expired) != 1 || w.Expired[0] != "ci" {
		t.Errorf("%+v", w)
	}
}
