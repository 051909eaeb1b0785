package directory

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ivalt-radius/auth"
	"ivalt-radius/directory/mschap"
	"ivalt-radius/directory/password"
	"ivalt-radius/fault"
	"ivalt-radius/secret"
)

// The passwords of the tests, and the NT hash of "password".
const (
	right  = "correct horse cAnArY"
	wrong  = "battery staple cAnArY"
	ntHash = "8846f7eaee8fb117ad06bdd830b7586c"
)

// hashed is one hash at a cost that tests can bear, which Parse takes.
func hashed(tb testing.TB, c password.Cost) secret.Secret {
	tb.Helper()
	text := fmt.Sprintf("$argon2id$v=19$%s$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAA", c)
	if _, err := password.Parse(text); err != nil {
		tb.Fatal(err)
	}
	return secret.New(text)
}

// worker is a Verifier that counts the derivations and their costs, and holds one password for right, whatever the hash.
type worker struct {
	costs []password.Cost
	err   error
	full  bool
}

func (w *worker) Full(l password.Line) bool { return w.full && l == password.Strangers }

func (w *worker) Verify(_ context.Context, _ password.Line, h password.Hash, typed secret.Secret) (bool, error) {
	w.costs = append(w.costs, h.Cost())
	return typed.Reveal() == right && w.err == nil, w.err
}

// answers is an MSCHAP that counts its checks, and holds every response of "right" for right, whatever the hash.
type answers struct{ hashes, names []string }

func (a *answers) verify(hash mschap.Hash, name string, h auth.Handshake) (auth.MSCHAPSuccess, error) {
	a.hashes, a.names = append(a.hashes, hash.Digits().Reveal()), append(a.names, name)
	if string(h.Response) != "right" {
		return auth.MSCHAPSuccess{}, fmt.Errorf("%w: another response", auth.ErrBadPassword)
	}
	return auth.MSCHAPSuccess{Success: []byte("S=")}, nil
}

// usual is the cost of the tests' hashes.
func usual() password.Cost { return password.Cost{Memory: 7168, Passes: 2, Lanes: 1} }

func staff(tb testing.TB) *People {
	tb.Helper()
	people, faults := New("{username}@example.com", []Entry{
		{Name: "carol", Password: hashed(tb, usual()), NTHash: secret.New(ntHash)},
		{Name: "dave", Password: hashed(tb, usual()), Email: secret.New("David@corp.example")},
		{Name: "ellen", Mobiles: []secret.Secret{secret.New("+491701234567")}},
		{Name: "team-a", Email: secret.New("shared@example.com"), Password: hashed(tb, usual()), NTHash: secret.New(ntHash)},
		{Name: "team-b", Email: secret.New("shared@example.com"), Password: hashed(tb, usual()), NTHash: secret.New(ntHash)},
	})
	if len(faults) != 0 {
		tb.Fatal(faults)
	}
	if people.Passwords() != 4 || people.NTHashes() != 3 {
		tb.Fatalf("%d passwords, %d NT hashes", people.Passwords(), people.NTHashes())
	}
	return people
}

func login(tb testing.TB, name, typed string) (auth.Subject, *auth.Request) {
	tb.Helper()
	u, err := auth.ParseUsername(name)
	if err != nil {
		tb.Fatal(err)
	}
	return auth.Subject{User: u}, &auth.Request{Username: name, Method: auth.PAP, Password: secret.New(typed)}
}

// TestPAP: who is let in with the right password and who never is. Whoever it is, and whatever is wrong, it costs one derivation of the usual cost, and
// the error is the same but for its text.
func TestPAP(t *testing.T) {
	people := staff(t)
	for _, c := range []struct{ title, user, typed, why string }{
		{"right", "carol", right, ""},
		{"right, behind a domain", `CORP\Carol`, right, ""},
		{"right, by the e-mail made of the name", "carol@example.com", right, ""},
		{"right, by the e-mail of the entry", "david@CORP.example", right, ""},
		{"wrong", "carol", wrong, "wrong password"},
		{"unknown", "mallory", wrong, "does not list"},
		{"unknown, though the password were right", "mallory", right, "does not list"},
		{"somebody else's realm", "carol@evil.example", right, "does not list"},
		{"without a password", "ellen", right, "has no password"},
		{"one of several by name", "team-a", right, ""},
		{"one of several by e-mail", "shared@example.com", right, "several people"},
	} {
		t.Run(c.title, func(t *testing.T) {
			var w worker
			s, req := login(t, c.user, c.typed)
			checked, err := people.Primary(&w, nil).Verify(t.Context(), s, req)
			if diff := cmp.Diff([]password.Cost{usual()}, w.costs); diff != "" {
				t.Errorf("work (-want +got):\n%s", diff)
			}
			if c.why == "" {
				if err != nil || !checked.Password {
					t.Errorf("%v, %v", checked, err)
				}
				return
			}
			if !errors.Is(err, auth.ErrBadPassword) || !strings.Contains(err.Error(), c.why) || checked.Password {
				t.Errorf("got %v, want %q", err, c.why)
			}
			if out := fmt.Sprintf("%v %+v %+v", err, checked, people); strings.Contains(out, "cAnArY") || strings.Contains(out, "argon2id") || strings.Contains(out, ntHash) {
				t.Errorf("a password or a hash stands in %s", out)
			}
		})
	}
}

// TestImplausiblePasswordsCostNothing, and nobody has one.
func TestImplausiblePasswordsCostNothing(t *testing.T) {
	for _, typed := range []string{"", "\xff", "a\x00b"} {
		for _, name := range []string{"carol", "mallory"} {
			var w worker
			s, req := login(t, name, typed)
			if _, err := staff(t).Primary(&w, nil).Verify(t.Context(), s, req); !errors.Is(err, auth.ErrBadPassword) || len(w.costs) != 0 {
				t.Errorf("%s, %q: %v after %d derivations", name, typed, err, len(w.costs))
			}
		}
	}
}

// TestCheckThatFails is no wrong password.
func TestCheckThatFails(t *testing.T) {
	for _, name := range []string{"carol", "mallory"} {
		s, req := login(t, name, right)
		checked, err := staff(t).Primary(&worker{err: auth.ErrBusy}, nil).Verify(t.Context(), s, req)
		if !errors.Is(err, auth.ErrBusy) || errors.Is(err, auth.ErrBadPassword) || checked.Password {
			t.Errorf("%s: %v, %v", name, checked, err)
		}
	}
}

func TestMSCHAPv2(t *testing.T) {
	people := staff(t)
	for _, c := range []struct{ title, user, response, hash, why string }{
		{"right", "carol", "right", ntHash, ""},
		{"right, behind a domain", `CORP\carol`, "right", ntHash, ""},
		{"wrong", "carol", "wrong", ntHash, "another response"},
		{"unknown", "mallory", "right", "", "does not list"},
		{"without an NT hash", "dave", "right", "", "has no nt_hash"},
		{"one of several by e-mail", "shared@example.com", "right", "", "several people"},
	} {
		t.Run(c.title, func(t *testing.T) {
			var a answers
			var w worker
			s, req := login(t, c.user, "")
			req.Method, req.Handshake.Response = auth.MSCHAPv2, []byte(c.response)
			checked, err := people.Primary(&w, a.verify).Verify(t.Context(), s, req)
			if diff := cmp.Diff(answers{[]string{c.hash}, []string{c.user}}, a, cmp.AllowUnexported(answers{})); diff != "" || len(w.costs) > 0 {
				t.Errorf("work (-want +got):\n%s", diff)
			}
			if good := c.why == ""; checked.Password != good || (err == nil) != good || (len(checked.MSCHAP.Success) > 0) != good {
				t.Errorf("%+v, %v", checked, err)
			}
			if c.why != "" && (!errors.Is(err, auth.ErrBadPassword) || !strings.Contains(err.Error(), c.why)) {
				t.Errorf("got %v, want %q", err, c.why)
			}
		})
	}
}

// TestMethodsThatCannotWork are told from a wrong password, for known and unknown people alike.
func TestMethodsThatCannotWork(t *testing.T) {
	var a answers
	plain, _ := New("{username}@example.com", []Entry{{Name: "carol", Password: hashed(t, usual())}})
	for name, c := range map[string]struct {
		people *People
		method auth.Method
		mschap MSCHAP
		want   error
	}{
		"CHAP":                     {staff(t), auth.CHAP, a.verify, auth.ErrMisconfigured},
		"MS-CHAP":                  {staff(t), auth.MSCHAP, a.verify, auth.ErrMisconfigured},
		"EAP":                      {staff(t), auth.EAP, a.verify, auth.ErrMisconfigured},
		"MS-CHAPv2 of nobody":      {plain, auth.MSCHAPv2, a.verify, auth.ErrMisconfigured},
		"MS-CHAPv2 without a way":  {staff(t), auth.MSCHAPv2, nil, auth.ErrMisconfigured},
		"nothing":                  {staff(t), auth.NoCredential, a.verify, auth.ErrBadPassword},
		"a method that is unknown": {staff(t), auth.EAP + 1, a.verify, auth.ErrBadPassword},
	} {
		for _, user := range []string{"carol", "mallory"} {
			s, req := login(t, user, right)
			req.Method = c.method
			if checked, err := c.people.Primary(&worker{}, c.mschap).Verify(t.Context(), s, req); !errors.Is(err, c.want) || checked.Password {
				t.Errorf("%s, %s: %v", name, user, err)
			}
		}
	}
	if len(a.hashes) > 0 {
		t.Error("checked all the same")
	}
}

// TestDecoyHasTheUsualCost: that of most hashes of the file, with a warning for the others; the standard where there are none.
func TestDecoyHasTheUsualCost(t *testing.T) {
	other, third := password.Cost{Memory: 8192, Passes: 1, Lanes: 1}, password.Cost{Memory: 9216, Passes: 4, Lanes: 1}
	for name, c := range map[string]struct {
		costs  []password.Cost
		want   password.Cost
		warned []string
	}{
		"none":               {nil, password.Standard(), nil},
		"all alike":          {[]password.Cost{other, other}, other, nil},
		"most":               {[]password.Cost{other, usual(), third, usual()}, usual(), []string{"u0", "u2"}},
		"as many of each":    {[]password.Cost{other, usual()}, other, []string{"u1"}},
		"two of the unusual": {[]password.Cost{usual(), usual(), usual(), other, other}, usual(), []string{"u3"}},
	} {
		entries := []Entry{{Name: "none"}}
		for i, cost := range c.costs {
			entries = append(entries, Entry{Name: fmt.Sprintf("u%d", i), Password: hashed(t, cost)})
		}
		people, faults := New("{username}@example.com", entries)
		var warned []string
		for _, f := range faults {
			if f.Warning && strings.Contains(f.Message, "tells strangers") {
				warned = append(warned, strings.Split(f.Key, `"`)[1])
			}
		}
		if diff := cmp.Diff(c.warned, warned); diff != "" || len(warned) != len(faults) {
			t.Errorf("%s: %v, warnings (-want +got):\n%s", name, faults, diff)
		}
		for _, user := range []string{"mallory", "none"} {
			var w worker
			s, req := login(t, user, wrong)
			_, _ = people.Primary(&w, nil).Verify(t.Context(), s, req)
			if diff := cmp.Diff([]password.Cost{c.want}, w.costs); diff != "" {
				t.Errorf("%s, %s: work (-want +got):\n%s", name, user, diff)
			}
		}
	}
}

// TestRealHashes goes the whole way, with a hash that hash-password would print.
func TestRealHashes(t *testing.T) {
	people, faults := New("{username}@example.com", []Entry{{Name: "carol", Password: password.Make(secret.New(right)).Text()}})
	if len(faults) != 0 {
		t.Fatal(faults)
	}
	primary := people.Primary(password.NewVerifier(), nil)
	for typed, want := range map[string]bool{right: true, wrong: false} {
		s, req := login(t, "carol", typed)
		if checked, err := primary.Verify(t.Context(), s, req); checked.Password != want || (err == nil) != want {
			t.Errorf("%v, %v", checked, err)
		}
	}
	s, req := login(t, "mallory", right)
	if _, err := primary.Verify(t.Context(), s, req); !errors.Is(err, auth.ErrBadPassword) {
		t.Errorf("mallory: %v", err)
	}
}

// TestFull: what waits before the derivations concerns passwords alone.
func TestFull(t *testing.T) {
	for _, full := range []bool{false, true} {
		primary, _ := staff(t).Primary(&worker{full: full}, nil).(auth.Bounded)
		var stranger auth.Subject
		if primary.Full(stranger, auth.PAP) != full || primary.Full(stranger, auth.MSCHAPv2) || primary.Full(stranger, auth.NoCredential) {
			t.Errorf("full %v: PAP %v, MS-CHAPv2 %v", full, primary.Full(stranger, auth.PAP), primary.Full(stranger, auth.MSCHAPv2))
		}
		if primary.Full(auth.Subject{Familiar: true}, auth.PAP) {
			t.Error("somebody familiar stands in the strangers' line")
		}
	}
}

// BenchmarkRefusal: somebody unknown and a wrong password take as long as each other.
func BenchmarkRefusal(b *testing.B) {
	people, faults := New("{username}@example.com", []Entry{{Name: "carol", Password: password.Make(secret.New(right)).Text()}})
	if err := fault.List(faults).Err(); err != nil {
		b.Fatal(err)
	}
	primary := people.Primary(password.NewVerifier(), nil)
	for name, user := range map[string]string{"unknown": "mallory", "wrong": "carol"} {
		b.Run(name, func(b *testing.B) {
			s, req := login(b, user, wrong)
			for b.Loop() {
				_, _ = primary.Verify(b.Context(), s, req)
			}
		})
	}
}
