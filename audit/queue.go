package audit

import (
	"bytes"
	"sync"

	"ivalt-radius/audit/chain"
)

// group is the records that are written and synced together.
type group struct {
	fields  []byte // of all records, one behind the other
	records []queued
	ticket  *ticket // nil where nobody waits
	signed  bool    // a checkpoint comes right behind
}

type queued struct {
	kind Type
	end  int // of its fields
}

// ticket is what the Commits of one group wait for.
type ticket struct {
	done chan struct{} // closed when the group is durable or lost
	err  error         // to be read once done is closed
}

// keepRoom is the room that a group keeps for the next one; more, after a burst, goes back.
const keepRoom = 4 << 20

func (g *group) reset() {
	if cap(g.fields) > keepRoom {
		g.fields, g.records = nil, nil
	}
	g.fields, g.records, g.ticket, g.signed = g.fields[:0], g.records[:0], nil, false
}

// queue holds the group that is being filled. Its callers copy a few hundred octets under the lock and never wait for
// the disk.
type queue struct {
	most    int // records that Post may fill; Commit may fill as many again
	buffers sync.Pool

	mu      sync.Mutex
	open    *group
	closed  bool
	dropped uint64 // records that found the queue full
}

// room is how many octets a record may take of the queue on average.
const room = 512

func newQueue(most int) *queue {
	return &queue{
		most:    most,
		buffers: sync.Pool{New: func() any { b := make([]byte, 0, 1024); return &b }},
		open:    &group{},
	}
}

// post queues an event and returns how many are queued with it.
func (q *queue) post(e Event) (length int, err error) {
	fields, err := q.render(e)
	defer q.giveBack(fields)
	if err != nil {
		return 0, err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if err := q.add(e.EventType(), *fields, q.most); err != nil {
		return 0, err
	}
	return len(q.open.records), nil
}

// commit queues an event and returns what to wait for.
func (q *queue) commit(e Event) (*ticket, error) {
	fields, err := q.render(e)
	defer q.giveBack(fields)
	if err != nil {
		return nil, err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if err := q.add(e.EventType(), *fields, 2*q.most); err != nil {
		return nil, err
	}
	q.open.signed = q.open.signed || vouches(e)
	if q.open.ticket == nil {
		q.open.ticket = &ticket{done: make(chan struct{})}
	}
	return q.open.ticket, nil
}

// render writes the event's fields into a buffer that giveBack takes.
func (q *queue) render(e Event) (*[]byte, error) {
	fields, _ := q.buffers.Get().(*[]byte)
	*fields = e.AppendFields((*fields)[:0])
	switch {
	case len(*fields) > chain.MaxFields:
		return fields, ErrTooLarge
	case bytes.IndexByte(*fields, '\n') >= 0:
		return fields, ErrMalformed
	}
	return fields, nil
}

func (q *queue) giveBack(fields *[]byte) {
	if cap(*fields) <= chain.MaxFields {
		q.buffers.Put(fields)
	}
}

func (q *queue) add(kind Type, fields []byte, most int) error {
	if q.closed {
		return ErrClosed
	}
	g := q.open
	if len(g.records) >= most || len(g.fields)+len(fields) > most*room {
		q.dropped++
		return ErrFull
	}
	g.fields = append(g.fields, fields...)
	g.records = append(g.records, queued{kind: kind, end: len(g.fields)})
	return nil
}

// swap hands the filled group to the writer, which gives back the one before.
func (q *queue) swap(done *group) (filled *group, dropped uint64, closed bool) {
	done.reset()
	q.mu.Lock()
	defer q.mu.Unlock()
	filled = q.open
	q.open = done
	return filled, q.dropped, q.closed
}

// waiting is how many records the writer has not taken yet.
func (q *queue) waiting() uint64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	return uint64(len(q.open.records))
}

// close refuses what comes from now on. It reports false where the queue was closed before.
func (q *queue) close() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	was := q.closed
	q.closed = true
	return !was
}
