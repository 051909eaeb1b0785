package main

import (
	"encoding/json"
	"strings"
	"testing"

	"ivalt-radius/cmd/ivalt-radius/exit"
	"ivalt-radius/radius/radiustest"
)

// TestComplianceBesideARunningServer: the server records the reading before anything is shown, and the kernel says who it is.
func TestComplianceBesideARunningServer(t *testing.T) {
	s := newSite(t)
	r := s.start(t)
	if code := r.login(t, "alice"); code != radiustest.AccessAccept {
		t.Fatal(code)
	}
	r.reload(t)
	code, out := s.command(t, "compliance", "--framework", "iso27001", "--format", "json")
	var report struct {
		Version string
		Trail   struct{ Records int }
		Checks  []struct{ ID, Outcome, Evidence string }
	}
	if err := json.Unmarshal([]byte(out), &report); err != nil || code != exit.OK {
		t.Fatalf("%v, %d: %s", err, code, out)
	}
	seen := map[string]string{}
	for _, c := range report.Checks {
		seen[c.ID] = c.Outcome
	}
	for id, want := range map[string]string{
		"trail-verified": "passed", "logins-recorded": "passed", "settings-in-force": "passed", "reads-recorded": "passed", "state-private": "passed",
		"push-for-all": "failed", "config-protected": "passed",
	} {
		if seen[id] != want {
			t.Errorf("%s: %q, want %q", id, seen[id], want)
		}
	}
	if report.Version != version || report.Trail.Records < 4 {
		t.Errorf("%+v", report)
	}
	if code := r.stop(t); code != exit.OK {
		t.Errorf("the server ends with %d", code)
	}
	reads := s.trailLines(t, `"type":"data_access"`)
	if len(reads) != 1 || !strings.Contains(reads[0], `"action":"compliance"`) || !strings.Contains(reads[0], `"filter":"--framework iso27001 --days 90"`) {
		t.Errorf("%q", reads)
	}
}
