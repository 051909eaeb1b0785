package ivalttest

import (
	"sort"
	"sync"
	"time"
)

// maxLimit bounds the memory of a usage plan.
const maxLimit = 1 << 20

// plan counts requests over sliding windows: it remembers when the last ones were taken, so a window is full exactly
// when the request that far back is younger than the window. Safe for concurrent use.
type plan struct {
	limits Limits

	mu    sync.Mutex
	taken []time.Time // ring of as many as the largest limit
	count int         // requests ever taken
}

// ruling is what the plan says about one request.
type ruling struct {
	refused   bool
	by        window
	remaining int       // in the tightest slow window
	limit     int       // of that window
	reset     time.Time // when one more request fits
}

// window names the limit that refused, since each has its own body.
type window uint8

const (
	second window = iota
	minute
	hour
)

func newPlan(l Limits) *plan {
	return &plan{limits: l, taken: make([]time.Time, max(l.PerSecond, l.PerMinute, l.PerHour))}
}

// unlimited reports whether take never refuses; such a plan costs nothing.
func (p *plan) unlimited() bool { return len(p.taken) == 0 }

// take counts a request at now, or refuses it. A refused request does not count.
func (p *plan) take(now time.Time) ruling {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, w := range []window{hour, minute, second} {
		limit, length := p.window(w)
		if free, reset := p.free(limit, length, now); limit > 0 && free == 0 {
			return ruling{refused: true, by: w, limit: limit, reset: reset}
		}
	}
	p.taken[p.count%len(p.taken)] = now
	p.count++
	shown := p.shown()
	limit, length := p.window(shown)
	free, reset := p.free(limit, length, now)
	return ruling{by: shown, remaining: free, limit: limit, reset: reset}
}

func (p *plan) window(w window) (limit int, length time.Duration) {
	switch w {
	case second:
		return p.limits.PerSecond, time.Second
	case minute:
		return p.limits.PerMinute, time.Minute
	case hour:
		return p.limits.PerHour, time.Hour
	}
	return 0, 0
}

// shown is the window that the headers speak of: the minute, where there is one.
func (p *plan) shown() window {
	switch {
	case p.limits.PerMinute > 0:
		return minute
	case p.limits.PerHour > 0:
		return hour
	}
	return second
}

// free is how many more requests fit into the window, and when its oldest one leaves it.
func (p *plan) free(limit int, length time.Duration, now time.Time) (int, time.Time) {
	back := func(n int) time.Time { return p.taken[(p.count-1-n)%len(p.taken)] }
	used := sort.Search(min(limit, p.count), func(n int) bool { return now.Sub(back(n)) >= length })
	if used == 0 {
		return limit, now.Add(length)
	}
	return limit - used, back(used - 1).Add(length)
}
