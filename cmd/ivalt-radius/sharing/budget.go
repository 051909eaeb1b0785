package sharing

import (
	"sync"
	"time"

	"ivalt-radius/state"
)

// divided is the budget of all nodes, and this node's part of it while it is alone. Places that were reserved in one are given back there. What
// this node spends of the one for all nodes counts against its part as well, so that no turn makes it new.
type divided struct {
	all   state.Allowance
	own   *state.Budget
	parts int
	alone func() bool

	mu     sync.Mutex
	places int // reserved in own
}

func newDivided(all state.Allowance, l state.Limits, parts int, now func() time.Time, alone func() bool) *divided {
	return &divided{all: all, own: state.NewBudget(l.Divided(parts), now), parts: parts, alone: alone}
}

// Reserve implements state.Spender.
func (d *divided) Reserve(n int) bool {
	if !d.alone() {
		return d.all.Reserve(n)
	}
	if !d.own.Reserve(n) {
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.places += max(0, n)
	return true
}

// Release implements state.Spender.
func (d *divided) Release(n int) {
	d.mu.Lock()
	own := min(max(0, n), d.places)
	d.places -= own
	d.mu.Unlock()
	d.own.Release(own)
	d.all.Release(n - own)
}

// TakeReserved implements state.Spender. A place that was reserved among all nodes, and is needed while this one is alone, is given back and paid
// for here.
func (d *divided) TakeReserved() time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.places > 0 {
		wait := d.own.TakeReserved()
		if wait == 0 {
			d.places--
		}
		return wait
	}
	if !d.alone() {
		return d.counted(d.all.TakeReserved())
	}
	wait := d.own.Take()
	if wait == 0 {
		d.all.Release(1)
	}
	return wait
}

// Take implements state.Spender.
func (d *divided) Take() time.Duration {
	if d.alone() {
		return d.own.Take()
	}
	return d.counted(d.all.Take())
}

// counted notes a call that left.
func (d *divided) counted(wait time.Duration) time.Duration {
	if wait == 0 {
		d.own.Take() // where there is no room the part is used up
	}
	return wait
}

// Reachable implements state.Reachable. While the node is alone its own part is all there is.
func (d *divided) Reachable() bool {
	r, ok := d.all.(state.Reachable)
	return d.alone() || !ok || r.Reachable()
}

// SetLimits implements state.Plan.
func (d *divided) SetLimits(l state.Limits) {
	d.all.SetLimits(l)
	d.own.SetLimits(l.Divided(d.parts))
}

// Penalise implements state.Plan.
func (d *divided) Penalise(until time.Time) {
	d.all.Penalise(until)
	d.own.Penalise(until)
}

// Heed implements state.Plan.
func (d *divided) Heed(n state.Notice) {
	d.all.Heed(n)
	d.own.Heed(n)
}

// Close ends the budget of all nodes, where that has an end: places that this node holds there are free again.
func (d *divided) Close() {
	if all, ok := d.all.(interface{ Close() }); ok {
		all.Close()
	}
}

// Use implements state.Plan.
func (d *divided) Use() state.Use {
	if d.alone() {
		return d.own.Use()
	}
	return d.all.Use()
}

// Gauge implements state.Gauge.
func (d *divided) Gauge() (r state.Room) {
	all, ok := d.all.(state.Gauge)
	switch {
	case d.alone():
		r = d.own.Gauge()
		r.Shared, r.Alone = true, true
	case ok:
		r = all.Gauge()
	}
	return r
}
