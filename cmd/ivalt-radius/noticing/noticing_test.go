package noticing

import (
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ivalt-radius/cmd/ivalt-radius/commandtest"
	"ivalt-radius/cmd/ivalt-radius/exit"
	"ivalt-radius/config"
	"ivalt-radius/guard"
	"ivalt-radius/secret"
)

const canary = "canary-5512"

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// run is `notify test` with receivers as settings have them.
func run(t *testing.T, receivers string, args ...string) (out string, err error) {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "config.yaml")
	must(t, os.WriteFile(path, []byte(`
ivalt: {api_key: Zq3vT8mKx1Lw9RbY5cHd2NfG6sJp4UaE7b}
audit: {file: `+dir+`/audit.jsonl}
state: {directory: `+dir+`}
clients:
  - {name: vpn, networks: [127.0.0.0/8], secrets: [nR8kQ5tZ1mB7yL4cW9dHvX2], answer_within: 25s}
guard:
  notify:`+receivers), 0o600))
	out, err = commandtest.Run(t.Context(), NewCommand(path), append([]string{"test"}, args...)...)
	if files, _ := filepath.Glob(filepath.Join(dir, "notices*")); len(files) > 0 {
		t.Errorf("it touched the spool: %q", files)
	}
	if strings.Contains(out, canary) {
		t.Errorf("a secret is in %q", out)
	}
	return out, err
}

// TestNotifyTest: each receiver gets a notice that says that it is a test, and the command says what became of it.
func TestNotifyTest(t *testing.T) {
	var bodies []string
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		bodies = append(bodies, string(body))
		if strings.HasSuffix(r.URL.Path, "/gone") {
			w.WriteHeader(http.StatusGone)
		}
	}))
	defer server.Close()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	must(t, os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600))
	receivers := fmt.Sprintf(`
    - {name: hook, kind: webhook, severity: critical, url: "%[1]s/%[2]s", signing_secret: 8Vq2LmX0pRt7Wc5Zn3Yd, ca_file: %[3]s}
    - {name: chat, kind: slack, url: "%[1]s/%[2]s/gone", ca_file: %[3]s}
    - {name: pager, kind: command, command: /bin/true}
`, server.URL, canary, ca)
	out, err := run(t, receivers)
	want := "hook (webhook): sent: it answered 200\nchat (slack): FAILED: it answered 410\npager (command): sent: it ended with 0\nnot every receiver took the notice"
	if err == nil || exit.Code(err) != exit.Fault || out != want {
		t.Errorf("%q, %v", out, err)
	}
	var read struct {
		Notices []struct{ ID, Summary, Rule string }
	}
	if err := json.Unmarshal([]byte(bodies[0]), &read); err != nil || len(read.Notices) != 1 || read.Notices[0].Rule != "test" || !strings.Contains(read.Notices[0].Summary, "a test") {
		t.Errorf("%v: %s", err, bodies[0])
	}
	if out, err = run(t, receivers, "--to", "hook"); err != nil || out != "hook (webhook): sent: it answered 200\n" {
		t.Errorf("%q, %v", out, err)
	}
	if _, err = run(t, receivers, "--to", "nobody"); exit.Code(err) != exit.Usage || !strings.Contains(err.Error(), "no such receiver") {
		t.Errorf("%v", err)
	}
}

func TestFaults(t *testing.T) {
	if _, err := run(t, " []\n"); err == nil || !strings.Contains(err.Error(), "names no receiver") {
		t.Errorf("%v", err)
	}
	_, err := run(t, "\n    - {name: hook, kind: webhook, url: \"http://hooks.example.com/"+canary+"\"}\n")
	if err == nil || !strings.Contains(err.Error(), "line 9: guard.notify[0].url: is http to a host that is not this one") {
		t.Errorf("%v", err)
	}
	if _, err = run(t, "\n    - {name: hook, kind: pigeon}\n"); err == nil {
		t.Error("a pigeon")
	}
}

// TestSettings: each setting comes where it belongs.
func TestSettings(t *testing.T) {
	s := &config.Settings{Guard: config.Guard{Notify: []config.Notifying{{
		Name: "a", Kind: "b", Severity: "high", URL: secret.New("c"), SigningSecret: secret.New("d"), Server: "e", InsecurePlaintext: true, Username: "f",
		Password: secret.New("g"), From: "h", Recipients: []string{"i"}, Command: "j", CAFile: "k", Digest: time.Second, PerHour: 2,
	}}}}
	got := Settings(s)[0]
	if got.Name+got.Kind+got.URL.Reveal()+got.SigningSecret.Reveal()+got.Server+got.Username+got.Password.Reveal()+got.From+got.Recipients[0]+got.Command+got.CAFile != "abcdefghijk" ||
		got.Severity != guard.High || !got.InsecurePlaintext || got.Digest != time.Second || got.PerHour != 2 {
		t.Errorf("%+v", got)
	}
}

// TestCheck: whoever is told of less than the settings read is warned of.
func TestCheck(t *testing.T) {
	for _, c := range []struct{ severity, respond, want string }{
		{"", "{}", ""},
		{"severity: high,", "{}", ""},
		{"severity: low,", "{}", "is low, and guard.respond.low has no notify: the receiver is told of nothing below medium"},
		{"severity: low,", "{low: [notify]}", ""},
		{"", "{medium: []}", ""}, // the default says no more than "medium and above"
		{"severity: medium,", "{medium: [], high: [watch]}", "is medium, and guard.respond.medium has no notify: the receiver is told of nothing below critical"},
		{"", "{medium: [], high: [], critical: [block]}", "is medium, and guard.respond has notify for nothing from there on: the receiver is told of nothing"},
	} {
		path := filepath.Join(t.TempDir(), "config.yaml")
		must(t, os.WriteFile(path, fmt.Appendf(nil, `
ivalt: {api_key: Zq3vT8mKx1Lw9RbY5cHd2NfG6sJp4UaE7b}
clients: [{name: vpn, networks: [192.0.2.0/24], secrets: [nR8kQ5tZ1mB7yL4cW9dHvX2]}]
guard: {notify: [{name: a, kind: command, %s command: /bin/true}], respond: %s}
`, c.severity, c.respond), 0o600))
		s, faults := config.Load(path, config.Options{})
		if s == nil {
			t.Fatal(faults)
		}
		var got string
		for _, f := range Check(s) {
			if !f.Warning || f.Key != "guard.notify[0].severity" {
				t.Errorf("%s", f)
			}
			got += f.Message
		}
		if got != c.want {
			t.Errorf("%s with %s: %q, want %q", c.severity, c.respond, got, c.want)
		}
	}
}
