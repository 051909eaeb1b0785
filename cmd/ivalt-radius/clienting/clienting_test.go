package clienting

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ivalt-radius/admin/view"
	"ivalt-radius/audit"
	"ivalt-radius/auth"
	"ivalt-radius/cmd/ivalt-radius/commandtest"
	"ivalt-radius/cmd/ivalt-radius/configured"
	"ivalt-radius/cmd/ivalt-radius/control"
	"ivalt-radius/cmd/ivalt-radius/exit"
	"ivalt-radius/config"
	"ivalt-radius/radius"
	"ivalt-radius/radius/sighting"
	"ivalt-radius/state"
)

const (
	shared = "nR8kQ5tZ1mB7yL4cW9dHvX2n"
	apiKey = "Zq3vT8mKx1Lw9RbY5cHd2NfG6sJp4UaE7b"
)

// site is a configuration with three clients, and its state.
type site struct{ dir, config string }

func newSite(t *testing.T) site {
	t.Helper()
	dir := t.TempDir()
	s := site{dir, filepath.Join(dir, "c.yaml")}
	text := fmt.Sprintf(`clients:
  - {name: free, networks: [192.0.2.0/24], secrets: [%[1]s], message_authenticator: optional, profile: fortigate}
  - {name: auto, networks: [198.51.100.0/24, 192.0.2.128/25], secrets: [%[1]s], insecure_methods: [mschapv2], answer_within: 60s}
  - {name: strict, networks: ["2001:db8::/32"], secrets: [%[1]s], message_authenticator: required}
ivalt: {api_key: %[2]s}
audit: {file: %[3]q}
state: {directory: %[4]q}
`, shared, apiKey, filepath.Join(dir, "audit.jsonl"), filepath.Join(dir, "state"))
	if err := os.WriteFile(s.config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s site) settings(t *testing.T) *config.Settings {
	t.Helper()
	settings, err := configured.Settings(s.config)
	if err != nil {
		t.Fatal(err)
	}
	return settings
}

// remember has something kept in the state, as a server does that ends in order.
func (s site) remember(t *testing.T, do func(*Memory)) {
	t.Helper()
	if err := onFiles(s.settings(t), func(m *Memory) error { do(m); return nil }); err != nil {
		t.Fatal(err)
	}
}

func (s site) run(t *testing.T, args ...string) (code int, out string) {
	t.Helper()
	text, err := commandtest.Run(t.Context(), NewCommand("/nowhere/config.yaml"), append(args, "--config", s.config)...)
	for _, canary := range []string{shared, apiKey} {
		if strings.Contains(text, canary) {
			t.Errorf("a secret is in the output: %s", text)
		}
	}
	return exit.Code(err), text
}

func at() time.Time { return time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC) }

func addr(text string) netip.Addr { return netip.MustParseAddr(text) }

// sign has an address send n signed requests and a login, which ends as it does.
func sign(m *Memory, client, address string, n int) {
	for range n {
		m.Sightings.Note(client, addr(address), sighting.Signed, at())
	}
	m.Sightings.Ended(client, addr(address), &sighting.Login{})
}

func unsign(m *Memory, client, address string) {
	m.Sightings.Note(client, addr(address), sighting.Unsigned, at())
}

// impatient has a NAS give n logins up after 10 s, and approvals come, of which some are late.
func impatient(m *Memory, client, address string, n, inTime, late int) {
	for range n {
		m.Sightings.Ended(client, addr(address), &sighting.Login{Verdict: auth.Verdict{Reason: auth.PushTimeout}, Took: 50 * time.Second, Packets: 2, Last: 5 * time.Second})
	}
	for i := range inTime + late {
		took := 8 * time.Second
		if i >= inTime {
			took = 20 * time.Second
		}
		m.Sightings.Ended(client, addr(address), &sighting.Login{Verdict: auth.Verdict{Kind: auth.Accept, Reason: auth.ApprovedByPerson}, Took: took, Packets: 1})
	}
}

// TestLadder: the state of an address under each policy, whatever was seen, learned and ordered.
func TestLadder(t *testing.T) {
	for _, c := range []struct {
		name, client, address string
		do                    func(m *Memory, client, address string)
		want                  string
	}{
		{"optional, both kinds", "free", "192.0.2.1", func(m *Memory, c, a string) { sign(m, c, a, 20); unsign(m, c, a) }, "observe []"},
		{"optional, all signed", "free", "192.0.2.1", func(m *Memory, c, a string) { sign(m, c, a, 10) }, "ready []"},
		{"optional, few", "free", "192.0.2.1", func(m *Memory, c, a string) { sign(m, c, a, 9) }, "observe []"},
		{"optional, learned under auto before", "free", "192.0.2.1", func(m *Memory, c, a string) { m.Learned.Learn(radius.LearnedKey(c, addr(a))) }, "observe []"},
		{"optional, by hand", "free", "192.0.2.1", func(m *Memory, c, a string) { m.Enforced.Learn(radius.LearnedKey(c, addr(a))) }, "enforced [hand]"},
		{"optional, the client by hand", "free", "192.0.2.1", func(m *Memory, c, a string) {
			m.Enforced.Learn(radius.EnforcedKey(c))
			unsign(m, c, a)
		}, "enforced [hand_for_the_client]"},
		{"auto, nothing signed", "auto", "198.51.100.1", unsign, "observe []"},
		{"auto, learned", "auto", "198.51.100.1", func(m *Memory, c, a string) { m.Learned.Learn(radius.LearnedKey(c, addr(a))) }, "enforced [learned]"},
		{"auto, where no more can be learned", "auto", "198.51.100.1", func(m *Memory, c, a string) { sign(m, c, a, 10) }, "ready []"},
		{"required", "strict", "2001:db8::1", unsign, "enforced [required]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSite(t)
			s.remember(t, func(m *Memory) { c.do(m, c.client, c.address) })
			code, out := s.run(t, "--json", "--client", c.client)
			var o view.Clients
			if err := json.Unmarshal([]byte(out), &o); err != nil || code != exit.OK || len(o.Clients) != 1 || len(o.Clients[0].Addresses) != 1 {
				t.Fatalf("exit %d, %v: %s", code, err, out)
			}
			if a := o.Clients[0].Addresses[0]; a.Address != addr(c.address) || fmt.Sprint(a.State, " ", a.By) != c.want {
				t.Errorf("%s %s %v, want %s", a.Address, a.State, a.By, c.want)
			}
		})
	}
}

// TestEnforceAndForget on the files: what is not ready needs force, what is done is in the trail, and what holds is said.
func TestEnforceAndForget(t *testing.T) {
	s := newSite(t)
	s.remember(t, func(m *Memory) {
		sign(m, "free", "192.0.2.1", 12)
		unsign(m, "free", "192.0.2.2")
		sign(m, "auto", "198.51.100.1", 12)
		m.Learned.Learn(radius.LearnedKey("auto", addr("198.51.100.2")))
		m.Sightings.Note("auto", addr("198.51.100.9"), sighting.Forged, at())
	})
	for _, c := range []struct {
		line string
		code int
		says string
	}{
		{"enforce --client free --address 192.0.2.1", exit.Usage, "reason"},
		{"enforce --client free --address 192.0.2.1 --reason ", exit.Fault, "--reason: say why"},
		{"enforce --client free --address nowhere --reason r", exit.Usage, "no IP address"},
		{"enforce --client nobody --reason r", exit.Fault, `no client is called "nobody"`},
		{"enforce --client free --address 198.51.100.1 --reason r", exit.Fault, "is none of the client"},
		{"enforce --client free --address 192.0.2.200 --reason r", exit.Fault, "the longest one"},
		{"enforce --client free --address 192.0.2.2 --reason r", exit.Fault, "free 192.0.2.2 is not ready: 0 requests with Message-Authenticator in a row over 0 logins (10 over 1 are needed); 1 came without it, the last at 2026-11-26T12:00:00Z"},
		{"enforce --client free --address 192.0.2.3 --reason r", exit.Fault, "no request was seen"},
		{"enforce --client free --reason r", exit.Fault, "192.0.2.2 is not ready"},
		{"enforce --client strict --reason r", exit.Fault, "no request was seen of any address"},
		{"enforce --client free --address ::ffff:192.0.2.1 --reason r", exit.OK, "free: 192.0.2.1 must send Message-Authenticator until ivalt-radius clients forget --client free --address 192.0.2.1"},
		{"enforce --client free --address 192.0.2.1 --reason r", exit.Fault, "by hand already"},
		{"enforce --client free --reason r --force", exit.OK, "every address must send Message-Authenticator until ivalt-radius clients forget --client free"},
		{"enforce --client auto --reason r", exit.OK, "every address"},
		{"forget --client free --address 192.0.2.9", exit.Fault, `the client "free" has no address 192.0.2.9 that must send Message-Authenticator`},
		{"forget --client free --address 192.0.2.1", exit.OK, "every address must send Message-Authenticator all the same until ivalt-radius clients forget --client free"},
		{"forget --client free", exit.OK, "an address may ask without Message-Authenticator, unless"},
		{"forget --client free", exit.Fault, `the client "free" as a whole need not`},
		{"enforce --client free --address 192.0.2.1 --reason r", exit.OK, "must send"},
		{"forget --client free --address 192.0.2.1", exit.OK, "192.0.2.1 may ask without Message-Authenticator\n"},
		{"forget --client auto", exit.OK, "an address may"},
		{"forget --client auto --address 198.51.100.2", exit.OK, "auto: 198.51.100.2 may ask without Message-Authenticator until it sends one again"},
		{"enforce --client strict --address 2001:db8::7 --reason r", exit.OK, "must send"},
		{"forget --client strict --address 2001:db8::7", exit.OK, "message_authenticator is required"},
		{"nonsense", exit.Usage, "nonsense"},
	} {
		args := strings.Split(c.line, " ")
		if code, out := s.run(t, args...); code != c.code || !strings.Contains(out, c.says) {
			t.Errorf("%s: exit %d, %s", c.line, code, out)
		}
	}
	trail, err := os.ReadFile(filepath.Join(s.dir, "audit.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for part, want := range map[string]int{
		`"enforce_message_authenticator"`: 5, `"forget_message_authenticator"`: 6, `"target":"free 192.0.2.1"`: 4, `"target":"free"`: 2,
		"must send Message-Authenticator: r": 5, "(forced, though not ready)": 1, control.ActorName(os.Getuid(), os.Getpid()): 11,
	} {
		if got := strings.Count(string(trail), part); got != want {
			t.Errorf("%s is %d times in the trail, want %d", part, got, want)
		}
	}
}

// noTrail is one whose disk is full.
type noTrail struct{}

var errFull = errors.New("no space left")

func (noTrail) Commit(context.Context, audit.Event) error { return errFull }

// TestNothingWithoutEvidence: what cannot be recorded is not done.
func TestNothingWithoutEvidence(t *testing.T) {
	s := newSite(t)
	key := radius.LearnedKey("free", addr("192.0.2.1"))
	s.remember(t, func(m *Memory) {
		sign(m, "free", "192.0.2.1", 12)
		m.Learned.Learn(key)
		d := desk{s.settings(t), m, noTrail{}}
		o := Order{Client: "free", Address: addr("192.0.2.1"), Reason: "r"}
		if _, err := d.enforce(t.Context(), "me", o); !errors.Is(err, errFull) || m.Enforced.Has(key) {
			t.Errorf("enforced: %t, %v", m.Enforced.Has(key), err)
		}
		if _, err := d.forget(t.Context(), "me", o); !errors.Is(err, errFull) || !m.Learned.Has(key) {
			t.Errorf("learned: %t, %v", m.Learned.Has(key), err)
		}
		o.Reason = strings.Repeat("x", 501)
		if _, err := d.enforce(t.Context(), "me", o); err == nil || !strings.Contains(err.Error(), "--reason") {
			t.Error(err)
		}
	})
}

// TestEnforcementIsOnDisk when the command returns: a kill -9 right behind it changes nothing.
func TestEnforcementIsOnDisk(t *testing.T) {
	dir := t.TempDir()
	store, err := state.OpenStore(dir)
	if err != nil {
		t.Fatal(err)
	}
	m, err := Open(store)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.enforce("vpn|192.0.2.1"); err != nil {
		t.Fatal(err)
	}
	killed := t.TempDir()
	if err := os.CopyFS(killed, os.DirFS(dir)); err != nil { // as it lies there
		t.Fatal(err)
	}
	if err := errors.Join(m.Close(), store.Close()); err != nil {
		t.Fatal(err)
	}
	if store, err = state.OpenStore(killed); err != nil {
		t.Fatal(err)
	}
	if m, err = Open(store); err != nil {
		t.Fatal(err)
	}
	if !m.Enforced.Has("vpn|192.0.2.1") {
		t.Error("the enforcement is lost")
	}
	if err := errors.Join(m.Close(), store.Close()); err != nil {
		t.Fatal(err)
	}
	if err := m.enforce("vpn|192.0.2.2"); err == nil {
		t.Error("a state that is closed keeps an enforcement")
	}
	if _, err := Open(store); err == nil {
		t.Error("a state that is closed is open")
	}
	if err := (*Memory)(nil).Close(); err != nil {
		t.Error(err)
	}
	(*Memory)(nil).Heed(audit.System{})
}
