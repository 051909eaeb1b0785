package state

import (
	"math"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// clock is a time that tests set.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func newClock() *clock { return &clock{t: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// takeAll takes until the budget says wait.
func takeAll(b *Budget) (taken int, wait time.Duration) {
	for {
		if wait = b.Take(); wait != 0 {
			return taken, wait
		}
		taken++
	}
}

func left(b *Budget) [3]int {
	second, minute, hour := b.Left()
	return [3]int{second, minute, hour}
}

func TestBudgetLimits(t *testing.T) {
	for name, c := range map[string]struct {
		limits Limits
		left   [3]int
	}{
		"as documented":  {Limits{20, 100, 1000}, [3]int{20, 97, 970}},
		"rounded down":   {Limits{3, 50, 99}, [3]int{3, 48, 96}},
		"at least one":   {Limits{1, 1, 1}, [3]int{1, 1, 1}},
		"unlimited":      {Limits{}, [3]int{math.MaxInt, math.MaxInt, math.MaxInt}},
		"negative":       {Limits{-1, -1, -1}, [3]int{math.MaxInt, math.MaxInt, math.MaxInt}},
		"only the hour":  {Limits{PerHour: 200}, [3]int{math.MaxInt, math.MaxInt, 194}},
		"beyond numbers": {Limits{PerMinute: math.MaxInt}, [3]int{math.MaxInt, math.MaxInt/100*97 + 7*97/100, math.MaxInt}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := left(NewBudget(c.limits, newClock().now)); got != c.left {
				t.Errorf("%v, want %v", got, c.left)
			}
		})
	}
	if NewBudget(Limits{}, nil).Take() != 0 {
		t.Error("without a clock it has none")
	}
}

func TestBudgetWindowsSlide(t *testing.T) {
	for name, c := range map[string]struct {
		limits Limits
		first  int
		wait   time.Duration
	}{
		"second": {Limits{PerSecond: 5}, 5, time.Second},
		"minute": {Limits{PerMinute: 10}, 9, time.Minute},
		"hour":   {Limits{PerHour: 100}, 97, time.Hour},
		"all":    {Limits{5, 4, 3}, 2, time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			at := newClock()
			b := NewBudget(c.limits, at.now)
			if b.Take() != 0 {
				t.Fatal("the first call waits")
			}
			at.pass(c.wait / 4)
			taken, wait := takeAll(b)
			if taken+1 != c.first || wait != c.wait*3/4 {
				t.Fatalf("%d calls, then wait %v", taken+1, wait)
			}
			at.pass(wait - 1)
			if b.Take() != 1 {
				t.Error("a call leaves a nanosecond too early")
			}
			at.pass(1)
			if taken, wait := takeAll(b); taken != 1 || wait != c.wait/4 {
				t.Errorf("%d calls after the wait, then wait %v", taken, wait)
			}
		})
	}
}

func TestBudgetReservesAllOrNone(t *testing.T) {
	at := newClock()
	b := NewBudget(Limits{PerSecond: 2, PerMinute: 10}, at.now) // nine a minute
	if !b.Reserve(4) || !b.Reserve(4) || b.Reserve(2) || !b.Reserve(1) || b.Reserve(1) {
		t.Fatal("not nine places, all or none")
	}
	if !b.Reserve(0) || !b.Reserve(-1) {
		t.Error("nothing does not fit")
	}
	if wait := b.Take(); wait != recheck {
		t.Errorf("a call takes a reserved place, or waits %v", wait)
	}
	for range 2 {
		if b.TakeReserved() != 0 {
			t.Error("a reserved call waits")
		}
	}
	if wait := b.TakeReserved(); wait != time.Second {
		t.Errorf("the third in a second waits %v", wait)
	}
	b.Release(3)
	if got := left(b); got != [3]int{0, 3, math.MaxInt} {
		t.Errorf("%v left", got)
	}
	b.Release(100)
	b.Release(-1)
	at.pass(time.Second)
	if got := left(b); got != [3]int{2, 7, math.MaxInt} {
		t.Errorf("%v left after all were given back", got)
	}
	if b.TakeReserved() != 0 || left(b)[1] != 6 {
		t.Error("without a reservation it is no Take")
	}
}

// TestBudgetReservedPlacesOutliveTheMinute: a place that was reserved is there, however late it is used.
func TestBudgetReservedPlacesOutliveTheMinute(t *testing.T) {
	at := newClock()
	b := NewBudget(Limits{PerMinute: 5}, at.now) // four a minute
	if !b.Reserve(2) {
		t.Fatal("no room")
	}
	for range 3 {
		at.pass(40 * time.Second)
		_, _ = takeAll(b)
	}
	if b.TakeReserved() != 0 || b.TakeReserved() != 0 {
		t.Error("a reserved call waits")
	}
	if wait := b.TakeReserved(); wait == 0 {
		t.Error("more calls than were reserved")
	}
}

func TestBudgetPenalty(t *testing.T) {
	at := newClock()
	b := NewBudget(Limits{}, at.now)
	if !b.Reserve(1) {
		t.Fatal("no room")
	}
	b.Penalise(at.now().Add(10 * time.Second))
	b.Penalise(at.now().Add(5 * time.Second))
	b.Penalise(at.now().Add(-time.Hour))
	if b.Take() != 10*time.Second || b.TakeReserved() != 10*time.Second || b.Reserve(1) {
		t.Error("a call leaves during the penalty")
	}
	at.pass(10 * time.Second)
	if b.Take() != 0 || b.TakeReserved() != 0 || !b.Reserve(1) {
		t.Error("the penalty does not end")
	}
}

func TestBudgetNewLimits(t *testing.T) {
	at := newClock()
	b := NewBudget(Limits{PerMinute: 100, PerHour: 100}, at.now)
	for range 50 {
		b.Take()
	}
	if !b.Reserve(20) {
		t.Fatal("no room")
	}
	b.SetLimits(Limits{PerMinute: 20, PerHour: 1000})
	if got := left(b); got != [3]int{math.MaxInt, 0, 900} {
		t.Errorf("%v left", got)
	}
	if b.Take() == 0 || b.Reserve(1) || b.TakeReserved() != 0 {
		t.Error("lower limits stop what was reserved, or let more through")
	}
	b.SetLimits(Limits{})
	b.SetLimits(Limits{PerMinute: 100})
	if got := left(b)[1]; got != 97-19 {
		t.Errorf("%d left in a window that was unlimited", got)
	}
}

func TestBudgetClockSetBack(t *testing.T) {
	at := newClock()
	b := NewBudget(Limits{PerSecond: 1}, at.now)
	b.Take()
	at.pass(-time.Hour)
	if wait := b.Take(); wait != time.Second {
		t.Errorf("waits %v", wait)
	}
}

// TestBudgetNeverExceedsAnyWindow plays whatever calls against a model that knows each of them.
func TestBudgetNeverExceedsAnyWindow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limits := Limits{
			rapid.IntRange(0, 4).Draw(t, "second"), rapid.IntRange(0, 12).Draw(t, "minute"), rapid.IntRange(0, 60).Draw(t, "hour"),
		}
		at, reserved := newClock(), 0
		b := NewBudget(limits, at.now)
		var calls []time.Time
		within := func(length time.Duration) int {
			first, _ := slices.BinarySearchFunc(calls, at.now().Add(-length+1), time.Time.Compare)
			return len(calls) - first
		}
		room := func(limit int, length time.Duration) int {
			if limit == 0 {
				return math.MaxInt
			}
			return max(1, limit*97/100) - within(length) - reserved
		}
		for range rapid.IntRange(1, 200).Draw(t, "steps") {
			second := limits.PerSecond == 0 || within(time.Second) < limits.PerSecond
			fits := min(room(limits.PerMinute, time.Minute), room(limits.PerHour, time.Hour))
			switch rapid.IntRange(0, 4).Draw(t, "do") {
			case 0:
				at.pass(time.Duration(rapid.IntRange(0, 120_000).Draw(t, "pass")) * time.Millisecond)
			case 1:
				n := rapid.IntRange(1, 4).Draw(t, "reserve")
				if ok := b.Reserve(n); ok != (n <= fits) {
					t.Fatalf("Reserve(%d) with room for %d: %v", n, fits, ok)
				} else if ok {
					reserved += n
				}
			case 2:
				n := min(reserved, rapid.IntRange(0, 3).Draw(t, "release"))
				b.Release(n)
				reserved -= n
			case 3:
				wait := b.Take()
				if (wait == 0) != (second && fits > 0) {
					t.Fatalf("Take says %v, room for %d, second %v", wait, fits, second)
				}
				if wait == 0 {
					calls = append(calls, at.now())
				}
			case 4:
				if reserved == 0 {
					continue
				}
				wait := b.TakeReserved()
				if (wait == 0) != second {
					t.Fatalf("TakeReserved says %v, second %v", wait, second)
				}
				if wait == 0 {
					calls = append(calls, at.now())
					reserved--
				}
			}
		}
	})
}

func TestBudgetFromManySides(t *testing.T) {
	b := NewBudget(Limits{PerMinute: 1000}, newClock().now)
	var all sync.WaitGroup
	var mu sync.Mutex
	total := 0
	for range 8 {
		all.Go(func() {
			mine := 0
			for range 200 {
				if b.Take() == 0 {
					mine++
				}
				if b.Reserve(2) {
					if b.TakeReserved() == 0 {
						mine++
					}
					b.Release(1)
				}
			}
			mu.Lock()
			total += mine
			mu.Unlock()
		})
	}
	all.Wait()
	if total > 970 || total+left(b)[1] != 970 {
		t.Errorf("%d calls of 970, %d left", total, left(b)[1])
	}
}

func TestBudgetMemoryIsBounded(t *testing.T) {
	at := newClock()
	b := NewBudget(Limits{PerSecond: 100}, at.now)
	for range 100_000 {
		b.Take()
		at.pass(10 * time.Millisecond)
	}
	if n := cap(b.second.calls); n > 1000 {
		t.Errorf("room for %d calls in a window of 100", n)
	}
}

func BenchmarkBudgetTake(b *testing.B) {
	budget := NewBudget(Limits{PerSecond: 1 << 40, PerMinute: 1 << 40}, nil)
	b.ReportAllocs()
	for b.Loop() {
		budget.Take()
	}
}
