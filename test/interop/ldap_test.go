//go:build interop

package interop_test

import (
	"errors"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"ivalt-radius/auth"
	"ivalt-radius/directory/ldap"
	"ivalt-radius/secret"
)

// ldapSettings are those of a search account in the tree of newSlapd.
func ldapSettings(certs string, urls ...string) ldap.Settings {
	return ldap.Settings{
		URLs: urls, CAFile: filepath.Join(certs, "ca.pem"), OwnRoots: true, Schema: ldap.ActiveDirectory,
		BindDN: searchDN, BindPassword: secret.New(searchSecret), Base: directoryBase,
		Email: "mail", Mobile: []string{"mobile", "otherMobile"}, Groups: ldap.Groups{Nested: true}, Timeout: 2 * time.Second,
	}
}

func ldapSource(t *testing.T, settings ldap.Settings) *ldap.Source {
	t.Helper()
	source, faults := ldap.New(settings)
	if source == nil {
		t.Fatal(faults)
	}
	t.Cleanup(source.Close)
	return source
}

// ldapLogin asks who it is and checks the password, as the journey does.
func ldapLogin(t *testing.T, source *ldap.Source, name, password string) (auth.Person, error) {
	t.Helper()
	user, err := auth.ParseUsername(name)
	if err != nil {
		t.Fatal(err)
	}
	person, err := source.Person(t.Context(), user)
	if err != nil {
		return auth.Person{}, err
	}
	checked, err := source.Verify(t.Context(), auth.Subject{User: user, Person: person}, &auth.Request{Method: auth.PAP, Password: secret.New(password)})
	if checked.Password != (err == nil) {
		t.Errorf("a checked password: %t, with error %v", checked.Password, err)
	}
	if !source.SuppliesGroups() {
		person = checked.Person
	}
	return person, err
}

// TestLDAP plays each login against a real slapd.
func TestLDAP(t *testing.T) {
	t.Parallel()
	certs := certificates(t)
	server := newSlapd(t, certs)
	generic := ldapSettings(certs, server.ldaps())
	generic.Schema = ldap.Generic
	asUser := ldapSettings(certs, server.ldap())
	asUser.BindDN, asUser.BindPassword, asUser.UserDN = "", secret.Secret{}, "cn={username},ou=people,"+directoryBase
	sources := map[string]*ldap.Source{
		"LDAPS":        ldapSource(t, ldapSettings(certs, server.ldaps())),
		"StartTLS":     ldapSource(t, ldapSettings(certs, server.ldap())),
		"generic":      ldapSource(t, generic),
		"bind as user": ldapSource(t, asUser),
	}
	cases := []struct {
		name, through, user, password string
		is                            error
		says                          string
	}{
		{"right", "LDAPS", "alice", password, nil, ""},
		{"right, StartTLS", "StartTLS", "alice", password, nil, ""},
		{"right, generic schema", "generic", "ALICE", password, nil, ""},
		{"right, with a domain", "LDAPS", `CORP\alice`, password, nil, ""},
		{"right, by principal", "LDAPS", "alice@corp.example", password, nil, ""},
		{"right, as user", "bind as user", "bob", password, nil, ""},
		{"wrong", "LDAPS", "alice", "wrong", auth.ErrBadPassword, "wrong password"},
		{"wrong, as user", "bind as user", "bob", "wrong", auth.ErrBadPassword, "wrong password"},
		{"unknown", "LDAPS", "nobody", password, auth.ErrBadPassword, "no such person"},
		{"unknown, as user", "bind as user", "nobody", password, auth.ErrBadPassword, "wrong password"},
		{"any", "generic", "*", password, auth.ErrBadPassword, "no such person"},
		{"injection", "generic", "bob)(uid=*", password, auth.ErrBadPassword, "no such person"},
		{"injection into a DN", "bind as user", "bob,ou=people", password, auth.ErrBadPassword, "wrong password"},
		{"empty", "LDAPS", "alice", "", auth.ErrBadPassword, "empty"},
		{"empty, as user", "bind as user", "bob", "", auth.ErrBadPassword, "empty"},
		{"locked", "LDAPS", "locked", password, auth.ErrBadPassword, "the account is locked"},
		{"expired", "LDAPS", "expired", password, auth.ErrBadPassword, "the password is expired"},
		{"must change", "LDAPS", "reset", password, auth.ErrBadPassword, "must be changed first"},
		{"must change, wrong", "LDAPS", "reset", "wrong", auth.ErrBadPassword, "wrong password"},
		{"two of a name", "LDAPS", "twin", password, auth.ErrMisconfigured, "several entries"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := ldapLogin(t, sources[c.through], c.user, c.password)
			if !errors.Is(err, c.is) || err != nil && !strings.HasSuffix(err.Error(), c.says) && !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v, want %v: %q", err, c.is, c.says)
			}
		})
	}
	t.Run("person", func(t *testing.T) { testLDAPPerson(t, sources) })
}

func testLDAPPerson(t *testing.T, sources map[string]*ldap.Source) {
	t.Helper()
	alice, err := ldapLogin(t, sources["LDAPS"], "alice", password)
	if got := strings.Join(alice.Groups, ", "); err != nil || alice.Name.String() != "alice" || got != "VPN Users, Staff, Company" {
		t.Errorf("%v: %s is in %q", err, alice.Name, got)
	}
	if alice.Email.Reveal() != "alice@example.com" || alice.Mobile.E164() != "+491701234567" || len(alice.Phones) != 2 || alice.Phones[1].E164() != "+491717654321" {
		t.Errorf("phones %v", alice.Phones)
	}
	alice, err = ldapLogin(t, sources["generic"], "alice", password)
	if got := strings.Join(alice.Groups, ", "); err != nil || got != "VPN Users, posix, Staff, Company, unique" {
		t.Errorf("%v: generic, %q", err, got)
	}
	bob, err := ldapLogin(t, sources["bind as user"], "bob", password)
	if err != nil || bob.Name.String() != "bob" || bob.Groups != nil { // the rules have been judged: nobody asks for groups
		t.Errorf("%v: %+v", err, bob)
	}
}

// TestLDAPSettings: what cannot work with a sound server says why.
func TestLDAPSettings(t *testing.T) {
	t.Parallel()
	certs := certificates(t)
	server := newSlapd(t, certs)
	cases := []struct {
		name   string
		change func(*ldap.Settings)
		is     error
		says   string
	}{
		{"in the clear", func(s *ldap.Settings) { s.URLs, s.InsecurePlaintext = []string{server.ldap()}, true }, auth.ErrMisconfigured, "use ldaps:// or StartTLS"},
		{"another authority", func(s *ldap.Settings) { s.CAFile = filepath.Join(certificates(t), "ca.pem") }, nil, "set primary.ldap.ca_file"},
		{"another name", func(s *ldap.Settings) { s.URLs = []string{"ldaps://127.0.0.1:" + server.secure} }, nil, "another name"},
		{"another port", func(s *ldap.Settings) { s.URLs = []string{"ldaps://localhost:" + server.plain} }, nil, "right port"},
		{"wrong account", func(s *ldap.Settings) { s.BindPassword = secret.New("wrong") }, auth.ErrMisconfigured, "refuses the search account"},
		{"no such account", func(s *ldap.Settings) { s.BindDN = "cn=x," + directoryBase }, auth.ErrMisconfigured, "refuses the search account"},
		{"no such base", func(s *ldap.Settings) { s.Base = "dc=elsewhere" }, auth.ErrMisconfigured, "primary.ldap.base"},
		{"no such base below", func(s *ldap.Settings) { s.Groups.Base = "ou=x," + directoryBase }, auth.ErrMisconfigured, "primary.ldap.base or groups.base"},
		{"no login name", func(s *ldap.Settings) { s.Name = "description" }, auth.ErrMisconfigured, "primary.ldap.name"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			settings := ldapSettings(certs, server.ldaps())
			c.change(&settings)
			_, err := ldapLogin(t, ldapSource(t, settings), "alice", password)
			if err == nil || errors.Is(err, auth.ErrBadPassword) || errors.Is(err, auth.ErrMisconfigured) != (c.is != nil) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v, want %v: %q", err, c.is, c.says)
			}
		})
	}
}

// ldapWorks fails the test where the right password is refused, or a wrong one is not.
func ldapWorks(t *testing.T, source *ldap.Source) {
	t.Helper()
	if _, err := ldapLogin(t, source, "alice", password); err != nil {
		t.Error(err)
	}
	if _, err := ldapLogin(t, source, "alice", "wrong"); !errors.Is(err, auth.ErrBadPassword) {
		t.Error(err)
	}
}

// TestLDAPFailover stops, slows and cuts off the first of two servers.
func TestLDAPFailover(t *testing.T) {
	t.Parallel()
	certs := certificates(t)
	first, second := newSlapd(t, certs), newSlapd(t, certs)
	proxy := newCutter(t, first.secure)
	urls := []string{"ldaps://localhost:" + proxy.port, second.ldaps()}
	fresh := func(urls ...string) *ldap.Source { // whose pool holds a connection of each kind
		source := ldapSource(t, ldapSettings(certs, urls...))
		ldapWorks(t, source)
		return source
	}
	t.Run("cut off, connection kept", func(t *testing.T) {
		source := fresh(urls[0])
		proxy.arm(1)
		if ldapWorks(t, source); proxy.fired() != 1 {
			t.Errorf("%d connections were cut", proxy.fired())
		}
	})
	t.Run("cut off in mid-bind", func(t *testing.T) {
		source := fresh(urls...)
		bob := auth.Subject{Person: auth.Person{Handle: "cn=bob,ou=people," + directoryBase}}
		proxy.arm(2) // the kept connection's bind, and the one in its place
		checked, err := source.Verify(t.Context(), bob, &auth.Request{Method: auth.PAP, Password: secret.New(password)})
		if err != nil || !checked.Password || proxy.fired() != 2 {
			t.Errorf("%v, %d connections were cut", err, proxy.fired())
		}
	})
	t.Run("slowed", func(t *testing.T) {
		source, alone := fresh(urls...), fresh(urls[0])
		first.signal(t, syscall.SIGSTOP)
		began := time.Now()
		ldapWorks(t, source)
		if took := time.Since(began); took < 2*time.Second || took > 6*time.Second {
			t.Errorf("took %v, with a timeout of 2 s for the server that hangs", took)
		}
		if _, err := ldapLogin(t, alone, "alice", password); err == nil || errors.Is(err, auth.ErrBadPassword) || !strings.Contains(err.Error(), "says nothing in time") {
			t.Error(err)
		}
		first.signal(t, syscall.SIGCONT)
		ldapWorks(t, alone)
	})
	t.Run("stopped", func(t *testing.T) {
		source, alone := fresh(urls...), fresh(first.ldaps())
		first.stop(t)
		ldapWorks(t, source)
		if _, err := ldapLogin(t, alone, "alice", password); err == nil || errors.Is(err, auth.ErrBadPassword) || errors.Is(err, auth.ErrMisconfigured) {
			t.Error(err)
		}
		first.start(t)
		ldapWorks(t, alone)
		second.stop(t)
		ldapWorks(t, source)
	})
}

// TestLDAPTiming compares how long logins of an unknown person and with a wrong password take, from the name to the answer.
//
// Its limits are wide on purpose: the machine is shared, and what must hold exactly, the number of questions to the directory, is
// counted in the unit tests. The common-language effect size of the rank test (Mann and Whitney's U over the number of pairs) is the
// chance that one of the unknown takes longer than one of the wrong; 0.5 says nothing, and a directory that were asked once less,
// or whose slower refusals were not made up for, lies near 0 or 1.
func TestLDAPTiming(t *testing.T) {
	const samples = 300
	certs := certificates(t)
	source := ldapSource(t, ldapSettings(certs, newSlapd(t, certs).ldaps()))
	took := func(name string) float64 {
		began := time.Now()
		if _, err := ldapLogin(t, source, name, "wrong"); !errors.Is(err, auth.ErrBadPassword) {
			t.Fatal(err)
		}
		return float64(time.Since(began))
	}
	for range 20 { // connections, caches, and how long a refusal takes
		took("alice")
	}
	var unknown, wrong []float64
	for range samples {
		unknown, wrong = append(unknown, took("nobody")), append(wrong, took("alice"))
	}
	effect, ratio := rank(unknown, wrong), median(unknown)/median(wrong)
	t.Logf("median of unknown %.2f ms, of wrong %.2f ms, ratio %.2f; effect size %.2f, z %.1f", median(unknown)/1e6, median(wrong)/1e6, ratio, effect,
		(effect-0.5)*math.Sqrt(12*samples*samples/float64(2*samples+1)))
	if effect < 0.15 || effect > 0.85 {
		t.Errorf("an unknown person can be told from a wrong password: effect size %.2f", effect)
	}
	if ratio < 0.5 || ratio > 2 {
		t.Errorf("the medians' ratio is %.2f", ratio)
	}
}

func median(of []float64) float64 {
	sorted := slices.Sorted(slices.Values(of))
	return sorted[len(sorted)/2]
}

// rank is the share of the pairs in which a's is the longer one, ties by half.
func rank(a, b []float64) float64 {
	more := 0.0
	for _, x := range a {
		for _, y := range b {
			switch {
			case x > y:
				more++
			case x == y:
				more += 0.5
			}
		}
	}
	return more / float64(len(a)*len(b))
}
