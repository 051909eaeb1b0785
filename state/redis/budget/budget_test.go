package budget

import (
	"testing"
	"time"

	"ivalt-radius/state"
)

func TestBudgetOfSeveralNodes(t *testing.T) {
	s := newShop(t)
	l := state.Limits{PerSecond: 5, PerMinute: 12, PerHour: 20} // 4, 11, 19
	a, b := s.open(l), s.open(l)
	for i := range 4 {
		if wait := []*till{a, b}[i%2].take(); wait != 0 {
			t.Fatalf("call %d waits %s", i, wait)
		}
	}
	for _, n := range []*till{a, b} {
		if wait := n.take(); wait != time.Second {
			t.Errorf("waits %s", wait)
		}
	}
	s.pass(time.Second + leastPermit - time.Microsecond)
	if a.take() == 0 {
		t.Error("a call leaves a microsecond too early")
	}
	s.pass(time.Microsecond)
	if n, _ := a.takeAll(); n != 4 {
		t.Errorf("%d calls in the second second", n)
	}
	s.pass(2 * time.Second)
	if n, _ := b.takeAll(); n != 3 {
		t.Errorf("%d calls are left of the minute", n)
	}
	s.pass(2 * time.Minute)
	n, _ := b.takeAll()
	s.pass(2 * time.Second)
	m, wait := a.takeAll()
	if n+m != 8 || wait != time.Second {
		t.Errorf("%d calls are left of the hour, then wait %s", n+m, wait)
	}
	if got := a.Use(); got.Hour != 1 || got.Minute >= 1 {
		t.Errorf("use %+v", got)
	}
}

func TestBudgetReservesForAll(t *testing.T) {
	s := newShop(t)
	l := state.Limits{PerSecond: 3, PerMinute: 10} // 2, 9
	a, b := s.open(l), s.open(l)
	if !a.Reserve(4) || !b.Reserve(4) || a.Reserve(2) || !b.Reserve(1) || a.Reserve(1) {
		t.Error("of nine places, all or none")
	}
	if a.take() == 0 {
		t.Error("a call takes a reserved place")
	}
	if a.takeReserved() != 0 || b.takeReserved() != 0 {
		t.Error("a reserved call waits")
	}
	if wait := a.takeReserved(); wait == 0 {
		t.Error("the third in a second does not wait")
	}
	a.Release(3)
	b.Release(100)
	a.told()
	b.told()
	s.pass(2 * time.Second)
	if !a.Reserve(7) || a.Reserve(1) {
		t.Error("not all was given back")
	}
	if !a.Reserve(0) || !a.Reserve(-1) {
		t.Error("nothing does not fit")
	}
}

// TestBudgetUnusedPermitIsReservedAgain: a login whose turn did not come in time keeps its place.
func TestBudgetUnusedPermitIsReservedAgain(t *testing.T) {
	s := newShop(t)
	a := s.open(state.Limits{PerMinute: 5}) // 4
	if !a.Reserve(2) || a.TakeReserved() == 0 {
		t.Fatal("no place, or a permit without asking")
	}
	<-a.woken
	s.pass(mostPermit)
	if a.TakeReserved() == 0 {
		t.Fatal("a permit outlives its time")
	}
	<-a.woken
	s.pass(2 * time.Minute)
	for range 2 {
		if wait := a.takeReserved(); wait != 0 {
			t.Errorf("a reserved call waits %s", wait)
		}
	}
	if n, _ := a.takeAll(); n != 2 {
		t.Errorf("%d calls beside", n)
	}
}

func TestBudgetOfADeadNode(t *testing.T) {
	s := newShop(t)
	l := state.Limits{PerMinute: 10} // 9
	a, b := s.open(l), s.open(l)
	if !a.Reserve(9) || b.Reserve(1) {
		t.Fatal("no places")
	}
	s.pass(budgetLease - time.Microsecond)
	if b.Reserve(1) {
		t.Error("a lease ends too early")
	}
	s.pass(time.Microsecond)
	if !b.Reserve(5) {
		t.Error("what a dead node reserved does not come back")
	}
	if b.Reserve(5) {
		t.Error("more than there is")
	}
	for i := range 9 { // it was not dead: four places are left, and its other calls are like any other's
		if wait := a.takeReserved(); (wait == 0) != (i < 4) {
			t.Errorf("call %d waits %s", i, wait)
		}
	}
}

func TestBudgetClosedGivesBack(t *testing.T) {
	s := newShop(t)
	l := state.Limits{PerMinute: 10}
	a, b := s.open(l), s.open(l)
	if !a.Reserve(9) || b.Reserve(1) {
		t.Fatal("no places")
	}
	a.Close()
	if a.Reserve(1) || a.Take() == 0 || a.TakeReserved() == 0 {
		t.Error("a closed budget lets calls through")
	}
	if !b.Reserve(9) {
		t.Error("nothing was given back")
	}
}

func TestBudgetPenaltyOfAll(t *testing.T) {
	s := newShop(t)
	l := state.Limits{PerMinute: 100}
	a, b := s.open(l), s.open(l)
	if !a.Reserve(1) || !b.Reserve(1) {
		t.Fatal("no places")
	}
	a.Penalise(s.time().Add(10 * time.Second))
	a.Penalise(s.time().Add(5 * time.Second))
	if a.Take() != 10*time.Second || a.TakeReserved() != 10*time.Second || a.Reserve(1) {
		t.Error("a call leaves during the penalty")
	}
	a.told()
	if b.Reserve(1) || b.Take() != 10*time.Second || b.takeReserved() == 0 {
		t.Error("the other node does not know")
	}
	s.pass(10 * time.Second)
	if a.take() != 0 || b.takeReserved() != 0 || !b.Reserve(1) {
		t.Error("the penalty does not end")
	}
}

// TestBudgetGauge: as of the last answer, what all nodes have left, and until when none may call.
func TestBudgetGauge(t *testing.T) {
	s := newShop(t)
	l := state.Limits{PerSecond: 10, PerMinute: 100}
	a, b := s.open(l), s.open(l)
	if !a.Reserve(20) || !b.Reserve(1) {
		t.Fatal("no places")
	}
	if r := b.Gauge(); r != (state.Room{Minute: state.Window{Limit: 97, Left: 76}, Shared: true}) {
		t.Errorf("%+v", r)
	}
	until := s.time().Add(10 * time.Second)
	b.Penalise(until)
	if r := b.Gauge(); !r.Held.Equal(until) {
		t.Errorf("held until %v", r.Held)
	}
	s.pass(10 * time.Second)
	if r := b.Gauge(); !r.Held.IsZero() {
		t.Errorf("still held until %v", r.Held)
	}
}

func TestBudgetHeedsForAll(t *testing.T) {
	for _, c := range []struct {
		name   string
		limits state.Limits
		notice state.Notice
		left   int
		later  time.Duration
		after  int
	}{
		{"somebody else uses the key", state.Limits{PerMinute: 100}, state.Notice{Limit: 100, Remaining: 50, Reset: time.Minute}, 48, time.Minute, 97},
		{"whose end it does not say", state.Limits{PerMinute: 100}, state.Notice{Limit: 100, Remaining: 50}, 48, time.Minute, 97},
		{"nothing is left", state.Limits{PerMinute: 100}, state.Notice{Limit: 100, Remaining: -7, Reset: 30 * time.Second}, 0, 30 * time.Second, 97},
		{"a lower limit", state.Limits{PerMinute: 100}, state.Notice{Limit: 60, Remaining: 60, Reset: time.Minute}, 58, time.Minute, 97},
		{"a higher one", state.Limits{PerMinute: 100}, state.Notice{Limit: 200, Remaining: 200, Reset: time.Minute}, 97, 0, 97},
		{"of something else", state.Limits{PerMinute: 100}, state.Notice{Limit: 1, Remaining: 1, Reset: time.Minute}, 97, 0, 97},
		{"the hour, for a while", state.Limits{PerHour: 100}, state.Notice{Limit: 100, Reset: time.Hour}, 0, mostHeeded, 97},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newShop(t)
			a, b := s.open(c.limits), s.open(c.limits)
			a.Heed(c.notice)
			a.told()
			if c.left < 97 && b.Reserve(c.left+1) || !b.Reserve(c.left) {
				t.Errorf("not %d are left", c.left)
			}
			b.Release(c.left)
			b.told()
			s.pass(c.later)
			if b.Reserve(c.after+1) || !b.Reserve(c.after) {
				t.Errorf("not %d are left later", c.after)
			}
		})
	}
}

func TestBudgetNewLimitsOfAll(t *testing.T) {
	s := newShop(t)
	a := s.open(state.Limits{PerMinute: 100})
	a.Heed(state.Notice{Limit: 50, Reset: time.Minute})
	a.told()
	if a.Reserve(1) {
		t.Fatal("a notice is not heeded")
	}
	a.SetLimits(state.Limits{PerMinute: 20})
	if !a.Reserve(19) || a.Reserve(1) {
		t.Error("new limits do not forget notices")
	}
	a.SetLimits(state.Limits{})
	if !a.Reserve(1000) || a.Take() != 0 || a.TakeReserved() != 0 {
		t.Error("no limits, and a call waits")
	}
	a.Penalise(s.time().Add(time.Second))
	if a.Take() != time.Second {
		t.Error("a call leaves during the penalty")
	}
}

func TestBudgetAsksNothingWithoutLimits(t *testing.T) {
	s := newShop(t)
	a := s.open(state.Limits{})
	for range 100 {
		if !a.Reserve(2) || a.Take() != 0 || a.TakeReserved() != 0 {
			t.Fatal("a call waits")
		}
		a.Release(1)
	}
	a.Heed(state.Notice{Limit: 3, Reset: time.Second})
	if a.Use() != (state.Use{}) {
		t.Error("use of what is unlimited")
	}
	a.Close()
	if keys := s.server.Keys(); len(keys) != 0 {
		t.Errorf("it wrote %v", keys)
	}
}
