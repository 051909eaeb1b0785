package sighting

// How many are kept.
const (
	mostProven    = 12288
	mostUnproven  = 4096
	mostStrangers = 1024
)

// entry is a record on its shelf.
type entry struct {
	record

	peer    Peer
	changed bool // since it was written
	written bool // the state has it

	prev, next *entry
}

// shelf holds entries, the least recently heard at its tail. The zero shelf is empty.
type shelf struct {
	head, tail *entry
	size       int
}

func (s *shelf) push(e *entry) {
	e.prev, e.next = nil, s.head
	if s.head == nil {
		s.tail = e
	} else {
		s.head.prev = e
	}
	s.head = e
	s.size++
}

func (s *shelf) remove(e *entry) {
	if e.prev == nil {
		s.head = e.next
	} else {
		e.prev.next = e.next
	}
	if e.next == nil {
		s.tail = e.prev
	} else {
		e.next.prev = e.prev
	}
	e.prev, e.next = nil, nil
	s.size--
}

// touch makes an entry of the shelf its most recent one.
func (s *shelf) touch(e *entry) {
	if s.head != e {
		s.remove(e)
		s.push(e)
	}
}
