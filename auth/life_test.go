package auth

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"ivalt-radius/policy"
)

func TestFullHouse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse()
		rules := *h.rules
		rules.MaxAttempts = 2
		h.rules = &rules
		a, b := h.start(ask("a", "pw")), h.start(ask("b", "pw"))
		want(t, h.run(ask("c", "pw")), Reject, Busy)
		joined := h.start(ask("a", "pw"))
		for _, v := range []<-chan Verdict{a, b, joined} {
			want(t, <-v, Accept, ApprovedByPerson)
		}
		want(t, h.run(ask("c", "pw")), Accept, ApprovedByPerson)
	})
}

func TestSilentTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse()
		silent := func(r *Request) { r.Client.SilentTimeout = true }
		h.phone = after(50*time.Second, TimedOut)
		v := h.run(ask("bob", "pw", silent))
		want(t, v, Reject, PushTimeout)
		if !v.Silent {
			t.Error("on_push_timeout: silence is answered")
		}
		h.phone = after(time.Second, Denied)
		if v := h.run(ask("bob", "pw", silent)); v.Silent {
			t.Error("a denial is silent")
		}
	})
}

func TestDrain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse()
		waiting := h.start(ask("bob", "pw"))
		h.Drain()
		for name, r := range map[string]Request{
			"a new login":            ask("eve", "pw"),
			"an unreadable name":     ask("\x00", "pw"),
			"a login without a name": ask("", ""),
		} {
			if v := h.run(r); !v.Silent || v.Kind != Reject {
				t.Errorf("%s while draining: %+v", name, v)
			}
		}
		retry := h.start(ask("bob", "pw"))
		want(t, <-waiting, Accept, ApprovedByPerson)
		want(t, <-retry, Accept, ApprovedByPerson)
		if len(h.concluded) != 1 {
			t.Errorf("lines: %d", len(h.concluded))
		}
	})
}

func TestStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse()
		one, two := h.start(ask("bob", "pw")), h.start(ask("bob", "pw"))
		h.Stop()
		want(t, <-one, Reject, ShuttingDown)
		want(t, <-two, Reject, ShuttingDown)
	})
}

func TestServerEndsWhileAnExchangeFollows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse()
		one := h.start(ask("bob", "pw"))
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		bob := ask("bob", "pw")
		if v := h.runUntil(ctx, bob); !v.Silent || v.Kind != Reject {
			t.Errorf("got %+v", v)
		}
		want(t, <-one, Accept, ApprovedByPerson)
	})
}

func TestAPanicRejectsAndFreesTheAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse()
		asked := 0
		h.decide = func(f policy.Facts) policy.Decision {
			if asked++; asked == 3 { // the leader's second judgement, after both have asked once
				panic("boom")
			}
			return push(f)
		}
		died := make(chan any, 1)
		go func() {
			defer func() { died <- recover() }()
			h.run(ask("bob", "pw"))
		}()
		synctest.Wait()
		joined := h.start(ask("bob", "pw"))
		want(t, <-joined, Reject, Unavailable)
		if <-died == nil || h.Waiting() != 0 {
			t.Error("the panic is swallowed, or its attempt still waits")
		}
		if len(h.concluded) != 1 || h.concluded[0].Reason != "unavailable" || len(h.noted) != 1 {
			t.Errorf("the attempt ends without evidence: %+v", h.concluded)
		}
	})
}

// fragile is a Pusher that panics.
type fragile struct{}

func (fragile) Begin(*Push) Asked { panic("boom") }

func TestAPanicOfThePusherFreesTheAttempt(t *testing.T) {
	h := newHouse()
	h.Pusher = fragile{}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic is swallowed")
			}
		}()
		h.run(ask("bob", "pw"))
	}()
	if h.Waiting() != 0 {
		t.Error("the attempt still waits")
	}
	if len(h.concluded) != 1 || h.concluded[0].Reason != "unavailable" || len(h.noted) != 1 {
		t.Errorf("the attempt ends without evidence: %+v", h.concluded)
	}
}

func TestReloadKeepsTheRulesOfWaitingLogins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse()
		one := h.start(ask("bob", "pw"))
		rules := *h.rules
		rules.Policy = deciderFunc(func(policy.Facts) policy.Decision { return policy.Decision{} })
		h.rules = &rules
		want(t, <-one, Accept, ApprovedByPerson)
		want(t, h.run(ask("eve", "pw")), Reject, PolicyDenied)
	})
}

type deciderFunc func(policy.Facts) policy.Decision

func (f deciderFunc) Decide(facts policy.Facts) policy.Decision { return f(facts) }

func TestManyLoginsLeaveNothingBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse()
		rules := *h.rules
		rules.MaxAttempts = 10000
		h.rules = &rules
		var all []<-chan Verdict
		for i := range uint64(400) { // more of them crash the race detector (golang/go#78156)
			r := ask(fmt.Sprintf("user%d", i%200), "pw", func(r *Request) { r.ID = i + 1 })
			out := make(chan Verdict, 1)
			go func() { out <- h.run(r) }()
			all = append(all, out)
		}
		for _, v := range all {
			want(t, <-v, Accept, ApprovedByPerson)
		}
		h.wantPushes(t, 200)
		pass(acceptJoinable)
		h.run(ask("last", "pw", func(r *Request) { r.ID = 1 }))
		if n := len(h.attempts.open); n != 1 || len(h.attempts.waiters) != 0 || len(h.attempts.accepted) != 1 {
			t.Errorf("open %d, waiters %d, accepted %d", n, len(h.attempts.waiters), len(h.attempts.accepted))
		}
	})
}
