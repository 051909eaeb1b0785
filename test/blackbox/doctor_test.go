package blackbox_test

import (
	"archive/tar"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/test/blackbox"
)

// More canaries: who they are, where they come from, and where notices go.
const (
	canaryPerson  = "quillonia"
	canaryStation = "198.51.100.141"
	canaryHook    = "canary-hook-path-9b7e"
	canarySigning = "canary-signing-secret-Lm3vX8"
	canaryAdmin   = "canary-admin@mail.example"
)

// finding is one of doctor's.
type finding struct {
	ID, State string
	Seen, Do  []string
}

// examined runs doctor, and gives what it found.
func examined(t *testing.T, site *blackbox.Site, args ...string) map[string]finding {
	t.Helper()
	out, code := blackbox.Run(t, append([]string{"doctor", "--json", "--config", site.Config()}, args...)...)
	var report struct {
		Findings []finding
		Counts   struct{ OK, Warning, Fault, Unknown int }
	}
	if err := json.NewDecoder(strings.NewReader(out)).Decode(&report); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	found := map[string]finding{}
	for _, f := range report.Findings {
		found[f.ID] = f
		if len(f.Seen) == 0 || !slices.Contains([]string{"ok", "warning", "fault", "unknown"}, f.State) || f.State == "fault" && len(f.Do) == 0 {
			t.Errorf("a finding that says too little: %+v", f)
		}
	}
	c := report.Counts
	if code != min(1, c.Fault) || c.OK+c.Warning+c.Fault+c.Unknown != len(report.Findings) {
		t.Errorf("exit %d, and counted are %+v of %d", code, c, len(report.Findings))
	}
	return found
}

// stands checks one finding's state and a word of what was seen.
func stands(t *testing.T, found map[string]finding, id, state, word string) {
	t.Helper()
	if f := found[id]; f.State != state || !strings.Contains(strings.Join(f.Seen, "\n"), word) {
		t.Errorf("%s: %+v, want %s and %q", id, f, state, word)
	}
}

// canaries is a Site full of them, at which somebody has logged in.
func canaries(t *testing.T) *blackbox.Site {
	t.Helper()
	site := guarded(t, fmt.Sprintf(`respond: {never_block_users: [%s]}
notify:
  - {name: hook, kind: webhook, url: "http://127.0.0.1:9/%s", signing_secret: %s}
  - {name: mail, kind: email, server: "127.0.0.1:9", insecure_plaintext: true, from: "radius@mail.example", recipients: [%q]}`,
		canaryPerson, canaryHook, canarySigning, canaryAdmin))
	site.List(t, fmt.Sprintf("%s: {email: %s, mobile: \"+%s\", password: %q}\n", canaryPerson, canaryEmail, canaryMobile, blackbox.Hashed))
	site.Settings.Clients = "\n  - {name: gateway, networks: [127.0.0.21/32], secrets: [" + canarySecret + "], answer_within: 20s}"
	site.Start(t)
	site.Cloud.Set(ivalttest.Person{Email: canaryEmail, Mobile: "+" + canaryMobile, Behaviour: ivalttest.Approve, After: time.Second})
	nas := blackbox.NewNAS(t, blackbox.Source, site.Authentication(), canarySecret)
	accepted(t, nas.Login(t, blackbox.Login{User: canaryPerson, Password: password, CallingStation: canaryStation, ID: 1}))
	rejected(t, nas.Login(t, blackbox.Login{User: canaryPerson, Password: canaryPassword, CallingStation: canaryStation, ID: 2}), "Access denied.")
	return site
}

// TestDoctor: it sees a running server's sockets and iVALT, rings no phone, changes nothing, and sees that a server is gone.
func TestDoctor(t *testing.T) {
	t.Parallel()
	site := canaries(t)
	before := len(site.TrailLines(t))
	found := examined(t, site)
	stands(t, found, "network.listen", "ok", site.Authentication()+": the running server has it")
	stands(t, found, "network.explained", "ok", "sockets")
	stands(t, found, "ivalt.key", "ok", "no phone rang")
	stands(t, found, "secrets.strength", "warning", "clients[0].secrets[0]")
	stands(t, found, "files.private", "ok", "")
	stands(t, found, "trail.checkpoint", "ok", "")
	if n := site.Cloud.Counters().Pushes; n != 1 {
		t.Errorf("%d pushes, want the one of the login", n)
	}
	for _, line := range site.TrailLines(t)[before:] {
		if strings.Contains(string(line), "data_access") || strings.Contains(string(line), "user_action") {
			t.Errorf("doctor left a record: %s", line)
		}
	}
	requests := site.Cloud.Counters().Requests
	if examined(t, site, "--offline"); site.Cloud.Counters().Requests != requests {
		t.Error("--offline asks iVALT")
	}
	if err := os.Chmod(site.People(), 0o644); err != nil {
		t.Fatal(err)
	}
	if f := examined(t, site, "--offline")["files.private"]; f.State == "ok" || !strings.Contains(strings.Join(append(f.Seen, f.Do...), "\n"), site.People()) {
		t.Errorf("users.file for all to read: %+v", f)
	}
	stopped(t, site)
	if f := examined(t, site, "--offline")["network.listen"]; strings.Contains(strings.Join(f.Seen, "\n"), "the running server has it") {
		t.Errorf("without a server: %+v", f)
	}
}

// unpacked are the files of an archive, by name.
func unpacked(t *testing.T, path string) map[string]string {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	zip, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for tape := tar.NewReader(zip); ; {
		header, err := tape.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		text, read := io.ReadAll(tape)
		if err = errors.Join(err, read); err != nil {
			t.Fatal(err)
		}
		files[filepath.Base(header.Name)] = string(text)
	}
}

// TestABundleTellsNothing: no secret and nobody's name, address, e-mail or mobile is in the archive; that it was made is recorded.
func TestABundleTellsNothing(t *testing.T) {
	t.Parallel()
	site := canaries(t)
	bundle := filepath.Join(site.Dir, "bundle.tar.gz")
	examined(t, site, "--bundle", bundle)
	if info, err := os.Stat(bundle); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v: %v", err, info)
	}
	files := unpacked(t, bundle)
	for name, word := range map[string]string{
		"doctor.json": "network.listen", "settings.json": "never_block_users", "build.json": "go1.", "files.json": "audit.jsonl", "system.json": "", "sockets.json": "8812",
		"trail.jsonl": `"verdict":"accept"`,
	} {
		if text, there := files[name]; !there || !strings.Contains(text, word) {
			t.Errorf("%s: no %q in %s", name, word, text)
		}
	}
	for name, text := range files {
		noCanary(t, name, text)
		for what, canary := range map[string]string{
			"name": canaryPerson, "calling station": canaryStation, "webhook's path": canaryHook, "secret that signs": canarySigning,
			"administrator's address": canaryAdmin, "password's hash": blackbox.Hashed, "typed password": password,
		} {
			if strings.Contains(strings.ToLower(text), strings.ToLower(canary)) {
				t.Errorf("%s: the %s stands there", name, what)
			}
		}
	}
	made := slices.DeleteFunc(site.Accesses(t), func(r blackbox.Record) bool { return r.Text("action") != "bundle" })
	if len(made) != 1 || made[0].Text("actor") == "" {
		t.Errorf("the trail says %v", made)
	}
	if out, code := blackbox.Run(t, "doctor", "--config", site.Config(), "--bundle", bundle, "--offline"); code == 0 || !strings.Contains(out, "nothing is overwritten") {
		t.Errorf("a second time: exit %d: %s", code, out)
	}
	sound(t, site)
}

// TestFirewall prints rules for exactly the clients and the addresses that listen.
func TestFirewall(t *testing.T) {
	t.Parallel()
	site := guarded(t, "")
	site.Address = "192.0.2.5" // nobody listens there: rules come of the settings alone
	site.Settings.Clients = "\n  - {name: gateway, networks: [198.51.100.0/28, 203.0.113.4/32], secrets: [" + blackbox.Secret + "]}"
	site.Write(t)
	for format, words := range map[string][]string{
		"nftables": {"table inet ivalt_radius", "198.51.100.0/28", "203.0.113.4", site.Address, "8812", "8813", "udp"},
		"ufw":      {"ufw default deny incoming", "198.51.100.0/28", "203.0.113.4", site.Address, "8812", "8813", "udp"},
	} {
		out := does(t, site, []string{"firewall", "--format", format}, words...)
		if strings.Contains(out, blackbox.Secret) || strings.Contains(out, blackbox.APIKey) {
			t.Errorf("%s: a secret is printed", format)
		}
		again := does(t, site, []string{"firewall", "--format", format, "--strict-out", "--ssh-from", "192.0.2.0/24"}, "192.0.2.0/24")
		if again == out {
			t.Errorf("%s: the flags change nothing", format)
		}
	}
	if out, code := blackbox.Run(t, "firewall", "--config", site.Config(), "--format", "pf"); code != 64 || !strings.Contains(out, "none of nftables, ufw and systemd") {
		t.Errorf("exit %d: %s", code, out)
	}
}
