package ivalt

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ivalt-radius/auth"
	"ivalt-radius/ivalt/claim"
	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/state/cluster"
)

// twoNodes are nodes a and b whose memory is old enough to trust phones that it has not seen, and one person who approves.
func twoNodes(t *testing.T, s Settings, after time.Duration) *nodes {
	t.Helper()
	ns := newNodes(t, s, ivalttest.Options{})
	ns.cloud.Set(ivalttest.Person{Mobile: testMobile, Behaviour: ivalttest.Approve, After: after})
	<-time.After(dirtyFor)
	return ns
}

func (ns *nodes) pushes() int { return len(ns.cloud.PushLog(10)) }

// brief is a login whose final poll leaves after ten seconds, and which is looked after for 30 s then.
func brief(t *testing.T, attempt, renews string) *auth.Push {
	t.Helper()
	p := pushTo(t, attempt, testMobile)
	p.Deadline, p.Renews, p.LateCredit = time.Now().Add(12*time.Second), renews, 30*time.Second
	return p
}

func TestCollisionsAcrossNodes(t *testing.T) {
	for _, tc := range []struct {
		rule   string
		first  auth.Outcome
		events []string // at the node that asked first
	}{
		{DenyBoth, auth.Collided, []string{"collision"}},
		{KeepFirst, auth.Approved, nil},
	} {
		t.Run(tc.rule, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := settings()
				s.OnCollision = tc.rule
				ns := twoNodes(t, s, 6*time.Second)
				first := ns.a.Begin(pushTo(t, "a1", testMobile))
				<-time.After(3 * time.Second)
				began := time.Now()
				second := <-ns.b.Begin(pushTo(t, "a2", testMobile)).Answer()
				one := <-first.Answer()
				if one.Outcome != tc.first || second.Outcome != auth.Collided || second.Pushed {
					t.Errorf("%s and %s", one.Outcome, second.Outcome)
				}
				if tc.first == auth.Collided && time.Since(began) > 0 {
					t.Errorf("the first one is told %s later", time.Since(began))
				}
				if diff := cmp.Diff(tc.events, ns.a.notes.security()); diff != "" || len(ns.b.notes.security()) != 1 {
					t.Errorf("security events (-want +got):\n%sand %v", diff, ns.b.notes.security())
				}
				if n := ns.pushes(); n != 1 {
					t.Errorf("%d pushes", n)
				}
			})
		})
	}
}

// TestACollisionBehindTheApproval: another login asks after the approval was found, and before the memory has confirmed it. It counts for
// nobody, also where the node dies before it could tell and another one takes the login over.
func TestACollisionBehindTheApproval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ns := twoNodes(t, settings(), 6*time.Second)
		first := ns.a.Begin(pushTo(t, "a1", testMobile))
		ns.a.at("before end", func() { <-ns.b.Begin(pushTo(t, "a2", testMobile)).Answer() })
		ns.a.at("behind end", func() { <-time.After(4 * time.Second) })
		<-time.After(9 * time.Second)
		if a := <-ns.b.Begin(pushTo(t, "a1", testMobile)).Answer(); a.Outcome == auth.Approved {
			t.Errorf("the node that took over: %s, %s", a.Outcome, a.Detail)
		}
		if a := <-first.Answer(); a.Outcome != auth.Collided || ns.pushes() != 1 {
			t.Errorf("%s, %s after %d pushes", a.Outcome, a.Detail, ns.pushes())
		}
	})
}

// TestDirtAcrossNodes: what a login leaves on a phone at one node has the next one drain it at another.
func TestDirtAcrossNodes(t *testing.T) {
	for _, tc := range []struct {
		name   string
		first  func(ns *nodes)
		drains int
	}{
		{"nothing", func(*nodes) {}, 0},
		{"a time-out", func(ns *nodes) { <-ns.a.Begin(brief(t, "a1", "")).Answer() }, 1},
		{"a withdrawal", func(ns *nodes) {
			a := ns.a.Begin(pushTo(t, "a1", testMobile))
			<-time.After(2 * time.Second)
			a.Withdraw()
		}, 1},
		{"a death", func(ns *nodes) {
			ns.a.at("before poll", func() { <-time.After(time.Hour) })
			ns.a.Begin(pushTo(t, "a1", testMobile))
			<-time.After(10 * time.Second)
			ns.a.member.Die()
		}, 1},
		{"a memory that was emptied", func(ns *nodes) { ns.memory.Empty() }, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ns := twoNodes(t, settings(), 30*time.Second)
				tc.first(ns)
				synctest.Wait()
				ns.b.Begin(pushTo(t, "a2", testMobile))
				<-time.After(2 * time.Second)
				if n := ns.b.met("before drain"); n != tc.drains || ns.b.sent() != 1 {
					t.Errorf("%d drains, %d pushes", n, ns.b.sent())
				}
			})
		})
	}
}

// TestLateCreditAcrossNodes: the login that renews another one's attempt comes to the other node, at each moment that there is.
func TestLateCreditAcrossNodes(t *testing.T) {
	for _, tc := range []struct {
		name   string
		after  time.Duration // the approval, from the push on
		meet   func(ns *nodes)
		want   auth.Outcome
		pushes int
	}{
		{"the approval was found", 15 * time.Second, func(*nodes) { <-time.After(15 * time.Second) }, auth.Approved, 1},
		{"nobody has looked yet: the drain finds it", 10500 * time.Millisecond, func(*nodes) { <-time.After(800 * time.Millisecond) }, auth.Approved, 1},
		{"a poll is under way that has read it", 15 * time.Second, func(ns *nodes) {
			read := make(chan struct{})
			ns.a.at("behind poll", func() { close(read); <-time.After(3 * time.Second) })
			<-read
		}, auth.Approved, 2},
		{"a different login came between", 15 * time.Second, func(ns *nodes) {
			<-time.After(2 * time.Second)
			other := ns.b.Begin(pushTo(t, "x1", testMobile))
			<-time.After(time.Second)
			other.Withdraw()
			polls := ns.a.met("before poll")
			<-time.After(20 * time.Second)
			if n := ns.a.met("before poll") - polls; n > 1 { // the one from which it learns
				t.Errorf("%d polls for a login that is void", n)
			}
		}, auth.TimedOut, 3},
		{"the credit is over", 40 * time.Second, func(*nodes) { <-time.After(33 * time.Second) }, auth.TimedOut, 2},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ns := twoNodes(t, settings(), tc.after)
				ns.cloud.Set(ivalttest.Person{
					Mobile: testMobile, Behaviour: ivalttest.Ignore, Next: []ivalttest.Step{{Behaviour: ivalttest.Approve, After: tc.after}},
				})
				if a := <-ns.a.Begin(brief(t, "a1", "")).Answer(); a.Outcome != auth.TimedOut {
					t.Fatalf("the first login: %s", a.Outcome)
				}
				tc.meet(ns)
				a := <-ns.b.Begin(brief(t, "a2", "a1")).Answer()
				if a.Outcome != tc.want || ns.pushes() != tc.pushes {
					t.Errorf("%s, %s after %d pushes", a.Outcome, a.Detail, ns.pushes())
				}
				if a.Outcome == auth.Approved && !strings.Contains(a.Detail, "a1 had to leave") {
					t.Errorf("the evidence does not say that it was late: %s", a.Detail)
				}
				<-time.After(2 * holdFor)
				if a := <-ns.a.Begin(brief(t, "a3", "a1")).Answer(); a.Outcome == auth.Approved {
					t.Errorf("a second time: %s", a.Detail)
				}
			})
		})
	}
}

// TestAMemoryOutOfReach: whatever is asked of it fails, or its reply is lost. Nobody is approved that it has not confirmed, and no second
// push leaves.
func TestAMemoryOutOfReach(t *testing.T) {
	const forGood = time.Hour
	for _, tc := range []struct {
		step   string
		away   time.Duration // 0: the reply alone is lost
		want   auth.Outcome
		pushes int
	}{
		{"before claim", forGood, auth.NoAnswer, 0},
		{"behind claim", 0, auth.NoAnswer, 0},
		{"before record", forGood, auth.NoAnswer, 0},
		{"behind record", 0, auth.NoAnswer, 0},
		{"before sentinel", 3 * time.Second, auth.Approved, 1},
		{"before poll", forGood, auth.NoAnswer, 1},
		{"before end", 3 * time.Second, auth.Approved, 1},
		{"before end", forGood, auth.NoAnswer, 1},
		{"behind end", 0, auth.Approved, 1},
	} {
		t.Run(tc.step+", "+tc.away.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ns := twoNodes(t, settings(), 12*time.Second)
				ns.cloud.Set(ivalttest.Person{Email: ada, Mobile: testMobile, Behaviour: ivalttest.Approve, After: 12 * time.Second})
				ns.a.at(tc.step, func() {
					if tc.away == 0 {
						ns.a.lose()
						return
					}
					ns.memory.Cut()
					time.AfterFunc(tc.away, ns.memory.Mend)
				})
				deadline := time.Now().Add(59 * time.Second)
				a := ns.a.lead(t, "a1", deadline)
				if a.Outcome != tc.want || a.Outage || a.Pushed != (tc.pushes > 0) {
					t.Errorf("%s, %+v", a.Outcome, a)
				}
				if n := ns.pushes(); n != tc.pushes || time.Now().After(deadline) {
					t.Errorf("%d pushes, answered %s before the deadline", n, time.Until(deadline))
				}
			})
		})
	}
}

// TestAClaimWhoseAnswerWasLost: it stands in nobody's way.
func TestAClaimWhoseAnswerWasLost(t *testing.T) {
	for name, again := range map[string]func(ns *nodes){
		"at once":            func(*nodes) {},
		"the next one, too":  func(ns *nodes) { ns.a.at("before claim", ns.a.lose) },
		"and then the end's": func(ns *nodes) { ns.a.at("before end", ns.a.lose) },
		"behind an outage": func(ns *nodes) {
			ns.memory.Cut()
			time.AfterFunc(10*time.Second, ns.memory.Mend)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ns := twoNodes(t, settings(), 12*time.Second)
				ns.a.at("behind claim", func() {
					ns.a.lose()
					again(ns)
				})
				if a := <-ns.a.Begin(pushTo(t, "a1", testMobile)).Answer(); a.Outcome != auth.NoAnswer || a.Pushed {
					t.Errorf("%s, %+v", a.Outcome, a)
				}
				<-time.After(12 * time.Second)
				if a := <-ns.b.Begin(pushTo(t, "a2", testMobile)).Answer(); a.Outcome != auth.Approved || ns.pushes() != 1 {
					t.Errorf("the next one: %s, %s after %d pushes", a.Outcome, a.Detail, ns.pushes())
				}
			})
		})
	}
}

// TestAClaimThatIsGivenBack: another login that has got the phone meanwhile keeps it.
func TestAClaimThatIsGivenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ns := twoNodes(t, settings(), 12*time.Second)
		first := ns.b.Begin(pushTo(t, "a2", testMobile))
		<-time.After(3 * time.Second)
		bid := cluster.Bid{Phone: testMobile, Attempt: "a1", Life: time.Minute}
		if err := claim.GiveBack(ns.a.member, bid)(t.Context()); err != nil {
			t.Error(err)
		}
		if a := <-first.Answer(); a.Outcome != auth.Approved {
			t.Errorf("%s, %s", a.Outcome, a.Detail)
		}
	})
}

// TestAMemoryThatForgetsALogin: nothing is approved that it does not know any more.
func TestAMemoryThatForgetsALogin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ns := twoNodes(t, settings(), 6*time.Second)
		ns.a.at("behind poll", ns.memory.Empty)
		if a := <-ns.a.Begin(pushTo(t, "a1", testMobile)).Answer(); a.Outcome != auth.Elsewhere || !a.Pushed {
			t.Errorf("%s, %+v", a.Outcome, a)
		}
	})
}

// TestALoginThatIsLeft: its node stops, or nobody waits there any more. Another node goes on with its push; for others the phone is free.
func TestALoginThatIsLeft(t *testing.T) {
	for name, leave := range map[string]func(n *node, a auth.Asked){
		"withdrawn": func(_ *node, a auth.Asked) { a.Withdraw() },
		"stopping":  func(n *node, _ auth.Asked) { n.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ns := twoNodes(t, settings(), 12*time.Second)
				leave(ns.a, ns.a.Begin(pushTo(t, "a1", testMobile)))
				first := ns.b.Begin(pushTo(t, "a1", testMobile))
				if a := <-first.Answer(); a.Outcome != auth.Approved || ns.pushes() != 1 {
					t.Errorf("%s, %s after %d pushes", a.Outcome, a.Detail, ns.pushes())
				}
			})
		})
	}
}

// TestAnEndThatIsOwed: the memory is away when a login ends, and free of it once it is back.
func TestAnEndThatIsOwed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ns := twoNodes(t, settings(), 12*time.Second)
		a := ns.a.Begin(pushTo(t, "a1", testMobile))
		<-time.After(3 * time.Second)
		ns.memory.Cut()
		a.Withdraw()
		<-time.After(10 * time.Second)
		ns.memory.Mend()
		<-time.After(time.Second)
		if a := <-ns.b.Begin(pushTo(t, "a2", testMobile)).Answer(); a.Outcome != auth.Approved {
			t.Errorf("%s, %s", a.Outcome, a.Detail)
		}
		if words := append(ns.a.notes.security(), ns.b.notes.security()...); len(words) != 0 {
			t.Errorf("security events %v", words)
		}
		ns.memory.Cut()
		began := time.Now()
		ns.a.Begin(pushTo(t, "a3", testMobile))
		ns.a.Close()
		if waited := time.Since(began); waited > closing {
			t.Errorf("closing took %s", waited)
		}
	})
}

// TestNoticesOfNobody: what is told of attempts that are not here, or that nothing fits, changes nothing.
func TestNoticesOfNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ns := twoNodes(t, settings(), 6*time.Second)
		a := ns.a.Begin(pushTo(t, "a1", testMobile))
		<-time.After(2 * time.Second)
		for _, n := range []cluster.Notice{
			{},
			{Kind: cluster.Collided, Attempt: "a2"},
			{Kind: cluster.Approved, Attempt: "a1"},
			{Kind: cluster.Approved, Attempt: "a1", Answer: []byte(`{"version":1,"outcome":"approved","attempt":""}`)},
		} {
			ns.a.Notice(n)
		}
		began := time.Now()
		if answer := <-a.Answer(); answer.Outcome != auth.Approved || time.Since(began) < time.Second {
			t.Errorf("%s, %s", answer.Outcome, answer.Detail)
		}
	})
}
