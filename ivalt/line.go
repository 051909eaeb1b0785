package ivalt

import "ivalt-radius/ivalt/queue"

// line is a queue of logins.
type line = queue.Queue[*login]

// The queues that a login has a place in.
const (
	timers = iota
	ready
	laneCount
)

// Place implements queue.Member.
func (l *login) Place(lane int) *int32 { return &l.place[lane] }

// Born implements queue.Member.
func (l *login) Born() uint64 { return l.id }
