package policy

import (
	"net/netip"
	"testing"
	"time"
	_ "time/tzdata" // the tests' zones must not depend on the machine

	"github.com/google/go-cmp/cmp"
)

// known is a small world: three clients, four groups, a machine in UTC.
func known() Known {
	return Known{
		Clients: []string{"openvpn-as", "FW01", "fw02"},
		Groups:  []string{"VPN Users", "admins", "Ärzte", "contractors"},
		Local:   time.UTC,
	}
}

func mustNew(tb testing.TB, s Settings) *Policy {
	tb.Helper()
	p, faults := New(s, known())
	if err := faults.Err(); err != nil {
		tb.Fatalf("New: %v", err)
	}
	return p
}

func instant(tb testing.TB, text string) time.Time {
	tb.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		tb.Fatal(err)
	}
	return at
}

// matchCase is a rule's `match`, a login, and whether they meet.
type matchCase struct {
	match MatchSettings
	facts Facts
	want  bool
}

func runMatch(t *testing.T, cases map[string]matchCase) {
	t.Helper()
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			p := mustNew(t, Settings{Rules: []RuleSettings{{Name: "r", Match: c.match, Decision: "deny"}}, Default: "exempt"})
			if matched := p.Decide(c.facts).Rule == "r"; matched != c.want {
				t.Errorf("matched = %v, want %v\n%s", matched, c.want, p.Explain(c.facts))
			}
		})
	}
}

func TestMatchUsers(t *testing.T) {
	users := func(ps ...string) MatchSettings { return MatchSettings{Users: ps} }
	user := func(u string) Facts { return Facts{User: u} }
	runMatch(t, map[string]matchCase{
		"nothing stated":                     {MatchSettings{}, user("x"), true},
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
		"user, several realms":               {users("svc-x"), user("svc-x@a@b"), true},
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
	})
}

func TestMatchGroupsAndClients(t *testing.T) {
	groups := func(ps ...string) MatchSettings { return MatchSettings{Groups: ps} }
	clients := func(ps ...string) MatchSettings { return MatchSettings{Clients: ps} }
	member := func(gs ...string) Facts { return Facts{Groups: gs} }
	runMatch(t, map[string]matchCase{
		"group, exact":                     {groups("admins"), member("admins"), true},
		"group, cases differ":              {groups("vpn users"), member("x", "VPN Users"), true},
		"group, cases differ beyond ASCII": {groups("äRZTE"), member("ÄRZTE"), true},
		"group, star":                      {groups("VPN*"), member("vpn users"), true},
		"group, other":                     {groups("admins"), member("admin"), false},
		"group, person has none":           {groups("*"), member(), false},
		"client, exact":                    {clients("fw01"), Facts{Client: "FW01"}, true},
		"client, star":                     {clients("fw*"), Facts{Client: "FW01"}, true},
		"client, other":                    {clients("fw01"), Facts{Client: "fw02"}, false},
		"client, none":                     {clients("fw01"), Facts{}, false},
	})
}

func TestMatchNetworks(t *testing.T) {
	nets := func(ps ...string) MatchSettings { return MatchSettings{Networks: ps} }
	from := func(a string) Facts { return Facts{CallingStation: netip.MustParseAddr(a)} }
	runMatch(t, map[string]matchCase{
		"network, inside":                   {nets("10.0.0.0/8"), from("10.255.255.255"), true},
		"network, outside":                  {nets("10.0.0.0/8"), from("11.0.0.0"), false},
		"network, any of the list":          {nets("192.0.2.0/24", "10.0.0.0/8"), from("10.1.1.1"), true},
		"network, mapped caller":            {nets("10.0.0.0/8"), from("::ffff:10.1.1.1"), true},
		"network, mapped prefix":            {nets("::ffff:10.0.0.0/104"), from("10.1.1.1"), true},
		"network, mapped address":           {nets("::ffff:10.0.0.1"), from("10.0.0.1"), true},
		"network, bare address":             {nets("10.0.0.1"), from("10.0.0.1"), true},
		"network, bare address's neighbour": {nets("10.0.0.1"), from("10.0.0.2"), false},
		"network, IPv6":                     {nets("2001:db8::/32"), from("2001:db8:ffff::1"), true},
		"network, bare IPv6":                {nets("2001:db8::1"), from("2001:db8::2"), false},
		"network, caller with a zone":       {nets("fe80::/10"), from("fe80::1%eth0"), true},
		"network, all IPv4 is not IPv6":     {nets("0.0.0.0/0"), from("2001:db8::1"), false},
		"network, all IPv6 is not IPv4":     {nets("::/0"), from("::ffff:10.0.0.1"), false},
		"network, unknown caller":           {nets("0.0.0.0/0", "::/0"), Facts{}, false},
	})
}

// TestMatchAllKeys holds each of the four keys in turn and lets one fail: a rule matches only where all hold.
func TestMatchAllKeys(t *testing.T) {
	p := mustNew(t, Settings{Default: "deny", Rules: []RuleSettings{{
		Name: "all", Decision: "exempt",
		Match: MatchSettings{
			Users: []string{"alice"}, Groups: []string{"admins"}, Clients: []string{"fw01"}, Networks: []string{"10.0.0.0/8"},
		},
	}}})
	for i := range 16 {
		f := Facts{User: "bob", Groups: []string{"guests"}, Client: "fw02", CallingStation: netip.MustParseAddr("192.0.2.1")}
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
		if got := p.Decide(f).Action == Exempt; got != (i == 15) {
			t.Errorf("keys %04b: exempt = %v", i, got)
		}
	}
}

// TestConclude is every way in which a rule that matches can end: its word, and each `only` condition absent, failing, holding.
func TestConclude(t *testing.T) {
	for _, action := range []Action{Deny, RequirePush, Exempt} {
		for _, net := range []string{"absent", "fails", "holds"} {
			for _, hour := range []string{"absent", "fails", "holds"} {
				t.Run(action.String()+", networks "+net+", hours "+hour, func(t *testing.T) { conclude(t, action, net, hour) })
			}
		}
	}
}

func conclude(t *testing.T, action Action, net, hour string) {
	t.Helper()
	networks := map[string][]string{"fails": {"192.0.2.0/24"}, "holds": {"10.0.0.0/8"}}
	hours := map[string][]HoursSettings{"fails": {{From: "13:00", To: "18:00"}}, "holds": {{From: "08:00", To: "18:00"}}}
	reply := []Attribute{{Name: "Class", Value: "night", Wire: []byte{25, 7, 'n', 'i', 'g', 'h', 't'}}}
	want := Decision{Rule: "first"}
	switch {
	case net == "fails":
		want.Denial = ByNetwork
	case hour == "fails":
		want.Denial = ByHours
	case action != Deny:
		want.Action, want.Reply = action, reply
		if hour == "holds" {
			want.Until = instant(t, "2026-11-23T18:00:00Z")
		}
	}
	p := mustNew(t, Settings{Default: "exempt", Rules: []RuleSettings{
		{Name: "first", Decision: action.String(), Reply: reply, Only: OnlySettings{Networks: networks[net], Hours: hours[hour]}},
		{Name: "second", Decision: "exempt"},
	}})
	got := p.Decide(Facts{User: "x", CallingStation: netip.MustParseAddr("10.0.0.1"), At: instant(t, "2026-11-23T12:00:00Z")})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestUnknownAddressFailsOnlyNetworks(t *testing.T) {
	p := mustNew(t, Settings{Rules: []RuleSettings{
		{Name: "everywhere", Only: OnlySettings{Networks: []string{"0.0.0.0/0", "::/0"}}},
	}})
	want := Decision{Denial: ByNetwork, Rule: "everywhere"}
	if diff := cmp.Diff(want, p.Decide(Facts{User: "x"})); diff != "" {
		t.Error(diff)
	}
}

func TestFirstRuleDecides(t *testing.T) {
	p := mustNew(t, Settings{Default: "deny", Rules: []RuleSettings{
		{Name: "svc", Match: MatchSettings{Users: []string{"svc-*"}}, Decision: "deny"},
		{Name: "ops", Match: MatchSettings{Users: []string{"*-ops"}}, Decision: "exempt"},
		{Name: "a", Match: MatchSettings{Users: []string{"a*"}}},
	}})
	for user, want := range map[string]Decision{
		"svc-ops": {Rule: "svc"},
		"a-ops":   {Rule: "ops", Action: Exempt},
		"anna":    {Rule: "a", Action: RequirePush},
		"zoe":     {Rule: "default"},
	} {
		if diff := cmp.Diff(want, p.Decide(Facts{User: user})); diff != "" {
			t.Errorf("%s: %s", user, diff)
		}
	}
}

func TestDefault(t *testing.T) {
	for word, want := range map[string]Action{
		"": RequirePush, "require_push": RequirePush, "deny": Deny, "exempt": Exempt,
	} {
		got := mustNew(t, Settings{Default: word}).Decide(Facts{User: "x"})
		if diff := cmp.Diff(Decision{Action: want, Rule: DefaultRule}, got); diff != "" {
			t.Errorf("default %q: %s", word, diff)
		}
	}
}

// TestZeroDenies holds the promise that what nobody filled in lets nobody in.
func TestZeroDenies(t *testing.T) {
	var none *Policy
	var zero Policy
	f := Facts{User: "alice", Groups: []string{"ADMINS"}, Client: "FW01", At: time.Now()}
	want := Decision{Action: Deny, Rule: DefaultRule}
	for name, got := range map[string]Decision{
		"nil": none.Decide(f), "zero": zero.Decide(f), "nil explained": none.Explain(f).Decision, "zero explained": zero.Explain(f).Decision,
	} {
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if Action(0).String() != "deny" || Action(99).String() != "deny" {
		t.Error("an unknown action is not called deny")
	}
}

// TestReplyIsTheSettingsOwn holds that neither the settings' owner nor a caller can change the next login's reply.
func TestReplyIsTheSettingsOwn(t *testing.T) {
	reply := make([]Attribute, 1, 4)
	reply[0] = Attribute{Name: "Class", Value: "a"}
	p := mustNew(t, Settings{Rules: []RuleSettings{{Name: "r", Reply: reply}}})
	reply[0].Value = "changed"
	first := p.Decide(Facts{}).Reply
	one := append(first, Attribute{Name: "one"})
	two := append(first, Attribute{Name: "two"})
	if first[0].Value != "a" || one[1].Name != "one" || two[1].Name != "two" {
		t.Errorf("replies share memory: %v %v %v", first, one, two)
	}
}
