package blackbox_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"ivalt-radius/admin/view"
	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/test/blackbox"
)

// document is what a command prints with --json.
func document[T any](t *testing.T, site *blackbox.Site, command ...string) (d T) {
	t.Helper()
	if err := json.Unmarshal([]byte(does(t, site, append(command, "--json"))), &d); err != nil {
		t.Fatalf("%v: %v", command, err)
	}
	return d
}

// fails runs a command, which must end with an exit code and the words.
func fails(t *testing.T, code int, words string, command ...string) {
	t.Helper()
	if out, got := blackbox.Run(t, command...); got != code || !strings.Contains(out, words) {
		t.Errorf("%v: exit %d, want %d and %q: %s", command, got, code, words, out)
	}
}

// TestTerminal: the commands that show what the window shows, while a server runs and while none does.
func TestTerminal(t *testing.T) {
	t.Parallel()
	site := guarded(t, "lockout: {after: 2, for: 10m}\nattempts: {per_user: 0}\nwrong_passwords: {per_user: 0}", "bob", "svc-eve")
	site.Enrol("bob", ivalttest.Approve, 2*time.Second)
	site.Start(t)
	nas := site.NAS(t)
	r := nas.Request(blackbox.Login{User: "bob", Password: password, CallingStation: station})
	nas.Send(r)
	pushed(t, site, "bob")
	if d := document[view.Now](t, site, "top"); d.Waiting != 1 || len(d.InFlight) != 1 || d.InFlight[0].User != "bob" || d.Version == "" {
		t.Errorf("while bob waits: %+v", d)
	}
	accepted(t, nas.Answer(t, r))
	guesses(t, site, "svc-eve", station, 2)
	site.AwaitAttempts(t, "svc-eve", 2)
	blackbox.Eventually(t, "what has ended, in top", func() bool {
		d := document[view.Now](t, site, "top")
		return d.Waiting == 0 && d.Totals.Accepted == 1 && d.Totals.Rejected == 2 && len(d.Recent) == 3
	})
	does(t, site, []string{"top", "--once"}, "nobody waits", "accept    approved", "bob", "svc-eve", "budget")

	shows := func() {
		all := document[view.Logins](t, site, "logins")
		if len(all.Logins) != 3 || all.Logins[0].User != "svc-eve" || all.Logins[2].User != "bob" {
			t.Fatalf("the logins: %+v", all)
		}
		does(t, site, []string{"logins", "--user", "bob"}, "VERDICT", "approved", all.Logins[2].Attempt)
		does(t, site, []string{"logins", "show", all.Logins[2].Attempt}, "bob at gateway from "+station+": accept, approved", "factors password push")
		if s := document[view.Story](t, site, "logins", "show", all.Logins[2].Attempt); s.Login == nil || len(s.Steps) < 4 {
			t.Errorf("the story: %+v", s)
		}
		fails(t, 1, "no record of the trail has the attempt", "logins", "show", "0000000000000000", "--config", site.Config())
	}
	shows()
	does(t, site, []string{"sessions"}, "FROM", "bob", station)
	if s := document[view.Sessions](t, site, "sessions", "--user", "bob"); len(s.Sessions) != 1 || s.Sessions[0].CallingStation != station {
		t.Errorf("the sessions: %+v", s)
	}
	does(t, site, []string{"people"}, "svc-eve", "locked out", station)
	does(t, site, []string{"people", "release", "--user", "svc-eve", "--lockouts", "--reason", "asked"}, "svc-eve: forgotten: lockouts")
	did(t, site, "release", "svc-eve", "asked")
	if p := document[view.People](t, site, "people"); len(p.Lockouts) != 0 {
		t.Errorf("behind it: %+v", p)
	}
	accepted(t, comes(t, site, "svc-eve", password, station))

	stopped(t, site)
	if n := len(document[view.Logins](t, site, "logins", "--until", site.AwaitAttempts(t, "svc-eve", 3)[2].Text("time")).Logins); n != 3 {
		t.Errorf("%d logins in the files", n)
	}
	does(t, site, []string{"logins", "-n", "1"}, "svc-eve", "older ones: --before ")
	for _, command := range [][]string{{"top", "--once"}, {"sessions"}, {"people"}, {"people", "release", "--user", "bob", "--lockouts", "--reason", "r"}, {"reload"}} {
		fails(t, 1, "no server", append(command, "--config", site.Config())...)
	}
}

// TestReloadCommand: it says what changed, or which faults keep the settings as they were.
func TestReloadCommand(t *testing.T) {
	t.Parallel()
	site := blackbox.NewSite(t)
	site.Settings.Policy = " {default: deny}"
	site.Start(t)
	does(t, site, []string{"reload"}, "reloaded, no setting changed; settings ")
	site.Settings.Policy = " {default: exempt}"
	site.Write(t)
	does(t, site, []string{"reload", "--reason", "as ordered"}, "policy.default: deny -> exempt", "reloaded, 1 key changed; settings ")
	accepted(t, comes(t, site, "bob", password, station))
	did(t, site, "reload", site.Config(), "as ordered")
	before := document[view.Now](t, site, "top").Digest
	site.Settings.Policy = " {default: deny, no_such_key: 1}"
	site.Write(t)
	fails(t, 1, "no_such_key", "reload", "--config", site.Config())
	fails(t, 1, "nothing has changed: mend the faults and reload again", "reload", "--config", site.Config())
	accepted(t, comes(t, site, "bob", password, station))
	site.Settings.Policy = " {default: exempt}"
	site.Write(t) // the other commands want to read it
	does(t, site, []string{"top", "--once"}, before[:12])
	if after := document[view.Now](t, site, "top").Digest; after != before {
		t.Errorf("settings %s are in force, want %s", after, before)
	}
}

// TestMisuse of the commands ends with 64, and asks no server.
func TestMisuse(t *testing.T) {
	t.Parallel()
	for _, command := range [][]string{
		{"top", "x"},
		{"top", "--interval", "1ms"},
		{"logins", "--verdict", "perhaps"},
		{"logins", "--since", "soon"},
		{"logins", "show"},
		{"logins", "-n", "201"},
		{"sessions", "--address", "nowhere"},
		{"people", "release", "--user", "bob", "--reason", "r"},
		{"people", "release", "--user", "bob", "--lockouts"},
		{"reload", "now"},
		{"token"},
		{"token", "--name", "ci", "--role", "root"},
		{"token", "--name", "ci", "--role", "viewer", "--scopes", "write"},
		{"token", "--name", "ci", "--role", "viewer", "--for", "1s"},
	} {
		fails(t, 64, "", command...)
	}
}
