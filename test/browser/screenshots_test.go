//go:build interop

package browser

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/test/blackbox"
)

var pictures = flag.String("screenshots", "", "where to write the pictures of the docs; empty: they are taken, and thrown away") //nolint:gochecknoglobals // a flag of the test binary

// gateway is one of the pictures: at an address of this machine, and how that is shown.
type gateway struct{ name, address, shown string }

func gateways() []gateway {
	return []gateway{
		{"openvpn-as", "127.0.0.31", "192.0.2.31"},
		{"firewall-berlin", "127.0.0.32", "192.0.2.32"},
		{"firewall-lisbon", "127.0.0.33", "192.0.2.33"},
		{"wifi-office", "127.0.0.34", "192.0.2.34"},
	}
}

// example is the site of the pictures: an ordinary morning. All names in it are made up.
type example struct {
	*window

	attempt, incident string
}

func newExample(t *testing.T) *example {
	t.Helper()
	w := &example{window: plan(t, "")}
	w.Settings.Clients = ""
	held := filepath.Join(w.Dir, "gateway.secret")
	if err := os.WriteFile(held, []byte(blackbox.Secret), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, g := range gateways() {
		signs := "auto"
		if g.name == "wifi-office" {
			signs = "optional"
		}
		w.Settings.Clients += fmt.Sprintf("\n  - {name: %s, networks: [%s/32], secrets: [\"file:%s\"], answer_within: 1m, message_authenticator: %s}", g.name, g.address, held, signs)
	}
	w.guarded(t, strings.Fields("alice bob carol dinesh elena farid grace hugo ines jonas kofi lucia mateo noor olivia priya rahul sofia")...)
	w.Settings.IVALT = "approval_timeout: 45s\n  limits: {per_second: 40, per_minute: 200, per_hour: 4000}"
	w.Settings.More = strings.Replace(w.Settings.More, "guard:", "guard:\n  unanswered: {after: 1}", 1)
	w.Start(t)
	return w
}

// at is a login at one of the gateways.
func (w *example) at(t *testing.T, gateway int, user, typed, from string, id byte) (*blackbox.NAS, blackbox.Request) {
	t.Helper()
	nas := blackbox.NewNAS(t, gateways()[gateway].address, w.Authentication(), blackbox.Secret)
	r := nas.Request(blackbox.Login{User: user, Password: typed, CallingStation: from, ID: id, Unsigned: gateway == 3 && id%3 == 2})
	nas.Send(r)
	return nas, r
}

// morning has people come in, refuse, guess, wait.
func (w *example) morning(t *testing.T) {
	t.Helper()
	type asked struct {
		nas *blackbox.NAS
		r   blackbox.Request
	}
	var all []asked
	come := func(gateway int, user, typed, from string) {
		t.Helper()
		nas, r := w.at(t, gateway, user, typed, from, byte(len(all))) //nolint:gosec // a few
		all = append(all, asked{nas, r})
	}
	done := func() {
		for _, a := range all {
			a.nas.Answer(t, a.r)
		}
		all = nil
	}
	for i, user := range strings.Fields("alice carol dinesh elena farid grace hugo ines jonas kofi") {
		w.Enrol(user, ivalttest.Approve, time.Duration(1500+i*1100)*time.Millisecond)
		come(i%4, user, password, fmt.Sprintf("198.51.100.%d", 11+i))
	}
	w.Enrol("bob", ivalttest.Deny, 2*time.Second)
	come(1, "bob", password, "198.51.100.44")
	w.Enrol("lucia", ivalttest.Geofence, time.Second)
	come(0, "lucia", password, "198.51.100.45")
	done()
	for range 3 {
		come(0, "mateo", "a guess", elsewhere)
		done()
	}
	come(0, "grace", "a guess", elsewhere)
	come(2, "nobody", "a guess", elsewhere)
	done()
	if out, code := blackbox.Run(t, "block", "--user", "rahul", "--reason", "notebook stolen, ticket 4711", "--config", w.Config()); code != 0 {
		t.Fatalf("exit %d: %s", code, out)
	}
	w.attempt = w.AwaitAttempts(t, "alice", 1)[0].Text("attempt")
	for _, opened := range w.AwaitEvents(t, "incident_opened", 3) {
		if id, rule, _ := strings.Cut(opened.Text("detail"), ": "); opened.Text("calling_station") == elsewhere && strings.HasPrefix(rule, "brute_force") {
			w.incident = id
		}
	}
}

// waiting has some logins stand where they are: two before their push, the others before a phone that rings.
func (w *example) waiting(t *testing.T, x *tab) {
	t.Helper()
	for i, user := range strings.Fields("noor olivia priya sofia") {
		w.Enrol(user, ivalttest.Manual, 0)
		w.at(t, i%4, user, password, fmt.Sprintf("198.51.100.%d", 61+i), byte(i))
		eventually(t, "a push for "+user, func() bool { return w.Pushes(user) > 0 })
		x.until(fmt.Sprintf(`parseFloat(document.querySelector('[sse-swap=flight] [data-label="Age"]')?.innerText) >= %d && !document.querySelector('[sse-swap=flight] [data-label="Age"]').innerText.includes("ms")`, 3*(i+1)), "the oldest does not grow old")
	}
	for _, f := range []ivalttest.Fault{{Kind: ivalttest.Slow, Endpoint: ivalttest.LookUpEndpoint, Delay: 1 * time.Second}, {Kind: ivalttest.Slow, Endpoint: ivalttest.PushEndpoint, Delay: 9 * time.Second}} {
		if err := w.Cloud.Inject(f); err != nil {
			t.Fatal(err)
		}
	}
	w.at(t, 1, "jonas", password, "198.51.100.19", 9)
	w.at(t, 2, "ines", password, "198.51.100.18", 9)
}

// dressed shows what is of this machine as it would be at the site of the example, now and whenever the page changes.
func (w *example) dressed(x *tab) {
	host, _ := os.Hostname()
	pairs := [][2]string{{w.Dir, "/etc/ivalt-radius"}, {w.CloudURL, "https://api.ivalt.com"}, {w.Address, "192.0.2.10"}, {"127.0.0.1", "192.0.2.7"}, {host, "radius1"}}
	for _, g := range gateways() {
		pairs = append(pairs, [2]string{g.address, g.shown})
	}
	raw, _ := json.Marshal(pairs)
	x.eval(`(() => {
	  const pairs = ` + string(raw) + `;
	  const dress = () => {
	    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	    while (walk.nextNode()) { let s = walk.currentNode.data; for (const [from, to] of pairs) { s = s.replaceAll(from, to); } if (s !== walk.currentNode.data) { walk.currentNode.data = s; } }
	  };
	  dress();
	  new MutationObserver(dress).observe(document.body, {childList: true, subtree: true, characterData: true});
	})()`)
}

// TestScreenshots takes the pictures of the docs.
func TestScreenshots(t *testing.T) {
	t.Parallel()
	folder := *pictures
	if folder == "" {
		folder = t.TempDir()
	}
	w := newExample(t)
	w.morning(t)
	x := w.enter(t, newBrowser(t), admin)
	shoot := func(name, scheme string, width, height int64) {
		t.Helper()
		x.scheme(scheme)
		x.size(width, height)
		w.dressed(x)
		file := filepath.Join(folder, name+".png")
		x.shoot(file)
		if info, err := os.Stat(file); err != nil || info.Size() < 10_000 || info.Size() > 250_000 {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
	for _, c := range []struct{ name, path, scheme, sees string }{
		{"login-light", "/logins/" + w.attempt, "light", "What happened"},
		{"incident-light", "/incidents/" + w.incident, "light", "What to do"},
		{"clients-light", "/clients", "light", "wifi-office"},
		{"settings-dark", "/settings", "dark", "All keys"},
	} {
		x.goTo(c.path)
		x.sees(c.sees)
		shoot(c.name, c.scheme, 1280, 900)
	}
	x.goTo("/rehearse")
	x.fill("user", "alice")
	x.fill("password", password)
	x.fill("calling station", "198.51.100.11")
	x.confirm("begin", "The rehearsal is over")
	shoot("rehearse-light", "light", 1280, 900)

	x.goTo("/now")
	x.sees("live")
	w.waiting(t, x)
	x.until(`["sofia", "ringing", "jonas", "pushing"].every(text => document.querySelector("[sse-swap=flight]").innerText.includes(text))`, "nobody waits for a push")
	shoot("now-light", "light", 1280, 900)
	shoot("now-dark", "dark", 1280, 900)
	shoot("now-phone-dark", "dark", 390, 844)
	x.quiet()
}
