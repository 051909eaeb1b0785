package policy_test

import (
	"net/netip"
	"testing"
	"time"
	_ "time/tzdata" // the tests' zones must not depend on the machine

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"ivalt-radius/policy"
)

// known is a small world: three clients, four groups, a machine in UTC.
func known() policy.Known {
	return policy.Known{
		Clients: []string{"openvpn-as", "FW01", "fw02"},
		Groups:  []string{"VPN Users", "admins", "Ärzte", "contractors"},
		Local:   time.UTC,
	}
}

func mustNew(t testing.TB, s policy.Settings) *policy.Policy {
	t.Helper()
	p, faults := policy.New(s, known())
	if err := faults.Err(); err != nil {
		t.Fatalf("New: %v", err)
	}
	return p
}

func instant(t testing.TB, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

var sameDecision = cmp.Options{cmpopts.EquateEmpty(), cmpopts.EquateApproxTime(0)}

func TestMatch(t *testing.T) {
	rule := func(m policy.MatchSettings) []policy.RuleSettings {
		return []policy.RuleSettings{{Name: "r", Match: m, Decision: "deny"}}
	}
	users := func(ps ...string) policy.MatchSettings { return policy.MatchSettings{Users: ps} }
	groups := func(ps ...string) policy.MatchSettings { return policy.MatchSettings{Groups: ps} }
	clients := func(ps ...string) policy.MatchSettings { return policy.MatchSettings{Clients: ps} }
	nets := func(ps ...string) policy.MatchSettings { return policy.MatchSettings{Networks: ps} }
	from := func(a string) policy.Facts { return policy.Facts{CallingStation: netip.MustParseAddr(a)} }
	user := func(u string) policy.Facts { return policy.Facts{User: u} }
	member := func(gs ...string) policy.Facts { return policy.Facts{Groups: gs} }

	for name, c := range map[string]struct {
		match policy.MatchSettings
		facts policy.Facts
		want  bool
	}{
		"nothing stated":                     {policy.MatchSettings{}, user("x"), true},
		"user, exact":                        {users("alice"), user("alice"), true},
		"user, pattern in capitals":          {users("ALICE"), user("alice"), true},
		"user, other":                        {users("alice"), user("alicea"), false},
		"user, any of the list":              {users("bob", "alice"), user("alice"), true},
		"user, star":                         {users("svc-*"), user("svc-backup"), true},
		"user, star is empty":                {users("svc-*"), user("svc-"), true},
		"user, domain before":                {users("svc-*"), user(`corp\svc-x`), true},
		"user, realm behind":                 {users("svc-*"), user("svc-x@corp"), true},
		"user, both":                         {users("svc-*"), user(`corp\svc-x@corp.example`), true},
		"user, several domains":              {users("svc-x"), user(`a\b\svc-x`), true},
		"user, realm before domain":          {users("b"), user(`x@a\b`), true},
		"user, domain is not the local part": {users("corp*"), user(`corp\svc-x`), false},
		"user, realm is not the local part":  {users("*corp*"), user("svc@corp"), false},
		"user, whole with realm":             {users("*@corp"), user("svc-x@corp"), true},
		"user, whole with another realm":     {users("*@corp"), user("svc-x@corp.example"), false},
		"user, whole with domain":            {users(`CORP\*`), user(`corp\svc-x`), true},
		"user, whole needs the domain":       {users(`CORP\*`), user("svc-x"), false},
		"user, local exact against whole":    {users("alice@corp"), user("alice"), false},
		"user, nobody is met by star":        {users("*"), user(""), true},
		"user, nobody is no name":            {users("a*"), user(""), false},
		"user, blank at a star":              {users("anna *"), user("anna maria"), true},
		"group, exact":                       {groups("admins"), member("admins"), true},
		"group, cases differ":                {groups("vpn users"), member("x", "VPN Users"), true},
		"group, cases differ beyond ASCII":   {groups("äRZTE"), member("ÄRZTE"), true},
		"group, star":                        {groups("VPN*"), member("vpn users"), true},
		"group, other":                       {groups("admins"), member("admin"), false},
		"group, person has none":             {groups("*"), member(), false},
		"client, exact":                      {clients("fw01"), policy.Facts{Client: "FW01"}, true},
		"client, star":                       {clients("fw*"), policy.Facts{Client: "FW01"}, true},
		"client, other":                      {clients("fw01"), policy.Facts{Client: "fw02"}, false},
		"client, none":                       {clients("fw01"), policy.Facts{}, false},
		"network, inside":                    {nets("10.0.0.0/8"), from("10.255.255.255"), true},
		"network, outside":                   {nets("10.0.0.0/8"), from("11.0.0.0"), false},
		"network, any of the list":           {nets("192.0.2.0/24", "10.0.0.0/8"), from("10.1.1.1"), true},
		"network, mapped caller":             {nets("10.0.0.0/8"), from("::ffff:10.1.1.1"), true},
		"network, mapped prefix":             {nets("::ffff:10.0.0.0/104"), from("10.1.1.1"), true},
		"network, mapped address":            {nets("::ffff:10.0.0.1"), from("10.0.0.1"), true},
		"network, bare address":              {nets("10.0.0.1"), from("10.0.0.1"), true},
		"network, bare address's neighbour":  {nets("10.0.0.1"), from("10.0.0.2"), false},
		"network, IPv6":                      {nets("2001:db8::/32"), from("2001:db8:ffff::1"), true},
		"network, bare IPv6":                 {nets("2001:db8::1"), from("2001:db8::2"), false},
		"network, caller with a zone":        {nets("fe80::/10"), from("fe80::1%eth0"), true},
		"network, all IPv4 is not IPv6":      {nets("0.0.0.0/0"), from("2001:db8::1"), false},
		"network, all IPv6 is not IPv4":      {nets("::/0"), from("::ffff:10.0.0.1"), false},
		"network, unknown caller":            {nets("0.0.0.0/0", "::/0"), policy.Facts{}, false},
	} {
		t.Run(name, func(t *testing.T) {
			p := mustNew(t, policy.Settings{Rules: rule(c.match), Default: "exempt"})
			got := p.Decide(c.facts)
			if matched := got.Rule == "r"; matched != c.want {
				t.Errorf("matched = %v, want %v\n%s", matched, c.want, p.Explain(c.facts))
			}
		})
	}
}

// TestMatchAllKeys holds each of the four keys in turn and lets one fail: a rule matches only where all hold.
func TestMatchAllKeys(t *testing.T) {
	p := mustNew(t, policy.Settings{Default: "deny", Rules: []policy.RuleSettings{{
		Name: "all", Decision: "exempt",
		Match: policy.MatchSettings{
			Users: []string{"alice"}, Groups: []string{"admins"}, Clients: []string{"fw01"}, Networks: []string{"10.0.0.0/8"},
		},
	}}})
	for i := range 16 {
		f := policy.Facts{User: "bob", Groups: []string{"guests"}, Client: "fw02", CallingStation: netip.MustParseAddr("192.0.2.1")}
		if i&1 != 0 {
			f.User = "alice"
		}
		if i&2 != 0 {
			f.Groups = []string{"admins"}
		}
		if i&4 != 0 {
			f.Client = "FW01"
		}
		if i&8 != 0 {
			f.CallingStation = netip.MustParseAddr("10.1.1.1")
		}
		if got := p.Decide(f).Action == policy.Exempt; got != (i == 15) {
			t.Errorf("keys %04b: exempt = %v", i, got)
		}
	}
}

// TestConclude is every way in which a rule that matches can end: its word, and each `only` condition absent, failing, holding.
func TestConclude(t *testing.T) {
	reply := []policy.Attribute{{Name: "Class", Value: "night", Wire: []byte{25, 7, 'n', 'i', 'g', 'h', 't'}}}
	at := instant(t, "2026-11-23T12:00:00Z") // a Monday
	closes := instant(t, "2026-11-23T18:00:00Z")
	hours := map[string][]policy.HoursSettings{
		"absent": nil,
		"fails":  {{From: "13:00", To: "18:00"}},
		"holds":  {{From: "08:00", To: "18:00"}},
	}
	networks := map[string][]string{"absent": nil, "fails": {"192.0.2.0/24"}, "holds": {"10.0.0.0/8"}}
	for _, action := range []policy.Action{policy.Deny, policy.RequirePush, policy.Exempt} {
		for net, prefixes := range networks {
			for hour, windows := range hours {
				t.Run(action.String()+", networks "+net+", hours "+hour, func(t *testing.T) {
					p := mustNew(t, policy.Settings{Default: "exempt", Rules: []policy.RuleSettings{
						{
							Name: "first", Decision: action.String(), Reply: reply,
							Only: policy.OnlySettings{Networks: prefixes, Hours: windows},
						},
						{Name: "second", Decision: "exempt"},
					}})
					want := policy.Decision{Rule: "first"}
					switch {
					case net == "fails":
						want.Denial = policy.ByNetwork
					case hour == "fails":
						want.Denial = policy.ByHours
					case action != policy.Deny:
						want.Action, want.Reply = action, reply
						if hour == "holds" {
							want.Until = closes
						}
					}
					got := p.Decide(policy.Facts{User: "x", CallingStation: netip.MustParseAddr("10.0.0.1"), At: at})
					if diff := cmp.Diff(want, got, sameDecision); diff != "" {
						t.Error(diff)
					}
					if got.Action == policy.Deny && (got.Reply != nil || !got.Until.IsZero()) {
						t.Error("a denial carries a reply or an end")
					}
				})
			}
		}
	}
}

func TestUnknownAddressFailsOnlyNetworks(t *testing.T) {
	p := mustNew(t, policy.Settings{Rules: []policy.RuleSettings{
		{Name: "everywhere", Only: policy.OnlySettings{Networks: []string{"0.0.0.0/0", "::/0"}}},
	}})
	want := policy.Decision{Denial: policy.ByNetwork, Rule: "everywhere"}
	if diff := cmp.Diff(want, p.Decide(policy.Facts{User: "x"})); diff != "" {
		t.Error(diff)
	}
}

func TestFirstRuleDecides(t *testing.T) {
	p := mustNew(t, policy.Settings{Default: "deny", Rules: []policy.RuleSettings{
		{Name: "svc", Match: policy.MatchSettings{Users: []string{"svc-*"}}, Decision: "deny"},
		{Name: "ops", Match: policy.MatchSettings{Users: []string{"*-ops"}}, Decision: "exempt"},
		{Name: "a", Match: policy.MatchSettings{Users: []string{"a*"}}},
	}})
	for user, want := range map[string]policy.Decision{
		"svc-ops": {Rule: "svc"},
		"a-ops":   {Rule: "ops", Action: policy.Exempt},
		"anna":    {Rule: "a", Action: policy.RequirePush},
		"zoe":     {Rule: "default"},
	} {
		if diff := cmp.Diff(want, p.Decide(policy.Facts{User: user})); diff != "" {
			t.Errorf("%s: %s", user, diff)
		}
	}
}

func TestDefault(t *testing.T) {
	for word, want := range map[string]policy.Action{
		"": policy.RequirePush, "require_push": policy.RequirePush, "deny": policy.Deny, "exempt": policy.Exempt,
	} {
		got := mustNew(t, policy.Settings{Default: word}).Decide(policy.Facts{User: "x"})
		if diff := cmp.Diff(policy.Decision{Action: want, Rule: policy.DefaultRule}, got); diff != "" {
			t.Errorf("default %q: %s", word, diff)
		}
	}
}

// TestZeroDenies holds the promise that what nobody filled in lets nobody in.
func TestZeroDenies(t *testing.T) {
	var none *policy.Policy
	var zero policy.Policy
	f := policy.Facts{User: "alice", Groups: []string{"ADMINS"}, Client: "FW01", At: time.Now()}
	want := policy.Decision{Action: policy.Deny, Rule: policy.DefaultRule}
	for name, got := range map[string]policy.Decision{
		"nil": none.Decide(f), "zero": zero.Decide(f), "nil explained": none.Explain(f).Decision, "zero explained": zero.Explain(f).Decision,
	} {
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if policy.Action(0).String() != "deny" || policy.Action(99).String() != "deny" {
		t.Error("an unknown action is not called deny")
	}
}

// TestReplyIsTheSettingsOwn holds that neither the settings' owner nor a caller can change the next login's reply.
func TestReplyIsTheSettingsOwn(t *testing.T) {
	reply := make([]policy.Attribute, 1, 4)
	reply[0] = policy.Attribute{Name: "Class", Value: "a"}
	p := mustNew(t, policy.Settings{Rules: []policy.RuleSettings{{Name: "r", Reply: reply}}})
	reply[0].Value = "changed"
	first := p.Decide(policy.Facts{}).Reply
	one := append(first, policy.Attribute{Name: "one"})
	two := append(first, policy.Attribute{Name: "two"})
	if first[0].Value != "a" || one[1].Name != "one" || two[1].Name != "two" {
		t.Errorf("replies share memory: %v %v %v", first, one, two)
	}
}
