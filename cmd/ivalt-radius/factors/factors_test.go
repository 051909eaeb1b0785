package factors

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ivalt-radius/config"
	"ivalt-radius/fault"
	"ivalt-radius/policy"
)

// settings loads a text behind two clients, to whose first the keys of `first` are added, with a source for every first factor.
func settings(t *testing.T, first, text string) (*config.Settings, *policy.Policy) {
	t.Helper()
	users := "users: {file: people.yaml}\n"
	whole := "clients:\n  - {name: one, networks: [192.0.2.1], secrets: [\"env:SHARED\"]" + first + "}\n" +
		"  - {name: two, networks: [192.0.2.2], secrets: [\"env:SHARED\"]}\n" + users + text + "\n"
	if !strings.Contains(text, "ivalt:") {
		whole += "ivalt: {api_key: \"env:KEY\"}\n"
	}
	files := fstest.MapFS{"c.yaml": {Data: []byte(whole), Mode: 0o600}, "people.yaml": {Data: []byte("a: {}\n"), Mode: 0o600}}
	s, faults := config.Load("c.yaml", config.Options{
		Environ: []string{
			"SHARED=b7Rk2vXw9LqZ4tNc", "KEY=Zq3kV8_never-issued_7Hn2Lw5Tb9xYc4Rm", "IVALT_RADIUS_PRIMARY__LDAP__URLS=ldaps://a",
			"IVALT_RADIUS_PRIMARY__RADIUS__SERVERS__0__ADDRESS=192.0.2.3:1812", "IVALT_RADIUS_PRIMARY__RADIUS__SERVERS__0__SECRET=env:SHARED",
		},
		Open: files.Open,
	})
	if s == nil {
		t.Fatalf("%v\n%s", faults, whole)
	}
	return s, rules(t, s)
}

// rules are the policy of the settings, as far as these tests have one.
func rules(t *testing.T, s *config.Settings) *policy.Policy {
	t.Helper()
	out := policy.Settings{Default: s.Policy.Default}
	for _, r := range s.Policy.Rules {
		out.Rules = append(out.Rules, policy.RuleSettings{
			Name: r.Name, Decision: r.Decision, Primary: r.Primary, Remember: r.Remember.For, Match: policy.MatchSettings{Users: r.Match.Users, Clients: r.Match.Clients},
			Fail: policy.FailSettings{Mode: r.Fail.Mode, For: r.Fail.For, Until: r.Fail.Until, Reason: r.Fail.Reason}, Only: policy.OnlySettings{Hours: closed(r)},
		})
	}
	p, faults := policy.New(out, policy.Known{Clients: []string{"one", "two"}, Now: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)})
	if p == nil {
		t.Fatal(faults)
	}
	return p
}

// closed are hours that never come in these tests.
func closed(r config.Rule) (hours []policy.HoursSettings) {
	for _, w := range r.Only.Hours {
		hours = append(hours, policy.HoursSettings{From: w.From, To: w.To, Timezone: "UTC"})
	}
	return hours
}

// told are the keys and the words of the faults, warnings behind a mark.
func told(faults fault.List) []string {
	var out []string
	for _, f := range faults {
		mark := ""
		if f.Warning {
			mark = "!"
		}
		out = append(out, mark+f.Key+": "+f.Message)
	}
	return out
}

// checkCase is what Check says of a text; each of want is the beginning of one sentence with its key.
type checkCase struct {
	first, text string
	want        []string
}

func run(t *testing.T, cases map[string]checkCase) {
	t.Helper()
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s, p := settings(t, c.first, c.text)
			got := told(Check(s, p))
			for i, want := range c.want {
				if i < len(got) && strings.HasPrefix(got[i], want) {
					got[i] = want
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestPhoneAlone(t *testing.T) {
	const alone = "none: the phone is the only factor"
	run(t, map[string]checkCase{
		"everywhere":         {"", "", []string{"!primary.method: " + alone + ", passwords are not checked"}},
		"nowhere":            {"", "primary: {method: file}", nil},
		"through one":        {", primary: file", "", []string{"!primary.method: " + alone + " through two, passwords"}},
		"by a client's word": {", primary: none", "primary: {method: ldap}", []string{"!clients[0].primary: " + alone + ", passwords"}},
		"by a rule's word":   {"", "primary: {method: radius}\npolicy: {rules: [{name: a, match: {users: [x]}, primary: none}]}", []string{"!policy.rules[0].primary: " + alone + ","}},
		"a rule says more":   {"", "policy: {rules: [{name: a, primary: file}]}", nil},
		"a rule for two": {
			"", "policy: {rules: [{name: a, match: {clients: [two]}, primary: file}]}", []string{"!primary.method: " + alone + " through one,"},
		},
		"all are denied":     {"", "policy: {default: deny}", nil},
		"a rule that denies": {"", "primary: {method: file}\npolicy: {rules: [{name: a, match: {users: [x]}, primary: none, decision: deny}]}", nil},
	})
}

// TestAChoiceBetweenPhones is for those who have shown something.
func TestAChoiceBetweenPhones(t *testing.T) {
	const useless = "choose has no effect without a first factor"
	const alone = "!primary.method: none: the phone is the only factor"
	run(t, map[string]checkCase{
		"nothing is shown":   {", challenge: choose", "", []string{alone, "!clients[0].challenge: " + useless}},
		"a first factor":     {", challenge: choose", "primary: {method: file}", nil},
		"by a rule at least": {", challenge: choose", "policy: {rules: [{name: a, match: {users: [x]}, primary: file}]}", []string{alone}},
		"approve":            {", challenge: approve", "", []string{alone}},
	})
}

func TestNobody(t *testing.T) {
	const nobody = "exempt without a first factor"
	run(t, map[string]checkCase{
		"the default":            {"", "policy: {default: exempt}", []string{"!policy.default: " + nobody + ": nobody"}},
		"the default, for two":   {", primary: file", "policy: {default: exempt}", []string{"!policy.default: " + nobody + " through two: nobody"}},
		"a rule":                 {"", "policy: {rules: [{name: a, decision: exempt}]}", []string{"!policy.rules[0].decision: " + nobody + ": nobody"}},
		"a rule with a factor":   {"", "policy: {rules: [{name: a, decision: exempt, primary: ldap}]}", nil},
		"a rule that says none":  {"", "primary: {method: file}\npolicy: {rules: [{name: a, decision: exempt, primary: none}]}", []string{"!policy.rules[0].decision: " + nobody}},
		"with the settings' own": {"", "primary: {method: file}\npolicy: {default: exempt}", nil},
		"never reached":          {"", "primary: {method: file}\npolicy: {rules: [{name: a}, {name: b, decision: exempt, primary: none}]}", nil},
	})
}

// TestMethods: every first factor against every way of a password.
func TestMethods(t *testing.T) {
	for _, factor := range []string{"none", "file", "ldap", "radius"} {
		for method, able := range map[string]string{"chap": "radius", "mschapv2": "file radius"} {
			s, p := settings(t, ", insecure_methods: ["+method+"], primary: "+factor, "primary: {method: file}")
			got := strings.Join(told(Check(s, p)), "\n")
			const key = "clients[0].insecure_methods[0]: "
			if strings.Contains(able, factor) {
				if strings.Contains(got, key) {
					t.Errorf("%s by %s: %s", method, factor, got)
				}
				continue
			}
			want := fmt.Sprintf("nothing can check %s here: %s can, and the first factor is %s;", method, map[string]string{"chap": "radius alone", "mschapv2": "file (with an nt_hash) and radius"}[method], factor)
			if !strings.Contains("\n"+got, "\n"+key+want) {
				t.Errorf("%s by %s: %s", method, factor, got)
			}
		}
	}
}

func TestMethodsOfRules(t *testing.T) {
	const key = "clients[0].insecure_methods[0]: "
	chap := ", insecure_methods: [chap], primary: file"
	run(t, map[string]checkCase{
		"a rule that can": {
			chap, "primary: {method: file}\npolicy: {rules: [{name: a, match: {users: [x]}, primary: radius}]}",
			[]string{"!" + key + "radius alone can check chap; where the first factor is file, such"},
		},
		"all rules can":            {chap, "primary: {method: file}\npolicy: {rules: [{name: a, primary: radius}]}", nil},
		"a rule of another client": {chap, "primary: {method: file}\npolicy: {rules: [{name: a, match: {clients: [two]}, primary: radius}]}", []string{key + "nothing"}},
		"a rule that denies":       {chap, "primary: {method: file}\npolicy: {rules: [{name: a, match: {users: [x]}, primary: radius, decision: deny}]}", []string{key + "nothing"}},
		"a rule never reached":     {chap, "primary: {method: file}\npolicy: {rules: [{name: a}, {name: b, primary: radius}]}", []string{key + "nothing"}},
		"all are denied":           {chap, "primary: {method: file}\npolicy: {default: deny}", nil},
		"a denial is no factor": {
			", insecure_methods: [chap], primary: radius", "primary: {method: file}\npolicy: {rules: [{name: a, match: {users: [x]}, primary: file, decision: deny}]}",
			nil,
		},
		"an exempt rule has a factor too": {
			", insecure_methods: [chap]", "primary: {method: file}\npolicy: {rules: [{name: a, decision: exempt, primary: radius}]}", nil,
		},
	})
}

func TestLateCredit(t *testing.T) {
	given := func(credit string) string { return "ivalt: {api_key: \"env:KEY\", late_credit: " + credit + "}\n" }
	const alone, vain = "!primary.method: none", "!ivalt.late_credit: has no effect"
	run(t, map[string]checkCase{
		"by default":             {"", "", []string{alone}},
		"given in vain":          {"", given("30s"), []string{alone, vain}},
		"turned off":             {"", given("0s"), []string{alone}},
		"with a factor":          {"", given("30s") + "primary: {method: file}", nil},
		"with a client's":        {", primary: ldap", given("30s"), []string{alone}},
		"with a rule's":          {"", given("30s") + "policy: {rules: [{name: a, match: {users: [x]}, primary: file}]}", []string{alone}},
		"an exempt rule's":       {"", given("30s") + "policy: {rules: [{name: a, match: {users: [x]}, decision: exempt, primary: file}]}", []string{alone, vain}},
		"of a rule for nobody's": {"", given("30s") + "policy: {rules: [{name: a}, {name: b, primary: file}]}", []string{alone, vain}},
	})
}

// TestProofless: what lets somebody in without the phone needs a first factor, with every client whose logins come to the rule.
func TestProofless(t *testing.T) {
	const (
		file     = "primary: {method: file}\n"
		remember = "remember: {for: 8h}"
		failing  = "fail: {mode: allow_remembered, for: 72h}"
		opening  = "fail: {mode: insecure_allow, until: 2026-12-24T18:00:00Z, reason: x}"
		alone    = "!primary.method: none"
	)
	rule := func(of string) string { return "policy: {rules: [{name: a, " + of + "}]}" }
	run(t, map[string]checkCase{
		"remembered":             {"", rule(remember), []string{alone, "policy.rules[0].remember.for: a login is remembered by its first factor alone, and there is none for client one, two: name"}},
		"failing":                {"", rule(failing), []string{alone, "policy.rules[0].fail.mode: a login comes in without the phone by"}},
		"opening":                {"", rule(opening), []string{alone, "policy.rules[0].fail.mode: a login comes in without the phone by"}},
		"all of it":              {"", rule(remember + ", " + failing), []string{alone, "policy.rules[0].remember.for: ", "policy.rules[0].fail.mode: "}},
		"with a factor":          {"", file + rule(remember+", "+failing), nil},
		"with the rule's":        {"", rule("primary: ldap, " + remember + ", " + opening), nil},
		"the rule's is none":     {"", file + rule("primary: none, "+remember), []string{"!policy.rules[0].primary: none", "policy.rules[0].remember.for: "}},
		"one client's is none":   {", primary: none", file + rule(remember), []string{"!clients[0].primary: none", "policy.rules[0].remember.for: a login is remembered by its first factor alone, and there is none for client one: name"}},
		"and it is not for them": {", primary: none", file + rule("match: {clients: [two]}, "+remember), []string{"!clients[0].primary: none"}},
		"nobody reaches it":      {"", file + "policy: {rules: [{name: a}, {name: b, primary: none, " + remember + "}]}", nil},
		"a rule that denies":     {"", file + rule("match: {users: [x]}, primary: none, decision: deny, "+remember+", "+failing), nil},
	})
}

// TestFaultyPolicy: of rules and first factors that have faults nothing follows.
func TestFaultyPolicy(t *testing.T) {
	s, _ := settings(t, ", insecure_methods: [chap]", "")
	if faults := Check(s, nil); faults != nil {
		t.Error(faults)
	}
	s, p := settings(t, ", insecure_methods: [chap]", "")
	s.Primary.Method = "" // as config leaves a word that it refused
	if faults := Check(s, p); faults != nil {
		t.Error(faults)
	}
}

func TestStrangers(t *testing.T) {
	const closedNow = "only: {hours: {from: 01:00, to: 02:00}}"
	for name, c := range map[string]struct {
		first, text string
		want        []string // clients
	}{
		"everybody":                    {"", "", []string{"one", "two"}},
		"a first factor":               {"", "primary: {method: file}", nil},
		"a client's first factor":      {", primary: ldap", "", []string{"two"}},
		"a client's lack of one":       {", primary: none", "primary: {method: file}", []string{"one"}},
		"a rule's first factor":        {"", "policy: {rules: [{name: a, primary: file}]}", nil},
		"of a rule's people":           {"", "policy: {rules: [{name: a, match: {users: [\"bob*\"]}}, {name: b, primary: file}]}", []string{"one", "two"}},
		"foreign realms are denied":    {"", "policy: {rules: [{name: a, match: {users: [\"*@*\"]}, decision: deny}]}", nil},
		"all are denied":               {"", "policy: {default: deny}", nil},
		"only in hours":                {"", "policy: {rules: [{name: a, " + closedNow + "}]}", []string{"one", "two"}},
		"only in hours, with a factor": {"", "policy: {rules: [{name: a, primary: file, " + closedNow + "}]}", nil},
	} {
		s, p := settings(t, c.first, c.text)
		var got []string
		for _, f := range Strangers(s, p, time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)) {
			for _, client := range []string{"one", "two"} {
				if f.Warning && f.Key == "policy.rules" && strings.Contains(f.Message, "through client "+client+",") {
					got = append(got, client)
				}
			}
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
