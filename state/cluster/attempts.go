package cluster

import (
	"bytes"
	"context"
	"time"
)

// attempt is one login at all nodes. It is guarded by the memory's lock.
type attempt struct {
	id        string
	leader    *Member // nil: it was left
	followed  bool    // another node has followed it
	exchanges map[Digest]struct{}
	ends      moment // nobody waits any more
	over      bool
	answer    []byte
	told      moment // to who follows
	joinable  moment
	repeated  moment
	renewed   moment
	wake      chan struct{} // closed, and made anew, at each change
}

func (a *attempt) changed() {
	close(a.wake)
	a.wake = make(chan struct{})
}

// open reports that somebody may wait for it.
func (a *attempt) open(now moment) bool { return !a.over && now < a.ends }

// enters remembers an exchange, where there is room.
func (a *attempt) enters(e Digest) {
	if len(a.exchanges) < MostExchanges {
		a.exchanges[e] = struct{}{}
	}
}

// Enter implements Attempts.
func (n *Member) Enter(_ context.Context, e Entry) (Place, error) {
	if err := e.Valid(); err != nil {
		return Place{}, err
	}
	now, err := n.lock()
	if err != nil {
		return Place{}, err
	}
	defer n.memory.mu.Unlock()
	a := n.memory.attempts[e.Key]
	if e.Life == 0 {
		return a.joined(e, now)
	}
	if a != nil {
		_, same := a.exchanges[e.Exchange]
		switch {
		case a.open(now) && (a.led() || now < a.ends-moment(Grace)):
			a.enters(e.Exchange)
			a.ends = max(a.ends, now+e.Life+Grace)
			return n.place(a), nil
		case a.over && (now < a.joinable || same && now < a.repeated):
			a.enters(e.Exchange)
			return Place{Role: Over, ID: a.id, Answer: bytes.Clone(a.answer)}, nil
		}
	}
	p := Place{Role: Leads, ID: e.ID}
	if a != nil && a.over && now < a.renewed {
		p.Renews = a.id
	}
	if a != nil {
		a.changed() // who still waits for it learns that it is gone
	}
	n.memory.sweepAttempts(now)
	n.memory.attempts[e.Key] = &attempt{
		id: e.ID, leader: n, exchanges: map[Digest]struct{}{e.Exchange: {}}, ends: now + e.Life + Grace, wake: make(chan struct{}),
	}
	return p, nil
}

// joined has an exchange that waits at its node already join what is there.
func (a *attempt) joined(e Entry, now moment) (Place, error) {
	switch {
	case a == nil || a.id != e.ID || !a.open(now) && (!a.over || now >= a.repeated):
		return Place{}, ErrLost
	case a.over:
		a.enters(e.Exchange)
		return Place{Role: Over, ID: a.id, Answer: bytes.Clone(a.answer)}, nil
	}
	a.enters(e.Exchange)
	return Place{Role: Follows, ID: a.id}, nil
}

// place is the node's in an open attempt: it takes one over that nobody leads.
func (n *Member) place(a *attempt) Place {
	if !a.led() || a.leader == n {
		a.leader = n
		return Place{Role: Leads, ID: a.id, Taken: true}
	}
	a.followed = true
	return Place{Role: Follows, ID: a.id}
}

// led reports that a node that lives leads it.
func (a *attempt) led() bool { return a.leader != nil && !a.leader.dead }

// Await implements Attempts.
func (n *Member) Await(ctx context.Context, key Digest, id string) (Place, error) {
	var away time.Duration
	for {
		p, wake, err := n.look(key, id)
		switch {
		case err == nil && p.Role != Follows:
			return p, nil
		case err == nil:
			away = 0
		case !unreachable(err):
			return Place{}, err
		case away >= Patience:
			return Place{}, err
		default:
			away += Look
		}
		timer := time.NewTimer(Look)
		select {
		case <-wake:
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return Place{}, ctx.Err()
		}
		timer.Stop()
	}
}

// look is the node's place in an attempt that it follows, and what is closed when that changes.
func (n *Member) look(key Digest, id string) (Place, <-chan struct{}, error) {
	now, err := n.lock()
	if err != nil {
		return Place{}, nil, err
	}
	defer n.memory.mu.Unlock()
	a := n.memory.attempts[key]
	switch {
	case a == nil || a.id != id:
		return Place{}, nil, ErrLost
	case a.over:
		return Place{Role: Over, ID: a.id, Answer: bytes.Clone(a.answer)}, nil, nil
	case !a.open(now):
		return Place{}, nil, ErrLost
	}
	return n.place(a), a.wake, nil
}

// Leave implements Attempts.
func (n *Member) Leave(_ context.Context, key Digest, id string, to Leaving) error {
	now, err := n.lock()
	if err != nil {
		return err
	}
	defer n.memory.mu.Unlock()
	a := n.memory.led(key, id, n)
	if a == nil || !a.open(now) {
		return ErrLost
	}
	a.leader = nil
	a.changed()
	if to == ToFollowers && !a.followed {
		delete(n.memory.attempts, key)
	}
	return nil
}

// Conclude implements Attempts.
func (n *Member) Conclude(_ context.Context, key Digest, id string, e Conclusion) error {
	if err := e.Valid(); err != nil {
		return err
	}
	now, err := n.lock()
	if err != nil {
		return err
	}
	defer n.memory.mu.Unlock()
	a := n.memory.led(key, id, n)
	switch {
	case a != nil && a.over:
		return nil
	case a == nil || !a.open(now):
		return ErrLost
	}
	a.over, a.answer, a.told = true, bytes.Clone(e.Answer), now+Told
	a.joinable, a.repeated, a.renewed = now+e.Joinable, now+e.Repeated, now+e.Renewed
	a.changed()
	return nil
}

// led is an attempt that the node leads; nil where it leads it no more.
func (m *Memory) led(key Digest, id string, n *Member) *attempt {
	a := m.attempts[key]
	if a == nil || a.id != id || a.leader != n {
		return nil
	}
	return a
}

// sweepAttempts forgets those that nobody asks for any more.
func (m *Memory) sweepAttempts(now moment) {
	if len(m.attempts) < m.sweepAt {
		return
	}
	for key, a := range m.attempts {
		if !a.open(now) && now >= max(a.told, a.joinable, a.repeated, a.renewed) {
			delete(m.attempts, key)
		}
	}
	m.sweepAt = max(leastSweep, 2*len(m.attempts))
}
