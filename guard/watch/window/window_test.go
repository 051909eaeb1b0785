package window

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

const second = time.Second

func TestWindow(t *testing.T) {
	for name, c := range map[string]struct {
		do    func(w *Window)
		count int
		first time.Duration
	}{
		"nothing":                          {func(*Window) {}, 0, 0},
		"three":                            {func(w *Window) { w.Add(1, 0, 9); w.Add(2, 0, 9); w.Add(3, 0, 9) }, 3, 1},
		"one is as old as the window":      {func(w *Window) { w.Add(1, 0, 9); w.Add(2, 0, 9); w.Expire(1) }, 1, 2},
		"all are":                          {func(w *Window) { w.Add(1, 0, 9); w.Add(2, 0, 9); w.Expire(2) }, 0, 0},
		"one is taken back":                {func(w *Window) { w.Add(1, 0, 9); w.Add(2, 0, 9); w.TakeBack() }, 1, 1},
		"more than there are":              {func(w *Window) { w.Add(1, 0, 9); w.TakeBack(); w.TakeBack() }, 0, 0},
		"one of several":                   {func(w *Window) { w.Add(1, 0, 1); w.Add(2, 0, 1); w.Add(3, 0, 1); w.TakeBack() }, 2, 1},
		"somebody is forgiven":             {func(w *Window) { w.Add(1, 7, 9); w.Add(2, 8, 9); w.Add(3, 7, 9); w.Forgive(7) }, 1, 2},
		"not what was taken together":      {func(w *Window) { w.Add(1, 7, 1); w.Add(2, 8, 1); w.Forgive(7); w.Forgive(8) }, 2, 1},
		"unless it was the same":           {func(w *Window) { w.Add(1, 7, 1); w.Add(2, 7, 1); w.Forgive(7) }, 0, 0},
		"all is cleared":                   {func(w *Window) { w.Add(1, 7, 1); w.Clear() }, 0, 0},
		"different ones, once each":        {func(w *Window) { w.Renew(1, 7, 9); w.Renew(2, 8, 9); w.Renew(3, 7, 9) }, 2, 2},
		"no more of them than are kept":    {func(w *Window) { w.Renew(1, 7, 2); w.Renew(2, 8, 2); w.Renew(3, 9, 2) }, 2, 2},
		"the closest are taken together":   {func(w *Window) { w.Add(1, 0, 2); w.Add(9, 0, 2); w.Add(10, 0, 2); w.Expire(1) }, 2, 9},
		"at the time of the earlier":       {func(w *Window) { w.Add(1, 0, 2); w.Add(9, 0, 2); w.Add(10, 0, 2); w.Expire(9) }, 0, 0},
		"and one that is kept is one more": {func(w *Window) { w.Add(1, 0, 0); w.Add(2, 0, 0) }, 2, 1},
	} {
		t.Run(name, func(t *testing.T) {
			var w Window
			c.do(&w)
			if w.Count() != c.count || w.First() != c.first {
				t.Errorf("%d, the first at %d; want %d, %d", w.Count(), w.First(), c.count, c.first)
			}
		})
	}
}

// TestAWindowNeverCountsTooMany, and few too few, against all events kept: streams of a fixed seed, dense and thin.
func TestAWindowNeverCountsTooMany(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // a fixed seed
	for _, pace := range []time.Duration{second / 20, second, 20 * second} {
		var w Window
		var all []time.Duration
		at, full := time.Duration(0), false
		for range 5000 {
			at += time.Duration(random.Int64N(int64(2 * pace)))
			all = append(all, at)
			w.Expire(at - 300*second)
			w.Add(at, 0, 32)
			exact := 0
			for _, moment := range all {
				if moment > at-300*second {
					exact++
				}
			}
			full = full || exact > 32
			got := w.Count()
			if got > exact || !full && got != exact || got < exact*3/4 {
				t.Fatalf("pace %s: %d of %d", pace, got, exact)
			}
			if len(w.marks) > 32 {
				t.Fatalf("%d marks", len(w.marks))
			}
		}
	}
}

// TestTable forgets whom it touched longest ago, with all that was known.
func TestTable(t *testing.T) {
	table := NewTable(3)
	for key := range uint64(3) {
		table.Take(key).Window.Add(1, 0, 9)
	}
	table.Take(0).Said = true
	table.Take(3)
	for key, want := range map[uint64]int{0: 1, 1: -1, 2: 1, 3: 0} {
		got := -1
		if e := table.Find(key); e != nil {
			got = e.Window.Count()
		}
		if got != want {
			t.Errorf("key %d: %d, want %d", key, got, want)
		}
	}
	if !table.Find(0).Said || table.Find(3).Said || table.Len() != 3 {
		t.Errorf("what was said is lost, or %d are known", table.Len())
	}
	for key := range uint64(100) {
		table.Take(key).Said = true
		table.Take(key % 2)
	}
	if table.Len() != 3 {
		t.Errorf("%d are known", table.Len())
	}
	if one := NewTable(0); one.Take(1) == nil || one.Take(2) == nil || one.Len() != 1 {
		t.Error("a table of none is one of one")
	}
}

// TestATableAgainstAList: the order of touches is the order of leaving.
func TestATableAgainstAList(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4)) //nolint:gosec // a fixed seed
	table := NewTable(10)
	var list []uint64
	for range 20_000 {
		key := random.Uint64N(15)
		table.Take(key)
		for i, k := range list {
			if k == key {
				list = append(list[:i], list[i+1:]...)
				break
			}
		}
		if list = append(list, key); len(list) > 10 {
			list = list[1:]
		}
		n := 0
		for e := range table.touched.All() {
			if n >= len(list) || e.key != list[n] || table.Find(e.key) != e {
				t.Fatalf("place %d: %d, want %v", n, e.key, list)
			}
			n++
		}
		if n != len(list) || table.Len() != n {
			t.Fatalf("%d are linked, %d are known, want %d", n, table.Len(), len(list))
		}
	}
}

func TestTally(t *testing.T) {
	tally := NewTally(60 * second)
	for i := range 10 {
		tally.Add(time.Duration(i)*second, 2*second)
	}
	for at, want := range map[time.Duration]string{
		9 * second: "10 20s", 60 * second: "10 20s", 61 * second: "9 18s", 65 * second: "5 10s", 70 * second: "0 0s", 500 * second: "0 0s",
	} {
		n, took := tally.Sum(at)
		if got := fmt.Sprint(n, " ", took); got != want {
			t.Errorf("at %s: %s, want %s", at, got, want)
		}
	}
	tally.Add(500*second, second) // in the place of older ones
	if n, took := tally.Sum(501 * second); n != 1 || took != second {
		t.Errorf("%d, %s", n, took)
	}
	none := NewTally(0)
	none.Add(5, 1)
	if n, _ := none.Sum(5); n != 1 {
		t.Errorf("%d", n)
	}
}
