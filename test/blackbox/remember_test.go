package blackbox_test

import (
	"fmt"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/test/blackbox"
)

// joinable is how long a copy of a login gets its Accept.
const joinable = 10 * time.Second

// gateways are two gateways.
const gateways = `
  - {name: gateway, networks: [` + blackbox.Source + `/32], secrets: ["` + blackbox.Secret + `"], answer_within: 20s}
  - {name: another, networks: [` + blackbox.Second + `/32], secrets: ["` + blackbox.Secret + `"], answer_within: 20s}`

// storm is how many times an OpenVPN server reconnects, each time from a new port.
const storm = 50

// TestReconnectStorm: one push, and everybody comes in.
func TestReconnectStorm(t *testing.T) {
	t.Parallel()
	site := remembering(t, "stormy")
	login := blackbox.Login{User: "stormy", Password: password, CallingStation: station, ID: 3}
	accepted(t, site.NAS(t).Login(t, login))
	var all sync.WaitGroup
	for range storm {
		nas := site.NAS(t)
		r := nas.Request(login)
		all.Go(func() {
			nas.Send(r)
			if reply, err := nas.Receive(r, blackbox.Patience); err != nil || reply.Code != blackbox.AccessAccept {
				t.Errorf("code %d, %v; want an Access-Accept", reply.Code, err)
			}
		})
	}
	all.Wait()
	if n := site.Pushes("stormy"); n != 1 {
		t.Errorf("%d pushes for %d logins, want 1", n, storm+1)
	}
	ends := site.AwaitAttempts(t, "stormy", storm+1)
	for _, end := range ends[1:] {
		if end.Text("verdict") != "accept" || end.Text("reason") != "remembered" || factors(end) != "[password]" {
			t.Errorf("the trail says %s, %s, %s", end.Text("verdict"), end.Text("reason"), factors(end))
		}
	}
}

// remembering is a site whose rule remembers logins, with people whose phones approve.
func remembering(t *testing.T, users ...string) *blackbox.Site {
	t.Helper()
	site := blackbox.NewSite(t)
	site.Settings.Clients, site.Settings.More = gateways, byFile
	site.Settings.Policy = " {default: deny, rules: [{name: everybody, remember: {for: 8h}}]}"
	people := ""
	for _, user := range users {
		people += listed(user)
		site.Enrol(user, ivalttest.Approve, time.Second)
	}
	site.List(t, people)
	site.Start(t)
	return site
}

// TestWhatIsRemembered: the very same login alone, until the person says no.
func TestWhatIsRemembered(t *testing.T) {
	t.Parallel()
	site := remembering(t, "moves", "mistypes", "hides", "denies")
	from := func(t *testing.T, user, station, password string) blackbox.Reply {
		t.Helper()
		return site.NAS(t).Login(t, blackbox.Login{User: user, Password: password, CallingStation: station})
	}
	pushes := func(t *testing.T, user string, want int) {
		t.Helper()
		if n := site.Pushes(user); n != want {
			t.Errorf("%d pushes, want %d", n, want)
		}
	}
	for name, play := range map[string]func(t *testing.T){
		"another station": func(t *testing.T) {
			t.Helper()
			accepted(t, from(t, "moves", station, password))
			accepted(t, from(t, "moves", "203.0.113.9", password))
			pushes(t, "moves", 2)
			accepted(t, from(t, "moves", station, password))
			pushes(t, "moves", 2)
		},
		"another password": func(t *testing.T) {
			t.Helper()
			accepted(t, from(t, "mistypes", station, password))
			rejected(t, from(t, "mistypes", station, password+"."), "Access denied.")
			accepted(t, from(t, "mistypes", station, password))
			pushes(t, "mistypes", 1)
		},
		"no station": func(t *testing.T) {
			t.Helper()
			for range 2 {
				accepted(t, from(t, "hides", "", password))
			}
			pushes(t, "hides", 2)
		},
		"a denial": func(t *testing.T) {
			t.Helper()
			accepted(t, from(t, "denies", station, password))
			end := time.After(joinable)
			site.Enrol("denies", ivalttest.Deny, time.Second)
			rejected(t, from(t, "denies", "203.0.113.9", password), "Access denied.")
			<-end
			rejected(t, from(t, "denies", station, password), "Access denied.")
			pushes(t, "denies", 3)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			play(t)
		})
	}
}

// failing are the fail modes, each by a rule of its own.
const failing = `
  default: deny
  rules:
    - {name: denying, match: {users: ["deny-*"]}}
    - {name: trusting, match: {users: ["remember-*"]}, fail: {mode: allow_remembered, for: 72h}, reply: {Filter-Id: trusted}}
    - {name: opening, match: {users: ["open-*"]}, fail: {mode: insecure_allow, until: UNTIL, reason: "the cloud is being moved"}, reply: {Filter-Id: opened}}`

// failingUntil are those with the end of insecure_allow.
func failingUntil(end time.Time) string {
	return strings.Replace(failing, "UNTIL", end.Format(time.RFC3339), 1)
}

const inFull = "INSECURE: while iVALT cannot be asked, this rule lets people in without their phone"

// TestFailModes: what becomes of logins when iVALT is gone, and that insecure_allow is heard of and ends by itself.
func TestFailModes(t *testing.T) {
	t.Parallel()
	site := blackbox.NewSite(t)
	site.Settings.Clients, site.Settings.More = gateways, byFile
	site.Settings.Policy = failingUntil(time.Now().Add(time.Hour))
	site.List(t, listed("deny-a")+listed("remember-a")+listed("remember-b")+listed("open-a")+listed("open-b"))
	site.Start(t)
	login := func(user, station, password string) blackbox.Reply {
		return site.NAS(t).Login(t, blackbox.Login{User: user, Password: password, CallingStation: station})
	}
	site.Enrol("remember-a", ivalttest.Approve, time.Second)
	earlier := blackbox.NewNAS(t, blackbox.Second, site.Authentication(), blackbox.Secret) // another gateway: no copy joins its Accept
	accepted(t, earlier.Login(t, blackbox.Login{User: "remember-a", Password: password, CallingStation: station}))
	site.StopCloud()

	rejected(t, login("deny-a", station, password), "Try again later.")
	rejected(t, login("remember-a", "203.0.113.9", password), "Try again later.")
	rejected(t, login("remember-a", station, password+"."), "Access denied.")
	rejected(t, login("remember-b", station, password), "Try again later.")
	granted(t, login("remember-a", station, password), "trusted", 0)
	rejected(t, login("open-a", station, "guess"), "Access denied.")
	rejected(t, login("open-stranger", station, password), "Access denied.")
	granted(t, login("open-a", station, password), "opened", time.Hour)
	shouted(t, site)
	endsByItself(t, site, login)
}

// granted checks an Accept by a fail mode: what its rule replies, and the end of the session, where it has one.
func granted(t *testing.T, reply blackbox.Reply, filter string, session time.Duration) {
	t.Helper()
	accepted(t, reply)
	got, seconds := "", -1
	for _, a := range reply.Attributes() {
		switch a.Kind {
		case 11: // Filter-Id
			got = a.Value
		case 27: // Session-Timeout
			_, _ = fmt.Sscanf(fmt.Sprintf("%x", a.Value), "%x", &seconds)
		}
	}
	if got != filter {
		t.Errorf("Filter-Id %q, want %q", got, filter)
	}
	if session == 0 && seconds != -1 || session > 0 && (seconds < 1 || seconds > int(session.Seconds())) {
		t.Errorf("Session-Timeout %d, and the mode lasts %v", seconds, session)
	}
}

// shouted looks for the words about fail modes in log and trail.
func shouted(t *testing.T, site *blackbox.Site) {
	t.Helper()
	line := site.Server.AwaitLines(t, inFull, 1)[0]
	if line.Text("level") != "warning" || line.Text("rule") != "opening" || line.Text("why") != "the cloud is being moved" || line.Text("until") == "" {
		t.Errorf("shouted: %v", line)
	}
	event := site.AwaitEvents(t, "fail_mode_insecure_allow", 1)[0]
	if !strings.Contains(event.Text("detail"), "the cloud is being moved") {
		t.Errorf("the trail says %q", event.Text("detail"))
	}
	used := site.AwaitEvents(t, "fail_mode_used", 2)
	if len(used) != 2 || used[0].Text("user") != "remember-a" || !strings.Contains(used[0].Text("detail"), "fail mode allow_remembered") ||
		used[1].Text("user") != "open-a" || !strings.Contains(used[1].Text("detail"), "fail mode insecure_allow until ") {
		t.Errorf("fail_mode_used: %v", used)
	}
	for user, reason := range map[string]string{"remember-a": "remembered", "open-a": "exempt"} {
		ends := site.Attempts(t, user)
		last := ends[len(ends)-1]
		if last.Text("verdict") != "accept" || last.Text("reason") != reason || factors(last) != "[password]" {
			t.Errorf("%s: the trail says %s, %s, %s", user, last.Text("verdict"), last.Text("reason"), factors(last))
		}
	}
	if output, _ := blackbox.Run(t, "check", "--config", site.Config()); !strings.Contains(output, "policy.rules[2].fail.mode: INSECURE until") {
		t.Errorf("check does not shout about insecure_allow:\n%s", output)
	}
}

// endsByItself sets an end some seconds ahead and waits for it.
func endsByItself(t *testing.T, site *blackbox.Site, login func(user, station, password string) blackbox.Reply) {
	t.Helper()
	end := time.Now().Add(9 * time.Second)
	site.Settings.Policy = failingUntil(end)
	site.Write(t)
	site.Server.Signal(syscall.SIGHUP)
	site.Server.AwaitLines(t, "reloaded", 1)
	site.Server.AwaitLines(t, inFull, 2)
	<-time.After(time.Until(end))
	rejected(t, login("open-b", station, password), "Try again later.")
	if n := len(site.Events(t, "fail_mode_used")); n != 2 {
		t.Errorf("the fail mode was used %d times, want 2", n)
	}
	if output, _ := blackbox.Run(t, "check", "--config", site.Config()); !strings.Contains(output, "policy.rules[2].fail.until") {
		t.Errorf("check does not remind of a mode that is over:\n%s", output)
	}
}
