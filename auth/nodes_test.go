package auth

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"ivalt-radius/audit"
	"ivalt-radius/auth/naming"
	"ivalt-radius/auth/outcome"
	"ivalt-radius/policy"
	"ivalt-radius/secret"
	"ivalt-radius/state/cluster"
)

// nodesOf is several nodes over one memory, and the one phone that all of them ask.
type nodesOf struct {
	memory *cluster.Memory

	mu    sync.Mutex
	rings []Push        // pushes that left, of all nodes
	says  Outcome       // what the person does,
	after time.Duration // so long behind the first ring
	rang  time.Time
}

// node is one of them. Its pusher claims the phone as ivalt does, and asks it each second.
type node struct {
	*house
	*keeper
	all    *nodesOf
	member *cluster.Member
	slow   time.Duration // before it claims the phone
	dead   chan struct{} // closed by a power cut
	mute   atomic.Bool   // what it concludes reaches nobody
}

const bobsPhone = "+491701111111"

func newCluster() *nodesOf {
	return &nodesOf{memory: cluster.NewMemory(time.Now), says: Approved, after: 5 * time.Second}
}

func (c *nodesOf) join(name string, change ...func(*Options)) *node {
	n := &node{house: newHouse(), keeper: &keeper{says: map[Stage]Admission{}}, all: c, member: c.memory.Join(name, nil), dead: make(chan struct{})}
	n.rules.Primaries = with(checked{})
	o := n.Options
	o.Pusher, o.Gate, o.Attempts, o.Names = n, n.keeper, deaf{n.member, n}, naming.Keyed([]byte("the cluster's"))
	for _, change := range change {
		change(&o)
	}
	n.Flow = New(o)
	return n
}

// deaf are the attempts as a node asks for them that may be dead.
type deaf struct {
	*cluster.Member
	n *node
}

func (d deaf) Conclude(ctx context.Context, key cluster.Digest, id string, e cluster.Conclusion) error {
	if d.n.mute.Load() {
		return cluster.ErrUnreachable
	}
	return d.Member.Conclude(ctx, key, id, e)
}

// die is a power cut.
func (n *node) die() {
	n.mute.Store(true)
	close(n.dead)
	n.member.Die()
}

func (n *node) Begin(p *Push) Asked { return PusherFunc(n.ask).Begin(p) }

func (n *node) ask(ctx context.Context, p *Push) Answer {
	select {
	case <-time.After(n.slow):
	case <-ctx.Done():
		return Answer{Outcome: Withdrawn}
	case <-n.dead:
		return Answer{Outcome: Stopping}
	}
	c, err := n.member.Claim(ctx, cluster.Bid{Phone: bobsPhone, Attempt: p.Attempt, Renews: p.Renews, Life: time.Until(p.Deadline)})
	switch {
	case err != nil:
		return Answer{Detail: err.Error()}
	case c.Kind == cluster.Concluded:
		return outcome.Parse(c.Answer, p.Attempt).Answer
	case c.Kind != cluster.Granted:
		return Answer{Outcome: Collided}
	}
	if !c.Rang {
		if err := n.member.Record(ctx, c.Token, cluster.Progress{State: []byte("rang"), Rang: true}); err != nil {
			return Answer{Detail: err.Error()}
		}
		n.all.ring(p)
	}
	for {
		select {
		case <-time.After(time.Second):
		case <-n.dead:
			return Answer{Outcome: Stopping, Pushed: true}
		case <-ctx.Done():
			_ = n.member.End(context.WithoutCancel(ctx), c.Token, cluster.Ending{Kind: cluster.Left})
			return Answer{Outcome: Withdrawn, Pushed: true}
		}
		if errors.Is(n.member.Polled(ctx, c.Token, time.Minute), cluster.ErrLost) {
			return Answer{Outcome: Elsewhere, Pushed: true}
		}
		a := Answer{Outcome: n.all.said(), Pushed: true, Mobile: mobile(bobsPhone)}
		if a.Outcome == TimedOut && time.Until(p.Deadline) > 2*time.Second {
			continue
		}
		switch err := n.member.End(ctx, c.Token, cluster.Ending{Answer: outcome.Told{Attempt: p.Attempt, Answer: a}.Form()}); {
		case err == nil:
			return a
		case errors.Is(err, cluster.ErrLost):
			return Answer{Outcome: Elsewhere, Pushed: true}
		case time.Until(p.Deadline) < 2*time.Second:
			return Answer{Pushed: true, Detail: err.Error()}
		}
	}
}

func (c *nodesOf) ring(p *Push) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rings = append(c.rings, *p)
	c.rang = time.Now()
}

// said is what the person has done by now; TimedOut: nothing.
func (c *nodesOf) said() Outcome {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.rang) < c.after {
		return TimedOut
	}
	return c.says
}

func (c *nodesOf) wantRings(t *testing.T, n int) {
	t.Helper()
	if len(c.rings) != n {
		t.Errorf("the phone rang %d times, not %d", len(c.rings), n)
	}
}

// packet tells one packet from another.
func packet(b byte) func(*Request) { return func(r *Request) { r.Packet[0] = b } }

// wantOne reports that all verdicts are of one attempt, and that each node has one record of it.
func wantOne(t *testing.T, id string, nodes ...*node) {
	t.Helper()
	for i, n := range nodes {
		if len(n.concluded) != 1 || n.concluded[0].Attempt != id {
			t.Errorf("node %d has records of others than %q: %+v", i, id, n.concluded)
		}
	}
}

// TestOneLoginAtTwoNodes: it rings once, and both nodes answer, each with its own record of the same attempt.
func TestOneLoginAtTwoNodes(t *testing.T) {
	for _, c := range []struct {
		name          string
		says          Outcome
		behind        time.Duration
		first, second byte
		reason        Reason
		rings         int
	}{
		{"at the same moment", Approved, 0, 1, 2, ApprovedByPerson, 1},
		{"another packet while the phone rings", Approved, 3 * time.Second, 1, 2, ApprovedByPerson, 1},
		{"the very same packet while the phone rings", Approved, 3 * time.Second, 1, 1, ApprovedByPerson, 1},
		{"another packet behind the Accept", Approved, 14 * time.Second, 1, 2, ApprovedByPerson, 1},
		{"another packet long behind the Accept", Approved, 16 * time.Second, 1, 2, ApprovedByPerson, 2},
		{"the very same packet long behind the Accept", Approved, 34 * time.Second, 1, 1, ApprovedByPerson, 1},
		{"the very same packet longer behind", Approved, 36 * time.Second, 1, 1, ApprovedByPerson, 2},
		{"denied, while the phone rings", Denied, 3 * time.Second, 1, 2, PushDenied, 1},
		{"denied, the very same packet", Denied, 34 * time.Second, 1, 1, PushDenied, 1},
		{"denied, another packet", Denied, 7 * time.Second, 1, 2, PushDenied, 2},
		{"packets that say nothing", Denied, 7 * time.Second, 0, 0, PushDenied, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				all := newCluster()
				all.says = c.says
				a, b := all.join("a"), all.join("b")
				one := a.start(ask("bob", "pw", packet(c.first)))
				pass(c.behind)
				two := b.start(ask("bob", "pw", packet(c.second)))
				v1, v2 := <-one, <-two
				if v1.Reason != c.reason || v2.Reason != c.reason || v1.Silent || v2.Silent {
					t.Errorf("%v and %v, want %v", v1, v2, c.reason)
				}
				all.wantRings(t, c.rings)
				if (v1.Attempt == v2.Attempt) != (c.rings == 1) {
					t.Errorf("attempts %q and %q", v1.Attempt, v2.Attempt)
				}
				wantOne(t, v1.Attempt, a)
				wantOne(t, v2.Attempt, b)
				pushed := 0
				for _, e := range append(a.told(), b.told()...) {
					if e.Pushed {
						pushed++
					} else if (e != End{Passed: true}) {
						t.Errorf("the gate is told of a follower: %+v", e)
					}
				}
				if ends := len(a.told()) + len(b.told()); pushed != c.rings || ends != 2 {
					t.Errorf("the gates count %d pushes of %d, in %d ends", pushed, c.rings, ends)
				}
			})
		})
	}
}

// TestLocalCopies: they join at their own node, whichever leads.
func TestLocalCopies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := newCluster()
		a, b := all.join("a"), all.join("b")
		var waits []<-chan Verdict
		for i, n := range []*node{a, b, b, a, b} {
			waits = append(waits, n.start(ask("bob", "pw", packet(byte(i+1)))))
		}
		id := ""
		for _, w := range waits {
			v := <-w
			want(t, v, Accept, ApprovedByPerson)
			id = v.Attempt
		}
		all.wantRings(t, 1)
		wantOne(t, id, a, b)
		want(t, b.run(ask("bob", "pw", packet(9))), Accept, ApprovedByPerson) // the Accept is joined
		all.wantRings(t, 1)
	})
}

// TestWhoNeverAsksTheMemory: it is gone, and these logins do not notice.
func TestWhoNeverAsksTheMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := newCluster()
		n := all.join("a", func(o *Options) { o.Current = func() bool { return true } })
		n.decide = under(func(d *policy.Decision) { d.Remember = time.Hour })
		want(t, n.run(ask("bob", "pw")), Accept, ApprovedByPerson)
		pass(time.Minute)
		all.memory.Cut()
		want(t, n.run(ask("bob", "pw")), Accept, Remembered)
		want(t, n.run(ask("bob", "no")), Reject, BadPassword)
		n.decide = func(policy.Facts) policy.Decision { return policy.Decision{Action: policy.Exempt, Rule: "default"} }
		want(t, n.run(ask("eve", "pw")), Accept, ExemptByRule)
		n.decide = func(policy.Facts) policy.Decision { return policy.Decision{} }
		want(t, n.run(ask("eve", "pw")), Reject, PolicyDenied)
		n.decide, n.Pusher = push, n.house
		n.rules.Primaries = with(&slow{})
		want(t, n.run(ask("eve", "", func(r *Request) { r.Method, r.Password, r.Client.CHAP = CHAP, secret.Secret{}, true })), Accept, ApprovedByPerson)
		asks := n.run(ask("eve", "pw", func(r *Request) { r.Client.Prompts = ConfirmPhone }))
		want(t, asks, Challenge, Challenged)
		n.Stop()
		want(t, n.run(ask("bob", "pw")), Reject, ShuttingDown)
	})
}

// TestRememberedWhileBehind: what another node may have taken back counts for nothing while this one has not heard.
func TestRememberedWhileBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all, current := newCluster(), true
		n := all.join("a", func(o *Options) { o.Current = func() bool { return current } })
		n.decide = under(func(d *policy.Decision) {
			d.Remember, d.Fail = time.Hour, policy.Fail{Mode: policy.FailRemembered, For: time.Hour}
		})
		want(t, n.run(ask("bob", "pw")), Accept, ApprovedByPerson)
		pass(time.Minute)
		current = false
		want(t, n.run(ask("bob", "pw")), Accept, ApprovedByPerson)
		all.wantRings(t, 2)
		current = true
		pass(time.Minute)
		want(t, n.run(ask("bob", "pw")), Accept, Remembered)
		n.Recorder = falls{n.house, func() { current = false }}
		want(t, n.run(ask("bob", "pw")), Reject, Unavailable)
	})
}

// falls has something happen while the disk is written.
type falls struct {
	*house
	do func()
}

func (f falls) Commit(ctx context.Context, e audit.Event) error {
	f.do()
	return f.house.Commit(ctx, e)
}

// reachable is a directory that gives everybody these.
func reachable(all ...string) Directory {
	p := Person{Mobile: mobile(all[0])}
	for _, m := range all {
		p.Phones = append(p.Phones, mobile(m))
	}
	return DirectoryFunc(func(context.Context, Username) (Person, error) { return p, nil })
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
