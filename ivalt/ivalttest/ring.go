package ivalttest

import "sync"

// ring keeps the last items and forgets the rest. Safe for concurrent use.
type ring[T any] struct {
	mu    sync.Mutex
	items []T
	count int // items ever added
}

func newRing[T any](size int) *ring[T] { return &ring[T]{items: make([]T, size)} }

func (r *ring[T]) add(item T) {
	r.mu.Lock()
	r.items[r.count%len(r.items)] = item
	r.count++
	r.mu.Unlock()
}

// last returns up to n items, newest first.
func (r *ring[T]) last(n int) []T {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make([]T, 0, min(n, r.count, len(r.items)))
	for i := range cap(out) {
		out = append(out, r.items[(r.count-1-i)%len(r.items)])
	}
	return out
}

func (r *ring[T]) reset() {
	r.mu.Lock()
	clear(r.items)
	r.count = 0
	r.mu.Unlock()
}
