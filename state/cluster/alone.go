package cluster

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"
)

// Logins decide about a login: attempts and phones together.
type Logins interface {
	Attempts
	Phones
}

// Turn says that a node goes on by itself, or no longer does.
type Turn struct {
	Alone            bool
	Since            time.Time // when it began; zero: it is not alone
	Attempts, Phones int       // that were decided alone since then
}

// Alone asks the memory of all nodes, and this node's own one where that cannot be asked (ErrUnreachable): the operator's insecure_alone. Two nodes
// that go on so do not know of each other: one login at both rings twice, and a collision between them is seen by nobody. Within this node every
// collision is seen. What was begun in one memory is ended in that one, whatever can be asked meanwhile.
//
// A node by itself does not know what others left on a phone, so no History is better than Unseen, until Young after it was alone last.
type Alone struct {
	all, own Logins
	now      func() time.Time
	turned   func(Turn)

	mu    sync.Mutex
	turn  Turn
	last  time.Time // when something was decided alone, zero: never
	holds map[string]*hold
}

// hold is a claim of this node, by its phone.
type hold struct {
	token    Token // as it was handed out
	until    time.Time
	collided bool // with a login that the claim's memory does not know of
}

// NewAlone turns from all to own. own is of this node alone; turned is told of each turn, one after the other, and calls nothing of the Alone; nil: nobody
// is told. now is the clock; nil means time.Now.
func NewAlone(all, own Logins, now func() time.Time, turned func(Turn)) *Alone {
	if now == nil {
		now = time.Now
	}
	if turned == nil {
		turned = func(Turn) {}
	}
	return &Alone{all: all, own: own, now: now, turned: turned, holds: map[string]*hold{}}
}

// Now is how it stands.
func (a *Alone) Now() Turn {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.turn
}

// decides reports that this node decides by itself, by what asking the memory of all nodes came to. Another error than ErrUnreachable says
// nothing of its reach, nor does one of a caller who waited no longer: ctx has ended then.
func (a *Alone) decides(ctx context.Context, err error, count func(*Turn)) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !errors.Is(err, ErrUnreachable) || ctx.Err() != nil {
		if err == nil && a.turn.Alone {
			a.turn.Alone = false
			a.turned(a.turn)
			a.turn = Turn{}
		}
		return false
	}
	a.last = a.now()
	began := !a.turn.Alone
	if began {
		a.turn = Turn{Alone: true, Since: a.last}
	}
	count(&a.turn)
	if began {
		a.turned(a.turn)
	}
	return true
}

// Enter implements Attempts.
func (a *Alone) Enter(ctx context.Context, e Entry) (Place, error) {
	if e.Life == 0 { // nothing begins with it, and so nobody decides
		if p, err := a.own.Enter(ctx, e); !errors.Is(err, ErrLost) {
			return p, err
		}
		return a.all.Enter(ctx, e)
	}
	p, err := a.all.Enter(ctx, e)
	if a.decides(ctx, err, func(t *Turn) { t.Attempts++ }) {
		return a.own.Enter(ctx, e)
	}
	return p, err
}

// Await implements Attempts.
func (a *Alone) Await(ctx context.Context, key Digest, id string) (Place, error) {
	p, err := a.own.Await(ctx, key, id)
	if errors.Is(err, ErrLost) { // not begun here
		return a.all.Await(ctx, key, id)
	}
	return p, err
}

// Leave implements Attempts.
func (a *Alone) Leave(ctx context.Context, key Digest, id string, to Leaving) error {
	if err := a.own.Leave(ctx, key, id, to); !errors.Is(err, ErrLost) {
		return err
	}
	return a.all.Leave(ctx, key, id, to)
}

// Conclude implements Attempts.
func (a *Alone) Conclude(ctx context.Context, key Digest, id string, e Conclusion) error {
	if err := a.own.Conclude(ctx, key, id, e); !errors.Is(err, ErrLost) {
		return err
	}
	return a.all.Conclude(ctx, key, id, e)
}

// ofAlone marks the nonce of a claim in the node's own memory.
const ofAlone = "alone:"

// of is the memory that a token is from, and the token as that one knows it.
func (a *Alone) of(t Token) (Phones, Token) {
	if nonce, own := strings.CutPrefix(t.Nonce, ofAlone); own {
		t.Nonce = nonce
		return a.own, t
	}
	return a.all, t
}

// Claim implements Phones.
func (a *Alone) Claim(ctx context.Context, b Bid) (Claim, error) {
	c, err := a.all.Claim(ctx, b)
	if a.decides(ctx, err, func(t *Turn) { t.Phones++ }) {
		if c, err = a.own.Claim(ctx, b); c.Kind == Granted {
			c.Token.Nonce = ofAlone + c.Token.Nonce
		}
	}
	if err != nil || c.Kind != Granted {
		return c, err
	}
	if other := a.collides(b, c.Token); other != "" {
		memory, token := a.of(c.Token)
		_ = memory.End(ctx, token, Ending{}) // where that fails it is over with its life
		return Claim{Kind: Taken, Other: other}, nil
	}
	if c.History == Clean && a.lately() {
		c.History = Unseen
	}
	return c, nil
}

// lately reports that what was left on a phone while nodes were alone may still be there.
func (a *Alone) lately() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return !a.last.IsZero() && a.now().Sub(a.last) < Young
}

// collides notes a claim that was granted, or names the attempt of this node that has the phone by the other memory's word.
func (a *Alone) collides(b Bid, t Token) (other string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.now()
	h := a.holds[b.Phone]
	if h != nil && now.Before(h.until) && h.token.Attempt != b.Attempt && strings.HasPrefix(h.token.Nonce, ofAlone) != strings.HasPrefix(t.Nonce, ofAlone) {
		h.collided = h.collided || b.Collision == DenyBoth
		return h.token.Attempt
	}
	if n := len(a.holds); n >= leastSweep && n&(n-1) == 0 { // at each doubling
		for phone, h := range a.holds {
			if !now.Before(h.until) {
				delete(a.holds, phone)
			}
		}
	}
	a.holds[b.Phone] = &hold{token: t, until: now.Add(b.Life + Grace)}
	return ""
}

// collided reports a collision that the claim's memory does not know of.
func (a *Alone) collided(t Token) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	h := a.holds[t.Phone]
	return h != nil && h.token == t && h.collided
}

// Record implements Phones.
func (a *Alone) Record(ctx context.Context, t Token, p Progress) error {
	if a.collided(t) {
		return ErrCollided
	}
	memory, token := a.of(t)
	return memory.Record(ctx, token, p)
}

// Polled implements Phones.
func (a *Alone) Polled(ctx context.Context, t Token, most time.Duration) error {
	memory, token := a.of(t)
	return memory.Polled(ctx, token, most)
}

// End implements Phones.
func (a *Alone) End(ctx context.Context, t Token, e Ending) error {
	memory, token := a.of(t)
	err := memory.End(ctx, token, e)
	if err == nil && a.collided(t) {
		err = ErrCollided
	}
	if !errors.Is(err, ErrUnreachable) && e.Kind != Found {
		a.mu.Lock()
		defer a.mu.Unlock()
		if h := a.holds[t.Phone]; h != nil && h.token == t {
			delete(a.holds, t.Phone)
		}
	}
	return err
}
