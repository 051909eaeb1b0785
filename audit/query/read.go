package query

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"ivalt-radius/audit/chain"
	"ivalt-radius/audit/segment"
)

// Read gives each record of the files that the filter wants, in order. Lines that are no records are skipped and counted: verify
// names them. A line that by its first members, or for want of a name in it, is not wanted, is not looked at any further. It ends
// with the error that each returns, with ctx, or with one of reading. It holds one line in memory.
//
// A segment that has been compressed since the files were listed is read in its new form. Trail.Read lists files so that no
// record is missed while a server goes on to a new one.
func Read(ctx context.Context, files []segment.File, f Filter, each func(*Record) error) (unreadable int, err error) {
	for _, file := range files {
		in, err := open(file)
		if err != nil {
			return unreadable, err
		}
		n, err := readLines(ctx, in, file.Path, f, each)
		_ = in.Close() // only read
		unreadable += n
		if err != nil {
			return unreadable, err
		}
	}
	return unreadable, nil
}

// open opens a file, or what it has become since it was listed.
func open(file segment.File) (io.ReadCloser, error) {
	in, err := file.Open()
	if errors.Is(err, fs.ErrNotExist) && !file.Compressed && !file.Live() {
		file.Path, file.Compressed = file.Path+".gz", true
		in, err = file.Open()
	}
	if err != nil {
		return nil, fmt.Errorf("reading the trail: %w", err)
	}
	return in, nil
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
