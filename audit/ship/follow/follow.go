package follow

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"

	"ivalt-radius/audit/chain"
	"ivalt-radius/audit/segment"
)

// Gap is records that are no longer there, or cannot be read. The zero Gap is none.
type Gap struct {
	First, Last uint64 // the lowest and the highest of them
	Records     uint64 // how many
}

// Add joins a later gap to g.
func (g *Gap) Add(later Gap) {
	if g.Records == 0 {
		g.First = later.First
	}
	if later.Records > 0 {
		g.Last = later.Last
	}
	g.Records += later.Records
}

// Follower is a place in a trail. One goroutine owns it. It keeps one file open, and one line in memory.
type Follower struct {
	live, archive string
	last          uint64 // the record before the next one
	seen          uint64 // what was durable when src's buffer was begun
	gap           Gap
	src           *source // nil: to be looked for
}

// New follows the trail whose live file is given, behind a record; 0 is the beginning. archive is empty where there is none.
func New(live, archive string, after uint64) *Follower {
	return &Follower{live: live, archive: archive, last: after}
}

// Last is the record before the next one.
func (f *Follower) Last() uint64 { return f.last }

// Seek goes to the place behind a record.
func (f *Follower) Seek(after uint64) {
	f.Close()
	f.last = after
}

// Close gives the file up. The Follower stays where it is, and opens it again when it must.
func (f *Follower) Close() {
	if f.src != nil {
		_ = f.src.in.Close() // only read
		f.src = nil
	}
}

// Gap is what was passed over since the last call because it is not there.
func (f *Follower) Gap() Gap {
	g := f.gap
	f.gap = Gap{}
	return g
}

// Next is the next line, without its newline, that is durable: its number is at most durable, which the caller asked the writer for
// before. nil: there is none yet. The line is valid until the next call.
func (f *Follower) Next(durable uint64) ([]byte, error) {
	for f.last < durable {
		if err := f.ready(durable); err != nil || f.src == nil {
			return nil, err
		}
		line, waiting, err := f.step(durable)
		if line != nil || waiting || err != nil {
			return line, err
		}
	}
	return nil, nil
}

// step takes one line. It is nil where it is none that is wanted; waiting: nor is there a next one at present.
func (f *Follower) step(durable uint64) (line []byte, waiting bool, err error) {
	seq, ok, err := f.src.peek()
	if err == nil && ok && seq > durable && f.src.file.Live() {
		return nil, true, nil
	}
	if err == nil {
		line, err = f.src.take()
	}
	if err != nil {
		waiting, err = f.ended(err)
		return nil, waiting, err
	}
	if !ok || seq <= f.last || !f.src.holds(seq) {
		return nil, false, nil
	}
	f.passed(seq - 1)
	f.last = seq
	return line, false, nil
}

// Begin goes on to the place before the oldest record that is there, as if there had never been any before it.
func (f *Follower) Begin(durable uint64) error {
	if f.last >= durable {
		return nil
	}
	if err := f.ready(durable); err != nil || f.src == nil {
		return err
	}
	if seq, ok, err := f.src.peek(); err == nil && ok && seq <= durable && f.src.holds(seq) {
		f.last = seq - 1
	}
	return nil
}

// ready sees to it that src is at the next line, and that what it has buffered was read after durable was asked for.
func (f *Follower) ready(durable uint64) error {
	if f.src == nil {
		if err := f.locate(); err != nil || f.src == nil {
			return err
		}
		f.seen = durable
	}
	if f.seen != durable {
		f.seen = durable
		return f.src.rewind()
	}
	return nil
}

// passed notes that the records up to one are not there.
func (f *Follower) passed(to uint64) {
	if to > f.last {
		f.gap.Add(Gap{First: f.last + 1, Last: to, Records: to - f.last})
	}
}

// ended is what to do where the file has no more lines, or cannot be read on. waiting: nothing, for the present.
func (f *Follower) ended(cause error) (waiting bool, err error) {
	file := f.src.file
	switch {
	case !file.Live():
		f.passed(file.Last) // what it should have had, cut off or broken
		f.last = max(f.last, file.Last)
		f.Close()
		return false, nil
	case !errors.Is(cause, io.EOF):
		f.Close()
		return false, fmt.Errorf("reading the trail: %w", cause)
	}
	// The live file was rotated, or its next line is not yet to be seen.
	before := f.src
	f.src = nil
	if err := f.locate(); err != nil || f.src == nil || f.src.same(before) {
		f.Close()
		f.src = before
		return true, err
	}
	return false, before.in.Close()
}

// locate opens the file that has the next record, or the first one behind it. The live file is opened before the others are looked
// for: where it is rotated meanwhile, it is read to its end all the same.
func (f *Follower) locate() error {
	segments, live, err := f.files()
	if err != nil {
		return err
	}
	for _, file := range segments {
		if file.Last > f.last {
			err = f.open(file)
			if live != nil {
				err = errors.Join(err, live.Close())
			}
			return err
		}
	}
	if live == nil {
		return nil
	}
	f.src = newSource(segment.File{Path: f.live}, live, live)
	return f.pass()
}

// open opens a segment. One that was compressed or moved a moment ago is found the next time; one that is broken is passed over.
func (f *Follower) open(file segment.File) error {
	in, err := file.Open()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		f.passed(file.Last)
		f.last = file.Last
		return f.locate()
	case err != nil:
		return fmt.Errorf("reading the trail: %w", err)
	}
	plain, _ := in.(*os.File)
	f.src = newSource(file, in, plain)
	return f.pass()
}

// pass goes to the line behind the last record.
func (f *Follower) pass() error {
	for {
		seq, ok, err := f.src.peek()
		if err != nil || ok && seq > f.last {
			break // an error comes again, to whoever reads
		}
		if _, err := f.src.take(); err != nil {
			break
		}
	}
	return f.src.rewind()
}

// source is one open file.
type source struct {
	file   segment.File
	in     io.ReadCloser
	plain  *os.File // nil where it is compressed
	lines  *bufio.Reader
	offset int64 // of the next line, decompressed
}

func newSource(file segment.File, in io.ReadCloser, plain *os.File) *source {
	return &source{file: file, in: in, plain: plain, lines: bufio.NewReaderSize(in, chain.MaxLine)}
}

// rewind forgets what is buffered of a file that may still change.
func (s *source) rewind() error {
	if s.plain == nil {
		return nil
	}
	if _, err := s.plain.Seek(s.offset, io.SeekStart); err != nil {
		return fmt.Errorf("reading the trail: %w", err)
	}
	s.lines.Reset(s.plain)
	return nil
}

// same reports that both are one file.
func (s *source) same(other *source) bool {
	if s.plain == nil || other.plain == nil {
		return false
	}
	a, err1 := s.plain.Stat()
	b, err2 := other.plain.Stat()
	return err1 == nil && err2 == nil && os.SameFile(a, b)
}

// holds reports a record that the file's name allows.
func (s *source) holds(seq uint64) bool {
	return s.file.Live() || seq >= s.file.First && seq <= s.file.Last
}

// headSize is where every line's seq ends at the latest.
const headSize = 96

// peek is the number of the next line; !ok: it is no record. io.EOF: there is no whole head yet.
func (s *source) peek() (seq uint64, ok bool, err error) {
	head, err := s.lines.Peek(headSize)
	if err != nil && (len(head) == 0 || !errors.Is(err, io.EOF)) {
		return 0, false, err
	}
	seq, ok = seqOf(head)
	return seq, ok, nil
}

// take reads the next line. nil: it was longer than any record. io.EOF: it has no end yet.
func (s *source) take() ([]byte, error) {
	line, err := s.lines.ReadSlice('\n')
	if err == nil {
		s.offset += int64(len(line))
		return line[:len(line)-1], nil
	}
	for errors.Is(err, bufio.ErrBufferFull) {
		s.offset += int64(len(line))
		if line, err = s.lines.ReadSlice('\n'); err == nil {
			s.offset += int64(len(line))
			return nil, nil
		}
	}
	return nil, err
}

// seqOf reads the number of a line from its head, which chain.AppendLine wrote.
func seqOf(head []byte) (uint64, bool) {
	head, _, _ = bytes.Cut(head, []byte("\n"))
	rest, ours := bytes.CutPrefix(head, []byte(`{"time":"`))
	_, rest, timed := bytes.Cut(rest, []byte(`","seq":`))
	number, _, whole := bytes.Cut(rest, []byte(","))
	seq, err := strconv.ParseUint(string(number), 10, 63)
	return seq, ours && timed && whole && err == nil && seq > 0
}
