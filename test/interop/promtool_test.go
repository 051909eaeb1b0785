//go:build interop

package interop_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ivalt-radius/admin/metrics"
	"ivalt-radius/audit"
)

const monitoring = "../../docs/monitoring/"

// promtool runs Prometheus' own judge and fails the test where it finds fault.
func promtool(t *testing.T, in io.Reader, args ...string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), "promtool", args...)
	command.Stdin = in
	out, err := command.CombinedOutput()
	if err != nil {
		t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// TestAlertRules: the rules are sound, and each is raised when it must be and not otherwise.
func TestAlertRules(t *testing.T) {
	t.Parallel()
	if out := promtool(t, nil, "check", "rules", "--lint-fatal", monitoring+"alerts.yaml"); !strings.Contains(out, "rules found") {
		t.Errorf("no rule was checked: %s", out)
	}
	promtool(t, nil, "test", "rules", monitoring+"alerts_test.yaml")
	promtool(t, nil, "check", "config", "--syntax-only", monitoring+"prometheus.yaml")
}

// TestScrape: what a scrape gets is what Prometheus reads, and by its rules for names.
func TestScrape(t *testing.T) {
	t.Parallel()
	m := metrics.New()
	m.Adopt([]string{"openvpn-as", `odd "name" \ ü`})
	m.Read(metrics.Sources{
		Waiting: func() int { return 7 }, Oldest: func() time.Duration { return time.Second }, MaxAttempts: func() int { return 20000 },
		Packets: func() map[string]uint64 {
			return map[string]uint64{"received": 9, "accepted": 2, "unknown_client": 3, "duplicate_dropped": 1}
		},
		Trail:    func() metrics.Trail { return metrics.Trail{Records: 12, Lag: 1} },
		Secrets:  func() []metrics.Secret { return []metrics.Secret{{Key: "clients[0].secrets[0]", Age: time.Hour}} },
		Settings: func() metrics.Settings { return metrics.Settings{Version: "v1", Digest: "abc"} },
	})
	for _, client := range []string{"openvpn-as", `odd "name" \ ü`, "a stranger"} {
		m.Concluded(audit.Attempt{Client: client, Verdict: "accept", Reason: "approved", Duration: time.Second, Exchanges: 1})
		m.Approved(client, time.Second)
		m.Added(client, time.Millisecond)
	}
	m.See(&audit.APICall{Call: "second look", Class: "bad key or path"})
	srv := httptest.NewServer(m.Handler())
	defer srv.Close()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := srv.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK || !bytes.Contains(text, []byte(metrics.Prefix+"attempts_total")) {
		t.Fatalf("%s, %v: %.300s", answer.Status, err, text)
	}
	promtool(t, bytes.NewReader(text), "check", "metrics")
	command := exec.CommandContext(t.Context(), "promtool", "check", "metrics")
	command.Stdin = strings.NewReader("# TYPE bad_name counter\nbad_name 1\n")
	if out, err := command.CombinedOutput(); err == nil {
		t.Errorf("promtool finds no fault with a counter of a wrong name: %s", out)
	}
	bad := filepath.Join(t.TempDir(), "bad.yaml")
	rule := fmt.Sprintf("groups: [{name: a, rules: [{alert: A, expr: 'rate(%sblocks)'}]}]", metrics.Prefix)
	if err := os.WriteFile(bad, []byte(rule), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), "promtool", "check", "rules", bad).CombinedOutput(); err == nil || !bytes.Contains(out, []byte("expected type range vector")) {
		t.Errorf("promtool finds no fault with a wrong rule: %s", out)
	}
}
