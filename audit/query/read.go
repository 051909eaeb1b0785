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

// Read gives each record of the files that the filter wants, in order. Lines that are no records are skipped and counted: verify
// names them. It ends with the error that each returns, with ctx, or with one of reading. It holds one line in memory.
func Read(ctx context.Context, files []segment.File, f Filter, each func(*Record) error) (unreadable int, err error) {
	for _, file := range files {
		n, err := readFile(ctx, file, f, each)
		unreadable += n
		if err != nil {
			return unreadable, err
		}
	}
	return unreadable, nil
}

func readFile(ctx context.Context, file segment.File, f Filter, each func(*Record) error) (unreadable int, err error) {
	in, err := file.Open()
	if err != nil {
		return 0, fmt.Errorf("reading the trail: %w", err)
	}
	defer func() { _ = in.Close() }() // only read
	lines := bufio.NewReaderSize(in, chain.MaxLine)
	for {
		r, err := next(lines)
		switch {
		case errors.Is(err, io.EOF):
			return unreadable, nil
		case errors.Is(err, errNoLine):
			unreadable++
			continue
		case err != nil:
			return unreadable, fmt.Errorf("reading %s: %w", file.Path, err)
		case ctx.Err() != nil:
			return unreadable, ctx.Err()
		}
		if !f.Wants(r) {
			continue
		}
		if err := each(r); err != nil {
			return unreadable, err
		}
	}
}

// next reads one line; it is errNoLine where that is no record, as a torn last one, which is none yet.
func next(lines *bufio.Reader) (*Record, error) {
	line, err := lines.ReadSlice('\n')
	switch {
	case err == nil:
		return Parse(bytes.TrimSuffix(line, []byte("\n")))
	case errors.Is(err, bufio.ErrBufferFull), errors.Is(err, io.EOF) && len(line) > 0:
		return nil, errNoLine
	}
	return nil, err
}
