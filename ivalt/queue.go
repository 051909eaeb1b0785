package ivalt

import "container/heap"

// queue holds logins in order: lower rank first, then earlier, then older. A login is at most once in each queue.
type queue struct {
	lane  lane
	items []queued
}

// lane says which queue of a login's places a queue is.
type lane uint8

const (
	timers lane = iota
	ready
	laneCount
)

type queued struct {
	at    instant
	rank  uint8
	login *login
}

func (q *queue) Len() int { return len(q.items) }

func (q *queue) Less(i, j int) bool { return q.items[i].before(&q.items[j]) }

func (a *queued) before(b *queued) bool {
	if a.rank != b.rank {
		return a.rank < b.rank
	}
	if a.at != b.at {
		return a.at < b.at
	}
	return a.login.id < b.login.id
}

func (q *queue) Swap(i, j int) {
	q.items[i], q.items[j] = q.items[j], q.items[i]
	q.items[i].login.place[q.lane] = int32(i) //nolint:gosec // fewer
	q.items[j].login.place[q.lane] = int32(j) //nolint:gosec // fewer
}

// Push and Pop are for container/heap alone; put and take do not box.

func (q *queue) Push(x any) {
	item, ok := x.(queued)
	if ok {
		q.items = append(q.items, item)
	}
}

func (q *queue) Pop() any {
	item := q.items[len(q.items)-1]
	q.drop()
	return item
}

// put sets a login's place in the queue, new or not.
func (q *queue) put(l *login, rank uint8, at instant) {
	item := queued{at: at, rank: rank, login: l}
	i := int(l.place[q.lane])
	if i < 0 {
		i = len(q.items)
		q.items = append(q.items, item)
		l.place[q.lane] = int32(i) //nolint:gosec // fewer
	} else {
		q.items[i] = item
	}
	heap.Fix(q, i)
}

// remove takes a login out; it may not be in.
func (q *queue) remove(l *login) {
	i := int(l.place[q.lane])
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

func (q *queue) drop() {
	end := len(q.items) - 1
	q.items[end].login.place[q.lane] = -1
	q.items[end] = queued{}
	q.items = q.items[:end]
}

// first is the head; nil where the queue is empty.
func (q *queue) first() *queued {
	if len(q.items) == 0 {
		return nil
	}
	return &q.items[0]
}
