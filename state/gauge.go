package state

import "time"

// Gauge is implemented by an Allowance that can tell what is left without spending. What it tells may be gone at the next call. It is safe for
// concurrent use and does not block.
type Gauge interface{ Gauge() Room }

// Room is what is left of a budget, as whoever keeps it knows it now.
type Room struct {
	Second, Minute, Hour Window
	Held                 time.Time // no call leaves before it, since the API said "too many"; zero: none is held back
	Shared               bool      // of all nodes together, as of the last answer of the place where they count
	Alone                bool      // this node's part alone, since that place cannot be asked
}

// Window is one window of a Room. The zero Window is unlimited, or nothing is known of it.
type Window struct {
	Limit int // the part of the operator's limit, or of the API's own, that is used
	Left  int // calls that it has room for beside those made and the places reserved
}

// Gauge implements Gauge.
func (b *Budget) Gauge() Room {
	b.mu.Lock()
	defer b.mu.Unlock()
	t := b.tick()
	r := Room{Second: b.second.gauge(0), Minute: b.minute.gauge(b.reserved), Hour: b.hour.gauge(b.reserved)}
	if b.penalty > t {
		r.Held = b.start.Add(b.penalty)
	}
	return r
}

func (w *window) gauge(reserved int) Window {
	if w.limit == 0 {
		return Window{}
	}
	return Window{Limit: w.most(), Left: w.left(reserved)}
}

// Part is a window of a limit of which so much is used, 0 to 1; the zero Window where there is no limit.
func Part(limit int, used float64) Window {
	most := usable(limit)
	return Window{Limit: most, Left: most - min(most, max(0, int(float64(most)*used+0.5)))}
}
