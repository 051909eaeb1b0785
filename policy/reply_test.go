package policy

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ivalt-radius/secret"
)

// attr is an attribute whose octets are its value.
func attr(name, value string) Attribute {
	return Attribute{Name: name, Value: value, Wire: []byte(value)}
}

var errTooLong = errors.New("the group does not fit")

// filled is a template of the group's name, which must have no more than 20 octets.
func filled(name string) Attribute {
	return Attribute{Name: name, Value: "vpn-{group}", Fill: func(group string) (Attribute, error) {
		if len(group) > 20 {
			return Attribute{}, errTooLong
		}
		return attr(name, "vpn-"+group), nil
	}}
}

// texts are a reply's names and octets, for tables.
func texts(reply []Attribute) []string {
	var out []string
	for _, a := range reply {
		out = append(out, fmt.Sprintf("%s=%s", a.Name, a.Wire))
	}
	return out
}

// replyCase is the reply of a rule for everybody, of groups, and of a person in groups, and what comes of it.
type replyCase struct {
	rule   []Attribute
	groups []GroupSettings
	in     []string
	person []Attribute
	want   []string
}

func replyCases() map[string]replyCase {
	admins := func(reply ...Attribute) GroupSettings { return GroupSettings{Name: "Admins", Reply: reply} }
	users := func(reply ...Attribute) GroupSettings { return GroupSettings{Name: "vpn users", Reply: reply} }
	list := func(a ...Attribute) []Attribute { return a }
	both := []GroupSettings{users(attr("Class", "u"), attr("Filter-Id", "u")), admins(attr("Class", "a"), attr("Framed-Pool", "a"))}
	return map[string]replyCase{
		"nothing":          {},
		"the rule's alone": {rule: list(attr("Class", "r"), attr("Class", "s")), want: []string{"Class=r", "Class=s"}},
		"a group's alone":  {groups: []GroupSettings{admins(attr("Class", "a"))}, in: []string{"ADMINS"}, want: []string{"Class=a"}},
		"another's group":  {groups: []GroupSettings{admins(attr("Class", "a"))}, in: []string{"contractors"}},
		"a person's alone": {person: list(attr("Class", "p")), want: []string{"Class=p"}},

		"the group over the rule":  {rule: list(attr("Class", "r")), groups: []GroupSettings{admins(attr("Class", "a"))}, in: []string{"admins"}, want: []string{"Class=a"}},
		"the person over the rule": {rule: list(attr("Class", "r")), person: list(attr("Class", "p")), want: []string{"Class=p"}},
		"the person over the group": {
			groups: []GroupSettings{admins(attr("Class", "a"))}, in: []string{"admins"}, person: list(attr("Class", "p")), want: []string{"Class=p"},
		},
		"the person over both": {
			rule: list(attr("Class", "r")), groups: []GroupSettings{admins(attr("Class", "a"))}, in: []string{"admins"}, person: list(attr("Class", "p")),
			want: []string{"Class=p"},
		},
		"of two groups the first of the settings":               {groups: both, in: []string{"admins", "VPN Users"}, want: []string{"Class=u", "Filter-Id=u", "Framed-Pool=a"}},
		"the second group, where the first is not the person's": {groups: both, in: []string{"admins"}, want: []string{"Class=a", "Framed-Pool=a"}},
		"whatever the name's case":                              {rule: list(attr("CLASS", "r")), person: list(attr("class", "p")), want: []string{"class=p"}},

		"all values of the stronger, none of the weaker": {
			rule: list(attr("Class", "r"), attr("Class", "s"), attr("Class", "t")), person: list(attr("Class", "p"), attr("Class", "q")),
			want: []string{"Class=p", "Class=q"},
		},
		"the rule's order, then what the groups and the person add": {
			rule: list(attr("Class", "r"), attr("Filter-Id", "r"), attr("Class", "s"), attr("Framed-MTU", "r")), groups: both, in: []string{"vpn users", "admins"},
			person: list(attr("Callback-Number", "p"), attr("Filter-Id", "p")),
			want:   []string{"Class=u", "Filter-Id=p", "Framed-MTU=r", "Framed-Pool=a", "Callback-Number=p"},
		},
		"a template of the group's":                     {groups: []GroupSettings{admins(filled("Class"))}, in: []string{"x", "ADMINS"}, want: []string{"Class=vpn-ADMINS"}},
		"a template of the person's stands for nothing": {in: []string{"admins"}, person: list(filled("Class")), want: []string{"Class="}},
		"and still hides the weaker":                    {rule: list(attr("Class", "r")), person: list(filled("Class")), want: []string{"Class="}},
	}
}

func TestReply(t *testing.T) {
	for name, c := range replyCases() {
		t.Run(name, func(t *testing.T) {
			facts := Facts{User: "x", Groups: c.in, Reply: c.person}
			for _, action := range []string{"require_push", "exempt", "deny"} {
				want := c.want
				if action == "deny" {
					want = nil
				}
				p := mustNew(t, Settings{Groups: c.groups, Rules: []RuleSettings{{Name: "r", Reply: c.rule, Decision: action}}})
				if diff := cmp.Diff(want, texts(p.Decide(facts).Reply)); diff != "" {
					t.Errorf("%s (-want +got):\n%s", action, diff)
				}
				if c.rule != nil {
					continue
				}
				p = mustNew(t, Settings{Groups: c.groups, Default: action})
				if diff := cmp.Diff(want, texts(p.Decide(facts).Reply)); diff != "" {
					t.Errorf("by default, %s (-want +got):\n%s", action, diff)
				}
			}
		})
	}
}

// TestReplyOfTheDenied: neither a group's nor a person's attributes reach whom `only` denies.
func TestReplyOfTheDenied(t *testing.T) {
	for name, only := range map[string]OnlySettings{
		"by network": {Networks: []string{"10.0.0.0/8"}}, "by hours": {Hours: []HoursSettings{{From: "00:00", To: "00:01", Except: []string{"1970-01-01"}}}},
	} {
		p := mustNew(t, Settings{
			Groups: []GroupSettings{{Name: "admins", Reply: []Attribute{attr("Class", "a")}}},
			Rules:  []RuleSettings{{Name: "r", Only: only, Primary: "file", Remember: 1, Fail: FailSettings{Mode: "allow_remembered", For: 1}}},
		})
		d := p.Decide(Facts{Groups: []string{"admins"}, Reply: []Attribute{attr("Class", "p")}, At: instant(t, "1970-01-01T00:00:00Z")})
		if d.Action != Deny || d.Reply != nil || d.Factor != "" || d.Remember != 0 || d.Fail != (Fail{}) {
			t.Errorf("%s: %+v", name, d)
		}
	}
}

// TestTemplates: {group} in a rule is the first of the person's groups, in the directory's order, that meets the rule, as the
// directory writes it.
func TestTemplates(t *testing.T) {
	p := mustNew(t, Settings{Rules: []RuleSettings{
		{Name: "r", Match: MatchSettings{Groups: []string{"VPN*", "admins"}}, Reply: []Attribute{attr("Class", "r"), filled("Filter-Id")}},
	}})
	for name, c := range map[string]struct {
		in   []string
		want string
	}{
		"the only one":          {[]string{"admins"}, "vpn-admins"},
		"as it is written":      {[]string{"ADMINS"}, "vpn-ADMINS"},
		"the directory's":       {[]string{"Admins", "VPN Users"}, "vpn-Admins"},
		"order, not the rule's": {[]string{"VPN Users", "Admins"}, "vpn-VPN Users"},
		"the first that meets":  {[]string{"x", "contractors", "vpn 7", "admins"}, "vpn-vpn 7"},
		"one that cannot be":    {[]string{"vpn " + strings.Repeat("x", 20), "admins"}, ""},
	} {
		d := p.Decide(Facts{Groups: c.in})
		if got := texts(d.Reply); !cmp.Equal(got, []string{"Class=r", "Filter-Id=" + c.want}) {
			t.Errorf("%s: %q", name, got)
		}
		for _, a := range d.Reply {
			if a.Fill != nil {
				t.Errorf("%s: %s is a template still", name, a.Name)
			}
		}
	}
}

// TestTemplateThatFailsHasNoOctets: whatever an unfilled template held of its own, encrypted or not, no answer can be made of it.
func TestTemplateThatFailsHasNoOctets(t *testing.T) {
	torn := Attribute{
		Name: "Tunnel-Password", Wire: []byte("{group}"), Sealed: secret.New("{group}"), Fill: func(string) (Attribute, error) { return attr("x", "y"), errTooLong },
	}
	p := mustNew(t, Settings{Groups: []GroupSettings{{Name: "admins", Reply: []Attribute{torn}}}})
	facts := Facts{Groups: []string{"admins"}}
	a := p.Decide(facts).Reply[0]
	if a.Name != "Tunnel-Password" || a.Wire != nil || !a.Sealed.Empty() || a.Fill != nil {
		t.Errorf("%+v", a)
	}
	if text := p.Explain(facts).String(); !strings.Contains(text, `cannot be sent: "the group does not fit"`) {
		t.Error(text)
	}
}

// TestReplyIsNobodysToWrite: neither the settings' slices nor an append by a caller change the next login's reply.
func TestReplyIsNobodysToWrite(t *testing.T) {
	groups, behind := []Attribute{attr("Class", "a")}, []Attribute{attr("Filter-Id", "p"), attr("Filter-Id", "q")}
	p := mustNew(t, Settings{Groups: []GroupSettings{{Name: "admins", Reply: groups}}})
	facts := Facts{Groups: []string{"admins"}, Reply: behind[:1]}
	groups[0] = attr("Class", "b")
	_ = append(p.Decide(facts).Reply, attr("X", "y"))
	if got := texts(p.Decide(facts).Reply); !cmp.Equal(got, []string{"Class=a", "Filter-Id=p"}) || behind[1].Value != "q" {
		t.Errorf("%q, %v", got, behind)
	}
}

func TestFaultsOfReplies(t *testing.T) {
	reply := []Attribute{attr("Class", "a")}
	group := func(names ...string) Settings {
		var s Settings
		for _, name := range names {
			s.Groups = append(s.Groups, GroupSettings{Name: name, Reply: reply})
		}
		return s
	}
	for name, c := range map[string]struct {
		settings Settings
		want     []string
	}{
		"group, sound":    {group("admins", "VPN users"), nil},
		"group, unknown":  {group("admins", "staff"), []string{"policy.groups[1].name"}},
		"group, pattern":  {group("adm*"), []string{"policy.groups[0].name"}},
		"group, nameless": {group(""), []string{"policy.groups[0].name"}},
		"group, blank":    {group(" admins"), []string{"policy.groups[0].name"}},
		"group, twice":    {group("admins", "ADMINS"), []string{"policy.groups[1].name"}},
		"group, no reply": {Settings{Groups: []GroupSettings{{Name: "admins"}}}, []string{"policy.groups[0].reply"}},
		"template, sound": {Settings{Rules: []RuleSettings{{Name: "a", Match: MatchSettings{Groups: []string{"*"}}, Reply: []Attribute{filled("Class")}}}}, nil},
		"template, for whom?": {
			Settings{Rules: []RuleSettings{{Name: "a", Match: MatchSettings{Users: []string{"*"}}, Reply: []Attribute{attr("X", "y"), filled("Class")}}}},
			[]string{"policy.rules[0].reply.Class"},
		},
	} {
		p, faults := New(c.settings, known())
		if diff := cmp.Diff(c.want, told(faults)); diff != "" || (p == nil) != (c.want != nil) {
			t.Errorf("%s: %s%v", name, diff, faults)
		}
	}
}

// TestGroupsThatComeTooLate: the fault about a group says which source cannot supply it.
func TestGroupsThatComeTooLate(t *testing.T) {
	s := Settings{
		Rules:  []RuleSettings{{Name: "a", Match: MatchSettings{Groups: []string{"staff"}}}},
		Groups: []GroupSettings{{Name: "staff", Reply: []Attribute{attr("Class", "a")}}},
	}
	for name, c := range map[string]struct {
		known Known
		words []string
		not   []string
	}{
		"no source":         {Known{}, nil, []string{"upstream", "LDAP"}},
		"upstream":          {Known{LateGroups: []Factor{RADIUSFactor}}, []string{"upstream RADIUS server"}, []string{"LDAP"}},
		"LDAP as the user":  {Known{LateGroups: []Factor{LDAPFactor}}, []string{"primary.ldap.bind_dn"}, []string{"upstream"}},
		"both":              {Known{LateGroups: []Factor{LDAPFactor, RADIUSFactor}}, []string{"primary.ldap.bind_dn", "upstream RADIUS server"}, nil},
		"upstream and file": {Known{Groups: []string{"others"}, LateGroups: []Factor{RADIUSFactor}}, []string{"upstream RADIUS server"}, nil},
	} {
		p, faults := New(s, c.known)
		if p != nil || len(faults) != 2 || faults[0].Key != "policy.rules[0].match.groups[0]" || faults[1].Key != "policy.groups[0].name" {
			t.Errorf("%s: %v", name, faults)
		}
		for _, f := range faults {
			for _, words := range c.words {
				if !strings.Contains(f.Message, words) {
					t.Errorf("%s: %q is not in %s", name, words, f)
				}
			}
			for _, words := range c.not {
				if strings.Contains(f.Message, words) {
					t.Errorf("%s: %q is in %s", name, words, f)
				}
			}
		}
	}
	if _, faults := New(s, Known{GroupsUnlisted: true, LateGroups: []Factor{RADIUSFactor}}); len(faults.Fatal()) != 0 {
		t.Errorf("a directory beside the upstream can supply it: %v", faults)
	}
}
