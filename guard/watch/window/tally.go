package window

import "time"

// parts is into how many parts a Tally's window falls: what it counts is exact to one of them.
const parts = 60

// Tally is how many events there were within a window, and how long they took together. NewTally makes one.
type Tally struct {
	width time.Duration // of a part
	slots [parts + 1]part
}

type part struct {
	number int64 // of the part since the beginning; what an older one left does not count
	n      int64
	took   time.Duration
}

// NewTally makes an empty tally of a window.
func NewTally(window time.Duration) Tally {
	return Tally{width: max(window/parts, time.Nanosecond)}
}

// Add counts one event.
func (t *Tally) Add(at, took time.Duration) {
	number := int64(at / t.width)
	p := &t.slots[number%int64(len(t.slots))]
	if p.number != number {
		*p = part{number: number}
	}
	p.n++
	p.took += took
}

// Sum is how many there were within the window, and how long they took together.
func (t *Tally) Sum(at time.Duration) (n int64, took time.Duration) {
	number := int64(at / t.width)
	for _, p := range t.slots {
		if p.number > number-int64(len(t.slots)) && p.number <= number {
			n += p.n
			took += p.took
		}
	}
	return n, took
}
