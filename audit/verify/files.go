package verify

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"

	"ivalt-radius/audit/chain"
	"ivalt-radius/audit/segment"
)

// maxExpanded bounds what one compressed segment may expand to: four times the largest that the settings allow.
const maxExpanded = 4 << 30

// spare is how many lines, and spareBytes how many octets a segment may have beyond those that its name allows before it is given up.
const (
	spare      = maxFindings
	spareBytes = 64 << 20
)

// Errors of a file that is given up.
var (
	errTooLarge = errors.New("it expands to more than a segment may hold; the rest is not read")
	errTooMany  = errors.New("it has far more lines than its name says; the rest is not read")
)

// bounded gives up where a file holds more than it can, and where ctx ends.
type bounded struct {
	ctx   context.Context //nolint:containedctx // of the one call that reads
	r     io.Reader
	bytes int64 // left
	lines int64 // left
}

// Read implements io.Reader.
func (b *bounded) Read(p []byte) (int, error) {
	switch {
	case b.ctx.Err() != nil:
		return 0, b.ctx.Err()
	case b.bytes <= 0:
		return 0, errTooLarge
	case b.lines < 0:
		return 0, errTooMany
	}
	n, err := b.r.Read(p)
	b.bytes -= int64(n)
	b.lines -= int64(bytes.Count(p[:n], []byte{'\n'}))
	return n, err
}

// limit is the reader for one file's content.
func limit(ctx context.Context, f segment.File, r io.Reader) io.Reader {
	b := &bounded{ctx: ctx, r: r, bytes: 1<<63 - 1, lines: 1<<63 - 1}
	if f.Live() {
		return b
	}
	if records := f.Last - f.First + 1; records < maxExpanded/chain.MaxLine {
		b.lines, b.bytes = int64(records)+spare, int64(records)*chain.MaxLine+spareBytes
	} else if records < 1<<62 {
		b.lines = int64(records) + spare
	}
	if f.Compressed {
		b.bytes = min(b.bytes, maxExpanded)
	}
	return b
}

// file reads one file of the trail.
func (j *judge) file(ctx context.Context, m segment.Moment, f segment.File, i int) {
	j.index = i
	j.report.Files++
	defer func() { j.ended = f }()
	whole := chain.Finding{File: f.Path}
	var in io.Reader = m.Live
	if !f.Live() {
		segment, err := m.Open(f)
		if err != nil {
			j.find(whole, "damaged: it cannot be opened: %s", reason(err))
			return
		}
		defer func() { _ = segment.Close() }() // only read
		in = segment
	}
	span, err := j.chain.Read(f.Path, limit(ctx, f, in))
	switch {
	case ctx.Err() != nil:
		return
	case err != nil:
		j.find(whole, "damaged or cut off: it cannot be read to its end: %s", reason(err))
	case span.Torn && (!f.Live() || !j.o.Writing):
		j.find(chain.Finding{File: f.Path, Line: span.Lines + 1, Record: span.Last + 1}, "%s", chain.Torn)
	}
	j.judgeName(f, span, err)
}

// judgeName compares what a segment holds with what its name says.
func (j *judge) judgeName(f segment.File, span chain.Span, err error) {
	whole := chain.Finding{File: f.Path}
	if !f.Live() && f.First <= j.ended.Last {
		j.find(whole, "overlaps: by its name it begins with record %d, while the file before it ends with record %d", f.First, j.ended.Last)
	}
	switch {
	case f.Live() || err != nil:
	case span.First == 0:
		j.find(whole, "changed: it holds no records, its name says %d to %d", f.First, f.Last)
	case span.First != f.First || span.Last != f.Last:
		j.find(whole, "renamed, or lines were moved: it holds records %d to %d, its name says %d to %d", span.First, span.Last, f.First, f.Last)
	}
}

// reason is an error without the path that it names, which the finding has.
func reason(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	for {
		if joined, ok := err.(interface{ Unwrap() []error }); ok {
			err = joined.Unwrap()[0]
			continue
		}
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}
