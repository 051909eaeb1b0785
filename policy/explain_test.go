package policy

import (
	"bytes"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ivalt-radius/secret"
)

// contract is the whole example of the settings' documentation.
func contract() Settings {
	week := []string{"mon", "tue", "wed", "thu", "fri"}
	return Settings{
		Timezone: "Europe/Berlin", Default: "require_push",
		Rules: []RuleSettings{
			{Name: "service-accounts-never", Match: MatchSettings{Users: []string{"svc-*", `ROBOTS\*`}}, Decision: "deny"},
			{
				Name: "contractors-in-office-hours", Match: MatchSettings{Users: []string{"ext-*"}, Groups: []string{"Contractors"}},
				Only: OnlySettings{
					Networks: []string{"203.0.113.0/24", "2001:db8::/32"},
					Hours:    []HoursSettings{{Days: week, From: "08:00", To: "18:00", Except: []string{"2026-12-25"}}},
				},
				Decision: "require_push", Reply: []Attribute{{Name: "Filter-Id", Value: "contractors"}},
			},
			{
				Name: "night-shift", Match: MatchSettings{Users: []string{"night-*"}, Clients: []string{"fw*"}, Networks: []string{"10.0.0.0/8"}},
				Only: OnlySettings{Hours: []HoursSettings{{Days: week, From: "22:00", To: "06:00"}, {From: "00:00", To: "24:00", Timezone: "UTC"}}},
			},
		},
	}
}

const explained = `user             "corp\\ext-anna@corp"
groups           "contractors", "x"
client           "FW01"
calling station  203.0.113.7
at               Mon 2026-11-23 11:00:00 +00:00

rule 1               "service-accounts-never", deny: does not match
  match.users        no   "ext-anna" against "svc-*"; whole name "corp\\ext-anna@corp" against "ROBOTS\\*"
rule 2               "contractors-in-office-hours", require_push: matches and decides
  match.users        yes  "ext-anna" against "ext-*"
  match.groups       yes  "contractors", "x" against "Contractors"
  only.networks      yes  203.0.113.7 against 203.0.113.0/24, 2001:db8::/32
  only.hours         yes  Mon 2026-11-23 12:00:00 +01:00 against mon tue wed thu fri 08:00-18:00 Europe/Berlin except 2026-12-25; open until Mon 2026-11-23 18:00:00 +01:00
rule 3               "night-shift", require_push: does not match, and an earlier rule decides
  match.users        no   "ext-anna" against "night-*"
  match.clients      yes  "fw01" against "fw*"
  match.networks     no   203.0.113.7 against 10.0.0.0/8
  only.hours         yes  Mon 2026-11-23 12:00:00 +01:00 against mon tue wed thu fri 22:00-06:00 Europe/Berlin; Mon 2026-11-23 11:00:00 +00:00 against every day 00:00-24:00 UTC; open without end

decision  require_push
rule      "contractors-in-office-hours"
reply     Filter-Id = "contractors" from rule "contractors-in-office-hours"
until     Mon 2026-11-23 17:00:00 +00:00
`

func TestExplainPrints(t *testing.T) {
	trace := mustNew(t, contract()).Explain(Facts{
		User: `corp\ext-anna@corp`, Groups: []string{"contractors", "x"}, Client: "FW01",
		CallingStation: netip.MustParseAddr("203.0.113.7"), At: instant(t, "2026-11-23T11:00:00Z"),
	})
	if diff := cmp.Diff(squeeze(explained), squeeze(trace.String())); diff != "" {
		t.Error(diff, "\n", trace)
	}
	var b bytes.Buffer
	if n, err := trace.WriteTo(&b); err != nil || n != int64(b.Len()) || b.String() != trace.String() {
		t.Errorf("WriteTo: %d of %d, %v", n, b.Len(), err)
	}
}

// squeeze forgets how wide the columns are.
func squeeze(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = strings.Join(strings.Fields(line), " ")
	}
	return strings.Join(lines, "\n")
}

// TestExplainSaysWhy reads the words of the ways in which a login is denied, or passes a rule by.
func TestExplainSaysWhy(t *testing.T) {
	monday := instant(t, "2026-11-23T11:00:00Z")
	christmas := instant(t, "2026-12-25T11:00:00Z")
	office := netip.MustParseAddr("203.0.113.7")
	ext := func(f Facts) Facts {
		f.User, f.Groups = "ext-anna", []string{"contractors"}
		return f
	}
	for name, c := range map[string]struct {
		settings Settings
		facts    Facts
		want     []string
	}{
		"by the rule":        {contract(), Facts{User: "svc-x"}, []string{"decision deny", "because the rule denies", `rule "service-accounts-never"`}},
		"by network":         {contract(), ext(Facts{At: monday}), []string{"because only.networks does not hold", "only.networks no unknown address against"}},
		"by hours":           {contract(), ext(Facts{At: christmas, CallingStation: office}), []string{"because only.hours does not hold", "only.hours no Fri 2026-12-25"}},
		"by the default":     {Settings{Default: "deny"}, Facts{}, []string{"because no rule matches, and the default denies", "groups none", "calling station unknown"}},
		"person in no group": {contract(), Facts{User: "ext-x"}, []string{`match.groups no no group against "Contractors"`, `rule "default"`}},
		"would match": {
			Settings{Rules: []RuleSettings{{Name: "a"}, {Name: "b"}}},
			Facts{},
			[]string{`rule 2 "b", require_push: would match, but an earlier rule decides`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			text := squeeze(mustNew(t, c.settings).Explain(c.facts).String())
			for _, want := range c.want {
				if !strings.Contains(text, want) {
					t.Errorf("%q is missing in:\n%s", want, text)
				}
			}
		})
	}
}

// TestExplainIsSafeToPrint holds that no text from outside reaches the terminal raw.
func TestExplainIsSafeToPrint(t *testing.T) {
	const evil = "\x1b]0;x\x07\t\n\u202e"
	text := mustNew(t, contract()).Explain(Facts{
		User: "ext-" + evil, Groups: []string{evil}, Client: evil, CallingStation: netip.MustParseAddr("fe80::1").WithZone(evil),
	}).String()
	if strings.ContainsAny(text, "\x1b\x07\t\u202e") {
		t.Errorf("%q", text)
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errBroken }

var errBroken = errors.New("broken")

func TestWriteToTellsTheWritersError(t *testing.T) {
	if n, err := (Trace{}).WriteTo(brokenWriter{}); n != 0 || !errors.Is(err, errBroken) {
		t.Errorf("%d, %v", n, err)
	}
}

// TestExplainShowsTheWayIn: the first factor, what is remembered, the fail mode, and where each attribute comes from; of an encrypted one
// never the value.
func TestExplainShowsTheWayIn(t *testing.T) {
	const canary = "cAnArY-0x7"
	sealed := Attribute{Name: "Tunnel-Password", Value: canary, Sealed: secret.New(canary)}
	sealedTemplate := Attribute{Name: "MS-MPPE-Send-Key", Value: "(encrypted)", Fill: func(group string) (Attribute, error) {
		return Attribute{Name: "MS-MPPE-Send-Key", Value: canary + group, Sealed: secret.New(canary + group)}, nil
	}}
	k := known()
	k.Now = instant(t, "2026-12-01T00:00:00Z")
	p, faults := New(Settings{
		Groups: []GroupSettings{{Name: "admins", Reply: []Attribute{attr("Class", "a"), sealedTemplate}}},
		Rules: []RuleSettings{
			{Name: "r", Match: MatchSettings{Groups: []string{"a*"}}, Primary: "file", Remember: 8 * time.Hour, Reply: []Attribute{filled("Filter-Id"), sealed}, Fail: FailSettings{
				Mode: "insecure_allow", Until: "2026-12-24T18:00:00Z", Reason: "a \x1bmove",
			}},
			{Name: "s", Primary: "ldap", Fail: FailSettings{Mode: "allow_remembered", For: 72 * time.Hour}},
		},
	}, k)
	if p == nil {
		t.Fatal(faults)
	}
	for name, c := range map[string]struct {
		facts Facts
		want  []string
	}{
		"all of it": {Facts{Groups: []string{"x", "Admins"}, Reply: []Attribute{attr("Framed-MTU", "1400")}, At: k.Now}, []string{
			"first factor file, by the rule\n", "remember an approval counts for 8h0m0s\n", `fail insecure_allow until Thu 2026-12-24 18:00:00 +00:00; reason "a \x1bmove"`,
			`reply Filter-Id = "vpn-Admins" from rule "r"`, `reply Tunnel-Password = (encrypted) from rule "r"`, `reply Class = "a" from group "Admins"`,
			`reply MS-MPPE-Send-Key = (encrypted) from group "Admins"`, `reply Framed-MTU = "1400" from person`,
		}},
		"when it is over": {Facts{Groups: []string{"admins"}, At: instant(t, "2026-12-24T18:00:00Z")}, []string{"fail insecure_allow until Thu 2026-12-24 18:00:00 +00:00, which is over: it denies"}},
		"remembered":      {Facts{}, []string{"first factor ldap, by the rule\n", "fail allow_remembered: whom iVALT approved within 72h0m0s, at the same calling station\n"}},
	} {
		text := squeeze(p.Explain(c.facts).String())
		for _, want := range c.want {
			if !strings.Contains(text, want) {
				t.Errorf("%s: %q is missing in:\n%s", name, want, text)
			}
		}
		if strings.Contains(text, canary) {
			t.Errorf("%s: an encrypted value is shown:\n%s", name, text)
		}
	}
	text := mustNew(t, contract()).Explain(Facts{User: "svc-x", Reply: []Attribute{attr("Class", "p")}}).String()
	if strings.Contains(text, "reply") || strings.Contains(text, "factor") {
		t.Errorf("of a denied login:\n%s", text)
	}
}
