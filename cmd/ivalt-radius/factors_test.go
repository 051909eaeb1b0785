package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ivalt-radius/cmd/ivalt-radius/exit"
	"ivalt-radius/config"
	"ivalt-radius/policy"
)

// TestRulesGetTheirWay: what a rule says of the first factor, of remembering and of failing reaches policy, and so do the groups'
// replies, encoded, with the faults under their own keys.
func TestRulesGetTheirWay(t *testing.T) {
	t.Parallel()
	got, faults := policySettings(&config.Settings{Policy: config.Policy{
		Rules: []config.Rule{{
			Name: "a", Primary: "ldap", Remember: config.Remember{For: time.Hour},
			Fail: config.Fail{Mode: "insecure_allow", For: time.Minute, Until: "2026-12-24T18:00:00Z", Reason: "x"},
		}},
		Groups: []config.Group{
			{Name: "Staff", Reply: []config.Attribute{{Name: "filter-id", Values: []string{"s"}}}},
			{Name: "Guests", Reply: []config.Attribute{{Name: "No-Such", Values: []string{"s"}}}},
		},
	}})
	if len(faults) != 1 || faults[0].Key != "policy.groups[1].reply.No-Such" {
		t.Error(faults)
	}
	want := policy.Settings{
		Rules: []policy.RuleSettings{{
			Name: "a", Primary: "ldap", Remember: time.Hour,
			Fail: policy.FailSettings{Mode: "insecure_allow", For: time.Minute, Until: "2026-12-24T18:00:00Z", Reason: "x"},
		}},
		Groups: []policy.GroupSettings{{Name: "Staff", Reply: []policy.Attribute{{Name: "Filter-Id", Value: "s", Wire: []byte{11, 3, 's'}}}}, {Name: "Guests"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestClientsGetTheirFactor: its own, else primary.method.
func TestClientsGetTheirFactor(t *testing.T) {
	t.Parallel()
	got := radiusSettings(&config.Settings{
		Primary: config.Primary{Method: "ldap"}, Clients: []config.Client{{Name: "a"}, {Name: "b", Primary: "none"}, {Name: "c", Primary: "file"}},
	}, nil).Clients
	for i, want := range []policy.Factor{policy.LDAPFactor, policy.NoFactor, policy.FileFactor} {
		if got[i].Factor != want {
			t.Errorf("%s: %q, want %q", got[i].Name, got[i].Factor, want)
		}
	}
}

// TestWhoCanSupplyGroups: LDAP can, but not as people who have not logged in yet; an upstream server's groups come too late.
func TestWhoCanSupplyGroups(t *testing.T) {
	t.Parallel()
	ldap := func(l config.LDAP) config.Settings {
		l.URLs = []string{"ldaps://a"}
		return config.Settings{Primary: config.Primary{LDAP: l}}
	}
	for name, c := range map[string]struct {
		settings config.Settings
		unlisted bool
		late     []policy.Factor
	}{
		"nobody":                    {config.Settings{Primary: config.Primary{Method: "file"}}, false, nil},
		"LDAP, search account":      {ldap(config.LDAP{BindDN: "cn=search"}), true, nil},
		"LDAP, anonymous search":    {ldap(config.LDAP{}), true, nil},
		"LDAP, as the user":         {ldap(config.LDAP{UserDN: "uid={username}"}), false, []policy.Factor{policy.LDAPFactor}},
		"LDAP, without servers":     {config.Settings{Primary: config.Primary{LDAP: config.LDAP{BindDN: "cn=search"}}}, false, nil},
		"upstream":                  {config.Settings{Primary: config.Primary{Method: "radius"}}, false, []policy.Factor{policy.RADIUSFactor}},
		"upstream, by a rule":       {config.Settings{Policy: config.Policy{Rules: []config.Rule{{Primary: "radius"}}}}, false, []policy.Factor{policy.RADIUSFactor}},
		"upstream, asked by nobody": {config.Settings{Primary: config.Primary{RADIUS: config.Upstream{Servers: []config.UpstreamServer{{}}}}}, false, nil},
	} {
		k := known(&c.settings, nil)
		if diff := cmp.Diff(c.late, k.LateGroups); diff != "" || k.GroupsUnlisted != c.unlisted || k.Now.IsZero() {
			t.Errorf("%s: %+v", name, k)
		}
	}
}

// TestFactorsAreJudged: check tells the faults of all rules with their lines, and shouts about insecure_allow.
func TestFactorsAreJudged(t *testing.T) {
	t.Parallel()
	for match, said := range map[string][]string{
		"groups: [staff]": {
			"fault: line 13: policy.rules[0].match.groups[0]: no configured source can supply a group \"staff\"; those of an upstream RADIUS server",
			"warning: line 19: policy.rules[2].fail.mode: INSECURE until",
		},
		"users: [y]": {
			"fault: line 17: policy.rules[1].remember.for: a login is remembered by its first factor alone, and there is none for client gateway",
			"warning: line 16: policy.rules[1].primary: none: the phone is the only factor",
			"warning: line 5: clients[0].insecure_methods[0]: over UDP whoever reads the wire",
			"warning: line 5: clients[0].insecure_methods[0]: radius alone can check chap; where",
			"warning: line 19: policy.rules[2].fail.mode: INSECURE until",
		},
	} {
		s := newSite(t)
		s.file(t, "config.yaml", fmt.Sprintf(`clients:
  - name: gateway
    networks: [127.0.0.1/32]
    secrets: [%s]
    insecure_methods: [chap]
ivalt: {api_key: %s}
primary:
  method: radius
  radius: {servers: [{address: "127.0.0.1:1", secret: %[1]s}]}
state: {directory: %[3]q}
policy:
  rules:
    - {name: a, match: {%[4]s}}
    - name: b
      match: {users: [x]}
      primary: none
      remember: {for: 1h}
    - name: c
      fail: {mode: insecure_allow, until: %[5]q, reason: iVALT moves house}
`, sharedSecret, apiKey, s.state, match, time.Now().Add(time.Hour).Format(time.RFC3339)))
		code, out := s.command(t, "check")
		for _, sentence := range said {
			if strings.Count(out, sentence) != 1 {
				t.Errorf("not once %q in\n%s", sentence, out)
			}
		}
		if code != exit.Fault || !strings.Contains(out, ": 1 fault\n") {
			t.Errorf("exit %d:\n%s", code, out)
		}
	}
}

// TestExplainTellsTheWayIn: the client's first factor, the rule's way, and where each attribute of the reply comes from.
func TestExplainTellsTheWayIn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.file(t, "users.yaml", "anna: {mobile: +491701234567, groups: [staff]}\n")
	s.policy = `{rules: [{name: a, primary: file, remember: {for: 8h}, reply: {Class: r, Filter-Id: r}}], groups: [{name: staff, reply: {Class: [g, h]}}]}`
	s.more = fmt.Sprintf("users: {file: %q}", filepath.Join(s.dir, "users.yaml"))
	s.write(t)
	code, out := s.command(t, "explain", "-u", "anna", "--client", "gateway")
	flat := strings.Join(strings.Fields(out), " ")
	for _, want := range []string{
		"factor none (primary.method), where no rule names another", "first factor file, by the rule", "remember an approval counts for 8h0m0s",
		`reply Class = "g" from group "staff" reply Class = "h" from group "staff" reply Filter-Id = "r" from rule "a"`,
	} {
		if !strings.Contains(flat, want) {
			t.Errorf("%q is missing in\n%s", want, out)
		}
	}
	if code != exit.OK {
		t.Errorf("exit %d:\n%s", code, out)
	}
}

// TestExplainWhereThePasswordComesFirst: without a search account nobody is known yet, which is no reason to call the login lost.
func TestExplainWhereThePasswordComesFirst(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.more = `primary: {method: ldap, ldap: {urls: ["ldap://127.0.0.1:1"], user_dn: "uid={username},dc=example,dc=com", base: "dc=example,dc=com"}}`
	s.write(t)
	code, out := s.command(t, "explain", "-u", "anna", "--client", "gateway")
	for _, want := range []string{"LDAP says only behind the person's own password", "unknown before the password is checked"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing in\n%s", want, out)
		}
	}
	if code != exit.OK || strings.Contains(out, "unknown_user") {
		t.Errorf("exit %d:\n%s", code, out)
	}
}
