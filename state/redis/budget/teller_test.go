package budget

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ivalt-radius/state"
)

func TestBudgetUnreachable(t *testing.T) {
	s := newShop(t)
	a, b := s.open(state.Limits{PerMinute: 100}), s.open(state.Limits{PerMinute: 100})
	if !a.Reserve(3) {
		t.Fatal("no places")
	}
	s.server.SetError("LOADING it is not ready")
	if a.Reserve(1) {
		t.Error("a reservation that nobody granted")
	}
	for range 5 {
		if a.Take() == 0 || a.TakeReserved() == 0 {
			t.Error("a call without a permit")
		}
		s.pass(askAgain)
	}
	a.Penalise(s.time().Add(10 * time.Second))
	a.SetLimits(state.Limits{PerMinute: 50})
	a.told()
	s.server.SetError("")
	a.told()
	if b.Reserve(1) {
		t.Error("what was not told is not told later")
	}
	s.pass(10 * time.Second)
	if !a.Reserve(1) {
		t.Error("no reservation behind it")
	}
	if call, reserved := a.take(), a.takeReserved(); call != 0 || reserved != 0 {
		t.Errorf("a call waits %s, a reserved one %s", call, reserved)
	}
}

// TestBudgetForgotten: a memory that was restarted empty has counted nothing, and what a node holds is held again.
func TestBudgetForgotten(t *testing.T) {
	s := newShop(t)
	l := state.Limits{PerMinute: 10} // 9
	a, b := s.open(l), s.open(l)
	if !a.Reserve(5) {
		t.Fatal("no places")
	}
	s.server.FlushAll()
	a.told()
	if b.Reserve(5) || !b.Reserve(4) {
		t.Error("what was held is not held again")
	}
}

// TestBudgetClockSetBack: what was counted goes on to count, for as long as it is.
func TestBudgetClockSetBack(t *testing.T) {
	s := newShop(t)
	a := s.open(state.Limits{PerSecond: 1})
	if a.take() != 0 {
		t.Fatal("a call waits")
	}
	s.pass(-24 * time.Hour)
	if a.take() == 0 {
		t.Error("a call leaves too early")
	}
	s.pass(2 * time.Second)
	if wait := a.take(); wait != 0 {
		t.Errorf("a call waits %s for a clock", wait)
	}
}

// TestBudgetSlots: a window of very many calls is counted roughly, never to the wrong side.
func TestBudgetSlots(t *testing.T) {
	s := newShop(t)
	a := s.open(state.Limits{PerMinute: 20_000})
	if !a.Reserve(19_400) || a.Reserve(1) {
		t.Fatal("no places")
	}
	calls := 0
	for calls < 4_000 {
		if a.takeReserved() == 0 {
			calls++
			s.pass(time.Millisecond)
		}
	}
	key := slices.IndexFunc(s.server.Keys(), func(k string) bool { return strings.HasSuffix(k, ":minute") })
	list, err := s.server.List(s.server.Keys()[key])
	if err != nil || len(list) > 201 {
		t.Errorf("%d entries, %v", len(list), err)
	}
	a.Release(19_400)
	a.told()
	s.pass(time.Minute - 4*time.Second)
	if a.Reserve(19_400 - 4000 + 200) {
		t.Error("calls leave their window early")
	}
	s.pass(5 * time.Second)
	if !a.Reserve(19_400) {
		t.Error("calls stay")
	}
}

func TestBudgetSaysNoKey(t *testing.T) {
	s := newShop(t)
	a := s.open(state.Limits{PerSecond: 10, PerMinute: 10, PerHour: 10})
	if !a.Reserve(2) || a.take() != 0 {
		t.Fatal("no room")
	}
	for _, k := range s.server.Keys() {
		if !strings.HasPrefix(k, "{test:budget}:") || strings.Contains(k, "API") {
			t.Errorf("key %s", k)
		}
		if s.server.TTL(k) <= time.Hour {
			t.Errorf("%s lives for %s", k, s.server.TTL(k))
		}
	}
}

// nodesModel are three nodes next to a list of all calls.
type nodesModel struct {
	s        *shop
	limits   state.Limits
	nodes    [3]*till
	reserved [3]int
	calls    []time.Time
}

// TestBudgetNeverExceedsAnyWindowOfAllNodes plays whatever calls at three nodes: no window ever holds more calls than it may, and reserved places are there.
func TestBudgetNeverExceedsAnyWindowOfAllNodes(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		m := nodesModel{s: newShop(t), limits: state.Limits{
			PerSecond: rapid.IntRange(0, 4).Draw(r, "second"), PerMinute: rapid.IntRange(0, 12).Draw(r, "minute"), PerHour: rapid.IntRange(0, 60).Draw(r, "hour"),
		}}
		for i := range m.nodes {
			m.nodes[i] = m.s.open(m.limits)
		}
		for range rapid.IntRange(1, 60).Draw(r, "steps") {
			m.play(r)
		}
		for _, n := range m.nodes {
			n.Close()
		}
		m.s.server.Close()
	})
}

func (m *nodesModel) play(r *rapid.T) {
	i := rapid.IntRange(0, 2).Draw(r, "node")
	n := m.nodes[i]
	switch rapid.IntRange(0, 5).Draw(r, "do") {
	case 0:
		m.s.pass(time.Duration(rapid.IntRange(0, 55_000).Draw(r, "pass")) * time.Millisecond)
		for _, n := range m.nodes {
			n.told() // none is dead
		}
	case 1:
		m.s.pass(time.Duration(rapid.IntRange(0, 1500).Draw(r, "pass a little")) * time.Millisecond)
	case 2:
		if k := rapid.IntRange(1, 4).Draw(r, "reserve"); n.Reserve(k) {
			m.reserved[i] += k
		}
	case 3:
		k := min(m.reserved[i], rapid.IntRange(0, 3).Draw(r, "release"))
		n.Release(k)
		m.reserved[i] -= k
	case 4:
		m.called(r, n.take())
	case 5:
		if m.reserved[i] > 0 && m.called(r, n.takeReserved()) {
			m.reserved[i]--
		}
	}
	reserved := m.reserved[0] + m.reserved[1] + m.reserved[2]
	for _, w := range []struct {
		name   string
		limit  int
		beside int
		length time.Duration
	}{
		{"second", m.limits.PerSecond, 0, time.Second}, {"minute", m.limits.PerMinute, reserved, time.Minute}, {"hour", m.limits.PerHour, reserved, time.Hour},
	} {
		first, _ := slices.BinarySearchFunc(m.calls, m.s.time().Add(-w.length+1), time.Time.Compare)
		if got := len(m.calls) - first + w.beside; w.limit > 0 && got > max(1, w.limit*97/100) {
			r.Fatalf("%d calls and places in a %s of %d", got, w.name, w.limit)
		}
	}
}

func (m *nodesModel) called(_ *rapid.T, wait time.Duration) bool {
	if wait == 0 {
		m.calls = append(m.calls, m.s.time())
	}
	return wait == 0
}

func TestBudgetFromManySidesOfAllNodes(t *testing.T) {
	s := newShop(t)
	l := state.Limits{PerMinute: 200} // 194
	var all sync.WaitGroup
	var mu sync.Mutex
	got := 0
	for range 3 {
		n := s.open(l)
		for range 4 {
			all.Go(func() {
				for range 30 {
					if n.Reserve(2) {
						mu.Lock()
						got += 2
						mu.Unlock()
					}
				}
			})
		}
	}
	all.Wait()
	if got != 194 {
		t.Errorf("%d places of 194", got)
	}
}

func TestParseBudgetAnswer(t *testing.T) {
	fine := func() []any {
		return []any{int64(0), int64(1), int64(0), int64(0), int64(5), int64(0), "0.5", "1", []any{int64(1), int64(0)}}
	}
	if a, err := parseBudgetAnswer(fine(), 2); err != nil || a.reserved != 1 || a.use != (state.Use{Minute: 0.5, Hour: 1}) || !slices.Equal(a.granted, []bool{true, false}) {
		t.Errorf("%+v, %v", a, err)
	}
	for i, odd := range []any{"x", int64(-1), nil, int64(1 << 40), 1.5, int64(-9), "NaN", "2", []any{int64(1)}} {
		bad := fine()
		bad[i] = odd
		if i == 3 {
			bad[1] = int64(mostBatch + 1)
		}
		if _, err := parseBudgetAnswer(bad, 2); err == nil {
			t.Errorf("%s for value %d has a sense", fmt.Sprint(odd), i)
		}
	}
	for _, bad := range []any{nil, "OK", []any{}, fine()[:8]} {
		if _, err := parseBudgetAnswer(bad, 2); err == nil {
			t.Errorf("%v has a sense", bad)
		}
	}
}

// TestBudgetByTheRealClock: the very first call is let in.
func TestBudgetByTheRealClock(t *testing.T) {
	s := newShop(t)
	woken := make(chan struct{}, 1)
	b := New(s.open(state.Limits{}).core, state.Limits{PerSecond: 10}, apiKey, func() { woken <- struct{}{} })
	defer b.Close()
	if b.Take() == 0 {
		t.Fatal("a permit without asking")
	}
	<-woken
	if wait := b.Take(); wait > 0 && wait <= time.Second-mostPermit { // a machine that stood still for longer than a permit lasts
		t.Errorf("waits %s", wait)
	}
}
