package state

import (
	"math"
	"testing"
	"time"
)

var _ Allowance = (*Budget)(nil)

func TestBudgetHeedsTheAPI(t *testing.T) {
	documented := Limits{PerSecond: 20, PerMinute: 100, PerHour: 1000}
	for _, c := range []struct {
		name   string
		limits Limits
		calls  int
		notice Notice
		left   [3]int
		later  time.Duration // and then
		after  [3]int
	}{
		{"it agrees", documented, 3, Notice{100, 97, time.Minute}, [3]int{16, 94, 967}, time.Minute, [3]int{19, 97, 967}},
		{"it counts fewer, since answers cross", documented, 3, Notice{100, 99, time.Minute}, [3]int{16, 94, 967}, time.Minute, [3]int{19, 97, 967}},
		{"somebody else uses the key", documented, 3, Notice{100, 50, time.Minute}, [3]int{16, 48, 967}, time.Minute, [3]int{19, 97, 967}},
		{"whose calls end earlier", documented, 0, Notice{100, 50, 20 * time.Second}, [3]int{19, 48, 970}, 20 * time.Second, [3]int{19, 97, 970}},
		{"whose end it does not say", documented, 0, Notice{100, 50, 0}, [3]int{19, 48, 970}, 59 * time.Second, [3]int{19, 48, 970}},
		{"of the hour, whose end it does not say", documented, 0, Notice{1000, 0, 0}, [3]int{19, 97, 0}, time.Minute, [3]int{19, 97, 970}},
		{"nothing is left", documented, 0, Notice{100, 0, 30 * time.Second}, [3]int{19, 0, 970}, 30 * time.Second, [3]int{19, 97, 970}},
		{"the hour", documented, 1, Notice{1000, 400, time.Hour}, [3]int{18, 96, 388}, 2 * time.Second, [3]int{19, 96, 388}},
		{"the hour, for a while only", documented, 0, Notice{1000, 0, time.Hour}, [3]int{19, 97, 0}, mostHeeded, [3]int{19, 97, 970}},
		{"a limit of something else", documented, 0, Notice{3, 3, time.Hour}, [3]int{19, 97, 970}, 0, [3]int{19, 97, 970}},
		{"and of a second", documented, 0, Notice{1, 1, time.Second}, [3]int{19, 97, 970}, 0, [3]int{19, 97, 970}},
		{"a lower limit of the minute", documented, 0, Notice{60, 60, time.Minute}, [3]int{19, 58, 970}, time.Minute, [3]int{19, 97, 970}},
		{"a lower limit of the hour", documented, 0, Notice{500, 500, 50 * time.Minute}, [3]int{19, 97, 485}, mostHeeded, [3]int{19, 97, 970}},
		{"a higher limit", documented, 0, Notice{200, 200, time.Minute}, [3]int{19, 97, 970}, time.Hour, [3]int{19, 97, 970}},
		{"more left than its limit", documented, 2, Notice{100, math.MaxInt, time.Minute}, [3]int{17, 95, 968}, 0, [3]int{17, 95, 968}},
		{"less than nothing left", documented, 2, Notice{100, math.MinInt, time.Minute}, [3]int{17, 0, 968}, time.Minute, [3]int{19, 97, 968}},
		{"the minute, with an odd reset", documented, 0, Notice{100, 50, time.Hour}, [3]int{19, 48, 970}, time.Minute, [3]int{19, 97, 970}},
		{"two windows of one limit", Limits{PerMinute: 100, PerHour: 100}, 0, Notice{100, 50, time.Hour}, [3]int{math.MaxInt, 97, 48}, 0, [3]int{math.MaxInt, 97, 48}},
		{"a window that it does not have", documented, 2, Notice{7, 0, 24 * time.Hour}, [3]int{17, 95, 968}, 0, [3]int{17, 95, 968}},
		{"a limit that it does not name", documented, 2, Notice{0, 0, time.Minute}, [3]int{17, 95, 968}, 0, [3]int{17, 95, 968}},
		{"unlimited by the operator's word", Limits{}, 2, Notice{100, 0, time.Minute}, [3]int{math.MaxInt, math.MaxInt, math.MaxInt}, 0, [3]int{math.MaxInt, math.MaxInt, math.MaxInt}},
	} {
		t.Run(c.name, func(t *testing.T) {
			at := newClock()
			b := NewBudget(c.limits, at.Now)
			for range c.calls {
				b.Take()
			}
			b.Heed(c.notice)
			if got := left(b); got != c.left {
				t.Errorf("%v left, want %v", got, c.left)
			}
			at.Pass(c.later)
			if got := left(b); got != c.after {
				t.Errorf("%v left %v later, want %v", got, c.later, c.after)
			}
		})
	}
}

func TestBudgetTakesTheLimitBack(t *testing.T) {
	b := NewBudget(Limits{PerMinute: 100}, newClock().Now)
	b.Heed(Notice{Limit: 10, Remaining: 10, Reset: time.Minute})
	if got := left(b)[1]; got != 9 {
		t.Errorf("%d left of ten", got)
	}
	b.Heed(Notice{Limit: 100, Remaining: 100, Reset: time.Minute})
	if got := left(b)[1]; got != 97 {
		t.Errorf("%d left of a hundred", got)
	}
}

// TestBudgetHoldsReservedPlaces: whatever the API says, a place that was promised is there.
func TestBudgetHoldsReservedPlaces(t *testing.T) {
	b := NewBudget(Limits{PerMinute: 100}, newClock().Now)
	if !b.Reserve(4) {
		t.Fatal("no room")
	}
	b.Heed(Notice{Limit: 100, Remaining: 0, Reset: time.Minute})
	if b.Reserve(1) || b.Take() == 0 || b.TakeReserved() != 0 {
		t.Error("a full window lets more in, or keeps back what was promised")
	}
}

func TestBudgetUse(t *testing.T) {
	b := NewBudget(Limits{PerMinute: 100, PerHour: 1000}, newClock().Now)
	for range 40 {
		b.Take()
	}
	if !b.Reserve(10) {
		t.Fatal("no room")
	}
	if got, want := b.Use(), (Use{Minute: 50. / 97, Hour: 50. / 970}); got != want {
		t.Errorf("%v, want %v", got, want)
	}
	b.Heed(Notice{Limit: 100, Remaining: 0})
	if got := b.Use().Minute; got != 1 {
		t.Errorf("%v of a window that is full", got)
	}
	if got := NewBudget(Limits{}, nil).Use(); got != (Use{}) {
		t.Errorf("%v of what is unlimited", got)
	}
}

// TestBudgetBelievesTheLatestNotice: what was said before is replaced, not added to.
func TestBudgetBelievesTheLatestNotice(t *testing.T) {
	at := newClock()
	b := NewBudget(Limits{PerHour: 1000}, at.Now)
	b.Heed(Notice{Limit: 1000, Remaining: 0, Reset: time.Hour})
	if got := left(b)[2]; got != 0 {
		t.Errorf("%d left of none", got)
	}
	if wait := b.Take(); wait <= 0 || wait > time.Hour {
		t.Errorf("waits %v", wait)
	}
	b.Heed(Notice{Limit: 1000, Remaining: 990, Reset: time.Hour})
	if got := left(b)[2]; got != 960 {
		t.Errorf("%d left of 990", got)
	}
	for range 100 {
		b.Take()
	}
	if got := left(b)[2]; got != 860 {
		t.Errorf("%d left after a hundred calls", got)
	}
}

// TestNewLimitsForgetNotices: an operator who reloads need not wait.
func TestNewLimitsForgetNotices(t *testing.T) {
	b := NewBudget(Limits{PerMinute: 100}, newClock().Now)
	b.Heed(Notice{Limit: 50, Remaining: 0, Reset: time.Minute})
	b.SetLimits(Limits{PerMinute: 100})
	if got := left(b)[1]; got != 97 {
		t.Errorf("%d left", got)
	}
}

func TestLimitsDivided(t *testing.T) {
	for _, c := range []struct {
		limits Limits
		n      int
		want   Limits
	}{
		{Limits{20, 100, 1000}, 2, Limits{10, 50, 500}},
		{Limits{20, 100, 1001}, 3, Limits{6, 33, 333}},
		{Limits{1, 2, 3}, 4, Limits{1, 1, 1}},
		{Limits{0, -1, 10}, 2, Limits{0, -1, 5}},
		{Limits{20, 100, 1000}, 0, Limits{20, 100, 1000}},
	} {
		if got := c.limits.Divided(c.n); got != c.want {
			t.Errorf("%v by %d: %v, want %v", c.limits, c.n, got, c.want)
		}
	}
}
