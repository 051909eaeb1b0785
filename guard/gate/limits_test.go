package gate

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"ivalt-radius/auth"
)

// limited is one limit: the rates that hold it, and logins that differ in all but what it is about.
type limited struct {
	name  string
	rates Rates
	login func(i int) auth.Visit
	other auth.Visit // a login that it does not concern
	word  string
}

func limits(word string) []limited {
	five := func(set func(*Rates)) Rates {
		r := Rates{Window: time.Minute}
		set(&r)
		return r
	}
	client := func(v auth.Visit, name string) auth.Visit {
		v.Client = name
		return v
	}
	return []limited{
		{"per user", five(func(r *Rates) { r.PerUser = 5 }), func(i int) auth.Visit { return client(visit("bob", station(i)), fmt.Sprint(i)) }, visit("eve", station(1)), word + ".per_user of unfamiliar places"},
		{"per user, station unknown", five(func(r *Rates) { r.PerUser = 5 }), func(int) auth.Visit { return visit("bob", "") }, visit("eve", ""), word + ".per_user of unfamiliar places"},
		{"per calling station", five(func(r *Rates) { r.PerCallingStation = 5 }), func(i int) auth.Visit { return client(visit(person1(i), "203.0.113.9"), fmt.Sprint(i)) }, visit("u1", station(1)), word + ".per_calling_station"},
		{"per client", five(func(r *Rates) { r.PerClient = 5 }), func(i int) auth.Visit { return visit(person1(i), station(i)) }, client(visit("u1", station(1)), "wifi"), word + ".per_client"},
		{"in all", five(func(r *Rates) { r.InAll = 5 }), func(i int) auth.Visit { return client(visit(person1(i), station(i)), fmt.Sprint(i)) }, auth.Visit{}, word + ".in_all"},
	}
}

func station(i int) string { return fmt.Sprintf("198.51.%d.%d", i/250, 1+i%250) }

func person1(i int) string { return fmt.Sprintf("u%d", i) }

// bound goes to the limit's exact bound, beyond it, and to the moment at which there is room again.
func bound(t *testing.T, y *yard, l limited, e auth.End) {
	t.Helper()
	for i := range 5 {
		y.in(l.login(i), e)
	}
	a := y.out(l.login(5), e, auth.RateLimited, l.word)
	if !strings.HasSuffix(a.Detail, ": again in 12s") || a.Asleep {
		t.Errorf("detail %q", a.Detail)
	}
	if l.other != (auth.Visit{}) {
		y.in(l.other, e)
	}
	y.pass(12*time.Second - time.Millisecond)
	y.out(l.login(6), e, auth.RateLimited, l.word)
	y.pass(time.Millisecond)
	y.in(l.login(7), e)
	y.out(l.login(8), e, auth.RateLimited, l.word)
	y.pass(time.Minute)
	for i := range 5 {
		y.in(l.login(9+i), e)
	}
}

func TestAttempts(t *testing.T) {
	for _, l := range limits("guard.attempts") {
		t.Run(l.name, func(t *testing.T) {
			s := nothing()
			s.Attempts = l.rates
			bound(t, newYard(t, s, nil), l, exempt())
		})
	}
}

func TestWrongPasswords(t *testing.T) {
	for _, l := range limits("guard.wrong_passwords") {
		t.Run(l.name, func(t *testing.T) {
			s := nothing()
			s.WrongPasswords = l.rates
			bound(t, newYard(t, s, nil), l, wrong())
		})
	}
}

func TestPushes(t *testing.T) {
	for _, l := range limits("guard.pushes") {
		t.Run(l.name, func(t *testing.T) {
			s := nothing()
			s.Pushes = l.rates
			bound(t, newYard(t, s, nil), l, unanswered())
		})
	}
}

func TestRightPasswordsPressNobody(t *testing.T) {
	s := nothing()
	s.WrongPasswords = Rates{Window: time.Minute, PerUser: 1, PerCallingStation: 1, PerClient: 1, InAll: 1}
	newYard(t, s, nil).logins(50, visit("bob", "203.0.113.9"), exempt())
}

func TestRefusedLoginsCountNothing(t *testing.T) {
	s := nothing()
	s.Attempts = Rates{Window: time.Minute, PerUser: 1, InAll: 3}
	y := newYard(t, s, nil)
	y.in(visit("bob", "203.0.113.9"), exempt())
	for range 100 {
		y.out(visit("bob", "203.0.113.9"), exempt(), auth.RateLimited, "per_user")
	}
	y.in(visit("eve", "203.0.113.9"), exempt())
	y.in(visit("ann", "203.0.113.9"), exempt())
	y.out(visit("tom", "203.0.113.9"), exempt(), auth.RateLimited, "in_all")
}

func TestFamiliarPlacesCountByThemselves(t *testing.T) {
	v := visit("bob", "192.0.2.1")
	s := nothing()
	s.Attempts = Rates{Window: time.Minute, PerUser: 5, PerCallingStation: 7, PerClient: 9, InAll: 11}
	y := newYard(t, s, nil)
	y.home("bob", v.Station)
	for i := range 40 { // strangers: of bob, at his own station, through his client, in all
		y.login(visit("bob", station(i)), exempt())
		y.login(visit(person1(i), v.Station), exempt())
		y.login(visit(person1(i), station(i)), exempt())
	}
	y.out(visit("ann", v.Station), exempt(), auth.RateLimited, "of unfamiliar places")
	y.logins(5, v, exempt())
	y.out(v, exempt(), auth.RateLimited, "guard.attempts.per_user of a familiar place: again in 12s")
}

func TestFamiliarPlacesGoOnUnderPressure(t *testing.T) {
	s := nothing()
	s.WrongPasswords = Rates{Window: time.Minute, PerUser: 2, PerCallingStation: 3, PerClient: 5, InAll: 6}
	y := newYard(t, s, nil)
	y.home("bob", "192.0.2.1")
	for i := range 40 {
		y.login(visit("bob", station(i)), wrong())
		y.login(visit(person1(i), "192.0.2.1"), wrong())
		y.login(visit(person1(i), station(i)), wrong())
	}
	y.out(visit("bob", station(99)), exempt(), auth.RateLimited, "guard.wrong_passwords")
	y.logins(20, visit("bob", "192.0.2.1"), exempt())
	y.logins(2, visit("bob", "192.0.2.1"), wrong())
	y.out(visit("bob", "192.0.2.1"), exempt(), auth.RateLimited, "guard.wrong_passwords.per_user of a familiar place")
}

func TestFamiliarFor30Days(t *testing.T) {
	s := nothing()
	s.Attempts = Rates{Window: time.Second, PerUser: 1}
	y := newYard(t, s, nil)
	y.in(visit("bob", "192.0.2.1"), approved())
	y.pass(30*24*time.Hour - time.Nanosecond)
	y.in(visit("bob", "192.0.2.2"), exempt())
	y.in(visit("bob", "192.0.2.1"), exempt())
	y.pass(time.Hour)
	y.in(visit("bob", "192.0.2.2"), exempt())
	y.out(visit("bob", "192.0.2.1"), exempt(), auth.RateLimited, "of unfamiliar places")
}

func TestOnlyAnApprovedPushMakesAPlaceFamiliar(t *testing.T) {
	for reason := range auth.ShuttingDown + 1 {
		s := nothing()
		s.Attempts = Rates{Window: time.Minute, PerUser: 2}
		y := newYard(t, s, nil)
		y.in(visit("bob", "192.0.2.1"), auth.End{Reason: reason, Passed: true})
		a := y.Admit(visit("bob", "192.0.2.2"), auth.Arriving)
		b := y.Admit(visit("bob", "192.0.2.1"), auth.Arriving)
		if familiar := reason == auth.ApprovedByPerson; !a.Open || b.Open != familiar || b.Familiar != familiar || a.Familiar {
			t.Errorf("%s: %+v, %+v", reason, a, b)
		}
	}
}

func TestAdopt(t *testing.T) {
	s := nothing()
	s.Attempts = Rates{Window: time.Minute, PerUser: 3}
	y := newYard(t, s, nil)
	v := visit("bob", "192.0.2.1")
	y.logins(3, v, exempt())
	y.out(v, exempt(), auth.RateLimited, "per_user")
	s.Attempts.PerUser = 6 // room comes back faster, and what was counted stays
	y.Adopt(s)
	y.out(v, exempt(), auth.RateLimited, "again in 10s")
	y.pass(time.Hour)
	y.logins(6, v, exempt())
	s.Attempts.PerUser = 0
	y.Adopt(s)
	y.logins(50, v, exempt())
	s.Attempts.PerUser = 2
	y.Adopt(s)
	y.out(v, exempt(), auth.RateLimited, "again in 30s")
}

func TestBlocks(t *testing.T) {
	y := newYard(t, nothing(), nil)
	v := of(visit("bob", "192.0.2.1"), "robert")
	stages := map[auth.Stage]auth.Visit{auth.Arriving: visit("bob", "192.0.2.1"), auth.Recognised: v, auth.Ringing: v, auth.Entering: v}
	want := func(what string, blocked ...auth.Stage) {
		t.Helper()
		for s, v := range stages {
			a := y.Admit(v, s)
			no := false
			for _, b := range blocked {
				no = no || b == s
			}
			if a.Open == no || no && (a.Reason != auth.Blocked || !strings.Contains(a.Detail, what)) {
				t.Errorf("%s, stage %d: %+v", what, s, a)
			}
		}
	}
	want("nobody")
	y.names["bob"] = y.now.Add(time.Hour)
	want("blocked until 2026-11-26T10:00:00Z", auth.Arriving, auth.Ringing, auth.Entering)
	delete(y.names, "bob")
	y.names["robert"] = time.Time{}
	want("blocked", auth.Recognised, auth.Ringing, auth.Entering)
	delete(y.names, "robert")
	y.prefix = netip.MustParsePrefix("192.0.2.0/24")
	want("blocked", auth.Arriving, auth.Recognised, auth.Ringing, auth.Entering)
	y.prefix = netip.MustParsePrefix("192.0.3.0/24")
	want("a near miss")
	y.deps.Blocks = nil
	want("nobody knows of blocks")
}

func TestZeroValuesDeny(t *testing.T) {
	var g Gate
	for s := auth.Arriving; s <= auth.Entering+1; s++ {
		if a := g.Admit(visit("bob", "192.0.2.1"), s); a.Open {
			t.Errorf("the zero gate lets in at stage %d", s)
		}
	}
	g.Ended(visit("bob", "192.0.2.1"), wrong())
	if a := newYard(t, nothing(), nil).Admit(visit("bob", ""), auth.Entering+1); a.Open {
		t.Error("a stage that is none lets in")
	}
}
