package main

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ivalt-radius/cmd/ivalt-radius/exit"
	"ivalt-radius/radius/radiustest"
)

// findings are those of `doctor --json`: states and sentences by their names.
func (s *site) findings(t *testing.T, args ...string) (states, words map[string]string) {
	t.Helper()
	_, out := s.command(t, append([]string{"doctor", "--json"}, args...)...)
	var report struct {
		Findings []struct {
			ID, State string
			Seen, Do  []string
		}
	}
	if err := json.NewDecoder(strings.NewReader(out)).Decode(&report); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	states, words = map[string]string{}, map[string]string{}
	for _, f := range report.Findings {
		states[f.ID], words[f.ID] = f.State, strings.Join(append(f.Seen, f.Do...), "\n")
	}
	return states, words
}

// TestDoctorBesideARunningServer: its sockets are its own, iVALT takes the key, an upstream server answers, and the bundle is recorded by the server.
func TestDoctorBesideARunningServer(t *testing.T) {
	upstream := newSite(t)
	u := upstream.start(t)
	s := newSite(t)
	s.listen = freeUDP(t)
	s.more = fmt.Sprintf("primary: {method: radius, radius: {servers: [{address: %q, secret: %s}]}}", u.address, sharedSecret)
	s.policy = "{default: require_push}"
	s.write(t)
	r := s.start(t)
	states, words := s.findings(t)
	for id, want := range map[string]string{
		"settings.load": "warning", "ivalt.key": "ok", "ivalt.tls": "warning", "factor.sources": "ok", "machine.files": "ok", "trail.shipped": "warning",
		"secrets.strength": "warning", "secrets.age": "ok", "clock.ivalt": "ok",
	} {
		if states[id] != want {
			t.Errorf("%s: %q, want %q: %s", id, states[id], want, words[id])
		}
	}
	if !strings.Contains(words["factor.sources"], "answered a Status-Server") || !strings.Contains(words["settings.load"], "stands in the file") {
		t.Errorf("%q", words)
	}
	// The server is this very process, whose sockets even its own user sees.
	if !strings.Contains(words["network.listen"], s.listen+": the running server has it") {
		t.Errorf("%s", words["network.listen"])
	}
	bundle := filepath.Join(s.dir, "b.tar.gz")
	if _, out := s.command(t, "doctor", "--offline", "--bundle", bundle); !strings.Contains(out, "no secret is in it") {
		t.Errorf("%s", out)
	}
	if _, err := os.Stat(bundle); err != nil {
		t.Error(err)
	}
	if code := r.stop(t); code != exit.OK {
		t.Errorf("the server ends with %d", code)
	}
	if made := s.trailLines(t, `"action":"bundle"`); len(made) != 1 || !strings.Contains(made[0], `"actor":"uid=`) {
		t.Errorf("%q", made)
	}
	if states, words := s.findings(t, "--offline"); states["trail.checkpoint"] != "ok" || states["network.listen"] != "unknown" {
		t.Errorf("%q", words)
	}
}

// TestDoctorFindsWhoHasThePort: the port of another program is a fault that names it.
func TestDoctorFindsWhoHasThePort(t *testing.T) {
	other := newSite(t)
	r := other.start(t)
	if code := r.login(t, "alice"); code != radiustest.AccessAccept {
		t.Fatal(code)
	}
	s := newSite(t)
	s.listen = r.address
	s.write(t)
	states, words := s.findings(t, "--offline")
	if states["network.listen"] != "fault" || !strings.Contains(words["network.listen"], fmt.Sprintf("(pid %d) has it", os.Getpid())) {
		t.Errorf("%s: %s", states["network.listen"], words["network.listen"])
	}
	if code, out := s.command(t, "firewall", "--format", "ufw"); code != exit.OK || !strings.Contains(out, "on the loopback interface") {
		t.Errorf("%d, %s", code, out)
	}
}

// freeUDP is an address that was free a moment ago.
func freeUDP(t *testing.T) string {
	t.Helper()
	conn, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	return conn.LocalAddr().String()
}
