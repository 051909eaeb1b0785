package clock

import (
	"slices"
	"time"
)

// Samples is how many answers a skew is drawn from.
const Samples = 9

// What an answer's time is worth.
const (
	slowSample   = 2 * time.Second  // an answer that took longer says too little
	NotableFrom  = 30 * time.Second // worth a warning: a clock that is this wrong spoils time windows too
	skewRepeated = time.Hour
)

// Skew is how far iVALT's clock is ahead of ours: the median of the last answers that told the time, so that no single odd one
// moves it. Not safe for concurrent use.
type Skew struct {
	samples [Samples]time.Duration
	count   int           // ever
	warned  time.Duration // when last; only where said
	said    bool
}

// Measure takes an answer's own time, which came back now and took so long. HTTP's Date has whole seconds alone, cut off: its middle is
// half a second later.
func (k *Skew) Measure(server, now time.Time, took time.Duration) {
	if server.IsZero() || took > slowSample {
		return
	}
	if server.Nanosecond() == 0 {
		server = server.Add(time.Second / 2)
	}
	// The wall clock of now counts, not that of the moment at which the call left: it may have been set since.
	k.samples[k.count%Samples] = server.Sub(now.Add(-took / 2))
	k.count++
}

// Ahead is the skew; 0 where too little is known.
func (k *Skew) Ahead() time.Duration {
	if k.count < Samples {
		return 0
	}
	sorted := k.samples
	slices.Sort(sorted[:])
	return sorted[Samples/2]
}

// Notable is Ahead where it is worth saying, and was not said within the hour before now, a reading of the monotonic clock.
func (k *Skew) Notable(now time.Duration) (ahead time.Duration, is bool) {
	ahead = k.Ahead()
	if ahead.Abs() < NotableFrom || (k.said && now-k.warned < skewRepeated) {
		return 0, false
	}
	k.said, k.warned = true, now
	return ahead, true
}
