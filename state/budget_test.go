package state

import (
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ivalt-radius/state/statetest"
)

// newClock stands at an hour of its own.
func newClock() *statetest.Clock {
	return statetest.NewClock(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC))
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
		"as documented":  {Limits{20, 100, 1000}, [3]int{19, 97, 970}},
		"rounded down":   {Limits{3, 50, 99}, [3]int{2, 48, 96}},
		"at least one":   {Limits{1, 1, 1}, [3]int{1, 1, 1}},
		"unlimited":      {Limits{}, [3]int{math.MaxInt, math.MaxInt, math.MaxInt}},
		"negative":       {Limits{-1, -1, -1}, [3]int{math.MaxInt, math.MaxInt, math.MaxInt}},
		"only the hour":  {Limits{PerHour: 200}, [3]int{math.MaxInt, math.MaxInt, 194}},
		"beyond numbers": {Limits{PerMinute: math.MaxInt}, [3]int{math.MaxInt, math.MaxInt/100*97 + 7*97/100, math.MaxInt}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := left(NewBudget(c.limits, newClock().Now)); got != c.left {
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
		"second": {Limits{PerSecond: 5}, 4, time.Second},
		"minute": {Limits{PerMinute: 10}, 9, time.Minute},
		"hour":   {Limits{PerHour: 100}, 97, time.Hour},
		"all":    {Limits{5, 4, 3}, 2, time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			at := newClock()
			b := NewBudget(c.limits, at.Now)
			if b.Take() != 0 {
				t.Fatal("the first call waits")
			}
			at.Pass(c.wait / 4)
			taken, wait := takeAll(b)
			if taken+1 != c.first || wait != c.wait*3/4 {
				t.Fatalf("%d calls, then wait %v", taken+1, wait)
			}
			at.Pass(wait - 1)
			if b.Take() != 1 {
				t.Error("a call leaves a nanosecond too early")
			}
			at.Pass(1)
			if taken, wait := takeAll(b); taken != 1 || wait != c.wait/4 {
				t.Errorf("%d calls after the wait, then wait %v", taken, wait)
			}
		})
	}
}

func TestBudgetReservesAllOrNone(t *testing.T) {
	at := newClock()
	b := NewBudget(Limits{PerSecond: 3, PerMinute: 10}, at.Now) // two a second, nine a minute
	for i, c := range []struct {
		n    int
		want bool
	}{{4, true}, {4, true}, {2, false}, {1, true}, {1, false}} {
		if b.Reserve(c.n) != c.want {
			t.Fatalf("reservation %d: of nine places, all or none: want %v", i, c.want)
		}
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
	at.Pass(time.Second)
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
	b := NewBudget(Limits{PerMinute: 5}, at.Now) // four a minute
	if !b.Reserve(2) {
		t.Fatal("no room")
	}
	for range 3 {
		at.Pass(40 * time.Second)
		_, _ = takeAll(b)
	}
	for range 2 {
		if b.TakeReserved() != 0 {
			t.Error("a reserved call waits")
		}
	}
	if wait := b.TakeReserved(); wait == 0 {
		t.Error("more calls than were reserved")
	}
}

func TestBudgetPenalty(t *testing.T) {
	at := newClock()
	b := NewBudget(Limits{}, at.Now)
	if !b.Reserve(1) {
		t.Fatal("no room")
	}
	b.Penalise(at.Now().Add(10 * time.Second))
	b.Penalise(at.Now().Add(5 * time.Second))
	b.Penalise(at.Now().Add(-time.Hour))
	if b.Take() != 10*time.Second || b.TakeReserved() != 10*time.Second || b.Reserve(1) {
		t.Error("a call leaves during the penalty")
	}
	at.Pass(10 * time.Second)
	if b.Take() != 0 || b.TakeReserved() != 0 || !b.Reserve(1) {
		t.Error("the penalty does not end")
	}
}

func TestBudgetNewLimits(t *testing.T) {
	at := newClock()
	b := NewBudget(Limits{PerMinute: 100, PerHour: 100}, at.Now)
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
	b := NewBudget(Limits{PerSecond: 1}, at.Now)
	b.Take()
	at.Pass(-time.Hour)
	if wait := b.Take(); wait != time.Second {
		t.Errorf("waits %v", wait)
	}
}

// budgetModel is a Budget next to a list of all its calls.
type budgetModel struct {
	budget   *Budget
	limits   Limits
	at       *statetest.Clock
	calls    []time.Time
	reserved int
}

// TestBudgetNeverExceedsAnyWindow plays whatever calls against the model: each is let through if, and only if, it fits.
func TestBudgetNeverExceedsAnyWindow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := budgetModel{at: newClock(), limits: Limits{
			rapid.IntRange(0, 4).Draw(t, "second"), rapid.IntRange(0, 12).Draw(t, "minute"), rapid.IntRange(0, 60).Draw(t, "hour"),
		}}
		m.budget = NewBudget(m.limits, m.at.Now)
		for range rapid.IntRange(1, 200).Draw(t, "steps") {
			m.play(t)
		}
	})
}

func (m *budgetModel) within(length time.Duration) int {
	first, _ := slices.BinarySearchFunc(m.calls, m.at.Now().Add(-length+1), time.Time.Compare)
	return len(m.calls) - first
}

func (m *budgetModel) room(limit int, length time.Duration) int {
	if limit == 0 {
		return math.MaxInt
	}
	return max(1, limit*97/100) - m.within(length) - m.reserved
}

func (m *budgetModel) play(t *rapid.T) {
	second := m.limits.PerSecond == 0 || m.within(time.Second) < max(1, m.limits.PerSecond*97/100)
	fits := min(m.room(m.limits.PerMinute, time.Minute), m.room(m.limits.PerHour, time.Hour))
	switch rapid.IntRange(0, 4).Draw(t, "do") {
	case 0:
		m.at.Pass(time.Duration(rapid.IntRange(0, 120_000).Draw(t, "pass")) * time.Millisecond)
	case 1:
		m.reserve(t, rapid.IntRange(1, 4).Draw(t, "reserve"), fits)
	case 2:
		n := min(m.reserved, rapid.IntRange(0, 3).Draw(t, "release"))
		m.budget.Release(n)
		m.reserved -= n
	case 3:
		m.called(t, m.budget.Take(), second && fits > 0)
	case 4:
		if m.reserved > 0 && m.called(t, m.budget.TakeReserved(), second) {
			m.reserved--
		}
	}
}

func (m *budgetModel) reserve(t *rapid.T, n, fits int) {
	ok := m.budget.Reserve(n)
	if ok != (n <= fits) {
		t.Fatalf("Reserve(%d) with room for %d: %v", n, fits, ok)
	}
	if ok {
		m.reserved += n
	}
}

func (m *budgetModel) called(t *rapid.T, wait time.Duration, want bool) bool { //nolint:revive // what should be
	if (wait == 0) != want {
		t.Fatalf("wait %v; to be let through: %v", wait, want)
	}
	if wait == 0 {
		m.calls = append(m.calls, m.at.Now())
	}
	return wait == 0
}

func TestBudgetFromManySides(t *testing.T) {
	b := NewBudget(Limits{PerMinute: 1000}, newClock().Now)
	var all sync.WaitGroup
	var total atomic.Int64
	for range 8 {
		all.Go(func() {
			for range 200 {
				total.Add(callSome(b))
			}
		})
	}
	all.Wait()
	if n := int(total.Load()); n > 970 || n+left(b)[1] != 970 {
		t.Errorf("%d calls of 970, %d left", n, left(b)[1])
	}
}

// callSome makes a call without a reservation, and one of two that it reserves.
func callSome(b *Budget) (calls int64) {
	if b.Take() == 0 {
		calls++
	}
	if !b.Reserve(2) {
		return calls
	}
	if b.TakeReserved() == 0 {
		calls++
	}
	b.Release(1)
	return calls
}

func TestBudgetMemoryIsBounded(t *testing.T) {
	at := newClock()
	b := NewBudget(Limits{PerSecond: 100}, at.Now)
	for range 100_000 {
		b.Take()
		at.Pass(10 * time.Millisecond)
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
