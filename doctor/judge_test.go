package doctor

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ivalt-radius/doctor/needs"
)

func at() time.Time { return time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC) }

// row is one look at facts: which finding, how it stands, and words that must be in it.
type row struct {
	name  string
	id    string
	facts Facts
	want  State
	words string // of what was seen, or of what to do
}

func rows() []row {
	return slices.Concat(settingsRows(), secretRows(), ivaltRows(), networkRows(), windowRows(), clusterRows(), socketRows(), gatewayRows(), machineRows(), diskRows(), lastRows())
}

func TestChecks(t *testing.T) {
	for _, r := range rows() {
		t.Run(r.id+", "+r.name, func(t *testing.T) {
			if r.facts.At.IsZero() {
				r.facts.At = at()
			}
			f := finding(t, r.facts, r.id)
			if f.State != r.want {
				t.Errorf("%s, want %s: %q", f.State, r.want, f.Seen)
			}
			if all := strings.Join(append(f.Seen, f.Do...), "\n"); !strings.Contains(all, r.words) {
				t.Errorf("%q is not in %q", r.words, all)
			}
			if r.want == Fault && len(f.Do) == 0 {
				t.Error("a fault says what to do")
			}
		})
	}
}

func finding(t *testing.T, facts Facts, id string) Finding {
	t.Helper()
	r := Judge(facts, "test")
	i := slices.IndexFunc(r.Findings, func(f Finding) bool { return f.ID == id })
	if i < 0 {
		t.Fatalf("there is no finding %s", id)
	}
	return r.Findings[i]
}

// TestEachCheckHasItsRows: a check that is never seen to fail, to pass and not to know is not tested.
func TestEachCheckHasItsRows(t *testing.T) {
	seen := map[string]map[State]bool{}
	for _, r := range rows() {
		if seen[r.id] == nil {
			seen[r.id] = map[State]bool{}
		}
		seen[r.id][r.want] = true
	}
	for _, c := range checks() {
		s := seen[c.id]
		switch {
		case strings.HasPrefix(c.id, "hand."): // no facts change them
		case c.id == "network.firewall" && s[Warning] && s[Unknown]: // it is never ok, since nobody looks
		case c.id == "trail.backup" && s[OK] && s[Unknown]: // there may be a backup of another kind
		case !s[OK] || !s[Unknown] || !s[Warning] && !s[Fault]:
			t.Errorf("%s: %v", c.id, s)
		}
	}
}

// TestNothingIsKnownOfNothing: the zero Facts make no finding ok, and none a fault.
func TestNothingIsKnownOfNothing(t *testing.T) {
	r := Judge(Facts{}, "test")
	if len(r.Findings) != len(checks()) {
		t.Errorf("%d findings, and there are %d checks", len(r.Findings), len(checks()))
	}
	for _, f := range r.Findings {
		if f.State != Unknown || len(f.Seen) == 0 {
			t.Errorf("%s: %s, %q", f.ID, f.State, f.Seen)
		}
	}
	if r.Counts != (Counts{Unknown: len(r.Findings)}) {
		t.Errorf("%+v", r.Counts)
	}
}

// TestTheWorstCounts: among what one check sees, a fault outweighs a warning, that the unknown, and that what is ok.
func TestTheWorstCounts(t *testing.T) {
	order := []State{OK, Unknown, Warning, Fault}
	for i, a := range order {
		for j, b := range order {
			var v verdict
			v.add(a, "a", "")
			v.add(b, "b", "")
			if want := order[max(i, j)]; v.state() != want {
				t.Errorf("%s and %s are %s", a, b, v.state())
			}
		}
	}
	if (&verdict{}).state() != Unknown {
		t.Error("nothing is unknown")
	}
}

// TestGuide: each item of the guide's pre-deployment list is answered by a finding, also by one that only says whose it is.
func TestGuide(t *testing.T) {
	answered := map[string]bool{}
	ids := map[string]bool{}
	for _, c := range checks() {
		if ids[c.id] || c.id == "" || c.title == "" || c.area == "" {
			t.Errorf("%+v", c)
		}
		ids[c.id] = true
		for _, g := range c.guide {
			answered[g] = true
		}
	}
	for _, item := range []string{
		keysSecured, certificates, firewallRules, accessControls, monitoring, incidentResponse, securityTesting, compliance, connections,
	} {
		if !answered[item] {
			t.Errorf("nobody answers %q", item)
		}
	}
}

func TestReportAsJSON(t *testing.T) {
	text, err := json.Marshal(Judge(Facts{At: at(), Needs: Known(needs.Needs{})}, "v1"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"id":"settings.load"`, `"state":"unknown"`, `"do":[]`, `"counts":{"ok":`, `"guide":["`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%s is not in %s", want, text)
		}
	}
	if strings.Contains(string(text), "factor.sources") {
		t.Error("settings without sources of a first factor have none to look at")
	}
	if State(9).String() != "unknown" || State(9).badness() != Fault.badness() {
		t.Error("a state that is none")
	}
}

func TestCommands(t *testing.T) {
	const secret = "SECRET"
	for profile, want := range map[string]string{
		"openvpn-as":    "openvpn-as: sacli --key auth.radius.0.per_server_timeout --value 60 ConfigPut",
		"openvpn":       "openvpn: in radiusplugin.cnf: wait=10, retry=5, useauthcontrolfile=true",
		"fortigate":     "fortigate: set remoteauthtimeout 60",
		"asa":           "asa: in the AnyConnect profile: <AuthenticationTimeout>60</AuthenticationTimeout>",
		"globalprotect": "globalprotect: set shared server-profile radius NAME timeout 55 retries 1",
		"ocserv":        "ocserv: in radiusclient.conf: radius_timeout 14, radius_retries 3",
		"pam":           "pam: in pam_radius_auth.conf: SERVER " + secret + " 60",
	} {
		if got := Commands(profile, 55*time.Second); !slices.Contains(got, want) {
			t.Errorf("%q is not in %q", want, got)
		}
	}
	for _, none := range []string{"", "softether", "mikrotik", "nobody's"} {
		if got := Commands(none, time.Minute); got != nil {
			t.Errorf("%s: nobody has documented %q", none, got)
		}
	}
	// However long the settings say, no gateway is told more than it takes.
	for _, c := range []struct{ profile, most string }{
		{"fortigate", "set remoteauthtimeout 300"}, {"asa", ">120<"}, {"globalprotect", "timeout 120 "},
	} {
		if got := fmt.Sprint(Commands(c.profile, 10*time.Minute)); !strings.Contains(got, c.most) {
			t.Errorf("%s: %s", c.profile, got)
		}
	}
}

func TestList(t *testing.T) {
	if got := list(strings.Split("a b c d e f g h i j", " ")); got != "a, b, c, d, e, f, g, h, and 2 more" {
		t.Error(got)
	}
}
