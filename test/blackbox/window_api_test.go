package blackbox_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"ivalt-radius/admin/api"
	"ivalt-radius/admin/view"
	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/test/blackbox"
)

// token draws a token, and has the settings take it: what the command prints for them is what they need.
func token(t *testing.T, site *blackbox.Site, args ...string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), blackbox.Binary(), append([]string{"token"}, args...)...)
	var element strings.Builder
	command.Stderr = &element
	drawn, err := command.Output()
	if err != nil {
		t.Fatal(err, element.String())
	}
	_, tokens, ok := strings.Cut(element.String(), "admin:\n")
	if !ok {
		t.Fatalf("the command says %q", element.String())
	}
	site.Settings.More = strings.Replace(site.Settings.More, "\nadmin:\n", "\nadmin:\n"+tokens, 1)
	site.Write(t)
	does(t, site, []string{"reload", "--reason", "a token"}, "reloaded", "admin.tokens[0].name")
	return strings.TrimSpace(string(drawn))
}

// TestWhoAsks: by the form, by a token, and not at all.
func TestWhoAsks(t *testing.T) {
	t.Parallel()
	site := blackbox.NewSite(t)
	stranger := open(t, site)
	a := stranger.Get(t, "/api/v1/whoami")
	if a.Status != http.StatusUnauthorized || a.Header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("a stranger: status %d, %s", a.Status, a.Header.Get("Content-Type"))
	}
	var me api.Whoami
	signedIn(t, site, "operator").Get(t, "/api/v1/whoami").JSON(t, &me)
	if me.Name != "operator" || me.Machine || me.Role != "operator" || strings.Join(me.Permissions, " ") != "read write metrics" {
		t.Errorf("signed in: %+v", me)
	}
	machine := site.Visitor()
	machine.Token = token(t, site, "--name", "ci", "--role", "operator", "--scopes", "read,metrics")
	machine.Get(t, "/api/v1/whoami").JSON(t, &me)
	if me.Name != "ci" || !me.Machine || me.Role != "operator" || strings.Join(me.Permissions, " ") != "read metrics" {
		t.Errorf("a machine: %+v", me)
	}
	if a := machine.Get(t, "/metrics"); a.Status != http.StatusOK {
		t.Errorf("a machine's scrape: status %d", a.Status)
	}
	if a := machine.Post(t, "/api/v1/blocks", `{"user":"bob","reason":"r"}`); a.Status != http.StatusForbidden {
		t.Errorf("beyond the scopes: status %d", a.Status)
	}
	if n := len(site.Actions(t, "block")); n != 0 {
		t.Errorf("%d blocks", n)
	}
	machine.Token += "x"
	if a := machine.Get(t, "/api/v1/whoami"); a.Status != http.StatusUnauthorized {
		t.Errorf("another token: status %d", a.Status)
	}
}

// TestStoryOfALogin: all records that the trail has of it, in its order, and none of another one.
func TestStoryOfALogin(t *testing.T) {
	t.Parallel()
	site := blackbox.NewSite(t)
	open(t, site)
	for _, user := range []string{"alice", "bob"} {
		site.Enrol(user, ivalttest.Approve, time.Second)
		accepted(t, comes(t, site, user, password, station))
	}
	end := site.AwaitAttempts(t, "bob", 1)[0]
	v := signedIn(t, site, "viewer")
	var found view.Logins
	v.Get(t, "/api/v1/logins?user=bob").JSON(t, &found)
	if len(found.Logins) != 1 || found.Logins[0].Attempt != end.Text("attempt") || found.Logins[0].Verdict != "accept" || found.Logins[0].Reason != "approved" {
		t.Fatalf("the logins of bob: %+v", found)
	}
	var story view.Story
	v.Get(t, "/api/v1/logins/"+end.Text("attempt")).JSON(t, &story)
	var records []string
	for _, line := range site.TrailLines(t) {
		if strings.Contains(string(line), fmt.Sprintf(`"attempt":%q`, end.Text("attempt"))) {
			records = append(records, string(line))
		}
	}
	var told []string
	for _, step := range story.Steps {
		told = append(told, string(step.Record))
	}
	if len(records) < 4 || strings.Join(told, "\n") != strings.Join(records, "\n") {
		t.Errorf("the story has %d records, the trail %d:\n%s\n\n%s", len(told), len(records), strings.Join(told, "\n"), strings.Join(records, "\n"))
	}
	read := site.Accesses(t)
	if len(read) != 2 || !strings.HasPrefix(read[1].Text("actor"), "account=viewer address="+"127.") {
		t.Errorf("who read it: %v", read)
	}
}

// TestExplainIsExplain: the window says what the command prints.
func TestExplainIsExplain(t *testing.T) {
	t.Parallel()
	site := blackbox.NewSite(t)
	site.Settings.Policy = `
  default: require_push
  rules:
    - {name: office, match: {users: ["off-*"]}, only: {networks: ["203.0.113.0/24"]}, reply: {Class: staff}}
    - {name: nobody, match: {users: ["no-*"]}, decision: deny}`
	open(t, site)
	v := signedIn(t, site, "viewer")
	spaces := regexp.MustCompile(` {2,}`)
	for _, c := range []struct{ user, from, decision, reason string }{
		{"bob", station, "require_push", ""}, {"off-bob", station, "deny", "network_denied"}, {"off-bob", elsewhere, "require_push", ""}, {"no-bob", "", "deny", "policy_denied"},
	} {
		args := []string{"explain", "--config", site.Config(), "--user", c.user, "--client", "gateway", "--at", "2026-11-26T12:00:00Z"}
		if c.from != "" {
			args = append(args, "--calling-station", c.from)
		}
		at, err := time.Parse(time.RFC3339, "2026-11-26T12:00:00Z")
		question, bad := json.Marshal(view.Question{User: c.user, Client: "gateway", CallingStation: c.from, At: at})
		if err != nil || bad != nil {
			t.Fatal(err, bad)
		}
		printed, code := blackbox.Run(t, args...)
		var said view.Explanation
		v.Post(t, "/api/v1/explain", string(question)).JSON(t, &said)
		var rows []string
		for _, row := range said.Rows {
			rows = append(rows, strings.TrimSpace(row.Name+"  "+spaces.ReplaceAllString(row.Text, "  ")))
		}
		var lines []string
		for line := range strings.Lines(printed) {
			if line = strings.TrimSpace(spaces.ReplaceAllString(line, "  ")); line != "" {
				lines = append(lines, line)
			}
		}
		if said.Decision != c.decision || said.Reason != c.reason || (code == 1) != (c.reason != "") {
			t.Errorf("%s from %s: %s, %q, exit %d; want %s, %q", c.user, c.from, said.Decision, said.Reason, code, c.decision, c.reason)
		}
		if got, want := strings.Join(rows, "\n"), strings.Join(lines, "\n"); got != want {
			t.Errorf("%s from %s:\n%s\n\nthe command:\n%s", c.user, c.from, got, want)
		}
	}
}
