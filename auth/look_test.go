package auth

import (
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ivalt-radius/auth/waiting"
	"ivalt-radius/policy"
)

// look is what the flow shows, by user.
func look(f *Flow, most int) (waiting.Snapshot, map[string]waiting.Login) {
	s, by := f.Look(most), map[string]waiting.Login{}
	for _, l := range s.Logins {
		by[l.User] = l
	}
	return s, by
}

func TestLook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := prompting(t)
		h.phone = after(9*time.Second, Approved)
		if s := h.Look(10); s.Waiting != 0 || len(s.Logins) != 0 || !s.Oldest.IsZero() {
			t.Errorf("nobody is there, and %+v", s)
		}
		begun := time.Now()
		asked := h.run(ask("Carol", "pw", asks(ConfirmPhone))) // after a second
		challenged(t, asked, confirm(h.pushes[0].Number))
		bob := h.start(ask("bob", "pw"))
		pass(time.Second)
		copied := h.start(ask("bob", "pw"))
		dave := h.start(ask("dave", "pw"))
		synctest.Wait()
		s, by := look(h.Flow, 10)
		if s.Waiting != 2 || len(s.Logins) != 3 || s.Draining || !s.Oldest.Equal(begun.Add(time.Second)) {
			t.Errorf("%+v", s)
		}
		if s.Logins[0].User != "carol" || s.Logins[1].User != "bob" || s.Logins[2].User != "dave" {
			t.Errorf("the order is %v", s.Logins)
		}
		if c := by["carol"]; c.For != waiting.Question || c.Attempt != asked.Attempt || !c.Since.Equal(begun) || !c.LeaveBy.Equal(begun.Add(time.Minute)) {
			t.Errorf("who was asked a question: %+v", c)
		}
		b := by["bob"]
		if b.For != waiting.Phone || b.Asked == nil || b.Exchanges != 2 || b.Client != "vpn" || b.CallingStation != ask("bob", "pw").CallingStation {
			t.Errorf("who waits for the phone: %+v", b)
		}
		if within := ask("bob", "pw").Client.AnswerWithin; !b.LeaveBy.Equal(begun.Add(time.Second + within - answerMargin)) {
			t.Errorf("the answer must leave at %v", b.LeaveBy)
		}
		if s := h.Look(1); s.Waiting != 2 || len(s.Logins) != 1 || s.Logins[0].User != "bob" {
			t.Errorf("who waits for a verdict goes before who was asked: %+v", s)
		}
		if s := h.Look(0); s.Waiting != 2 || len(s.Logins) != 0 {
			t.Errorf("%+v", s)
		}
		want(t, <-bob, Accept, ApprovedByPerson)
		want(t, <-copied, Accept, ApprovedByPerson)
		want(t, <-dave, Accept, ApprovedByPerson)
		if s, by := look(h.Flow, 10); s.Waiting != 0 || len(by) != 1 || !s.Oldest.IsZero() {
			t.Errorf("those who were let in are still shown: %+v", s)
		}
		want(t, h.run(ask("carol", "", asks(ConfirmPhone), answer(asked, ""))), Accept, ApprovedByPerson)
		h.Drain()
		if s := h.Look(10); len(s.Logins) != 0 || !s.Draining {
			t.Errorf("the answered challenge is still shown: %+v", s)
		}
	})
}

// TestLookAtAnAbandonedChallenge: nobody answers it, and it is shown no longer.
func TestLookAtAnAbandonedChallenge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := prompting(t)
		h.phone = after(time.Hour, Approved)
		h.run(ask("carol", "pw", asks(ConfirmPhone)))
		if s := h.Look(10); len(s.Logins) != 1 {
			t.Errorf("%+v", s)
		}
		pass(time.Minute)
		if s := h.Look(10); len(s.Logins) != 0 {
			t.Errorf("%+v", s)
		}
	})
}

// TestLookAtAnAnsweredChallenge: while its phone is waited for it is one login, and waits for the phone.
func TestLookAtAnAnsweredChallenge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := prompting(t)
		h.phone = after(8*time.Second, Approved)
		first := h.run(ask("carol", "pw", asks(ConfirmPhone)))
		second := h.start(ask("carol", "", asks(ConfirmPhone), answer(first, "")))
		synctest.Wait()
		if s := h.Look(10); s.Waiting != 1 || len(s.Logins) != 1 || s.Logins[0].For != waiting.Phone || s.Logins[0].User != "carol" {
			t.Errorf("%+v", s)
		}
		want(t, <-second, Accept, ApprovedByPerson)
	})
}

// TestLookAtAnotherNodesLogin: this node waits for the phone that the other one asks.
func TestLookAtAnotherNodesLogin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster()
		a, b := c.join("a"), c.join("b")
		led := a.start(ask("bob", "pw", packet(1)))
		pass(time.Second)
		followed := b.start(ask("bob", "pw", packet(2)))
		pass(time.Second)
		if s := a.Look(1); len(s.Logins) != 1 || s.Logins[0].For != waiting.Phone {
			t.Errorf("who leads shows %+v", s)
		}
		if s := b.Look(1); len(s.Logins) != 1 || s.Logins[0].For != waiting.OtherNode {
			t.Errorf("who follows shows %+v", s)
		}
		want(t, <-led, Accept, ApprovedByPerson)
		want(t, <-followed, Accept, ApprovedByPerson)
		if len(a.Look(1).Logins)+len(b.Look(1).Logins) != 0 {
			t.Error("a login that ended is shown")
		}
	})
}

// BenchmarkLook is what one look at 200 of the logins that wait costs, and for how long of it the lock is held that a login needs for a moment.
func BenchmarkLook(b *testing.B) {
	for _, crowd := range []int{200, 20_000} {
		flow, rules := benched(NoPrimary{}, policy.RequirePush)
		var all sync.WaitGroup
		for n := range crowd {
			_, wait := flow.Open(b.Context(), numbered(n, rules))
			all.Go(func() { wait() })
		}
		b.Run(strconv.Itoa(crowd), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if s := flow.Look(200); s.Waiting != crowd || len(s.Logins) != 200 {
					b.Fatal(s.Waiting, len(s.Logins))
				}
			}
		})
		b.Run(strconv.Itoa(crowd)+", locked", func(b *testing.B) {
			s := waiting.Snapshot{Logins: make([]waiting.Login, 0, 200)}
			for b.Loop() {
				s.Logins = s.Logins[:0]
				flow.attempts.look(&s)
			}
		})
		flow.Stop()
		all.Wait()
	}
}
