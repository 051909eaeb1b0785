package gate

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ivalt-radius/auth"
)

// post is what gates told, and how long ago.
type post struct {
	from *yard
	at   time.Time
	text []byte
}

// street has two gates, whose posts travel when the test says so.
type street struct {
	a, b  *yard
	posts []post
}

func newStreet(t *testing.T, s Settings) *street {
	t.Helper()
	w := &street{a: newYard(t, s, nil), b: newYard(t, s, newMemory())}
	for _, y := range []*yard{w.a, w.b} {
		y.deps.Tell = func(text []byte) { w.posts = append(w.posts, post{y, y.clock(), text}) }
	}
	return w
}

// deliver brings all that was told to the other gate.
func (w *street) deliver(t *testing.T) {
	t.Helper()
	posts := w.posts
	w.posts = nil
	for _, p := range posts {
		to := w.a
		if p.from == w.a {
			to = w.b
		}
		if err := to.Apply(to.clock().Sub(p.at), p.text); err != nil {
			t.Fatal(err)
		}
	}
	if len(w.posts) != 0 {
		t.Fatalf("what was heard is told on: %s", w.posts[0].text)
	}
}

func (w *street) pass(d time.Duration) {
	w.a.pass(d)
	w.b.pass(d)
}

// noted are the lockouts that were said, at both.
func (w *street) noted() int { return len(w.a.noted) + len(w.b.noted) }

func TestWrongPasswordsAtTwoNodesLockOutAtBoth(t *testing.T) {
	for _, order := range []string{"aabb", "abab", "abba", "bbab", "bbba"} {
		for _, live := range []string{"at once", "late"} {
			t.Run(order+" "+live, func(t *testing.T) {
				w := newStreet(t, defaults())
				for _, at := range order {
					map[rune]*yard{'a': w.a, 'b': w.b}[at].in(bob(), wrong())
					if live == "at once" {
						w.deliver(t)
					}
					w.pass(10 * time.Millisecond)
				}
				w.deliver(t)
				for _, y := range []*yard{w.a, w.b} {
					y.out(bob(), exempt(), auth.LockedOut, "guard.lockout")
				}
				a, b := w.a.Lockouts(), w.b.Lockouts()
				if len(a) != 1 || !slices.Equal(a, b) || a[0].Count != 1 {
					t.Errorf("%+v, %+v", a, b)
				}
				if w.noted() != 1 {
					t.Errorf("the lockout was said %d times", w.noted())
				}
			})
		}
	}
}

func TestTheOtherNodeKnows(t *testing.T) {
	for _, c := range []struct {
		name  string
		do    func(a *yard)
		after time.Duration // until it is heard
		check func(b *yard)
	}{
		{"attempts", func(a *yard) { a.logins(10, bob(), auth.End{}) }, 0, func(b *yard) {
			b.out(bob(), exempt(), auth.RateLimited, "guard.attempts.per_user")
		}},
		{"attempts of a while ago", func(a *yard) { a.logins(10, bob(), auth.End{}) }, time.Minute, func(b *yard) { b.in(bob(), exempt()) }},
		{"pushes", func(a *yard) { a.logins(3, bob(), auth.End{Pushed: true, Passed: true}) }, 0, func(b *yard) {
			b.out(bob(), approved(), auth.RateLimited, "guard.pushes.per_user")
		}},
		{"a push that was approved", func(a *yard) { a.logins(3, bob(), approved()) }, 0, func(b *yard) { b.in(bob(), approved()) }},
		{"nobody answers", func(a *yard) { a.logins(2, bob(), unanswered()) }, 0, func(b *yard) {
			if out := b.out(bob(), approved(), auth.RateLimited, "guard.unanswered"); !out.Asleep {
				b.t.Error("not asleep")
			}
		}},
		{"refused", func(a *yard) { a.in(bob(), denied()) }, time.Second, func(b *yard) {
			b.out(bob(), approved(), auth.RateLimited, "until 2026-11-26T09:02:00Z")
		}},
		{"a familiar place", func(a *yard) { a.in(bob(), approved()) }, 50 * time.Minute, func(b *yard) {
			if !b.Admit(bob(), auth.Arriving).Familiar {
				b.t.Error("the place is not familiar")
			}
		}},
		{"a familiar place of the person", func(a *yard) { a.in(of(bob(), "robert"), approved()) }, 0, func(b *yard) {
			if !b.places.Has("robert", "192.0.2.1", b.now) {
				b.t.Error("the place is not familiar")
			}
		}},
		{"too long ago", func(a *yard) { a.in(bob(), approved()) }, 61 * time.Minute, func(b *yard) {
			if b.entries() != 0 {
				b.t.Errorf("%d entries", b.entries())
			}
		}},
		{"wrong passwords of a while ago", func(a *yard) { a.logins(3, bob(), wrong()) }, 15 * time.Minute, func(b *yard) {
			b.logins(3, bob(), wrong())
			b.in(bob(), exempt())
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newStreet(t, defaults())
			c.do(w.a)
			w.pass(c.after)
			w.deliver(t)
			c.check(w.b)
			if w.noted() != 0 {
				t.Errorf("noted %+v", w.b.noted)
			}
		})
	}
}

func TestTheOtherNodeForgives(t *testing.T) {
	for _, c := range []struct {
		name    string
		do      func(y *yard)
		late    time.Duration
		forgets bool
	}{
		{"the operator", func(y *yard) { y.Release("bob", "") }, 0, true},
		{"the operator, a while ago", func(y *yard) { y.Release("bob", "192.0.2.1") }, 50 * time.Minute, true},
		{"another's", func(y *yard) { y.Release("eve", "") }, 0, false},
		{"a late answer", func(y *yard) { y.Answered("bob", "192.0.2.1") }, 0, true},
		{"a late answer, a while ago", func(y *yard) { y.Answered("bob", "192.0.2.1") }, 2 * time.Minute, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := defaults()
			s.Unanswered.For = time.Hour
			w := newStreet(t, s)
			c.do(w.a) // before it, and heard behind it
			w.pass(c.late)
			w.b.logins(2, bob(), unanswered())
			posts := w.posts
			w.posts = posts[:1]
			w.deliver(t)
			if a := w.b.quiet(origin{name: "bob"}, w.b.now); a.Open != c.forgets {
				t.Errorf("%+v", a)
			}
		})
	}
}

// TestTheRightPasswordElsewhere forgets wrong ones here, while that is news.
func TestTheRightPasswordElsewhere(t *testing.T) {
	for late, locked := range map[time.Duration]bool{0: false, time.Minute: true} {
		w := newStreet(t, defaults())
		w.b.logins(3, bob(), wrong())
		w.posts = nil
		w.a.in(bob(), exempt())
		w.pass(late)
		w.deliver(t)
		w.b.in(bob(), wrong())
		if got := len(w.b.Lockouts()) == 1; got != locked {
			t.Errorf("heard %s later: locked out %v", late, got)
		}
	}
}

// TestNobodyHidesFromTheOtherNode: whatever a NAS sends as a calling station, what it counts is told.
func TestNobodyHidesFromTheOtherNode(t *testing.T) {
	w := newStreet(t, defaults())
	for i, station := range []string{"\x1b[2J", "\xff\xfe", strings.Repeat("é", 126), "a\tb\r\n", `"}`} {
		w.a.in(visit("bob", station), wrong())
		w.deliver(t)
		if n := w.b.entries(); n == 0 {
			t.Fatalf("%d: nothing was heard", i)
		}
	}
	w.a.logins(3, bob(), wrong())
	w.deliver(t)
	w.b.out(bob(), exempt(), auth.RateLimited, "guard.wrong_passwords.per_user")
}

func TestApplyRefuses(t *testing.T) {
	y := newYard(t, defaults(), nil)
	for name, text := range map[string]string{
		"nothing":          ``,
		"no JSON":          `{"v":1`,
		"another version":  `{"v":2,"k":"end","u":"bob","g":true}`,
		"another kind":     `{"v":1,"k":"open","u":"bob"}`,
		"no name":          `{"v":1,"k":"end","g":true}`,
		"no canonical one": `{"v":1,"k":"end","u":"BOB","g":true}`,
		"nobody released":  `{"v":1,"k":"released"}`,
		"a NUL":            `{"v":1,"k":"end","u":"bob","s":"a\u0000b","g":true}`,
		"a long place":     `{"v":1,"k":"end","u":"bob","g":true,"s":"` + strings.Repeat("x", mostName+1) + `"}`,
		"too long":         `{"v":1,"k":"end","u":"bob","g":true,"x":"` + strings.Repeat("x", mostTold) + `"}`,
	} {
		if err := y.Apply(0, []byte(text)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if y.entries() != 0 {
		t.Error("something was applied")
	}
	if err := y.Apply(-time.Hour, []byte(`{"v":1,"k":"end","u":"bob","s":"192.0.2.1","r":"policy_denied","g":true}`)); err != nil || y.entries() == 0 {
		t.Errorf("from the future: %v", err)
	}
	if err := new(Gate).Apply(0, []byte(`{"v":1,"k":"released","u":"bob"}`)); err != nil {
		t.Errorf("the zero Gate: %v", err)
	}
}

// TestOnlyWhatCountsIsTold: a login that was refused, or that nothing follows from, costs the others nothing.
func TestOnlyWhatCountsIsTold(t *testing.T) {
	w := newStreet(t, defaults())
	w.a.names["eve"] = w.a.now.Add(time.Hour)
	w.a.out(visit("eve", "192.0.2.7"), exempt(), auth.Blocked, "")
	if len(w.posts) != 0 {
		t.Errorf("told %s", w.posts[0].text)
	}
	w.a.Admit(bob(), auth.Entering)
	w.a.Ended(bob(), auth.End{})
	w.a.Ended(bob(), auth.End{Reason: auth.Busy})
	if len(w.posts) != 0 {
		t.Errorf("told %s", w.posts[0].text)
	}
	w.a.in(of(visit("bob@example.com", strings.Repeat("1", 253)), strings.Repeat("p", 253)), approved())
	if len(w.posts) != 3 {
		t.Fatalf("%d posts", len(w.posts))
	}
	for _, p := range w.posts {
		if len(p.text) > 700 {
			t.Errorf("%d octets", len(p.text))
		}
	}
}

func FuzzApply(f *testing.F) {
	for _, kind := range []string{counted, rung, over, answered, released} {
		f.Add([]byte(fmt.Sprintf(`{"v":1,"k":%q,"c":"vpn","u":"bob","n":"robert","s":"192.0.2.1","r":"approved","g":true,"p":true,"q":true}`, kind)))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		y := newYard(t, defaults(), newMemory())
		before := y.entries()
		if err := y.Apply(time.Second, text); err != nil && y.entries() != before {
			t.Error("an error, and something was applied")
		}
	})
}
