package watch

import (
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"ivalt-radius/audit"
)

// How many events, and how many dropped packets, may wait for the watch: a tenth of a second and more of what it can look at.
const (
	mostEvents = 16384
	mostDrops  = 16384
)

// seen is an event that waits. The event itself is immutable and at most a few packets' attributes long: it is not copied.
type seen struct {
	at    time.Time
	event audit.Event
}

// dropped is a packet that waits.
type dropped struct {
	at            time.Time
	cause, client string
	from          netip.Addr
}

// inbox is a bounded queue of many writers and one reader, who takes all at once. Its writers wait for nobody but each other, while one
// writes a few words.
type inbox[T any] struct {
	most   int
	bell   chan<- struct{} // the inbox is no longer empty
	missed atomic.Uint64   // that did not fit

	mu      sync.Mutex
	waiting []T
	spare   []T // the room of what was taken before
}

// put takes one in, or counts it.
func (i *inbox[T]) put(item T) {
	i.mu.Lock()
	n := len(i.waiting)
	if n < i.most {
		i.waiting = append(i.waiting, item)
	}
	i.mu.Unlock()
	switch n {
	case 0:
		select {
		case i.bell <- struct{}{}:
		default:
		}
	case i.most:
		i.missed.Add(1)
	}
}

// take is all that waits. It is valid until the next take.
func (i *inbox[T]) take() []T {
	clear(i.spare) // nothing is kept that was looked at
	i.mu.Lock()
	defer i.mu.Unlock()
	taken := i.waiting
	i.waiting, i.spare = i.spare[:0], taken
	return taken
}
