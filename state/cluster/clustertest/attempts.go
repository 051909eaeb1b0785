package clustertest

import (
	"context"
	"fmt"
	"time"

	"ivalt-radius/state/cluster"
)

func entering() map[string]func(*stage) {
	return map[string]func(*stage){
		"the first leads, the second follows": func(s *stage) {
			a, b := s.nodes()
			p := a.enters("k", "A", "x1", cluster.Leads, "A")
			s.same("taken", p.Taken, false)
			s.same("renews", p.Renews, "")
			b.enters("k", "B", "x2", cluster.Follows, "A")
			b.enters("other", "C", "x2", cluster.Leads, "C")
		},
		"the one that leads and enters again leads still": func(s *stage) {
			a, b := s.nodes()
			a.enter("k", "A", "x1")
			s.same("taken", a.enters("k", "A2", "x2", cluster.Leads, "A").Taken, true)
			b.enters("k", "B", "x3", cluster.Follows, "A")
			a.concluded("A", "yes")
		},
		"a concluded one is joinable for as long as was said": func(s *stage) {
			a, b := s.nodes()
			a.enter("k", "A", "x1")
			s.is(a.Conclude(s.Context(), digest("k"), "A", cluster.Conclusion{Answer: []byte("yes"), Joinable: 10 * time.Second}), nil)
			s.Pass(9 * time.Second)
			s.same("answer", string(b.enters("k", "B", "x2", cluster.Over, "A").Answer), "yes")
			s.Pass(2 * time.Second)
			b.enters("k", "B", "x3", cluster.Leads, "B")
		},
		"one that is not joinable is told to its very packets alone": func(s *stage) {
			a, b := s.nodes()
			a.enter("k", "A", "x1")
			b.enter("k", "B", "x2")
			s.is(a.Conclude(s.Context(), digest("k"), "A", cluster.Conclusion{Answer: []byte("no"), Repeated: 30 * time.Second}), nil)
			s.Pass(29 * time.Second)
			s.same("answer", string(a.enters("k", "C", "x2", cluster.Over, "A").Answer), "no")
			s.same("answer", string(b.enters("k", "C", "x1", cluster.Over, "A").Answer), "no")
			b.enters("k", "D", "x3", cluster.Leads, "D")
		},
		"a repeated packet is told no longer than was said": func(s *stage) {
			a, b := s.nodes()
			a.enter("k", "A", "x1")
			s.is(a.Conclude(s.Context(), digest("k"), "A", cluster.Conclusion{Answer: []byte("no"), Repeated: 30 * time.Second}), nil)
			s.Pass(31 * time.Second)
			b.enters("k", "B", "x1", cluster.Leads, "B")
		},
	}
}

func joining() map[string]func(*stage) {
	return map[string]func(*stage){
		"the next attempt of the key is told what it renews, once": func(s *stage) {
			a, b := s.nodes()
			a.enter("k", "A", "x1")
			s.is(a.Conclude(s.Context(), digest("k"), "A", cluster.Conclusion{Renewed: 30 * time.Second}), nil)
			s.same("renews", b.enters("k", "B", "x2", cluster.Leads, "B").Renews, "A")
			s.same("renews", b.enters("k", "B2", "x3", cluster.Leads, "B").Renews, "")
			b.concluded("B", "no")
			s.same("renews", b.enters("k", "C", "x4", cluster.Leads, "C").Renews, "")
		},
		"what it renews is told no longer than was said": func(s *stage) {
			a, b := s.nodes()
			a.enter("k", "A", "x1")
			s.is(a.Conclude(s.Context(), digest("k"), "A", cluster.Conclusion{Renewed: 30 * time.Second}), nil)
			s.Pass(31 * time.Second)
			s.same("renews", b.enters("k", "B", "x2", cluster.Leads, "B").Renews, "")
		},
		"only the one that leads concludes and leaves":        onlyTheLeader,
		"a conclusion again is none":                          again,
		"one whose life has passed is over without an answer": outlived,
		"the longest life of its exchanges counts": func(s *stage) {
			a, b := s.nodes()
			a.enter("k", "A", "x1")
			s.Pass(life)
			b.enters("k", "B", "x2", cluster.Follows, "A")
			s.Pass(life)
			a.concluded("A", "yes")
		},
		"exchanges beyond the bound follow, and are not repeated": func(s *stage) {
			a, b := s.nodes()
			a.enter("k", "A", "x0")
			for i := range cluster.MostExchanges + 3 {
				b.enters("k", "B", fmt.Sprintf("y%d", i), cluster.Follows, "A")
			}
			s.is(a.Conclude(s.Context(), digest("k"), "A", cluster.Conclusion{Answer: []byte("no"), Repeated: 30 * time.Second}), nil)
			b.enters("k", "B", "x0", cluster.Over, "A")
			b.enters("k", "B", fmt.Sprintf("y%d", cluster.MostExchanges-2), cluster.Over, "A")
			b.enters("k", "B", fmt.Sprintf("y%d", cluster.MostExchanges-1), cluster.Leads, "B")
		},
	}
}

// lapsing has attempts that nobody waits for any more.
func lapsing() map[string]func(*stage) {
	return map[string]func(*stage){
		"one that nobody follows is gone where nobody listens": func(s *stage) {
			a, b := s.nodes()
			a.enter("k", "A", "x1")
			s.is(a.Leave(s.Context(), digest("k"), "A", cluster.ToFollowers), nil)
			s.same("taken", b.enters("k", "B", "x2", cluster.Leads, "B").Taken, false)
		},
		"one that somebody follows is theirs": func(s *stage) {
			a, b := s.nodes()
			a.enter("k", "A", "x1")
			b.enter("k", "B", "x2")
			wait := b.await()
			s.is(a.Leave(s.Context(), digest("k"), "A", cluster.ToFollowers), nil)
			got := wait()
			s.is(got.err, nil)
			s.same("role", got.place.Role, cluster.Leads)
		},
		"one that was left is begun anew behind its life": func(s *stage) {
			a, b := s.nodes()
			a.enter("k", "A", "x1")
			s.is(a.Leave(s.Context(), digest("k"), "A", cluster.ToAnybody), nil)
			s.Pass(life + time.Second)
			s.same("taken", b.enters("k", "B", "x2", cluster.Leads, "B").Taken, false)
		},
		"and so is one whose node died": func(s *stage) {
			a, b := s.nodes()
			a.enter("k", "A", "x1")
			s.Die("a")
			s.Pass(life + time.Second)
			s.same("taken", b.enters("k", "B", "x2", cluster.Leads, "B").Taken, false)
		},
	}
}

// aCopy has copies join at a node that has its part already, and never more than that.
func aCopy() map[string]func(*stage) {
	return map[string]func(*stage){
		"it is told to its very packet": func(s *stage) {
			a, b := s.nodes()
			a.enter("k", "A", "x1")
			b.enter("k", "B", "x2")
			b.joins("x3", cluster.Follows)
			s.is(a.Conclude(s.Context(), digest("k"), "A", cluster.Conclusion{Answer: []byte("no"), Repeated: 30 * time.Second}), nil)
			a.joins("x4", cluster.Over)
			s.same("answer", string(a.enters("k", "C", "x3", cluster.Over, "A").Answer), "no")
			s.same("answer", string(b.enters("k", "C", "x4", cluster.Over, "A").Answer), "no")
			s.Pass(31 * time.Second)
			s.knowsNo(a, "x3")
			b.enters("k", "D", "x3", cluster.Leads, "D")
		},
		"it joins no other attempt of the key": func(s *stage) {
			a, b := s.nodes()
			a.enter("k", "A", "x1")
			s.is(a.Conclude(s.Context(), digest("k"), "A", cluster.Conclusion{Answer: []byte("yes"), Joinable: time.Second, Repeated: 30 * time.Second}), nil)
			s.Pass(2 * time.Second)
			s.knowsNo(b, "x2") // of a login that the memory was never told of
			b.enters("k", "B", "x2", cluster.Leads, "B")
		},
		"it begins nothing": func(s *stage) {
			a, b := s.nodes()
			s.knowsNo(a, "x1")
			s.same("taken", b.enters("k", "B", "x1", cluster.Leads, "B").Taken, false)
		},
		"it takes nothing over, and prolongs nothing": func(s *stage) {
			a, b := s.nodes()
			a.enter("k", "A", "x1")
			s.is(a.Leave(s.Context(), digest("k"), "A", cluster.ToAnybody), nil)
			b.joins("x2", cluster.Follows)
			s.same("taken", a.enters("k", "A2", "x3", cluster.Leads, "A").Taken, true)
			s.Pass(life)
			b.joins("x4", cluster.Follows)
			s.Pass(cluster.Grace + time.Second)
			s.knowsNo(b, "x5")
			b.enters("k", "B", "x4", cluster.Leads, "B")
		},
	}
}

// joins has a copy join attempt A, whose key is k, without a life of its own.
func (n *node) joins(exchange string, role cluster.Role) {
	n.stage.Helper()
	p, err := n.Enter(n.stage.Context(), cluster.Entry{Key: digest("k"), ID: "A", Exchange: digest(exchange)})
	n.stage.is(err, nil)
	if p.Role != role || p.ID != "A" || p.Taken {
		n.stage.Fatalf("the copy's place is %+v", p)
	}
}

// knowsNo wants that a copy finds nothing to join.
func (s *stage) knowsNo(n *node, exchange string) {
	s.Helper()
	_, err := n.Enter(s.Context(), cluster.Entry{Key: digest("k"), ID: "copy", Exchange: digest(exchange)})
	s.is(err, cluster.ErrLost)
}

func onlyTheLeader(s *stage) {
	a, b := s.nodes()
	a.enter("k", "A", "x1")
	b.enter("k", "B", "x2")
	s.is(b.Conclude(s.Context(), digest("k"), "A", cluster.Conclusion{Answer: []byte("forged"), Joinable: time.Minute}), cluster.ErrLost)
	s.is(b.Leave(s.Context(), digest("k"), "A", cluster.ToAnybody), cluster.ErrLost)
	s.is(a.Conclude(s.Context(), digest("k"), "B", cluster.Conclusion{}), cluster.ErrLost)
	s.is(a.Conclude(s.Context(), digest("unknown"), "A", cluster.Conclusion{}), cluster.ErrLost)
	s.is(a.Leave(s.Context(), digest("unknown"), "A", cluster.ToAnybody), cluster.ErrLost)
	s.is(a.Leave(s.Context(), digest("k"), "A", cluster.ToAnybody), nil)
	s.is(a.Conclude(s.Context(), digest("k"), "A", cluster.Conclusion{}), cluster.ErrLost)
	s.is(a.Leave(s.Context(), digest("k"), "A", cluster.ToAnybody), cluster.ErrLost)
	s.same("taken", b.enters("k", "B", "x3", cluster.Leads, "A").Taken, true)
	b.concluded("A", "yes")
	s.is(b.Leave(s.Context(), digest("k"), "A", cluster.ToAnybody), cluster.ErrLost)
}

func again(s *stage) {
	a, b := s.nodes()
	a.enter("k", "A", "x1")
	s.is(a.Conclude(s.Context(), digest("k"), "A", cluster.Conclusion{Answer: []byte("yes"), Joinable: time.Minute}), nil)
	s.is(a.Conclude(s.Context(), digest("k"), "A", cluster.Conclusion{Answer: []byte("no"), Joinable: time.Minute}), nil)
	s.same("answer", string(b.enters("k", "B", "x2", cluster.Over, "A").Answer), "yes")
}

func outlived(s *stage) {
	a, b := s.nodes()
	a.enter("k", "A", "x1")
	s.Pass(life + cluster.Grace + time.Second)
	_, err := b.Await(s.Context(), digest("k"), "A")
	s.is(err, cluster.ErrLost)
	s.is(a.Leave(s.Context(), digest("k"), "A", cluster.ToAnybody), cluster.ErrLost)
	s.is(a.Conclude(s.Context(), digest("k"), "A", cluster.Conclusion{Renewed: time.Minute}), cluster.ErrLost)
	s.same("renews", b.enters("k", "B", "x1", cluster.Leads, "B").Renews, "")
	s.is(a.Conclude(s.Context(), digest("k"), "A", cluster.Conclusion{}), cluster.ErrLost)
}

func waking() map[string]func(*stage) {
	return map[string]func(*stage){
		"a conclusion wakes all who follow": func(s *stage) {
			a, b := s.nodes()
			c := s.node("c")
			a.enter("k", "A", "x1")
			b.enter("k", "B", "x2")
			c.enter("k", "C", "x3")
			waits := []func() awaited{b.await(), b.await(), c.await()}
			a.concluded("A", "yes")
			for _, wait := range waits {
				got := wait()
				s.is(got.err, nil)
				s.same("role", got.place.Role, cluster.Over)
				s.same("answer", string(got.place.Answer), "yes")
			}
		},
		"one that was left is taken over by one": func(s *stage) {
			s.takenOverByOne(func(a *node) { s.is(a.Leave(s.Context(), digest("k"), "A", cluster.ToAnybody), nil) })
		},
		"one whose node died is taken over by one": func(s *stage) {
			s.takenOverByOne(func(*node) { s.Die("a") })
		},
		"a dead node that still acts is refused once it was taken over": func(s *stage) {
			a, b := s.nodes()
			a.enter("k", "A", "x1")
			b.enter("k", "B", "x2")
			s.Die("a")
			s.same("role", b.await()().place.Role, cluster.Leads)
			s.is(a.Conclude(s.Context(), digest("k"), "A", cluster.Conclusion{Answer: []byte("late")}), cluster.ErrLost)
			b.concluded("A", "yes")
		},
		"a dead node that nobody took over concludes": func(s *stage) {
			a, b := s.nodes()
			a.enter("k", "A", "x1")
			s.Die("a")
			s.is(a.Conclude(s.Context(), digest("k"), "A", cluster.Conclusion{Answer: []byte("yes"), Joinable: time.Minute}), nil)
			b.enters("k", "B", "x2", cluster.Over, "A")
		},
		"an entry takes a dead node's over": func(s *stage) {
			a, b := s.nodes()
			a.enter("k", "A", "x1")
			s.Die("a")
			s.same("taken", b.enters("k", "B", "x2", cluster.Leads, "A").Taken, true)
		},
	}
}

func waiting() map[string]func(*stage) {
	return map[string]func(*stage){
		"what is not known is lost": func(s *stage) {
			a, b := s.nodes()
			a.enter("k", "A", "x1")
			_, err := b.Await(s.Context(), digest("k"), "B")
			s.is(err, cluster.ErrLost)
			_, err = b.Await(s.Context(), digest("other"), "A")
			s.is(err, cluster.ErrLost)
		},
		"an answer is told for a while though nobody may join": func(s *stage) {
			a, b := s.nodes()
			a.enter("k", "A", "x1")
			b.enter("k", "B", "x2")
			a.concluded("A", "no")
			s.Pass(cluster.Told - time.Second)
			s.same("answer", string(b.await()().place.Answer), "no")
		},
		"it ends when its time is over": func(s *stage) {
			a, b := s.nodes()
			a.enter("k", "A", "x1")
			b.enter("k", "B", "x2")
			wait := b.await()
			s.Pass(life + cluster.Grace + time.Second)
			if err := wait().err; err == nil {
				s.Fatal("it awaited what is over")
			}
		},
		"it ends with its context": func(s *stage) {
			a, b := s.nodes()
			a.enter("k", "A", "x1")
			b.enter("k", "B", "x2")
			ctx, cancel := context.WithCancel(s.Context())
			done := make(chan error, 1)
			go func() {
				_, err := b.Await(ctx, digest("k"), "A")
				done <- err
			}()
			cancel()
			s.is(<-done, context.Canceled)
		},
	}
}

func outliving() map[string]func(*stage) {
	return map[string]func(*stage){
		"it outlives a short cut": func(s *stage) {
			a, b := s.nodes()
			a.enter("k", "A", "x1")
			b.enter("k", "B", "x2")
			s.Cut()
			wait := b.await()
			s.Mend()
			a.concluded("A", "yes")
			s.same("answer", string(wait().place.Answer), "yes")
		},
	}
}

// takenOverByOne wants exactly one of two followers to lead when the leader is no more, and the other one to hear of its end.
func (s *stage) takenOverByOne(ends func(*node)) {
	s.Helper()
	a, b := s.nodes()
	c := s.node("c")
	a.enter("k", "A", "x1")
	b.enter("k", "B", "x2")
	c.enter("k", "C", "x3")
	type told struct {
		by *node
		awaited
	}
	got := make(chan told, 2)
	for _, n := range []*node{b, c} {
		wait := n.await()
		go func() { got <- told{n, wait()} }()
	}
	ends(a)
	first := <-got
	s.is(first.err, nil)
	if first.place.Role != cluster.Leads || !first.place.Taken || first.place.ID != "A" {
		s.Fatalf("the first is %+v", first.place)
	}
	first.by.concluded("A", "yes")
	second := <-got
	s.is(second.err, nil)
	s.same("the second's role", second.place.Role, cluster.Over)
	s.same("answer", string(second.place.Answer), "yes")
	s.is(a.Conclude(s.Context(), digest("k"), "A", cluster.Conclusion{}), cluster.ErrLost)
}
