package query

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"ivalt-radius/audit/chain"
	"ivalt-radius/audit/segment"
)

// Trail is where a trail's files lie: the live one, or a copy of it, and the directory of older segments, empty where there is
// none. Live may be one compressed segment, which then is the whole trail. A server may write it meanwhile.
type Trail struct{ Live, Archive string }

// now is the files of the trail at this moment.
func (t Trail) now() (segment.Moment, error) {
	if strings.HasSuffix(t.Live, ".gz") {
		return segment.Moment{Ended: []segment.File{{Path: filepath.Clean(t.Live), Compressed: true}}}, nil
	}
	m, err := segment.Now(t.Live, t.Archive)
	if err != nil {
		return m, fmt.Errorf("reading the trail: %w", err)
	}
	return m, nil
}

// Read gives each record of the trail that the filter wants, in order, none of them missed or twice while a server goes on in a new
// file. Lines that are no records are skipped and counted: verify names them. A line that by its first members, or for want of a name
// in it, is not wanted, is not looked at any further. It ends with the error that each returns, with ctx, or with one of reading. It
// holds one line in memory.
func (t Trail) Read(ctx context.Context, f Filter, each func(*Record) error) (unreadable int, err error) {
	m, err := t.now()
	if err != nil {
		return 0, err
	}
	defer m.Close()
	for _, file := range m.Ended {
		n, err := readSegment(ctx, m, file, f, each)
		unreadable += n
		if err != nil {
			return unreadable, err
		}
	}
	if m.Live == nil {
		return unreadable, nil
	}
	n, err := readLines(ctx, m.Live, t.Live, f, each)
	return unreadable + n, err
}

// Last is the last n records that the filter wants, in order. It reads no segment that it does not need.
func (t Trail) Last(ctx context.Context, n int, f Filter) ([]*Record, error) {
	m, err := t.now()
	if err != nil {
		return nil, err
	}
	defer m.Close()
	var found []*Record
	if m.Live != nil {
		if found, err = last(n, func(each func(*Record) error) error {
			_, err := readLines(ctx, m.Live, t.Live, f, each)
			return err
		}); err != nil {
			return nil, err
		}
	}
	for _, file := range slices.Backward(m.Ended) {
		if len(found) >= n {
			break
		}
		before, err := last(n-len(found), func(each func(*Record) error) error {
			_, err := readSegment(ctx, m, file, f, each)
			return err
		})
		if err != nil {
			return nil, err
		}
		found = append(before, found...)
	}
	return found, nil
}

// last keeps the last n of the records that are read.
func last(n int, read func(each func(*Record) error) error) ([]*Record, error) {
	var kept []*Record
	err := read(func(r *Record) error {
		r.Line = slices.Clone(r.Line)
		if kept = append(kept, r); len(kept) >= 2*n {
			kept = append(kept[:0], kept[len(kept)-n:]...)
		}
		return nil
	})
	return kept[max(0, len(kept)-n):], err
}

// Follow gives the records behind the first `after` ones that the filter wants, those that are there and then those that come, also
// where the server goes on to a new file. At each tick it looks whether there are more. It ends with ctx, without an error, or with
// the error that each returns.
func (t Trail) Follow(ctx context.Context, after uint64, f Filter, tick <-chan time.Time, each func(*Record) error) error {
	w := follower{trail: t, after: after, filter: f, each: each}
	defer func() { w.at.Close() }()
	for ctx.Err() == nil {
		if err := w.catchUp(ctx); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		select {
		case <-ctx.Done():
		case <-tick:
		}
	}
	return nil
}

// follower is how far a reader of a growing trail has come.
type follower struct {
	trail  Trail
	filter Filter
	each   func(*Record) error
	after  uint64 // the last record that was given, or passed over

	at   segment.Moment
	was  fs.FileInfo // the live file before
	anew bool        // the live file is another one, of which nothing was read yet: it may be a new trail
	torn []byte      // the beginning of a line whose end is not there yet
}

// catchUp gives what is there.
func (w *follower) catchUp(ctx context.Context) error {
	for {
		moved := w.at.Live == nil || w.moved()
		if w.at.Live != nil {
			if err := w.grown(ctx); err != nil { // also what came before the file ended
				return err
			}
		}
		if !moved {
			return nil
		}
		if again, err := w.reopen(ctx); err != nil || !again {
			return err
		}
	}
}

// moved reports that the path leads to another file than the one that is open, or to none, or that the file was cut back.
func (w *follower) moved() bool {
	own, err1 := w.at.Live.Stat()
	read, err2 := w.at.Live.Seek(0, io.SeekCurrent)
	return !w.at.Leads() || errors.Join(err1, err2) != nil || own.Size() < read
}

// reopen reads the segments that ended meanwhile, and opens the live file anew. It reports false where there is none to be read.
func (w *follower) reopen(ctx context.Context) (bool, error) {
	if is := identity(w.at.Live); is != nil {
		w.was = is
	}
	w.at.Close()
	w.at, w.torn = segment.Moment{}, nil
	m, err := w.trail.now()
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	w.at = m
	for _, file := range m.Ended {
		if file.Last <= w.after && !file.Live() {
			continue
		}
		if _, err := readSegment(ctx, m, file, Filter{}, w.give); err != nil {
			return false, err
		}
	}
	is := identity(m.Live)
	w.anew = w.was != nil && is != nil && !os.SameFile(w.was, is)
	return m.Live != nil, nil
}

// identity tells a file from another; nil where there is none.
func identity(file *os.File) fs.FileInfo {
	if file == nil {
		return nil
	}
	info, err := file.Stat()
	if err != nil {
		return nil
	}
	return info
}

// chunk is how much of a file is read at once, in octets.
const chunk = 256 << 10

// grown reads the whole lines that the live file has got.
func (w *follower) grown(ctx context.Context) error {
	more := make([]byte, chunk)
	for {
		n, err := w.at.Live.Read(more)
		text := append(w.torn, more[:n]...)
		whole := bytes.LastIndexByte(text, '\n') + 1
		if _, err := readLines(ctx, bytes.NewReader(text[:whole]), w.trail.Live, Filter{}, w.give); err != nil {
			return err
		}
		w.torn = slices.Clone(text[whole:][:min(len(text)-whole, chain.MaxLine+1)]) // enough to see that it is too long
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading %s: %w", w.trail.Live, err)
		}
	}
}

// give passes on a record that was not given before.
func (w *follower) give(r *Record) error {
	if w.anew && r.Seq == 1 {
		w.after = 0
	}
	w.anew = false
	if r.Seq <= w.after {
		return nil
	}
	w.after = r.Seq
	if !w.filter.Wants(r) {
		return nil
	}
	return w.each(r)
}
