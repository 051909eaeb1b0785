package blackbox_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/test/blackbox"
)

// elsewhere is where the person of these tests is not; station is where they are.
const elsewhere = "203.0.113.9"

// guarded is a Site whose people have a password, under settings of guard. Machines come in by it alone.
func guarded(t *testing.T, guard string, users ...string) *blackbox.Site {
	t.Helper()
	site := blackbox.NewSite(t)
	site.Settings.Policy = "\n  default: require_push\n  rules: [{name: machines, match: {users: [\"svc-*\"]}, decision: exempt}]"
	under(site, guard)
	people := ""
	for _, user := range users {
		people += listed(user)
	}
	site.List(t, people)
	return site
}

// under gives a Site settings of guard. Nobody is held back by limits that are not the test's.
func under(site *blackbox.Site, guard string) {
	site.Settings.More = byFile + "\nguard:" + strings.ReplaceAll("\n"+guard, "\n", "\n  ")
}

// comes is a login from a place, by a port of its own.
func comes(t *testing.T, site *blackbox.Site, user, typed, from string) blackbox.Reply {
	t.Helper()
	return site.NAS(t).Login(t, blackbox.Login{User: user, Password: typed, CallingStation: from})
}

// guesses has somebody type so many wrong passwords.
func guesses(t *testing.T, site *blackbox.Site, user, from string, n int) {
	t.Helper()
	for range n {
		rejected(t, comes(t, site, user, password+".", from), "Access denied.")
	}
}

// ended waits for the n-th login of a user in the trail, which must have ended so.
func ended(t *testing.T, site *blackbox.Site, user string, n int, reason, detail string) {
	t.Helper()
	end := site.AwaitAttempts(t, user, n)[n-1]
	if end.Text("reason") != reason || !strings.Contains(end.Text("detail"), detail) {
		t.Errorf("login %d of %s ended as %s, %q; want %s, %q", n, user, end.Text("reason"), end.Text("detail"), reason, detail)
	}
}

// did waits for what was done by hand, as the trail has it, by somebody.
func did(t *testing.T, site *blackbox.Site, action, target, detail string) {
	t.Helper()
	blackbox.Eventually(t, action+" of "+target, func() bool {
		return slices.ContainsFunc(site.Actions(t, action), func(r blackbox.Record) bool {
			return r.Text("target") == target && strings.Contains(r.Text("detail"), detail) && strings.HasPrefix(r.Text("actor"), "uid=")
		})
	})
}

// does runs a command, which must say all the words.
func does(t *testing.T, site *blackbox.Site, command []string, words ...string) string {
	t.Helper()
	out, code := blackbox.Run(t, append(command, "--config", site.Config())...)
	if code != 0 {
		t.Errorf("%v: exit %d: %s", command, code, out)
	}
	for _, word := range words {
		if !strings.Contains(out, word) {
			t.Errorf("%v: no %q in %s", command, word, out)
		}
	}
	return out
}

// lasts is how long a lockout lasts, as its event says it.
func lasts(t *testing.T, event blackbox.Record) (until time.Time, length time.Duration) {
	t.Helper()
	at, err := time.Parse(time.RFC3339Nano, event.Text("time"))
	if err != nil {
		t.Fatal(err)
	}
	until, err = time.Parse(time.RFC3339, regexp.MustCompile(`until ([^,]+),`).FindStringSubmatch(event.Text("detail") + "until -,")[1])
	if err != nil {
		t.Fatal(err)
	}
	return until, until.Sub(at)
}

// TestLockout: wrong passwords lock one person out at one place, longer each time, and nobody else.
func TestLockout(t *testing.T) {
	t.Parallel()
	site := guarded(t, "lockout: {after: 2, for: 3s}\nattempts: {per_user: 0}\nwrong_passwords: {per_user: 0}", "svc-bob", "svc-eve")
	site.Start(t)
	guesses(t, site, "svc-bob", station, 2)
	rejected(t, comes(t, site, "svc-bob", password, station), "Access denied.")
	ended(t, site, "svc-bob", 3, "locked_out", "guard.lockout: locked out at this calling station until ")
	accepted(t, comes(t, site, "svc-bob", password, elsewhere))
	accepted(t, comes(t, site, "svc-eve", password, station))
	guesses(t, site, "svc-eve", "", 2)
	accepted(t, comes(t, site, "svc-eve", password, "")) // nobody is locked out at an unknown place

	first := site.AwaitEvents(t, "locked_out", 1)[0]
	until, length := lasts(t, first)
	if length <= time.Second || length > 3*time.Second || first.Text("user") != "svc-bob" || first.Text("calling_station") != station {
		t.Errorf("locked out for %s: %v", length, first)
	}
	<-time.After(time.Until(until.Add(time.Second))) // it is told in whole seconds
	accepted(t, comes(t, site, "svc-bob", password, station))
	guesses(t, site, "svc-bob", station, 2)
	second := site.AwaitEvents(t, "locked_out", 2)[1]
	if _, length := lasts(t, second); length <= 4*time.Second || length > 6*time.Second || !strings.Contains(second.Text("detail"), "lockout 2 in a row") {
		t.Errorf("locked out for %s: %v", length, second)
	}
	rejected(t, comes(t, site, "svc-bob", password, station), "Access denied.")
}

// TestALockoutOutlivesAKill, until somebody lifts it and says why.
func TestALockoutOutlivesAKill(t *testing.T) {
	t.Parallel()
	site := guarded(t, "lockout: {after: 2, for: 1h, most: 2h}", "svc-bob")
	site.Start(t)
	guesses(t, site, "svc-bob", station, 2)
	accepted(t, comes(t, site, "svc-bob", password, elsewhere))
	<-time.After(500 * time.Millisecond) // lockouts are written off the login's way
	site.Server.Kill()
	site.Start(t)
	rejected(t, comes(t, site, "svc-bob", password, station), "Access denied.")
	ended(t, site, "svc-bob", 4, "locked_out", "")
	accepted(t, comes(t, site, "svc-bob", password, elsewhere))
	does(t, site, []string{"unblock", "--user", "SVC-Bob", "--reason", "it was him"}, "svc-bob: was not blocked; lockouts and pauses are lifted")
	accepted(t, comes(t, site, "svc-bob", password, station))
	did(t, site, "unblock", "svc-bob", "it was him")
}

// TestARetryIsNoSecondAttempt: not by the same packet, a new identifier or a new port.
func TestARetryIsNoSecondAttempt(t *testing.T) {
	t.Parallel()
	site := guarded(t, "attempts: {per_user: 1}\npushes: {per_user: 1}\nlockout: {after: 2}", "bob", "svc-bob")
	site.Start(t)
	mobile := manual(site, "bob")
	nas, other := site.NAS(t), site.NAS(t)
	login := blackbox.Login{User: "bob", Password: password, CallingStation: station, ID: 1}
	first, renewed := nas.Request(login), other.Request(login)
	login.ID = 2
	second := nas.Request(login)
	nas.Send(first)
	pushed(t, site, "bob")
	for range 3 {
		nas.Send(first)
		nas.Send(second)
		other.Send(renewed)
	}
	site.Approve(t, mobile)
	accepted(t, nas.Answer(t, first))
	accepted(t, nas.Answer(t, second))
	accepted(t, other.Answer(t, renewed))
	if n := site.Pushes("bob"); n != 1 {
		t.Errorf("%d pushes", n)
	}
	rejected(t, comes(t, site, "bob", password, elsewhere), "Try again later.")
	ended(t, site, "bob", 2, "rate_limited", "guard.attempts.per_user of unfamiliar places: again in ")

	wrong := nas.Request(blackbox.Login{User: "svc-bob", Password: "guess", CallingStation: "", ID: 3})
	for range 5 {
		nas.Send(wrong)
	}
	rejected(t, nas.Answer(t, wrong), "Access denied.")
	nas.Send(wrong)
	rejected(t, nas.Answer(t, wrong), "Access denied.") // the same answer again
	if n := len(site.AwaitAttempts(t, "svc-bob", 1)); n != 1 {
		t.Errorf("%d logins by one packet", n)
	}
}

// hasty are gateways that do not wait long: one hears that nobody answered, the other nothing.
const hasty = `
  - {name: gateway, networks: [` + blackbox.Source + `/32], secrets: ["` + blackbox.Secret + `"], answer_within: 8s}
  - {name: silent, networks: [` + blackbox.Second + `/32], secrets: ["` + blackbox.Secret + `"], answer_within: 8s, on_push_timeout: silence}`

// TestNobodyAnswers: behind pushes in a row that nobody answered no phone rings for whoever comes from unfamiliar places.
func TestNobodyAnswers(t *testing.T) {
	t.Parallel()
	site := guarded(t, "unanswered: {after: 2, for: 1h}\npushes: {per_user: 0}", "bob")
	site.Settings.Clients = hasty
	site.Start(t)
	site.Cloud.Set(ivalttest.Person{Email: blackbox.Email("bob"), Behaviour: ivalttest.Approve, After: time.Second, Next: []ivalttest.Step{
		{Behaviour: ivalttest.Approve, After: time.Second}, {Behaviour: ivalttest.Ignore}, {Behaviour: ivalttest.Ignore},
	}})
	silent := blackbox.NewNAS(t, blackbox.Second, site.Authentication(), blackbox.Secret)
	accepted(t, silent.Login(t, blackbox.Login{User: "bob", Password: password, CallingStation: station})) // his place, now
	for range 2 {
		rejected(t, comes(t, site, "bob", password, elsewhere), "Not approved in time.")
	}
	for n, from := range []string{elsewhere, "203.0.113.77", ""} {
		rejected(t, comes(t, site, "bob", password, from), "Try again later.")
		ended(t, site, "bob", 4+n, "rate_limited", "guard.unanswered.after: nobody answered 2 pushes in a row of unfamiliar places; no phone rings until ")
	}
	quiet := silent.Request(blackbox.Login{User: "bob", Password: password, CallingStation: elsewhere, ID: 2})
	silent.Send(quiet)
	ended(t, site, "bob", 7, "rate_limited", "guard.unanswered")
	silent.Silent(t, quiet, 300*time.Millisecond)
	if n := site.Pushes("bob"); n != 3 {
		t.Errorf("%d pushes, want 3", n)
	}
	accepted(t, comes(t, site, "bob", password, station)) // at home it rings
	if n := site.Pushes("bob"); n != 4 {
		t.Errorf("%d pushes, want 4", n)
	}
}

// TestALateApprovalWakes: it serves the very next retry, though nobody had answered and no phone was to ring.
func TestALateApprovalWakes(t *testing.T) {
	t.Parallel()
	site := guarded(t, "unanswered: {after: 1, for: 1h}", "bob")
	site.Settings.Clients, site.Settings.IVALT = hasty, "late_credit: 30s"
	site.Start(t)
	site.Cloud.Set(ivalttest.Person{Email: blackbox.Email("bob"), Behaviour: ivalttest.Ignore, Next: []ivalttest.Step{{Behaviour: ivalttest.Approve, After: 9 * time.Second}}})
	silent := func() *blackbox.NAS {
		return blackbox.NewNAS(t, blackbox.Second, site.Authentication(), blackbox.Secret)
	}
	login := blackbox.Login{User: "bob", Password: password, CallingStation: station, ID: 1}
	nas := silent()
	r := nas.Request(login)
	nas.Send(r)
	ended(t, site, "bob", 1, "push_timeout", "")
	nas.Silent(t, r, 300*time.Millisecond)
	asleep := silent()
	r = asleep.Request(blackbox.Login{User: "bob", Password: password, CallingStation: elsewhere})
	asleep.Send(r)
	ended(t, site, "bob", 2, "rate_limited", "guard.unanswered")
	asleep.Silent(t, r, 300*time.Millisecond)
	site.AwaitEvents(t, "late_approval", 1)
	login.ID = 2
	accepted(t, silent().Login(t, login))
	if n := site.Pushes("bob"); n != 1 {
		t.Errorf("%d pushes, want 1", n)
	}
}

// TestARefusalCoolsDown: no phone rings for a while behind a no.
func TestARefusalCoolsDown(t *testing.T) {
	t.Parallel()
	site := guarded(t, "denied: {for: 4s}", "bob")
	site.Start(t)
	site.Enrol("bob", ivalttest.Deny, time.Second)
	rejected(t, comes(t, site, "bob", password, station), "Access denied.")
	end := time.After(5 * time.Second)
	ended(t, site, "bob", 1, "push_denied", "")
	site.Enrol("bob", ivalttest.Approve, time.Second)
	rejected(t, comes(t, site, "bob", password, elsewhere), "Try again later.")
	ended(t, site, "bob", 2, "rate_limited", "guard.denied.for: the person refused a push of unfamiliar places; no phone rings until ")
	if n := site.Pushes("bob"); n != 1 {
		t.Errorf("%d pushes, want 1", n)
	}
	<-end
	accepted(t, comes(t, site, "bob", password, elsewhere))
}

// TestReloadedLimits: a new limit counts at once, over what was counted before, and settings that are wrong change nothing.
func TestReloadedLimits(t *testing.T) {
	t.Parallel()
	site := guarded(t, "attempts: {per_user: 0}", "svc-bob", "svc-eve")
	site.Start(t)
	for range 3 {
		accepted(t, comes(t, site, "svc-bob", password, station))
	}
	under(site, "attempts: {per_user: 2}\nlockout: {after: 1, for: 1h, most: 1h}")
	reloaded(t, site, 1)
	for range 2 {
		accepted(t, comes(t, site, "svc-bob", password, station))
	}
	rejected(t, comes(t, site, "svc-bob", password, station), "Try again later.")
	guesses(t, site, "svc-eve", station, 1)
	rejected(t, comes(t, site, "svc-eve", password, station), "Access denied.")
	ended(t, site, "svc-eve", 2, "locked_out", "")

	for n, faulty := range []string{
		`notify: [{name: hook, kind: webhook, url: "http://192.0.2.7/x"}]`, "notify: [{name: mail, kind: email}]", "respond: {high: [shout]}", "lockout: {after: 3, for: 2h, most: 1h}",
	} {
		under(site, "attempts: {per_user: 0}\n"+faulty)
		refused(t, site, n+1)
		if out, code := blackbox.Run(t, "check", "--config", site.Config()); code == 0 || !strings.Contains(out, "guard."+faulty[:strings.Index(faulty, ":")]) {
			t.Errorf("check, exit %d: %s", code, out)
		}
	}
	rejected(t, comes(t, site, "svc-bob", password, station), "Try again later.")
	ended(t, site, "svc-bob", 7, "rate_limited", "guard.attempts.per_user")
}

// refused sends SIGHUP for settings that are wrong.
func refused(t *testing.T, site *blackbox.Site, n int) {
	t.Helper()
	site.Write(t)
	site.Server.Signal(syscall.SIGHUP)
	line := site.Server.AwaitLines(t, "reload refused", n)[n-1]
	if !strings.Contains(fmt.Sprint(line["faults"]), "guard.") {
		t.Errorf("refused for %v", line["faults"])
	}
}
