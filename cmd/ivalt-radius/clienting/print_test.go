package clienting

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"ivalt-radius/admin/view"
	"ivalt-radius/audit"
	"ivalt-radius/cmd/ivalt-radius/control"
	"ivalt-radius/cmd/ivalt-radius/exit"
	"ivalt-radius/cmd/ivalt-radius/secretage"
	"ivalt-radius/config"
	"ivalt-radius/radius"
	"ivalt-radius/radius/client"
	"ivalt-radius/radius/sighting"
	"ivalt-radius/state"
)

// TestAdvice: whom the NAS makes wait is told what to set, and nobody else anything.
func TestAdvice(t *testing.T) {
	for _, c := range []struct {
		name, client          string
		gaveUp, inTime, later int
		want                  string
	}{
		{"some approvals come later", "auto", 5, 5, 3, "^gives up after 10 s, 38 % of approvals come later: set its time-out to 60 s$"},
		{"with a profile", "free", 5, 5, 3, `^gives up after 10 s, 38 % of approvals come later: set its time-out to 55 s \(Fortinet FortiGate: .*remoteauthtimeout to 60`},
		{"nobody ever approved", "auto", 3, 0, 0, "^gives up after 10 s, before most people can answer a phone: set its time-out to 60 s$"},
		{"too few", "auto", 2, 5, 0, "^$"},
		{"nothing is known", "auto", 0, 9, 0, "^$"},
	} {
		s := newSite(t)
		s.remember(t, func(m *Memory) {
			address := map[string]string{"free": "192.0.2.1", "auto": "198.51.100.1"}[c.client]
			unsign(m, c.client, address)
			impatient(m, c.client, address, c.gaveUp, c.inTime, c.later)
		})
		_, out := s.run(t, "list", "--json", "--client", c.client)
		var o view.Clients
		if err := json.Unmarshal([]byte(out), &o); err != nil {
			t.Fatal(err)
		}
		if a := o.Clients[0].Addresses[0]; !regexp.MustCompile(c.want).MatchString(a.Advice) || c.gaveUp > 0 && (a.PatienceMS != 10000 || a.IntervalMS != 5000) {
			t.Errorf("%s: %+v", c.name, a)
		}
	}
	patient := &sighting.Sighting{Patience: sighting.Estimate{Time: 40 * time.Second, Logins: 9}, Approvals: 40, Late: 1}
	if got := advice(patient, time.Minute, client.Profile{}); got != "" {
		t.Error(got)
	}
	behind := &sighting.Sighting{Approvals: 10, Late: 4}
	if got := advice(behind, 20*time.Second, client.Profile{}); got != "40 % of approvals come after the answer has left: raise answer_within (now 20 s) and its time-out above that" {
		t.Error(got)
	}
}

// TestText: what a person reads, without a server and with one, which tells of strangers too.
func TestText(t *testing.T) {
	s := newSite(t)
	whole, faults := config.Load(s.config, config.Options{})
	if whole == nil {
		t.Fatal(faults)
	}
	s.remember(t, func(m *Memory) {
		if _, err := secretage.Note(whole, time.Now().AddDate(0, 0, -12)); err != nil {
			t.Error(err)
		}
		sign(m, "auto", "198.51.100.1", 3)
		unsign(m, "auto", "198.51.100.1")
		m.Sightings.Note("auto", addr("198.51.100.1"), sighting.Forged, at())
		impatient(m, "auto", "198.51.100.1", 5, 5, 3)
		m.Learned.Learn(radius.LearnedKey("auto", addr("198.51.100.2")))
		m.Enforced.Learn(radius.EnforcedKey("strict"))
	})
	want := `auto
  networks               198.51.100.0/24, 192.0.2.128/25
  message_authenticator  auto
  must send it           198.51.100.2
  methods                pap, mschapv2
  first factor           none
  answer_within          60 s
  secret                 secrets[0]: 12 days old
  198.51.100.1           last seen 2026-11-26T12:00:00Z
    state                observe: 3 requests with Message-Authenticator, 1 without, 0 refused
    bad signature        1 packet, the last at 2026-11-26T12:00:00Z
    logins               8 accepted, 6 rejected, 0 challenged, 0 unanswered, 0 waiting
    asks again every     5 s (seen in 5 logins)
    gives up after       10 s (seen in 5 logins)
    approvals too late   38 % of the last 8
    advice               gives up after 10 s, 38 % of approvals come later: set its time-out to 60 s
  198.51.100.2           last seen not yet
    state                enforced (learned): 0 requests with Message-Authenticator, 0 without, 0 refused
    logins               0 accepted, 0 rejected, 0 challenged, 0 unanswered, 0 waiting
`
	code, out := s.run(t, "--client", "auto")
	if code != exit.OK || out != want {
		t.Errorf("exit %d:\n%s", code, out)
	}
	if code, out := s.run(t); code != exit.OK || !strings.Contains(out, "must send it           every address, by hand") || !strings.Contains(out, "55 s (profile fortigate: 55 s)") {
		t.Errorf("exit %d:\n%s", code, out)
	}
	if code, out := s.run(t, "list", "--client", "nobody"); code != exit.Fault || !strings.Contains(out, "no client is called") {
		t.Errorf("exit %d: %s", code, out)
	}
	var text bytes.Buffer
	printText(&text, view.Clients{Strangers: []view.Stranger{{Address: addr("203.0.113.9"), Packets: 7, Last: at()}}})
	if text.String() != "addresses that no client has, of late\n  203.0.113.9            7 packets, the last at 2026-11-26T12:00:00Z\n" {
		t.Error(text.String())
	}
	old := view.SecretAge{FirstSeen: &time.Time{}, AgeDays: 400, Old: true}
	if got := age(old) + ", " + age(view.SecretAge{}); got != "400 days old: change it, not seen by a server yet" {
		t.Error(got)
	}
}

// TestRunning: the same commands, and the same words, through a server that runs.
func TestRunning(t *testing.T) {
	s := newSite(t)
	settings := s.settings(t)
	store, err := state.OpenStore(settings.State.Directory)
	if err != nil {
		t.Fatal(err)
	}
	m, err := Open(store)
	if err != nil {
		t.Fatal(err)
	}
	sign(m, "free", "192.0.2.1", 12)
	unsign(m, "auto", "198.51.100.1")
	m.Sightings.Stranger(addr("203.0.113.9"), at())
	trail := &kept{}
	mux := http.NewServeMux()
	Handle(mux, Running{
		Settings: func() *config.Settings { return settings }, Memory: m, Trail: trail,
		Waiting: func() map[sighting.Peer]int {
			return map[sighting.Peer]int{sighting.PeerOf("free", addr("192.0.2.1")): 3}
		},
	})
	server, err := control.Listen(t.Context(), settings.State.Directory, mux)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		server.Close(context.Background())
		if err := errors.Join(m.Close(), store.Close()); err != nil {
			t.Error(err)
		}
	}()
	for _, c := range []struct {
		line string
		code int
		says string
	}{
		{"list", exit.OK, "state                ready: 12 requests with Message-Authenticator"},
		{"list", exit.OK, "3 waiting"},
		{"list", exit.OK, "203.0.113.9            1 packet"},
		{"--json", exit.OK, `"running": true`},
		{"enforce --client auto --address 198.51.100.1 --reason r", exit.Fault, "is not ready"},
		{"enforce --client free --address 192.0.2.1 --reason audit", exit.OK, "must send"},
		{"list --client free", exit.OK, "enforced (hand)"},
		{"forget --client free --address 192.0.2.1", exit.OK, "may ask without"},
		{"list --client free", exit.OK, "state                ready"},
	} {
		if code, out := s.run(t, strings.Split(c.line, " ")...); code != c.code || !strings.Contains(out, c.says) {
			t.Errorf("%s: exit %d, %s", c.line, code, out)
		}
	}
	if _, out := s.run(t, "list", "--client", "free"); strings.Contains(out, "203.0.113.9") {
		t.Error("strangers are told of one client")
	}
	if len(trail.actions) != 2 || trail.actions[0].Actor != control.ActorName(os.Getuid(), os.Getpid()) || trail.actions[0].Detail != "must send Message-Authenticator: audit" {
		t.Errorf("%+v", trail.actions)
	}
}

// kept is a trail.
type kept struct{ actions []audit.Action }

func (k *kept) Commit(_ context.Context, e audit.Event) error {
	a, _ := e.(audit.Action)
	k.actions = append(k.actions, a)
	return nil
}

// TestJSON: the names that scripts rely on.
func TestJSON(t *testing.T) {
	s := newSite(t)
	s.remember(t, func(m *Memory) { sign(m, "strict", "2001:db8::1", 1) })
	code, out := s.run(t, "--json", "--client", "strict")
	var shape struct {
		Clients []struct {
			Addresses []map[string]any `json:"addresses"`
		} `json:"clients"`
	}
	if err := json.Unmarshal([]byte(out), &shape); err != nil || code != exit.OK {
		t.Fatalf("exit %d, %v: %s", code, err, out)
	}
	for _, name := range []string{
		"address", "first_seen", "last_seen", "state", "enforced_by", "signed", "unsigned", "unsigned_refused", "bad_signature", "signed_in_a_row", "accepted", "rejected",
		"challenged", "unanswered", "waiting", "interval_ms", "interval_logins", "patience_ms", "patience_logins", "approvals", "late", "late_share", "advice",
	} {
		if _, there := shape.Clients[0].Addresses[0][name]; !there {
			t.Errorf("no %q in %s", name, out)
		}
	}
	if code, out := s.run(t, "list", "--json"); code != exit.OK || !strings.Contains(out, `"strangers": []`) || !strings.Contains(out, `"running": false`) || !strings.Contains(out, `"age_days": 0`) {
		t.Errorf("exit %d: %s", code, out)
	}
}
