package blackbox_test

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/test/blackbox"
)

// TestNothingSecretInADump: the goroutine dump that SIGQUIT asks for, while logins wait for their phones. A dump shows the words that
// functions were called with, in hex, so secrets are looked for in that form too.
func TestNothingSecretInADump(t *testing.T) {
	t.Parallel()
	site := blackbox.NewSite(t)
	people := filepath.Join(site.Dir, "people.yaml")
	ntHash := strings.TrimSpace(blackbox.Pipe(t, canaryPassword+"\n", "hash-password", "--nt"))
	key := filepath.Join(site.Dir, "seal.key")
	sealed := blackbox.Pipe(t, ntHash+"\n", "seal", "--key", key)
	text := fmt.Sprintf("mary: {email: %s, mobile: \"+%s\", nt_hash: %q}\n", canaryEmail, canaryMobile, strings.TrimSpace(sealed))
	if err := os.WriteFile(people, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	site.Settings.Clients = "\n  - {name: gateway, networks: [127.0.0.0/8], secrets: [" + canarySecret + "], answer_within: 30s}"
	site.Settings.Users = "file: " + people
	site.Settings.More = "secrets: {key_file: " + key + "}"
	site.Start(t, "--log-level", "debug")
	site.Cloud.Set(ivalttest.Person{Email: canaryEmail, Mobile: "+" + canaryMobile, Behaviour: ivalttest.Ignore})
	site.Enrol("approving", ivalttest.Ignore, 0)
	for _, user := range []string{"mary", "approving"} {
		nas := blackbox.NewNAS(t, blackbox.Source, site.Authentication(), canarySecret)
		nas.Send(nas.Request(blackbox.Login{User: user, Password: canaryPassword, CallingStation: station}))
	}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(blackbox.Patience); site.Cloud.Counters().Pushes < 2; <-tick.C {
		if time.Now().After(end) {
			t.Fatal("the phones did not ring")
		}
	}
	site.Server.Signal(syscall.SIGQUIT)
	if code := site.Server.Exit(t); code != 2 {
		t.Errorf("exit code %d, want that of Go's runtime, 2", code)
	}
	dump := site.Server.Output()
	if !strings.Contains(dump, "SIGQUIT") || strings.Count(dump, "\ngoroutine ") < 5 || !strings.Contains(dump, "ivalt-radius/auth.") {
		t.Errorf("no dump of logins that wait:\n%s", dump)
	}
	noCanary(t, "dump", dump)
	if strings.Contains(dump, ntHash) {
		t.Error("the NT hash stands there")
	}
	for what, octets := range map[string]string{"password": canaryPassword, "shared secret": canarySecret, "API key": blackbox.APIKey, "e-mail": canaryEmail, "mobile": canaryMobile} {
		for len(octets) >= 8 {
			if word := fmt.Sprintf("%#x", binary.LittleEndian.Uint64([]byte(octets))); strings.Contains(dump, word) {
				t.Errorf("the %s stands there as the word %s", what, word)
			}
			octets = octets[8:]
		}
	}
}

// TestNoCoreFile: the real server may leave none.
func TestNoCoreFile(t *testing.T) {
	t.Parallel()
	site := blackbox.NewSite(t)
	site.Start(t)
	limits, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", site.Server.PID()))
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`(?m)^Max core file size +0 +0 +bytes`).Match(limits) {
		t.Errorf("core files have no bound of 0:\n%s", limits)
	}
	for _, file := range []string{"stat", "status"} { // what whoever watches the server reads
		if text, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", site.Server.PID(), file)); err != nil || len(text) == 0 {
			t.Errorf("%s cannot be read: %v", file, err)
		}
	}
}
