package policy

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestTheRulesOwnWay: every first factor, remembering and fail mode under every action. What only a push can use stands in no other
// decision.
func TestTheRulesOwnWay(t *testing.T) {
	k := known()
	k.Now = instant(t, "2026-12-01T00:00:00Z")
	until := instant(t, "2026-12-24T18:00:00+01:00")
	fails := map[string]struct {
		settings FailSettings
		want     Fail
	}{
		"left out":         {FailSettings{}, Fail{}},
		"deny":             {FailSettings{Mode: "deny"}, Fail{}},
		"allow_remembered": {FailSettings{Mode: "allow_remembered", For: 72 * time.Hour}, Fail{Mode: FailRemembered, For: 72 * time.Hour}},
		"insecure_allow": {
			FailSettings{Mode: "insecure_allow", Until: "2026-12-24T18:00:00+01:00", Reason: "a move"}, Fail{Mode: FailOpen, Until: until, Why: "a move"},
		},
	}
	for _, factor := range []Factor{"", NoFactor, FileFactor, LDAPFactor, RADIUSFactor} {
		for _, remember := range []time.Duration{0, 8 * time.Hour} {
			for name, fail := range fails {
				t.Run(fmt.Sprintf("%s %s %s", factor, remember, name), func(t *testing.T) {
					way := RuleSettings{Name: "r", Primary: string(factor), Remember: remember, Fail: fail.settings}
					checkWay(t, k, way, Decision{Rule: "r", Factor: factor, Remember: remember, Fail: fail.want})
				})
			}
		}
	}
	if d := mustNew(t, Settings{}).Decide(Facts{}); d.Factor != "" || d.Remember != 0 || d.Fail != (Fail{}) {
		t.Errorf("the default has a way of its own: %+v", d)
	}
}

// checkWay decides by a rule under every action; want is its way, as far as the action lets it have one.
func checkWay(t *testing.T, k Known, way RuleSettings, want Decision) {
	t.Helper()
	exempt := Decision{Rule: want.Rule, Factor: want.Factor}
	for action, want := range map[Action]Decision{Deny: {Rule: want.Rule}, Exempt: exempt, RequirePush: want} {
		want.Action, way.Decision = action, action.String()
		p, faults := New(Settings{Rules: []RuleSettings{way}}, k)
		if p == nil {
			t.Fatal(faults)
		}
		if diff := cmp.Diff(want, p.Decide(Facts{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", action, diff)
		}
	}
}

func TestFaultsOfFactorsAndFailing(t *testing.T) {
	rule := func(r RuleSettings) Settings {
		r.Name = "a"
		return Settings{Rules: []RuleSettings{r}}
	}
	fail := func(f FailSettings) Settings { return rule(RuleSettings{Fail: f}) }
	const soon, why = "2026-12-24T18:00:00Z", "a move"
	cases := map[string]struct {
		settings Settings
		faults   []string
		warnings []string
	}{
		"a factor":               {rule(RuleSettings{Primary: "ldap"}), nil, nil},
		"no factor":              {rule(RuleSettings{Primary: "pam"}), []string{"primary"}, nil},
		"remembering":            {rule(RuleSettings{Remember: time.Hour}), nil, nil},
		"remembering backwards":  {rule(RuleSettings{Remember: -1}), []string{"remember.for"}, nil},
		"remembered for":         {fail(FailSettings{Mode: "allow_remembered", For: time.Hour}), nil, nil},
		"remembered for nothing": {fail(FailSettings{Mode: "allow_remembered"}), []string{"fail.for"}, nil},
		"remembered until":       {fail(FailSettings{Mode: "allow_remembered", For: 1, Until: soon, Reason: why}), []string{"fail.until", "fail.reason"}, nil},
		"deny for":               {fail(FailSettings{Mode: "deny", For: 1}), []string{"fail.for"}, nil},
		"for alone":              {fail(FailSettings{For: 1}), []string{"fail.for"}, nil},
		"until alone":            {fail(FailSettings{Until: soon}), []string{"fail.until"}, nil},
		"reason alone":           {fail(FailSettings{Reason: why}), []string{"fail.reason"}, nil},
		"open":                   {fail(FailSettings{Mode: "insecure_allow", Until: soon, Reason: why}), nil, []string{"fail.mode"}},
		"open without a reason":  {fail(FailSettings{Mode: "insecure_allow", Until: soon}), []string{"fail.reason"}, []string{"fail.mode"}},
		"open without an end":    {fail(FailSettings{Mode: "insecure_allow", Reason: why}), []string{"fail.until"}, nil},
		"open for":               {fail(FailSettings{Mode: "insecure_allow", Until: soon, Reason: why, For: 1}), []string{"fail.for"}, []string{"fail.mode"}},
		"open, no time":          {fail(FailSettings{Mode: "insecure_allow", Until: "tomorrow", Reason: why}), []string{"fail.until"}, nil},
		"open, 30 days":          {fail(FailSettings{Mode: "insecure_allow", Until: "2026-12-31T00:00:00Z", Reason: why}), nil, []string{"fail.mode"}},
		"open, longer":           {fail(FailSettings{Mode: "insecure_allow", Until: "2026-12-31T00:00:01Z", Reason: why}), []string{"fail.until"}, nil},
		"open, to a second ago":  {fail(FailSettings{Mode: "insecure_allow", Until: "2026-11-30T23:59:59Z", Reason: why}), nil, []string{"fail.until"}},
		"open, to now":           {fail(FailSettings{Mode: "insecure_allow", Until: "2026-12-01T01:00:00+01:00", Reason: why}), nil, []string{"fail.until"}},
		"unknown mode":           {fail(FailSettings{Mode: "allow"}), []string{"fail.mode"}, nil},
		"on deny": {
			rule(RuleSettings{Decision: "deny", Primary: "file", Remember: 1, Fail: FailSettings{Mode: "allow_remembered", For: 1}}), nil,
			[]string{"remember.for", "fail.mode", "primary"},
		},
		"on exempt": {
			rule(RuleSettings{Decision: "exempt", Primary: "file", Remember: 1, Fail: FailSettings{Mode: "allow_remembered", For: 1}}), nil,
			[]string{"remember.for", "fail.mode"},
		},
		"open, on deny":  {rule(RuleSettings{Decision: "deny", Fail: FailSettings{Mode: "insecure_allow", Until: soon, Reason: why}}), nil, []string{"fail.mode"}},
		"on no decision": {rule(RuleSettings{Decision: "allow", Remember: 1}), []string{"decision"}, nil},
	}
	k := known()
	k.Now = instant(t, "2026-12-01T00:00:00Z")
	for name, c := range cases {
		p, faults := New(c.settings, k)
		var fatal, warnings []string
		for _, f := range faults {
			key := strings.TrimPrefix(f.Key, "policy.rules[0].")
			if f.Warning {
				warnings = append(warnings, key)
			} else {
				fatal = append(fatal, key)
			}
		}
		if diff := cmp.Diff([][]string{c.faults, c.warnings}, [][]string{fatal, warnings}); diff != "" || (p == nil) != (c.faults != nil) {
			t.Errorf("%s (-want +got):\n%s%v", name, diff, faults)
		}
	}
}

// TestInsecureIsShouted: end and reason stand in the warning; without a clock no such mode is taken.
func TestInsecureIsShouted(t *testing.T) {
	s := Settings{Rules: []RuleSettings{{Name: "a", Fail: FailSettings{Mode: "insecure_allow", Until: "2026-12-24T18:00:00Z", Reason: "a move"}}}}
	k := known()
	k.Now = instant(t, "2026-12-20T00:00:00Z")
	_, faults := New(s, k)
	for _, words := range []string{"INSECURE until 2026-12-24T18:00:00Z", "WITHOUT THE PHONE", `"a move"`} {
		if len(faults) != 1 || !strings.Contains(faults[0].Message, words) {
			t.Errorf("%q is not in %v", words, faults)
		}
	}
	if p, faults := New(s, known()); p != nil {
		t.Errorf("taken by nobody's clock: %v", faults)
	}
}

// TestPossible: which rules a client's logins can reach, and which first factors they may so come to.
func TestPossible(t *testing.T) {
	on := func(clients ...string) MatchSettings { return MatchSettings{Clients: clients} }
	for name, c := range map[string]struct {
		fallback string
		rules    []RuleSettings
		want     map[string]string // by client: rule:factor, and the factors
	}{
		"no rules": {"", nil, map[string]string{"FW01": "-1:"}},
		"for other clients": {"", []RuleSettings{{Match: on("fw01"), Primary: "file"}, {Match: on("open*"), Primary: "ldap"}}, map[string]string{
			"FW01": "0:file", "openvpn-as": "1:ldap", "fw02": "-1:",
		}},
		"behind one for all": {"", []RuleSettings{{Match: on("fw0*"), Primary: "file"}, {Primary: "radius"}}, map[string]string{
			"fw02": "0:file", "openvpn-as": "1:radius",
		}},
		"behind a denial": {"", []RuleSettings{{Match: on("fw02"), Decision: "deny"}, {Primary: "radius"}}, map[string]string{"fw02": "0:", "FW01": "1:radius"}},
		"for some people": {"", []RuleSettings{
			{Match: MatchSettings{Users: []string{"a*"}}, Primary: "file"},
			{Match: MatchSettings{Groups: []string{"*"}}, Primary: "file"},
			{Match: MatchSettings{Networks: []string{"0.0.0.0/0"}}, Primary: "none"},
			{Match: MatchSettings{Users: []string{"x", "*"}}, Primary: "ldap"},
		}, map[string]string{"fw02": "0:file 1:file 2:none 3:ldap"}},
		"denied by default": {"deny", []RuleSettings{{Match: MatchSettings{Users: []string{"a*"}}, Primary: "file"}}, map[string]string{"fw02": "0:file -1:"}},
	} {
		for i := range c.rules {
			c.rules[i].Name = fmt.Sprint("rule", i)
		}
		p := mustNew(t, Settings{Rules: c.rules, Default: c.fallback})
		for client, want := range c.want {
			got := ""
			for i, d := range p.Possible(client) {
				got += fmt.Sprintf("%d:%s ", i, d.Factor)
				if i >= 0 && d.Rule != c.rules[i].Name {
					t.Errorf("%s: rule %d is called %s", name, i, d.Rule)
				}
			}
			if got = strings.TrimSpace(got); got != want {
				t.Errorf("%s, %s: %s, want %s", name, client, got, want)
			}
		}
	}
	for i, d := range (*Policy)(nil).Possible("x") {
		if i != -1 || d.Action != Deny {
			t.Errorf("nil: %d, %+v", i, d)
		}
	}
	for i := range mustNew(t, Settings{Rules: []RuleSettings{{Name: "a", Match: on("fw*")}}}).Possible("fw02") {
		if i != 0 {
			t.Error("goes on though nobody listens")
		}
		break
	}
}
