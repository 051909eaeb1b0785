package policy

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ivalt-radius/fault"
)

// told is what New says of one rule, "!" before a warning.
func told(faults fault.List) []string {
	var out []string
	for _, f := range faults {
		mark := ""
		if f.Warning {
			mark = "!"
		}
		out = append(out, mark+f.Key)
	}
	return out
}

func onlyWindow(h HoursSettings) RuleSettings {
	return RuleSettings{Name: "r", Only: OnlySettings{Hours: []HoursSettings{h}}}
}

func onlyMatch(m MatchSettings) RuleSettings {
	return RuleSettings{Name: "r", Match: m}
}

// faultCase is a rule and the keys of the faults that New finds in it.
type faultCase struct {
	rule RuleSettings
	want []string
}

func runFaults(t *testing.T, cases map[string]faultCase) {
	t.Helper()
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			p, faults := New(Settings{Rules: []RuleSettings{c.rule}}, known())
			if diff := cmp.Diff(c.want, told(faults)); diff != "" {
				t.Errorf("%s\n%v", diff, faults)
			}
			if sound := len(faults.Fatal()) == 0; (p != nil) != sound {
				t.Errorf("sound = %v, but the policy is %v", sound, p)
			}
		})
	}
}

func TestFaultsOfWords(t *testing.T) {
	const r = "policy.rules[0]."
	runFaults(t, map[string]faultCase{
		"sound":                    {RuleSettings{Name: "r"}, nil},
		"no name":                  {RuleSettings{}, []string{r + "name"}},
		"name default":             {RuleSettings{Name: "Default"}, []string{r + "name"}},
		"name with a control":      {RuleSettings{Name: "a\x1b[1m"}, []string{r + "name"}},
		"name with blanks outside": {RuleSettings{Name: "a "}, []string{r + "name"}},
		"unknown decision":         {RuleSettings{Name: "r", Decision: "allow"}, []string{r + "decision"}},
		"decision in capitals":     {RuleSettings{Name: "r", Decision: "Deny"}, []string{r + "decision"}},

		"deny with all that is vain": {RuleSettings{
			Name: "r", Decision: "deny", Match: MatchSettings{Networks: []string{"10.0.0.0/8"}},
			Only:  OnlySettings{Networks: []string{"10.0.0.0/8"}, Hours: []HoursSettings{{From: "1:00", To: "2:00"}}},
			Reply: []Attribute{{Name: "Class"}},
		}, []string{"!" + r + "match.networks", "!" + r + "only.networks", "!" + r + "only.hours", "!" + r + "reply"}},
	})
}

func TestFaultsOfNames(t *testing.T) {
	const r = "policy.rules[0]."
	runFaults(t, map[string]faultCase{
		"users empty":             {onlyMatch(MatchSettings{Users: []string{}}), []string{r + "match.users"}},
		"groups empty":            {onlyMatch(MatchSettings{Groups: []string{}}), []string{r + "match.groups"}},
		"clients empty":           {onlyMatch(MatchSettings{Clients: []string{}}), []string{r + "match.clients"}},
		"networks empty":          {onlyMatch(MatchSettings{Networks: []string{}}), []string{r + "match.networks"}},
		"user is empty":           {onlyMatch(MatchSettings{Users: []string{"a", ""}}), []string{r + "match.users[1]"}},
		"user in blanks":          {onlyMatch(MatchSettings{Users: []string{" a"}}), []string{r + "match.users[0]"}},
		"user no UTF-8":           {onlyMatch(MatchSettings{Users: []string{"a\xff"}}), []string{r + "match.users[0]"}},
		"group is empty":          {onlyMatch(MatchSettings{Groups: []string{""}}), []string{r + "match.groups[0]"}},
		"group nobody supplies":   {onlyMatch(MatchSettings{Groups: []string{"admins", "root"}}), []string{r + "match.groups[1]"}},
		"group pattern for none":  {onlyMatch(MatchSettings{Groups: []string{"root*"}}), []string{r + "match.groups[0]"}},
		"group pattern for one":   {onlyMatch(MatchSettings{Groups: []string{"VPN*"}}), nil},
		"group in capitals":       {onlyMatch(MatchSettings{Groups: []string{"ADMINS"}}), nil},
		"client that is not":      {onlyMatch(MatchSettings{Clients: []string{"fw01", "fw03"}}), []string{r + "match.clients[1]"}},
		"client pattern for none": {onlyMatch(MatchSettings{Clients: []string{"gw*"}}), []string{"!" + r + "match.clients[0]"}},
		"client in capitals":      {onlyMatch(MatchSettings{Clients: []string{"fw01", "FW02"}}), nil},
	})
}

func TestFaultsOfNetworks(t *testing.T) {
	const r = "policy.rules[0]."
	runFaults(t, map[string]faultCase{
		"network no prefix":      {onlyMatch(MatchSettings{Networks: []string{"10.0.0.0/33"}}), []string{r + "match.networks[0]"}},
		"network no address":     {onlyMatch(MatchSettings{Networks: []string{"host"}}), []string{r + "match.networks[0]"}},
		"network with host bits": {onlyMatch(MatchSettings{Networks: []string{"10.0.0.5/8"}}), []string{r + "match.networks[0]"}},
		"mapped with host bits":  {onlyMatch(MatchSettings{Networks: []string{"::ffff:10.0.0.5/104"}}), []string{r + "match.networks[0]"}},
		"mapped beyond IPv4":     {onlyMatch(MatchSettings{Networks: []string{"::ffff:0.0.0.0/80"}}), []string{r + "match.networks[0]"}},
		"network with a zone":    {onlyMatch(MatchSettings{Networks: []string{"fe80::1%eth0"}}), []string{r + "match.networks[0]"}},
		"only networks empty":    {RuleSettings{Name: "r", Only: OnlySettings{Networks: []string{}}}, []string{r + "only.networks"}},
		"only network bad": {
			RuleSettings{Name: "r", Only: OnlySettings{Networks: []string{"::/0", "x"}}},
			[]string{r + "only.networks[1]"},
		},
	})
}

func TestFaultsOfHours(t *testing.T) {
	const r = "policy.rules[0]."
	const h = r + "only.hours[0]."
	runFaults(t, map[string]faultCase{
		"hours empty":     {RuleSettings{Name: "r", Only: OnlySettings{Hours: []HoursSettings{}}}, []string{r + "only.hours"}},
		"hours blank":     {onlyWindow(HoursSettings{}), []string{h + "from", h + "to"}},
		"from is 24:00":   {onlyWindow(HoursSettings{From: "24:00", To: "06:00"}), []string{h + "from"}},
		"to is 24:01":     {onlyWindow(HoursSettings{From: "00:00", To: "24:01"}), []string{h + "to"}},
		"to is 00:00":     {onlyWindow(HoursSettings{From: "20:00", To: "00:00"}), nil},
		"one digit":       {onlyWindow(HoursSettings{From: "8:00", To: "9:30"}), nil},
		"same":            {onlyWindow(HoursSettings{From: "8:00", To: "08:00"}), []string{h + "to"}},
		"same midnights":  {onlyWindow(HoursSettings{From: "00:00", To: "00:00"}), []string{h + "to"}},
		"clock of 12":     {onlyWindow(HoursSettings{From: "8am", To: "6pm"}), []string{h + "from", h + "to"}},
		"minute 60":       {onlyWindow(HoursSettings{From: "08:60", To: "10:00"}), []string{h + "from"}},
		"hour 25":         {onlyWindow(HoursSettings{From: "08:00", To: "25:00"}), []string{h + "to"}},
		"signs":           {onlyWindow(HoursSettings{From: "+8:00", To: "-1:00"}), []string{h + "from", h + "to"}},
		"seconds":         {onlyWindow(HoursSettings{From: "08:00:00", To: "10:00"}), []string{h + "from"}},
		"one-digit min":   {onlyWindow(HoursSettings{From: "08:0", To: "10:00"}), []string{h + "from"}},
		"foreign digits":  {onlyWindow(HoursSettings{From: "٠٨:00", To: "10:00"}), []string{h + "from"}},
		"days empty":      {onlyWindow(HoursSettings{Days: []string{}, From: "1:00", To: "2:00"}), []string{h + "days"}},
		"days":            {onlyWindow(HoursSettings{Days: []string{"MON", "Tuesday", "sun"}, From: "1:00", To: "2:00"}), nil},
		"days unknown":    {onlyWindow(HoursSettings{Days: []string{"mon", "mon-fri", "tues"}, From: "1:00", To: "2:00"}), []string{h + "days[1]", h + "days[2]"}},
		"zone":            {onlyWindow(HoursSettings{From: "1:00", To: "2:00", Timezone: "Asia/Kathmandu"}), nil},
		"zone Local":      {onlyWindow(HoursSettings{From: "1:00", To: "2:00", Timezone: "Local"}), nil},
		"zone unknown":    {onlyWindow(HoursSettings{From: "1:00", To: "2:00", Timezone: "Mars/Base"}), []string{h + "timezone"}},
		"zone by a path":  {onlyWindow(HoursSettings{From: "1:00", To: "2:00", Timezone: "../../etc/passwd"}), []string{h + "timezone"}},
		"no such date":    {onlyWindow(HoursSettings{From: "1:00", To: "2:00", Except: []string{"2026-12-25", "2026-02-30"}}), []string{h + "except[1]"}},
		"leap day":        {onlyWindow(HoursSettings{From: "1:00", To: "2:00", Except: []string{"2028-02-29"}}), nil},
		"no leap day":     {onlyWindow(HoursSettings{From: "1:00", To: "2:00", Except: []string{"2026-02-29"}}), []string{h + "except[0]"}},
		"date and time":   {onlyWindow(HoursSettings{From: "1:00", To: "2:00", Except: []string{"2026-12-25T00:00:00Z"}}), []string{h + "except[0]"}},
		"except is empty": {onlyWindow(HoursSettings{From: "1:00", To: "2:00", Except: []string{}}), nil},
	})
}

func TestAllFaultsTogether(t *testing.T) {
	p, faults := New(Settings{
		Timezone: "Nowhere", Default: "maybe",
		Rules: []RuleSettings{
			{Name: "a", Match: MatchSettings{Users: []string{""}, Groups: []string{"x"}}},
			{Name: "b", Match: MatchSettings{Users: []string{"b"}}},
			{Name: "B", Match: MatchSettings{Users: []string{"c"}}, Decision: "yes", Only: OnlySettings{
				Networks: []string{"x"},
				Hours:    []HoursSettings{{From: "1:00", To: "2:00"}, {From: "x", To: "2:00"}},
			}},
		},
	}, known())
	want := []string{
		"policy.timezone", "policy.default", "policy.rules[0].match.users[0]", "policy.rules[0].match.groups[0]", "policy.rules[2].name",
		"policy.rules[2].decision", "policy.rules[2].only.networks[0]", "policy.rules[2].only.hours[1].from",
	}
	if diff := cmp.Diff(want, told(faults)); diff != "" {
		t.Error(diff)
	}
	if p != nil {
		t.Error("faulty settings make a policy")
	}
	if got := p.Decide(Facts{User: "b"}); got.Action != Deny {
		t.Error("faulty settings do not deny")
	}
}

// TestFaultsSayWhatToWrite reads the messages that carry a remedy.
func TestFaultsSayWhatToWrite(t *testing.T) {
	_, faults := New(Settings{Rules: []RuleSettings{
		{Name: "a", Match: MatchSettings{Networks: []string{"10.0.0.5/8"}, Clients: []string{"fw09"}, Groups: []string{"root"}}},
		{Name: "a", Decision: "allow"},
	}}, known())
	text := faults.Err().Error()
	for _, want := range []string{
		"write 10.0.0.0/8 for the network or 10.0.0.5 for the address", `there is no client "fw09"`,
		`no configured source can supply a group "root"`, "policy.rules[0]", "write deny, require_push or exempt",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in:\n%s", want, text)
		}
	}
}

func TestUnreachable(t *testing.T) {
	rules := func(m MatchSettings) []RuleSettings {
		return []RuleSettings{
			{Name: "first", Match: MatchSettings{Users: []string{"x"}}},
			{Name: "wide", Match: m},
			{Name: "third"},
			{Name: "fourth"},
		}
	}
	both := []string{"!policy.rules[2]", "!policy.rules[3]"}
	last := []string{"!policy.rules[3]"}
	for name, c := range map[string]struct {
		match MatchSettings
		want  []string
	}{
		"no key":           {MatchSettings{}, both},
		"all users":        {MatchSettings{Users: []string{"a", "**"}}, both},
		"all clients":      {MatchSettings{Clients: []string{"*"}}, both},
		"clients, each":    {MatchSettings{Clients: []string{"fw*", "openvpn-as"}}, both},
		"some clients":     {MatchSettings{Clients: []string{"fw*"}}, last},
		"some users":       {MatchSettings{Users: []string{"a*"}}, last},
		"users of a realm": {MatchSettings{Users: []string{"*@*"}}, last},
		"all groups":       {MatchSettings{Groups: []string{"*"}}, last},
		"all networks":     {MatchSettings{Networks: []string{"0.0.0.0/0", "::/0"}}, last},
	} {
		t.Run(name, func(t *testing.T) {
			_, faults := New(Settings{Rules: rules(c.match)}, known())
			if diff := cmp.Diff(c.want, told(faults)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestExemptByDefaultIsSaid(t *testing.T) {
	_, faults := New(Settings{Default: "exempt"}, known())
	if diff := cmp.Diff([]string{"!policy.default"}, told(faults)); diff != "" {
		t.Error(diff)
	}
}

// TestKnownZero holds that a forgotten Known refuses rather than lets pass.
func TestKnownZero(t *testing.T) {
	_, faults := New(Settings{Rules: []RuleSettings{
		onlyMatch(MatchSettings{Groups: []string{"admins"}, Clients: []string{"fw01"}}),
	}}, Known{})
	if diff := cmp.Diff([]string{"policy.rules[0].match.groups[0]", "policy.rules[0].match.clients[0]"}, told(faults)); diff != "" {
		t.Error(diff)
	}
}

// TestUnlistedGroups has a source whose groups nobody can list: any may be named, and is compared in canonical form all the same.
func TestUnlistedGroups(t *testing.T) {
	k := known()
	k.GroupsUnlisted = true
	k.Canonical = func(name string) (string, error) {
		if strings.Contains(name, "  ") {
			return "", errors.New("two blanks")
		}
		return strings.ReplaceAll(strings.ToLower(name), "u\u0308", "ü"), nil
	}
	p, faults := New(Settings{Default: "deny", Rules: []RuleSettings{
		{Name: "r", Decision: "exempt", Match: MatchSettings{Groups: []string{"CN=Büro*", "ö  ö"}}},
	}}, k)
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	for group, want := range map[string]Action{
		"cn=büro nord": Exempt, "CN=BU\u0308RO": Exempt, "Ö  Ö": Exempt, "cn=buro": Deny,
	} {
		if got := p.Decide(Facts{Groups: []string{group}}).Action; got != want {
			t.Errorf("group %q: %v, want %v", group, got, want)
		}
	}
}

// TestCanonicalUsers has the caller's canonical form applied to the literal parts, before `@` and `\` are looked for.
func TestCanonicalUsers(t *testing.T) {
	k := known()
	wide := strings.NewReplacer("＠", "@", "＊", "*", "＼", `\`)
	k.Canonical = func(part string) (string, error) {
		if strings.ContainsRune(part, '\x00') {
			return "", errors.New("control character")
		}
		return wide.Replace(strings.ToLower(part)), nil
	}
	users := func(pattern string) (*Policy, fault.List) {
		return New(Settings{Default: "deny", Rules: []RuleSettings{
			{Name: "r", Decision: "exempt", Match: MatchSettings{Users: []string{pattern}}},
		}}, k)
	}
	for name, c := range map[string]struct {
		pattern, user string
		want          Action
	}{
		"wide at sign is a realm":       {"*＠CORP", "alice@corp", Exempt},
		"wide backslash is a domain":    {"CORP＼*", `corp\alice`, Exempt},
		"wide realm in the middle":      {"*＠*x", "alice@corp.x", Exempt},
		"wide star is a star in a name": {"a＊", "a*", Exempt},
		"and no pattern":                {"a＊", "ab", Deny},
	} {
		p, faults := users(c.pattern)
		if err := faults.Err(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := p.Decide(Facts{User: c.user}).Action; got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	if _, faults := users("a*\x00b"); len(faults.Fatal()) != 1 {
		t.Errorf("a part that the canonical form refuses: %v", faults)
	}
}

func TestLocalIsTheMachines(t *testing.T) {
	k := known()
	k.Local = nil
	p, faults := New(Settings{Rules: []RuleSettings{onlyWindow(HoursSettings{From: "08:00", To: "09:00"})}}, k)
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 6, 1, 8, 30, 0, 0, time.Local)
	if got := p.Decide(Facts{At: at}); got.Action != RequirePush || !got.Until.Equal(at.Add(30*time.Minute)) {
		t.Errorf("%+v", got)
	}
}
