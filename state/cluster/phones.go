package cluster

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"time"
)

// phone is what is known of one phone. It is guarded by the memory's lock.
type phone struct {
	claim claim // that holds it, or that was left; without a token: none

	ended map[string]end // of attempts that held it, by ID

	held    time.Time
	tainted time.Time
	spent   time.Time
	known   bool

	lapsed lapsed // the claim that was answered, and whose push is still looked after
	late   late   // the lapsed attempt that was approved
}

// claim is one that was granted.
type claim struct {
	token    Token
	node     *Member
	until    time.Time
	left     time.Time // zero: it was not
	collided bool      // with KeepFirst it never is

	progress []byte
	rang     bool
	of       string    // the attempt of the progress
	lateFor  time.Time // of a progress that was inherited
	heirOf   Token     // the lapsed claim whose progress that is
}

// end is that of an attempt's claim.
type end struct {
	over     bool   // it is no other node's to take over
	collided bool   // and that is why
	answer   []byte // for whoever takes the attempt over

	token  Token  // of the last End
	said   Ending // that it said; its durations are without meaning here
	err    error  // what it was told
	forget time.Time
}

// repeats reports that an End is the last one again.
func (e *end) repeats(t Token, said Ending, now time.Time) bool {
	return e.token == t && now.Before(e.forget) && e.said.Kind == said.Kind && bytes.Equal(e.said.Answer, said.Answer)
}

// lapsed is a claim whose push is looked after.
type lapsed struct {
	token    Token
	until    time.Time
	progress []byte
}

// late is an approval that waits for the login that renews its attempt.
type late struct {
	attempt string
	until   time.Time
	answer  []byte
}

// holds reports that the phone is nobody else's.
func (c *claim) holds(now time.Time) bool {
	return c.token != Token{} && c.left.IsZero() && !c.node.dead && now.Before(c.until)
}

// orphaned notes what a claim leaves behind whose node is dead or has left it, or that nobody ended.
func (p *phone) orphaned(now time.Time) {
	c := &p.claim
	if c.rang {
		last := earlier(now, c.until)
		if !c.left.IsZero() {
			last = earlier(last, c.left)
		}
		p.tainted = later(p.tainted, last.Add(Young))
	}
	p.claim = claim{}
}

// ages forgets a claim that was over so long ago that its push cannot ring any more.
func (p *phone) ages(now time.Time) {
	if !now.Before(p.claim.until.Add(Young)) {
		p.claim = claim{}
	}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// Claim implements Phones.
func (n *Member) Claim(_ context.Context, b Bid) (Claim, error) {
	if err := b.Valid(); err != nil {
		return Claim{}, err
	}
	now, err := n.lock()
	if err != nil {
		return Claim{}, err
	}
	defer n.memory.mu.Unlock()
	p := n.memory.phone(b.Phone, now)
	p.ages(now)
	if p.claim.token.Attempt == b.Attempt { // another node led it, and this one does now
		if p.claim.collided {
			return Claim{Kind: Taken, Other: b.Attempt}, nil
		}
		return n.take(p, b, p.claim, now), nil
	}
	if e := p.ended[b.Attempt]; e.over && now.Before(e.forget) {
		if e.collided {
			return Claim{Kind: Taken, Other: b.Attempt}, nil
		}
		return Claim{Kind: Concluded, Answer: bytes.Clone(e.answer)}, nil
	}
	if p.claim.holds(now) {
		return n.collide(p, b), nil
	}
	p.orphaned(now)
	return n.inherit(p, b, now), nil
}

// inherit gives a free phone to an attempt, with what the one that it renews left behind. Whoever asks for the phone ends what came before.
func (n *Member) inherit(p *phone, b Bid, now time.Time) Claim {
	was, found := p.lapsed, p.late
	p.lapsed, p.late = lapsed{}, late{}
	if b.Renews != "" && found.attempt == b.Renews && now.Before(found.until) {
		return Claim{Kind: Late, Answer: bytes.Clone(found.answer)}
	}
	inherits := b.Renews != "" && was.token.Attempt == b.Renews && now.Before(was.until)
	if p.held.After(now) {
		if inherits {
			p.lapsed = was // the bid comes again
		}
		return Claim{Kind: Held, Wait: p.held.Sub(now)}
	}
	if !inherits {
		return n.take(p, b, claim{}, now)
	}
	return n.take(p, b, claim{progress: was.progress, rang: true, of: b.Renews, lateFor: was.until, heirOf: was.token}, now)
}

// collide is what comes of a bid for a phone that another attempt holds.
func (n *Member) collide(p *phone, b Bid) Claim {
	if b.Collision == DenyBoth && !p.claim.collided {
		p.claim.collided = true
		n.memory.tell(p.claim.node, Notice{Kind: Collided, Attempt: p.claim.token.Attempt})
	}
	return Claim{Kind: Taken, Other: p.claim.token.Attempt}
}

// take has the node hold the phone, with what rings there.
func (n *Member) take(p *phone, b Bid, former claim, now time.Time) Claim {
	n.memory.fence++
	p.claim = claim{
		token: Token{Phone: b.Phone, Attempt: b.Attempt, Fence: n.memory.fence, Nonce: rand.Text()}, node: n, until: now.Add(b.Life + Grace),
		progress: former.progress, rang: former.rang, of: former.of, lateFor: former.lateFor, heirOf: former.heirOf,
	}
	c := Claim{Kind: Granted, Token: p.claim.token, History: p.history(now, n.memory.born), Progress: bytes.Clone(former.progress), Rang: former.rang, Of: former.of}
	if former.of != "" && former.of != b.Attempt {
		c.LateFor = max(0, former.lateFor.Sub(now))
	}
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
	if err := progress.Valid(); err != nil {
		return err
	}
	return n.change(t, func(p *phone, _ time.Time) error {
		c := &p.claim
		switch {
		case c.token != t || !c.left.IsZero():
			return ErrLost
		case c.collided:
			return ErrCollided
		}
		c.progress, c.rang, c.of = bytes.Clone(progress.State), progress.Rang, t.Attempt
		return nil
	})
}

// Polled implements Phones.
func (n *Member) Polled(_ context.Context, t Token, most time.Duration) error {
	if err := durations(most); err != nil {
		return err
	}
	return n.change(t, func(p *phone, now time.Time) error {
		c := &p.claim
		if (c.token != t || !c.left.IsZero()) && c.heirOf != t && p.lapsed.token != t {
			return ErrLost
		}
		p.tainted, p.spent = earlier(p.tainted, now.Add(most)), earlier(p.spent, now.Add(most))
		return nil
	})
}

// End implements Phones.
func (n *Member) End(_ context.Context, t Token, e Ending) error {
	if err := e.Valid(); err != nil {
		return err
	}
	return n.change(t, func(p *phone, now time.Time) error {
		if was := p.ended[t.Attempt]; was.repeats(t, e, now) {
			return was.err
		}
		err := n.end(p, t, e, now)
		if errors.Is(err, ErrLost) {
			return err
		}
		p.marks(e, now)
		p.keep(t, e, err, now)
		return err
	})
}

// end ends a claim, or one that lapsed.
func (n *Member) end(p *phone, t Token, e Ending, now time.Time) error {
	c := p.claim
	switch {
	case p.lapsed.token == t && now.Before(p.lapsed.until) && (e.Kind == Found || e.Kind == Ended):
		p.lapsed = lapsed{}
		if e.Kind == Found {
			p.late = late{attempt: t.Attempt, until: now.Add(e.Late), answer: bytes.Clone(e.Answer)}
		}
		return nil
	case e.Kind == Found && c.heirOf == t && now.Before(c.lateFor) && c.holds(now) && !c.collided:
		n.memory.tell(c.node, Notice{Kind: Approved, Attempt: c.token.Attempt, Renews: t.Attempt, Answer: bytes.Clone(e.Answer)})
		return nil
	case c.token != t || !c.left.IsZero() || e.Kind == Found:
		return ErrLost
	case e.Kind == Left:
		p.claim.left = now
	default:
		p.claim = claim{}
	}
	if c.collided {
		return ErrCollided
	}
	if e.Kind == Lapsed {
		p.lapsed = lapsed{token: t, until: now.Add(e.Late), progress: c.progress}
	}
	return nil
}

// keep remembers an end for a while. An attempt ends once: what is found behind it is told to nobody who takes it over, and one that
// was left has not ended.
func (p *phone) keep(t Token, e Ending, err error, now time.Time) {
	for attempt, was := range p.ended {
		if !now.Before(was.forget) {
			delete(p.ended, attempt)
		}
	}
	if p.ended == nil {
		p.ended = map[string]end{}
	}
	was := p.ended[t.Attempt]
	e.Answer = bytes.Clone(e.Answer)
	if !was.over && (e.Kind == Lapsed || e.Kind == Ended) {
		was.over, was.collided, was.answer = true, err != nil, e.Answer
	}
	was.token, was.said, was.err, was.forget = t, e, err, now.Add(EndKept)
	p.ended[t.Attempt] = was
}

// marks keeps what an end says of the phone.
func (p *phone) marks(e Ending, now time.Time) {
	if e.Clears {
		p.tainted, p.spent = time.Time{}, time.Time{}
	}
	for _, m := range []struct {
		until *time.Time
		long  time.Duration
	}{{&p.held, e.Hold}, {&p.tainted, e.Taint}, {&p.spent, e.Spent}} {
		if m.long > 0 {
			*m.until = later(*m.until, now.Add(m.long))
		}
	}
	p.known = p.known || e.Known
}

// change changes a phone that was claimed.
func (n *Member) change(t Token, change func(*phone, time.Time) error) error {
	now, err := n.lock()
	if err != nil {
		return err
	}
	defer n.memory.mu.Unlock()
	p := n.memory.phones[t.Phone]
	if p == nil || t.Nonce == "" {
		return ErrLost
	}
	p.ages(now)
	return change(p, now)
}

// phone is the entry of a phone, made where there is none. What says no more than that nothing is known is forgotten now and then.
func (m *Memory) phone(mobile string, now time.Time) *phone {
	p := m.phones[mobile]
	if p != nil {
		return p
	}
	if len(m.phones) >= m.sweepPhonesAt {
		for other, q := range m.phones {
			if q.idle(now) && (!q.known || now.Sub(m.born) >= Young) {
				delete(m.phones, other)
			}
		}
		m.sweepPhonesAt = max(leastSweep, 2*len(m.phones))
	}
	p = &phone{}
	m.phones[mobile] = p
	return p
}

// idle reports that nothing of the phone is remembered any more, but that it is known.
func (p *phone) idle(now time.Time) bool {
	for _, t := range []time.Time{p.held, p.tainted, p.spent, p.lapsed.until, p.late.until} {
		if t.After(now) {
			return false
		}
	}
	for _, e := range p.ended {
		if e.forget.After(now) {
			return false
		}
	}
	return p.claim.token == Token{} || !now.Before(p.claim.until.Add(Young))
}
