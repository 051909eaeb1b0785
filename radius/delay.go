package radius

import (
	"sync"
	"time"
)

// mostDelayed is how many Rejects may be held back at once; more leave at once.
const mostDelayed = 65536

// delayed are the Rejects that are held back: nothing but their octets and a timer each.
type delayed struct {
	mu      sync.Mutex
	held    map[*exchange]rejection
	frozen  bool // nothing leaves any more: another process sends it
	flushed bool // nothing is held back any more
}

type rejection struct {
	octets []byte
	due    time.Time
	timer  *time.Timer // nil: frozen
}

func newDelayed() *delayed { return &delayed{held: map[*exchange]rejection{}} }

// hold sends the octets after wait; it reports false where they must leave at once. Until they leave the exchange is in
// flight.
func (s *Server) hold(x *exchange, octets []byte, wait time.Duration) bool {
	s.delayed.mu.Lock()
	defer s.delayed.mu.Unlock()
	if s.delayed.flushed {
		return false
	}
	if len(s.delayed.held) >= mostDelayed {
		s.drops.count(delayFull)
		return false
	}
	if s.delayed.frozen {
		s.delayed.held[x] = rejection{octets: octets, due: s.now().Add(wait)}
		return true
	}
	s.running.Add(1)
	s.delayed.held[x] = rejection{octets: octets, due: s.now().Add(wait), timer: time.AfterFunc(wait, func() { s.release(x) })}
	return true
}

// release sends a Reject whose time has come, unless flush was faster.
func (s *Server) release(x *exchange) {
	s.delayed.mu.Lock()
	r, ok := s.delayed.held[x]
	delete(s.delayed.held, x)
	s.delayed.mu.Unlock()
	if ok {
		defer s.running.Done()
		s.reply(x, r.octets)
	}
}

// flush sends what is held back, and lets nothing be held back from now on.
func (s *Server) flush() {
	s.delayed.mu.Lock()
	s.delayed.flushed = true
	var waiting []*exchange
	for x, r := range s.delayed.held {
		if r.timer == nil || s.delayed.frozen {
			continue // another process sends it
		}
		r.timer.Stop()
		waiting = append(waiting, x)
	}
	s.delayed.mu.Unlock()
	for _, x := range waiting {
		s.release(x)
	}
}
