package state

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

func wantValue(t *testing.T, c *Cache[int], key string, want int, there bool) {
	t.Helper()
	if got, ok := c.Get(key); got != want || ok != there {
		t.Errorf("Get(%q) is %d, %v; want %d, %v", key, got, ok, want, there)
	}
}

func TestCacheValuesEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := NewCache[int](time.Minute, 10)
		if !c.Set("a", 1) || !c.SetFor("b", 2, time.Second) || !c.Add("c", 3) {
			t.Fatal("refused")
		}
		wantValue(t, c, "a", 1, true)
		wantValue(t, c, "b", 2, true)
		wantValue(t, c, "c", 3, true)
		wantValue(t, c, "d", 0, false)
		time.Sleep(time.Second - 1) //nolint:forbidigo // virtual time
		wantValue(t, c, "b", 2, true)
		time.Sleep(1) //nolint:forbidigo // virtual time
		wantValue(t, c, "b", 0, false)
		if c.Len() != 2 {
			t.Errorf("%d live, want 2", c.Len())
		}
		if !c.Set("a", 4) { // a new value, and a new life
			t.Error("refused")
		}
		time.Sleep(time.Minute - 1) //nolint:forbidigo // virtual time
		wantValue(t, c, "a", 4, true)
		wantValue(t, c, "c", 0, false)
		c.Delete("a")
		c.Delete("never there")
		wantValue(t, c, "a", 0, false)
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
		time.Sleep(1) //nolint:forbidigo // virtual time
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
		wantValue(t, c, "more", 0, false)
		if !c.Set("2", 5) {
			t.Error("a full cache does not replace")
		}
		wantValue(t, c, "2", 5, true)
		time.Sleep(time.Minute) //nolint:forbidigo // virtual time
		if !c.Add("more", 7) {
			t.Error("expired values keep their places")
		}
		wantValue(t, c, "more", 7, true)
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
	wantValue(t, c, "a", 0, false)
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
	wantValue(t, c, "a", 0, false)
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

func playCache(t *rapid.T) {
	const most = 4
	type value struct {
		v    int
		ends time.Time
	}
	c, model := NewCache[int](10*time.Second, most), map[string]value{}
	for i := range rapid.IntRange(1, 60).Draw(t, "steps") {
		for k, v := range model {
			if !time.Now().Before(v.ends) {
				delete(model, k)
			}
		}
		key := rapid.SampledFrom([]string{"a", "b", "c", "d", "e", "f", "g"}).Draw(t, "key")
		old, there := model[key]
		ttl, want, got := 10*time.Second, there || len(model) < most, false
		switch rapid.IntRange(0, 5).Draw(t, "do") {
		case 0:
			got = c.Set(key, i)
		case 1:
			ttl = time.Duration(rapid.IntRange(1, 20).Draw(t, "ttl")) * time.Second
			got = c.SetFor(key, i, ttl)
		case 2:
			want = want && !there
			got = c.Add(key, i)
		case 3:
			delete(model, key)
			c.Delete(key)
			continue
		case 4:
			time.Sleep(time.Duration(rapid.IntRange(0, 5).Draw(t, "pass")) * time.Second) //nolint:forbidigo // virtual time
			continue
		case 5:
			if v, ok := c.Get(key); v != old.v || ok != there {
				t.Fatalf("Get(%s) is %d, %v; want %d, %v", key, v, ok, old.v, there)
			}
			continue
		}
		if got != want {
			t.Fatalf("step %d says %v, want %v", i, got, want)
		}
		if want {
			model[key] = value{i, time.Now().Add(ttl)}
		}
		if c.Len() != len(model) {
			t.Fatalf("%d live, want %d", c.Len(), len(model))
		}
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
