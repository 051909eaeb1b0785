package now

import (
	"sort"
	"sync/atomic"
	"time"

	"ivalt-radius/admin/view"
)

// bounds are those of approval times, in milliseconds: from a phone in the hand to the longest life of a push.
func bounds() []int64 {
	return []int64{2000, 3000, 4000, 5000, 6000, 8000, 10_000, 12_000, 15_000, 20_000, 25_000, 30_000, 45_000, 60_000, 90_000, 120_000, 300_000}
}

// histogram counts what took how long. It is safe for concurrent use.
type histogram struct {
	bounds []int64
	counts []atomic.Uint64 // one more than bounds
	micros atomic.Int64    // the sum, in microseconds
}

func newHistogram() histogram {
	b := bounds()
	return histogram{bounds: b, counts: make([]atomic.Uint64, len(b)+1)}
}

func (h *histogram) add(took time.Duration) {
	ms := max(0, took).Milliseconds()
	h.counts[sort.Search(len(h.bounds), func(i int) bool { return ms <= h.bounds[i] })].Add(1)
	h.micros.Add(max(0, took).Microseconds())
}

func (h *histogram) shown() view.Histogram {
	out := view.Histogram{BoundsMS: h.bounds, Counts: make([]uint64, len(h.counts)), Sum: float64(h.micros.Load()) / 1000}
	for i := range h.counts {
		out.Counts[i] = h.counts[i].Load()
	}
	return out
}
