package clustertest

import (
	"time"

	"ivalt-radius/state/cluster"
)

func granting() map[string]func(*stage) {
	return map[string]func(*stage){
		"granted once, free again after the end": func(s *stage) {
			a, b := s.nodes()
			c := a.bids("A", "", cluster.Granted)
			s.same("attempt", c.Token.Attempt, "A")
			s.same("phone", c.Token.Phone, mobile)
			if c.Progress != nil || c.Rang || c.Of != "" {
				s.Fatalf("a phone of which nothing is known: %+v", c)
			}
			a.push(c.Token, "one")
			s.is(a.ends(c.Token, cluster.Ending{}), nil)
			next := b.grant("B")
			if next.Fence <= c.Token.Fence || next.Nonce == c.Token.Nonce {
				s.Fatalf("the token %+v does not follow %+v", next, c.Token)
			}
			a.refused(c.Token)
			s.is(b.ends(next, cluster.Ending{}), nil)
		},
		"phones are apart": func(s *stage) {
			a, b := s.nodes()
			a.grant("A")
			c, err := b.Claim(s.Context(), cluster.Bid{Phone: mobile + "2", Attempt: "B", Life: life})
			s.is(err, nil)
			s.same("kind", c.Kind, cluster.Granted)
		},
		"held until the hold has passed": func(s *stage) {
			a, b := s.nodes()
			a.end("A", cluster.Ending{Hold: 5 * time.Second})
			s.Pass(time.Second)
			wait := b.bids("B", "", cluster.Held).Wait
			if wait < 3*time.Second || wait > 4*time.Second {
				s.Fatalf("4 s are left, it says %v", wait)
			}
			s.Pass(wait)
			b.grant("B")
		},
		"the longer hold stays": func(s *stage) {
			a, b := s.nodes()
			t := a.grant("A")
			s.is(a.ends(t, cluster.Ending{Kind: cluster.Lapsed, Hold: 9 * time.Second, Late: time.Minute}), nil)
			s.is(a.ends(t, cluster.Ending{Hold: time.Second}), nil)
			s.Pass(8 * time.Second)
			b.bids("B", "", cluster.Held)
		},
	}
}

func expiring() map[string]func(*stage) {
	return map[string]func(*stage){
		"a claim that nobody ended is over after its life": func(s *stage) {
			a, b := s.nodes()
			t := a.grant("A")
			s.Pass(life + cluster.Grace - time.Second)
			b.bids("B", "", cluster.Taken)
			s.is(a.ends(t, cluster.Ending{}), cluster.ErrCollided)
			t = a.grant("C")
			a.push(t, "one")
			s.Pass(life + cluster.Grace + time.Second)
			s.same("history", b.bids("D", "", cluster.Granted).History, cluster.Dirty)
			s.is(a.ends(t, cluster.Ending{}), cluster.ErrLost)
			if len(b.notices) != 0 {
				s.Fatal("a collision with what was over")
			}
		},
		"a claim past its life that nobody wanted still ends": func(s *stage) {
			a, _ := s.nodes()
			t := a.grant("A")
			s.Pass(life + cluster.Grace + time.Second)
			a.push(t, "one")
			s.is(a.ends(t, cluster.Ending{}), nil)
		},
		"a claim is forgotten when its push cannot ring any more": func(s *stage) {
			a, b := s.nodes()
			a.end("A", cluster.Ending{Spent: time.Hour})
			s.Pass(cluster.EndKept + time.Second)
			t := a.grant("A")
			a.push(t, "one")
			s.Pass(life + cluster.Grace + cluster.Young + time.Second)
			a.refused(t)
			c := b.bids("A", "", cluster.Granted)
			s.same("of", c.Of, "")
			s.same("history", c.History, cluster.Spent)
		},
	}
}

func ending() map[string]func(*stage) {
	return map[string]func(*stage){
		"an end again has the same answer, another one has none": func(s *stage) {
			a, b := s.nodes()
			t := a.grant("A")
			yes := cluster.Ending{Answer: []byte("yes"), Hold: time.Second}
			s.is(a.ends(t, yes), nil)
			s.is(a.ends(t, yes), nil)
			s.is(a.ends(t, cluster.Ending{Answer: []byte("other")}), cluster.ErrLost)
			s.is(a.ends(t, cluster.Ending{Kind: cluster.Left, Answer: []byte("yes")}), cluster.ErrLost)
			s.Pass(time.Second)
			b.grant("B")
			s.is(a.ends(t, yes), nil)
			s.Pass(cluster.EndKept)
			s.is(a.ends(t, yes), cluster.ErrLost)
		},
		"a token that was never given is refused": func(s *stage) {
			a, b := s.nodes()
			t := a.grant("A")
			for _, forged := range []cluster.Token{
				{},
				{Phone: mobile},
				{Phone: mobile, Attempt: "A"},
				{Phone: mobile, Attempt: "A", Fence: t.Fence},
				{Phone: mobile, Attempt: "A", Fence: t.Fence, Nonce: "guess"},
				{Phone: mobile, Attempt: "A", Fence: t.Fence + 1, Nonce: t.Nonce},
				{Phone: mobile, Attempt: "B", Fence: t.Fence, Nonce: t.Nonce},
				{Phone: "+15550100002", Attempt: "A", Fence: t.Fence, Nonce: t.Nonce},
			} {
				b.refused(forged)
			}
			s.is(a.ends(t, cluster.Ending{}), nil)
		},
		"a dead node whose claim nobody wanted goes on": func(s *stage) {
			a, b := s.nodes()
			t := a.grant("A")
			s.Die("a")
			a.push(t, "one")
			s.is(a.Polled(s.Context(), t, time.Minute), nil)
			s.is(a.ends(t, cluster.Ending{}), nil)
			b.grant("B")
		},
	}
}

// histories are judged by B after what A left behind.
// left judges a phone that was ended so, a while ago.
func left(e cluster.Ending, passed time.Duration, want cluster.History) func(*stage) {
	return func(s *stage) {
		a, b := s.nodes()
		s.aged(a)
		a.end("A", e)
		s.Pass(passed)
		s.same("history", b.bids("B", "", cluster.Granted).History, want)
	}
}

func ageing() map[string]func(*stage) {
	return map[string]func(*stage){
		"unseen while the memory is young": func(s *stage) {
			a, b := s.nodes()
			s.same("history", a.bids("A", "", cluster.Granted).History, cluster.Unseen)
			a.end("A", cluster.Ending{})
			s.Pass(cluster.Young - time.Second)
			s.same("history", b.bids("B", "", cluster.Granted).History, cluster.Unseen)
			b.end("B", cluster.Ending{})
			s.Pass(2 * time.Second)
			s.same("history", b.bids("C", "", cluster.Granted).History, cluster.Clean)
		},
		"known though the memory is young": func(s *stage) {
			a, b := s.nodes()
			a.end("A", cluster.Ending{Known: true})
			s.same("history", b.bids("B", "", cluster.Granted).History, cluster.Clean)
		},
		"known stays known": func(s *stage) {
			a, b := s.nodes()
			a.end("A", cluster.Ending{Known: true})
			a.end("B", cluster.Ending{})
			s.Pass(cluster.Young + time.Second)
			s.same("history", b.bids("C", "", cluster.Granted).History, cluster.Clean)
		},
		"clean":                left(cluster.Ending{}, 0, cluster.Clean),
		"tainted":              left(cluster.Ending{Taint: time.Minute}, 59*time.Second, cluster.Dirty),
		"tainted no longer":    left(cluster.Ending{Taint: time.Minute}, 61*time.Second, cluster.Clean),
		"spent":                left(cluster.Ending{Spent: time.Minute}, 59*time.Second, cluster.Spent),
		"spent no longer":      left(cluster.Ending{Spent: time.Minute}, 61*time.Second, cluster.Clean),
		"tainted before spent": left(cluster.Ending{Taint: time.Minute, Spent: time.Hour}, 59*time.Second, cluster.Dirty),
		"spent behind tainted": left(cluster.Ending{Taint: time.Minute, Spent: time.Hour}, 61*time.Second, cluster.Spent),
		"the longer taint stays": func(s *stage) {
			a, b := s.nodes()
			s.aged(a)
			a.end("A", cluster.Ending{Taint: time.Hour})
			a.end("B", cluster.Ending{Taint: time.Minute})
			s.Pass(59 * time.Minute)
			s.same("history", b.bids("C", "", cluster.Granted).History, cluster.Dirty)
		},
	}
}

func marking() map[string]func(*stage) {
	return map[string]func(*stage){
		"one that clears replaces what was there": func(s *stage) {
			a, b := s.nodes()
			s.aged(a)
			a.end("A", cluster.Ending{Taint: time.Hour, Spent: time.Hour})
			a.end("B", cluster.Ending{Clears: true, Taint: time.Minute})
			s.same("history", b.bids("C", "", cluster.Granted).History, cluster.Dirty)
			b.end("C", cluster.Ending{})
			s.Pass(61 * time.Second)
			s.same("history", b.bids("D", "", cluster.Granted).History, cluster.Clean)
		},
		"a poll bounds what may come": func(s *stage) {
			a, b := s.nodes()
			s.aged(a)
			a.end("A", cluster.Ending{Taint: 24 * time.Hour, Spent: 24 * time.Hour})
			t := a.grant("B")
			s.is(a.Polled(s.Context(), t, time.Minute), nil)
			s.is(a.Polled(s.Context(), t, time.Hour), nil)
			s.is(a.ends(t, cluster.Ending{}), nil)
			s.same("history", b.bids("C", "", cluster.Granted).History, cluster.Dirty)
			b.end("C", cluster.Ending{})
			s.Pass(61 * time.Second)
			s.same("history", b.bids("D", "", cluster.Granted).History, cluster.Clean)
		},
		"a poll taints nothing": func(s *stage) {
			a, b := s.nodes()
			s.aged(a)
			t := a.grant("A")
			s.is(a.Polled(s.Context(), t, time.Hour), nil)
			s.is(a.ends(t, cluster.Ending{}), nil)
			s.same("history", b.bids("B", "", cluster.Granted).History, cluster.Clean)
		},
	}
}

func taking() map[string]func(*stage) {
	return map[string]func(*stage){
		"the attempt's new leader goes on where it was": func(s *stage) {
			a, b := s.nodes()
			t := a.grant("A")
			a.push(t, "one")
			a.push(t, "two")
			s.Die("a")
			c := b.bids("A", "", cluster.Granted)
			if string(c.Progress) != "two" || !c.Rang || c.Of != "A" || c.Token.Fence <= t.Fence {
				s.Fatalf("taken over: %+v", c)
			}
			a.refused(t)
			b.push(c.Token, "three")
			s.is(b.ends(c.Token, cluster.Ending{}), nil)
			a.refused(t)
		},
		"a wrong belief in a death costs only the hand-over": func(s *stage) {
			a, b := s.nodes()
			t := a.grant("A")
			c := b.bids("A", "", cluster.Granted)
			if c.Progress != nil || c.Rang || c.Of != "" {
				s.Fatalf("nothing rang: %+v", c)
			}
			a.refused(t)
			s.is(b.ends(c.Token, cluster.Ending{}), nil)
		},
		"a push that did not leave after all is no ring": func(s *stage) {
			a, b := s.nodes()
			t := a.grant("A")
			a.push(t, "one")
			s.is(a.Record(s.Context(), t, cluster.Progress{State: []byte("none")}), nil)
			s.same("rang", b.bids("A", "", cluster.Granted).Rang, false)
		},
		"one that was left goes on": func(s *stage) {
			a, b := s.nodes()
			t := a.grant("A")
			a.push(t, "one")
			left := cluster.Ending{Kind: cluster.Left, Taint: time.Hour}
			s.is(a.ends(t, left), nil)
			a.refused(t)
			c := b.bids("A", "", cluster.Granted)
			s.same("progress", string(c.Progress), "one")
			s.same("rang", c.Rang, true)
			a.refused(t)
			s.is(b.ends(c.Token, cluster.Ending{}), nil)
		},
	}
}

func leaving() map[string]func(*stage) {
	return map[string]func(*stage){
		"one that was left is free for a stranger, and dirty if it rang": func(s *stage) {
			a, b := s.nodes()
			s.aged(a)
			t := a.grant("A")
			a.push(t, "one")
			s.is(a.ends(t, cluster.Ending{Kind: cluster.Left}), nil)
			s.Pass(time.Minute)
			c := b.bids("B", "", cluster.Granted)
			s.same("history", c.History, cluster.Dirty)
			if c.Progress != nil || c.Rang || len(a.notices) != 0 {
				s.Fatalf("a stranger got %+v", c)
			}
			s.is(b.ends(c.Token, cluster.Ending{}), nil)
			s.Pass(cluster.Young - time.Minute + time.Second)
			s.same("history", b.bids("C", "", cluster.Granted).History, cluster.Clean)
		},
		"one that was left and did not ring leaves nothing": func(s *stage) {
			a, b := s.nodes()
			s.aged(a)
			s.is(a.ends(a.grant("A"), cluster.Ending{Kind: cluster.Left}), nil)
			s.same("history", b.bids("B", "", cluster.Granted).History, cluster.Clean)
		},
		"a dead node's phone is free for a stranger, and dirty if it rang": func(s *stage) {
			a, b := s.nodes()
			s.aged(a)
			t := a.grant("A")
			a.push(t, "one")
			s.Die("a")
			s.same("history", b.bids("B", "", cluster.Granted).History, cluster.Dirty)
			a.refused(t)
			if len(a.notices) != 0 {
				s.Fatal("a collision with a dead node")
			}
		},
		"a dead node's phone that did not ring leaves nothing": func(s *stage) {
			a, b := s.nodes()
			s.aged(a)
			a.grant("A")
			s.Die("a")
			s.same("history", b.bids("B", "", cluster.Granted).History, cluster.Clean)
		},
	}
}

func concluding() map[string]func(*stage) {
	return map[string]func(*stage){
		"a stranger that came between is a collision": func(s *stage) {
			a, b := s.nodes()
			t := a.grant("A")
			a.push(t, "one")
			s.Die("a")
			b.grant("B")
			s.same("other", b.bids("A", "", cluster.Taken).Other, "B")
		},
		"an end whose node died before it told is told": func(s *stage) {
			a, b := s.nodes()
			t := a.grant("A")
			s.is(a.ends(t, cluster.Ending{Answer: []byte("yes")}), nil)
			s.Die("a")
			s.Pass(cluster.EndKept - time.Second)
			s.same("answer", string(b.bids("A", "", cluster.Concluded).Answer), "yes")
			s.is(b.ends(b.grant("B"), cluster.Ending{Answer: []byte("no")}), nil)
			s.same("answer", string(b.bids("A", "", cluster.Concluded).Answer), "yes") // though another one ended since
			s.same("answer", string(b.bids("B", "", cluster.Concluded).Answer), "no")
		},
		"an end is forgotten after a while": func(s *stage) {
			a, b := s.nodes()
			s.is(a.ends(a.grant("A"), cluster.Ending{Answer: []byte("yes")}), nil)
			s.Pass(cluster.EndKept + time.Second)
			b.grant("A")
		},
	}
}
