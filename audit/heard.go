package audit

import (
	"math"
	"sync"
	"time"
)

// Heard counts the datagrams that a NAS sent for one login: a retransmission that is dropped tells how long the NAS goes on asking.
// Whoever receives an exchange notes its datagrams; where the exchange joins another one's login, they count there. The zero Heard
// has heard nothing, and nil never hears anything. All methods are safe for concurrent use.
type Heard struct {
	mu      sync.Mutex
	first   time.Time
	joined  *Heard // whose login it is; nil: its own
	packets uint32
	last    uint32 // milliseconds from first to the last one; small, since every exchange that waits has one
}

// Note counts a datagram that was received at the time given.
func (h *Heard) Note(at time.Time) {
	for h != nil {
		h = h.note(at)
	}
}

// note counts where nobody else is to, and says who is otherwise.
func (h *Heard) note(at time.Time) *Heard {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.joined != nil:
		return h.joined
	case h.packets == 0:
		h.first = at
	default:
		h.heardAt(at)
	}
	h.packets++
	return nil
}

// heardAt takes the later of two last ones.
func (h *Heard) heardAt(at time.Time) {
	after := at.Sub(h.first).Milliseconds()
	h.last = max(h.last, uint32(min(max(0, after), math.MaxUint32)))
}

func (h *Heard) lastAt() time.Time { return h.first.Add(time.Duration(h.last) * time.Millisecond) }

// First is when the first datagram was received; zero: none was.
func (h *Heard) First() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.first
}

// Join has the login's Heard count what was heard so far and whatever will be. The login's own must have joined none.
func (h *Heard) Join(login *Heard) {
	if h == nil || login == nil || h == login {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.joined != nil {
		return
	}
	h.joined = login
	login.mu.Lock()
	defer login.mu.Unlock()
	switch {
	case h.packets == 0:
		return
	case login.packets == 0:
		login.first, login.last = h.first, h.last
	default:
		login.heardAt(h.lastAt())
	}
	login.packets += h.packets
}

// Joined reports that its datagrams are another login's: it is a copy.
func (h *Heard) Joined() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.joined != nil
}

// Since is how many datagrams were heard so far, and when the last one was, to the millisecond, counted from the login's first; 0 and 0 where nobody
// listened.
func (h *Heard) Since(first time.Time) (packets int, last time.Duration) {
	if h == nil {
		return 0, 0
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.packets == 0 {
		return 0, 0
	}
	return int(h.packets), max(0, h.lastAt().Sub(first))
}
