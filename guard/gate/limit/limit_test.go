package limit

import (
	"slices"
	"testing"
	"time"
)

func keysOf(t *Table[string, int]) (keys []string) {
	t.Each(func(key string, _ *int) { keys = append(keys, key) })
	return keys
}

func TestTable(t *testing.T) {
	var gone []string
	table := NewTable[string, int](3, func(key string) { gone = append(gone, key) })
	for i, key := range []string{"a", "b", "c"} {
		*table.Put(key) = i + 1
	}
	if table.Get("x") != nil || table.Peek("x") != nil || table.Len() != 3 {
		t.Fatal("it has what it was not given")
	}
	table.Get("a")
	if *table.Peek("b") != 2 { // does not mark it
		t.Error("b is another's")
	}
	*table.Put("d") = 4
	if want := []string{"d", "a", "c"}; !slices.Equal(keysOf(table), want) || !slices.Equal(gone, []string{"b"}) {
		t.Errorf("got %v, gone %v", keysOf(table), gone)
	}
	if *table.Put("a") != 1 || *table.Put("b") != 0 {
		t.Error("a lost its value, or b kept it")
	}
	table.Delete("a")
	table.Delete("never")
	if *table.Put("a") != 0 || table.Len() != 3 {
		t.Error("a deleted one is back")
	}
	table.Each(func(key string, _ *int) { table.Delete(key) })
	if table.Len() != 0 || keysOf(table) != nil {
		t.Errorf("left: %v", keysOf(table))
	}
	for range 3 * mostSpare {
		for _, key := range []string{"a", "b", "c"} {
			table.Put(key)
		}
		for _, key := range []string{"a", "b", "c"} {
			table.Delete(key)
		}
	}
	if table.spares != 3 {
		t.Errorf("%d spares", table.spares)
	}
}

func TestTableKeepsFewSpares(t *testing.T) {
	table := NewTable[int, int](1000, nil)
	for i := range 1000 {
		*table.Put(i) = i
	}
	for i := range 1000 {
		table.Delete(i)
	}
	if table.spares != mostSpare {
		t.Errorf("%d spares", table.spares)
	}
	for i := range 1000 {
		if v := table.Put(i); *v != 0 {
			t.Fatalf("%d has the value %d of a deleted one", i, *v)
		}
	}
}

func TestTheSmallestTable(t *testing.T) {
	table := NewTable[int, int](0, nil)
	*table.Put(1) = 1
	if *table.Put(2) != 0 || table.Len() != 1 || table.Get(1) != nil {
		t.Error("it has another size than one")
	}
}

func TestCount(t *testing.T) {
	now := time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)
	for _, r := range []Rate{{Most: 1, Window: time.Second}, {Most: 10, Window: time.Minute}, {Most: 7, Window: 13 * time.Minute}, {Most: 40_000, Window: time.Minute}} {
		var c Count
		each := r.Window / time.Duration(r.Most)
		for i := range r.Most {
			if wait := c.Wait(r, 0, now); wait != 0 {
				t.Fatalf("%+v: number %d waits %s", r, i, wait)
			}
			c.Take(r, now)
		}
		wait := c.Wait(r, 0, now)
		if wait < each-time.Microsecond || wait > each+time.Microsecond {
			t.Errorf("%+v: waits %s, want %s", r, wait, each)
		}
		if more := c.Wait(r, 2, now); more < 2*each {
			t.Errorf("%+v: behind two others it waits %s", r, more)
		}
		c.Take(r, now) // counts nothing more
		if c.Wait(r, 0, now.Add(wait-time.Microsecond)) == 0 || c.Wait(r, 0, now.Add(wait+time.Microsecond)) != 0 {
			t.Errorf("%+v: there is no room after %s", r, wait)
		}
		if c.Wait(r, r.Most-1, now.Add(2*r.Window)) != 0 || c.Wait(r, r.Most, now.Add(2*r.Window)) == 0 {
			t.Errorf("%+v: it has not all its room back, or more", r)
		}
	}
}

func TestUnlimited(t *testing.T) {
	var c Count
	for range 100 {
		c.Take(Rate{}, time.Now())
	}
	if c.Wait(Rate{}, 1000, time.Now()) != 0 || c.bucket != nil {
		t.Error("0 is a limit")
	}
	var none *Count
	r := Rate{Most: 2, Window: time.Second}
	if none.Wait(r, 1, time.Now()) != 0 || none.Wait(r, 2, time.Now()) == 0 {
		t.Error("nothing was counted, and the pending count")
	}
}

func TestAClockThatRunsBack(t *testing.T) {
	now := time.Now()
	r := Rate{Most: 2, Window: time.Minute}
	var c Count
	c.Take(r, now)
	c.Take(r, now)
	if wait := c.Wait(r, 0, now.Add(-time.Hour)); wait <= 0 || wait > 31*time.Second {
		t.Errorf("waits %s", wait)
	}
}

func TestKeys(t *testing.T) {
	k, other := NewKeys(), NewKeys()
	same := k.Of("a", "b")
	if k.Of("a", "b") != same || k.Of("a", "b") == k.Of("b", "a") || k.Of("", "") != (Key{}) || k.Of("a", "").Place != 0 {
		t.Error("keys are not what they are of")
	}
	if k.Of("a", "b") == other.Of("a", "b") {
		t.Error("anybody can tell a key")
	}
	if k.Of("ab", "c") == k.Of("a", "bc") {
		t.Error("two become one")
	}
}
