package state

import (
	"fmt"
	"maps"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// wantValue expects a value; 0 is none.
func wantValue(t *testing.T, c *Cache[int], key string, want int) {
	t.Helper()
	if got, ok := c.Get(key); got != want || ok != (want != 0) {
		t.Errorf("Get(%q) is %d, %v; want %d", key, got, ok, want)
	}
}

func TestCacheValuesEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := NewCache[int](time.Minute, 10)
		if !c.Set("a", 1) || !c.SetFor("b", 2, time.Second) || !c.Add("c", 3) {
			t.Fatal("refused")
		}
		wantValue(t, c, "a", 1)
		wantValue(t, c, "b", 2)
		wantValue(t, c, "c", 3)
		wantValue(t, c, "d", 0)
		time.Sleep(time.Second - 1) //nolint:forbidigo // virtual time
		wantValue(t, c, "b", 2)
		time.Sleep(time.Nanosecond) //nolint:forbidigo // virtual time
		wantValue(t, c, "b", 0)
		if c.Len() != 2 {
			t.Errorf("%d live, want 2", c.Len())
		}
		if !c.Set("a", 4) { // a new value, and a new life
			t.Error("refused")
		}
		time.Sleep(time.Minute - 1) //nolint:forbidigo // virtual time
		wantValue(t, c, "a", 4)
		wantValue(t, c, "c", 0)
		c.Delete("a")
		c.Delete("never there")
		wantValue(t, c, "a", 0)
		if c.Len() != 0 || c.live.ItemCount() != 0 {
			t.Errorf("%d live, %d held, want none", c.Len(), c.live.ItemCount())
		}
	})
}

func TestCacheAddClaimsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := NewCache[int](time.Minute, 1000)
		var won atomic.Int32
		var all sync.WaitGroup
		for i := range 50 {
			all.Go(func() {
				if c.Add("a", i) {
					won.Add(1)
				}
			})
		}
		all.Wait()
		if won.Load() != 1 {
			t.Errorf("%d won the claim", won.Load())
		}
		time.Sleep(time.Minute - 1) //nolint:forbidigo // virtual time
		if c.Add("a", 1) {
			t.Error("claimed while the first claim lives")
		}
		time.Sleep(time.Nanosecond) //nolint:forbidigo // virtual time
		if !c.Add("a", 1) || c.Len() != 1 {
			t.Error("not to be claimed again after its end")
		}
	})
}

func TestCacheIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := NewCache[int](time.Minute, 3)
		for i := range 3 {
			c.Set(fmt.Sprint(i), i)
		}
		if c.Set("more", 1) || c.Add("more", 1) || c.SetFor("more", 1, time.Hour) {
			t.Error("a full cache takes more")
		}
		wantValue(t, c, "more", 0)
		if !c.Set("2", 5) {
			t.Error("a full cache does not replace")
		}
		wantValue(t, c, "2", 5)
		time.Sleep(time.Minute) //nolint:forbidigo // virtual time
		if !c.Add("more", 7) {
			t.Error("expired values keep their places")
		}
		wantValue(t, c, "more", 7)
		for _, none := range []*Cache[int]{NewCache[int](time.Minute, 0), NewCache[int](time.Minute, -1), NewCache[int](0, 5)} {
			if none.Set("a", 1) || none.Add("a", 1) {
				t.Error("a cache without room or life takes a value")
			}
		}
	})
}

func TestCacheSetWithoutLifeRemoves(t *testing.T) {
	c := NewCache[int](time.Minute, 3)
	c.Set("a", 1)
	if c.SetFor("a", 2, 0) {
		t.Error("put")
	}
	wantValue(t, c, "a", 0)
}

// TestCacheSweepsAsItGoes: without anyone asking, expired values go as fast as new ones come.
func TestCacheSweepsAsItGoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := NewCache[int](time.Second, 1<<20)
		for i := range 10_000 {
			c.Set(fmt.Sprint(i), i)
			time.Sleep(10 * time.Millisecond) //nolint:forbidigo // virtual time
		}
		if n := c.live.ItemCount(); n > 101 {
			t.Errorf("%d values held where 100 live", n)
		}
	})
}

func TestCacheClosed(t *testing.T) {
	c := NewCache[int](time.Minute, 3)
	c.Set("a", 1)
	c.Close()
	c.Close()
	wantValue(t, c, "a", 0)
	if c.Set("a", 1) || c.Add("a", 1) || c.Len() != 0 {
		t.Error("a closed cache takes values")
	}
	c.Delete("a")
}

// TestCacheAgainstAModel plays whatever calls against a map with ends.
func TestCacheAgainstAModel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rapid.Check(struct{ rapid.TB }{t}, playCache) // rapid asks a *testing.T for its deadline, which a bubble has not
	})
}

// cacheModel is a Cache of four places and ten seconds next to a map that does the same.
type cacheModel struct {
	cache *Cache[int]
	model map[string]modelValue
	step  int
}

type modelValue struct {
	value int
	ends  time.Time
}

const (
	modelPlaces = 4
	modelLife   = 10 * time.Second
)

func playCache(t *rapid.T) {
	m := cacheModel{cache: NewCache[int](modelLife, modelPlaces), model: map[string]modelValue{}}
	for m.step = range rapid.IntRange(1, 60).Draw(t, "steps") {
		m.play(t, rapid.SampledFrom([]string{"a", "b", "c", "d", "e", "f", "g"}).Draw(t, "key"))
		maps.DeleteFunc(m.model, func(_ string, v modelValue) bool { return !time.Now().Before(v.ends) })
		if m.cache.Len() != len(m.model) {
			t.Fatalf("%d live, want %d", m.cache.Len(), len(m.model))
		}
	}
}

func (m *cacheModel) play(t *rapid.T, key string) {
	old, there := m.model[key]
	room := there || len(m.model) < modelPlaces
	switch rapid.IntRange(0, 5).Draw(t, "do") {
	case 0:
		m.put(t, key, modelLife, room, m.cache.Set(key, m.step))
	case 1:
		life := time.Duration(rapid.IntRange(1, 20).Draw(t, "life")) * time.Second
		m.put(t, key, life, room, m.cache.SetFor(key, m.step, life))
	case 2:
		m.put(t, key, modelLife, room && !there, m.cache.Add(key, m.step))
	case 3:
		delete(m.model, key)
		m.cache.Delete(key)
	case 4:
		time.Sleep(time.Duration(rapid.IntRange(0, 5).Draw(t, "pass")) * time.Second) //nolint:forbidigo // virtual time
	case 5:
		if v, ok := m.cache.Get(key); v != old.value || ok != there {
			t.Fatalf("Get(%s) is %d, %v; want %d, %v", key, v, ok, old.value, there)
		}
	}
}

func (m *cacheModel) put(t *rapid.T, key string, life time.Duration, want, got bool) { //nolint:revive // what was told and what should be
	if got != want {
		t.Fatalf("step %d says %v, want %v", m.step, got, want)
	}
	if want {
		m.model[key] = modelValue{m.step, time.Now().Add(life)}
	}
}

func BenchmarkCacheGet(b *testing.B) {
	c := NewCache[int](time.Minute, 10)
	c.Set("a", 1)
	b.ReportAllocs()
	for b.Loop() {
		c.Get("a")
	}
}

func BenchmarkCacheAdd(b *testing.B) {
	keys := make([]string, 1<<16)
	for i := range keys {
		keys[i] = fmt.Sprint(i)
	}
	c := NewCache[int](time.Millisecond, 1<<16)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		c.Add(keys[i&(1<<16-1)], i)
		i++
	}
}

// TestCacheEach: every value that lives, also while it changes.
func TestCacheEach(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := NewCache[int](time.Minute, 9)
		c.Set("old", 1)
		time.Sleep(time.Minute) //nolint:forbidigo // virtual time
		c.Set("a", 2)
		c.Set("b", 3)
		seen := map[string]int{}
		c.Each(func(key string, value int) {
			seen[key] = value
			c.Delete(key)
		})
		if len(seen) != 2 || seen["a"] != 2 || seen["b"] != 3 || c.Len() != 0 {
			t.Errorf("%v, %d left", seen, c.Len())
		}
	})
}
