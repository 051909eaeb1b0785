package ivalt

import (
	"slices"
	"time"

	"github.com/sirupsen/logrus"

	"ivalt-radius/audit"
)

const (
	skewSamples  = 9
	slowSample   = 2 * time.Second  // an answer that took longer says too little
	notableSkew  = 30 * time.Second // worth a warning: a clock that is this wrong spoils time windows too
	skewRepeated = time.Hour
)

// skew is how far iVALT's clock is ahead of ours: the median of the last answers that told the time, so that no single odd one
// moves it. Not safe for concurrent use.
type skew struct {
	samples [skewSamples]time.Duration
	count   int     // ever
	warned  instant // when last; only where said
	said    bool
}

// measure takes an answer's own time, which came back now and took so long. HTTP's Date has whole seconds alone, cut off: its middle is
// half a second later.
func (k *skew) measure(server, now time.Time, took time.Duration) {
	if server.IsZero() || took > slowSample {
		return
	}
	if server.Nanosecond() == 0 {
		server = server.Add(time.Second / 2)
	}
	// The wall clock of now counts, not that of the moment at which the call left: it may have been set since.
	k.samples[k.count%skewSamples] = server.Sub(now.Add(-took / 2))
	k.count++
}

// ahead is the skew; 0 where too little is known.
func (k *skew) ahead() time.Duration {
	if k.count < skewSamples {
		return 0
	}
	sorted := k.samples
	slices.Sort(sorted[:])
	return sorted[skewSamples/2]
}

// clocks notes the time that an answer tells, and says so where the clocks differ.
func (s *scheduler) clocks(server time.Time, took time.Duration) {
	k, now := &s.skew, s.now()
	k.measure(server, time.Now(), took)
	ahead := k.ahead()
	if ahead.Abs() < notableSkew || (k.said && now-k.warned < skewRepeated) {
		return
	}
	k.said, k.warned = true, now
	s.said = append(s.said, func() {
		s.voice.log.WithFields(logrus.Fields{"event": "clock_skew", "ahead_s": int64(ahead / time.Second)}).
			Warn("iVALT's clock and this machine's differ: check this machine's time service")
		s.voice.recorder.Note(audit.System{Event: "clock_skew", Detail: "iVALT's clock less this machine's: " + ahead.Round(time.Second).String()})
	})
}
