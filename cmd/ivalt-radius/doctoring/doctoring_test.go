package doctoring

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ivalt-radius/audit"
	"ivalt-radius/cmd/ivalt-radius/exit"
	"ivalt-radius/config"
	"ivalt-radius/doctor"
	"ivalt-radius/fault"
)

// TestStopped looks at an installation whose server has stopped, without asking anybody.
func TestStopped(t *testing.T) {
	s := newSite(t)
	var events []audit.Event
	for range 6 { // a NAS that gives up after 15 s
		events = append(events, audit.Attempt{
			Client: "vpn", User: "jane", Verdict: "reject", Reason: "push_timeout", Duration: 52 * time.Second, Packets: 3, LastPacket: 10 * time.Second,
		})
	}
	s.trail(t, append(events, audit.Access{Action: "backup"})...)
	path := s.config(t)
	before := copyOf(t, s.dir)
	all := findings(t, "--config", path, "--offline")
	for id, want := range map[string]struct {
		state doctor.State
		words string
	}{
		"settings.load": {doctor.OK, "no fault"}, "settings.access": {doctor.Warning, "vpn"}, "files.private": {doctor.OK, "files"},
		"secrets.strength": {doctor.OK, "2 secrets"}, "secrets.age": {doctor.Unknown, "ivalt.api_key"},
		"clock.ivalt": {doctor.Unknown, "--offline"}, "ivalt.tls": {doctor.Unknown, "--offline"}, "ivalt.key": {doctor.Unknown, "--offline"},
		"network.listen": {doctor.OK, "free; no server runs"}, "network.explained": {doctor.Unknown, "no server runs"},
		"gateways.patience": {doctor.Fault, "fortigate: set remoteauthtimeout 60"}, "machine.files": {doctor.Unknown, "no server runs"},
		"disk.space": {doctor.Unknown, "younger than an hour"}, "trail.checkpoint": {doctor.OK, "as it was signed"}, "trail.backup": {doctor.OK, "last one"},
	} {
		expect(t, all[id], want.state, want.words)
	}
	if _, ok := all["factor.sources"]; ok {
		t.Error("there are no sources of a first factor")
	}
	code, out := command(t, "--config", path, "--offline")
	for _, want := range []string{"Settings\n  [ ok ] The settings load", "[FAIL]", "[warn]", "[ ?? ]", "         > fortigate: set remoteauthtimeout 60\n", "--offline: no call left this host", "doctor: 1 fault"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
	if code != exit.Fault {
		t.Errorf("ends with %d", code)
	}
	if diff := cmp.Diff(before, copyOf(t, s.dir), cmp.AllowUnexported(kept{})); diff != "" {
		t.Errorf("doctor leaves something behind:\n%s", diff)
	}
}

// TestBroken: what is wrong with files and trail is a fault that names it.
func TestBroken(t *testing.T) {
	s := newSite(t)
	s.trail(t, audit.System{Event: "started"}, audit.System{Event: "stopped"})
	path := s.config(t)
	for name, c := range map[string]struct {
		spoil func() error
		id    string
		words string
	}{
		"a secret that others read":           {func() error { return os.Chmod(s.path("shared"), 0o644) }, "files.private", "chmod 0600 " + s.path("shared")},
		"a key in the state that others read": {func() error { return os.Chmod(s.path("state/audit.key"), 0o640) }, "files.private", "audit.key"},
		"a record changed": {func() error {
			text, err := os.ReadFile(s.path("state/audit.jsonl"))
			if err != nil {
				return err
			}
			return os.WriteFile(s.path("state/audit.jsonl"), []byte(strings.Replace(string(text), `"event":"checkpoint"`, `"event":"Checkpoint"`, 1)), 0o600) //nolint:gosec // in the test's own directory
		}, "trail.checkpoint", "changed or cut off"},
		"cut off":       {func() error { return os.WriteFile(s.path("state/audit.jsonl"), nil, 0o600) }, "trail.checkpoint", "changed or cut off"},
		"another key":   {func() error { return replaceKey(s) }, "trail.checkpoint", "not signed by the key"},
		"a spoilt head": {func() error { return os.WriteFile(s.path("state/audit.head"), []byte("x"), 0o600) }, "trail.checkpoint", "holds no checkpoint"},
	} {
		t.Run(name, func(t *testing.T) {
			before := copyOf(t, s.dir)
			if err := c.spoil(); err != nil {
				t.Fatal(err)
			}
			expect(t, findings(t, "--config", path, "--offline")[c.id], doctor.Fault, c.words)
			restore(t, before)
			if f := findings(t, "--config", path, "--offline")[c.id]; f.State != "ok" {
				t.Errorf("mended: %+v", f)
			}
		})
	}
}

func replaceKey(s *site) error {
	public, err := os.ReadFile(s.path("state/audit.pub"))
	if err != nil {
		return err
	}
	// Another valid Ed25519 key: the base point, in PKIX.
	const other = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAWGZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmY=\n-----END PUBLIC KEY-----\n"
	if string(public) == other {
		return os.ErrExist
	}
	return os.WriteFile(s.path("state/audit.pub"), []byte(other), 0o644)
}

// copyOf are all files with their modes.
func copyOf(t *testing.T, dir string) map[string]kept {
	t.Helper()
	out := map[string]kept{}
	if err := filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err != nil || info.IsDir() {
			return err
		}
		text, err := os.ReadFile(path) //nolint:gosec // in the test's own directory
		out[path] = kept{text, info.Mode()}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

type kept struct {
	text []byte
	mode os.FileMode
}

func restore(t *testing.T, all map[string]kept) {
	t.Helper()
	for path, k := range all {
		if err := os.WriteFile(path, k.text, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, k.mode); err != nil {
			t.Fatal(err)
		}
	}
}

// TestNoSettings: a file that cannot be read, or is none, is a fault, and the rest is unknown and not ok.
func TestNoSettings(t *testing.T) {
	s := newSite(t)
	s.file(t, "bad.yaml", "clients: [")
	for _, path := range []string{s.path("none.yaml"), s.dir, s.path("bad.yaml")} {
		all := findings(t, "--config", path)
		if code, _ := command(t, "--config", path); code != exit.Fault {
			t.Errorf("%s: ends with %d", path, code)
		}
		for id, f := range all {
			host := strings.HasPrefix(id, "machine.buffer") || id == "clock.synchronised" || id == "machine.zones" || id == "network.suspicious"
			if id == "settings.load" && f.State != "fault" || id != "settings.load" && !host && f.State != "unknown" {
				t.Errorf("%s: %+v", path, f)
			}
		}
	}
	s.more = ", nonsense: 1}"
	path := s.config(t)
	all := findings(t, "--config", path, "--offline")
	expect(t, all["settings.load"], doctor.Fault, "nonsense")
}

// TestDenied: whoever may not read a secret's file is told so, and nothing is said to be wrong.
func TestDenied(t *testing.T) {
	list := fault.List{}
	list.Add("ivalt.api_key", "the file cannot be read: permission denied")
	list.Add("users.file", "cannot be read: permission denied")
	list.Add("policy.default", "is none")
	list.Warn("clients[0].secrets[0]", "weak")
	in := inputs{Loaded: Loaded{Settings: &config.Settings{}, Faults: list}, denied: []string{"/x"}}
	var got []bool
	for _, f := range faultsOf(in).Value {
		got = append(got, f.Denied)
	}
	if len(got) != 4 || !got[0] || !got[1] || got[2] || got[3] {
		t.Errorf("%v", got)
	}
	in.denied = nil
	for _, f := range faultsOf(in).Value {
		if f.Denied {
			t.Errorf("nothing was denied: %+v", f)
		}
	}
	in.denied, in.Settings = []string{"/etc/config.yaml"}, nil
	if faultsOf(in).Value[0].Denied {
		t.Error("a configuration that cannot be read is a fault")
	}
	if got := secretsOf(inputs{denied: []string{"/x"}}, time.Now()); got.Known || !strings.Contains(got.Why, "as root") {
		t.Errorf("%+v", got)
	}
}

func TestUsage(t *testing.T) {
	s := newSite(t)
	path := s.config(t)
	s.file(t, "there.tar.gz", "mine")
	for _, c := range []struct {
		args  []string
		code  int
		words string
	}{
		{[]string{"--timeout", "1ms"}, exit.Usage, "1s to 10m"},
		{[]string{"--timeout", "1h"}, exit.Usage, "1s to 10m"},
		{[]string{"x"}, exit.Usage, "unknown command"},
		{[]string{"--no-such"}, exit.Usage, "unknown flag"},
		{[]string{"--bundle", s.path("there.tar.gz"), "--offline"}, exit.Fault, "nothing is overwritten"},
	} {
		if code, out := command(t, append(c.args, "--config", path)...); code != c.code || !strings.Contains(out, c.words) {
			t.Errorf("%q: %d, %s", c.args, code, out)
		}
	}
	if text, err := os.ReadFile(s.path("there.tar.gz")); err != nil || string(text) != "mine" {
		t.Errorf("%q, %v", text, err)
	}
}

// TestGathered are the facts that are read from the settings alone.
func TestGathered(t *testing.T) {
	s := newSite(t)
	s.more = ", approval_timeout: 60s}\nprimary: {method: radius, radius: {servers: [{address: \"127.0.0.1:9\", secret: \"file:" + s.path("shared") + "\"}]}}\n" +
		"policy: {timezone: Europe/Berlin, default: exempt, rules: [{name: a, decision: exempt, match: {users: [x]}, only: {hours: {from: \"08:00\", to: \"09:00\", timezone: Asia/Tokyo}}}]}\n" +
		"guard: {notify: [{name: a, kind: command, command: " + s.path("tell") + "}, {name: b, kind: command, command: /nonexistent}, {name: c, kind: webhook, url: \"http://127.0.0.1:9/x\"}]}"
	s.file(t, "tell", "#!/bin/sh\n")
	all := findings(t, "--config", s.config(t), "--offline")
	expect(t, all["settings.access"], doctor.Warning, "1 of the rules")
	expect(t, all["machine.zones"], doctor.OK, "2 named")
	expect(t, all["gateways.patience"], doctor.Warning, "ivalt.approval_timeout (1m0s)")
	expect(t, all["respond.notices"], doctor.Fault, "guard.notify[0], command: the command is no file that can be run")
	expect(t, all["respond.notices"], doctor.Fault, "guard.notify[1], command: the command is no file that can be run")
	expect(t, all["secrets.strength"], doctor.Warning, "reused")
	if got := printable("a\x1b[2J"); got != "a?[2J" {
		t.Error(got)
	}
}

// TestSummary: one is no plural.
func TestSummary(t *testing.T) {
	for want, c := range map[string]doctor.Counts{
		"1 ok, 1 warning, 1 fault, 1 unknown;":   {OK: 1, Warning: 1, Fault: 1, Unknown: 1},
		"0 ok, 2 warnings, 0 faults, 0 unknown;": {Warning: 2},
	} {
		var out strings.Builder
		if err := page(&out, doctor.Report{Counts: c}); err != nil || !strings.HasPrefix(out.String(), want) {
			t.Errorf("%q, %v", out.String(), err)
		}
	}
}
