package plan

import (
	"sync"
	"time"
)

// MaxRemembered is how many calls Peaks remembers; a peak of the hour above it is told as this.
const MaxRemembered = 1 << 20

// Peaks counts the calls of the busiest second, minute and hour: of all windows that slide, not of a clock's hours. A call
// leaves a window exactly when it is as old as the window is long, as in a Plan. The zero Peaks has seen no call. Safe for
// concurrent use; a call costs constant time, but for the odd one at which the memory grows.
type Peaks struct {
	mu    sync.Mutex
	zero  time.Time       // of the first call
	last  time.Duration   // of the last call, from zero
	at    []time.Duration // ring of a power of two: the calls of the last hour, from zero
	count int             // calls ever seen
	from  [Hour + 1]int   // the first call, by its number, that is still inside each window
	most  [Hour + 1]int
}

// Count counts a call. The clock is read under the lock, so that the times are in order; one that goes back stands still.
func (p *Peaks) Count(now func() time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	t := now()
	if p.count == 0 {
		p.zero = t
	}
	p.last = max(p.last, t.Sub(p.zero))
	p.slide()
	p.makeRoom()
	p.at[p.count&(len(p.at)-1)] = p.last
	p.count++
	for w := range p.most {
		p.most[w] = max(p.most[w], p.count-p.from[w])
	}
}

// slide lets calls leave the windows that they are too old for.
func (p *Peaks) slide() {
	for w := range p.from {
		for p.from[w] < p.count && p.last-p.at[p.from[w]&(len(p.at)-1)] >= Window(w).Length() {
			p.from[w]++
		}
	}
}

// makeRoom finds a place for one more call: in a ring twice as long, or by forgetting the oldest.
func (p *Peaks) makeRoom() {
	oldest := p.from[Hour]
	switch {
	case p.count-oldest < len(p.at):
	case len(p.at) < MaxRemembered:
		longer := make([]time.Duration, max(64, 2*len(p.at)))
		for i := oldest; i < p.count; i++ {
			longer[i&(len(longer)-1)] = p.at[i&(len(p.at)-1)]
		}
		p.at = longer
	default:
		for w := range p.from {
			p.from[w] = max(p.from[w], oldest+1)
		}
	}
}

// Most is the count of the busiest window of that length so far.
func (p *Peaks) Most(w Window) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if int(w) >= len(p.most) {
		return 0
	}
	return p.most[w]
}

// Reset forgets everything.
func (p *Peaks) Reset() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.zero, p.last, p.at, p.count = time.Time{}, 0, nil, 0
	clear(p.from[:])
	clear(p.most[:])
}
