package cluster

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"
)

// pair is an Alone over two memories, with a clock that stands still.
type pair struct {
	*Alone
	all, own *Memory
	at       time.Time
	turns    []Turn
}

func newPair() *pair {
	p := &pair{at: time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)}
	now := func() time.Time { return p.at }
	p.all, p.own = NewMemory(now), NewMemory(now)
	p.Alone = NewAlone(p.all.Join("a", nil), p.own.Join("a", nil), now, func(t Turn) { p.turns = append(p.turns, t) })
	p.at = p.at.Add(time.Hour) // neither is young
	return p
}

const (
	mobile = "+491701234567"
	life   = time.Minute
)

func bid(attempt string) Bid { return Bid{Phone: mobile, Attempt: attempt, Life: life} }

func (p *pair) claim(t *testing.T, b Bid) Claim {
	t.Helper()
	c, err := p.Claim(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestTurns: each begin and end is told once, with what was decided meanwhile.
func TestTurns(t *testing.T) {
	p := newPair()
	enter := func(key byte) {
		t.Helper()
		place, err := p.Enter(t.Context(), Entry{Key: Digest{key}, ID: strconv.Itoa(int(key)), Life: life})
		if err != nil || place.Role != Leads {
			t.Fatalf("%+v, %v", place, err)
		}
	}
	enter(1)
	if len(p.turns) != 0 || p.Now() != (Turn{}) {
		t.Fatalf("alone although all can be asked: %+v", p.turns)
	}
	p.all.Cut()
	since := p.at
	enter(2)
	p.at = p.at.Add(time.Second)
	enter(3)
	p.claim(t, bid("3"))
	if now := p.Now(); now != (Turn{Alone: true, Since: since, Attempts: 2, Phones: 1}) {
		t.Errorf("%+v", now)
	}
	p.all.Mend()
	enter(4)
	enter(5)
	want := []Turn{{Alone: true, Since: since, Attempts: 1}, {Since: since, Attempts: 2, Phones: 1}}
	if !slices.Equal(p.turns, want) || p.Now() != (Turn{}) {
		t.Errorf("%+v, want %+v", p.turns, want)
	}
}

// TestEndedWhereItBegan: attempts and claims go back to the memory that they are from, whichever can be asked then.
func TestEndedWhereItBegan(t *testing.T) { synctest.Test(t, endedWhereItBegan) }

func endedWhereItBegan(t *testing.T) {
	p := newPair()
	begin := func(key byte, id, phone string) Token {
		t.Helper()
		if _, err := p.Enter(t.Context(), Entry{Key: Digest{key}, ID: id, Life: life}); err != nil {
			t.Fatal(err)
		}
		return p.claim(t, Bid{Phone: phone, Attempt: id, Life: life}).Token
	}
	ctx := t.Context()
	together := begin(1, "together", "+1")
	p.all.Cut()
	alone := begin(2, "alone", "+2")
	for name, err := range map[string]error{
		"record":   p.Record(ctx, together, Progress{Rang: true}),
		"polled":   p.Polled(ctx, together, 0),
		"end":      p.End(ctx, together, Ending{}),
		"conclude": p.Conclude(ctx, Digest{1}, "together", Conclusion{}),
		"leave":    p.Leave(ctx, Digest{1}, "together", ToAnybody),
	} {
		if !errors.Is(err, ErrUnreachable) {
			t.Errorf("%s of what all nodes know, while they cannot be asked: %v", name, err)
		}
	}
	if _, err := p.Await(ctx, Digest{1}, "together"); !errors.Is(err, ErrUnreachable) {
		t.Errorf("await: %v", err)
	}
	p.all.Mend()
	for name, err := range map[string]error{
		"record alone":      p.Record(ctx, alone, Progress{Rang: true}),
		"record together":   p.Record(ctx, together, Progress{Rang: true}),
		"polled alone":      p.Polled(ctx, alone, 0),
		"end alone":         p.End(ctx, alone, Ending{}),
		"end together":      p.End(ctx, together, Ending{}),
		"conclude alone":    p.Conclude(ctx, Digest{2}, "alone", Conclusion{Answer: []byte("own")}),
		"conclude together": p.Conclude(ctx, Digest{1}, "together", Conclusion{Answer: []byte("all")}),
	} {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for key, want := range map[byte][2]string{1: {"together", "all"}, 2: {"alone", "own"}} {
		if place, err := p.Await(ctx, Digest{key}, want[0]); err != nil || place.Role != Over || string(place.Answer) != want[1] {
			t.Errorf("%s: %+v, %v", want[0], place, err)
		}
	}
	for name, c := range map[string]Token{"alone": alone, "together": together} {
		if err := p.End(ctx, c, Ending{}); err != nil {
			t.Errorf("%s: the same end again: %v", name, err)
		}
	}
	third := begin(3, "left", "+3")
	if err := errors.Join(p.Leave(ctx, Digest{3}, "left", ToAnybody), p.End(ctx, third, Ending{Kind: Left})); err != nil {
		t.Error(err)
	}
}

// TestForgedToken: the mark of a token opens no memory by itself.
func TestForgedToken(t *testing.T) {
	p := newPair()
	token := p.claim(t, bid("a")).Token
	token.Nonce = ofAlone + token.Nonce
	if err := p.End(t.Context(), token, Ending{}); !errors.Is(err, ErrLost) {
		t.Error(err)
	}
}

// TestCollisionAcrossTheTurn: two logins of one phone at this node collide although each memory knows one of them.
func TestCollisionAcrossTheTurn(t *testing.T) {
	for name, turn := range map[string][2]func(*Memory){
		"the memory goes":       {(*Memory).Mend, (*Memory).Cut},
		"the memory comes back": {(*Memory).Cut, (*Memory).Mend},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPair()
			turn[0](p.all)
			first := p.claim(t, bid("first"))
			turn[1](p.all)
			if c := p.claim(t, bid("second")); c.Kind != Taken || c.Other != "first" {
				t.Fatalf("%+v", c)
			}
			p.all.Mend()
			if err := p.Record(t.Context(), first.Token, Progress{Rang: true}); !errors.Is(err, ErrCollided) {
				t.Errorf("a push leaves in spite of the collision: %v", err)
			}
			if err := p.End(t.Context(), first.Token, Ending{}); !errors.Is(err, ErrCollided) {
				t.Errorf("the first login's approval counts: %v", err)
			}
			if c := p.claim(t, bid("third")); c.Kind != Granted {
				t.Errorf("the phone is held for ever: %+v", c)
			}
		})
	}
	p := newPair()
	first := p.claim(t, bid("first"))
	p.all.Cut()
	second := bid("second")
	second.Collision = KeepFirst
	if c := p.claim(t, second); c.Kind != Taken {
		t.Errorf("%+v", c)
	}
	p.all.Mend()
	if err := p.End(t.Context(), first.Token, Ending{}); err != nil {
		t.Errorf("keep_first: %v", err)
	}
}

// TestNothingIsCleanAlone: what others left on a phone is not known, nor right after the turn back.
func TestNothingIsCleanAlone(t *testing.T) {
	p := newPair()
	for _, step := range []struct {
		name string
		do   func()
		want History
	}{
		{"together", func() {}, Clean},
		{"alone", p.all.Cut, Unseen},
		{"together-again", p.all.Mend, Unseen},
		{"a-while-later", func() { p.at = p.at.Add(Young) }, Clean},
	} {
		step.do()
		c := p.claim(t, bid(step.name))
		if c.Kind != Granted || c.History != step.want {
			t.Errorf("%s: %+v", step.name, c)
		}
		if err := p.End(t.Context(), c.Token, Ending{}); err != nil {
			t.Errorf("%s: %v", step.name, err)
		}
	}
}

// TestOtherErrorsAreNoTurn: a login that was withdrawn says nothing of the memory.
func TestOtherErrorsAreNoTurn(t *testing.T) {
	p := newPair()
	withdrawn := errors.New("withdrawn")
	p.Alone.all = failing{p.Alone.all, withdrawn}
	if _, err := p.Enter(t.Context(), Entry{ID: "A", Life: life}); !errors.Is(err, withdrawn) {
		t.Error(err)
	}
	if _, err := p.Claim(t.Context(), bid("a")); !errors.Is(err, withdrawn) {
		t.Error(err)
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	p.Alone.all = failing{p.Alone.all, fmt.Errorf("%w: %w", ErrUnreachable, context.Canceled)} // as a round trip ends that nobody waits for
	if _, err := p.Enter(gone, Entry{ID: "A", Life: life}); !errors.Is(err, ErrUnreachable) {
		t.Error(err)
	}
	if c, err := p.Claim(gone, bid("a")); !errors.Is(err, ErrUnreachable) || c.Kind != Unclaimed {
		t.Errorf("%+v, %v", c, err)
	}
	if len(p.turns) != 0 {
		t.Errorf("%+v", p.turns)
	}
}

type failing struct {
	Logins
	err error
}

func (f failing) Enter(context.Context, Entry) (Place, error) { return Place{}, f.err }
func (f failing) Claim(context.Context, Bid) (Claim, error)   { return Claim{}, f.err }

// TestHoldsAreForgotten: claims that nobody ended do not pile up.
func TestHoldsAreForgotten(t *testing.T) {
	p := newPair()
	for i := range 5 * leastSweep {
		p.claim(t, Bid{Phone: strconv.Itoa(i), Attempt: strconv.Itoa(i), Life: life})
		p.at = p.at.Add(time.Second)
	}
	if n := len(p.holds); n > 2*leastSweep {
		t.Errorf("%d holds, and %d of them live", n, int((life+Grace)/time.Second))
	}
}
