package query

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"ivalt-radius/audit/chain"
	"ivalt-radius/audit/segment"
)

// Search is what Newest looks for.
type Search struct {
	Filter Filter
	Before uint64        // records with a lower number alone; 0: all
	Most   int           // records, at least 1
	Near   time.Duration // once one is found: the others are older by this at most; 0: by however much
}

// Found is what Newest found.
type Found struct {
	Records []*Record // the newest first
	Done    bool      // no older record is wanted
	Reached uint64    // where Done is false: the records with this number and higher ones were looked at; 0: none was
	Time    time.Time // of that record
}

// apart is how much times in a trail, which follow each other, may go back where a clock was set. What a clock was set back by more than that, a
// search with bounds in time may miss.
const apart = time.Hour

// Newest finds the newest records that are wanted. It looks from the end of the trail to its beginning, for as long as it must: files that
// are not compressed block by block, those that are as wholes. It ends with ctx, without an error: Done is false then. It holds what it
// has found, and a block, in memory.
func (t Trail) Newest(ctx context.Context, s Search) (Found, error) {
	m, err := t.now()
	if err != nil {
		return Found{}, err
	}
	defer m.Close()
	w := searcher{Search: s, sieve: newSieve(s.Filter)}
	if m.Live != nil {
		err = w.backward(ctx, m.Live)
	}
	for _, file := range slices.Backward(m.Ended) {
		if err != nil {
			break
		}
		if s.Before == 0 || file.First < s.Before {
			err = w.segment(ctx, m, file)
		}
	}
	w.found.Done = err == nil || errors.Is(err, errOlder)
	if w.found.Done || errors.Is(err, errFull) || ctx.Err() != nil {
		return w.found, nil
	}
	return w.found, err
}

// Why a search ends before the trail does.
var (
	errFull  = errors.New("as many as are wanted")
	errOlder = errors.New("what is left is too old")
)

// searcher is how far a search has come.
type searcher struct {
	Search

	sieve sieve
	found Found
}

// segment looks at a file that has ended.
func (w *searcher) segment(ctx context.Context, m segment.Moment, file segment.File) error {
	in, err := m.Open(file)
	if err != nil {
		return fmt.Errorf("reading the trail: %w", err)
	}
	defer func() { _ = in.Close() }() // only read
	if plain, ok := in.(*os.File); ok {
		return w.backward(ctx, plain)
	}
	again, err := m.Open(file)
	if err != nil {
		return fmt.Errorf("reading the trail: %w", err)
	}
	first, unknown := segment.FirstOf(again)
	_ = again.Close() // only read
	if unknown == nil && w.late(first.Seq, first.Time) {
		return w.reached(first.Seq, first.Time)
	}
	if err := w.forward(ctx, in, file.Path); err != nil || unknown != nil {
		return err
	}
	return w.reached(first.Seq, first.Time)
}

// forward looks at a file that can be read from its beginning alone.
func (w *searcher) forward(ctx context.Context, in io.Reader, path string) error {
	records, err := last(w.Most-len(w.found.Records), func(each func(*Record) error) error {
		_, err := readLines(ctx, in, path, w.Filter, func(r *Record) error {
			if w.Before > 0 && r.Seq >= w.Before {
				return errOlder // the rest is newer than what is wanted
			}
			return each(r)
		})
		if errors.Is(err, errOlder) {
			return nil
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, r := range slices.Backward(records) {
		if err := w.take(r); err != nil {
			return err
		}
	}
	return nil
}

// backward looks at a file block by block, the last one first. A torn last line is none.
func (w *searcher) backward(ctx context.Context, in *os.File) error {
	info, err := in.Stat()
	if err != nil {
		return fmt.Errorf("reading the trail: %w", err)
	}
	torn := true
	var rest []byte // the end of a line whose beginning lies before
	for end := info.Size(); end > 0; {
		if err := ctx.Err(); err != nil {
			return err
		}
		from := max(0, end-chunk)
		text := make([]byte, end-from, end-from+int64(len(rest)))
		if _, err := in.ReadAt(text, from); err != nil {
			return fmt.Errorf("reading %s: %w", in.Name(), err)
		}
		end = from
		if torn {
			text = text[:bytes.LastIndexByte(text, '\n')+1]
			torn = len(text) == 0
		}
		text = append(text, rest...)
		begins := 0
		if from > 0 {
			begins = bytes.IndexByte(text, '\n') + 1
		}
		if begins == 0 && from > 0 {
			begins = len(text)
		}
		if err := w.block(text[begins:]); err != nil {
			return err
		}
		rest = slices.Clone(text[max(0, begins-chain.MaxLine-1):begins]) // enough to see that it is too long
	}
	return nil
}

// block looks at whole lines, the last one first.
func (w *searcher) block(text []byte) error {
	seq, at := oldest(text)
	if seq == 0 || !w.late(seq, at) {
		for len(text) > 0 {
			text = bytes.TrimSuffix(text, []byte("\n"))
			begins := bytes.LastIndexByte(text, '\n') + 1
			if err := w.line(text[begins:]); err != nil {
				return err
			}
			text = text[:begins]
		}
	}
	if seq == 0 {
		return nil
	}
	return w.reached(seq, at)
}

// oldest is the first record of a block; 0: it has none.
func oldest(text []byte) (seq uint64, at time.Time) {
	for line := range bytes.Lines(text) {
		if r, err := Parse(bytes.TrimSuffix(line, []byte("\n"))); err == nil && len(line) <= chain.MaxLine {
			return r.Seq, r.Time
		}
	}
	return 0, time.Time{}
}

// line looks at one line.
func (w *searcher) line(line []byte) error {
	if len(line) >= chain.MaxLine || !w.sieve.passes(line) {
		return nil
	}
	r, err := Parse(line)
	if err != nil || w.Before > 0 && r.Seq >= w.Before || !w.Filter.Wants(r) {
		return nil //nolint:nilerr // it is no record: verify names it
	}
	r.Line = slices.Clone(line)
	return w.take(r)
}

// take keeps a record that is wanted.
func (w *searcher) take(r *Record) error {
	w.found.Records = append(w.found.Records, r)
	if len(w.found.Records) < w.Most {
		return nil
	}
	w.found.Reached, w.found.Time = r.Seq, r.Time
	return errFull
}

// late reports that nothing is wanted of what begins with a record.
func (w *searcher) late(seq uint64, at time.Time) bool {
	until := w.Filter.Until
	return w.Before > 0 && seq >= w.Before || !until.IsZero() && !at.Before(until.Add(apart))
}

// reached notes what was looked at, and says where nothing older is wanted.
func (w *searcher) reached(seq uint64, at time.Time) error {
	w.found.Reached, w.found.Time = seq, at
	if since := w.Filter.Since; !since.IsZero() && at.Before(since.Add(-apart)) {
		return errOlder
	}
	if n := len(w.found.Records); w.Near > 0 && n > 0 && at.Before(w.found.Records[n-1].Time.Add(-w.Near)) {
		return errOlder
	}
	return nil
}
