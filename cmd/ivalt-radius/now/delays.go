package now

import (
	"sync"
	"time"

	"ivalt-radius/ivalt/standing"
)

// Bounds of the approvals whose Accept has not left.
const (
	mostDelays = 4096
	delaysFor  = time.Minute // an Accept that has not left by then never will: its hours had ended, or the trail could not be written
)

// delays are approvals whose Accept is to leave. The zero delays have none.
type delays struct {
	mu    sync.Mutex
	open  map[string]standing.Approval // by attempt
	swept time.Time                    // when those were last forgotten that never left
}

// learned notes an approval. One of too many is left out.
func (d *delays) learned(a standing.Approval) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.open == nil {
		d.open = map[string]standing.Approval{}
	}
	if len(d.open) >= mostDelays && a.At.Sub(d.swept) > delaysFor {
		d.swept = a.At
		for attempt, other := range d.open {
			if a.At.Sub(other.At) > delaysFor {
				delete(d.open, attempt)
			}
		}
	}
	if len(d.open) < mostDelays {
		d.open[a.Attempt] = a
	}
}

// left is the approval behind an Accept that has left, once.
func (d *delays) left(attempt string) (standing.Approval, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	a, ok := d.open[attempt]
	delete(d.open, attempt)
	return a, ok
}
