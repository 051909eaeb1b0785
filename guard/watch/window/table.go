package window

import (
	"time"

	"ivalt-radius/guard"
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

	key           uint64
	before, after *Entry // in the order in which they were touched
}

// Table holds the entries of many subjects, bounded: the one that was touched longest ago makes room for a new one.
type Table struct {
	most    int
	entries map[uint64]*Entry
	oldest  *Entry
	newest  *Entry
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
		t.unlink(e)
	case len(t.entries) >= t.most:
		e = t.oldest
		t.unlink(e)
		delete(t.entries, e.key)
		e.Window.Clear()
		*e = Entry{Window: e.Window, key: key}
		t.entries[key] = e
	default:
		e = &Entry{key: key}
		t.entries[key] = e
	}
	t.link(e)
	return e
}

// link makes an entry the newest.
func (t *Table) link(e *Entry) {
	e.before, e.after = t.newest, nil
	if t.newest != nil {
		t.newest.after = e
	} else {
		t.oldest = e
	}
	t.newest = e
}

func (t *Table) unlink(e *Entry) {
	if e.before != nil {
		e.before.after = e.after
	} else {
		t.oldest = e.after
	}
	if e.after != nil {
		e.after.before = e.before
	} else {
		t.newest = e.before
	}
}
