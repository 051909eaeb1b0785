package cluster

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"time"
)

// phone is what is known of one phone. It is guarded by the memory's lock. There is one for each login that waits, so it is kept small: what
// most phones have nothing of is behind a pointer.
type phone struct {
	claim claim // that holds it, or that was left; without a key: none

	held    moment
	tainted moment
	spent   moment
	past    *past // nil: nothing
	known   bool
}

// key is a token of one phone without its nonce, which follows from the fence. The zero key is of no token.
type key struct {
	attempt string
	fence   uint64
}

func keyOf(t Token) key { return key{t.Attempt, t.Fence} }

// claim is one that was granted.
type claim struct {
	key      key
	node     *Member
	until    moment
	left     moment // 0: it was not
	progress string
	heirOf   *lapsed // the lapsed claim whose progress it was granted with
	own      bool    // the progress is its own
	rang     bool
	collided bool // with KeepFirst it never is
}

// of is the attempt of the progress.
func (c *claim) of() string {
	switch {
	case c.own:
		return c.key.attempt
	case c.heirOf != nil:
		return c.heirOf.key.attempt
	}
	return ""
}

// inherits reports that a lapsed claim's progress is this one's.
func (c *claim) inherits(k key) bool { return c.heirOf != nil && c.heirOf.key == k }

// octets is a text as it is handed out; nil: none.
func octets(text string) []byte {
	if text == "" {
		return nil
	}
	return []byte(text)
}

// holds reports that the phone is nobody else's.
func (c *claim) holds(now moment) bool {
	return c.key != key{} && c.left == 0 && !c.node.dead && now < c.until
}

// orphaned notes what a claim leaves behind whose node is dead or has left it, or that nobody ended.
func (p *phone) orphaned(now moment) {
	c := &p.claim
	if c.rang {
		last := min(now, c.until)
		if c.left != 0 {
			last = min(last, c.left)
		}
		p.tainted = max(p.tainted, last+Young)
	}
	p.claim = claim{}
}

// ages forgets a claim that was over so long ago that its push cannot ring any more.
func (p *phone) ages(now moment) {
	if now >= p.claim.until+Young {
		p.claim = claim{}
	}
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
	if p.claim.key.attempt == b.Attempt { // another node led it, and this one does now
		if p.claim.collided {
			return Claim{Kind: Taken, Other: b.Attempt}, nil
		}
		return n.take(p, b, p.claim, now), nil
	}
	if e := p.ended(b.Attempt); e != nil && e.over && now < e.forget {
		if e.collided {
			return Claim{Kind: Taken, Other: b.Attempt}, nil
		}
		return Claim{Kind: Concluded, Answer: octets(e.answer)}, nil
	}
	if p.claim.holds(now) {
		return n.collide(p, b), nil
	}
	p.orphaned(now)
	return n.inherit(p, b, now), nil
}

// inherit gives a free phone to an attempt, with what the one that it renews left behind. Whoever asks for the phone ends what came before.
func (n *Member) inherit(p *phone, b Bid, now moment) Claim {
	var was lapsed
	var found late
	if p.past != nil {
		was, found = p.past.lapsed, p.past.late
		p.past.lapsed, p.past.late = lapsed{}, late{}
	}
	if b.Renews != "" && found.attempt == b.Renews && now < found.until {
		return Claim{Kind: Late, Answer: octets(found.answer)}
	}
	inherits := b.Renews != "" && was.key.attempt == b.Renews && now < was.until
	if p.held > now {
		if inherits {
			p.past.lapsed = was // the bid comes again
		}
		return Claim{Kind: Held, Wait: p.held - now}
	}
	if !inherits {
		return n.take(p, b, claim{}, now)
	}
	return n.take(p, b, claim{progress: was.progress, rang: true, heirOf: &lapsed{key: was.key, until: was.until}}, now)
}

// collide is what comes of a bid for a phone that another attempt holds.
func (n *Member) collide(p *phone, b Bid) Claim {
	if b.Collision == DenyBoth && !p.claim.collided {
		p.claim.collided = true
		n.memory.tell(p.claim.node, Notice{Kind: Collided, Attempt: p.claim.key.attempt})
	}
	return Claim{Kind: Taken, Other: p.claim.key.attempt}
}

// take has the node hold the phone, with what rings there.
func (n *Member) take(p *phone, b Bid, former claim, now moment) Claim {
	m := n.memory
	m.fence++
	p.claim = claim{
		key: key{b.Attempt, m.fence}, node: n, until: now + b.Life + Grace,
		progress: former.progress, rang: former.rang, own: former.own, heirOf: former.heirOf,
	}
	c := Claim{
		Kind: Granted, Token: Token{Phone: b.Phone, Attempt: b.Attempt, Fence: m.fence, Nonce: string(m.nonce(m.fence))}, History: p.history(now, m.born),
		Progress: octets(former.progress), Rang: former.rang, Of: p.claim.of(),
	}
	if c.Of != "" && c.Of != b.Attempt {
		c.LateFor = max(0, former.heirOf.until-now)
	}
	return c
}

// history judges the phone before a push.
func (p *phone) history(now, born moment) History {
	switch {
	case p.tainted > now:
		return Dirty
	case p.spent > now:
		return Spent
	case p.known || now-born >= Young:
		return Clean
	}
	return Unseen
}

// Record implements Phones.
func (n *Member) Record(_ context.Context, t Token, progress Progress) error {
	if err := progress.Valid(); err != nil {
		return err
	}
	return n.change(t, func(p *phone, _ moment) error {
		c := &p.claim
		switch {
		case c.key != keyOf(t) || c.left != 0:
			return ErrLost
		case c.collided:
			return ErrCollided
		}
		c.progress, c.rang, c.own = string(progress.State), progress.Rang, true
		return nil
	})
}

// Polled implements Phones.
func (n *Member) Polled(_ context.Context, t Token, most time.Duration) error {
	if err := durations(most); err != nil {
		return err
	}
	return n.change(t, func(p *phone, now moment) error {
		c, k := &p.claim, keyOf(t)
		if (c.key != k || c.left != 0) && !c.inherits(k) && (p.past == nil || p.past.lapsed.key != k) {
			return ErrLost
		}
		p.tainted, p.spent = min(p.tainted, now+most), min(p.spent, now+most)
		return nil
	})
}

// End implements Phones.
func (n *Member) End(_ context.Context, t Token, e Ending) error {
	if err := e.Valid(); err != nil {
		return err
	}
	return n.change(t, func(p *phone, now moment) error {
		if was := p.ended(t.Attempt); was != nil && was.repeats(keyOf(t), e, now) {
			return was.err
		}
		err := n.end(p, keyOf(t), e, now)
		if errors.Is(err, ErrLost) {
			return err
		}
		p.marks(e, now)
		p.keep(keyOf(t), e, err, now)
		return err
	})
}

// end ends a claim, or one that lapsed.
func (n *Member) end(p *phone, k key, e Ending, now moment) error {
	c := p.claim
	switch {
	case p.past != nil && p.past.lapsed.key == k && now < p.past.lapsed.until && (e.Kind == Found || e.Kind == Ended):
		p.past.lapsed = lapsed{}
		if e.Kind == Found {
			p.past.late = late{attempt: k.attempt, until: now + e.Late, answer: string(e.Answer)}
		}
		return nil
	case e.Kind == Found && c.inherits(k) && now < c.heirOf.until && c.holds(now) && !c.collided:
		n.memory.tell(c.node, Notice{Kind: Approved, Attempt: c.key.attempt, Renews: k.attempt, Answer: bytes.Clone(e.Answer)})
		return nil
	case c.key != k || c.left != 0 || e.Kind == Found:
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
		p.behind().lapsed = lapsed{key: k, until: now + e.Late, progress: c.progress}
	}
	return nil
}

// keep remembers an end for a while. An attempt ends once: what is found behind it is told to nobody who takes it over, and one that
// was left has not ended.
func (p *phone) keep(k key, e Ending, err error, now moment) {
	b := p.behind()
	b.ended = slices.DeleteFunc(b.ended, func(was end) bool { return now >= was.forget })
	was := p.ended(k.attempt)
	if was == nil {
		b.ended = append(b.ended, end{})
		was = &b.ended[len(b.ended)-1]
	}
	answer := string(e.Answer)
	if !was.over && (e.Kind == Lapsed || e.Kind == Ended) {
		was.over, was.collided, was.answer = true, err != nil, answer
	}
	was.last, was.kind, was.said, was.err, was.forget = k, e.Kind, answer, err, now+EndKept
}

// marks keeps what an end says of the phone.
func (p *phone) marks(e Ending, now moment) {
	if e.Clears {
		p.tainted, p.spent = 0, 0
	}
	lasts := func(until moment, long time.Duration) moment {
		if long > 0 {
			return max(until, now+long)
		}
		return until
	}
	p.held, p.tainted, p.spent = lasts(p.held, e.Hold), lasts(p.tainted, e.Taint), lasts(p.spent, e.Spent)
	p.known = p.known || e.Known
}

// change changes a phone that was claimed.
func (n *Member) change(t Token, change func(*phone, moment) error) error {
	now, err := n.lock()
	if err != nil {
		return err
	}
	defer n.memory.mu.Unlock()
	p := n.memory.phones[t.Phone]
	if p == nil || t.Nonce != string(n.memory.nonce(t.Fence)) {
		return ErrLost
	}
	p.ages(now)
	return change(p, now)
}

// phone is the entry of a phone, made where there is none. What says no more than that nothing is known is forgotten now and then.
func (m *Memory) phone(mobile string, now moment) *phone {
	p := m.phones[mobile]
	if p != nil {
		return p
	}
	if len(m.phones) >= m.sweepPhonesAt {
		for other, q := range m.phones {
			if q.idle(now) && (!q.known || now-m.born >= Young) {
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
func (p *phone) idle(now moment) bool {
	if max(p.held, p.tainted, p.spent) > now {
		return false
	}
	if b := p.past; b != nil {
		if max(b.lapsed.until, b.late.until) > now || slices.ContainsFunc(b.ended, func(e end) bool { return e.forget > now }) {
			return false
		}
	}
	return p.claim.key == key{} || now >= p.claim.until+Young
}
