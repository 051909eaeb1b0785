package asking

import (
	"errors"
	"slices"
	"testing"

	"ivalt-radius/auth/identity"
	"ivalt-radius/secret"
)

func named(t *testing.T, text string) identity.Username {
	t.Helper()
	u, err := identity.ParseUsername(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func request(change ...func(*Request)) *Request {
	r := &Request{
		Client: Client{Name: "vpn"}, NAS: "nas", Method: PAP, Password: secret.New("pw"), CallingStation: "192.0.2.9", JoinScope: "scope", Packet: [17]byte{1},
	}
	for _, c := range change {
		c(r)
	}
	return r
}

// TestParts: what makes two exchanges one attempt, and what keeps them apart.
func TestParts(t *testing.T) {
	chap := func(r *Request) { r.Method, r.Password = CHAP, secret.Secret{} }
	nowhere := func(r *Request) { r.CallingStation = "" }
	answers := func(r *Request) { r.State = []byte("state") }
	other := func(r *Request) { r.Packet = [17]byte{2} }
	bob := named(t, "bob")
	for _, c := range []struct {
		name string
		a, b *Request
		same bool
	}{
		{"the same", request(), request(), true},
		{"another packet", request(), request(other), true},
		{"another identifier's exchange", request(), request(func(r *Request) { r.ID = 9 }), true},
		{"another NAS of the client", request(), request(func(r *Request) { r.NAS = "other" }), true},
		{"another client", request(), request(func(r *Request) { r.Client.Name = "wlan" }), false},
		{"another password", request(), request(func(r *Request) { r.Password = secret.New("pw2") }), false},
		{"another station", request(), request(func(r *Request) { r.CallingStation = "192.0.2.10" }), false},
		{"a State", request(), request(answers), false},
		{"a State at another NAS", request(answers), request(answers, func(r *Request) { r.NAS = "other" }), false},
		{"no station", request(nowhere), request(nowhere), true},
		{"no station in another scope", request(nowhere), request(nowhere, func(r *Request) { r.JoinScope = "other" }), false},
		{"a station like a scope", request(nowhere), request(func(r *Request) { r.CallingStation = "scope" }), false},
		{"CHAP, the very same packet", request(chap), request(chap), true},
		{"CHAP, another packet", request(chap), request(chap, other), false},
		{"CHAP, no packet", request(chap, func(r *Request) { r.Packet = [17]byte{} }), request(chap, func(r *Request) { r.Packet = [17]byte{} }), false},
	} {
		if got := slices.Equal(c.a.Parts(bob), c.b.Parts(bob)); got != c.same {
			t.Errorf("%s: one attempt is %v, want %v", c.name, got, c.same)
		}
	}
	if slices.Equal(request().Parts(bob), request().Parts(named(t, "eve"))) {
		t.Error("two people are one attempt")
	}
}

// TestKeptAs: approvals are kept under the listed name where there is one.
func TestKeptAs(t *testing.T) {
	if got := (Subject{User: named(t, "bob")}).KeptAs(); got != "bob" {
		t.Errorf("an unlisted person is kept as %q", got)
	}
	if got := (Subject{User: named(t, `corp\bob`), Person: identity.Person{Name: named(t, "bob")}}).KeptAs(); got != "bob" {
		t.Errorf("a listed person is kept as %q", got)
	}
}

// TestNoPrimary: what could be a password passes, and is no checked factor; nothing else does.
func TestNoPrimary(t *testing.T) {
	for _, c := range []struct {
		name     string
		method   Method
		password string
		err      error
	}{
		{"a password", PAP, "pw", nil},
		{"an empty one", PAP, "", ErrBadPassword},
		{"of another shared secret", PAP, "\x01\xff\x80\x03", ErrBadPassword},
		{"CHAP", CHAP, "", ErrMisconfigured},
		{"MS-CHAP", MSCHAP, "", ErrMisconfigured},
		{"MS-CHAPv2", MSCHAPv2, "", ErrMisconfigured},
		{"EAP", EAP, "", ErrMisconfigured},
		{"no credential", NoCredential, "", ErrBadPassword},
		{"a method that nobody knows", 99, "pw", ErrBadPassword},
	} {
		got, err := NoPrimary{}.Verify(t.Context(), Subject{}, request(func(r *Request) { r.Method, r.Password = c.method, secret.New(c.password) }))
		if !errors.Is(err, c.err) || got.Password {
			t.Errorf("%s: %+v, %v", c.name, got, err)
		}
	}
}

// TestName: one canonical name, rewritten where there are rules for that.
func TestName(t *testing.T) {
	alice := named(t, "alice")
	for name, c := range map[string]struct {
		rules *Rules
		raw   string
		want  string // empty: it names nobody
	}{
		"no rules":     {nil, "Bob", "bob"},
		"no rewriting": {&Rules{}, "Bob", "bob"},
		"rewritten":    {&Rules{Rewrite: func(identity.Username) (identity.Username, error) { return alice, nil }}, "Bob", "alice"},
		"no name":      {&Rules{Rewrite: func(identity.Username) (identity.Username, error) { return alice, nil }}, "", ""},
		"made to none": {&Rules{Rewrite: func(identity.Username) (identity.Username, error) { return identity.Username{}, identity.ErrUsername }}, "Bob", ""},
	} {
		got, err := c.rules.Name(c.raw)
		if got.String() != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}
