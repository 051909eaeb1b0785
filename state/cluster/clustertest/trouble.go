package clustertest

import (
	"errors"
	"time"

	"ivalt-radius/state/cluster"
)

func troubles() map[string]func(*stage) {
	return map[string]func(*stage){
		"an emptied memory knows of nothing and trusts no phone": func(s *stage) {
			a, b := s.nodes()
			s.aged(a)
			a.enter("k", "A", "x1")
			t := a.bids("A", "", cluster.Granted).Token
			a.push(t, "one")
			s.Empty()
			a.refused(t)
			s.is(a.Conclude(s.Context(), digest("k"), "A", cluster.Conclusion{}), cluster.ErrLost)
			_, err := b.Await(s.Context(), digest("k"), "A")
			s.is(err, cluster.ErrLost)
			c := b.bids("B", "", cluster.Granted)
			s.same("history", c.History, cluster.Unseen)
			if c.Token == t {
				s.Fatal("two claims have one token")
			}
			a.refused(t)
			s.is(b.ends(c.Token, cluster.Ending{}), nil)
			s.Pass(cluster.Young + time.Second)
			s.same("history", b.bids("C", "", cluster.Granted).History, cluster.Clean)
		},
		"an emptied memory wakes who awaits": func(s *stage) {
			a, b := s.nodes()
			a.enter("k", "A", "x1")
			b.enter("k", "B", "x2")
			wait := b.await()
			s.Empty()
			s.is(wait().err, cluster.ErrLost)
		},
		"out of reach nothing is known": func(s *stage) {
			a, b := s.nodes()
			a.enter("k", "A", "x1")
			t := a.grant("A")
			s.Cut()
			_, err := b.Enter(s.Context(), cluster.Entry{Key: digest("k"), ID: "B", Exchange: digest("x2"), Life: life})
			s.is(err, cluster.ErrUnreachable)
			s.is(a.Leave(s.Context(), digest("k"), "A", cluster.ToAnybody), cluster.ErrUnreachable)
			s.is(a.Conclude(s.Context(), digest("k"), "A", cluster.Conclusion{}), cluster.ErrUnreachable)
			_, err = b.Claim(s.Context(), cluster.Bid{Phone: mobile, Attempt: "B", Life: life})
			s.is(err, cluster.ErrUnreachable)
			s.is(a.rings(t, "one"), cluster.ErrUnreachable)
			s.is(a.Polled(s.Context(), t, time.Second), cluster.ErrUnreachable)
			s.is(a.ends(t, cluster.Ending{}), cluster.ErrUnreachable)
			s.Mend()
			s.is(a.rings(t, "one"), nil)
			s.is(a.ends(t, cluster.Ending{}), nil)
			a.concluded("A", "yes")
		},
	}
}

func bounds() map[string]func(*stage) {
	long := make([]byte, cluster.MostSize+1)
	return map[string]func(*stage){
		"texts of the greatest size are kept": func(s *stage) {
			a, b := s.nodes()
			greatest := string(long[1:])
			a.enter("k", "A", "x1")
			b.enter("k", "B", "x2")
			t := a.grant("A")
			a.push(t, greatest)
			s.same("progress", string(b.bids("A", "", cluster.Granted).Progress) == greatest, true)
			t = b.grant("A")
			s.is(b.ends(t, cluster.Ending{Answer: long[1:]}), nil)
			s.same("answer", string(b.bids("A", "", cluster.Concluded).Answer) == greatest, true)
			a.concluded("A", greatest)
			s.same("answer", string(b.await()().place.Answer) == greatest, true)
		},
		"greater ones are refused": func(s *stage) {
			a, _ := s.nodes()
			a.enter("k", "A", "x1")
			t := a.grant("A")
			s.faulty(a.Conclude(s.Context(), digest("k"), "A", cluster.Conclusion{Answer: long}))
			s.faulty(a.Record(s.Context(), t, cluster.Progress{State: long}))
			s.faulty(a.ends(t, cluster.Ending{Answer: long}))
			s.is(a.ends(t, cluster.Ending{}), nil)
			a.concluded("A", "yes")
		},
		"what no caller may ask is refused": func(s *stage) {
			a, _ := s.nodes()
			t := a.grant("A")
			for _, e := range []cluster.Entry{{}, {ID: "A", Life: -1}, {ID: "A", Life: cluster.Longest + 1}, {ID: "A\nB", Life: life}, {ID: string(long), Life: life}} {
				_, err := a.Enter(s.Context(), e)
				s.faulty(err)
			}
			for _, b := range []cluster.Bid{
				{},
				{Phone: mobile, Attempt: "A"},
				{Attempt: "A", Life: life},
				{Phone: mobile, Life: life},
				{Phone: mobile, Attempt: "A", Renews: "A", Life: life},
				{Phone: mobile, Attempt: "A", Renews: "B C", Life: life},
				{Phone: string(long), Attempt: "A", Life: life},
			} {
				_, err := a.Claim(s.Context(), b)
				s.faulty(err)
			}
			s.faulty(a.Polled(s.Context(), t, -1))
			s.faulty(a.ends(t, cluster.Ending{Taint: -1}))
			s.faulty(a.ends(t, cluster.Ending{Kind: cluster.Found + 1}))
			s.is(a.ends(t, cluster.Ending{}), nil)
		},
	}
}

// faulty wants an error that is none of the memory's.
func (s *stage) faulty(err error) {
	s.Helper()
	if err == nil {
		s.Fatal("a faulty request was taken")
	}
	for _, of := range []error{cluster.ErrUnreachable, cluster.ErrLost, cluster.ErrCollided} {
		if errors.Is(err, of) {
			s.Fatalf("a faulty request got %v", err)
		}
	}
}
