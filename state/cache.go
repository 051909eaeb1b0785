package state

import (
	"container/heap"
	"slices"
	"sync"
	"time"

	gocache "github.com/patrickmn/go-cache"
)

// Cache holds values that end by themselves, at most a given number of them. It wraps go-cache, which is untyped, has no
// bound, and sweeps with a goroutine that nothing stops.
//
// A value is there until its lifetime has passed, by the monotonic clock: go-cache compares wall-clock times, so that a
// clock set forward would end claims early and let a second push out. An expired value's memory goes back at one of the
// next writes, a few at a time; there is no goroutine. All methods are safe for concurrent use.
type Cache[V any] struct {
	ttl  time.Duration
	most int

	live *gocache.Cache // key to *entry[V]

	mu     sync.Mutex // of all writes, and of what follows
	ends   endings[V]
	closed bool
}

// entry is never changed once it is in the cache, but for index, which the Cache's lock guards.
type entry[V any] struct {
	key   string
	value V
	ends  time.Time
	index int // in endings
}

// sweepSteps is how many expired values one write removes: more than it adds, so that they cannot pile up.
const sweepSteps = 4

// NewCache makes a cache whose values live for ttl where nothing else is said. most bounds their number; a cache with most
// <= 0 holds nothing.
func NewCache[V any](ttl time.Duration, most int) *Cache[V] {
	return &Cache[V]{ttl: ttl, most: most, live: gocache.New(gocache.NoExpiration, 0)}
}

// Get returns the value, and whether there is one that still lives.
func (c *Cache[V]) Get(key string) (V, bool) {
	if e := c.find(key); e != nil {
		return e.value, true
	}
	var none V
	return none, false
}

// Set puts or replaces a value with the cache's own lifetime. It reports false where the cache is full of living values,
// or closed: then nothing was put.
func (c *Cache[V]) Set(key string, value V) bool { return c.SetFor(key, value, c.ttl) }

// SetFor is Set with a lifetime. A lifetime <= 0 removes the key and reports false.
func (c *Cache[V]) SetFor(key string, value V, ttl time.Duration) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.remove(key)
	return c.put(key, value, ttl)
}

// Add is the atomic claim: of many that add the same key at a time, one is told true. It reports false where a value lives
// under the key, and where the cache is full or closed: what cannot be claimed is not granted.
func (c *Cache[V]) Add(key string, value V) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.find(key) != nil {
		return false
	}
	c.remove(key)
	return c.put(key, value, c.ttl)
}

// Delete removes a value; a key that is not there is no error.
func (c *Cache[V]) Delete(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.remove(key)
}

// Len is the number of living values. It sweeps all expired ones.
func (c *Cache[V]) Len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sweep(len(c.ends))
	return len(c.ends)
}

// Each calls do for each value that lives when it is called, in no order. do may use the cache: what happens meanwhile may be seen or not. The lock is
// held for as long as it takes to copy a pointer to each.
func (c *Cache[V]) Each(do func(key string, value V)) {
	c.mu.Lock()
	all := slices.Clone(c.ends)
	c.mu.Unlock()
	now := time.Now()
	for _, e := range all {
		if now.Before(e.ends) {
			do(e.key, e.value)
		}
	}
}

// Close forgets everything, for good: Get finds nothing and Set and Add refuse from then on.
func (c *Cache[V]) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	c.ends = nil
	c.live.Flush()
}

func (c *Cache[V]) find(key string) *entry[V] {
	e := c.stored(key)
	if e == nil || !time.Now().Before(e.ends) {
		return nil
	}
	return e
}

// stored is the entry under the key, expired or not.
func (c *Cache[V]) stored(key string) *entry[V] {
	v, _ := c.live.Get(key)
	e, _ := v.(*entry[V])
	return e
}

func (c *Cache[V]) put(key string, value V, ttl time.Duration) bool {
	c.sweep(sweepSteps)
	if c.closed || ttl <= 0 || len(c.ends) >= c.most {
		return false
	}
	e := &entry[V]{key: key, value: value, ends: time.Now().Add(ttl)}
	heap.Push(&c.ends, e)
	c.live.Set(key, e, gocache.NoExpiration)
	return true
}

func (c *Cache[V]) remove(key string) {
	if e := c.stored(key); e != nil {
		heap.Remove(&c.ends, e.index)
		c.live.Delete(key)
	}
}

// sweep removes up to n expired values.
func (c *Cache[V]) sweep(n int) {
	now := time.Now()
	for ; n > 0 && len(c.ends) > 0 && !now.Before(c.ends[0].ends); n-- {
		c.remove(c.ends[0].key)
	}
}

// endings is a heap of entries, the first to end on top.
type endings[V any] []*entry[V]

func (h endings[V]) Len() int           { return len(h) }
func (h endings[V]) Less(i, j int) bool { return h[i].ends.Before(h[j].ends) }

func (h endings[V]) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

// Push implements heap.Interface.
func (h *endings[V]) Push(x any) {
	if e, ok := x.(*entry[V]); ok {
		e.index = len(*h)
		*h = append(*h, e)
	}
}

// Pop implements heap.Interface.
func (h *endings[V]) Pop() any {
	last := len(*h) - 1
	e := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return e
}
