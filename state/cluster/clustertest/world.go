package clustertest

import (
	"context"
	"errors"
	"testing"
	"time"

	"ivalt-radius/state/cluster"
)

// Member is a node's part of the memory under test.
type Member interface {
	cluster.Attempts
	cluster.Phones
}

// World is a new, empty memory and what a test does to it. Its clock stands still but for Pass, or moves
// with the real one.
type World struct {
	Join  func(name string, notice func(cluster.Notice)) Member
	Die   func(name string) // from now on everybody believes that this member is dead; it may be wrong
	Cut   func()            // nobody can ask the memory
	Mend  func()
	Empty func() // it loses everything
	Pass  func(time.Duration)
}

// Run runs the suite, each case in a World of its own.
func Run(t *testing.T, world func(t *testing.T) World) {
	t.Helper()
	for name, cases := range map[string]map[string]func(*stage){
		"entering": entering(), "joining": joining(), "a copy": aCopy(), "lapsing": lapsing(), "waking": waking(), "waiting": waiting(), "outliving": outliving(),
		"granting": granting(), "expiring": expiring(), "ending": ending(), "ageing": ageing(), "marking": marking(),
		"taking": taking(), "leaving": leaving(), "concluding": concluding(), "denying": denying(), "carrying": carrying(),
		"renewing": renewing(), "finding": finding(), "voiding": voiding(), "holding": holding(), "trouble": troubles(), "bounds": bounds(),
	} {
		t.Run(name, func(t *testing.T) {
			for name, play := range cases {
				t.Run(name, func(t *testing.T) {
					play(&stage{T: t, World: world(t)})
				})
			}
		})
	}
}

// The numbers of the cases.
const (
	life    = time.Minute
	mobile  = "+15550100001"
	patient = 20 * time.Second // real time, for what comes at once or within half a second
)

// stage is one case.
type stage struct {
	*testing.T
	World
}

// node is one member on the stage.
type node struct {
	Member
	stage   *stage
	notices chan cluster.Notice
}

func (s *stage) node(name string) *node {
	n := &node{stage: s, notices: make(chan cluster.Notice, 16)}
	n.Member = s.Join(name, func(x cluster.Notice) { n.notices <- x })
	return n
}

func (s *stage) nodes() (a, b *node) { return s.node("a"), s.node("b") }

// aged is a world whose memory is old enough to know of every phone.
func (s *stage) aged(n *node) {
	n.grant("warm")
	n.end("warm", cluster.Ending{})
	s.Pass(cluster.Young + time.Second)
}

func digest(text string) (d cluster.Digest) {
	copy(d[:], text)
	return d
}

// is fails where an error is not the one that is wanted; nil: none is.
func (s *stage) is(err, want error) {
	s.Helper()
	if !errors.Is(err, want) || want == nil && err != nil {
		s.Fatalf("error %v, want %v", err, want)
	}
}

func (s *stage) same(what string, got, want any) {
	s.Helper()
	if got != want {
		s.Fatalf("%s: %v, want %v", what, got, want)
	}
}

// enter enters an attempt with an exchange of that name.
func (n *node) enter(key, id, exchange string) cluster.Place {
	n.stage.Helper()
	p, err := n.Enter(n.stage.Context(), cluster.Entry{Key: digest(key), ID: id, Exchange: digest(exchange), Life: life})
	n.stage.is(err, nil)
	return p
}

// enters enters and wants a role in the attempt of that ID.
func (n *node) enters(key, id, exchange string, role cluster.Role, of string) cluster.Place {
	n.stage.Helper()
	p := n.enter(key, id, exchange)
	if p.Role != role || p.ID != of {
		n.stage.Fatalf("role %d in attempt %s, want %d in %s", p.Role, p.ID, role, of)
	}
	return p
}

// awaited is what an Await gave.
type awaited struct {
	place cluster.Place
	err   error
}

// await begins an Await of attempt A with key k, and gives what ends it.
func (n *node) await() func() awaited {
	ctx, cancel := context.WithTimeout(n.stage.Context(), patient)
	result := make(chan awaited, 1)
	go func() {
		defer cancel()
		p, err := n.Await(ctx, digest("k"), "A")
		result <- awaited{p, err}
	}()
	return func() awaited { return <-result }
}

func (n *node) concluded(id, answer string) {
	n.stage.Helper()
	n.stage.is(n.Conclude(n.stage.Context(), digest("k"), id, cluster.Conclusion{Answer: []byte(answer)}), nil)
}

// bid bids for the phone with the default rule.
func (n *node) bid(attempt, renews string) cluster.Claim {
	n.stage.Helper()
	c, err := n.Claim(n.stage.Context(), cluster.Bid{Phone: mobile, Attempt: attempt, Renews: renews, Life: life})
	n.stage.is(err, nil)
	return c
}

// bids bids and wants that kind.
func (n *node) bids(attempt, renews string, kind cluster.ClaimKind) cluster.Claim {
	n.stage.Helper()
	c := n.bid(attempt, renews)
	if c.Kind != kind {
		n.stage.Fatalf("attempt %s got %+v, want kind %d", attempt, c, kind)
	}
	return c
}

// grant bids and wants the phone.
func (n *node) grant(attempt string) cluster.Token {
	n.stage.Helper()
	return n.bids(attempt, "", cluster.Granted).Token
}

// end claims anew for the attempt, which any of its nodes may, and ends that.
func (n *node) end(attempt string, e cluster.Ending) {
	n.stage.Helper()
	n.stage.is(n.End(n.stage.Context(), n.grant(attempt), e), nil)
}

func (n *node) push(t cluster.Token, state string) {
	n.stage.Helper()
	n.stage.is(n.rings(t, state), nil)
}

func (n *node) rings(t cluster.Token, state string) error {
	return n.Record(n.stage.Context(), t, cluster.Progress{State: []byte(state), Rang: true})
}

func (n *node) ends(t cluster.Token, e cluster.Ending) error { return n.End(n.stage.Context(), t, e) }

// noticed is the next notice.
func (n *node) noticed() cluster.Notice {
	n.stage.Helper()
	select {
	case x := <-n.notices:
		return x
	case <-time.After(patient):
		n.stage.Fatal("no notice came")
		return cluster.Notice{}
	}
}

// refused wants every operation with a token refused.
func (n *node) refused(t cluster.Token) {
	n.stage.Helper()
	n.stage.is(n.rings(t, "stale"), cluster.ErrLost)
	n.stage.is(n.Polled(n.stage.Context(), t, time.Second), cluster.ErrLost)
	for _, kind := range []cluster.EndKind{cluster.Ended, cluster.Left, cluster.Lapsed, cluster.Found} {
		n.stage.is(n.ends(t, cluster.Ending{Kind: kind, Answer: []byte("stale"), Hold: time.Hour, Taint: time.Hour, Spent: time.Hour, Late: time.Hour}), cluster.ErrLost)
	}
}
