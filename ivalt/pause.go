package ivalt

import (
	"context"
	"time"
)

// holdLooks is how often it is looked whether the last call has its answer.
const holdLooks = 2 * time.Millisecond

// Hold lets no call leave from now on, and waits until those under way have their answers and the approvals among them are confirmed; no longer than
// ctx. It reports whether that is so. Close, and nothing else, follows: whoever goes on with the logins then asks for answers that nobody has read.
func (s *Service) Hold(ctx context.Context) bool {
	look := time.NewTicker(holdLooks)
	defer look.Stop()
	for !s.scheduler.hold() {
		select {
		case <-look.C:
		case <-ctx.Done():
			return false
		}
	}
	return true
}

// hold reports that no call is under way.
func (s *scheduler) hold() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held = true
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
