package policy_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ivalt-radius/fault"
	"ivalt-radius/policy"
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

func window(h policy.HoursSettings) policy.RuleSettings {
	return policy.RuleSettings{Name: "r", Only: policy.OnlySettings{Hours: []policy.HoursSettings{h}}}
}

func match(m policy.MatchSettings) policy.RuleSettings {
	return policy.RuleSettings{Name: "r", Match: m}
}

func TestFaultsOfARule(t *testing.T) {
	const r = "policy.rules[0]."
	const h = r + "only.hours[0]."
	for name, c := range map[string]struct {
		rule policy.RuleSettings
		want []string
	}{
		"sound":                    {policy.RuleSettings{Name: "r"}, nil},
		"no name":                  {policy.RuleSettings{}, []string{r + "name"}},
		"name default":             {policy.RuleSettings{Name: "Default"}, []string{r + "name"}},
		"name with a control":      {policy.RuleSettings{Name: "a\x1b[1m"}, []string{r + "name"}},
		"name with blanks outside": {policy.RuleSettings{Name: "a "}, []string{r + "name"}},
		"unknown decision":         {policy.RuleSettings{Name: "r", Decision: "allow"}, []string{r + "decision"}},
		"decision in capitals":     {policy.RuleSettings{Name: "r", Decision: "Deny"}, []string{r + "decision"}},

		"users empty":             {match(policy.MatchSettings{Users: []string{}}), []string{r + "match.users"}},
		"groups empty":            {match(policy.MatchSettings{Groups: []string{}}), []string{r + "match.groups"}},
		"clients empty":           {match(policy.MatchSettings{Clients: []string{}}), []string{r + "match.clients"}},
		"networks empty":          {match(policy.MatchSettings{Networks: []string{}}), []string{r + "match.networks"}},
		"user is empty":           {match(policy.MatchSettings{Users: []string{"a", ""}}), []string{r + "match.users[1]"}},
		"user in blanks":          {match(policy.MatchSettings{Users: []string{" a"}}), []string{r + "match.users[0]"}},
		"user no UTF-8":           {match(policy.MatchSettings{Users: []string{"a\xff"}}), []string{r + "match.users[0]"}},
		"group is empty":          {match(policy.MatchSettings{Groups: []string{""}}), []string{r + "match.groups[0]"}},
		"group nobody supplies":   {match(policy.MatchSettings{Groups: []string{"admins", "root"}}), []string{r + "match.groups[1]"}},
		"group pattern for none":  {match(policy.MatchSettings{Groups: []string{"root*"}}), []string{r + "match.groups[0]"}},
		"group pattern for one":   {match(policy.MatchSettings{Groups: []string{"VPN*"}}), nil},
		"group in capitals":       {match(policy.MatchSettings{Groups: []string{"ADMINS"}}), nil},
		"client that is not":      {match(policy.MatchSettings{Clients: []string{"fw01", "fw03"}}), []string{r + "match.clients[1]"}},
		"client pattern for none": {match(policy.MatchSettings{Clients: []string{"gw*"}}), []string{"!" + r + "match.clients[0]"}},
		"client in capitals":      {match(policy.MatchSettings{Clients: []string{"fw01", "FW02"}}), nil},

		"network no prefix":      {match(policy.MatchSettings{Networks: []string{"10.0.0.0/33"}}), []string{r + "match.networks[0]"}},
		"network no address":     {match(policy.MatchSettings{Networks: []string{"host"}}), []string{r + "match.networks[0]"}},
		"network with host bits": {match(policy.MatchSettings{Networks: []string{"10.0.0.5/8"}}), []string{r + "match.networks[0]"}},
		"mapped with host bits":  {match(policy.MatchSettings{Networks: []string{"::ffff:10.0.0.5/104"}}), []string{r + "match.networks[0]"}},
		"mapped beyond IPv4":     {match(policy.MatchSettings{Networks: []string{"::ffff:0.0.0.0/80"}}), []string{r + "match.networks[0]"}},
		"network with a zone":    {match(policy.MatchSettings{Networks: []string{"fe80::1%eth0"}}), []string{r + "match.networks[0]"}},
		"only networks empty":    {policy.RuleSettings{Name: "r", Only: policy.OnlySettings{Networks: []string{}}}, []string{r + "only.networks"}},
		"only network bad": {
			policy.RuleSettings{Name: "r", Only: policy.OnlySettings{Networks: []string{"::/0", "x"}}},
			[]string{r + "only.networks[1]"},
		},

		"hours empty":     {policy.RuleSettings{Name: "r", Only: policy.OnlySettings{Hours: []policy.HoursSettings{}}}, []string{r + "only.hours"}},
		"hours blank":     {window(policy.HoursSettings{}), []string{h + "from", h + "to"}},
		"from is 24:00":   {window(policy.HoursSettings{From: "24:00", To: "06:00"}), []string{h + "from"}},
		"to is 24:01":     {window(policy.HoursSettings{From: "00:00", To: "24:01"}), []string{h + "to"}},
		"to is 00:00":     {window(policy.HoursSettings{From: "20:00", To: "00:00"}), nil},
		"one digit":       {window(policy.HoursSettings{From: "8:00", To: "9:30"}), nil},
		"same":            {window(policy.HoursSettings{From: "8:00", To: "08:00"}), []string{h + "to"}},
		"same midnights":  {window(policy.HoursSettings{From: "00:00", To: "00:00"}), []string{h + "to"}},
		"clock of 12":     {window(policy.HoursSettings{From: "8am", To: "6pm"}), []string{h + "from", h + "to"}},
		"minute 60":       {window(policy.HoursSettings{From: "08:60", To: "10:00"}), []string{h + "from"}},
		"hour 25":         {window(policy.HoursSettings{From: "08:00", To: "25:00"}), []string{h + "to"}},
		"signs":           {window(policy.HoursSettings{From: "+8:00", To: "-1:00"}), []string{h + "from", h + "to"}},
		"seconds":         {window(policy.HoursSettings{From: "08:00:00", To: "10:00"}), []string{h + "from"}},
		"one-digit min":   {window(policy.HoursSettings{From: "08:0", To: "10:00"}), []string{h + "from"}},
		"foreign digits":  {window(policy.HoursSettings{From: "٠٨:00", To: "10:00"}), []string{h + "from"}},
		"days empty":      {window(policy.HoursSettings{Days: []string{}, From: "1:00", To: "2:00"}), []string{h + "days"}},
		"days":            {window(policy.HoursSettings{Days: []string{"MON", "Tuesday", "sun"}, From: "1:00", To: "2:00"}), nil},
		"days unknown":    {window(policy.HoursSettings{Days: []string{"mon", "mon-fri", "tues"}, From: "1:00", To: "2:00"}), []string{h + "days[1]", h + "days[2]"}},
		"zone":            {window(policy.HoursSettings{From: "1:00", To: "2:00", Timezone: "Asia/Kathmandu"}), nil},
		"zone Local":      {window(policy.HoursSettings{From: "1:00", To: "2:00", Timezone: "Local"}), nil},
		"zone unknown":    {window(policy.HoursSettings{From: "1:00", To: "2:00", Timezone: "Mars/Base"}), []string{h + "timezone"}},
		"zone by a path":  {window(policy.HoursSettings{From: "1:00", To: "2:00", Timezone: "../../etc/passwd"}), []string{h + "timezone"}},
		"no such date":    {window(policy.HoursSettings{From: "1:00", To: "2:00", Except: []string{"2026-12-25", "2026-02-30"}}), []string{h + "except[1]"}},
		"leap day":        {window(policy.HoursSettings{From: "1:00", To: "2:00", Except: []string{"2028-02-29"}}), nil},
		"no leap day":     {window(policy.HoursSettings{From: "1:00", To: "2:00", Except: []string{"2026-02-29"}}), []string{h + "except[0]"}},
		"date and time":   {window(policy.HoursSettings{From: "1:00", To: "2:00", Except: []string{"2026-12-25T00:00:00Z"}}), []string{h + "except[0]"}},
		"except is empty": {window(policy.HoursSettings{From: "1:00", To: "2:00", Except: []string{}}), nil},

		"deny with all that is vain": {policy.RuleSettings{
			Name: "r", Decision: "deny", Match: policy.MatchSettings{Networks: []string{"10.0.0.0/8"}},
			Only:  policy.OnlySettings{Networks: []string{"10.0.0.0/8"}, Hours: []policy.HoursSettings{{From: "1:00", To: "2:00"}}},
			Reply: []policy.Attribute{{Name: "Class"}},
		}, []string{"!" + r + "match.networks", "!" + r + "only.networks", "!" + r + "only.hours", "!" + r + "reply"}},
	} {
		t.Run(name, func(t *testing.T) {
			p, faults := policy.New(policy.Settings{Rules: []policy.RuleSettings{c.rule}}, known())
			if diff := cmp.Diff(c.want, told(faults)); diff != "" {
				t.Errorf("%s\n%v", diff, faults)
			}
			if sound := len(faults.Fatal()) == 0; (p != nil) != sound {
				t.Errorf("sound = %v, but the policy is %v", sound, p)
			}
		})
	}
}

func TestAllFaultsTogether(t *testing.T) {
	p, faults := policy.New(policy.Settings{
		Timezone: "Nowhere", Default: "maybe",
		Rules: []policy.RuleSettings{
			{Name: "a", Match: policy.MatchSettings{Users: []string{""}, Groups: []string{"x"}}},
			{Name: "b", Match: policy.MatchSettings{Users: []string{"b"}}},
			{Name: "B", Match: policy.MatchSettings{Users: []string{"c"}}, Decision: "yes", Only: policy.OnlySettings{
				Networks: []string{"x"},
				Hours:    []policy.HoursSettings{{From: "1:00", To: "2:00"}, {From: "x", To: "2:00"}},
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
	if got := p.Decide(policy.Facts{User: "b"}); got.Action != policy.Deny {
		t.Error("faulty settings do not deny")
	}
}

// TestFaultsSayWhatToWrite reads the messages that carry a remedy.
func TestFaultsSayWhatToWrite(t *testing.T) {
	_, faults := policy.New(policy.Settings{Rules: []policy.RuleSettings{
		{Name: "a", Match: policy.MatchSettings{Networks: []string{"10.0.0.5/8"}, Clients: []string{"fw09"}, Groups: []string{"root"}}},
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
	rules := func(m policy.MatchSettings) []policy.RuleSettings {
		return []policy.RuleSettings{
			{Name: "first", Match: policy.MatchSettings{Users: []string{"x"}}},
			{Name: "wide", Match: m},
			{Name: "third"},
			{Name: "fourth"},
		}
	}
	both := []string{"!policy.rules[2]", "!policy.rules[3]"}
	last := []string{"!policy.rules[3]"}
	for name, c := range map[string]struct {
		match policy.MatchSettings
		want  []string
	}{
		"no key":           {policy.MatchSettings{}, both},
		"all users":        {policy.MatchSettings{Users: []string{"a", "**"}}, both},
		"all clients":      {policy.MatchSettings{Clients: []string{"*"}}, both},
		"clients, each":    {policy.MatchSettings{Clients: []string{"fw*", "openvpn-as"}}, both},
		"some clients":     {policy.MatchSettings{Clients: []string{"fw*"}}, last},
		"some users":       {policy.MatchSettings{Users: []string{"a*"}}, last},
		"users of a realm": {policy.MatchSettings{Users: []string{"*@*"}}, last},
		"all groups":       {policy.MatchSettings{Groups: []string{"*"}}, last},
		"all networks":     {policy.MatchSettings{Networks: []string{"0.0.0.0/0", "::/0"}}, last},
	} {
		t.Run(name, func(t *testing.T) {
			_, faults := policy.New(policy.Settings{Rules: rules(c.match)}, known())
			if diff := cmp.Diff(c.want, told(faults)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestExemptByDefaultIsSaid(t *testing.T) {
	_, faults := policy.New(policy.Settings{Default: "exempt"}, known())
	if diff := cmp.Diff([]string{"!policy.default"}, told(faults)); diff != "" {
		t.Error(diff)
	}
}

// TestKnownZero holds that a forgotten Known refuses rather than lets pass.
func TestKnownZero(t *testing.T) {
	_, faults := policy.New(policy.Settings{Rules: []policy.RuleSettings{
		match(policy.MatchSettings{Groups: []string{"admins"}, Clients: []string{"fw01"}}),
	}}, policy.Known{})
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
	p, faults := policy.New(policy.Settings{Default: "deny", Rules: []policy.RuleSettings{
		{Name: "r", Decision: "exempt", Match: policy.MatchSettings{Groups: []string{"CN=Büro*", "ö  ö"}}},
	}}, k)
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	for group, want := range map[string]policy.Action{
		"cn=büro nord": policy.Exempt, "CN=BU\u0308RO": policy.Exempt, "Ö  Ö": policy.Exempt, "cn=buro": policy.Deny,
	} {
		if got := p.Decide(policy.Facts{Groups: []string{group}}).Action; got != want {
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
	users := func(pattern string) (*policy.Policy, fault.List) {
		return policy.New(policy.Settings{Default: "deny", Rules: []policy.RuleSettings{
			{Name: "r", Decision: "exempt", Match: policy.MatchSettings{Users: []string{pattern}}},
		}}, k)
	}
	for name, c := range map[string]struct {
		pattern, user string
		want          policy.Action
	}{
		"wide at sign is a realm":       {"*＠CORP", "alice@corp", policy.Exempt},
		"wide backslash is a domain":    {"CORP＼*", `corp\alice`, policy.Exempt},
		"wide realm in the middle":      {"*＠*x", "alice@corp.x", policy.Exempt},
		"wide star is a star in a name": {"a＊", "a*", policy.Exempt},
		"and no pattern":                {"a＊", "ab", policy.Deny},
	} {
		p, faults := users(c.pattern)
		if err := faults.Err(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := p.Decide(policy.Facts{User: c.user}).Action; got != c.want {
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
	p, faults := policy.New(policy.Settings{Rules: []policy.RuleSettings{window(policy.HoursSettings{From: "08:00", To: "09:00"})}}, k)
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 6, 1, 8, 30, 0, 0, time.Local)
	if got := p.Decide(policy.Facts{At: at}); got.Action != policy.RequirePush || !got.Until.Equal(at.Add(30*time.Minute)) {
		t.Errorf("%+v", got)
	}
}
