package ldap

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	ldap "github.com/go-ldap/ldap/v3"

	"ivalt-radius/auth"
	"ivalt-radius/secret"
)

func TestVerify(t *testing.T) {
	cases := []struct {
		name, user, password string
		says                 string // of the error; empty: right
	}{
		{"right", "alice", alicePassword, ""},
		{"wrong", "alice", "canary-wrong", "wrong password"},
		{"another's", "bob", alicePassword, "wrong password"},
		{"unknown", "carol", alicePassword, "no such person"},
		{"other case", "alice", strings.ToUpper(alicePassword), "wrong password"},
		{"longer than any", "alice", strings.Repeat("canary-", 500), "wrong password"},
		{"decomposed", "alice", "canary-a\u0308", "wrong password"},
	}
	f := newFake()
	f.passwords[aliceDN] = alicePassword
	s := plain(t, f, nil)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			checked, err := login(t, s, c.user, c.password)
			if c.says == "" {
				if err != nil || !checked.Password {
					t.Errorf("%+v, %v", checked, err)
				}
				return
			}
			if checked.Password || !errors.Is(err, auth.ErrBadPassword) || !strings.HasSuffix(err.Error(), c.says) || holdsSecret(err) {
				t.Errorf("%+v, %v, want %q", checked, err, c.says)
			}
		})
	}
}

// TestNothingIsAskedInVain: what cannot be right never reaches the directory.
func TestNothingIsAskedInVain(t *testing.T) {
	methods := map[auth.Method]error{
		auth.CHAP: auth.ErrMisconfigured, auth.MSCHAP: auth.ErrMisconfigured, auth.MSCHAPv2: auth.ErrMisconfigured,
		auth.EAP: auth.ErrMisconfigured, auth.NoCredential: auth.ErrBadPassword, auth.Method(99): auth.ErrBadPassword,
	}
	f := newFake()
	f.passwords[aliceDN] = ""
	for name, s := range map[string]*Source{
		"search": plain(t, f, nil),
		"user":   plain(t, f, func(s *Settings) { *s = byName(s.URLs, "uid={username},ou=people,"+base) }),
	} {
		subject := auth.Subject{User: username(t, "alice"), Person: auth.Person{Handle: aliceDN}}
		for method, want := range methods {
			req := pap(alicePassword)
			req.Method = method
			if checked, err := s.Verify(t.Context(), subject, req); checked.Password || !errors.Is(err, want) {
				t.Errorf("%s, method %d: %+v, %v", name, method, checked, err)
			}
		}
		for _, password := range []string{"", "\x00", "canary\n", "canary\xff"} {
			if checked, err := s.Verify(t.Context(), subject, pap(password)); checked.Password || !errors.Is(err, auth.ErrBadPassword) || holdsSecret(err) {
				t.Errorf("%s, %q: %+v, %v", name, password, checked, err)
			}
		}
	}
	if told := f.told(); len(told) > 0 {
		t.Errorf("the directory was asked %q", told)
	}
}

// windows is how Active Directory refuses.
func windows(code string) string {
	return "80090308: LdapErr: DSID-0C09044E, comment: AcceptSecurityContext error canary, data " + code + ", v4563"
}

func TestStandings(t *testing.T) {
	cases := []struct {
		name   string
		answer bindAnswer
		is     error // nil: right
		says   string
	}{
		{"right", bindAnswer{policy: -1}, nil, ""},
		{"right, expires soon", bindAnswer{policy: 8}, nil, ""},
		{"right, must change", bindAnswer{policy: 2}, auth.ErrBadPassword, "changed first"},
		{"right, expired", bindAnswer{policy: 0}, auth.ErrBadPassword, "expired"},
		{"locked", bindAnswer{code: 49, policy: 1}, auth.ErrBadPassword, "the account is locked"},
		{"expired", bindAnswer{code: 49, policy: 0}, auth.ErrBadPassword, "the password is expired"},
		{"525", bindAnswer{49, windows("525"), -1}, auth.ErrBadPassword, "no such person (data 525)"},
		{"52e", bindAnswer{49, windows("52e"), -1}, auth.ErrBadPassword, "wrong password (data 52e)"},
		{"530", bindAnswer{49, windows("530"), -1}, auth.ErrBadPassword, "at this hour (data 530)"},
		{"531", bindAnswer{49, windows("531"), -1}, auth.ErrBadPassword, "from here (data 531)"},
		{"532", bindAnswer{49, windows("532"), -1}, auth.ErrBadPassword, "password is expired (data 532)"},
		{"533", bindAnswer{49, windows("533"), -1}, auth.ErrBadPassword, "disabled (data 533)"},
		{"701", bindAnswer{49, windows("701"), -1}, auth.ErrBadPassword, "account is expired (data 701)"},
		{"773", bindAnswer{49, windows("773"), -1}, auth.ErrBadPassword, "changed first (data 773)"},
		{"775", bindAnswer{49, windows("775"), -1}, auth.ErrBadPassword, "locked (data 775)"},
		{"unknown code", bindAnswer{49, windows("abc"), -1}, auth.ErrBadPassword, "wrong password"},
		{"inappropriate authentication", bindAnswer{48, "canary", -1}, auth.ErrBadPassword, "no password"},
		{"constraint violation", bindAnswer{19, "canary", -1}, auth.ErrBadPassword, "locked for a while"},
		{"unwilling", bindAnswer{53, "canary", -1}, auth.ErrBadPassword, "locked or disabled"},
		{"gone", bindAnswer{32, "canary", -1}, auth.ErrBadPassword, "gone"},
		{"insufficient access", bindAnswer{50, "canary", -1}, auth.ErrBadPassword, "result 50 "},
		{"an unheard-of code", bindAnswer{150, "canary", -1}, auth.ErrBadPassword, "result 150"},
		{"confidentiality required", bindAnswer{13, "canary", -1}, auth.ErrMisconfigured, "StartTLS"},
		{"no DN", bindAnswer{34, "canary", -1}, auth.ErrMisconfigured, "result 34 "},
		{"referral", bindAnswer{10, "canary", -1}, auth.ErrMisconfigured, "refers"},
	}
	f := newFake()
	s := plain(t, f, nil)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			f.set(func(f *fake) { f.refusals[aliceDN] = c.answer })
			checked, err := login(t, s, "alice", alicePassword)
			if checked.Password != (c.is == nil) || !errors.Is(err, c.is) || holdsSecret(err) {
				t.Fatalf("%+v, %v", checked, err)
			}
			if err != nil && !strings.HasSuffix(err.Error(), c.says) && !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v, want %q", err, c.says)
			}
		})
	}
}

// TestMustChangeOfNetscape: the older control means the same.
func TestMustChangeOfNetscape(t *testing.T) {
	if got := judge(0, "", []ldap.Control{&ldap.ControlVChuPasswordMustChange{MustChange: true}}); got.right || !errors.Is(got.err(), auth.ErrBadPassword) {
		t.Errorf("%+v", got)
	}
}

// TestSameRoundTrips: an unknown person takes exactly the questions that a wrong password takes, also where groups are nested.
func TestSameRoundTrips(t *testing.T) {
	f := newFake()
	s := plain(t, f, nil)
	if _, err := login(t, s, "alice", alicePassword); err != nil { // opens the connections, and shows how deep groups are
		t.Fatal(err)
	}
	words := func(user, password string) []string {
		before := len(f.told())
		if _, err := login(t, s, user, password); !errors.Is(err, auth.ErrBadPassword) {
			t.Fatalf("%s: %v", user, err)
		}
		var words []string
		for _, line := range f.told()[before:] {
			word, _, _ := strings.Cut(line, " ")
			words = append(words, word)
		}
		return words
	}
	wrong := words("alice", "canary-wrong")
	if len(wrong) < 4 || wrong[len(wrong)-1] != "bind" {
		t.Fatalf("a wrong password takes %q", wrong)
	}
	for _, user := range []string{"carol", "bob", "*", "a,b"} {
		if got := words(user, "canary-wrong"); !slices.Equal(got, wrong) {
			t.Errorf("%s takes %q, a wrong password %q", user, got, wrong)
		}
	}
	last := f.told()[len(f.told())-1]
	if !strings.HasPrefix(last, "bind cn=") || !strings.HasSuffix(last, ","+base) {
		t.Errorf("nobody is %q", last)
	}
}

// TestSamePace: where a directory takes its time over a wrong password, an unknown person takes as long.
func TestSamePace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		slow := false
		f.does = func(op string) effect {
			if slow && op == "bind" {
				time.Sleep(300 * time.Millisecond) //nolint:forbidigo // in a bubble
			}
			return answers
		}
		s := piped(t, settings("ldap://a"), map[string]*fake{"a": f})
		took := func(user string) time.Duration {
			began := time.Now()
			if _, err := login(t, s, user, "canary-wrong"); !errors.Is(err, auth.ErrBadPassword) {
				t.Error(err)
			}
			return time.Since(began)
		}
		if quick := took("alice"); quick != 0 {
			t.Errorf("a quick refusal took %v", quick)
		}
		s.pace = pace{}
		f.set(func(*fake) { slow = true })
		wrong := took("alice")
		f.set(func(*fake) { slow = false })
		if unknown := took("carol"); wrong != 300*time.Millisecond || unknown != wrong {
			t.Errorf("a wrong password took %v, an unknown person %v", wrong, unknown)
		}
	})
}

// TestNobodyIsRight: even a directory that takes any name lets nobody in as nobody.
func TestNobodyIsRight(t *testing.T) {
	f := newFake()
	s := plain(t, f, nil)
	f.anyone = true
	if err := s.verifyNobody(t.Context(), alicePassword); !errors.Is(err, auth.ErrBadPassword) {
		t.Error(err)
	}
	if got := (standing{}).err(); !errors.Is(got, auth.ErrBadPassword) {
		t.Errorf("the zero standing is %v", got)
	}
	for _, code := range []uint16{0, 1} {
		if bound := judge(code, "", nil); bound.right != (code == 0) {
			t.Errorf("result %d is %+v", code, bound)
		}
	}
}

// byName are the settings of a directory where each person binds.
func byName(urls []string, userDN string) Settings {
	s := settings(urls...)
	s.BindDN, s.BindPassword, s.UserDN, s.InsecurePlaintext = "", secret.Secret{}, userDN, true
	return s
}

func TestBindAsUser(t *testing.T) {
	const template = "uid={username},ou=people," + base
	cases := []struct {
		name, userDN, base   string
		user, password, says string
		readers              []string
		is                   error
		who                  string // authzId; empty: the server does not say
	}{
		{name: "right", userDN: template, base: base, user: "alice", password: alicePassword, readers: []string{aliceDN}},
		{name: "right, no base", userDN: template, user: "alice", password: alicePassword},
		{name: "wrong", userDN: template, base: base, user: "alice", password: "canary-wrong", is: auth.ErrBadPassword, says: "wrong password"},
		{name: "unknown", userDN: template, base: base, user: "carol", password: alicePassword, is: auth.ErrBadPassword, says: "wrong password"},
		{name: "no local part", userDN: template, base: base, user: `corp\`, password: alicePassword, is: auth.ErrBadPassword, says: "local part"},
		{name: "no DN", userDN: "{username}@corp.example", base: base, user: `corp\alice`, password: alicePassword, readers: []string{"alice@corp.example"}, who: `u:CORP\Alice`},
		{name: "no DN, told as one", userDN: "{username}@corp.example", base: base, user: "alice", password: alicePassword, readers: []string{"alice@corp.example"}, who: "dn:" + aliceDN},
		{name: "no DN, another's account", userDN: "{username}@corp.example", base: base, user: "alice", password: alicePassword, readers: []string{"alice@corp.example"}, who: `u:CORP\bob`, is: auth.ErrMisconfigured, says: "whose password"},
		{name: "no DN, another's DN", userDN: "{username}@corp.example", base: base, user: "alice", password: alicePassword, readers: []string{"alice@corp.example"}, who: "dn:uid=bob,ou=people," + base, is: auth.ErrMisconfigured, says: "whose password"},
		{name: "no DN, and nobody says whose", userDN: "{username}@corp.example", base: base, user: "alice", password: alicePassword, readers: []string{"alice@corp.example"}, is: auth.ErrMisconfigured, says: "whose password"},
		{name: "no DN, anonymous", userDN: "{username}@corp.example", base: base, user: "alice", password: alicePassword, readers: []string{"alice@corp.example"}, who: "u:", is: auth.ErrMisconfigured, says: "whose password"},
		{name: "a realm that user_dn drops", userDN: template, base: base, user: "alice@elsewhere.example", password: alicePassword, is: auth.ErrBadPassword, says: "realm"},
		{name: "a DN as name", userDN: "{user}", base: base, user: aliceDN, password: alicePassword, is: auth.ErrBadPassword, says: "characters"},
		{name: "may not read", userDN: template, base: base, user: "alice", password: alicePassword, is: auth.ErrMisconfigured, says: "result 50"},
		{name: "another's entry", userDN: "uid=bob+cn={username},ou=people," + base, base: base, user: "alice", password: "x", readers: []string{"uid=bob+cn=alice,ou=people," + base}, is: auth.ErrMisconfigured, says: "another entry"},
		{name: "no entry", userDN: template, base: base, user: "dave", password: "x", readers: []string{"uid=dave,ou=people," + base}, is: auth.ErrMisconfigured, says: "finds no entry"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			f := newFake()
			f.readers = c.readers
			f.passwords["alice@corp.example"], f.passwords["bob@corp.example"] = alicePassword, "bob's"
			f.who = map[string]string{"alice@corp.example": c.who}
			if c.who == "" {
				f.who = nil
			}
			f.passwords["uid=bob+cn=alice,ou=people,"+base] = "x"
			f.passwords["uid=dave,ou=people,"+base] = "x"
			settings := byName([]string{"ldap://" + f.listen(t, nil)}, c.userDN)
			settings.Base = c.base
			s := source(t, settings)
			user := username(t, c.user)
			if person, err := s.Person(t.Context(), user); err != nil || person.Handle != "" || len(f.told()) != 0 {
				t.Errorf("known before: %+v, %v", person, err)
			}
			checked, err := s.Verify(t.Context(), auth.Subject{User: user}, pap(c.password))
			if checked.Password != (c.is == nil) || !errors.Is(err, c.is) || holdsSecret(err) {
				t.Fatalf("%+v, %v", checked, err)
			}
			if err != nil && !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v, want %q", err, c.says)
			}
			if known := checked.Person.Handle != ""; known != (c.is == nil && c.base != "") || checked.Person.Groups != nil {
				t.Errorf("known behind the bind: %+v", checked.Person)
			}
		})
	}
}

// TestNamesInDNs: a name is one value of the DN that binds, whatever it holds.
func TestNamesInDNs(t *testing.T) {
	for _, name := range hostile() {
		t.Run(name, func(t *testing.T) {
			f := newFake()
			s := source(t, byName([]string{"ldap://" + f.listen(t, nil)}, "cn={user}+uid={username},ou=people,"+base))
			user := username(t, name)
			if _, err := s.Verify(t.Context(), auth.Subject{User: user}, pap(alicePassword)); !errors.Is(err, auth.ErrBadPassword) {
				t.Error(err)
			}
			dn, err := ldap.ParseDN(strings.TrimPrefix(f.told()[0], "bind "))
			if err != nil || len(dn.RDNs) != 4 || len(dn.RDNs[0].Attributes) != 2 ||
				dn.RDNs[0].Attributes[0].Value != user.String() || dn.RDNs[0].Attributes[1].Value != user.Local() {
				t.Errorf("%q is another DN, %v", f.told()[0], err)
			}
		})
	}
}

// TestWaitEnds: nobody waits for longer than the login.
func TestWaitEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		p, began := pace{count: 1}, time.Now()
		p.took[0] = time.Hour
		p.wait(ctx, began)
		if waited := time.Since(began); waited != time.Second {
			t.Errorf("it waited for %v", waited)
		}
	})
}
