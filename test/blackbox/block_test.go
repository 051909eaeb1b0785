package blackbox_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"ivalt-radius/test/blackbox"
)

// shutOut is a block, as `block list --json` has it.
type shutOut struct {
	User, Address, Reason, By, Incident string
	Until                               time.Time
}

// blocks are those in force.
func blocks(t *testing.T, site *blackbox.Site) (found []shutOut) {
	t.Helper()
	if err := json.Unmarshal([]byte(does(t, site, []string{"block", "list", "--json"})), &found); err != nil {
		t.Fatal(err)
	}
	return found
}

// TestABlockWhileAPhoneRings: who is blocked does not come in, whatever the phone says, and is not heard of again before it is lifted.
func TestABlockWhileAPhoneRings(t *testing.T) {
	t.Parallel()
	site := guarded(t, "denied: {for: 0s}", "bob")
	site.Start(t)
	mobile := manual(site, "bob")
	nas := site.NAS(t)
	r := nas.Request(blackbox.Login{User: "bob", Password: password, CallingStation: station})
	nas.Send(r)
	pushed(t, site, "bob")
	does(t, site, []string{"block", "--user", "BOB", "--for", "2h", "--reason", "stolen laptop"}, "bob: blocked until ")
	did(t, site, "block", "bob", ": stolen laptop")
	site.Approve(t, mobile)
	rejected(t, nas.Answer(t, r), "Access denied.")
	ended(t, site, "bob", 1, "blocked", "blocked until ")
	rejected(t, comes(t, site, "Bob", password, elsewhere), "Access denied.")
	ended(t, site, "bob", 2, "blocked", "blocked until ")
	if n := site.Pushes("bob"); n != 1 {
		t.Errorf("%d pushes, want 1", n)
	}
	does(t, site, []string{"unblock", "--user", "bob", "--reason", "found"}, "bob: is no longer blocked")
	did(t, site, "unblock", "bob", "found")
	again := site.NAS(t)
	r = again.Request(blackbox.Login{User: "bob", Password: password, CallingStation: station})
	again.Send(r)
	blackbox.Eventually(t, "a second push", func() bool { return site.Pushes("bob") == 2 })
	site.Approve(t, mobile)
	accepted(t, again.Answer(t, r))
}

// TestABlockedNetwork: of machines too, over a reload, a kill and a stop, and with no server to ask.
func TestABlockedNetwork(t *testing.T) {
	t.Parallel()
	site := guarded(t, "attempts: {per_user: 0}", "svc-bob", "svc-eve")
	site.Start(t)
	accepted(t, comes(t, site, "svc-bob", password, elsewhere))
	does(t, site, []string{"block", "--address", elsewhere + "/24", "--for", "1h", "--reason", "scanner"}, "203.0.113.0/24: blocked until ")
	out, code := blackbox.Run(t, "block", "--config", site.Config(), "--address", station)
	if code != 64 || !strings.Contains(out, "reason") {
		t.Errorf("without a reason: exit %d: %s", code, out)
	}
	shut := func() {
		t.Helper()
		rejected(t, comes(t, site, "svc-bob", password, elsewhere), "Access denied.")
		rejected(t, comes(t, site, "svc-eve", password, "203.0.113.200"), "Access denied.")
		accepted(t, comes(t, site, "svc-eve", password, station))
		accepted(t, comes(t, site, "svc-eve", password, ""))
	}
	shut()
	under(site, "attempts: {per_user: 100}")
	reloaded(t, site, 1)
	shut()
	site.Server.Kill()
	site.Start(t)
	shut()
	list := blocks(t, site)
	if len(list) != 1 || list[0].Address != "203.0.113.0/24" || list[0].Reason != "scanner" || !strings.HasPrefix(list[0].By, "uid=") || time.Until(list[0].Until) > time.Hour {
		t.Errorf("blocked are %v", list)
	}
	for _, end := range site.Attempts(t, "svc-bob")[1:] {
		if end.Text("reason") != "blocked" {
			t.Errorf("it ended as %s", end.Text("reason"))
		}
	}
	stopped(t, site)
	does(t, site, []string{"block", "list"}, "address 203.0.113.0/24", "scanner")
	does(t, site, []string{"block", "--user", "svc-eve", "--reason", "on leave"}, "svc-eve: blocked until ")
	does(t, site, []string{"unblock", "--address", "203.0.113.0/24", "--reason", "a customer"}, "203.0.113.0/24: is no longer blocked")
	site.Start(t)
	accepted(t, comes(t, site, "svc-bob", password, elsewhere))
	rejected(t, comes(t, site, "svc-eve", password, station), "Access denied.")
	for action, target := range map[string]string{"block": "svc-eve", "unblock": "203.0.113.0/24"} {
		did(t, site, action, target, map[string]string{"block": "on leave", "unblock": "a customer"}[action])
	}
	if out, code := blackbox.Run(t, "unblock", "--config", site.Config(), "--address", "203.0.113.0/24", "--reason", "again"); code != 1 || !strings.Contains(out, "there is no such block") {
		t.Errorf("a second time: exit %d: %s", code, out)
	}
}
