package cluster

import (
	"errors"
	"time"
)

// Carried are the phones of a memory as the process has them that takes this one's place. Times are moments of the memory, in nanoseconds: they
// mean something beside its Now alone. It holds mobiles, and is for no disk.
type Carried struct {
	At     time.Time      `json:"at"` // when it was made
	Now    moment         `json:"now"`
	Born   moment         `json:"born"`
	Fence  uint64         `json:"fence"`
	Salt   uint64         `json:"salt"`
	Phones []CarriedPhone `json:"phones"`
}

// CarriedPhone is one of them.
type CarriedPhone struct {
	Mobile  string        `json:"mobile"`
	Claim   *CarriedClaim `json:"claim,omitempty"`
	Held    moment        `json:"held,omitempty"`
	Tainted moment        `json:"tainted,omitempty"`
	Spent   moment        `json:"spent,omitempty"`
	Known   bool          `json:"known,omitempty"`
	Ended   []CarriedEnd  `json:"ended,omitempty"`
	Lapsed  *CarriedPast  `json:"lapsed,omitempty"`
	Late    *CarriedPast  `json:"late,omitempty"`
}

// CarriedClaim is a claim. The node that had it is gone.
type CarriedClaim struct {
	Attempt  string       `json:"attempt"`
	Fence    uint64       `json:"fence"`
	Until    moment       `json:"until"`
	Left     moment       `json:"left"`
	State    []byte       `json:"state,omitempty"` // of its push
	HeirOf   *CarriedPast `json:"heir_of,omitempty"`
	Own      bool         `json:"own"`
	Rang     bool         `json:"rang"`
	Collided bool         `json:"collided"`
}

// CarriedPast is a claim that lapsed, or one that was approved behind its answer.
type CarriedPast struct {
	Attempt string `json:"attempt"`
	Fence   uint64 `json:"fence,omitempty"`
	Until   moment `json:"until"`
	Text    []byte `json:"text,omitempty"` // the progress, or the answer
}

// CarriedEnd is how an attempt's claim ended.
type CarriedEnd struct {
	Attempt  string  `json:"attempt"`
	Fence    uint64  `json:"fence"`
	Kind     EndKind `json:"kind"`
	Answer   []byte  `json:"answer,omitempty"`
	Said     []byte  `json:"said,omitempty"`
	Lost     string  `json:"lost,omitempty"` // what it was told
	Forget   moment  `json:"forget"`
	Over     bool    `json:"over"`
	Collided bool    `json:"collided"`
}

// Carry gives what the memory knows of phones. Attempts stay: a login's own node knows them.
func (m *Memory) Carry() Carried {
	m.mu.Lock()
	defer m.mu.Unlock()
	at := m.now()
	c := Carried{At: at, Now: at.Sub(m.epoch), Born: m.born, Fence: m.fence, Salt: m.salt}
	for mobile, p := range m.phones {
		if !p.idle(c.Now) || p.known && c.Now-m.born < Young {
			c.Phones = append(c.Phones, p.carried(mobile))
		}
	}
	return c
}

func (p *phone) carried(mobile string) CarriedPhone {
	out := CarriedPhone{Mobile: mobile, Held: p.held, Tainted: p.tainted, Spent: p.spent, Known: p.known}
	if c := &p.claim; c.key != (key{}) {
		out.Claim = &CarriedClaim{
			Attempt: c.key.attempt, Fence: c.key.fence, Until: c.until, Left: c.left, Own: c.own, Rang: c.rang, Collided: c.collided,
		}
		out.Claim.State = []byte(c.progress)
		if h := c.heirOf; h != nil {
			out.Claim.HeirOf = &CarriedPast{Attempt: h.key.attempt, Fence: h.key.fence, Until: h.until, Text: []byte(h.progress)}
		}
	}
	b := p.past
	if b == nil {
		return out
	}
	for _, e := range b.ended {
		said := CarriedEnd{
			Attempt: e.last.attempt, Fence: e.last.fence, Kind: e.kind, Answer: []byte(e.answer), Said: []byte(e.said), Forget: e.forget, Over: e.over, Collided: e.collided,
		}
		if e.err != nil {
			said.Lost = e.err.Error()
		}
		out.Ended = append(out.Ended, said)
	}
	if l := b.lapsed; l.key != (key{}) {
		out.Lapsed = &CarriedPast{Attempt: l.key.attempt, Fence: l.key.fence, Until: l.until, Text: []byte(l.progress)}
	}
	if l := b.late; l.attempt != "" {
		out.Late = &CarriedPast{Attempt: l.attempt, Until: l.until, Text: []byte(l.answer)}
	}
	return out
}

// mostAway is the longest time that may lie between a Carry and what is made of it: what a clock says beyond that is wrong.
const mostAway = time.Minute

var errCarried = errors.New("what was carried of the phones is none that a memory can have had")

// Restored is a memory with the phones of another one. Nobody of that one's nodes is alive, so whoever asks for an attempt's phone takes it over.
func Restored(c Carried, now func() time.Time) (*Memory, error) {
	m := NewMemory(now)
	at := c.Now + min(max(0, m.now().Round(0).Sub(c.At.Round(0))), mostAway)
	if c.Now <= 0 || c.Now > 4*beforeBirth || c.Born < 0 || c.Born > c.Now {
		return nil, errCarried
	}
	m.epoch, m.born, m.fence, m.salt = m.now().Add(-at), c.Born, c.Fence, c.Salt
	gone := &Member{memory: m, dead: true}
	for _, p := range c.Phones {
		phone, err := p.restored(gone)
		if err != nil {
			return nil, err
		}
		m.phones[p.Mobile] = phone
	}
	return m, nil
}

// valid reports that the phone is of a size that a memory can have had.
func (c *CarriedPhone) valid() bool {
	if c.Mobile == "" || len(c.Mobile) > MostID || len(c.Ended) > 1<<10 {
		return false
	}
	for _, e := range c.Ended {
		if id(e.Attempt) != nil || size(e.Answer) != nil || size(e.Said) != nil || e.Kind > Found {
			return false
		}
	}
	for _, l := range []*CarriedPast{c.Lapsed, c.Late} {
		if l != nil && (id(l.Attempt) != nil || size(l.Text) != nil) {
			return false
		}
	}
	if k := c.Claim; k != nil {
		return id(k.Attempt) == nil && size(k.State) == nil && (k.HeirOf == nil || id(k.HeirOf.Attempt) == nil && size(k.HeirOf.Text) == nil)
	}
	return true
}

func (c *CarriedPhone) restored(gone *Member) (*phone, error) {
	if !c.valid() {
		return nil, errCarried
	}
	p := &phone{held: c.Held, tainted: c.Tainted, spent: c.Spent, known: c.Known}
	if k := c.Claim; k != nil {
		p.claim = claim{
			key: key{k.Attempt, k.Fence}, node: gone, until: k.Until, left: k.Left, progress: string(k.State), own: k.Own, rang: k.Rang, collided: k.Collided,
		}
		if h := k.HeirOf; h != nil {
			p.claim.heirOf = &lapsed{key: key{h.Attempt, h.Fence}, until: h.Until, progress: string(h.Text)}
		}
	}
	for _, e := range c.Ended {
		p.behind().ended = append(p.past.ended, end{
			last: key{e.Attempt, e.Fence}, answer: string(e.Answer), said: string(e.Said), err: lost(e.Lost), forget: e.Forget, kind: e.Kind, over: e.Over, collided: e.Collided,
		})
	}
	if l := c.Lapsed; l != nil {
		p.behind().lapsed = lapsed{key: key{l.Attempt, l.Fence}, until: l.Until, progress: string(l.Text)}
	}
	if l := c.Late; l != nil {
		p.behind().late = late{attempt: l.Attempt, until: l.Until, answer: string(l.Text)}
	}
	return p, nil
}

// lost is the error of an End, by its words.
func lost(words string) error {
	switch words {
	case "":
		return nil
	case ErrCollided.Error():
		return ErrCollided
	}
	return ErrLost
}
