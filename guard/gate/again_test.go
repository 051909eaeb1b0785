package gate

import (
	"testing"
	"time"

	"ivalt-radius/auth"
)

// TestARestartCountsNothingTwice: a node that starts hears once more what was told within the hour, its own life's word too, and has the pauses of that on
// its disk already.
func TestARestartCountsNothingTwice(t *testing.T) {
	for _, c := range []struct {
		name   string
		do     func(w *street)
		down   func(w *street) // while the node is down
		asleep bool
	}{
		{"one push that nobody answered", func(w *street) { w.a.in(bob(), unanswered()) }, nil, false},
		{"one of its own", func(w *street) { w.b.in(bob(), unanswered()) }, nil, false},
		{"one, and an approval behind it", func(w *street) {
			w.a.in(bob(), unanswered())
			w.pass(time.Minute)
			w.a.in(bob(), approved())
			w.pass(time.Minute)
			w.b.in(bob(), unanswered())
		}, nil, false},
		{"one, and another one meanwhile", func(w *street) { w.a.in(bob(), unanswered()) }, func(w *street) { w.a.in(bob(), unanswered()) }, true},
		{"two", func(w *street) { w.a.logins(2, bob(), unanswered()) }, nil, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, disk := defaults(), newMemory()
			s.Unanswered.For = time.Hour
			w := newStreet(t, s)
			w.b = newYard(t, s, disk)
			heard := []post{}
			tells := func(y *yard) {
				y.deps.Tell = func(text []byte) {
					heard = append(heard, post{y, y.clock(), text})
					w.posts = append(w.posts, post{y, y.clock(), text})
				}
			}
			tells(w.a)
			tells(w.b)
			c.do(w)
			w.deliver(t)
			if err := w.b.Close(); err != nil {
				t.Fatal(err)
			}
			w.pass(5 * time.Minute)
			if c.down != nil {
				c.down(w)
			}
			w.pass(time.Minute)
			for range 2 { // restarts
				w.b.open(s, disk)
				for _, p := range heard {
					if err := w.b.Apply(w.b.clock().Sub(p.at), p.text); err != nil {
						t.Fatal(err)
					}
				}
				if err := w.b.Close(); err != nil {
					t.Fatal(err)
				}
			}
			if a := w.b.Admit(bob(), auth.Ringing); a.Asleep != c.asleep {
				t.Errorf("%+v", a)
			}
		})
	}
}
