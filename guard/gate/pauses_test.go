package gate

import (
	"slices"
	"testing"
	"time"

	"ivalt-radius/auth"
)

// quiet is what keeps phones quiet alone.
func quiet() Settings {
	s := nothing()
	s.Unanswered, s.Denied = defaults().Unanswered, defaults().Denied
	return s
}

func TestUnanswered(t *testing.T) {
	y := newYard(t, quiet(), nil)
	asleep := func(pause time.Duration) {
		t.Helper()
		a := y.out(bob(), approved(), auth.RateLimited, "guard.unanswered.after: nobody answered")
		if !a.Asleep {
			t.Error("asleep is not said")
		}
		y.in(bob(), exempt()) // no phone rings for it
		y.pass(pause - time.Nanosecond)
		y.out(bob(), approved(), auth.RateLimited, "no phone rings until "+y.now.Add(time.Nanosecond).Format(time.RFC3339))
		y.pass(time.Nanosecond)
	}
	y.in(bob(), unanswered())
	y.in(bob(), unanswered())
	asleep(5 * time.Minute)
	y.in(bob(), unanswered())
	asleep(10 * time.Minute)
	for _, pause := range []time.Duration{20, 40, 60, 60} {
		y.in(bob(), unanswered())
		asleep(pause * time.Minute)
	}
	y.pass(24*time.Hour - time.Nanosecond)
	y.in(bob(), unanswered())
	asleep(time.Hour)
	y.pass(24 * time.Hour)
	y.in(bob(), unanswered()) // a row begins anew
	y.in(bob(), approved())
	y.in(bob(), unanswered())
	y.in(bob(), unanswered())
	asleep(5 * time.Minute)
}

// TestCollisionsRingNoMore: two logins at once end both as a collision, and one phone has rung. That is no way to let it ring on and on; and no way to
// keep the person's own phone quiet at home, where it was the person's login that a stranger's collided with.
func TestCollisionsRingNoMore(t *testing.T) {
	collided := auth.End{Reason: auth.Collision, Passed: true, Pushed: true}
	y := newYard(t, quiet(), nil)
	y.home("bob", "192.0.2.1")
	y.logins(2, visit("bob", "203.0.113.9"), collided)
	y.out(visit("bob", "203.0.113.10"), collided, auth.RateLimited, "guard.unanswered.after")
	y.logins(5, bob(), collided)
	y.logins(5, visit("eve", "203.0.113.9"), auth.End{Reason: auth.Collision, Passed: true}) // no phone rang for it
	y.in(visit("eve", "203.0.113.9"), approved())
}

func TestInARow(t *testing.T) {
	for _, c := range []struct {
		name    string
		between auth.End
		ends    bool
	}{
		{"an approval", approved(), true},
		{"a refusal", denied(), true},
		{"no phone rang", auth.End{Reason: auth.PushTimeout, Passed: true}, false},
		{"a retry", auth.End{}, false},
		{"a wrong password", wrong(), false},
		{"exempt", exempt(), false},
		{"iVALT is out of reach", auth.End{Reason: auth.Unavailable, Passed: true, Pushed: true}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			y := newYard(t, quiet(), nil)
			y.in(bob(), unanswered())
			y.in(bob(), c.between)
			y.pass(2 * time.Minute)
			y.in(bob(), unanswered())
			if a := y.Admit(bob(), auth.Ringing); a.Open != c.ends || a.Asleep == c.ends {
				t.Errorf("got %+v", a)
			}
		})
	}
}

func TestDenied(t *testing.T) {
	y := newYard(t, quiet(), nil)
	y.in(bob(), denied())
	if a := y.out(bob(), approved(), auth.RateLimited, "guard.denied.for: the person refused a push of unfamiliar places; no phone rings until 2026-11-26T09:02:00Z"); a.Asleep {
		t.Error("who refuses is awake")
	}
	y.in(visit("eve", "192.0.2.1"), approved())
	y.pass(2*time.Minute - time.Nanosecond)
	y.out(bob(), approved(), auth.RateLimited, "guard.denied.for")
	y.pass(time.Nanosecond)
	y.in(bob(), approved())

	s := quiet()
	s.Denied = 0
	y = newYard(t, s, nil)
	y.in(bob(), denied())
	y.in(bob(), approved())
}

func TestPausesByPlace(t *testing.T) {
	away := visit("bob", "198.51.100.7")
	other := visit("bob", "198.51.100.8")
	y := newYard(t, quiet(), nil)
	y.home("bob", bob().Station)
	y.logins(2, away, unanswered())
	if a := y.out(other, approved(), auth.RateLimited, "of unfamiliar places"); !a.Asleep {
		t.Error("strangers share one")
	}
	y.out(visit("bob", ""), approved(), auth.RateLimited, "of unfamiliar places")
	y.logins(2, bob(), unanswered()) // home is not theirs
	y.out(bob(), approved(), auth.RateLimited, "of a familiar place")
	y.pass(5 * time.Minute)
	y.in(away, approved()) // it becomes familiar, and wakes the strangers' too
	y.in(other, unanswered())
	y.in(other, approved())
	y.in(bob(), denied())
	y.out(bob(), approved(), auth.RateLimited, "guard.denied.for: the person refused a push of a familiar place")
	y.in(away, approved())
}

func TestPausesByPerson(t *testing.T) {
	y := newYard(t, quiet(), nil)
	y.in(of(visit("bobby", "192.0.2.1"), "bob"), unanswered())
	y.in(of(visit("robert", "192.0.2.1"), "bob"), unanswered())
	y.out(of(visit("rob", "192.0.2.1"), "bob"), approved(), auth.RateLimited, "guard.unanswered")
	y.out(bob(), approved(), auth.RateLimited, "guard.unanswered")
}

func TestPushesByPerson(t *testing.T) {
	s := nothing()
	s.Pushes = defaults().Pushes
	y := newYard(t, s, nil)
	for _, name := range []string{"bobby", "robert", "rob"} {
		y.in(of(visit(name, "192.0.2.1"), "bob"), unanswered())
	}
	y.out(of(visit("bo", "192.0.2.2"), "bob"), unanswered(), auth.RateLimited, "guard.pushes.per_user of unfamiliar places: again in 100s")
}

// TestAnApprovedPushIsGivenBack: who logs in often is not who is bombed.
func TestAnApprovedPushIsGivenBack(t *testing.T) {
	for _, c := range []struct {
		end  auth.End
		room int // for pushes, of 2 and no more
	}{{approved(), 5}, {auth.End{Reason: auth.PushTimeout, Passed: true, Pushed: true}, 2}, {denied(), 2}, {auth.End{Reason: auth.ApprovedByPerson, Passed: true}, 2}} {
		s := nothing()
		s.Pushes = Rates{Window: time.Hour, PerUser: 2}
		y, n := newYard(t, s, nil), 0
		for ; n < 5; n++ {
			y.Admit(visit("bob", ""), auth.Arriving)
			a := y.Admit(visit("bob", ""), auth.Ringing)
			y.Ended(visit("bob", ""), c.end)
			if !a.Open {
				break
			}
		}
		if n != c.room {
			t.Errorf("%+v: %d pushes", c.end, n)
		}
	}
}

func TestALateApprovalReachesTheNextRetry(t *testing.T) {
	for _, c := range []struct {
		name          string
		login         auth.Visit
		user, station string
		wakes         bool
	}{
		{"unfamiliar", bob(), "bob", "192.0.2.1", true},
		{"another unfamiliar one: they are one", bob(), "bob", "192.0.2.2", true},
		{"familiar", visit("bob", "192.0.2.9"), "bob", "192.0.2.9", true},
		{"not the familiar one's", visit("bob", "192.0.2.9"), "bob", "192.0.2.1", false},
		{"listed otherwise", of(visit("robert", "192.0.2.1"), "bob"), "robert", "192.0.2.1", true},
		{"somebody else's", bob(), "eve", "192.0.2.1", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			y := newYard(t, quiet(), nil)
			y.home("bob", "192.0.2.9")
			y.logins(2, c.login, unanswered())
			y.out(c.login, approved(), auth.RateLimited, "guard.unanswered")
			y.Answered(c.user, c.station)
			if a := y.login(c.login, approved()); a.Open != c.wakes {
				t.Errorf("got %+v", a)
			}
		})
	}
}

func TestALateApprovalEndsNoCoolDown(t *testing.T) {
	y := newYard(t, quiet(), nil)
	y.in(bob(), denied())
	y.Answered("bob", bob().Station)
	y.out(bob(), approved(), auth.RateLimited, "guard.denied")
}

// TestPausesAreListed: those in force, each place for itself, and no longer than they last; released they are gone.
func TestPausesAreListed(t *testing.T) {
	y := newYard(t, quiet(), nil)
	y.home("bob", "192.0.2.1")
	listed := func(most, left int, want ...Pause) {
		t.Helper()
		got, more := y.Pauses(most)
		if !slices.Equal(got, want) || more != left {
			t.Errorf("%v and %d more, want %v and %d", got, more, want, left)
		}
	}
	listed(9, 0)
	y.in(visit("bob", "203.0.113.9"), unanswered())
	listed(9, 0) // one alone begins no pause
	y.in(visit("bob", "203.0.113.9"), unanswered())
	strangers := Pause{User: "bob", Until: y.now.Add(5 * time.Minute)}
	listed(9, 0, strangers)
	y.in(visit("bob", "192.0.2.1"), denied())
	home := Pause{User: "bob", Station: "192.0.2.1", Until: y.now.Add(defaults().Denied)}
	y.in(visit("alice", "192.0.2.7"), denied())
	alice := Pause{User: "alice", Until: home.Until}
	listed(9, 0, alice, strangers, home)
	listed(1, 2, alice)
	y.Release("alice", "")
	listed(9, 0, strangers, home)
	y.pass(defaults().Denied)
	listed(9, 0, strangers)
	y.pass(5 * time.Minute)
	listed(9, 0)
}
