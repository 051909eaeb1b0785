package ivalt

import (
	"ivalt-radius/auth"
	"ivalt-radius/ivalt/standing"
	"ivalt-radius/state"
)

// Standing is how each of some pushes stands now, which this Service began or somebody else did. Its cost is theirs, however many wait.
func (s *Service) Standing(pushes []auth.Asked) []standing.Push {
	out := make([]standing.Push, len(pushes))
	s.scheduler.mu.Lock()
	defer s.scheduler.mu.Unlock()
	for i, p := range pushes {
		if a, ours := p.(asked); ours && a.scheduler == s.scheduler {
			out[i] = standing.Of(&a.login.course, a.login.over || a.login.approved, a.login.place[ready] >= 0)
		}
	}
	return out
}

// Room is what is left of the API budget; the zero Room where that cannot be told.
func (s *Service) Room() (r state.Room) {
	s.scheduler.mu.Lock()
	budget := s.scheduler.budget
	s.scheduler.mu.Unlock()
	if g, ok := budget.(state.Gauge); ok {
		r = g.Gauge()
	}
	return r
}

// Outages are the endpoints that are closed off now.
func (s *Service) Outages() []standing.Shut {
	s.scheduler.mu.Lock()
	defer s.scheduler.mu.Unlock()
	return standing.Outages(s.scheduler.breaker, &s.scheduler.why)
}
