package state

import (
	"math"
	"sync"
	"time"
)

// usablePercent is the share of each limit that is used: both sides count with clocks of their own, calls that left apart may
// arrive together, and calls of other tools under the same key count too.
const usablePercent = 97

// recheck is the wait where only somebody's Release can make room.
const recheck = time.Second

// Limits are the calls that an API allows in any second, any minute and any hour. Zero or less is unlimited.
type Limits struct{ PerSecond, PerMinute, PerHour int }

// Budget says when the next call may leave, so that no second, minute or hour holds more calls than the Limits allow. Its
// windows slide and are exact: a call counts for exactly the length of each window. Each is used to 97 % (rounded down, at
// least one call).
//
// Calls that must follow a first one are reserved together with it: a reserved place counts against the minute and the
// hour from Reserve on, against the second when TakeReserved spends it. So places taken and reserved never exceed minute
// and hour, and a reserved call waits only for the second and for a penalty.
//
// Memory is 8 bytes for each call of the last hour, and for each window that is limited. All methods are safe for
// concurrent use, and none blocks. It is the Allowance of one node.
type Budget struct {
	now   func() time.Time
	start time.Time

	mu       sync.Mutex
	second   window
	minute   window
	hour     window
	reserved int
	latest   time.Duration // the newest reading of the clock, which never runs back here
	penalty  time.Duration // no call leaves before it
}

// NewBudget makes a budget whose windows are empty. now is the clock; nil means time.Now.
func NewBudget(l Limits, now func() time.Time) *Budget {
	if now == nil {
		now = time.Now
	}
	b := &Budget{
		now:    now,
		start:  now(),
		second: window{length: time.Second},
		minute: window{length: time.Minute},
		hour:   window{length: time.Hour},
	}
	b.setLimits(l)
	return b
}

// SetLimits implements Plan. Reserved places stay good even where the new limits would have refused them. A window that was
// unlimited so far has counted nothing and starts empty.
func (b *Budget) SetLimits(l Limits) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.setLimits(l)
}

func (b *Budget) setLimits(l Limits) {
	b.second.setLimit(l.PerSecond)
	b.minute.setLimit(l.PerMinute)
	b.hour.setLimit(l.PerHour)
}

// Reserve implements Spender.
func (b *Budget) Reserve(n int) bool {
	if n <= 0 {
		return true
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	t := b.tick()
	if t < b.penalty || b.minute.left(b.reserved) < n || b.hour.left(b.reserved) < n {
		return false
	}
	b.reserved += n
	return true
}

// Release implements Spender. Giving back more than are reserved gives back all of them.
func (b *Budget) Release(n int) {
	if n <= 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.reserved = max(0, b.reserved-n)
}

// TakeReserved implements Spender: it waits for the second and for a penalty alone. Where nothing is reserved it does what Take
// does.
func (b *Budget) TakeReserved() (wait time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	t := b.tick()
	if b.reserved == 0 {
		return b.take(t)
	}
	if wait := max(b.penalty-t, b.second.wait(t, 0)); wait > 0 {
		return wait
	}
	b.reserved--
	b.count(t)
	return 0
}

// Take implements Spender.
func (b *Budget) Take() (wait time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.take(b.tick())
}

// Penalise implements Plan. The caller bounds what the API asks for.
func (b *Budget) Penalise(until time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.penalty = max(b.penalty, until.Sub(b.start))
}

// Left is how many unreserved calls each window has room for now, penalties aside; math.MaxInt where a window is
// unlimited. It is for metrics: what is left may be gone at the next call.
func (b *Budget) Left() (second, minute, hour int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tick()
	return b.second.left(0), b.minute.left(b.reserved), b.hour.left(b.reserved)
}

func (b *Budget) take(t time.Duration) time.Duration {
	wait := max(b.penalty-t, b.second.wait(t, 0), b.minute.wait(t, b.reserved), b.hour.wait(t, b.reserved))
	if wait > 0 {
		return wait
	}
	b.count(t)
	return 0
}

func (b *Budget) count(t time.Duration) {
	b.second.count(t)
	b.minute.count(t)
	b.hour.count(t)
}

// tick reads the clock and lets go of the calls that have left their windows.
func (b *Budget) tick() time.Duration {
	b.latest = max(b.latest, b.now().Sub(b.start))
	b.second.expire(b.latest)
	b.minute.expire(b.latest)
	b.hour.expire(b.latest)
	return b.latest
}

func usable(limit int) int {
	if limit <= 0 {
		return 0
	}
	// Whole hundreds and the rest apart, so that no limit overflows.
	return max(1, limit/100*usablePercent+limit%100*usablePercent/100)
}

// window is one sliding window: the times of the calls in it, oldest first, in calls[head:].
type window struct {
	length time.Duration
	asked  int // the operator's limit
	limit  int // the usable part of it; 0: unlimited, nothing is counted
	told   int // the limit that the API last named; 0: it named none lately
	calls  []time.Duration
	head   int

	toldUntil    time.Duration
	foreign      int // calls that the API alone counts
	foreignUntil time.Duration
}

// forget drops what the API said.
func (w *window) forget() { w.told, w.foreign = 0, 0 }

func (w *window) setLimit(limit int) {
	w.asked, w.limit = limit, usable(limit)
	w.forget()
	if w.limit == 0 {
		w.calls, w.head = nil, 0
	}
}

// most is what may be used: no more than the API itself allows, where it says so.
func (w *window) most() int {
	if w.told > 0 {
		return min(w.limit, usable(w.told))
	}
	return w.limit
}

// use is the part of the window that is gone.
func (w *window) use(reserved int) float64 {
	if w.limit == 0 {
		return 0
	}
	return min(1, float64(w.used()+reserved)/float64(w.most()))
}

// used are the calls in it, the API's own count of others' among them.
func (w *window) used() int { return len(w.calls) - w.head + w.foreign }

// left is the room beside the calls made and the reserved places.
func (w *window) left(reserved int) int {
	if w.limit == 0 {
		return math.MaxInt
	}
	return max(0, w.most()-w.used()-reserved)
}

// wait is how long until there is room for one more call beside the reserved places; 0 where there is room now.
func (w *window) wait(t time.Duration, reserved int) time.Duration {
	if w.left(reserved) > 0 {
		return 0
	}
	mustLeave := w.used() + reserved - w.most() + 1
	at := t + recheck
	if own := len(w.calls) - w.head; mustLeave <= own {
		at = w.calls[w.head+mustLeave-1] + w.length
	}
	if w.foreign > 0 {
		at = min(at, w.foreignUntil)
	}
	return at - t
}

func (w *window) count(t time.Duration) {
	if w.limit > 0 {
		w.calls = append(w.calls, t)
	}
}

// expire drops the calls that are as old as the window is long, and now and then gives their room back.
func (w *window) expire(t time.Duration) {
	if t >= w.foreignUntil {
		w.foreign = 0
	}
	if t >= w.toldUntil {
		w.told = 0
	}
	for w.head < len(w.calls) && t-w.calls[w.head] >= w.length {
		w.head++
	}
	if w.head > 64 && w.head > len(w.calls)/2 {
		w.calls = w.calls[:copy(w.calls, w.calls[w.head:])]
		w.head = 0
	}
}
