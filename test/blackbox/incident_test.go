package blackbox_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ivalt-radius/test/blackbox"
)

// attacked are settings of guard under which an attack is seen by three wrong passwords, and no limit stands in its way.
const attacked = "detect: {brute_force: {count: 3}}\nlockout: {after: 0}\nattempts: {per_user: 0}\n" +
	"wrong_passwords: {per_user: 0, per_calling_station: 0}\n"

// incidentFile is what incident-<id>.json holds.
type incidentFile struct {
	ID, State, Rule, Severity, Detail string

	Subject  struct{ User, Address, Client string }
	Count    int
	Evidence []struct {
		Time   time.Time
		Record blackbox.Record
	}
	Actions []actionTaken
	History []struct{ What, By, Reason string }
}

// actionTaken is a step of an incident's.
type actionTaken struct {
	Step, Outcome, Detail string

	Until time.Time
}

// step is the last of its name.
func (i incidentFile) step(name string) *actionTaken {
	for n := range slices.Backward(i.Actions) {
		if i.Actions[n].Step == name {
			return &i.Actions[n]
		}
	}
	return nil
}

// incidents are the files as they stand.
func incidents(t *testing.T, site *blackbox.Site) (found []incidentFile) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(site.State(), "incidents", "incident-*.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var i incidentFile
		if err := json.Unmarshal(text, &i); err != nil || name != filepath.Join(site.State(), "incidents", "incident-"+i.ID+".json") {
			t.Fatalf("%s: %v: %s", name, err, text)
		}
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
		found = append(found, i)
	}
	return found
}

// awaitIncident waits for an open incident of a rule that is as wanted.
func awaitIncident(t *testing.T, site *blackbox.Site, rule string, is func(incidentFile) bool) (found incidentFile) {
	t.Helper()
	blackbox.Eventually(t, "an incident "+rule, func() bool {
		all := incidents(t, site)
		n := slices.IndexFunc(all, func(i incidentFile) bool { return i.Rule == rule && i.State == "open" && is(i) })
		if n >= 0 {
			found = all[n]
		}
		return n >= 0
	})
	return found
}

// TestAnAttackUnderDryRun: an incident with its evidence, a signed notice, and nobody blocked; it gets worse as the attack goes on.
func TestAnAttackUnderDryRun(t *testing.T) {
	t.Parallel()
	admins := newHook(t)
	site := guarded(t, attacked+"respond: {medium: [notify, block], high: [notify, watch]}\n"+admins.settings(), "svc-bob")
	site.Settings.Reject = "0s"
	site.Start(t)
	guesses(t, site, "svc-bob", elsewhere, 3)
	ofAddress := func(i incidentFile) bool { return i.Subject.Address == elsewhere && i.step("notify") != nil }
	found := awaitIncident(t, site, "brute_force", ofAddress)
	if found.Severity != "medium" || found.Count != 3 || len(found.Evidence) != 3 || found.Subject.User != "" {
		t.Errorf("it is %+v", found)
	}
	for _, line := range found.Evidence {
		if r := line.Record; r.Text("user") != "svc-bob" || r.Text("reason") != "bad_password" || r.Text("calling_station") != elsewhere || r["hash"] != nil {
			t.Errorf("evidence: %v", r)
		}
	}
	if a := found.step("block"); a == nil || a.Outcome != "dry_run" || !strings.Contains(a.Detail, "guard.respond.dry_run") {
		t.Errorf("blocking: %+v", a)
	}
	would := site.AwaitEvents(t, "would_block", 1)[0]
	if would.Text("calling_station") != elsewhere || !strings.Contains(would.Text("detail"), found.ID) || len(blocks(t, site)) != 0 {
		t.Errorf("the trail says %v", would)
	}
	if told := admins.of(t, found.ID, "medium"); len(told.Steps) != 1 || !strings.HasPrefix(told.Steps[0], "block dry_run: ") {
		t.Errorf("told of %q", told.Steps)
	}
	accepted(t, comes(t, site, "svc-bob", password, elsewhere))
	ofPerson := awaitIncident(t, site, "brute_force", func(i incidentFile) bool { return i.Subject.User == "svc-bob" && i.step("block") != nil })
	if a := ofPerson.step("block"); a.Outcome != "withheld" || !strings.Contains(a.Detail, "must not have the person shut out") {
		t.Errorf("of the person: %+v", a)
	}

	guesses(t, site, "svc-bob", elsewhere, 8)
	worse := awaitIncident(t, site, "brute_force", func(i incidentFile) bool { return ofAddress(i) && i.step("watch") != nil })
	if worse.ID != found.ID || worse.Severity != "high" || worse.Count < 11 || worse.History[len(worse.History)-1].What != "escalated" {
		t.Errorf("it is %+v", worse)
	}
	admins.of(t, found.ID, "high")
	comes(t, site, "svc-bob", password, elsewhere)
	awaitIncident(t, site, "brute_force", func(i incidentFile) bool { // it is watched
		return i.ID == found.ID && i.Evidence[len(i.Evidence)-1].Record.Text("verdict") == "accept"
	})
}

// TestAnAttackIsAnswered: without dry_run the address is shut out, and the incident, the trail and the list of blocks agree on it.
func TestAnAttackIsAnswered(t *testing.T) {
	t.Parallel()
	site := guarded(t, attacked+"respond: {medium: [block], dry_run: false, block_for: 10m, never_block_networks: [\"198.51.100.0/24\"]}", "svc-bob", "svc-eve")
	site.Start(t)
	guesses(t, site, "svc-bob", elsewhere, 3)
	found := awaitIncident(t, site, "brute_force", func(i incidentFile) bool { return i.Subject.Address == elsewhere && i.step("block") != nil })
	if a := found.step("block"); a.Outcome != "done" || time.Until(a.Until) > 10*time.Minute || time.Until(a.Until) < 8*time.Minute {
		t.Errorf("blocking: %+v", a)
	}
	rejected(t, comes(t, site, "svc-eve", password, elsewhere), "Access denied.")
	ended(t, site, "svc-eve", 1, "blocked", "blocked until ")
	accepted(t, comes(t, site, "svc-bob", password, "203.0.113.10"))
	list := blocks(t, site)
	if len(list) != 1 || list[0].Address != elsewhere+"/32" || list[0].By != "automatic" || list[0].Incident != found.ID || list[0].Reason != "incident "+found.ID+": brute_force" {
		t.Errorf("blocked are %+v", list)
	}
	if event := site.AwaitEvents(t, "blocked_automatically", 1)[0]; event.Text("calling_station") != elsewhere || !strings.Contains(event.Text("detail"), found.ID) {
		t.Errorf("the trail says %v", event)
	}
	guesses(t, site, "svc-eve", station, 3)
	spared := awaitIncident(t, site, "brute_force", func(i incidentFile) bool { return i.Subject.Address == station && i.step("block") != nil })
	if a := spared.step("block"); a.Outcome != "withheld" || len(blocks(t, site)) != 1 {
		t.Errorf("of the office: %+v", a)
	}
	does(t, site, []string{"incidents", "close", found.ID, "--reason", "a scanner"}, "closed", "still blocked until", "unblock --address "+elsewhere)
	does(t, site, []string{"unblock", "--address", elsewhere, "--reason", "over"}, "is no longer blocked")
	accepted(t, comes(t, site, "svc-eve", password, elsewhere))
}

// TestIncidentsByHand: they are listed, shown, acknowledged and closed with a server and without one, and the trail has who did, and who read.
func TestIncidentsByHand(t *testing.T) {
	t.Parallel()
	site := guarded(t, attacked, "svc-bob")
	site.Start(t)
	guesses(t, site, "svc-bob", "", 3) // nobody knows from where: one incident
	found := awaitIncident(t, site, "brute_force", func(i incidentFile) bool { return i.Subject.User == "svc-bob" })
	list := func(args ...string) string {
		t.Helper()
		return does(t, site, append([]string{"incidents", "list"}, args...))
	}
	if out := list(); !strings.Contains(out, found.ID) || !strings.Contains(out, "user svc-bob") || strings.Count(out, "\n") != 2 {
		t.Errorf("listed are %s", out)
	}
	if out := list("--severity", "critical"); out != "no incidents\n" {
		t.Errorf("listed are %s", out)
	}
	does(t, site, []string{"incidents", "show", found.ID[:10]}, found.ID+": brute_force, medium, open", "evidence: 3 lines", `"reason":"bad_password"`)
	var shown incidentFile
	if err := json.Unmarshal([]byte(does(t, site, []string{"incidents", "show", found.ID, "--json"})), &shown); err != nil || shown.ID != found.ID || len(shown.Evidence) != 3 {
		t.Errorf("%v: shown is %+v", err, shown)
	}
	does(t, site, []string{"incidents", "ack", found.ID, "--reason", "I ask him"}, found.ID+": acknowledged")
	did(t, site, "acknowledge_incident", found.ID, "I ask him")
	read := func(n int, filter string) {
		t.Helper()
		all := slices.DeleteFunc(site.Accesses(t), func(r blackbox.Record) bool { return r.Text("action") != "incidents" })
		if len(all) != n || all[n-1].Text("filter") != filter || !strings.HasPrefix(all[n-1].Text("actor"), "uid=") {
			t.Errorf("%d readings are recorded, want %d and the last %q: %v", len(all), n, filter, all)
		}
	}
	read(4, "show "+found.ID)
	stopped(t, site)

	if out := list(); !strings.Contains(out, "acknowledged") {
		t.Errorf("listed are %s", out)
	}
	read(5, "list")
	does(t, site, []string{"incidents", "show", found.ID}, "I ask him", "evidence: 3 lines")
	does(t, site, []string{"incidents", "close", found.ID, "--reason", "an old phone"}, found.ID+": closed")
	did(t, site, "close_incident", found.ID, "an old phone")
	if out := list(); out != "no incidents\n" {
		t.Errorf("listed are %s", out)
	}
	read(7, "list")
	site.Start(t)
	if out := list("--all", "--json"); !strings.Contains(out, `"state": "closed"`) || !strings.Contains(out, "an old phone") {
		t.Errorf("listed are %s", out)
	}
	if out, code := blackbox.Run(t, "incidents", "close", found.ID, "--config", site.Config(), "--reason", "again"); code != 1 || !strings.Contains(out, "closed already") {
		t.Errorf("a second time: exit %d: %s", code, out)
	}
	guesses(t, site, "svc-bob", "", 3)
	if next := awaitIncident(t, site, "brute_force", func(incidentFile) bool { return true }); next.ID == found.ID {
		t.Error("a closed incident is open again")
	}
	sound(t, site)
}

// TestPacketsThatAreNoLogins raise incidents too: of an address that no client has, and of one whose secret is not right.
func TestPacketsThatAreNoLogins(t *testing.T) {
	t.Parallel()
	const strangers = "127.0.0.99"
	site := guarded(t, "detect: {unknown_client: {count: 5}, message_authenticator: {count: 4}}", "svc-bob")
	site.Start(t)
	unknown := blackbox.NewNAS(t, strangers, site.Authentication(), blackbox.Secret)
	forging := blackbox.NewNAS(t, blackbox.Second, site.Authentication(), "another-secret-0123456789")
	for id := range byte(8) {
		login := blackbox.Login{User: "svc-bob", Password: password, CallingStation: station, ID: id}
		unknown.Send(unknown.Request(login))
		forging.Send(forging.Request(login))
	}
	flood := awaitIncident(t, site, "unknown_client", func(i incidentFile) bool { return i.Subject.Address == strangers })
	if flood.Severity != "low" || len(flood.Evidence) < 5 {
		t.Errorf("it is %+v", flood)
	}
	forged := awaitIncident(t, site, "message_authenticator", func(i incidentFile) bool { return i.Subject.Address == blackbox.Second })
	if forged.Severity != "medium" || forged.Subject.Client != "gateway" {
		t.Errorf("it is %+v", forged)
	}
	accepted(t, comes(t, site, "svc-bob", password, station))
	if n := len(site.Attempts(t, "svc-bob")); n != 1 {
		t.Errorf("%d logins are in the trail", n)
	}
}

// TestATamperedTrailIsAnIncident at the next start.
func TestATamperedTrailIsAnIncident(t *testing.T) {
	t.Parallel()
	for name, tamper := range map[string]func(text []byte) []byte{
		"the last line changed": func(text []byte) []byte {
			at := bytes.LastIndex(text, []byte(`"time":"2`))
			text[at+len(`"time":"`)] = '3'
			return text
		},
		"lines cut off": func(text []byte) []byte {
			lines := bytes.SplitAfter(text, []byte("\n"))
			return bytes.Join(lines[:2], nil)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			site := guarded(t, "", "svc-bob")
			site.Start(t)
			accepted(t, comes(t, site, "svc-bob", password, station))
			stopped(t, site)
			text, err := os.ReadFile(site.Trail())
			if err == nil {
				err = os.WriteFile(site.Trail(), tamper(text), 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
			site.Start(t)
			found := awaitIncident(t, site, "trail_tampered", func(incidentFile) bool { return true })
			if found.Severity != "critical" || len(found.Evidence) != 1 {
				t.Errorf("it is %+v", found)
			}
		})
	}
}

// TestForgettingReachesIncidents: nothing of them names the person, open or closed, while the server runs and goes on.
func TestForgettingReachesIncidents(t *testing.T) {
	t.Parallel()
	site := guarded(t, attacked, oublietteName)
	site.Start(t)
	about := func(i incidentFile) bool { return i.Subject.User == oublietteName || i.Subject.Address == oublietteAt }
	guesses(t, site, oubliette, oublietteAt, 3)
	first := awaitIncident(t, site, "brute_force", about)
	does(t, site, []string{"incidents", "close", first.ID, "--reason", "it was " + oublietteName})
	guesses(t, site, oubliette, oublietteAt, 3)
	awaitIncident(t, site, "brute_force", about)
	if out := forget(t, site); !strings.Contains(out, "incidents rewritten") || !strings.Contains(out, "blocks in force") {
		t.Errorf("audit forget says %s", out)
	}
	for _, i := range incidents(t, site) {
		text, err := os.ReadFile(filepath.Join(site.State(), "incidents", "incident-"+i.ID+".json"))
		if err != nil || bytes.Contains(text, []byte(oublietteName)) {
			t.Errorf("%v: still named in %s", err, text)
		}
		if i.Subject.User != "" && !strings.HasPrefix(i.Subject.User, "forgotten-") {
			t.Errorf("it is about %v", i.Subject)
		}
	}
	sound(t, site)
}
