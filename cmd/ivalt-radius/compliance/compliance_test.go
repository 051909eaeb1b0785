package compliance

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ivalt-radius/audit"
	"ivalt-radius/audit/compliance"
	"ivalt-radius/cmd/ivalt-radius/commandtest"
	"ivalt-radius/cmd/ivalt-radius/exit"
	"ivalt-radius/cmd/ivalt-radius/initial"
	"ivalt-radius/config"
)

const (
	apiKey  = "Zq3vT8mKx1Lw9RbY5cHd2NfG6sJp4UaE7b"
	literal = "nR8kQ5tZ1mB7yL4cW9dHvX2n"
	person  = "jane.doe@canary.example"
)

// set is what `init` writes, with an API key in it.
func set(t *testing.T) (dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "set")
	if out, err := commandtest.Run(t.Context(), initial.NewCommand(), "--dir", dir); err != nil {
		t.Fatal(out)
	}
	write(t, filepath.Join(dir, "ivalt-api-key"), apiKey+"\n")
	return dir
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil { //nolint:gosec // in the test's own directory
		t.Fatal(err)
	}
}

// trailOf writes a trail of a server's life. Its settings are those of dir.
func trailOf(t *testing.T, dir string, more ...audit.Event) string {
	t.Helper()
	s, faults := config.Load(filepath.Join(dir, "config.yaml"), config.Options{})
	if s == nil {
		t.Fatal(faults.Err())
	}
	a, err := audit.Open(s.Audit.File, audit.Options{})
	if err != nil {
		t.Fatal(err)
	}
	events := append([]audit.Event{
		audit.System{Event: "started", Detail: "version 1"},
		audit.Configuration{Event: "reloaded", Digest: s.Digest()},
		audit.Configuration{Event: "reload_refused", Digest: "of a faulty file"},
		audit.Attempt{User: person, Client: "openvpn-as", Verdict: "accept", Reason: "approved", Mobile: "+49170123456"},
		audit.Attempt{Client: "openvpn-as", Verdict: "reject", Reason: "bad_request"},
		audit.Access{Action: "backup"},
		audit.System{Event: "stopped", Detail: "version 1"},
	}, more...)
	for _, e := range events {
		err = errors.Join(err, a.Commit(t.Context(), e))
	}
	if err := errors.Join(err, a.Close()); err != nil {
		t.Fatal(err)
	}
	return s.Audit.File
}

// command runs `compliance` as the program does.
func command(t *testing.T, g gatherer, args ...string) (out string, code int) {
	t.Helper()
	out, err := commandtest.Run(t.Context(), newCommand("/nowhere/config.yaml", g), args...)
	for _, canary := range []string{apiKey, literal, person, "canary.example", "+49"} {
		if strings.Contains(out, canary) {
			t.Errorf("%q is in the output", canary)
		}
	}
	return out, exit.Code(err)
}

func ordinary() gatherer {
	return gatherer{version: "v1.0.0", now: time.Now, verify: verified, inventory: func(loaded) compliance.Secrets { return compliance.Secrets{} }}
}

// outcomes are those of all checks, over all frameworks, by their words.
func outcomes(t *testing.T, g gatherer, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, framework := range frameworks() {
		out, code := command(t, g, "--config", filepath.Join(dir, "config.yaml"), "--framework", framework, "--format", "json")
		if code != exit.OK {
			t.Fatalf("%s ends with %d: %s", framework, code, out)
		}
		var report struct {
			Checks []struct{ ID, Outcome, Evidence string }
		}
		if err := json.Unmarshal([]byte(out), &report); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		for _, c := range report.Checks {
			all[c.ID] = c.Outcome
		}
	}
	if len(all) != len(compliance.Checks()) {
		t.Errorf("%d checks of %d", len(all), len(compliance.Checks()))
	}
	return all
}

// want compares the outcomes with words in lists of checks. What depends on the machine that the test runs on is left out.
func want(t *testing.T, got map[string]string, lists map[string]string) {
	t.Helper()
	machine := strings.Fields("clock-kept disk-space server-not-root")
	for outcome, checks := range lists {
		for _, id := range strings.Fields(checks) {
			if got[id] != outcome {
				t.Errorf("%s: %q, want %q", id, got[id], outcome)
			}
			delete(got, id)
		}
	}
	for id, outcome := range got {
		if !slices.Contains(machine, id) {
			t.Errorf("%s: %q, and no list has it", id, outcome)
		}
	}
}

// TestWhatInitWrites: a fresh set with a day of a server's life behind it.
func TestWhatInitWrites(t *testing.T) {
	dir := set(t)
	trailOf(t, dir)
	want(t, outcomes(t, ordinary(), dir), map[string]string{
		"passed": `trail-verified trail-signed trail-whole retention-3-months trail-reaches-12-months retention-ends logins-recorded starts-and-stops-recorded reads-recorded
			settings-in-force mobiles-masked clock-steady backup-recent people-erasable push-for-all push-every-time fail-closed approvals-bound guesses-slowed guesses-limited pushes-limited attacks-watched clients-limited
			ivalt-encrypted gateways-private radius-tunnelled packets-authenticated methods-safe address-not-sent secrets-own config-protected secret-files-private state-private trail-private
			files-owned version-clean`,
		"failed":         `retention-12-months trail-shipped alerts-shipped password-first denied-by-default lockout-long incidents-told`,
		"unknown":        `secrets-not-in-file secrets-strong secrets-fresh server-no-core`,
		"not_applicable": `archive-reachable shipping-encrypted shipping-masked directory-encrypted upstream-private hours-zoned people-private`,
	})
}

// insecure is a configuration with everything wrong that it can have, and still serve.
const insecure = `
reject_delay: 0s
clients:
  - {name: a, networks: [0.0.0.0/0], secrets: [%[1]s], message_authenticator: optional, insecure_omit_message_authenticator: true, insecure_methods: [chap]}
  - {name: b, networks: [198.51.100.0/24], secrets: [%[1]s], primary: none}
ivalt:
  url: http://127.0.0.1:8080
  api_key: %[2]s
  allow_missing_details: true
  insecure_late_credit: 10s
  sentinel: auto
  send_client_address: true
users: {file: %[3]s/users.yaml}
primary:
  method: radius
  ldap: {urls: ["ldap://192.0.2.1"], insecure_plaintext: true, bind_dn: "cn=a,dc=b", bind_password: %[1]s, base: "dc=b"}
  radius: {servers: [{address: "203.0.113.9:1812", secret: %[1]s}]}
policy:
  default: exempt
  rules:
    - name: late
      match: {users: [x]}
      only: {hours: {from: "08:00", to: "18:00"}}
      remember: {for: 1h}
      fail: {mode: insecure_allow, until: "%[4]s", reason: test}
    - {name: all, decision: exempt}
audit:
  retention: 1h
  archive: %[3]s/no-archive
  ship: [{name: siem, to: "udp://192.0.2.9:514", types: [api_request]}]
state: {directory: %[3]s/state}
guard:
  lockout: {after: 0}
  pushes: {per_user: 0}
  detect: {brute_force: {count: 0}}
  respond: {critical: []}
  notify: [{name: deaf, kind: command, command: /bin/true}]
`

// TestInsecureInEveryWay: what can fail by settings and files does.
func TestInsecureInEveryWay(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "config.yaml"), fmt.Sprintf(insecure, literal, apiKey, dir, time.Now().Add(time.Hour).Format(time.RFC3339)))
	write(t, filepath.Join(dir, "users.yaml"), "{}\n")
	path := trailOf(t, dir,
		audit.System{Event: "started"}, audit.System{Event: "started"}, audit.System{Event: "started"}, audit.System{Event: "records_lost"}, audit.System{Event: "clock_skew"},
		audit.Attempt{User: "x", Verdict: "accept", Reason: "approved"}, audit.Configuration{Event: "reloaded", Digest: "other"}, audit.Access{Action: "other"},
	)
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	write(t, path, strings.Replace(string(content), person, "jane.eve@canary.example", 1))
	write(t, filepath.Join(dir, "seal.key"), "key")
	for _, name := range []string{"config.yaml", "users.yaml", "seal.key", "state", "state/audit.jsonl"} {
		if err := os.Chmod(filepath.Join(dir, name), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	g := ordinary()
	g.version = "dev"
	g.inventory = func(loaded) compliance.Secrets {
		return compliance.Secrets{Known: true, Count: 5, Literal: 5, Weak: 1, Old: 1, MaxAge: time.Hour}
	}
	want(t, outcomes(t, g, dir), map[string]string{
		"passed": `trail-reaches-12-months mobiles-masked backup-recent files-owned reads-recorded`,
		"failed": `trail-verified trail-whole archive-reachable retention-12-months retention-3-months logins-recorded starts-and-stops-recorded settings-in-force clock-steady
			people-erasable shipping-encrypted shipping-masked alerts-shipped password-first push-for-all push-every-time fail-closed approvals-bound guesses-slowed guesses-limited lockout-long pushes-limited
			attacks-watched incidents-told denied-by-default hours-zoned clients-limited ivalt-encrypted directory-encrypted upstream-private gateways-private radius-tunnelled trail-shipped packets-authenticated methods-safe address-not-sent
			secrets-not-in-file secrets-strong secrets-fresh secrets-own config-protected secret-files-private people-private state-private trail-private version-clean`,
		"unknown": `trail-signed retention-ends server-no-core`,
	})
}

// TestReadingIsRecordedFirst, with what was asked for, and where it cannot be recorded nothing is shown.
func TestReadingIsRecordedFirst(t *testing.T) {
	dir := set(t)
	path := trailOf(t, dir)
	output := filepath.Join(t.TempDir(), "report.html")
	args := []string{"--config", filepath.Join(dir, "config.yaml"), "--framework", "gdpr", "--format", "html", "--output", output, "--days", "7"}
	if out, code := command(t, ordinary(), args...); code != exit.OK || out != "" {
		t.Fatal(code, out)
	}
	content, err := os.ReadFile(path)
	lines := bytes.Split(bytes.TrimSpace(content), []byte("\n"))
	last := lines[len(lines)-2] // before the checkpoint
	if err != nil || !bytes.Contains(last, []byte(`"type":"data_access","action":"compliance","actor":"uid=`)) ||
		!bytes.Contains(last, []byte(`"filter":"--framework gdpr --days 7","detail":"to the file report.html"`)) {
		t.Errorf("%v: %s", err, last)
	}
	info, err := os.Stat(output)
	if err != nil || info.Mode().Perm() != 0o600 || info.Size() < 1000 {
		t.Errorf("%v, %v", info, err)
	}
	if out, code := command(t, ordinary(), args...); code != exit.Fault || !strings.Contains(out, "is there already") {
		t.Errorf("a report was overwritten: %d, %s", code, out)
	}

	held, err := audit.Open(path, audit.Options{}) // as a server would that answers no command
	if err != nil {
		t.Fatal(err)
	}
	args[len(args)-3] = output + ".2"
	out, code := command(t, ordinary(), args...)
	if code != exit.Fault || !strings.Contains(out, "reading the trail is recorded in it") {
		t.Errorf("shown without a record: %d, %s", code, out)
	}
	if _, err := os.Stat(output + ".2"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file stays: %v", err)
	}
	if err := held.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestNoTrailYet: there is nothing to record, no trail is made, and what it would show is unknown.
func TestNoTrailYet(t *testing.T) {
	dir := set(t)
	out, code := command(t, ordinary(), "--config", filepath.Join(dir, "config.yaml"), "--framework", "soc2")
	if code != exit.OK || !strings.Contains(out, "no record was read") || !strings.Contains(out, "unknown         trail-verified") {
		t.Errorf("%d: %s", code, out)
	}
	if _, err := os.Stat(filepath.Join(dir, "state")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the report made a state: %v", err)
	}
}

// TestStrict is the one way in which a control makes the command fail.
func TestStrict(t *testing.T) {
	dir := set(t)
	args := []string{"--config", filepath.Join(dir, "config.yaml"), "--framework", "pci-dss"}
	if out, code := command(t, ordinary(), args...); code != exit.OK {
		t.Error(code, out)
	}
	if out, code := command(t, ordinary(), append(args, "--strict")...); code != exit.Fault || !strings.Contains(out, "controls failed, ") || !strings.Contains(out, "PCI DSS v4.0.1: ") {
		t.Error(code, out)
	}
}

func TestWhatIsRefused(t *testing.T) {
	dir := set(t)
	good := filepath.Join(dir, "config.yaml")
	faulty := filepath.Join(dir, "faulty.yaml")
	write(t, faulty, "surprise: 1\n")
	for name, c := range map[string]struct {
		args []string
		code int
		says string
	}{
		"no framework":      {[]string{"--config", good}, exit.Usage, `"framework" not set`},
		"another framework": {[]string{"--config", good, "--framework", "hipaa"}, exit.Usage, "none of soc2, iso27001, pci-dss, gdpr"},
		"another format":    {[]string{"--config", good, "--framework", "soc2", "--format", "pdf"}, exit.Usage, "none of text, json, html"},
		"no days":           {[]string{"--config", good, "--framework", "soc2", "--days", "0"}, exit.Usage, "between 1 and 3650"},
		"many days":         {[]string{"--config", good, "--framework", "soc2", "--days", "3651"}, exit.Usage, "between 1 and 3650"},
		"an argument":       {[]string{"--config", good, "--framework", "soc2", "x"}, exit.Usage, "unknown command"},
		"faulty settings":   {[]string{"--config", faulty, "--framework", "soc2"}, exit.Fault, "surprise"},
		"no settings":       {[]string{"--framework", "soc2"}, exit.Fault, "/nowhere/config.yaml"},
		"no directory":      {[]string{"--config", good, "--framework", "soc2", "--output", filepath.Join(dir, "no", "x")}, exit.Fault, "no such file"},
	} {
		if out, code := command(t, ordinary(), c.args...); code != c.code || !strings.Contains(out, c.says) {
			t.Errorf("%s: %d, %s", name, code, out)
		}
	}
}

// TestWithoutSecrets: whoever may not read them gets a report all the same, in which what needs them is unknown.
func TestWithoutSecrets(t *testing.T) {
	dir := set(t)
	trailOf(t, dir)
	if err := os.Remove(filepath.Join(dir, "ivalt-api-key")); err != nil {
		t.Fatal(err)
	}
	got := outcomes(t, ordinary(), dir)
	if got["settings-in-force"] != "unknown" || got["secrets-own"] != "unknown" || got["ivalt-encrypted"] != "passed" {
		t.Error(got["settings-in-force"], got["secrets-own"], got["ivalt-encrypted"])
	}
}
