package clustertest

import (
	"time"

	"ivalt-radius/state/cluster"
)

func denying() map[string]func(*stage) {
	return map[string]func(*stage){
		"deny both: the holder is told, and its end says so": func(s *stage) {
			a, b := s.nodes()
			t := a.grant("A")
			a.push(t, "one")
			s.same("other", b.bids("B", "", cluster.Taken).Other, "A")
			x := a.noticed()
			s.same("notice", x.Kind, cluster.Collided)
			s.same("of", x.Attempt, "A")
			s.is(a.rings(t, "two"), cluster.ErrCollided)
			s.is(a.ends(t, cluster.Ending{Answer: []byte("yes"), Taint: time.Hour}), cluster.ErrCollided)
			s.same("history", b.bids("C", "", cluster.Granted).History, cluster.Dirty) // what it said of the phone is kept
			s.is(a.ends(t, cluster.Ending{Answer: []byte("yes"), Taint: time.Hour}), cluster.ErrCollided)
		},
		"deny both: the end says so though the notice was lost": func(s *stage) {
			a, b := &node{Member: s.Join("a", nil), stage: s}, s.node("b")
			t := a.grant("A")
			b.bids("B", "", cluster.Taken)
			s.is(a.ends(t, cluster.Ending{Answer: []byte("yes")}), cluster.ErrCollided)
		},
		"deny both: it holds the phone until it ends": func(s *stage) {
			a, b := s.nodes()
			t := a.grant("A")
			b.bids("B", "", cluster.Taken)
			b.bids("C", "", cluster.Taken)
			s.is(a.ends(t, cluster.Ending{}), cluster.ErrCollided)
			b.grant("D")
		},
		"keep first: the holder goes on": func(s *stage) {
			a, b := s.nodes()
			t := a.grant("A")
			c, err := b.Claim(s.Context(), cluster.Bid{Phone: mobile, Attempt: "B", Collision: cluster.KeepFirst, Life: life})
			s.is(err, nil)
			s.same("kind", c.Kind, cluster.Taken)
			s.same("other", c.Other, "A")
			a.push(t, "one")
			s.is(a.ends(t, cluster.Ending{}), nil)
			if len(a.notices) != 0 {
				s.Fatal("the holder was told")
			}
		},
	}
}

func carrying() map[string]func(*stage) {
	return map[string]func(*stage){
		"on one node as well": func(s *stage) {
			a := s.node("a")
			t := a.grant("A")
			a.bids("B", "", cluster.Taken)
			s.same("notice", a.noticed().Attempt, "A")
			s.is(a.ends(t, cluster.Ending{}), cluster.ErrCollided)
		},
		"it goes with the attempt to the node that takes it over": func(s *stage) {
			a, b := s.nodes()
			t := a.grant("A")
			b.bids("B", "", cluster.Taken)
			s.Die("a")
			s.same("other", b.bids("A", "", cluster.Taken).Other, "A")
			s.is(a.ends(t, cluster.Ending{}), cluster.ErrCollided)
			s.same("other", b.bids("A", "", cluster.Taken).Other, "A")
		},
		"it goes with one that was left": func(s *stage) {
			a, b := s.nodes()
			t := a.grant("A")
			b.bids("B", "", cluster.Taken)
			s.is(a.ends(t, cluster.Ending{Kind: cluster.Left}), cluster.ErrCollided)
			s.same("other", b.bids("A", "", cluster.Taken).Other, "A")
		},
		"an approval that it ended with is nobody's": func(s *stage) {
			a, b := s.nodes()
			t := a.grant("A")
			b.bids("B", "", cluster.Taken)
			s.is(a.ends(t, cluster.Ending{Answer: []byte("yes")}), cluster.ErrCollided)
			s.Die("a")
			c := b.bids("A", "", cluster.Taken)
			s.same("other", c.Other, "A")
			s.same("answer", string(c.Answer), "")
		},
		"one that collided does not lapse": func(s *stage) {
			a, b := s.nodes()
			t := a.grant("A")
			a.push(t, "one")
			b.bids("B", "", cluster.Taken)
			s.is(a.ends(t, cluster.Ending{Kind: cluster.Lapsed, Late: time.Minute}), cluster.ErrCollided)
			s.is(a.ends(t, cluster.Ending{Kind: cluster.Found, Late: time.Minute}), cluster.ErrLost)
			s.same("progress", string(b.bids("C", "A", cluster.Granted).Progress), "")
		},
	}
}

// lapsed is a claim of A's that was answered, rang, and is looked after for a minute.
func (n *node) lapsed() cluster.Token {
	n.stage.Helper()
	t := n.grant("A")
	n.push(t, "one")
	n.stage.is(n.ends(t, cluster.Ending{Kind: cluster.Lapsed, Answer: []byte("timed out"), Taint: cluster.Young, Late: time.Minute}), nil)
	return t
}

// near says whether a duration is what was left a moment ago.
func near(got, want time.Duration) bool { return got <= want && got > want-time.Second }

func found() cluster.Ending {
	return cluster.Ending{Kind: cluster.Found, Answer: []byte("yes"), Late: 30 * time.Second, Clears: true, Spent: time.Minute, Known: true}
}

func renewing() map[string]func(*stage) {
	return map[string]func(*stage){
		"the login that renews it goes on with its push": func(s *stage) {
			a, b := s.nodes()
			a.lapsed()
			s.Pass(20 * time.Second)
			c := b.bids("B", "A", cluster.Granted)
			if string(c.Progress) != "one" || !c.Rang || c.Of != "A" || !near(c.LateFor, 40*time.Second) {
				s.Fatalf("renewed: %+v", c)
			}
			s.is(b.ends(c.Token, cluster.Ending{}), nil)
			s.same("of", b.bids("C", "A", cluster.Granted).Of, "") // once
		},
		"what was inherited goes on to the node that takes the login over": func(s *stage) {
			a, b := s.nodes()
			a.lapsed()
			t := b.bids("B", "A", cluster.Granted).Token
			s.Die("b")
			c := a.bids("B", "", cluster.Granted)
			if string(c.Progress) != "one" || !c.Rang || c.Of != "A" || !near(c.LateFor, time.Minute) {
				s.Fatalf("taken over: %+v", c)
			}
			b.refused(t)
			a.push(c.Token, "two")
			c = a.bids("B", "A", cluster.Granted)
			if string(c.Progress) != "two" || c.Of != "B" || c.LateFor != 0 {
				s.Fatalf("taken over again: %+v", c)
			}
		},
		"its time passes": func(s *stage) {
			a, b := s.nodes()
			t := a.lapsed()
			s.Pass(61 * time.Second)
			s.is(a.ends(t, found()), cluster.ErrLost)
			c := b.bids("B", "A", cluster.Granted)
			s.same("of", c.Of, "")
			s.same("history", c.History, cluster.Dirty)
		},
		"found: it counts late, once, for the login that renews it": func(s *stage) {
			a, b := s.nodes()
			t := a.lapsed()
			s.is(a.ends(t, found()), nil)
			s.is(a.ends(t, found()), nil)
			s.same("answer", string(b.bids("B", "A", cluster.Late).Answer), "yes")
			c := b.bids("B", "A", cluster.Granted)
			s.same("of", c.Of, "")
			s.same("history", c.History, cluster.Spent)
		},
	}
}

func finding() map[string]func(*stage) {
	return map[string]func(*stage){
		"found: not for whoever takes the attempt itself over": func(s *stage) {
			a, b := s.nodes()
			t := a.lapsed()
			s.is(a.ends(t, found()), nil)
			s.same("answer", string(b.bids("A", "", cluster.Concluded).Answer), "timed out")
		},
		"found: it counts no longer than was said": func(s *stage) {
			a, b := s.nodes()
			s.is(a.ends(a.lapsed(), found()), nil)
			s.Pass(31 * time.Second)
			b.bids("B", "A", cluster.Granted)
		},
		"found: another login voids it": func(s *stage) {
			a, b := s.nodes()
			s.is(a.ends(a.lapsed(), found()), nil)
			b.end("B", cluster.Ending{})
			b.bids("C", "A", cluster.Granted)
		},
		"another login voids what is looked after": func(s *stage) {
			a, b := s.nodes()
			t := a.lapsed()
			b.end("B", cluster.Ending{})
			s.is(a.ends(t, found()), cluster.ErrLost)
			s.is(a.Polled(s.Context(), t, time.Second), cluster.ErrLost)
			c := b.bids("C", "A", cluster.Granted) // renews it, too late
			s.same("of", c.Of, "")
			s.same("history", c.History, cluster.Dirty) // nothing of what was found is kept
			s.is(a.ends(t, found()), cluster.ErrLost)
			if len(b.notices) != 0 {
				s.Fatal("what was voided was told")
			}
		},
		"found while the login that renews it waits: that is told": func(s *stage) {
			a, b := s.nodes()
			t := a.lapsed()
			c := b.bids("B", "A", cluster.Granted)
			b.push(c.Token, "two")
			s.is(a.Polled(s.Context(), t, time.Minute), nil)
			s.is(a.ends(t, found()), nil)
			x := b.noticed()
			if x.Kind != cluster.Approved || x.Attempt != "B" || x.Renews != "A" || string(x.Answer) != "yes" {
				s.Fatalf("noticed %+v", x)
			}
			s.is(b.ends(c.Token, cluster.Ending{}), nil)
		},
	}
}

func voiding() map[string]func(*stage) {
	return map[string]func(*stage){
		"found after the login that renewed it ended: nobody's": func(s *stage) {
			a, b := s.nodes()
			t := a.lapsed()
			s.is(b.ends(b.bids("B", "A", cluster.Granted).Token, cluster.Ending{}), nil)
			a.refused(t)
		},
		"found when the login that renews it has collided: nobody's": func(s *stage) {
			a, b := s.nodes()
			t := a.lapsed()
			c := b.bids("B", "A", cluster.Granted)
			a.bids("C", "", cluster.Taken)
			s.is(a.ends(t, found()), cluster.ErrLost)
			s.is(b.ends(c.Token, cluster.Ending{}), cluster.ErrCollided)
		},
		"a token of the attempt's earlier node finds nothing": func(s *stage) {
			a, b := s.nodes()
			former := a.grant("A")
			t := b.lapsed()
			a.refused(former)
			c := b.bids("B", "A", cluster.Granted)
			a.refused(former)
			s.is(b.ends(t, found()), nil)
			s.is(b.ends(c.Token, cluster.Ending{}), nil)
		},
		"a holder finds nothing": func(s *stage) {
			a, _ := s.nodes()
			t := a.grant("A")
			s.is(a.ends(t, found()), cluster.ErrLost)
			s.is(a.ends(t, cluster.Ending{}), nil)
		},
		"it ends without an approval": func(s *stage) {
			a, b := s.nodes()
			t := a.lapsed()
			s.is(a.ends(t, cluster.Ending{Taint: time.Hour}), nil)
			s.is(a.ends(t, found()), cluster.ErrLost)
			s.same("of", b.bids("B", "A", cluster.Granted).Of, "")
		},
	}
}

func holding() map[string]func(*stage) {
	return map[string]func(*stage){
		"a hold does not lose it": func(s *stage) {
			a, b := s.nodes()
			t := a.grant("A")
			a.push(t, "one")
			s.is(a.ends(t, cluster.Ending{Kind: cluster.Lapsed, Late: time.Minute, Hold: 5 * time.Second}), nil)
			b.bids("B", "A", cluster.Held)
			s.is(a.Polled(s.Context(), t, time.Minute), nil)
			b.bids("B", "A", cluster.Held)
			s.Pass(5 * time.Second)
			s.same("progress", string(b.bids("B", "A", cluster.Granted).Progress), "one")
		},
		"found during a hold: it counts late": func(s *stage) {
			a, b := s.nodes()
			t := a.grant("A")
			s.is(a.ends(t, cluster.Ending{Kind: cluster.Lapsed, Late: time.Minute, Hold: 5 * time.Second}), nil)
			b.bids("B", "A", cluster.Held)
			s.is(a.ends(t, found()), nil)
			s.same("answer", string(b.bids("B", "A", cluster.Late).Answer), "yes")
		},
		"its node is dead: the login that renews it goes on": func(s *stage) {
			a, b := s.nodes()
			a.lapsed()
			s.Die("a")
			s.same("progress", string(b.bids("B", "A", cluster.Granted).Progress), "one")
		},
	}
}
