package ldap

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	ldap "github.com/go-ldap/ldap/v3"

	"ivalt-radius/auth"
)

func TestPerson(t *testing.T) {
	f := newFake()
	s := plain(t, f, nil)
	for _, name := range []string{"alice", "ALICE", `corp\alice`, "alice@example.com"} {
		person, err := s.Person(t.Context(), username(t, name))
		if err != nil {
			t.Fatal(err)
		}
		if person.Name.String() != "alice" || person.Handle != aliceDN || person.Email.Reveal() != "alice@example.com" {
			t.Errorf("%s is %+v", name, person)
		}
		if person.Mobile.E164() != "+491701234567" || len(person.Phones) != 2 || person.Phones[0] != person.Mobile || person.Phones[1].E164() != "+491717654321" {
			t.Errorf("phones %v, first %v", person.Phones, person.Mobile)
		}
		if got := strings.Join(person.Groups, " "); got != "Staff posix All Loop" {
			t.Errorf("groups %q", got)
		}
	}
	for _, name := range []string{"carol", `corp\`} {
		if person, err := s.Person(t.Context(), username(t, name)); err != nil || person.Handle != "" || person.Name.String() != "" || person.Groups != nil {
			t.Errorf("%s is %+v, %v", name, person, err)
		}
	}
}

func TestPersonBySettings(t *testing.T) {
	cases := []struct {
		name   string
		change func(*Settings)
		want   string // of bob's or alice's groups and phones
	}{
		{"direct groups", func(s *Settings) { s.Groups.Nested = false }, "Staff posix; 2"},
		{"DNs", func(s *Settings) { s.Groups.Nested, s.Groups.Name = false, "DN" }, "cn=staff,ou=groups,dc=example,dc=com cn=posix,ou=groups,dc=example,dc=com; 2"},
		{"Active Directory", func(s *Settings) { s.Schema, s.Filter, s.Name = ActiveDirectory, "(uid={username})", "uid" }, "Staff; 2"},
		{"one attribute", func(s *Settings) { s.Groups.Nested, s.Mobile = false, []string{"MOBILE"} }, "Staff posix; 0"},
		{"no phones, no e-mail", func(s *Settings) { s.Groups.Nested, s.Mobile, s.Email = false, nil, "" }, "Staff posix; 0"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			person, err := plain(t, newFake(), c.change).Person(t.Context(), username(t, "alice"))
			if got := fmt.Sprintf("%s; %d", strings.Join(person.Groups, " "), len(person.Phones)); err != nil || got != c.want {
				t.Errorf("%q, %v, want %q", got, err, c.want)
			}
		})
	}
}

func TestPersonErrors(t *testing.T) {
	many := make([]entry, mostGroups+1)
	for i := range many {
		many[i] = entry{fmt.Sprintf("cn=%d,%s", i, base), map[string][]string{"cn": {fmt.Sprint(i)}, "member": {aliceDN}}}
	}
	wide := slices.Clone(many[:mostGroups/2])
	for i := range mostGroups/2 + 1 {
		wide = append(wide, entry{fmt.Sprintf("cn=w%d,%s", i, base), map[string][]string{"cn": {"w"}, "member": {wide[0].dn}}})
	}
	deep := []entry{{"cn=0," + base, map[string][]string{"cn": {"0"}, "member": {aliceDN}}}}
	for i := range mostLevels {
		deep = append(deep, entry{fmt.Sprintf("cn=%d,%s", i+1, base), map[string][]string{"cn": {fmt.Sprint(i + 1)}, "member": {fmt.Sprintf("cn=%d,%s", i, base)}}})
	}
	cases := []struct {
		name   string
		change func(*fake)
		is     error
		says   string
	}{
		{"two entries", func(f *fake) { f.entries = append(f.entries, entry{"uid=x," + base, f.entries[0].values}) }, auth.ErrMisconfigured, "several entries"},
		{"three entries", func(f *fake) {
			f.entries = append(f.entries, entry{"uid=x," + base, f.entries[0].values}, entry{"uid=y," + base, f.entries[0].values})
		}, auth.ErrMisconfigured, "several entries"},
		{"no login name", func(f *fake) {
			f.entries[0].values["uid"] = []string{"al\u200bice"}
			f.entries[0].values["cn"] = []string{"alice"}
		}, auth.ErrMisconfigured, "primary.ldap.name"},
		{"too many groups", func(f *fake) { f.entries = append(f.entries, many...) }, auth.ErrMisconfigured, "more groups than can be read"},
		{"too many groups on two levels", func(f *fake) { f.entries = append(f.entries[:1:1], wide...) }, auth.ErrMisconfigured, "more groups than can be read"},
		{"too deep", func(f *fake) { f.entries = append(f.entries[:1:1], deep...) }, auth.ErrMisconfigured, "nested more than"},
		{"no such base", func(f *fake) { f.code = -ldap.LDAPResultNoSuchObject }, auth.ErrMisconfigured, "primary.ldap.base"},
		{"another code", func(f *fake) { f.code = -ldap.LDAPResultOperationsError }, nil, "result 1 "},
		{"the account is refused", func(f *fake) { f.passwords[accountDN] = "another" }, auth.ErrMisconfigured, "primary.ldap.bind_dn"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			f := newFake()
			c.change(f)
			s := plain(t, f, func(s *Settings) { s.Filter = "(|(uid={username})(cn={username}))" })
			person, err := s.Person(t.Context(), username(t, "alice"))
			if err == nil || person.Handle != "" || len(person.Groups) > 0 || !strings.Contains(err.Error(), c.says) {
				t.Fatalf("%+v, %v, want %q", person, err, c.says)
			}
			if c.is != nil && !errors.Is(err, c.is) || c.is == nil && (errors.Is(err, auth.ErrMisconfigured) || errors.Is(err, auth.ErrBadPassword)) {
				t.Errorf("%v is of the wrong sort", err)
			}
			if holdsSecret(err) {
				t.Errorf("a secret is in %v", err)
			}
		})
	}
}

// TestDeepestGroups: ten levels are read, and wide ones in several searches.
func TestDeepestGroups(t *testing.T) {
	f := newFake()
	f.entries = f.entries[:1]
	for i := range mostLevels {
		member := aliceDN
		if i > 0 {
			member = fmt.Sprintf("cn=%d,%s", i-1, base)
		}
		f.entries = append(f.entries, entry{fmt.Sprintf("cn=%d,%s", i, base), map[string][]string{"cn": {fmt.Sprint(i)}, "member": {member}}})
	}
	for i := range 2*batch + 1 {
		f.entries = append(f.entries, entry{fmt.Sprintf("cn=w%d,%s", i, base), map[string][]string{"member": {aliceDN}}})
	}
	last := fmt.Sprintf("cn=w%d,%s", 2*batch, base)
	f.entries = append(f.entries, entry{"cn=top," + base, map[string][]string{"cn": {"top"}, "member": {last}}})
	person, err := plain(t, f, nil).Person(t.Context(), username(t, "alice"))
	if got := strings.Join(person.Groups, " "); err != nil || got != "0 1 top 2 3 4 5 6 7 8 9" {
		t.Errorf("%q, %v", got, err)
	}
}

// hostile are login names that would mean something else, were they not escaped.
func hostile() []string {
	return []string{
		"*", "alice)(uid=*", "*)(objectClass=*", `al\69ce`, "alice)", "(alice", "alice,dc=example", "alice,ou=people,dc=example,dc=com",
		"alice+cn=x", `alice\2cou=x`, "#616c696365", `"alice"`, "alice;dc=x", "<alice>", "cn=search", "{user}", "{username}", "älice",
	}
}

// TestFiltersAreEscaped: whatever the name holds, it is one value of the same filter.
func TestFiltersAreEscaped(t *testing.T) {
	for _, name := range hostile() {
		t.Run(name, func(t *testing.T) {
			f := newFake()
			s := plain(t, f, func(s *Settings) { s.Filter = "(|(uid={user})(cn={username}))" })
			user := username(t, name)
			if person, err := s.Person(t.Context(), user); err != nil || person.Handle != "" {
				t.Errorf("finds %q, %v", person.Handle, err)
			}
			sent, err := ldap.CompileFilter(strings.TrimPrefix(f.told()[1], "search "))
			if err != nil || len(sent.Children) != 2 {
				t.Fatalf("%q is another filter, %v", f.told()[1], err)
			}
			for i, want := range []string{user.String(), user.Local()} {
				if got := sent.Children[i].Children[1].Data.String(); sent.Children[i].Tag != ldap.FilterEqualityMatch || got != want {
					t.Errorf("asks for %q, want %q", got, want)
				}
			}
		})
	}
}

// FuzzNames: no login name changes the shape of a filter or of a DN.
func FuzzNames(f *testing.F) {
	for _, name := range hostile() {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		user, err := auth.ParseUsername(raw)
		if err != nil || user.Local() == "" {
			return
		}
		filter, err := ldap.CompileFilter(fill("(&(uid={username})(!(cn={user})))", ldap.EscapeFilter(user.String()), ldap.EscapeFilter(user.Local())))
		if err != nil || len(filter.Children) != 2 || filter.Children[0].Children[1].Data.String() != user.Local() ||
			filter.Children[1].Children[0].Children[1].Data.String() != user.String() {
			t.Errorf("%q makes another filter, %v", raw, err)
		}
		s := Source{settings: Settings{UserDN: "uid={username},ou=people"}, byDN: true}
		name, err := s.bindName(user)
		if strings.Contains(user.String(), "@") {
			if !errors.Is(err, auth.ErrBadPassword) { // the template leaves the realm out
				t.Errorf("%q binds as %q, %v", raw, name, err)
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		dn, err := ldap.ParseDN(name)
		if err != nil || len(dn.RDNs) != 2 || len(dn.RDNs[0].Attributes) != 1 || dn.RDNs[0].Attributes[0].Value != user.Local() {
			t.Errorf("%q makes another DN, %q, %v", raw, name, err)
		}
	})
}
