package window

import (
	"time"

	"ivalt-radius/guard"
	"ivalt-radius/state/line"
)

// Entry is what is known of one subject.
type Entry struct {
	Window Window

	// What was said of it last.
	Said     bool
	SaidAt   time.Duration
	Severity guard.Severity
	Evidence uint64 // the number of the last line of evidence that was handed out

	Waiting bool // more is to be said of it
	Peak    int  // the highest count since
	Last    time.Duration

	key   uint64
	place line.Place[Entry]
}

// Table holds the entries of many subjects, bounded: the one that was touched longest ago makes room for a new one.
type Table struct {
	most    int
	entries map[uint64]*Entry
	touched line.Line[Entry] // longest ago first
}

// NewTable makes a table for at most so many subjects. It grows as they come.
func NewTable(most int) *Table {
	return &Table{most: max(1, most), entries: map[uint64]*Entry{}}
}

// Len is how many subjects are known.
func (t *Table) Len() int { return len(t.entries) }

// Find is a subject's entry; nil where it is not known. It does not count as a touch.
func (t *Table) Find(key uint64) *Entry { return t.entries[key] }

// Take is a subject's entry, a new one where it is not known.
func (t *Table) Take(key uint64) *Entry {
	e := t.entries[key]
	switch {
	case e != nil:
	case len(t.entries) >= t.most:
		e = t.touched.First()
		e.place.Leave()
		delete(t.entries, e.key)
		e.Window.Clear()
		*e = Entry{Window: e.Window, key: key}
		t.entries[key] = e
	default:
		e = &Entry{key: key}
		t.entries[key] = e
	}
	t.touched.Join(&e.place, e)
	return e
}
