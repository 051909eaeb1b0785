package carried

import (
	"crypto/sha256"
	"sync"
	"time"
)

// mostBefore bounds the attempts of the process before; how many wait is bounded by max_attempts anyway.
const mostBefore = 1 << 20

// Table has the attempts of the process before that nobody has gone on with yet. NewTable makes one; a nil Table is empty. It is safe for concurrent
// use.
type Table struct {
	mu     sync.Mutex
	before map[[sha256.Size]byte]*Attempt
}

// NewTable has the attempts that still wait; nil where none does. What has no key is left out.
func NewTable(all []Attempt, now time.Time) *Table {
	t := &Table{before: map[[sha256.Size]byte]*Attempt{}}
	for i := range all {
		if k, ok := Key(all[i].Key); ok && now.Before(all[i].Until) && len(t.before) < mostBefore {
			t.before[k] = &all[i]
		}
	}
	if len(t.before) == 0 {
		return nil
	}
	return t
}

// Find is the attempt with a key; nil where there is none, or nobody waits for it any more.
func (t *Table) Find(key [sha256.Size]byte, now time.Time) *Attempt {
	if t == nil {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if a := t.before[key]; a != nil && now.Before(a.Until) {
		return a
	}
	return nil
}

// Take is Find, once.
func (t *Table) Take(key [sha256.Size]byte, now time.Time) *Attempt {
	a := t.Find(key, now)
	if a == nil {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.before[key] != a {
		return nil
	}
	delete(t.before, key)
	return a
}
