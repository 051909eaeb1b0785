package sharedtest

import (
	"time"

	"ivalt-radius/state/shared"
)

func granting() map[string]func(*stage) {
	return map[string]func(*stage){
		"granted once, free again after the end": func(s *stage) {
			a, b := s.nodes()
			c := a.bids("A", "", shared.Granted)
			s.same("attempt", c.Token.Attempt, "A")
			s.same("phone", c.Token.Phone, mobile)
			if c.Progress != nil || c.Rang || c.Of != "" {
				s.Fatalf("a phone of which nothing is known: %+v", c)
			}
			a.push(c.Token, "one")
			s.is(a.ends(c.Token, shared.Ending{}), nil)
			next := b.grant("B")
			if next.Fence <= c.Token.Fence || next.Nonce == c.Token.Nonce {
				s.Fatalf("the token %+v does not follow %+v", next, c.Token)
			}
			a.refused(c.Token)
			s.is(b.ends(next, shared.Ending{}), nil)
		},
		"phones are apart": func(s *stage) {
			a, b := s.nodes()
			a.grant("A")
			c, err := b.Claim(s.Context(), shared.Bid{Phone: mobile + "2", Attempt: "B", Life: life})
			s.is(err, nil)
			s.same("kind", c.Kind, shared.Granted)
		},
		"held until the hold has passed": func(s *stage) {
			a, b := s.nodes()
			a.end("A", shared.Ending{Hold: 5 * time.Second})
			s.Pass(time.Second)
			wait := b.bids("B", "", shared.Held).Wait
			if wait < 3*time.Second || wait > 4*time.Second {
				s.Fatalf("4 s are left, it says %v", wait)
			}
			s.Pass(wait)
			b.grant("B")
		},
		"the longer hold stays": func(s *stage) {
			a, b := s.nodes()
			t := a.grant("A")
			s.is(a.ends(t, shared.Ending{Kind: shared.Lapsed, Hold: 9 * time.Second, Late: time.Minute}), nil)
			s.is(a.ends(t, shared.Ending{Hold: time.Second}), nil)
			s.Pass(8 * time.Second)
			b.bids("B", "", shared.Held)
		},
	}
}

func expiring() map[string]func(*stage) {
	return map[string]func(*stage){
		"a claim that nobody ended is over after its life": func(s *stage) {
			a, b := s.nodes()
			t := a.grant("A")
			s.Pass(life + shared.Grace - time.Second)
			b.bids("B", "", shared.Taken)
			s.is(a.ends(t, shared.Ending{}), shared.ErrCollided)
			t = a.grant("C")
			a.push(t, "one")
			s.Pass(life + shared.Grace + time.Second)
			s.same("history", b.bids("D", "", shared.Granted).History, shared.Dirty)
			s.is(a.ends(t, shared.Ending{}), shared.ErrLost)
			if len(b.notices) != 0 {
				s.Fatal("a collision with what was over")
			}
		},
		"a claim past its life that nobody wanted still ends": func(s *stage) {
			a, _ := s.nodes()
			t := a.grant("A")
			s.Pass(life + shared.Grace + time.Second)
			a.push(t, "one")
			s.is(a.ends(t, shared.Ending{}), nil)
		},
		"a claim is forgotten when its push cannot ring any more": func(s *stage) {
			a, b := s.nodes()
			a.end("A", shared.Ending{Spent: time.Hour})
			s.Pass(shared.EndKept + time.Second)
			t := a.grant("A")
			a.push(t, "one")
			s.Pass(life + shared.Grace + shared.Young + time.Second)
			a.refused(t)
			c := b.bids("A", "", shared.Granted)
			s.same("of", c.Of, "")
			s.same("history", c.History, shared.Spent)
		},
	}
}

func ending() map[string]func(*stage) {
	return map[string]func(*stage){
		"an end again has the same answer, another one has none": func(s *stage) {
			a, b := s.nodes()
			t := a.grant("A")
			yes := shared.Ending{Answer: []byte("yes"), Hold: time.Second}
			s.is(a.ends(t, yes), nil)
			s.is(a.ends(t, yes), nil)
			s.is(a.ends(t, shared.Ending{Answer: []byte("other")}), shared.ErrLost)
			s.is(a.ends(t, shared.Ending{Kind: shared.Left, Answer: []byte("yes")}), shared.ErrLost)
			s.Pass(time.Second)
			b.grant("B")
			s.is(a.ends(t, yes), nil)
			s.Pass(shared.EndKept)
			s.is(a.ends(t, yes), shared.ErrLost)
		},
		"a token that was never given is refused": func(s *stage) {
			a, b := s.nodes()
			t := a.grant("A")
			for _, forged := range []shared.Token{
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
			s.is(a.ends(t, shared.Ending{}), nil)
		},
		"a dead node whose claim nobody wanted goes on": func(s *stage) {
			a, b := s.nodes()
			t := a.grant("A")
			s.Die("a")
			a.push(t, "one")
			s.is(a.Polled(s.Context(), t, time.Minute), nil)
			s.is(a.ends(t, shared.Ending{}), nil)
			b.grant("B")
		},
	}
}

// histories are judged by B after what A left behind.
// left judges a phone that was ended so, a while ago.
func left(e shared.Ending, passed time.Duration, want shared.History) func(*stage) {
	return func(s *stage) {
		a, b := s.nodes()
		s.aged(a)
		a.end("A", e)
		s.Pass(passed)
		s.same("history", b.bids("B", "", shared.Granted).History, want)
	}
}

func ageing() map[string]func(*stage) {
	return map[string]func(*stage){
		"unseen while the memory is young": func(s *stage) {
			a, b := s.nodes()
			s.same("history", a.bids("A", "", shared.Granted).History, shared.Unseen)
			a.end("A", shared.Ending{})
			s.Pass(shared.Young - time.Second)
			s.same("history", b.bids("B", "", shared.Granted).History, shared.Unseen)
			b.end("B", shared.Ending{})
			s.Pass(2 * time.Second)
			s.same("history", b.bids("C", "", shared.Granted).History, shared.Clean)
		},
		"known though the memory is young": func(s *stage) {
			a, b := s.nodes()
			a.end("A", shared.Ending{Known: true})
			s.same("history", b.bids("B", "", shared.Granted).History, shared.Clean)
		},
		"known stays known": func(s *stage) {
			a, b := s.nodes()
			a.end("A", shared.Ending{Known: true})
			a.end("B", shared.Ending{})
			s.Pass(shared.Young + time.Second)
			s.same("history", b.bids("C", "", shared.Granted).History, shared.Clean)
		},
		"clean":                left(shared.Ending{}, 0, shared.Clean),
		"tainted":              left(shared.Ending{Taint: time.Minute}, 59*time.Second, shared.Dirty),
		"tainted no longer":    left(shared.Ending{Taint: time.Minute}, 61*time.Second, shared.Clean),
		"spent":                left(shared.Ending{Spent: time.Minute}, 59*time.Second, shared.Spent),
		"spent no longer":      left(shared.Ending{Spent: time.Minute}, 61*time.Second, shared.Clean),
		"tainted before spent": left(shared.Ending{Taint: time.Minute, Spent: time.Hour}, 59*time.Second, shared.Dirty),
		"spent behind tainted": left(shared.Ending{Taint: time.Minute, Spent: time.Hour}, 61*time.Second, shared.Spent),
		"the longer taint stays": func(s *stage) {
			a, b := s.nodes()
			s.aged(a)
			a.end("A", shared.Ending{Taint: time.Hour})
			a.end("B", shared.Ending{Taint: time.Minute})
			s.Pass(59 * time.Minute)
			s.same("history", b.bids("C", "", shared.Granted).History, shared.Dirty)
		},
	}
}

func marking() map[string]func(*stage) {
	return map[string]func(*stage){
		"one that clears replaces what was there": func(s *stage) {
			a, b := s.nodes()
			s.aged(a)
			a.end("A", shared.Ending{Taint: time.Hour, Spent: time.Hour})
			a.end("B", shared.Ending{Clears: true, Taint: time.Minute})
			s.same("history", b.bids("C", "", shared.Granted).History, shared.Dirty)
			b.end("C", shared.Ending{})
			s.Pass(61 * time.Second)
			s.same("history", b.bids("D", "", shared.Granted).History, shared.Clean)
		},
		"a poll bounds what may come": func(s *stage) {
			a, b := s.nodes()
			s.aged(a)
			a.end("A", shared.Ending{Taint: 24 * time.Hour, Spent: 24 * time.Hour})
			t := a.grant("B")
			s.is(a.Polled(s.Context(), t, time.Minute), nil)
			s.is(a.Polled(s.Context(), t, time.Hour), nil)
			s.is(a.ends(t, shared.Ending{}), nil)
			s.same("history", b.bids("C", "", shared.Granted).History, shared.Dirty)
			b.end("C", shared.Ending{})
			s.Pass(61 * time.Second)
			s.same("history", b.bids("D", "", shared.Granted).History, shared.Clean)
		},
		"a poll taints nothing": func(s *stage) {
			a, b := s.nodes()
			s.aged(a)
			t := a.grant("A")
			s.is(a.Polled(s.Context(), t, time.Hour), nil)
			s.is(a.ends(t, shared.Ending{}), nil)
			s.same("history", b.bids("B", "", shared.Granted).History, shared.Clean)
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
			c := b.bids("A", "", shared.Granted)
			if string(c.Progress) != "two" || !c.Rang || c.Of != "A" || c.Token.Fence <= t.Fence {
				s.Fatalf("taken over: %+v", c)
			}
			a.refused(t)
			b.push(c.Token, "three")
			s.is(b.ends(c.Token, shared.Ending{}), nil)
			a.refused(t)
		},
		"a wrong belief in a death costs only the hand-over": func(s *stage) {
			a, b := s.nodes()
			t := a.grant("A")
			c := b.bids("A", "", shared.Granted)
			if c.Progress != nil || c.Rang || c.Of != "" {
				s.Fatalf("nothing rang: %+v", c)
			}
			a.refused(t)
			s.is(b.ends(c.Token, shared.Ending{}), nil)
		},
		"a push that did not leave after all is no ring": func(s *stage) {
			a, b := s.nodes()
			t := a.grant("A")
			a.push(t, "one")
			s.is(a.Record(s.Context(), t, shared.Progress{State: []byte("none")}), nil)
			s.same("rang", b.bids("A", "", shared.Granted).Rang, false)
		},
		"one that was left goes on": func(s *stage) {
			a, b := s.nodes()
			t := a.grant("A")
			a.push(t, "one")
			left := shared.Ending{Kind: shared.Left, Taint: time.Hour}
			s.is(a.ends(t, left), nil)
			a.refused(t)
			c := b.bids("A", "", shared.Granted)
			s.same("progress", string(c.Progress), "one")
			s.same("rang", c.Rang, true)
			a.refused(t)
			s.is(b.ends(c.Token, shared.Ending{}), nil)
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
			s.is(a.ends(t, shared.Ending{Kind: shared.Left}), nil)
			s.Pass(time.Minute)
			c := b.bids("B", "", shared.Granted)
			s.same("history", c.History, shared.Dirty)
			if c.Progress != nil || c.Rang || len(a.notices) != 0 {
				s.Fatalf("a stranger got %+v", c)
			}
			s.is(b.ends(c.Token, shared.Ending{}), nil)
			s.Pass(shared.Young - time.Minute + time.Second)
			s.same("history", b.bids("C", "", shared.Granted).History, shared.Clean)
		},
		"one that was left and did not ring leaves nothing": func(s *stage) {
			a, b := s.nodes()
			s.aged(a)
			s.is(a.ends(a.grant("A"), shared.Ending{Kind: shared.Left}), nil)
			s.same("history", b.bids("B", "", shared.Granted).History, shared.Clean)
		},
		"a dead node's phone is free for a stranger, and dirty if it rang": func(s *stage) {
			a, b := s.nodes()
			s.aged(a)
			t := a.grant("A")
			a.push(t, "one")
			s.Die("a")
			s.same("history", b.bids("B", "", shared.Granted).History, shared.Dirty)
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
			s.same("history", b.bids("B", "", shared.Granted).History, shared.Clean)
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
			s.same("other", b.bids("A", "", shared.Taken).Other, "B")
		},
		"an end whose node died before it told is told": func(s *stage) {
			a, b := s.nodes()
			t := a.grant("A")
			s.is(a.ends(t, shared.Ending{Answer: []byte("yes")}), nil)
			s.Die("a")
			s.Pass(shared.EndKept - time.Second)
			s.same("answer", string(b.bids("A", "", shared.Concluded).Answer), "yes")
			s.is(b.ends(b.grant("B"), shared.Ending{Answer: []byte("no")}), nil)
			s.same("answer", string(b.bids("A", "", shared.Concluded).Answer), "yes") // though another one ended since
			s.same("answer", string(b.bids("B", "", shared.Concluded).Answer), "no")
		},
		"an end is forgotten after a while": func(s *stage) {
			a, b := s.nodes()
			s.is(a.ends(a.grant("A"), shared.Ending{Answer: []byte("yes")}), nil)
			s.Pass(shared.EndKept + time.Second)
			b.grant("A")
		},
	}
}
