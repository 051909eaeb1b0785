package blackbox_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"ivalt-radius/audit/segment"
	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/test/blackbox"
)

// shortSegments are settings under which the trail's files end as soon as they may.
const shortSegments = "segment_size: 64KiB\n  checkpoint: 1s"

// long is the end of a login name that fills a segment with fewer logins.
var long = strings.Repeat("x", 200) //nolint:gochecknoglobals // a constant that Go has no word for

// unhurried are limits that a crowd of machines behind one address does not reach.
const unhurried = "guard: {attempts: {per_user: 0, per_calling_station: 0}}"

// segmented is a Site whose machines come in without a phone, as often as they like, and whose segments are short.
func segmented(t *testing.T) *blackbox.Site {
	t.Helper()
	site := blackbox.NewSite(t)
	site.Settings.More = unhurried
	site.Settings.Trail = shortSegments
	site.Settings.Policy = "\n  default: require_push\n  rules: [{name: machines, match: {users: [\"svc-*\"]}, decision: exempt}]"
	return site
}

// filling logs machines in, several at once, until the trail has so many files. It returns who was let in, each once.
func filling(t *testing.T, site *blackbox.Site, name string, files int) []string {
	t.Helper()
	const sockets = 4
	var mu sync.Mutex
	var users []string
	var load sync.WaitGroup
	for socket := range sockets {
		nas := site.NAS(t)
		load.Go(func() {
			for n := 0; n < 2000 && fileCount(t, site) < files; n++ {
				user := fmt.Sprintf("svc-%s-%d-%04d-%s", name, socket, n, long)
				accepted(t, nas.Login(t, blackbox.Login{User: user, Password: password, CallingStation: "198.51.100.9", ID: byte(n)}))
				mu.Lock()
				users = append(users, user)
				mu.Unlock()
			}
		})
	}
	load.Wait()
	if n := fileCount(t, site); n < files {
		t.Fatalf("%d files after %d logins, want %d", n, len(users), files)
	}
	return users
}

func fileCount(t *testing.T, site *blackbox.Site) int {
	t.Helper()
	files, err := segment.List(site.Trail(), "")
	if err != nil {
		t.Error(err)
	}
	return len(files)
}

// sound runs `audit verify` over the trail of the settings, which must find nothing, and returns what it says.
func sound(t *testing.T, site *blackbox.Site) string {
	t.Helper()
	out, code := blackbox.Run(t, "audit", "verify", "--config", site.Config())
	if code != 0 || !strings.Contains(out, ": sound, ") || strings.Contains(out, "warning") {
		t.Errorf("audit verify ends with %d: %s", code, out)
	}
	return out
}

// stopped ends the server as systemd does.
func stopped(t *testing.T, site *blackbox.Site) {
	t.Helper()
	site.Server.Signal(syscall.SIGTERM)
	if code := site.Server.Exit(t); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
}

// TestTrailOverManyFiles: people log in while files end. The trail is sound at each moment, and every way to read it shows every login
// once, whichever file it is in.
func TestTrailOverManyFiles(t *testing.T) {
	t.Parallel()
	site := segmented(t)
	site.Enrol("alice", ivalttest.Approve, time.Second)
	site.Start(t)
	accepted(t, site.NAS(t).Login(t, blackbox.Login{User: "alice", Password: password, CallingStation: "198.51.100.8"}))
	users := []string{"alice"}
	for files := 2; files <= 4; files++ {
		users = append(users, filling(t, site, fmt.Sprint(files), files)...)
		sound(t, site)
	}
	if out, code := blackbox.Run(t, "audit", "hold", "--config", site.Config(), "--name", "case-7", "--reason", "lost laptop"); code != 0 {
		t.Errorf("audit hold: exit %d: %s", code, out)
	}
	site.Settings.Reject = "200ms"
	reloaded(t, site, 1)
	everyLoginOnce(t, site, users, "export", "--format", "csv")
	stopped(t, site)
	for _, form := range []string{"json", "ecs", "cef", "csv"} {
		everyLoginOnce(t, site, users, "export", "--format", form)
	}
	for _, form := range []string{"text", "json"} {
		everyLoginOnce(t, site, users, "tail", "-n", "100000", "--format", form)
	}
	if out := sound(t, site); !strings.Contains(out, "signed by the key ") {
		t.Errorf("unsigned: %s", out)
	}
	chain(t, site)
	everyKind(t, site)
	salted(t, site)
}

// everyLoginOnce reads the trail in a form.
func everyLoginOnce(t *testing.T, site *blackbox.Site, users []string, args ...string) {
	t.Helper()
	args = append([]string{"audit", args[0], "--config", site.Config(), "--type", "authentication_attempt"}, args[1:]...)
	out, code := blackbox.Run(t, args...)
	seen := map[string]int{}
	for line := range strings.SplitSeq(out, "\n") {
		if user := regexp.MustCompile(`alice|svc-[0-9a-z]+-\d-\d{4}`).FindString(line); user != "" {
			seen[user]++
		}
	}
	want := map[string]int{}
	for _, user := range users {
		want[strings.TrimSuffix(user, "-"+long)]++
	}
	if code != 0 || !maps.Equal(seen, want) {
		t.Errorf("%v: exit %d, %d logins, want %d", args, code, len(seen), len(want))
	}
}

// everyKind looks for the words that such a life leaves in the trail.
func everyKind(t *testing.T, site *blackbox.Site) {
	t.Helper()
	seen := map[string]int{}
	for _, line := range site.TrailLines(t) {
		var r blackbox.Record
		if err := json.Unmarshal(line, &r); err != nil {
			t.Fatal(err)
		}
		seen[r.Text("type")]++
		seen[r.Text("type")+" "+r.Text("event")+r.Text("action")]++
	}
	for _, want := range []string{
		"authentication_attempt", "api_request", "configuration_change reloaded", "user_action place_hold", "data_access verify",
		"data_access tail", "data_access export", "system_event started", "system_event checkpoint", "system_event segment_started", "system_event stopped",
	} {
		if seen[want] == 0 {
			t.Errorf("no %s among %v", want, slices.Sorted(maps.Keys(seen)))
		}
	}
}

// salted looks for the salts: in the trail's lines of logins, one each, and in no line of the log.
func salted(t *testing.T, site *blackbox.Site) {
	t.Helper()
	salts := map[string]bool{}
	logins := 0
	for _, line := range site.TrailLines(t) {
		var r blackbox.Record
		if json.Unmarshal(line, &r) != nil || r.Text("type") != "authentication_attempt" {
			continue
		}
		logins++
		if !regexp.MustCompile(`^[0-9a-f]{32}$`).MatchString(r.Text("salt")) {
			t.Errorf("no salt: %s", line)
		}
		salts[r.Text("salt")] = true
	}
	if logins == 0 || len(salts) != logins {
		t.Errorf("%d salts of %d logins", len(salts), logins)
	}
	for _, line := range site.Server.Lines("attempt concluded") {
		if line["salt"] != nil || line["hash"] != nil {
			t.Errorf("the log has it: %v", line)
		}
	}
}
