package segment

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"ivalt-radius/audit/chain"
)

// errNoRecords is a file of which no line is a record.
var errNoRecords = errors.New("holds no record of an audit trail")

// Edge is the first or the last record of a file.
type Edge struct {
	chain.Record

	Line   []byte // without the newline
	Before uint64 // lines before the first record that are none: the number of the first line is as much smaller
}

// Began is the number that the first line of the file has, or had before it was spoilt.
func (e Edge) Began() uint64 { return max(1, e.Seq-min(e.Before, e.Seq)) }

// FirstRecord reads no more of a file than it must.
func (f File) FirstRecord() (Edge, error) {
	in, err := f.Open()
	if err != nil {
		return Edge{}, err
	}
	defer func() { _ = in.Close() }() // only read
	e, err := FirstOf(in)
	if err != nil {
		return Edge{}, fmt.Errorf("%s: %w", f.Path, err)
	}
	return e, nil
}

// FirstOf is FirstRecord of what a reader gives.
func FirstOf(in io.Reader) (Edge, error) {
	lines := bufio.NewReaderSize(in, chain.MaxLine)
	for before := uint64(0); ; before++ {
		line, err := nextLine(lines)
		if errors.Is(err, io.EOF) {
			return Edge{}, errNoRecords
		}
		if err != nil {
			return Edge{}, err
		}
		if r, err := chain.Parse(line); err == nil {
			return Edge{Record: r, Line: bytes.Clone(line), Before: before}, nil
		}
	}
}

// LastRecord is that of the last line, and an error where that is none. It reads all of the file.
func (f File) LastRecord() (Edge, error) {
	in, err := f.Open()
	if err != nil {
		return Edge{}, err
	}
	defer func() { _ = in.Close() }() // only read
	lines := bufio.NewReaderSize(in, chain.MaxLine)
	var last []byte
	for {
		line, err := nextLine(lines)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return Edge{}, fmt.Errorf("%s: %w", f.Path, err)
		}
		last = append(last[:0], line...)
	}
	r, err := chain.Parse(last)
	if err != nil {
		return Edge{}, fmt.Errorf("%s: its last line %w", f.Path, err)
	}
	return Edge{Record: r, Line: last}, nil
}

// nextLine is the next whole line without its newline; empty where it is longer than a record may be. io.EOF is the end, be there
// a torn line before it or not.
func nextLine(in *bufio.Reader) ([]byte, error) {
	line, err := in.ReadSlice('\n')
	if err == nil {
		return line[:len(line)-1], nil
	}
	for errors.Is(err, bufio.ErrBufferFull) {
		if _, err = in.ReadSlice('\n'); err == nil {
			return nil, nil
		}
	}
	return nil, err
}

// Twins are the segments that are the live file under a second name: a rotation gives it the name of a segment before the new live
// file takes its own away. Whoever may write the trail removes those that a crash left.
func Twins(live string) ([]string, error) {
	own, err := os.Stat(live)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("looking for the trail: %w", err)
	}
	files, err := in(filepath.Dir(live), live)
	if err != nil {
		return nil, err
	}
	var twins []string
	for _, f := range files {
		if there, err := os.Stat(f.Path); err == nil && os.SameFile(there, own) {
			twins = append(twins, f.Path)
		}
	}
	return twins, nil
}
