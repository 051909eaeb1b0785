package sharedtest

import (
	"errors"
	"time"

	"ivalt-radius/state/shared"
)

func troubles() map[string]func(*stage) {
	return map[string]func(*stage){
		"an emptied memory knows of nothing and trusts no phone": func(s *stage) {
			a, b := s.nodes()
			s.aged(a)
			a.enter("k", "A", "x1")
			t := a.bids("A", "", shared.Granted).Token
			a.push(t, "one")
			s.Empty()
			a.refused(t)
			s.is(a.Conclude(s.Context(), digest("k"), "A", shared.Conclusion{}), shared.ErrLost)
			_, err := b.Await(s.Context(), digest("k"), "A")
			s.is(err, shared.ErrLost)
			c := b.bids("B", "", shared.Granted)
			s.same("history", c.History, shared.Unseen)
			if c.Token == t {
				s.Fatal("two claims have one token")
			}
			a.refused(t)
			s.is(b.ends(c.Token, shared.Ending{}), nil)
			s.Pass(shared.Young + time.Second)
			s.same("history", b.bids("C", "", shared.Granted).History, shared.Clean)
		},
		"an emptied memory wakes who awaits": func(s *stage) {
			a, b := s.nodes()
			a.enter("k", "A", "x1")
			b.enter("k", "B", "x2")
			wait := b.await()
			s.Empty()
			s.is(wait().err, shared.ErrLost)
		},
		"out of reach nothing is known": func(s *stage) {
			a, b := s.nodes()
			a.enter("k", "A", "x1")
			t := a.grant("A")
			s.Cut()
			_, err := b.Enter(s.Context(), shared.Entry{Key: digest("k"), ID: "B", Exchange: digest("x2"), Life: life})
			s.is(err, shared.ErrUnreachable)
			s.is(a.Leave(s.Context(), digest("k"), "A"), shared.ErrUnreachable)
			s.is(a.Conclude(s.Context(), digest("k"), "A", shared.Conclusion{}), shared.ErrUnreachable)
			_, err = b.Claim(s.Context(), shared.Bid{Phone: mobile, Attempt: "B", Life: life})
			s.is(err, shared.ErrUnreachable)
			s.is(a.rings(t, "one"), shared.ErrUnreachable)
			s.is(a.Polled(s.Context(), t, time.Second), shared.ErrUnreachable)
			s.is(a.ends(t, shared.Ending{}), shared.ErrUnreachable)
			s.Mend()
			s.is(a.rings(t, "one"), nil)
			s.is(a.ends(t, shared.Ending{}), nil)
			a.concluded("A", "yes")
		},
	}
}

func bounds() map[string]func(*stage) {
	long := make([]byte, shared.MostSize+1)
	return map[string]func(*stage){
		"texts of the greatest size are kept": func(s *stage) {
			a, b := s.nodes()
			greatest := string(long[1:])
			a.enter("k", "A", "x1")
			b.enter("k", "B", "x2")
			t := a.grant("A")
			a.push(t, greatest)
			s.same("progress", string(b.bids("A", "", shared.Granted).Progress) == greatest, true)
			t = b.grant("A")
			s.is(b.ends(t, shared.Ending{Answer: long[1:]}), nil)
			s.same("answer", string(b.bids("A", "", shared.Concluded).Answer) == greatest, true)
			a.concluded("A", greatest)
			s.same("answer", string(b.await()().place.Answer) == greatest, true)
		},
		"greater ones are refused": func(s *stage) {
			a, _ := s.nodes()
			a.enter("k", "A", "x1")
			t := a.grant("A")
			s.faulty(a.Conclude(s.Context(), digest("k"), "A", shared.Conclusion{Answer: long}))
			s.faulty(a.Record(s.Context(), t, shared.Progress{State: long}))
			s.faulty(a.ends(t, shared.Ending{Answer: long}))
			s.is(a.ends(t, shared.Ending{}), nil)
			a.concluded("A", "yes")
		},
		"what no caller may ask is refused": func(s *stage) {
			a, _ := s.nodes()
			t := a.grant("A")
			for _, e := range []shared.Entry{{}, {ID: "A"}, {ID: "A", Life: -1}, {ID: "A", Life: shared.Longest + 1}, {ID: "A\nB", Life: life}, {ID: string(long), Life: life}} {
				_, err := a.Enter(s.Context(), e)
				s.faulty(err)
			}
			for _, b := range []shared.Bid{
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
			s.faulty(a.ends(t, shared.Ending{Taint: -1}))
			s.faulty(a.ends(t, shared.Ending{Kind: shared.Found + 1}))
			s.is(a.ends(t, shared.Ending{}), nil)
		},
	}
}

// faulty wants an error that is none of the memory's.
func (s *stage) faulty(err error) {
	s.Helper()
	if err == nil {
		s.Fatal("a faulty request was taken")
	}
	for _, of := range []error{shared.ErrUnreachable, shared.ErrLost, shared.ErrCollided} {
		if errors.Is(err, of) {
			s.Fatalf("a faulty request got %v", err)
		}
	}
}
