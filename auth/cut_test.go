package auth

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"ivalt-radius/auth/naming"
	"ivalt-radius/state/cluster"
)

// TestTheMemoryIsCut: at each step, and mended or not, nobody comes in by a guess and no login hangs.
func TestTheMemoryIsCut(t *testing.T) {
	const forGood = time.Hour
	for _, c := range []struct {
		name         string
		slow         time.Duration // before the leader claims the phone
		cut, mended  time.Duration // behind the login
		kind         Kind
		reason       Reason
		latest       time.Duration
		rings, other int // other: of the second login, which comes behind all of it
	}{
		{"before the login", 0, 0, forGood, Reject, Unavailable, 3 * time.Second, 0, 1},
		{"for a moment", 0, 0, time.Second, Accept, ApprovedByPerson, 8 * time.Second, 1, 2},
		{"before the claim", 2 * time.Second, time.Second, forGood, Reject, Unavailable, 5 * time.Second, 0, 1},
		{"while the phone rings", 0, time.Second, forGood, Reject, Unavailable, 59 * time.Second, 1, 2},
		{"while the phone rings, until the end", 0, time.Second, 50 * time.Second, Accept, ApprovedByPerson, 51 * time.Second, 1, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				all := newCluster()
				a := all.join("a")
				a.slow = c.slow
				began := time.Now()
				var one <-chan Verdict
				if c.cut == 0 {
					all.memory.Cut()
					one = a.start(ask("bob", "pw"))
				} else {
					one = a.start(ask("bob", "pw"))
					pass(c.cut)
					all.memory.Cut()
				}
				time.AfterFunc(c.mended-c.cut, all.memory.Mend)
				v := <-one
				want(t, v, c.kind, c.reason)
				if took := time.Since(began); took > c.latest {
					t.Errorf("it took %v", took)
				}
				all.wantRings(t, c.rings)
				if c.rings == 0 && a.concluded[0].Detail != cluster.ErrUnreachable.Error() {
					t.Errorf("the record says %q", a.concluded[0].Detail)
				}
				pass(2 * time.Minute)
				all.memory.Mend()
				all.rang = time.Time{}
				w := a.run(ask("bob", "pw"))
				want(t, w, Accept, ApprovedByPerson)
				if all.wantRings(t, c.other); w.Attempt == v.Attempt {
					t.Error("the next login is the former one")
				}
				a.Stop()
			})
		})
	}
}

// TestAFollowerIsCutOff: it waits as long as the memory bears, and never beyond its own answer's time; it guesses nothing.
func TestAFollowerIsCutOff(t *testing.T) {
	for name, c := range map[string]struct {
		left   time.Duration // until its answer must have left
		within time.Duration
		reason Reason
	}{
		"early":                 {59 * time.Second, cluster.Patience, Unavailable},
		"its time is nearly up": {cluster.Patience / 2, cluster.Patience / 2, PushTimeout},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				all := newCluster()
				all.says = TimedOut
				a, b := all.join("a"), all.join("b")
				one := a.start(ask("bob", "pw", packet(1), id(1)))
				pass(100 * time.Millisecond)
				two := b.start(ask("bob", "pw", packet(2), id(2)))
				pass(59*time.Second - c.left)
				all.memory.Cut()
				all.memory.Empty() // which wakes the one that waits
				began := time.Now()
				want(t, <-two, Reject, c.reason)
				if took := time.Since(began); took > c.within+cluster.Look || took < c.within-cluster.Look {
					t.Errorf("it took %v", took)
				}
				want(t, <-one, Reject, Unavailable)
				a.Stop()
				all.wantRings(t, 1)
			})
		})
	}
}

// TestTheMemoryForgot: it was restarted without its disk. Neither node guesses.
func TestTheMemoryForgot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := newCluster()
		_, _, one, two := pair(all)
		all.memory.Empty()
		want(t, <-two, Reject, Unavailable)
		want(t, <-one, Reject, Unavailable)
		all.wantRings(t, 1)
	})
}

// TestServersEndWhileTheyWait: the exchange ends with its server.
func TestServersEndWhileTheyWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := newCluster()
		a, b := all.join("a"), all.join("b")
		one := a.start(ask("bob", "pw"))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		want(t, b.runUntil(ctx, ask("bob", "pw")), Reject, ShuttingDown)
		want(t, <-one, Accept, ApprovedByPerson)
	})
}

// TestALostEndIsNobodysAnswer: what a node could not tell of one login is not the answer of the next one.
func TestALostEndIsNobodysAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := newCluster()
		all.says = Denied
		a := all.join("a")
		a.mute.Store(true)
		first := a.run(ask("bob", "pw"))
		want(t, first, Reject, PushDenied)
		second := a.start(ask("bob", "pw")) // it waits until the end of the first one is told, or given up
		pass(4 * time.Second)
		a.mute.Store(false)
		want(t, <-second, Reject, Unavailable)
		all.says = Approved
		third := a.run(ask("bob", "pw"))
		want(t, third, Accept, ApprovedByPerson)
		all.wantRings(t, 2)
	})
}

// TestAPanicLeavesTheAttempt: to a node that does not panic.
func TestAPanicLeavesTheAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := newCluster()
		a, b := all.join("a", func(o *Options) {
			o.Pusher, o.Opened = fragile{}, func(naming.Digest, time.Time) { pass(time.Second) }
		}), all.join("b")
		died := make(chan any, 1)
		go func() {
			defer func() { died <- recover() }()
			a.run(ask("bob", "pw"))
		}()
		synctest.Wait()
		want(t, b.run(ask("bob", "pw")), Accept, ApprovedByPerson)
		if <-died == nil || a.Waiting() != 0 || len(a.concluded) != 1 {
			t.Errorf("the panic is swallowed, or leaves no evidence: %+v", a.concluded)
		}
	})
}

// TestACopyLearnsTheName: the attempt is called as all nodes call it, also for a copy that goes before its verdict.
func TestACopyLearnsTheName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := newCluster()
		a, b := all.join("a"), all.join("b")
		one := a.start(ask("bob", "pw"))
		two := b.start(ask("bob", "pw"))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		copied := b.runUntil(ctx, ask("bob", "pw"))
		if v := <-one; v.Attempt != copied.Attempt || !copied.Silent || v.Attempt != (<-two).Attempt {
			t.Errorf("%q, and the copy %+v", v.Attempt, copied)
		}
	})
}
