package gate

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ivalt-radius/auth"
)

// locking is the lockout alone.
func locking() Settings {
	s := nothing()
	s.Lockout = defaults().Lockout
	return s
}

func TestLockout(t *testing.T) {
	y := newYard(t, locking(), nil)
	y.logins(3, bob(), wrong())
	if len(y.noted) != 0 || y.Lockouts() != nil {
		t.Fatalf("three are too many: %+v", y.noted)
	}
	y.in(bob(), wrong())
	y.out(bob(), exempt(), auth.LockedOut, "guard.lockout: locked out at this calling station until 2026-11-26T09:01:00Z")
	for range 50 {
		y.out(bob(), wrong(), auth.LockedOut, "")
	}
	if len(y.noted) != 1 || y.noted[0].Event != "locked_out" || y.noted[0].User != "bob" || y.noted[0].CallingStation != "192.0.2.1" ||
		y.noted[0].Client != "vpn" || !strings.Contains(y.noted[0].Detail, "until 2026-11-26T09:01:00Z") {
		t.Fatalf("noted %+v", y.noted)
	}
	want := []Lockout{{User: "bob", Station: "192.0.2.1", Until: y.now.Add(time.Minute), Count: 1}}
	if got := y.Lockouts(); !slices.Equal(got, want) {
		t.Errorf("got %+v", got)
	}
	y.in(visit("bob", "192.0.2.2"), exempt()) // not the person as a whole
	y.in(visit("eve", "192.0.2.1"), exempt()) // not the place as a whole
	y.pass(time.Minute - time.Nanosecond)
	y.out(bob(), exempt(), auth.LockedOut, "")
	y.pass(time.Nanosecond)
	y.in(bob(), exempt())
	if y.Lockouts() != nil {
		t.Error("it is over")
	}
}

func TestLockoutWindow(t *testing.T) {
	y := newYard(t, locking(), nil)
	y.in(bob(), wrong())
	y.pass(14 * time.Minute)
	y.logins(2, bob(), wrong())
	y.pass(time.Minute) // the first one is out of the window
	y.in(bob(), wrong())
	y.in(bob(), exempt())
	y.logins(3, bob(), wrong()) // the right password forgot the others
	y.in(bob(), wrong())
	y.out(bob(), wrong(), auth.LockedOut, "")
}

func TestLockoutDoubles(t *testing.T) {
	y := newYard(t, locking(), nil)
	again := func(minutes int) {
		t.Helper()
		y.logins(4, bob(), wrong())
		locked := time.Duration(minutes) * time.Minute
		if got := y.Lockouts()[0].Until.Sub(y.now); got != locked {
			t.Fatalf("locked out for %s, want %s", got, locked)
		}
		y.pass(locked)
	}
	for _, minutes := range []int{1, 2, 4, 8, 15, 15} {
		again(minutes)
	}
	y.pass(24*time.Hour - time.Nanosecond)
	again(15)
	y.pass(24 * time.Hour)
	again(1)
	again(2)
	y.in(bob(), exempt()) // the right password alone does not say that it is the person
	again(4)
	y.in(bob(), approved())
	again(1)
}

func TestNoLockout(t *testing.T) {
	t.Run("unknown station", func(t *testing.T) {
		y := newYard(t, locking(), nil)
		y.logins(100, visit("bob", ""), wrong())
		if y.noted != nil {
			t.Errorf("locked out as a whole: %+v", y.noted)
		}
	})
	t.Run("off", func(t *testing.T) {
		y := newYard(t, nothing(), nil)
		y.logins(100, bob(), wrong())
	})
	t.Run("no guess", func(t *testing.T) {
		y := newYard(t, locking(), nil)
		y.logins(100, bob(), auth.End{Reason: auth.BadPassword}) // empty, or the shared secret differs
		y.logins(100, bob(), auth.End{Reason: auth.Unavailable})
	})
}

func TestParallelGuesses(t *testing.T) {
	for _, known := range []string{"192.0.2.1", ""} {
		s := locking()
		s.WrongPasswords = Rates{Window: time.Hour, PerUser: 4}
		y := newYard(t, s, nil)
		v := visit("bob", known)
		var in []auth.Admission
		for range 1000 {
			if a := y.Admit(v, auth.Arriving); a.Open {
				in = append(in, a)
			} else if a.Reason != auth.RateLimited {
				t.Fatalf("%+v", a)
			}
		}
		if len(in) != 4 {
			t.Errorf("station %q: %d parallel guesses, want 4", known, len(in))
		}
		for range in {
			y.Ended(v, wrong())
		}
		if a := y.Admit(v, auth.Arriving); a.Open || len(y.noted) != min(1, len(known)) {
			t.Errorf("station %q: %+v, noted %+v", known, a, y.noted)
		}
	}
}

func TestParallelLoginsEnd(t *testing.T) {
	y := newYard(t, locking(), nil)
	fill := func() {
		t.Helper()
		for range 4 {
			if a := y.Admit(bob(), auth.Arriving); !a.Open {
				t.Fatalf("%+v", a)
			}
		}
		if a := y.Admit(bob(), auth.Arriving); a.Open || !strings.Contains(a.Detail, "guard.lockout.after") {
			t.Fatalf("the fifth: %+v", a)
		}
	}
	for _, e := range []auth.End{{}, exempt(), unanswered()} {
		fill()
		for range 4 {
			y.Ended(bob(), e)
		}
	}
	y.logins(3, bob(), wrong())
	y.Admit(bob(), auth.Arriving)
	y.out(bob(), exempt(), auth.RateLimited, "guard.lockout.after")
	y.Ended(bob(), auth.End{}) // a copy, whose end says nothing of the password
	y.in(bob(), wrong())
	y.out(bob(), exempt(), auth.LockedOut, "")
	y.pass(time.Hour)
	fill() // and none of them ever ends: they panicked
	y.pass(10*time.Minute - time.Nanosecond)
	y.out(bob(), exempt(), auth.RateLimited, "guard.lockout.after")
	y.pass(time.Nanosecond)
	y.in(bob(), exempt())
}

func TestOtherSpellingsGiveNoMoreGuesses(t *testing.T) {
	guesses := func(y *yard, s string) (n int) {
		for i := range 100 {
			if y.login(of(visit(fmt.Sprintf("bob%d", i), s), "bob"), wrong()).Open {
				n++
			}
		}
		return n
	}
	t.Run("one after the other", func(t *testing.T) {
		y := newYard(t, locking(), nil)
		if n := guesses(y, "192.0.2.1"); n != 4 || len(y.noted) != 1 || y.noted[0].User != "bob" {
			t.Errorf("%d guesses, noted %+v", n, y.noted)
		}
		y.out(bob(), exempt(), auth.LockedOut, "")
	})
	t.Run("in parallel", func(t *testing.T) {
		y := newYard(t, locking(), nil)
		n := 0
		for i := range 100 {
			v := visit(fmt.Sprintf("bob%d", i), "192.0.2.1")
			y.Admit(v, auth.Arriving)
			if y.Admit(of(v, "bob"), auth.Recognised).Open {
				n++
			}
		}
		if n != 4 {
			t.Errorf("%d guesses", n)
		}
		for i := range 100 {
			y.Ended(of(visit(fmt.Sprintf("bob%d", i), "192.0.2.1"), "bob"), auth.End{})
		}
		y.in(bob(), exempt())
	})
	t.Run("station unknown", func(t *testing.T) {
		s := nothing()
		s.WrongPasswords = Rates{Window: time.Hour, PerUser: 8}
		if n := guesses(newYard(t, s, nil), ""); n != 8 {
			t.Errorf("%d guesses", n)
		}
	})
	t.Run("one spelling", func(t *testing.T) {
		y := newYard(t, locking(), nil)
		y.logins(4, of(visit("robert", "192.0.2.1"), "bob"), wrong())
		if len(y.noted) != 2 || len(y.Lockouts()) != 2 {
			t.Errorf("noted %+v, in force %+v", y.noted, y.Lockouts())
		}
		y.out(bob(), exempt(), auth.LockedOut, "")
		y.out(visit("robert", "192.0.2.1"), exempt(), auth.LockedOut, "")
		y.out(of(visit("bobby", "192.0.2.1"), "bob"), exempt(), auth.LockedOut, "")
	})
}

func TestRingingAsksForBothNames(t *testing.T) {
	for _, name := range []string{"bob", "robert"} {
		y := newYard(t, locking(), nil)
		y.logins(4, visit(name, "192.0.2.1"), wrong())
		if a := y.Admit(of(bob(), "robert"), auth.Ringing); a.Open || a.Reason != auth.LockedOut {
			t.Errorf("%s is locked out: %+v", name, a)
		}
		if a := y.Admit(of(visit("bob", "192.0.2.2"), "robert"), auth.Ringing); !a.Open {
			t.Errorf("elsewhere: %+v", a)
		}
	}
}

func TestRelease(t *testing.T) {
	s := defaults()
	locked := func() *yard {
		y := newYard(t, s, nil)
		y.home("bob", "192.0.2.9")
		y.logins(4, bob(), wrong())
		y.logins(3, visit("bob", "192.0.2.2"), wrong())
		y.logins(2, visit("eve", "192.0.2.1"), unanswered())
		y.in(visit("bob", "192.0.2.9"), denied())
		y.out(bob(), exempt(), auth.LockedOut, "")
		return y
	}
	t.Run("a place", func(t *testing.T) {
		y := locked()
		y.Release("bob", "192.0.2.1")
		y.logins(3, bob(), wrong())
		y.in(visit("bob", "192.0.2.2"), wrong())
		if got := y.Lockouts(); len(got) != 1 || got[0].Station != "192.0.2.2" {
			t.Errorf("in force: %+v", got)
		}
		y.out(visit("bob", "192.0.2.9"), approved(), auth.RateLimited, "guard.denied")
	})
	t.Run("all of a person's", func(*testing.T) {
		y := locked()
		y.Release("bob", "")
		y.logins(3, bob(), wrong())
		y.logins(3, visit("bob", "192.0.2.2"), wrong())
		y.in(visit("bob", "192.0.2.9"), approved())
		y.out(visit("eve", "192.0.2.1"), approved(), auth.RateLimited, "guard.unanswered") // nobody else's
	})
	t.Run("the doubling too", func(t *testing.T) {
		y := locked()
		y.Release("bob", "")
		y.logins(4, bob(), wrong())
		if got := y.Lockouts(); len(got) != 1 || got[0].Count != 1 {
			t.Errorf("in force: %+v", got)
		}
	})
}

// TestRace has everything at once, for the race detector.
func TestRace(t *testing.T) {
	y := newYard(t, defaults(), newMemory())
	var all sync.WaitGroup
	for w := range 8 {
		all.Go(func() {
			for i := range 200 {
				v := of(visit(person1(i%5), station(w)), "bob")
				y.login(v, []auth.End{wrong(), approved(), unanswered(), denied()}[i%4])
				y.Answered(v.User.String(), v.Station)
				if i%20 == 0 {
					y.Release(v.User.String(), "")
					y.Adopt(defaults())
					_ = y.Lockouts()
				}
			}
		})
	}
	all.Wait()
}
