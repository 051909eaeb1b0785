package query

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"ivalt-radius/audit/chain"
	"ivalt-radius/audit/segment"
)

// readSegment reads one of a moment's segments to its end.
func readSegment(ctx context.Context, m segment.Moment, file segment.File, f Filter, each func(*Record) error) (unreadable int, err error) {
	in, err := m.Open(file)
	if err != nil {
		return 0, fmt.Errorf("reading the trail: %w", err)
	}
	defer func() { _ = in.Close() }() // only read
	return readLines(ctx, in, file.Path, f, each)
}

// readLines reads one file to its end.
func readLines(ctx context.Context, in io.Reader, path string, f Filter, each func(*Record) error) (unreadable int, err error) {
	lines, sieve := bufio.NewReaderSize(in, chain.MaxLine), newSieve(f)
	for {
		line, err := next(lines)
		switch {
		case errors.Is(err, io.EOF):
			return unreadable, nil
		case errors.Is(err, errNoLine):
			unreadable++
			continue
		case err != nil:
			return unreadable, fmt.Errorf("reading %s: %w", path, err)
		case ctx.Err() != nil:
			return unreadable, ctx.Err()
		case !sieve.passes(line):
			continue
		}
		r, err := Parse(line)
		if err != nil {
			unreadable++
			continue
		}
		if !f.Wants(r) {
			continue
		}
		if err := each(r); err != nil {
			return unreadable, err
		}
	}
}

// next reads one line; it is errNoLine where that is too long, or a torn last one, which is none yet.
func next(lines *bufio.Reader) ([]byte, error) {
	line, err := lines.ReadSlice('\n')
	switch {
	case err == nil:
		return bytes.TrimSuffix(line, []byte("\n")), nil
	case errors.Is(err, bufio.ErrBufferFull):
		for errors.Is(err, bufio.ErrBufferFull) { // what is behind is no line of its own
			_, err = lines.ReadSlice('\n')
		}
		if err == nil || errors.Is(err, io.EOF) {
			return nil, errNoLine
		}
	case errors.Is(err, io.EOF) && len(line) > 0:
		return nil, errNoLine
	}
	return nil, err
}
