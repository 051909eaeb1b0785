package ivalt

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sirupsen/logrus"

	"ivalt-radius/auth"
	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/secret"
	"ivalt-radius/state/cluster"
)

// node is one of several services that share a memory and an iVALT. It can meet its end at any step: its lease is over then, and
// what it does next comes late.
type node struct {
	*Service

	member *cluster.Member
	cloud  http.Handler
	notes  *notes

	mu     sync.Mutex
	polls  int
	pushes int
	rang   bool
	lost   bool // the reply to the next operation of the memory
	steps  []string
	meets  map[string]func() // by step, once each
}

// meet notes a step, and does what was planned for it.
func (n *node) meet(step string) {
	n.mu.Lock()
	n.steps = append(n.steps, step)
	do := n.meets[step]
	delete(n.meets, step)
	n.mu.Unlock()
	if do != nil {
		do()
	}
}

// at plans what happens at a step.
func (n *node) at(step string, do func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.meets[step] = do
}

// lose has the memory's reply to the operation under way be lost.
func (n *node) lose() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.lost = true
}

func (n *node) loses() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	lost := n.lost
	n.lost = false
	return lost
}

// met is how often a step was met.
func (n *node) met(step string) (times int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, s := range n.steps {
		if s == step {
			times++
		}
	}
	return times
}

func (n *node) sent() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.pushes
}

// call is a request's step: look-up, drain, push, sentinel or poll.
func (n *node) call(path string) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	switch {
	case path == lookUpPath:
		return "look-up"
	case path == pushPath:
		n.pushes++
		n.rang = true
		return "push"
	case !n.rang:
		return "drain"
	}
	n.polls++
	if n.polls == 1 {
		return "sentinel"
	}
	return "poll"
}

func (n *node) RoundTrip(req *http.Request) (*http.Response, error) {
	step := n.call(req.URL.Path)
	n.meet("before " + step)
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	w := httptest.NewRecorder()
	n.cloud.ServeHTTP(w, req)
	n.meet("behind " + step)
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	return w.Result(), nil
}

// watched are the memory's phones, with steps before and behind each operation.
type watched struct {
	cluster.Phones

	node *node
}

func (w watched) Claim(ctx context.Context, b cluster.Bid) (cluster.Claim, error) {
	w.node.meet("before claim")
	c, err := w.Phones.Claim(ctx, b)
	w.node.meet("behind claim")
	if w.node.loses() {
		return cluster.Claim{}, cluster.ErrUnreachable
	}
	return c, err
}

func (w watched) Record(ctx context.Context, t cluster.Token, p cluster.Progress) error {
	w.node.meet("before record")
	err := w.Phones.Record(ctx, t, p)
	w.node.meet("behind record")
	if w.node.loses() {
		return cluster.ErrUnreachable
	}
	return err
}

func (w watched) End(ctx context.Context, t cluster.Token, e cluster.Ending) error {
	w.node.meet("before end")
	err := w.Phones.End(ctx, t, e)
	w.node.meet("behind end")
	if w.node.loses() {
		return cluster.ErrUnreachable
	}
	return err
}

// nodes are two services, a and b.
type nodes struct {
	memory *cluster.Memory
	cloud  *ivalttest.Cloud
	a, b   *node
}

func newNodes(t *testing.T, s Settings, o ivalttest.Options) *nodes {
	t.Helper()
	o.APIKey = secret.New(testKey)
	ns := &nodes{memory: cluster.NewMemory(nil), cloud: ivalttest.New(o)}
	ns.a, ns.b = ns.join(t, s, "a", ns.cloud), ns.join(t, s, "b", ns.cloud)
	return ns
}

func (ns *nodes) join(t *testing.T, s Settings, name string, cloud http.Handler) *node {
	t.Helper()
	n := &node{cloud: cloud, notes: &notes{}, meets: map[string]func(){}}
	n.member = ns.memory.Join(name, func(x cluster.Notice) { n.Notice(x) })
	log := logrus.New()
	log.SetOutput(io.Discard)
	service, faults := New(s, Deps{Recorder: n.notes, Log: log, Transport: n, Rule: steps, Phones: watched{n.member, n}})
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	n.Service = service
	t.Cleanup(n.Close)
	return n
}

// ask has a node ask a person by e-mail for an attempt.
func (n *node) ask(t *testing.T, attempt string, deadline time.Time) auth.Asked {
	t.Helper()
	p := byEmail(t, attempt, ada)
	p.Deadline = deadline
	return n.Begin(p)
}

// lead is ask of a node that leads an attempt: while another one takes its claims away it begins again, as auth has it.
func (n *node) lead(t *testing.T, attempt string, deadline time.Time) auth.Answer {
	t.Helper()
	var a auth.Answer
	for range 3 {
		if a = <-n.ask(t, attempt, deadline).Answer(); a.Outcome != auth.Elsewhere {
			break
		}
	}
	return a
}

// takeover is the death of the node that leads, at one step, and what the other one comes to, three seconds later. The dead one is frozen
// for four seconds and goes on then.
type takeover struct {
	step   string
	young  bool // the memory, so that no phone is clean
	sticky bool // reading leaves a result there
	never  bool // what the dead one was about to do never happens
	want   auth.Outcome
	pushes int
}

func takeovers() []takeover {
	return []takeover{
		{step: "before look-up", want: auth.Approved, pushes: 1},
		{step: "behind look-up", want: auth.Approved, pushes: 1},
		{step: "before claim", want: auth.Approved, pushes: 1},
		{step: "behind claim", want: auth.Approved, pushes: 1},
		{step: "before drain", young: true, want: auth.Approved, pushes: 1},
		{step: "behind drain", young: true, want: auth.Approved, pushes: 1},
		{step: "before record", want: auth.Approved, pushes: 1},
		{step: "behind record", want: auth.Approved, pushes: 1},
		{step: "behind record", never: true, want: auth.TimedOut},
		{step: "before push", want: auth.Approved, pushes: 1},
		{step: "before push", never: true, want: auth.TimedOut},
		{step: "behind push", want: auth.Approved, pushes: 1},
		{step: "behind push", never: true, want: auth.Approved, pushes: 1},
		{step: "behind push", young: true, want: auth.Stale, pushes: 1}, // nobody said that it rang, and another one may
		{step: "before sentinel", want: auth.Approved, pushes: 1},
		{step: "behind sentinel", want: auth.Approved, pushes: 1},
		{step: "behind sentinel", young: true, want: auth.Approved, pushes: 1},
		{step: "before poll", want: auth.Approved, pushes: 1},
		{step: "behind poll", want: auth.Approved, pushes: 1},
		{step: "behind poll", never: true, want: auth.Approved, pushes: 1},
		{step: "before end", want: auth.TimedOut, pushes: 1}, // the dead one has read the approval
		{step: "before end", sticky: true, want: auth.Approved, pushes: 1},
		{step: "behind end", want: auth.Approved, pushes: 1},
		{step: "behind end", never: true, want: auth.Approved, pushes: 1},
	}
}

func TestTakeovers(t *testing.T) {
	for _, tc := range takeovers() {
		name := tc.step
		if tc.never {
			name += ", which never comes"
		}
		if tc.young {
			name += ", young"
		}
		if tc.sticky {
			name += ", sticky"
		}
		t.Run(name, func(t *testing.T) { synctest.Test(t, tc.run) })
	}
}

func (tc *takeover) run(t *testing.T) {
	ns := newNodes(t, settings(), ivalttest.Options{Sticky: tc.sticky})
	ns.cloud.Set(ivalttest.Person{Email: ada, Behaviour: ivalttest.Approve, After: 12 * time.Second})
	if !tc.young {
		<-time.After(dirtyFor)
	}
	died := make(chan struct{})
	ns.a.at(tc.step, func() {
		ns.a.member.Die()
		close(died)
		<-time.After(4 * time.Second)
		if tc.never {
			<-time.After(time.Hour)
		}
	})
	deadline := time.Now().Add(59 * time.Second)
	first := ns.a.ask(t, "a1", deadline)
	<-died
	<-time.After(3 * time.Second)
	answer := ns.b.lead(t, "a1", deadline)
	if answer.Outcome != tc.want {
		t.Errorf("the node that took over: %s, %s\n%s", answer.Outcome, answer.Detail, strings.Join(ns.b.steps, ", "))
	}
	if now := time.Now(); now.After(deadline) {
		t.Errorf("answered %s behind the deadline", now.Sub(deadline))
	}
	if n := len(ns.cloud.PushLog(10)); n != tc.pushes {
		t.Errorf("%d pushes reached the phone, want %d", n, tc.pushes)
	}
	if n := ns.a.sent() + ns.b.sent(); n > 1 {
		t.Errorf("%d pushes were sent", n)
	}
	if a := <-first.Answer(); a.Outcome == auth.Approved && tc.step != "behind end" {
		t.Errorf("the former leader: %s, %s", a.Outcome, a.Detail)
	}
}
