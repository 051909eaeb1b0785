package ivalt

import (
	"context"
	"time"
)

// pauseLooks is how often it is looked whether the last call has its answer.
const pauseLooks = 2 * time.Millisecond

// Pause lets no call leave from now on, and waits until those under way have their answers and the approvals among them are confirmed; no longer than
// ctx. It reports whether that is so. Close, and nothing else, follows: whoever goes on with the logins then asks for answers that nobody has read.
func (s *Service) Pause(ctx context.Context) bool {
	look := time.NewTicker(pauseLooks)
	defer look.Stop()
	for !s.scheduler.pause() {
		select {
		case <-look.C:
		case <-ctx.Done():
			return false
		}
	}
	return true
}

// pause reports that no call is under way.
func (s *scheduler) pause() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.paused = true
	if s.running > s.idle {
		return false
	}
	for l := range s.open {
		if l.approved {
			return false
		}
	}
	return true
}
