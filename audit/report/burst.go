package report

import (
	"hash/maphash"
	"slices"
	"time"
)

// burst finds the most events within a window, up to one more than the highest threshold. The zero burst has seen none. Events come in
// the order of the trail; a clock that was set back only hides some.
type burst struct {
	times []int64 // milliseconds, the latest mostInBurst
	next  int
	peak  int
}

const mostInBurst = guessCritical + 1

// note counts one event.
func (b *burst) note(at time.Time, window time.Duration) {
	if len(b.times) < mostInBurst {
		b.times = append(b.times, at.UnixMilli())
	} else {
		b.times[b.next] = at.UnixMilli()
		b.next = (b.next + 1) % mostInBurst
	}
	b.peak = max(b.peak, b.in(at, window))
}

// in is how many events lie in the window that ends then.
func (b *burst) in(at time.Time, window time.Duration) int {
	n, now := 0, at.UnixMilli()
	for _, t := range b.times {
		if t <= now && now-t <= window.Milliseconds() {
			n++
		}
	}
	return n
}

// distinct counts different texts up to mostDistinct, by their digests. The zero distinct has seen none.
type distinct struct{ digests []uint64 }

func (d *distinct) add(seed maphash.Seed, text string) {
	if len(d.digests) >= mostDistinct {
		return
	}
	if digest := maphash.String(seed, text); !slices.Contains(d.digests, digest) {
		d.digests = append(d.digests, digest)
	}
}

func (d *distinct) count() int { return len(d.digests) }
