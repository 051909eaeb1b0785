package auth

import (
	"testing"
	"testing/synctest"
	"time"

	"ivalt-radius/auth/conclusion"
	"ivalt-radius/auth/naming"
	"ivalt-radius/auth/outcome"
	"ivalt-radius/policy"
	"ivalt-radius/state/cluster"
)

// pair is a login that a leads and b follows, from another packet.
func pair(all *nodesOf, set ...func(a, b *node)) (a, b *node, one, two <-chan Verdict) {
	a, b = all.join("a"), all.join("b")
	for _, set := range set {
		set(a, b)
	}
	one = a.start(ask("bob", "pw", packet(1), id(1)))
	pass(100 * time.Millisecond)
	two = b.start(ask("bob", "pw", packet(2), id(2)))
	pass(900 * time.Millisecond)
	return a, b, one, two
}

// TestTheLeaderIsGone: whatever becomes of the node that leads, the one that follows answers, and the phone has rung once.
func TestTheLeaderIsGone(t *testing.T) {
	for _, c := range []struct {
		name  string
		slow  time.Duration // before the leader claims the phone
		mute  bool          // the leader is not heard from the beginning
		when  time.Duration
		does  func(a *node)
		first Reason // what the leader says
	}{
		{"it dies before the push", 2 * time.Second, false, 0, (*node).die, ShuttingDown},
		{"it dies behind the push", 0, false, 1500 * time.Millisecond, (*node).die, ShuttingDown},
		{"it dies between the approval and the end", 0, true, 6 * time.Second, (*node).die, ApprovedByPerson},
		{"its NAS listens no more", 0, false, time.Second, func(a *node) { a.start(ask("eve", "pw", id(3, 1), func(r *Request) { r.Client.Rules = a.rules })) }, PushTimeout},
		{"it listens no more before the push", 2 * time.Second, false, 0, func(a *node) { a.attempts.withdraw([]uint64{1}) }, PushTimeout},
		{"it is stopped", 0, false, time.Second, func(a *node) { a.Stop() }, ShuttingDown},
		{"it is stopped before the push", 2 * time.Second, false, 0, func(a *node) { a.Stop() }, ShuttingDown},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				all := newCluster()
				a, b := all.join("a"), all.join("b")
				a.slow = c.slow
				b.says[Ringing] = Admission{Reason: RateLimited} // the login was let ring once, at the node that led it
				a.mute.Store(c.mute)
				a.decide = only("eve", policy.Decision{Action: policy.Exempt, Rule: "r"})
				one := a.start(ask("bob", "pw", packet(1), id(1)))
				two := b.start(ask("bob", "pw", packet(2), id(2)))
				pass(c.when)
				began := time.Now()
				c.does(a)
				if took := time.Since(began); took > time.Second {
					t.Errorf("it took %v", took)
				}
				v := <-two
				want(t, v, Accept, ApprovedByPerson)
				first := <-one
				want(t, first, map[bool]Kind{true: Accept}[c.first == ApprovedByPerson], c.first)
				all.wantRings(t, 1)
				if first.Attempt != v.Attempt || all.rings[0].Attempt != v.Attempt {
					t.Errorf("attempts %q, %q and %q", first.Attempt, v.Attempt, all.rings[0].Attempt)
				}
				wantOne(t, v.Attempt, b)
				a.Stop() // it waits for what is to be told
			})
		})
	}
}

// TestAFollowerIsGone: the leader does not notice, and nobody waits any more.
func TestAFollowerIsGone(t *testing.T) {
	for name, does := range map[string]func(b *node){
		"withdrawn": func(b *node) { b.attempts.withdraw([]uint64{2}) },
		"stopped":   func(b *node) { b.Stop() },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				all := newCluster()
				_, b, one, two := pair(all)
				began := time.Now()
				does(b)
				if v := <-two; v.Kind != Reject || time.Since(began) > 0 {
					t.Errorf("%+v after %v", v, time.Since(began))
				}
				want(t, <-one, Accept, ApprovedByPerson)
				all.wantRings(t, 1)
			})
		})
	}
}

// TestACopysNodeIsGone: a copy that joined at its own node is known to the others, so its packet is no login of its own when it comes to them behind the
// end. One that joined as its node had lost the memory is told when that is back.
func TestACopysNodeIsGone(t *testing.T) {
	for _, c := range []struct {
		name string
		at   func(a, b *node) *node
		cut  bool
	}{
		{"it led", func(a, _ *node) *node { return a }, false},
		{"it followed", func(_, b *node) *node { return b }, false},
		{"it had lost the memory", func(a, _ *node) *node { return a }, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				all := newCluster()
				all.says, all.after = Denied, 20*time.Second
				a, b, one, two := pair(all)
				n := c.at(a, b)
				other := map[*node]*node{a: b, b: a}[n]
				if c.cut {
					all.memory.Cut()
				}
				three := n.start(ask("bob", "pw", packet(3)))
				pass(4 * time.Second)
				all.memory.Mend()
				pass(time.Second)
				n.die()
				for _, v := range []<-chan Verdict{one, two} {
					select {
					case <-v:
					case <-time.After(40 * time.Second):
					}
				}
				want(t, other.run(ask("bob", "pw", packet(3))), Reject, PushDenied)
				all.wantRings(t, 1)
				n.Stop()
				<-three
			})
		})
	}
}

// TestACopyJoinsNoOtherLogin: a login that could not be told to the memory, and was refused, gets nothing of an earlier one that was let in.
func TestACopyJoinsNoOtherLogin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := newCluster()
		a, b := all.join("a"), all.join("b")
		want(t, b.run(ask("bob", "pw", packet(1))), Accept, ApprovedByPerson)
		pass(11 * time.Second) // it is joinable no more
		all.memory.Cut()
		one, two := a.start(ask("bob", "pw", packet(2))), a.start(ask("bob", "pw", packet(3)))
		want(t, <-one, Reject, Unavailable)
		want(t, <-two, Reject, Unavailable)
		all.memory.Mend()
		pass(4 * time.Second)
		all.says = Denied
		want(t, b.run(ask("bob", "pw", packet(3))), Reject, PushDenied)
		all.wantRings(t, 2)
	})
}

// TestWithdrawnByAll: a login that nobody listens for any more is over. What the person says to its push lets no later login in.
func TestWithdrawnByAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := newCluster()
		a, b := all.join("a"), all.join("b")
		one := a.start(ask("bob", "pw", packet(1), id(1)))
		pass(time.Second)
		a.attempts.withdraw([]uint64{1})
		<-one
		pass(6 * time.Second)
		v := b.run(ask("bob", "pw", packet(2), id(2)))
		if all.wantRings(t, 2); v.Attempt == a.concluded[0].Attempt {
			t.Errorf("it goes on with the one that was withdrawn: %+v", v)
		}
	})
}

// TestCutOff: a node that led, and was believed dead, takes the other's answer in the end.
func TestCutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := newCluster()
		a, _, one, two := pair(all)
		a.member.Die() // it only seems so
		v1, v2 := <-one, <-two
		want(t, v1, Accept, ApprovedByPerson)
		want(t, v2, Accept, ApprovedByPerson)
		all.wantRings(t, 1)
		if e := a.told(); len(e) != 1 || e[0].Pushed {
			t.Errorf("the gate counts the push twice: %+v", e)
		}
	})
}

// TestCutOffAndStopped: what follows now, and led before, ends at once as well.
func TestCutOffAndStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := newCluster()
		a, _, one, two := pair(all)
		a.member.Die()
		pass(2 * time.Second)
		began := time.Now()
		a.Stop()
		if v := <-one; v.Reason != ShuttingDown || time.Since(began) > 0 {
			t.Errorf("%+v after %v", v, time.Since(began))
		}
		want(t, <-two, Accept, ApprovedByPerson)
		all.wantRings(t, 1)
	})
}

// TestAnAnswerToldAgain: the very same packet has its answer for long, and no other packet joins that.
func TestAnAnswerToldAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := newCluster()
		a, b := all.join("a"), all.join("b")
		want(t, a.run(ask("bob", "pw", packet(1))), Accept, ApprovedByPerson)
		pass(20 * time.Second)
		want(t, b.run(ask("bob", "pw", packet(1))), Accept, ApprovedByPerson)
		all.wantRings(t, 1)
		want(t, b.run(ask("bob", "pw", packet(2))), Accept, ApprovedByPerson)
		all.wantRings(t, 2)
	})
}

// TestEachNodeByItsOwnRules: an outcome is shared, and no verdict.
func TestEachNodeByItsOwnRules(t *testing.T) {
	t.Run("its hours end", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			all := newCluster()
			closes := time.Now().Add(3 * time.Second)
			_, _, one, two := pair(all, func(_, b *node) {
				b.decide = func(f policy.Facts) policy.Decision {
					if f.At.Before(closes) {
						return push(f)
					}
					return policy.Decision{Rule: "default", Denial: policy.ByHours}
				}
			})
			want(t, <-one, Accept, ApprovedByPerson)
			want(t, <-two, Reject, OutsideHours)
		})
	})
	t.Run("its gate is shut", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			all := newCluster()
			_, _, one, two := pair(all, func(_, b *node) { b.says[Entering] = Admission{Reason: Blocked} })
			want(t, <-one, Accept, ApprovedByPerson)
			want(t, <-two, Reject, Blocked)
		})
	})
	t.Run("the leader's trail is full", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			all := newCluster()
			_, _, one, two := pair(all, func(a, _ *node) { a.commitErr = conclusion.ErrTrail })
			want(t, <-one, Reject, Unavailable)
			want(t, <-two, Accept, ApprovedByPerson)
		})
	})
	t.Run("the leader's gate lets no phone ring", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			all := newCluster()
			a, b := all.join("a"), all.join("b")
			a.says[Ringing] = Admission{Reason: RateLimited, Detail: "twice", Asleep: true}
			quiet := func(r *Request) { r.Client.SilentTimeout = true }
			want(t, a.run(ask("bob", "pw", packet(1))), Reject, RateLimited)
			v := b.run(ask("bob", "pw", packet(1), quiet))
			want(t, v, Reject, RateLimited)
			if !v.Silent || b.concluded[0].Detail != "another node asked the phone; twice" {
				t.Errorf("silent %v, %q", v.Silent, b.concluded[0].Detail)
			}
			all.wantRings(t, 0)
		})
	})
	t.Run("a phone that is not the person's here", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			all := newCluster()
			a, b := all.join("a"), all.join("b")
			b.rules.Directory = reachable("+491702222222", "+491703333333")
			one, two := a.start(ask("bob", "pw", packet(1))), b.start(ask("bob", "pw", packet(2)))
			want(t, <-one, Accept, ApprovedByPerson)
			want(t, <-two, Reject, Unavailable)
			b.rules.Directory = reachable("+491702222222", bobsPhone)
			want(t, b.run(ask("bob", "pw", packet(3))), Accept, ApprovedByPerson)
		})
	})
}

// TestForgedAnswers: what cannot be an answer of this attempt lets nobody in.
func TestForgedAnswers(t *testing.T) {
	approved := func(attempt string) []byte {
		return outcome.Told{Attempt: attempt, Answer: Answer{Outcome: Approved, Pushed: true}}.Form()
	}
	for name, c := range map[string]struct {
		form   func(attempt string) []byte
		accept bool
	}{
		"nothing":              {func(string) []byte { return nil }, false},
		"noise":                {func(string) []byte { return []byte("approved") }, false},
		"another attempt's":    {func(string) []byte { return approved("other") }, false},
		"no outcome":           {func(a string) []byte { return []byte(`{"attempt":"` + a + `"}`) }, false},
		"an unknown outcome":   {func(a string) []byte { return []byte(`{"attempt":"` + a + `","outcome":"accept","pushed":true}`) }, false},
		"one and then another": {func(a string) []byte { return append(approved(a), approved(a)...) }, false},
		"the real one":         {approved, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				all := newCluster()
				b, liar := all.join("b"), all.memory.Join("liar", nil)
				key := b.attempts.key(must(ParseUsername("bob")), new(ask("bob", "pw")))
				if _, err := liar.Enter(t.Context(), cluster.Entry{Key: key, ID: "lie", Life: time.Minute}); err != nil {
					t.Fatal(err)
				}
				two := b.start(ask("bob", "pw"))
				if err := liar.Conclude(t.Context(), key, "lie", cluster.Conclusion{Answer: c.form("lie")}); err != nil {
					t.Fatal(err)
				}
				v := <-two
				if (v.Kind == Accept) != c.accept || v.Attempt != "lie" || !c.accept && v.Reason != Unavailable {
					t.Errorf("%+v", v)
				}
			})
		})
	}
}

// TestNobodyAnswers: a follower's own NAS waits no longer than it does, and a silent client stays silent.
func TestNobodyAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := newCluster()
		all.after = 30 * time.Second
		a, b := all.join("a"), all.join("b")
		one := a.start(ask("bob", "pw"))
		began := time.Now()
		v := b.run(ask("bob", "pw", func(r *Request) { r.Client.AnswerWithin, r.Client.SilentTimeout = 20*time.Second, true }))
		if took := time.Since(began); v.Kind != Reject || v.Reason != PushTimeout || !v.Silent || took != 19*time.Second {
			t.Errorf("%+v after %v", v, took)
		}
		want(t, <-one, Accept, ApprovedByPerson)
	})
}

// TestLateCreditAcrossNodes: the very same login renews what lapsed at another node, once.
func TestLateCreditAcrossNodes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := newCluster()
		all.says = TimedOut
		a, b := all.join("a"), all.join("b")
		a.rules.LateCredit, b.rules.LateCredit = 30*time.Second, 30*time.Second
		first := a.run(ask("bob", "pw"))
		want(t, first, Reject, PushTimeout)
		pass(20 * time.Second)
		all.says = Denied
		want(t, b.run(ask("bob", "pw")), Reject, PushDenied)
		want(t, b.run(ask("bob", "pw")), Reject, PushDenied)
		if len(all.rings) != 3 || all.rings[1].Renews != first.Attempt || all.rings[2].Renews != "" {
			t.Errorf("%+v", all.rings)
		}
	})
}

// TestDrainingNode: it admits nobody, also not whose login waits at another node.
func TestDrainingNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := newCluster()
		a, b := all.join("a"), all.join("b")
		b.Drain()
		one := a.start(ask("bob", "pw"))
		if v := b.run(ask("bob", "pw")); !v.Silent || len(b.concluded) != 0 {
			t.Errorf("%+v", v)
		}
		want(t, <-one, Accept, ApprovedByPerson)
	})
}

// TestHints: a node says which attempts it leads, and a packet of one that is open elsewhere is no new login.
func TestHints(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := newCluster()
		open := map[naming.Digest]time.Time{}
		a := all.join("a", func(o *Options) { o.Opened = func(key naming.Digest, until time.Time) { open[key] = until } })
		b := all.join("b", func(o *Options) {
			o.Elsewhere = func(key naming.Digest) bool { return time.Now().Before(open[key]) }
		})
		leaves := time.Now().Add(59 * time.Second)
		one, two := a.start(ask("bob", "pw")), b.start(ask("bob", "pw"))
		want(t, <-one, Accept, ApprovedByPerson)
		want(t, <-two, Accept, ApprovedByPerson)
		if len(open) != 1 || len(b.told()) != 0 || len(b.asked) != 1 || b.asked[0] != Entering {
			t.Errorf("%v: the gate is asked %v, and told %+v", open, b.asked, b.told())
		}
		for _, until := range open {
			if !until.Equal(leaves) {
				t.Errorf("until %v", until)
			}
		}
	})
}
