package accounting

import (
	"crypto/sha256"
	"sync"
	"time"

	"ivalt-radius/audit"
)

// mostHappenings is how many are remembered; the oldest goes first.
const mostHappenings = 65536

const nameSize = 16

// Name is a digest of what keyOf says of a happening.
type Name [nameSize]byte

// NameOf names a happening.
func NameOf(a audit.Accounting) Name {
	sum := sha256.Sum256([]byte(keyOf(a)))
	return Name(sum[:nameSize])
}

// Happening is what is known of something that a NAS told.
type Happening uint8

// What is known.
const (
	Fresh    Happening = iota
	Opened             // its record is being written
	Recorded           // its record is durable
)

// Happenings are what was told within a while, whatever identifier it was told under. It is safe for concurrent use. Remember makes one.
type Happenings struct {
	now    func() time.Time
	within time.Duration

	mu    sync.Mutex
	state map[Name]Happening
	order []told // recorded, oldest first
}

type told struct {
	name Name
	at   time.Time
}

// Remember makes Happenings that remember what is recorded for so long.
func Remember(within time.Duration, now func() time.Time) *Happenings {
	return &Happenings{now: now, within: within, state: map[Name]Happening{}}
}

// Begin says what is known of a happening; a new one is open from now on, until End.
func (h *Happenings) Begin(name Name) Happening {
	h.mu.Lock()
	defer h.mu.Unlock()
	limit := h.now().Add(-h.within)
	for len(h.order) > 0 && (h.order[0].at.Before(limit) || len(h.order) > mostHappenings) {
		delete(h.state, h.order[0].name)
		h.order = h.order[1:]
	}
	known := h.state[name]
	if known == Fresh {
		h.state[name] = Opened
	}
	return known
}

// End closes what Begin opened.
func (h *Happenings) End(name Name, durable bool) { //nolint:revive // two outcomes, not a mode
	h.mu.Lock()
	defer h.mu.Unlock()
	if !durable {
		delete(h.state, name)
		return
	}
	h.state[name] = Recorded
	h.order = append(h.order, told{name: name, at: h.now()})
}
