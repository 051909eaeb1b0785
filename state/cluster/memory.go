package cluster

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"strconv"
	"sync"
	"time"
)

// Young is the age below which a memory knows nothing of phones that it has no word of: a push of an earlier life may still ring. A push lives
// 5 minutes at iVALT; the rest is margin.
const Young = 330 * time.Second

// Memory is what the nodes of one process share. NewMemory makes one, Join a node's part of it. All methods are safe for concurrent use.
type Memory struct {
	now   func() time.Time
	epoch time.Time // moments count from it

	mu       sync.Mutex
	born     moment
	fence    uint64
	salt     uint64 // of nonces, for this life
	phones   map[string]*phone
	attempts map[Digest]*attempt
	cut      bool // nobody can ask

	sweepAt, sweepPhonesAt int // the sizes at which what can be forgotten is looked for
}

// NewMemory makes an empty memory; now is its clock, nil means time.Now.
func NewMemory(now func() time.Time) *Memory {
	if now == nil {
		now = time.Now
	}
	return &Memory{
		now: now, epoch: now().Add(-beforeBirth), born: beforeBirth, salt: salt(),
		phones: map[string]*phone{}, attempts: map[Digest]*attempt{}, sweepAt: leastSweep, sweepPhonesAt: leastSweep,
	}
}

// moment is a time by the memory's clock, as what has passed since its epoch. The zero moment is long over.
type moment = time.Duration

// beforeBirth is how long a memory's epoch is before it was made: no clock is set back that far.
const beforeBirth = 10 * 365 * 24 * time.Hour

func salt() uint64 {
	var random [8]byte
	_, _ = rand.Read(random[:]) // never fails
	return binary.BigEndian.Uint64(random[:])
}

// nonce is that of the claim with a fence, in this life of the memory. The caller holds the lock.
func (m *Memory) nonce(fence uint64) []byte {
	return strconv.AppendUint(make([]byte, 0, 13), m.salt+fence, 36)
}

// leastSweep is the size below which nothing is looked for that can be forgotten.
const leastSweep = 1024

// Member is one node's part of a Memory. It implements Attempts and Phones.
type Member struct {
	memory *Memory
	name   string
	notice func(Notice)
	dead   bool // guarded by the memory's lock
}

// Join makes a node's part. notice is told what others do to its attempts, from a goroutine of its own; nil: nobody is.
func (m *Memory) Join(name string, notice func(Notice)) *Member {
	return &Member{memory: m, name: name, notice: notice}
}

// Die ends the node's lease for good, as a power cut would: what it led may be taken over.
func (n *Member) Die() {
	n.memory.mu.Lock()
	defer n.memory.mu.Unlock()
	n.dead = true
	for _, a := range n.memory.attempts {
		a.changed()
	}
}

// Cut says whether the memory is out of reach from now on.
func (m *Memory) Cut() { m.reach(true) }

// Mend ends a Cut.
func (m *Memory) Mend() { m.reach(false) }

func (m *Memory) reach(cut bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.cut = cut
}

// Empty forgets everything, as a memory that was restarted without its disk.
func (m *Memory) Empty() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.born, m.fence, m.salt = m.now().Sub(m.epoch), 0, salt()
	for _, a := range m.attempts {
		a.changed()
	}
	clear(m.phones)
	clear(m.attempts)
}

// lock begins an operation of the node.
func (n *Member) lock() (now moment, err error) {
	n.memory.mu.Lock()
	if n.memory.cut {
		n.memory.mu.Unlock()
		return now, ErrUnreachable
	}
	return n.memory.now().Sub(n.memory.epoch), nil
}

func unreachable(err error) bool { return errors.Is(err, ErrUnreachable) }

// tell hands a notice to the node that has an attempt.
func (m *Memory) tell(node *Member, t Notice) {
	if node.notice != nil {
		go node.notice(t)
	}
}
