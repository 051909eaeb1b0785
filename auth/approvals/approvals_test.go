package approvals

import (
	"fmt"
	"testing"
	"time"

	"ivalt-radius/auth/identity"
	"ivalt-radius/auth/naming"
	"ivalt-radius/secret"
)

// alone makes a Store in which everything counts.
func alone() *Store { return Shared(naming.New(), nil) }

func TestRecall(t *testing.T) {
	start := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	s := alone()
	password, phone := s.Digest("password", "bob", "pw"), s.Digest("phone", "+49")
	base := Approval{Client: "vpn", Station: "203.0.113.9", Factor: "file", Credential: password, Phone: phone, At: start}
	cases := []struct {
		name           string
		change         func(a *Approval)
		login, station bool
		kept           bool
	}{
		{"the same", func(*Approval) {}, true, true, true},
		{"another client", func(a *Approval) { a.Client = "wlan" }, false, true, true},
		{"another station", func(a *Approval) { a.Station = "203.0.113.10" }, false, false, true},
		{"another phone", func(a *Approval) { a.Phone = s.Digest("phone", "+1") }, false, false, true},
		{"another first factor", func(a *Approval) { a.Factor = "ldap" }, false, true, true},
		{"another password of another first factor", func(a *Approval) { a.Factor, a.Credential = "ldap", s.Digest("password", "bob", "x") }, false, true, true},
		{"another password", func(a *Approval) { a.Credential = s.Digest("password", "bob", "x") }, false, false, false},
		{"no password", func(a *Approval) { a.Credential = Digest{} }, false, true, true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s.Forget("bob")
			s.Keep("bob", base)
			older := base
			older.At = start.Add(-time.Hour)
			now := base
			c.change(&now)
			login, station := s.Recall("bob", now, []Digest{now.Phone})
			if login.Equal(start) != c.login || station.Equal(start) != c.station || login.IsZero() == c.login || station.IsZero() == c.station {
				t.Errorf("login %v, station %v", login, station)
			}
			if again, _ := s.Recall("bob", base, []Digest{base.Phone}); again.IsZero() == c.kept {
				t.Errorf("afterwards: %v", again)
			}
			if login, station := s.Recall("eve", now, []Digest{now.Phone}); !login.IsZero() || !station.IsZero() {
				t.Error("another person's approval counts")
			}
		})
	}
}

func TestKeepIsBounded(t *testing.T) {
	s := alone()
	at := func(i int) Approval {
		return Approval{Station: fmt.Sprint(i), Credential: Digest{1}, At: time.Unix(int64(i), 0)}
	}
	for i := range 3 * Most {
		s.Keep("bob", at(i))
		s.Keep("bob", at(i)) // the same login again takes no second place
	}
	for i := range 3 * Most {
		login, _ := s.Recall("bob", at(i), []Digest{at(i).Phone})
		if login.IsZero() == (i >= 2*Most) {
			t.Errorf("%d: %v", i, login)
		}
	}
	newer := at(2 * Most)
	newer.At = time.Unix(1000, 0)
	s.Keep("bob", newer)
	if login, _ := s.Recall("bob", at(2*Most), []Digest{newer.Phone}); !login.Equal(newer.At) {
		t.Errorf("the newer approval is not the one that counts: %v", login)
	}
}

// TestDigestsAreOfTheStoreAlone: what one process keeps says nothing to another, and parts do not run into each other.
func TestDigestsAreOfTheStoreAlone(t *testing.T) {
	a, b := alone(), alone()
	if a.Digest("x") == b.Digest("x") || a.Digest("ab", "c") == a.Digest("a", "bc") || a.Digest() == (Digest{}) {
		t.Error("digests are equal that must differ, or the other way")
	}
}

// TestShared: approvals have the same digests at all nodes, and count only while this one has heard what the others took back.
func TestShared(t *testing.T) {
	current := true
	s, other := Shared(naming.Keyed([]byte("k")), func() bool { return current }), Shared(naming.Keyed([]byte("k")), nil)
	one, err := identity.ParseMobile("+491701111111")
	if err != nil {
		t.Fatal(err)
	}
	here, there := s.Phones(secret.New("b@x"), one, identity.Mobile{}), other.Phones(secret.New("b@x"), one)
	if len(here) != 2 || here[0] != there[0] || here[0] == here[1] || here[0] == s.Phones(secret.New("c@x"), one)[0] {
		t.Error("the digests of phones")
	}
	a := Approval{Client: "vpn", Station: "x", Credential: Digest{1}, Phone: here[0], At: time.Unix(1, 0)}
	s.Keep("bob", a)
	for _, current = range []bool{true, false, true} {
		login, station := s.Recall("bob", a, here)
		again, still := s.Look("bob", a, here)
		for _, at := range []time.Time{login, station, again, still} {
			if at.IsZero() == current {
				t.Errorf("current %v: %v", current, at)
			}
		}
	}
	other.Keep("bob", a)
	if login, _ := other.Recall("bob", a, there); login.IsZero() {
		t.Error("where nobody says that it is behind, nothing counts")
	}
}

// TestPeople: who approved last comes first, and nobody who was forgotten.
func TestPeople(t *testing.T) {
	s := alone()
	if all, left := s.People(9); len(all) != 0 || left != 0 {
		t.Errorf("%v, %d", all, left)
	}
	for i, name := range []string{"bob", "alice", "eve", "bob", "kim", "lee"} {
		s.Keep(name, Approval{Client: "vpn", Station: fmt.Sprint(i), At: time.Unix(int64(i/5), 0)})
	}
	s.Forget("eve")
	all, left := s.People(3)
	if got, want := fmt.Sprint(all), fmt.Sprint([]Person{{"lee", 1, time.Unix(1, 0)}, {"alice", 1, time.Unix(0, 0)}, {"bob", 2, time.Unix(0, 0)}}); got != want || left != 1 {
		t.Errorf("%s and %d more, want %s", got, left, want)
	}
}
