package report

import (
	"math"
	"time"
)

// histogram counts durations in steps. Step i holds what is longer than i steps, and no longer than i+1.
type histogram struct {
	step   time.Duration
	counts []uint32 // grows as needed, to most at the most
	most   int      // steps
	total  int
}

// approvals take up to answer_within, which is ten minutes at most.
func newApprovalTimes() *histogram { return &histogram{step: 100 * time.Millisecond, most: 6000} }

func newAPITimes() *histogram { return &histogram{step: 10 * time.Millisecond, most: 6000} }

func (h *histogram) add(d time.Duration) {
	i := min(max(0, int((d-1)/h.step)), h.most-1)
	if i >= len(h.counts) {
		h.counts = append(h.counts, make([]uint32, min(h.most, i+i/2+1)-len(h.counts))...)
	}
	h.counts[i]++
	h.total++
}

// percentile is the upper end of the step that holds the share; 0 where there is nothing.
func (h *histogram) percentile(share float64) time.Duration {
	rank, seen := max(1, int(math.Ceil(share*float64(h.total)))), 0
	for i, n := range h.counts {
		if seen += int(n); seen >= rank {
			return time.Duration(i+1) * h.step
		}
	}
	return 0
}

// within is how many took no longer; exact where d is a multiple of the step.
func (h *histogram) within(d time.Duration) int {
	n := 0
	for _, c := range h.counts[:min(len(h.counts), int(d/h.step))] {
		n += int(c)
	}
	return n
}

func (h *histogram) share(d time.Duration) float64 { return part(h.within(d), h.total) }

// part is a share of 1; 0 of nothing.
func part(n, of int) float64 {
	if of == 0 {
		return 0
	}
	return float64(n) / float64(of)
}

// times sums up. A curve has curvePoints points, the last where all is done.
func (h *histogram) times(seconds ...int) Times {
	const curvePoints = 60
	t := Times{
		Count: h.total, StepMS: h.step.Milliseconds(), MostMS: (time.Duration(h.most) * h.step).Milliseconds(),
		P50: h.percentile(0.50).Milliseconds(), P90: h.percentile(0.90).Milliseconds(), P95: h.percentile(0.95).Milliseconds(),
		Within: make([]Within, 0, len(seconds)), Curve: []Point{},
	}
	for _, s := range seconds {
		d := time.Duration(s) * time.Second
		t.Within = append(t.Within, Within{Seconds: s, Count: h.within(d), Share: h.share(d)})
	}
	if h.total == 0 {
		return t
	}
	end := h.percentile(1)
	stride := max(h.step, (end/curvePoints).Truncate(h.step)+h.step)
	for at := time.Duration(0); ; at += stride {
		t.Curve = append(t.Curve, Point{MS: at.Milliseconds(), Share: h.share(at)})
		if at >= end {
			return t
		}
	}
}
