package shared

import (
	"context"
	"crypto/rand"
	"time"
)

// phone is what is known of one phone. It is guarded by the memory's lock.
type phone struct {
	token    Token // of the claim that holds it, or that was Left; zero: none
	node     *Member
	left     bool
	renews   string // of that claim
	until    time.Time
	collided bool // with keep_first it never is

	progress []byte
	rang     bool

	ended  string // the attempt that held it last, and ended
	answer []byte

	held    time.Time
	tainted time.Time
	spent   time.Time
	known   bool

	lapsed     Token // of the claim that was answered, and whose push is still looked after
	lapsedFor  time.Time
	lapsedFrom []byte // its progress
	late       string // the lapsed attempt that was approved
	lateFor    time.Time
	lateAnswer []byte
}

// holder is the claim that holds the phone now.
func (p *phone) holds(now time.Time) bool {
	return p.token != Token{} && !p.left && !p.node.dead && now.Before(p.until)
}

// orphaned notes what a claim leaves behind whose node is dead, or that nobody ended.
func (p *phone) orphaned(now time.Time) {
	if p.token == (Token{}) {
		return
	}
	if p.rang && !p.left { // one that was left said itself what it leaves
		p.known, p.tainted = true, later(p.tainted, now.Add(Young))
	}
	p.drop()
}

func (p *phone) drop() {
	p.token, p.node, p.left, p.renews, p.progress, p.rang, p.collided = Token{}, nil, false, "", nil, false, false
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// Claim implements Phones.
func (n *Member) Claim(_ context.Context, b Bid) (Claim, error) {
	now, err := n.lock()
	if err != nil {
		return Claim{}, err
	}
	defer n.memory.mu.Unlock()
	if n.dead {
		return Claim{}, ErrLost // else it would take its attempts back from whoever has taken them over
	}
	p := n.memory.phone(b.Phone, now)
	if p.token.Attempt == b.Attempt && p.token.Attempt != "" { // another node led it, and this one does now
		if p.collided {
			return Claim{Kind: Taken, Other: b.Attempt}, nil
		}
		c := Claim{Progress: p.progress, Rang: p.rang, Of: b.Attempt, LateFor: b.Life}
		n.take(p, b, now)
		p.progress, p.rang = c.Progress, c.Rang
		return n.granted(p, c, now), nil
	}
	if p.ended == b.Attempt {
		return Claim{Kind: Concluded, Answer: p.answer}, nil
	}
	if p.holds(now) {
		return n.collide(p, b), nil
	}
	p.orphaned(now)
	late, lapsed := p.late, p.lapsed
	c := Claim{LateFor: p.lapsedFor.Sub(now), Progress: p.lapsedFrom, Rang: true, Of: b.Renews}
	isLate := b.Renews != "" && late == b.Renews && now.Before(p.lateFor)
	inherits := b.Renews != "" && lapsed.Attempt == b.Renews && now.Before(p.lapsedFor)
	p.late, p.lapsed, p.lapsedFrom = "", Token{}, nil // whoever asks for the phone ends what came before
	switch {
	case isLate:
		return Claim{Kind: Late, Answer: p.lateAnswer}, nil
	case p.held.After(now):
		if inherits {
			p.lapsed, p.lapsedFrom = lapsed, c.Progress // the claim comes again
		}
		return Claim{Kind: Held, Wait: p.held.Sub(now)}, nil
	case !inherits:
		c = Claim{}
	}
	n.take(p, b, now)
	return n.granted(p, c, now), nil
}

// collide is what comes of a bid for a phone that another attempt holds.
func (n *Member) collide(p *phone, b Bid) Claim {
	if b.Collision == DenyBoth {
		p.collided = true
		n.memory.tell(p.node, Notice{Kind: Collided, Attempt: p.token.Attempt})
	}
	return Claim{Kind: Taken, Other: p.token.Attempt}
}

func (n *Member) take(p *phone, b Bid, now time.Time) {
	n.memory.fence++
	p.drop()
	p.token = Token{Phone: b.Phone, Attempt: b.Attempt, Fence: n.memory.fence, Nonce: rand.Text()}
	p.node, p.renews, p.until = n, b.Renews, now.Add(b.Life+grace)
}

func (n *Member) granted(p *phone, c Claim, now time.Time) Claim {
	c.Kind, c.Token, c.History = Granted, p.token, p.history(now, n.memory.born)
	return c
}

// history judges the phone before a push.
func (p *phone) history(now, born time.Time) History {
	switch {
	case p.tainted.After(now):
		return Dirty
	case p.spent.After(now):
		return Spent
	case p.known || now.Sub(born) >= Young:
		return Clean
	}
	return Unseen
}

// Record implements Phones.
func (n *Member) Record(_ context.Context, t Token, progress Progress) error {
	return n.held(t, func(p *phone, _ time.Time) error {
		if p.collided {
			return ErrCollided
		}
		p.progress, p.rang = progress.State, progress.Rang
		return nil
	})
}

// Polled implements Phones.
func (n *Member) Polled(_ context.Context, t Token, most time.Duration) error {
	return n.claimed(t, func(p *phone, now time.Time) error {
		p.tainted, p.spent = earlier(p.tainted, now.Add(most)), earlier(p.spent, now.Add(most))
		return nil
	})
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// End implements Phones.
func (n *Member) End(_ context.Context, t Token, e Ending) error {
	if e.Kind == Found {
		return n.claimed(t, func(p *phone, now time.Time) error { return n.found(p, t, e, now) })
	}
	return n.held(t, func(p *phone, now time.Time) error {
		err := error(nil)
		if p.collided {
			err = ErrCollided
		}
		p.marks(e, now)
		progress := p.progress
		switch e.Kind {
		case Left:
			p.left = true
			return err
		case Lapsed:
			p.lapsed, p.lapsedFor, p.lapsedFrom = t, now.Add(e.Late), progress
		case Ended, Found:
		}
		p.ended, p.answer = t.Attempt, e.Answer
		if err != nil {
			p.answer = nil // it counts for nobody, whoever takes the attempt over
		}
		p.drop()
		return err
	})
}

// found keeps the approval of a lapsed attempt, or tells the one that renews it.
func (n *Member) found(p *phone, t Token, e Ending, now time.Time) error {
	p.marks(e, now)
	if p.lapsed == t {
		p.lapsed, p.lapsedFrom = Token{}, nil
		p.late, p.lateFor, p.lateAnswer = t.Attempt, now.Add(e.Late), e.Answer
		return nil
	}
	if p.holds(now) && p.renews == t.Attempt {
		n.memory.tell(p.node, Notice{Kind: Approved, Attempt: p.token.Attempt, Answer: e.Answer})
		return nil
	}
	return ErrLost
}

// marks keeps what an end says of the phone.
func (p *phone) marks(e Ending, now time.Time) {
	if e.Clears {
		p.tainted, p.spent = time.Time{}, time.Time{}
	}
	if e.Hold > 0 {
		p.held = later(p.held, now.Add(e.Hold))
	}
	if e.Taint > 0 {
		p.tainted = later(p.tainted, now.Add(e.Taint))
	}
	if e.Spent > 0 {
		p.spent = later(p.spent, now.Add(e.Spent))
	}
	p.known = p.known || e.Known
}

// held changes a phone that a claim holds.
func (n *Member) held(t Token, change func(*phone, time.Time) error) error {
	return n.claimed(t, func(p *phone, now time.Time) error {
		if p.token != t || p.left {
			return ErrLost
		}
		return change(p, now)
	})
}

// claimed changes a phone that was claimed: the token must be its holder's, or that of the lapsed one, or of the one that is renewed.
func (n *Member) claimed(t Token, change func(*phone, time.Time) error) error {
	now, err := n.lock()
	if err != nil {
		return err
	}
	defer n.memory.mu.Unlock()
	p := n.memory.phones[t.Phone]
	if p == nil || p.token != t && p.lapsed != t && (p.renews == "" || p.renews != t.Attempt) {
		return ErrLost
	}
	return change(p, now)
}

// phone is the entry of a phone, made where there is none. What says no more than that nothing is known is forgotten now and then.
func (m *Memory) phone(mobile string, now time.Time) *phone {
	p := m.phones[mobile]
	if p != nil {
		return p
	}
	if len(m.phones) >= leastSweep && len(m.phones)&(len(m.phones)-1) == 0 { // at each doubling
		for other, q := range m.phones {
			if q.idle(now) && now.Sub(m.born) >= Young {
				delete(m.phones, other)
			}
		}
	}
	p = &phone{}
	m.phones[mobile] = p
	return p
}

func (p *phone) idle(now time.Time) bool {
	for _, t := range []time.Time{p.held, p.tainted, p.spent, p.lapsedFor, p.lateFor} {
		if t.After(now) {
			return false
		}
	}
	return p.token == Token{}
}
