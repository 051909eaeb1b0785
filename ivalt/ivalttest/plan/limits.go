package plan

import (
	"sort"
	"sync"
	"time"
)

// MaxLimit bounds the memory of a Plan.
const MaxLimit = 1 << 20

// Limits are a usage plan, over sliding windows; 0 is unlimited.
type Limits struct {
	PerSecond int `json:"per_second"`
	PerMinute int `json:"per_minute"`
	PerHour   int `json:"per_hour"`
}

// Documented are the limits that iVALT's own documents name.
func Documented() Limits { return Limits{PerSecond: 20, PerMinute: 100, PerHour: 1000} }

// Window is one of the lengths over which calls are counted.
type Window uint8

// The windows.
const (
	Second Window = iota
	Minute
	Hour
)

// Length is how long the window is.
func (w Window) Length() time.Duration {
	switch w {
	case Second:
		return time.Second
	case Minute:
		return time.Minute
	case Hour:
		return time.Hour
	}
	return 0
}

// Plan counts calls over sliding windows: it remembers when the last ones were taken, so a window is full exactly when the
// call that far back is younger than the window. Make it with New. Safe for concurrent use.
type Plan struct {
	limits Limits

	mu    sync.Mutex
	taken []time.Time // ring of as many as the largest limit
	count int         // calls ever taken
}

// Ruling is what a Plan says about one call.
type Ruling struct {
	Refused bool
	By      Window    // the limit that refused: each has its own body
	Again   time.Time // of a refused call: when one more fits

	Limit, Remaining int       // of the window that the headers speak of
	Reset            time.Time // when one more call fits into that
}

// New makes a plan. Limits above MaxLimit cost memory, those below zero are none.
func New(l Limits) *Plan {
	return &Plan{limits: l, taken: make([]time.Time, max(0, l.PerSecond, l.PerMinute, l.PerHour))}
}

// Unlimited reports whether Take never refuses; such a plan costs nothing.
func (p *Plan) Unlimited() bool { return len(p.taken) == 0 }

// Take counts a call at now, or refuses it; a refused call does not count. The ruling's headers speak of the preferred
// window where it has a limit, otherwise of the minute, the hour or the second. A refusal speaks of the limit that refused,
// unless the hour is preferred.
func (p *Plan) Take(now time.Time, preferred Window) Ruling {
	p.mu.Lock()
	defer p.mu.Unlock()
	shown := p.shown(preferred)
	for _, w := range []Window{Hour, Minute, Second} {
		if free, again := p.free(w, now); p.limit(w) > 0 && free == 0 {
			if preferred != Hour {
				shown = w
			}
			r := p.ruling(shown, now)
			r.Refused, r.By, r.Again = true, w, again
			return r
		}
	}
	p.taken[p.count%len(p.taken)] = now
	p.count++
	return p.ruling(shown, now)
}

func (p *Plan) ruling(shown Window, now time.Time) Ruling {
	free, reset := p.free(shown, now)
	return Ruling{Limit: p.limit(shown), Remaining: free, Reset: reset}
}

func (p *Plan) limit(w Window) int {
	switch w {
	case Second:
		return p.limits.PerSecond
	case Minute:
		return p.limits.PerMinute
	case Hour:
		return p.limits.PerHour
	}
	return 0
}

// shown is the window that the headers speak of.
func (p *Plan) shown(preferred Window) Window {
	for _, w := range []Window{preferred, Minute, Hour} {
		if p.limit(w) > 0 {
			return w
		}
	}
	return Second
}

// free is how many more calls fit into the window, and when its oldest one leaves it.
func (p *Plan) free(w Window, now time.Time) (int, time.Time) {
	limit, length := p.limit(w), w.Length()
	back := func(n int) time.Time { return p.taken[(p.count-1-n)%len(p.taken)] }
	used := sort.Search(min(limit, p.count), func(n int) bool { return now.Sub(back(n)) >= length })
	if used == 0 {
		return limit, now.Add(length)
	}
	return limit - used, back(used - 1).Add(length)
}
