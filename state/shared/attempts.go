package shared

import (
	"context"
	"time"
)

// attempt is one login at all nodes. It is guarded by the memory's lock.
type attempt struct {
	id        string
	leader    *Member // nil: it was left
	exchanges map[Digest]struct{}
	ends      time.Time // nobody waits any more
	over      bool
	answer    []byte
	joinable  time.Time
	repeated  time.Time
	renewed   time.Time
	wake      chan struct{} // closed, and made anew, at each change
}

// grace is how long behind its life an attempt is remembered.
const grace = time.Minute

func (a *attempt) changed() {
	close(a.wake)
	a.wake = make(chan struct{})
}

// open reports that somebody may wait for it.
func (a *attempt) open(now time.Time) bool { return !a.over && now.Before(a.ends) }

// Enter implements Attempts.
func (n *Member) Enter(_ context.Context, e Entry) (Place, error) {
	now, err := n.lock()
	if err != nil {
		return Place{}, err
	}
	defer n.memory.mu.Unlock()
	a := n.memory.attempts[e.Key]
	if a != nil {
		_, same := a.exchanges[e.Exchange]
		switch {
		case a.open(now):
			a.exchanges[e.Exchange] = struct{}{}
			return n.place(a), nil
		case a.over && (now.Before(a.joinable) || same && now.Before(a.repeated)):
			a.exchanges[e.Exchange] = struct{}{}
			return Place{Role: Over, ID: a.id, Answer: a.answer}, nil
		}
	}
	p := Place{Role: Leads, ID: e.ID}
	if a != nil && a.over && now.Before(a.renewed) {
		p.Renews = a.id
	}
	n.memory.sweepAttempts(now)
	n.memory.attempts[e.Key] = &attempt{
		id: e.ID, leader: n, exchanges: map[Digest]struct{}{e.Exchange: {}}, ends: now.Add(e.Life + grace), wake: make(chan struct{}),
	}
	return p, nil
}

// place is the node's in an open attempt: it takes one over that nobody leads.
func (n *Member) place(a *attempt) Place {
	p := Place{Role: Follows, ID: a.id}
	if a.leader == nil || a.leader.dead || a.leader == n {
		p.Role, p.Taken = Leads, true
		a.leader = n
	}
	return p
}

// Await implements Attempts.
func (n *Member) Await(ctx context.Context, key Digest, id string) (Place, error) {
	for {
		now, err := n.lock()
		if err != nil {
			return Place{}, err
		}
		a := n.memory.attempts[key]
		if a == nil || a.id != id {
			n.memory.mu.Unlock()
			return Place{}, ErrLost
		}
		p, wake := Place{Role: Over, ID: a.id, Answer: a.answer}, a.wake
		if !a.over {
			p = n.place(a)
		}
		n.memory.mu.Unlock()
		if p.Role != Follows {
			return p, nil
		}
		timer := time.NewTimer(a.ends.Sub(now))
		select {
		case <-wake:
		case <-timer.C:
			return Place{}, ErrLost
		case <-ctx.Done():
			timer.Stop()
			return Place{}, ctx.Err()
		}
		timer.Stop()
	}
}

// Leave implements Attempts.
func (n *Member) Leave(_ context.Context, key Digest, id string) error {
	return n.lead(key, id, func(a *attempt, _ time.Time) { a.leader = nil })
}

// Conclude implements Attempts.
func (n *Member) Conclude(_ context.Context, key Digest, id string, e Conclusion) error {
	return n.lead(key, id, func(a *attempt, now time.Time) {
		a.over, a.answer = true, e.Answer
		a.joinable, a.repeated, a.renewed = now.Add(e.Joinable), now.Add(e.Repeated), now.Add(e.Renewed)
	})
}

// lead changes an attempt that the node leads.
func (n *Member) lead(key Digest, id string, change func(*attempt, time.Time)) error {
	now, err := n.lock()
	if err != nil {
		return err
	}
	defer n.memory.mu.Unlock()
	a := n.memory.attempts[key]
	if a == nil || a.id != id || a.leader != n || a.over {
		return ErrLost
	}
	change(a, now)
	a.changed()
	return nil
}

// sweepAttempts forgets those that nobody asks for any more.
func (m *Memory) sweepAttempts(now time.Time) {
	if len(m.attempts) < m.sweep {
		return
	}
	for key, a := range m.attempts {
		if !a.open(now) && !now.Before(a.joinable) && !now.Before(a.repeated) && !now.Before(a.renewed) {
			delete(m.attempts, key)
		}
	}
	m.sweep = max(leastSweep, 2*len(m.attempts))
}
