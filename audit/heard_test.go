package audit

import (
	"sync"
	"testing"
	"time"
)

func TestHeard(t *testing.T) {
	start := time.Unix(1_700_000_000, 0)
	at := func(seconds int) time.Time { return start.Add(time.Duration(seconds) * time.Second) }
	heard := func(seconds ...int) *Heard {
		h := &Heard{}
		for _, s := range seconds {
			h.Note(at(s))
		}
		return h
	}
	for name, c := range map[string]struct {
		of      func() *Heard
		first   time.Time
		packets int
		last    time.Duration
	}{
		"nobody listened":       {func() *Heard { var h *Heard; h.Note(at(1)); h.Join(heard(1)); return h }, at(0), 0, 0},
		"nothing yet":           {func() *Heard { return heard() }, at(0), 0, 0},
		"one":                   {func() *Heard { return heard(5) }, at(5), 1, 0},
		"retransmitted":         {func() *Heard { return heard(0, 5, 10) }, at(0), 3, 10 * time.Second},
		"out of order":          {func() *Heard { return heard(0, 10, 5) }, at(0), 3, 10 * time.Second},
		"a clock set back":      {func() *Heard { return heard(5, 1) }, at(5), 2, 0},
		"an earlier first":      {func() *Heard { return heard(5, 7) }, at(3), 2, 4 * time.Second},
		"a copy has joined":     {func() *Heard { h := heard(0, 2); heard(4, 6).Join(h); return h }, at(0), 4, 6 * time.Second},
		"an earlier one joined": {func() *Heard { h := heard(4); heard(1).Join(h); return h }, at(1), 2, 3 * time.Second},
		"heard after joining": {func() *Heard {
			h, copied := heard(0), heard(1)
			copied.Join(h)
			copied.Note(at(9))
			return h
		}, at(0), 3, 9 * time.Second},
		"joined twice":         {func() *Heard { h, c := heard(0), heard(1); c.Join(h); c.Join(h); h.Join(h); return h }, at(0), 2, time.Second},
		"joined by the first":  {func() *Heard { h := heard(); heard(1, 3).Join(h); return h }, at(1), 2, 2 * time.Second},
		"nothing to join with": {func() *Heard { h := heard(0); heard().Join(h); h.Join(nil); return h }, at(0), 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			packets, last := c.of().Since(c.first)
			if packets != c.packets || last != c.last {
				t.Errorf("%d packets, the last after %v; want %d, %v", packets, last, c.packets, c.last)
			}
		})
	}
}

// TestHeardLosesNone joins exchanges while their duplicates come.
func TestHeardLosesNone(t *testing.T) {
	var login Heard
	login.Note(time.Now())
	var all sync.WaitGroup
	const copies, each = 8, 100
	for range copies {
		var h Heard
		h.Note(time.Now())
		all.Go(func() {
			for range each {
				h.Note(time.Now())
			}
		})
		all.Go(func() { h.Join(&login) })
	}
	all.Wait()
	if packets, _ := login.Since(time.Now()); packets != 1+copies*(1+each) {
		t.Errorf("%d packets", packets)
	}
}
