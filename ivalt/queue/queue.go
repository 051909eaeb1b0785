package queue

import (
	"container/heap"
	"time"
)

// Queue holds members in order: lower rank first, then earlier, then older. A member is at most once in each queue. It is not safe for concurrent use.
type Queue[M Member] struct {
	Lane  int // which of a member's places is this queue's
	items []Item[M]
}

// Member is what queues hold.
type Member interface {
	Place(lane int) *int32 // in a queue; -1: not in. It is the queue's to change.
	Born() uint64          // order of arrival
}

// Item is a member in its queue.
type Item[M Member] struct {
	At   time.Duration
	Rank uint8
	Of   M
}

func (q *Queue[M]) Len() int { return len(q.items) }

func (q *Queue[M]) Less(i, j int) bool { return q.items[i].Before(&q.items[j]) }

// Before reports that a member comes before another one.
func (a *Item[M]) Before(b *Item[M]) bool {
	if a.Rank != b.Rank {
		return a.Rank < b.Rank
	}
	if a.At != b.At {
		return a.At < b.At
	}
	return a.Of.Born() < b.Of.Born()
}

func (q *Queue[M]) Swap(i, j int) {
	q.items[i], q.items[j] = q.items[j], q.items[i]
	*q.items[i].Of.Place(q.Lane) = int32(i) //nolint:gosec // fewer
	*q.items[j].Of.Place(q.Lane) = int32(j) //nolint:gosec // fewer
}

// Push is for container/heap alone: Put does not box.
func (q *Queue[M]) Push(x any) {
	item, ok := x.(Item[M])
	if ok {
		q.items = append(q.items, item)
	}
}

// Pop is for container/heap alone: Remove does not box.
func (q *Queue[M]) Pop() any {
	item := q.items[len(q.items)-1]
	q.drop()
	return item
}

// Put sets a member's place in the queue, new or not.
func (q *Queue[M]) Put(l M, rank uint8, at time.Duration) {
	item := Item[M]{At: at, Rank: rank, Of: l}
	i := int(*l.Place(q.Lane))
	if i < 0 {
		i = len(q.items)
		q.items = append(q.items, item)
		*l.Place(q.Lane) = int32(i) //nolint:gosec // fewer
	} else {
		q.items[i] = item
	}
	heap.Fix(q, i)
}

// Remove takes a member out; it may not be in.
func (q *Queue[M]) Remove(l M) {
	i := int(*l.Place(q.Lane))
	if i < 0 {
		return
	}
	end := len(q.items) - 1
	if i != end {
		q.Swap(i, end)
	}
	q.drop()
	if i != end {
		heap.Fix(q, i)
	}
}

func (q *Queue[M]) drop() {
	end := len(q.items) - 1
	*q.items[end].Of.Place(q.Lane) = -1
	q.items[end] = Item[M]{}
	q.items = q.items[:end]
}

// First is the head; nil where the queue is empty.
func (q *Queue[M]) First() *Item[M] {
	if len(q.items) == 0 {
		return nil
	}
	return &q.items[0]
}

// Items are the members as they lie: the first one first, and the others in no order. They must not be changed.
func (q *Queue[M]) Items() []Item[M] { return q.items }
