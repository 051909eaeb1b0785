package window

import (
	"sync/atomic"

	"ivalt-radius/admin/health"
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

// Took notes settings that are in force.
func (s *Standing) Took(of *sources.Sources) {
	s.refused.Store(nil)
	s.sources.Store(of)
}
