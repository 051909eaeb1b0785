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

// listing is the files of a trail at one moment. live is open, nil where there is none: whatever the server does, it is what
// follows the segments.
type listing struct {
	segments []segment.File
	live     *os.File
}

func (l listing) close() {
	if l.live != nil {
		_ = l.live.Close() // only read
	}
}

// identity tells the live file from another; nil where there is none.
func (l listing) identity() fs.FileInfo {
	if l.live == nil {
		return nil
	}
	info, err := l.live.Stat()
	if err != nil {
		return nil
	}
	return info
}

// list opens the live file, and then sees that no segment came into being before it was opened.
func (t Trail) list() (listing, error) {
	if strings.HasSuffix(t.Live, ".gz") {
		return listing{segments: []segment.File{{Path: filepath.Clean(t.Live), Compressed: true}}}, nil
	}
	before, err := t.segments()
	for err == nil {
		var l listing
		file, opened := segment.Read(t.Live)
		if opened == nil {
			l.live = file
		}
		l.segments, err = t.segments()
		switch {
		case err != nil || newest(l.segments) != newest(before):
			l.close()
			before = l.segments
		case opened == nil || errors.Is(opened, fs.ErrNotExist) && len(before) > 0:
			return l, nil
		default:
			err = opened
		}
	}
	return listing{}, fmt.Errorf("reading the trail: %w", err)
}

func (t Trail) segments() ([]segment.File, error) {
	files, err := segment.List(t.Live, t.Archive)
	return slices.DeleteFunc(files, segment.File.Live), err
}

// newest is the last record in a segment.
func newest(segments []segment.File) uint64 {
	if len(segments) == 0 {
		return 0
	}
	return segments[len(segments)-1].Last
}

// Read gives each record of the trail that the filter wants, in order, as the function Read does.
func (t Trail) Read(ctx context.Context, f Filter, each func(*Record) error) (unreadable int, err error) {
	l, err := t.list()
	if err != nil {
		return 0, err
	}
	defer l.close()
	unreadable, err = Read(ctx, l.segments, f, each)
	if err != nil || l.live == nil {
		return unreadable, err
	}
	n, err := readLines(ctx, l.live, t.Live, f, each)
	return unreadable + n, err
}

// Last is the last n records that the filter wants, in order. It reads no segment that it does not need.
func (t Trail) Last(ctx context.Context, n int, f Filter) ([]*Record, error) {
	l, err := t.list()
	if err != nil {
		return nil, err
	}
	defer l.close()
	var found []*Record
	if l.live != nil {
		if found, err = last(n, func(each func(*Record) error) error {
			_, err := readLines(ctx, l.live, t.Live, f, each)
			return err
		}); err != nil {
			return nil, err
		}
	}
	for _, file := range slices.Backward(l.segments) {
		if len(found) >= n {
			break
		}
		before, err := last(n-len(found), func(each func(*Record) error) error {
			_, err := Read(ctx, []segment.File{file}, f, each)
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
	defer func() { w.at.close() }()
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

	at   listing
	was  fs.FileInfo // the live file before
	anew bool        // the live file is another one, of which nothing was read yet: it may be a new trail
	torn []byte      // the beginning of a line whose end is not there yet
}

// catchUp gives what is there.
func (w *follower) catchUp(ctx context.Context) error {
	for {
		moved := w.at.live == nil || w.moved()
		if w.at.live != nil {
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
	own, err1 := w.at.live.Stat()
	there, err2 := os.Stat(w.trail.Live)
	read, err3 := w.at.live.Seek(0, io.SeekCurrent)
	return errors.Join(err1, err2, err3) != nil || !os.SameFile(own, there) || own.Size() < read
}

// reopen reads the segments that ended meanwhile, and opens the live file anew. It reports false where there is none to be read.
func (w *follower) reopen(ctx context.Context) (bool, error) {
	if is := w.at.identity(); is != nil {
		w.was = is
	}
	w.at.close()
	w.at, w.torn = listing{}, nil
	l, err := w.trail.list()
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	w.at = l
	for _, file := range l.segments {
		if file.Last <= w.after && !file.Live() {
			continue
		}
		if _, err := Read(ctx, []segment.File{file}, Filter{}, w.give); err != nil {
			return false, err
		}
	}
	is := l.identity()
	w.anew = w.was != nil && is != nil && !os.SameFile(w.was, is)
	return l.live != nil, nil
}

// chunk is how much of a file is read at once, in octets.
const chunk = 256 << 10

// grown reads the whole lines that the live file has got.
func (w *follower) grown(ctx context.Context) error {
	more := make([]byte, chunk)
	for {
		n, err := w.at.live.Read(more)
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
