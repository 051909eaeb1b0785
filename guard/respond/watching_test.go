package respond

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"ivalt-radius/audit"
	"ivalt-radius/guard"
	"ivalt-radius/guard/incident"
)

// watched reports a person or an address that is watched closely.
func (r *Responder) watched(user string, from netip.Addr) bool {
	return len(r.watches.of(user, from.Unmap().WithZone(""))) > 0
}

// TestWatch: later attempts of the person or the address become evidence, until the end, and are logged at most once a second.
func TestWatch(t *testing.T) {
	k, p := newKit(t), &pen{}
	both := guard.Subject{User: "alice", Address: netip.MustParseAddr("192.0.2.7")}
	k.Respond(of(guard.BruteForce, guard.High, both), p)
	see := func(user, station string) {
		k.See(audit.Attempt{Attempt: "a1", User: user, CallingStation: station, Verdict: "reject", Reason: "bad_password"})
	}
	see("alice", "10.0.0.1")
	see("bob", "::ffff:192.0.2.7")
	see("alice", "192.0.2.7") // both: one line
	see("bob", "10.0.0.1")
	if len(p.lines) != 3 || len(k.log.AllEntries()) != 1 || p.of(watchStep) != "done" {
		t.Errorf("%d lines, log %v", len(p.lines), k.log.AllEntries())
	}
	var record struct {
		Time                               time.Time
		Type, User, Reason, CallingStation string
	}
	if err := json.Unmarshal(p.lines[0].Record, &record); err != nil || record.Type != "authentication_attempt" || record.User != "alice" || !record.Time.Equal(k.at) {
		t.Errorf("%s: %v", p.lines[0].Record, err)
	}
	k.at = k.at.Add(time.Second)
	see("alice", "")
	if e := k.log.LastEntry(); len(k.log.AllEntries()) != 2 || e.Data["not_logged"] != 2 || e.Data["incident"] != "20261126-k7m3" {
		t.Errorf("log: %v", e.Data)
	}
	if !k.watched("alice", netip.Addr{}) || !k.watched("", netip.MustParseAddr("::ffff:192.0.2.7")) || k.watched("bob", netip.MustParseAddr("10.0.0.1")) || k.watched("", netip.Addr{}) {
		t.Error("somebody else is watched")
	}
	k.at = k.at.Add(watchFor)
	see("alice", "192.0.2.7")
	if len(p.lines) != 4 || k.watched("alice", netip.Addr{}) {
		t.Error("it has no end")
	}
}

// TestWatchEndsWithTheIncident, and is taken up after a restart for as long as it was to last.
func TestWatchEndsWithTheIncident(t *testing.T) {
	k, p := newKit(t), &pen{}
	i := of(guard.BruteForce, guard.High, user("alice"))
	k.Respond(i, p)
	i.Actions = slices.Clone(p.actions)
	p.closed = true
	k.See(audit.Attempt{User: "alice"})
	if k.watched("alice", netip.Addr{}) || len(k.log.AllEntries()) != 0 {
		t.Error("it goes on")
	}
	p.closed = false
	k.start()
	k.at = k.at.Add(watchFor - time.Second)
	k.Resume(i, p)
	k.Resume(i, p)
	k.See(audit.Attempt{User: "alice"})
	if !k.watched("alice", netip.Addr{}) || len(p.lines) != 1 {
		t.Errorf("not taken up: %d lines", len(p.lines))
	}
	k.at = k.at.Add(time.Second)
	if k.watched("alice", netip.Addr{}) {
		t.Error("it lasts longer after a restart")
	}
	k.start()
	k.Resume(i, p)
	k.Resume(of(guard.BruteForce, guard.High, user("bob")), p)
	if k.watched("alice", netip.Addr{}) || k.watched("bob", netip.Addr{}) {
		t.Error("what has ended was taken up")
	}
}

func TestWatchIsBounded(t *testing.T) {
	k, p := newKit(t), &pen{}
	for n := range mostWatch {
		i := of(guard.BruteForce, guard.High, user(fmt.Sprint("u", n)))
		i.ID = fmt.Sprint("i", n)
		k.Respond(i, &pen{})
	}
	k.Respond(of(guard.BruteForce, guard.High, user("alice")), p)
	if !strings.HasPrefix(p.of(watchStep), "failed too many") || k.watched("alice", netip.Addr{}) {
		t.Errorf("%+v", p.actions)
	}
	k.at = k.at.Add(watchFor)
	q := &pen{}
	k.Respond(of(guard.BruteForce, guard.High, user("alice")), q)
	if q.of(watchStep) != "done" {
		t.Errorf("%+v", q.actions)
	}
	q = &pen{}
	k.Respond(of(guard.APISlow, guard.High, guard.Subject{}), q)
	if !strings.HasPrefix(q.of(watchStep), "withheld") {
		t.Errorf("%+v", q.actions)
	}
}

// TestVisitors: of each address the last two persons are enough to say whether there was another one than somebody.
func TestVisitors(t *testing.T) {
	v := newVisitors()
	v.seeded = true
	at := time.Now()
	a := netip.MustParseAddr("192.0.2.7")
	free := func(step, but string, want bool) {
		t.Helper()
		if got := v.whyNot(a, but, at) == ""; got != want {
			t.Errorf("%s: free of others than %q: %v", step, but, got)
		}
	}
	free("nobody", "alice", true)
	v.came("alice", a, at)
	v.came("alice", a, at.Add(time.Second))
	v.came("alice", a, at)
	free("alice", "alice", true)
	free("alice", "bob", false)
	free("alice", "", false)
	for n, name := range []string{"bob", "carol", "bob", "alice", "alice"} {
		v.came(name, a, at.Add(time.Duration(n)*time.Second))
	}
	for _, name := range []string{"alice", "bob", "carol"} {
		free("three", name, false)
	}
	at = at.Add(recently + 3*time.Second)
	free("bob's visit is long ago", "alice", true)
	free("alice's is not", "bob", false)

	for n := range mostAddresses {
		v.known[netip.AddrFrom4([4]byte{10, byte(n >> 16), byte(n >> 8), byte(n)})] = [2]visit{{1, at}}
	}
	v.came("dave", netip.MustParseAddr("192.0.2.8"), at)
	if v.whyNot(netip.MustParseAddr("192.0.2.8"), "", at) == "" || len(v.known) > mostAddresses+1 {
		t.Error("one that found no room is nobody's")
	}
	if v.came("erin", netip.MustParseAddr("192.0.2.10"), at.Add(sweepEvery-1)); !v.swept.Equal(at) {
		t.Error("a full table is looked through again at once")
	}
	at = at.Add(recently)
	v.came("dave", netip.MustParseAddr("192.0.2.8"), at)
	if len(v.known) != 1 || v.whyNot(netip.MustParseAddr("192.0.2.9"), "", at) != "" {
		t.Errorf("%d are known", len(v.known))
	}
}

func TestSettings(t *testing.T) {
	for name, c := range map[string]struct {
		settings Settings
		says     string // empty: no fault
	}{
		"nothing":      {Settings{}, ""},
		"all":          {Settings{Critical: []string{"notify", "watch", "block", "disconnect"}, NeverBlockUsers: []string{"*", "Admin*", "anna *", `corp\*`}}, ""},
		"no step":      {Settings{High: []string{"notify", "shout"}}, `guard.respond.high[1]: "shout" is no step: write notify, watch, block or disconnect`},
		"an empty one": {Settings{Low: []string{""}}, "guard.respond.low[0]: "},
		"twice":        {Settings{Medium: []string{"block", "block"}}, "guard.respond.medium[1]: block is there twice"},
		"no name":      {Settings{NeverBlockUsers: []string{"a", ""}}, "guard.respond.never_block_users[1]: "},
		"no text":      {Settings{NeverBlockUsers: []string{"a*\x00"}}, "guard.respond.never_block_users[0]: "},
	} {
		t.Run(name, func(t *testing.T) {
			err := c.settings.Check().Err()
			if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
				t.Error(err)
			}
		})
	}
}

func TestPatterns(t *testing.T) {
	for _, c := range []struct {
		pattern, name string
		want          bool
	}{
		{"alice", "alice", true},
		{"alice", "alice2", false},
		{"ALICE", "alice", true},
		{"alice", "alice@example.com", true},
		{"alice", `corp\alice`, true},
		{"alice@example.com", "alice@example.com", true},
		{"alice@example.com", "alice", false},
		{"*", "anybody", true},
		{"admin*", "admin", true},
		{"admin*", "admin-2@example.com", true},
		{"*@example.com", "bob@example.com", true},
		{"*@example.com", "bob", false},
		{"a*b*c", "axbyc", true},
		{"a*b*c", "ac", false},
		{"a*a", "a", false},
		{"anna *", "anna berg", true},
		{"anna *", "annab", false},
	} {
		s := Settings{NeverBlockUsers: []string{c.pattern}}
		p, faults := s.understand()
		if got := p.sparesUser(c.name); got != c.want || len(faults) > 0 {
			t.Errorf("%s spares %s: %v, %v", c.pattern, c.name, got, faults)
		}
	}
}

var _ incident.Responder = (*Responder)(nil)
