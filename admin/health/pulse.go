package health

import (
	"sync/atomic"
	"time"
)

// Pulse is the heartbeat of somebody who answers: it hangs where what was begun is not answered for long, though others wait or not. The zero
// Pulse has nothing to do. Its methods are safe for concurrent use, and cost a few nanoseconds beside the clock.
type Pulse struct{ since atomic.Int64 }

// Begin notes that an answer is waited for.
func (p *Pulse) Begin(now time.Time) {
	if p.since.Load() == 0 {
		p.since.CompareAndSwap(0, now.UnixNano())
	}
}

// Answered notes that one came, good or bad.
func (p *Pulse) Answered() { p.since.Store(0) }

// Waits is for how long no answer has come; 0: none is waited for.
func (p *Pulse) Waits(now time.Time) time.Duration {
	since := p.since.Load()
	if since == 0 {
		return 0
	}
	return max(0, now.Sub(time.Unix(0, since)))
}
