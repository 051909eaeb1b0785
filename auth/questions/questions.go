package questions

import (
	"crypto/rand"
	"crypto/sha256"
	"sync"
	"time"
)

// Open are the questions that wait for their answer, by the digest of their State: so the time of a look-up tells nothing of any. Its methods
// are safe for concurrent use. New makes one.
type Open[T any] struct {
	mu     sync.Mutex
	open   map[digest]*question[T]
	closed bool
}

type digest [sha256.Size]byte

type question[T any] struct {
	value T
	timer *time.Timer
}

// New makes an empty Open.
func New[T any]() *Open[T] { return &Open[T]{open: map[digest]*question[T]{}} }

// State draws a State: 26 characters that hold 128 random bits at least.
func State() string { return rand.Text() }

// Put opens a question under its State; false where as many as most are open, or after Close. lapse is called once where nobody takes it in time.
func (o *Open[T]) Put(state string, value T, life time.Duration, most int, lapse func(T)) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed || len(o.open) >= most {
		return false
	}
	name, q := digest(sha256.Sum256([]byte(state))), &question[T]{value: value}
	q.timer = time.AfterFunc(life, func() {
		if o.remove(name, q) {
			lapse(value)
		}
	})
	o.open[name] = q
	return true
}

// Take closes the question of a State, whoever answers it; false where none is open.
func (o *Open[T]) Take(state []byte) (value T, found bool) {
	name := digest(sha256.Sum256(state))
	o.mu.Lock()
	q := o.open[name]
	o.mu.Unlock()
	if q == nil || !o.remove(name, q) {
		return value, false
	}
	q.timer.Stop()
	return q.value, true
}

// remove is true for the one who closes the question.
func (o *Open[T]) remove(name digest, q *question[T]) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.open[name] != q {
		return false
	}
	delete(o.open, name)
	return true
}

// Close ends all questions, for good, and returns them.
func (o *Open[T]) Close() []T {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
	all := make([]T, 0, len(o.open))
	for _, q := range o.open {
		q.timer.Stop()
		all = append(all, q.value)
	}
	clear(o.open)
	return all
}

// Len is how many are open.
func (o *Open[T]) Len() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.open)
}
