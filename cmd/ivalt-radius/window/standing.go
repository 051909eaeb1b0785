package window

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"ivalt-radius/admin/health"
	"ivalt-radius/audit"
	"ivalt-radius/cmd/ivalt-radius/count"
	"ivalt-radius/cmd/ivalt-radius/sources"
)

// Standing is what the server learns of itself while it runs, for the checks of readiness. The zero Standing has learned nothing. Its methods
// are safe for concurrent use.
type Standing struct {
	// Records is the heartbeat of the trail's writer.
	Records health.Pulse

	durable  atomic.Uint64 // the trail's last record that is on disk, as last seen
	draining atomic.Bool
	refused  atomic.Pointer[string] // why the last reload was; nil: it was taken, or there was none
	sources  atomic.Pointer[sources.Sources]

	mu   sync.Mutex
	shut map[string]string // endpoints of iVALT that are not asked, with the reason
}

// Heed takes an event: whether iVALT can be asked is told by what is said of it.
func (s *Standing) Heed(e audit.Event) {
	said, ok := e.(audit.System)
	if !ok || !strings.HasPrefix(said.Event, "ivalt_") {
		return
	}
	endpoint, why, _ := strings.Cut(said.Detail, " endpoint")
	if said.Event == "ivalt_misconfigured" {
		endpoint, why = endpoint[strings.LastIndex(endpoint, " ")+1:], "iVALT refuses the API key or the path"
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch said.Event {
	case "ivalt_unavailable", "ivalt_misconfigured":
		if s.shut == nil {
			s.shut = map[string]string{}
		}
		s.shut[endpoint] = strings.TrimPrefix(why, ": ")
	case "ivalt_available":
		delete(s.shut, endpoint)
	}
}

// Shut are the endpoints of iVALT that are not asked since they fail, with the reason; empty: all are.
func (s *Standing) Shut() map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.shut)
}

// wrote notes the last record that is on disk. A login that gave up waiting leaves its record in the queue: where the writer goes on, that one is
// written.
func (s *Standing) wrote(seq uint64) {
	if s.durable.Swap(seq) != seq {
		s.Records.Answered()
	}
}

// Drain notes that the server stops.
func (s *Standing) Drain() { s.draining.Store(true) }

// Draining reports that it does.
func (s *Standing) Draining() bool { return s.draining.Load() }

// Refused notes that a reload was refused for so many faults.
func (s *Standing) Refused(faults int) {
	why := "the last reload was refused (" + count.Of(faults, "fault") + "): the settings before are in force; see ivalt-radius check"
	s.refused.Store(&why)
}

// Took notes settings that are in force: a new way to iVALT has not failed yet.
func (s *Standing) Took(of *sources.Sources) {
	s.refused.Store(nil)
	s.sources.Store(of)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shut = nil
}

// shutOnes are the endpoints in words, in order.
func (s *Standing) shutOnes() string {
	shut := s.Shut()
	var out []string
	for _, endpoint := range slices.Sorted(maps.Keys(shut)) {
		out = append(out, strings.TrimSuffix(endpoint+": "+shut[endpoint], ": "))
	}
	return strings.Join(out, "; ")
}
