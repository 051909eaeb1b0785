package state

import (
	"encoding/json"
	"math"
	"reflect"
	"testing"
	"time"

	"ivalt-radius/state/statetest"
)

// resumed is a budget that goes on with what another one has spent, so long after it.
func resumed(t *testing.T, l Limits, c *statetest.Clock, s Spent) *Budget {
	t.Helper()
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var read Spent
	if err := json.Unmarshal(text, &read); err != nil || !reflect.DeepEqual(read, s) {
		t.Fatalf("%v; read %+v, want %+v", err, read, s)
	}
	b := NewBudget(l, c.Now)
	b.Resume(read)
	return b
}

// TestSpentCountsOn: each window has the calls that it had, and lets them go when it would have.
func TestSpentCountsOn(t *testing.T) {
	for name, l := range map[string]Limits{
		"all": {20, 100, 1000}, "no hour": {20, 100, 0}, "only a second": {PerSecond: 20}, "only an hour": {PerHour: 1000}, "none": {},
	} {
		t.Run(name, func(t *testing.T) {
			c := newClock()
			was := NewBudget(l, c.Now)
			for range 8 {
				for range 5 {
					was.Take()
				}
				c.Pass(300 * time.Millisecond)
			}
			spent := was.Spent()
			c.Pass(200 * time.Millisecond) // an upgrade
			is := resumed(t, l, c, spent)
			for _, later := range []time.Duration{0, 500 * time.Millisecond, 30 * time.Second, 28 * time.Second, 2 * time.Second, time.Hour - time.Minute, time.Minute} {
				c.Pass(later)
				if left(was) != left(is) {
					t.Errorf("after %v: %v are left, %v were", later, left(is), left(was))
				}
			}
		})
	}
}

// TestSpentIsAPenaltyToo: what the API asked for holds in the next process, less what has passed.
func TestSpentIsAPenaltyToo(t *testing.T) {
	c := newClock()
	was := NewBudget(Limits{PerSecond: 20}, c.Now)
	was.Penalise(c.Now().Add(10 * time.Second))
	spent := was.Spent()
	c.Pass(4 * time.Second)
	is := resumed(t, Limits{PerSecond: 20}, c, spent)
	if wait := is.Take(); wait != 6*time.Second {
		t.Errorf("it waits %v", wait)
	}
	c.Pass(6 * time.Second)
	if wait := is.Take(); wait != 0 {
		t.Errorf("behind it: %v", wait)
	}
}

// TestSpentKeepsNoReservation: who has one asks anew.
func TestSpentKeepsNoReservation(t *testing.T) {
	c := newClock()
	was := NewBudget(Limits{PerMinute: 10}, c.Now)
	if !was.Reserve(5) {
		t.Fatal("no room")
	}
	if s := was.Spent(); len(s.Ages) != 0 || s.Held != 0 {
		t.Errorf("%+v", s)
	}
}

// TestHostileSpent: whatever a document says, no window holds more than its limit, and none is shut for longer than it can be.
func TestHostileSpent(t *testing.T) {
	limits := Limits{20, 100, 1000}
	many := make([]time.Duration, mostSpent+10)
	for name, s := range map[string]Spent{
		"nothing":             {},
		"negative ages":       {Ages: []time.Duration{-1, -time.Hour, math.MinInt64}},
		"ages of ever":        {Ages: []time.Duration{math.MaxInt64, math.MaxInt64 - 1, 1, 0}},
		"out of order":        {Ages: []time.Duration{0, time.Hour, time.Second, 2 * time.Minute, 0}},
		"more than the limit": {Ages: many},
		"held for ever":       {Held: math.MaxInt64},
		"held negatively":     {Held: math.MinInt64},
	} {
		for when, at := range map[string]time.Duration{"now": 0, "long ago": math.MinInt64, "a while ago": -30 * time.Minute, "in the future": math.MaxInt64} {
			t.Run(name+", "+when, func(t *testing.T) {
				c := newClock()
				c.Pass(time.Hour)
				s := s
				s.At = c.Now().Add(at)
				b := NewBudget(limits, c.Now)
				c.Pass(time.Second)
				b.Resume(s)
				if taken, wait := takeAll(b); taken > 19 || wait <= 0 || wait > time.Hour+mostHeeded {
					t.Errorf("%d calls, then %v", taken, wait)
				}
				c.Pass(time.Hour + mostHeeded)
				if taken, _ := takeAll(b); taken != 19 {
					t.Errorf("an hour later %d calls may leave", taken)
				}
			})
		}
		if name == "nothing" {
			b := NewBudget(limits, newClock().Now)
			b.Resume(Spent{})
			if taken, _ := takeAll(b); taken != 19 {
				t.Errorf("nothing was spent, and %d calls may leave", taken)
			}
		}
	}
}
