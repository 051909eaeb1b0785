package directory

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ivalt-radius/auth"
	"ivalt-radius/policy"
	"ivalt-radius/secret"
)

// book is another directory: people by the name that is asked for. It remembers who was asked for.
type book struct {
	people map[string]auth.Person
	err    error
	asked  []string
}

func (b *book) Person(_ context.Context, u auth.Username) (auth.Person, error) {
	b.asked = append(b.asked, u.String())
	return b.people[u.String()], b.err
}

// row shows what matters of a person.
func row(p auth.Person) string {
	reply := ""
	for _, a := range p.Reply {
		reply += a.Name
	}
	return fmt.Sprintf("%s|%s|%s|%d|%s|%s|%s", p.Name, p.Email.Reveal(), p.Mobile.E164(), len(p.Phones), strings.Join(p.Groups, ","), reply, p.Handle)
}

func mobiles(t *testing.T, texts ...string) []auth.Mobile {
	t.Helper()
	var out []auth.Mobile
	for _, text := range texts {
		m, err := auth.ParseMobile(text)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, m)
	}
	return out
}

func TestCombine(t *testing.T) {
	class := func(name string) []policy.Attribute { return []policy.Attribute{{Name: name}} }
	people, faults := New("{username}@example.com", []Entry{
		{Name: "all", Email: secret.New("all@file.example"), Mobiles: phones("", "+4917012345").Mobiles, Groups: []string{"Staff"}, Reply: class("File")},
		{Name: "bare", Groups: []string{"Staff"}},
		{Name: "carol", Email: secret.New("carol.c@corp.example")},
		{Name: "team-a", Email: secret.New("shared@corp.example"), Groups: []string{"A"}, Mobiles: phones("", "+4917012345").Mobiles},
		{Name: "team-b", Email: secret.New("shared@corp.example"), Groups: []string{"B"}},
		{Name: "jdoe", Groups: []string{"Banned"}, Mobiles: phones("", "+4917012349").Mobiles},
	})
	if people == nil {
		t.Fatal(faults)
	}
	ldap := func(name string) auth.Person {
		m := mobiles(t, "+14155550123", "+14155550124")
		return auth.Person{
			Name: user(t, name), Email: secret.New(name + "@ldap.example"), Mobile: m[0], Phones: m, Groups: []string{"STAFF", "vpn"}, Reply: class("LDAP"), Handle: "uid=" + name,
		}
	}
	found := map[string]auth.Person{
		"all": ldap("all"), "bare": ldap("bare"), "carol": ldap("carol"), "only": ldap("only"), "shared@corp.example": ldap("sh"), "jane.doe@corp.example": ldap("jdoe"),
		"nomail": {Name: user(t, "nomail"), Handle: "uid=nomail"}, "team-b": ldap("team-b"),
	}
	for _, c := range []struct{ title, user, want, asked string }{
		{"what the file states wins", "all", "all|all@file.example|+4917012345|0|Staff,vpn|File|uid=all", "all"},
		{"what it does not is LDAP's", "bare", "bare|bare@ldap.example|+14155550123|2|Staff,vpn|LDAP|uid=bare", "bare"},
		{"LDAP alone", "only", "only|only@ldap.example|+14155550123|2|STAFF,vpn|LDAP|uid=only", "only"},
		{"no e-mail anywhere but in the template", "nomail", "nomail|nomail@example.com||0|||uid=nomail", "nomail"},
		{"nobody", "nobody", "|nobody@example.com||0|||", "nobody"},
		{"an alias of the file that LDAP does not know", "carol.c@corp.example", "carol|carol.c@corp.example|+14155550123|2|STAFF,vpn|LDAP|uid=carol", "carol.c@corp.example carol"},
		{"a name with a domain", `CORP\carol`, "carol|carol.c@corp.example|+14155550123|2|STAFF,vpn|LDAP|uid=carol", `corp\carol carol`},
		{"a name that LDAP alone connects with the file", "jane.doe@corp.example", "jdoe|jdoe@ldap.example|+4917012349|0|Banned,STAFF,vpn|LDAP|uid=jdoe", "jane.doe@corp.example"},
		{"somebody of several is asked nowhere", "shared@corp.example", "team-b|||0|B,A,STAFF,vpn|LDAP|uid=sh", "shared@corp.example"},
	} {
		t.Run(c.title, func(t *testing.T) {
			other := &book{people: found}
			got, err := Combine(people, other).Person(t.Context(), user(t, c.user))
			if err != nil || row(got) != c.want {
				t.Errorf("got  %s, %v\nwant %s", row(got), err, c.want)
			}
			if asked := strings.Join(other.asked, " "); asked != c.asked {
				t.Errorf("asked for %s, want %s", asked, c.asked)
			}
		})
	}
	// One of several is never looked up as the last of them.
	other := &book{}
	if got, err := Combine(people, other).Person(t.Context(), user(t, "shared@corp.example")); err != nil || got.Handle != "" || len(other.asked) != 1 {
		t.Errorf("asked for %v: %s", other.asked, row(got))
	}
	if diff := cmp.Diff([]string{"Staff"}, people.listed["all"].Groups); diff != "" {
		t.Errorf("the file's own groups have changed: %s", diff)
	}
}

// TestCombineFails: an error is never "no groups", even of somebody whom the file lists.
func TestCombineFails(t *testing.T) {
	people, _ := New("{username}@example.com", []Entry{entry("bob", "bob@example.com", "+491701234567", "staff")})
	down := errors.New("down")
	for _, name := range []string{"bob", "mallory", `CORP\bob`} {
		got, err := Combine(people, &book{err: down}).Person(t.Context(), user(t, name))
		if !errors.Is(err, down) || len(got.Groups) > 0 || !got.Email.Empty() {
			t.Errorf("%s: %s, %v", name, row(got), err)
		}
	}
}

// TestGroupsStayAsWritten in a person, and are canonical in the list of all.
func TestGroupsStayAsWritten(t *testing.T) {
	people, faults := New("{username}@example.com", []Entry{
		entry("a", "x@example.com", "+491701234567", "VPN-Users", "vpn-users", "Straße"), entry("b", "x@example.com", "+491701234567", "vpn-USERS", "Ops"),
	})
	if people == nil {
		t.Fatal(faults)
	}
	for name, want := range map[string][]string{"a": {"VPN-Users", "Straße"}, "b": {"vpn-USERS", "Ops"}, "x@example.com": {"vpn-USERS", "Ops", "Straße"}} {
		got, _ := people.Person(t.Context(), user(t, name))
		if diff := cmp.Diff(want, got.Groups); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if diff := cmp.Diff([]string{"ops", "straße", "vpn-users"}, people.Groups()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestTheEMailIsThatOfWhoeverIsChecked: LDAP may find carol for carol@elsewhere, and checks carol's password then. The phone that is asked
// must be carol's too.
func TestTheEMailIsThatOfWhoeverIsChecked(t *testing.T) {
	people, faults := New("{username}@example.com", nil)
	if len(faults.Fatal()) > 0 {
		t.Fatal(faults)
	}
	carol, err := auth.ParseUsername("carol")
	if err != nil {
		t.Fatal(err)
	}
	known := auth.Person{Name: carol, Handle: "uid=carol"}
	directory := Combine(people, &book{people: map[string]auth.Person{"carol@elsewhere.example": known, "carol": known}})
	for name, email := range map[string]string{
		"carol": "carol@example.com", "carol@elsewhere.example": "carol@example.com", "dave@elsewhere.example": "dave@elsewhere.example",
	} {
		user, err := auth.ParseUsername(name)
		if err != nil {
			t.Fatal(err)
		}
		if p, err := directory.Person(t.Context(), user); err != nil || p.Email.Reveal() != email || !p.EmailMade {
			t.Errorf("%s: %s, made %v, %v", name, p.Email.Reveal(), p.EmailMade, err)
		}
	}
}

// TestAnEMailThatIsMadeConnectsNobodyWhomLDAPKnowsByAnother: John is jsmith in LDAP; Jane, jsmith2, has the e-mail that the template makes of
// jsmith. John's login has neither Jane's phone nor her groups, and Jane's password does not open it.
func TestAnEMailThatIsMadeConnectsNobodyWhomLDAPKnowsByAnother(t *testing.T) {
	people, faults := New("{username}@example.com", []Entry{
		{Name: "jsmith2", Email: secret.New("jsmith@example.com"), Mobiles: phones("", "+4917012345").Mobiles, Groups: []string{"Admins"}, Password: hashed(t, usual())},
	})
	if people == nil {
		t.Fatal(faults)
	}
	const jane = "jsmith2|jsmith@example.com|+4917012345|0|Admins,staff||uid=jsmith"
	for _, c := range []struct{ title, login, email, want string }{
		{"another e-mail in LDAP", "jsmith", "john@example.com", "jsmith|john@example.com||0|staff||uid=jsmith"},
		{"behind a domain", `CORP\jsmith`, "john@example.com", "jsmith|john@example.com||0|staff||uid=jsmith"},
		{"the same e-mail", "jsmith", "JSmith@example.com", jane},
	} {
		t.Run(c.title, func(t *testing.T) {
			found := auth.Person{Name: user(t, "jsmith"), Groups: []string{"staff"}, Handle: "uid=jsmith"}
			if c.email != "" {
				found.Email = secret.New(c.email)
			}
			name := user(t, c.login)
			got, err := Combine(people, &book{people: map[string]auth.Person{c.login: found, name.String(): found}}).Person(t.Context(), name)
			if err != nil || row(got) != c.want {
				t.Errorf("got  %s, %v\nwant %s", row(got), err, c.want)
			}
			s, req := login(t, c.login, right)
			s.Person = got
			checked, err := people.Primary(&worker{}, nil).Verify(t.Context(), s, req)
			if opens := c.want == jane; checked.Password != opens || (err == nil) != opens {
				t.Errorf("jane's password: %v, %v", checked.Password, err)
			}
		})
	}
}

// TestCombineTwoPeople: the e-mail of an entry of the file is another person's login name in the directory. Their password and phone do
// not open the entry's groups.
func TestCombineTwoPeople(t *testing.T) {
	people, faults := New("{username}@example.com", []Entry{{Name: "jane.doe", Email: secret.New("j.doe@example.com"), Groups: []string{"admins"}}})
	if people == nil {
		t.Fatal(faults)
	}
	john := auth.Person{Name: user(t, "j.doe"), Email: secret.New("john@example.com"), Handle: "uid=j.doe"}
	mailless := auth.Person{Name: user(t, "j.doe"), Handle: "uid=j.doe"}
	jane := auth.Person{Name: user(t, "jd"), Email: secret.New("J.Doe@example.com"), Handle: "uid=jd"}
	for _, c := range []struct {
		login string
		found auth.Person
		name  string // whom it is; empty: nobody can say
	}{
		{"j.doe", john, "j.doe"},
		{"j.doe", mailless, ""},
		{"j.doe", jane, "jane.doe"},
		{"j.doe@example.com", john, ""},
		{"j.doe@example.com", mailless, ""},
		{"j.doe@example.com", jane, "jane.doe"},
	} {
		p, err := Combine(people, &book{people: map[string]auth.Person{c.login: c.found}}).Person(t.Context(), user(t, c.login))
		if errors.Is(err, auth.ErrMisconfigured) != (c.name == "") || p.Name.String() != c.name || (len(p.Groups) == 1) != (c.name == "jane.doe") {
			t.Errorf("%s as %s: %s, %v", c.login, c.found.Handle, row(p), err)
		}
	}
}
