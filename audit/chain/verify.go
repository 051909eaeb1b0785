package chain

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

// maxFindings bounds what Verify keeps; the rest is counted.
const maxFindings = 10000

// Finding is one line that does not fit.
type Finding struct {
	Line    int    // counted from 1
	Problem string // what is wrong; holds nothing of the line but its number
}

// String renders the finding the way that `audit verify` prints it.
func (f Finding) String() string { return fmt.Sprintf("line %d: %s", f.Line, f.Problem) }

// Result is what Verify found.
type Result struct {
	Lines    int    // lines read, a torn one included
	LastSeq  uint64 // number of the last record that fits; 0 where there is none
	LastHash string // its hash: keep it elsewhere to see later that nothing behind it was cut off or rewritten
	Findings []Finding
	Omitted  int // findings over the first 10,000

	// Before is the last record of the file that this one continues: the first line is a "trail_replaced". Zero where the
	// trail begins with this file.
	Before Before
}

// Before is the last record of a file that was removed or renamed under the server, as the file that took its place names
// it. Whoever still has the lost file can see whether its LastSeq and LastHash are these.
type Before struct {
	Seq  uint64 // 0: there is none
	Hash string
}

// Sound reports that every line fits.
func (r Result) Sound() bool { return len(r.Findings) == 0 }

// Verify reads a trail to its end and names every line that was changed, removed, put in, or moved, and a torn last line.
// It holds one line in memory. The error is the reader's; what is wrong with the trail is in the Result.
//
// Where a line does not fit, the lines behind it are judged by the chain that most of them make: one change is one
// finding, or two where it was made with a hash to suit. Lines cut off the end are not seen, unless the caller compares
// LastHash with one that was kept.
//
// A file whose first line is a "trail_replaced" begins with a later record than the first, and is sound on its own: Before
// says which records are in another file. Any other file that does not begin with record 1 has a finding.
func Verify(r io.Reader) (Result, error) {
	v := verifier{expect: Record{Hash: Genesis()}}
	in := bufio.NewReaderSize(r, MaxLine)
	for {
		line, err := in.ReadSlice('\n')
		if len(line) == 0 && errors.Is(err, io.EOF) {
			break
		}
		v.Lines++
		switch {
		case err == nil:
			v.line(line[:len(line)-1])
		case errors.Is(err, io.EOF):
			v.find("torn: it has no end (cut off by a crash, or being written right now)")
		case errors.Is(err, bufio.ErrBufferFull):
			v.unreadable(fmt.Sprintf("it is longer than the %d bytes that a record may have", MaxLine))
			err = skipLine(in)
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return v.Result, fmt.Errorf("read audit trail: %w", err)
		}
	}
	v.LastSeq = v.expect.Seq
	if v.LastSeq > 0 {
		v.LastHash = string(v.expect.Hash[:])
	}
	return v.Result, nil
}

// skipLine reads to the end of a line that is too long to keep.
func skipLine(in *bufio.Reader) error {
	for {
		_, err := in.ReadSlice('\n')
		if !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
	}
}

// verifier follows the chain.
type verifier struct {
	Result
	expect  Record // the last record that fits: the next one follows it
	before  Record // the one before a line that jumped ahead, in case that line was put in; else zero
	back    bool   // a line has followed before
	skipped uint64 // lines since expect that cannot be read
}

func (v *verifier) find(problem string) {
	if len(v.Findings) >= maxFindings {
		v.Omitted++
		return
	}
	v.Findings = append(v.Findings, Finding{Line: v.Lines, Problem: problem})
}

// line judges one whole line.
func (v *verifier) line(line []byte) {
	r, err := Parse(line)
	if err != nil {
		v.unreadable("it " + err.Error())
		return
	}
	if v.Lines == 1 && r.Sound && r.replaced && r.Seq > 1 {
		v.Before = Before{Seq: r.Seq - 1, Hash: string(r.Prev[:])}
		v.follow(r)
		return
	}
	switch next := v.expect.Seq + 1; {
	case !r.Sound:
		v.find(fmt.Sprintf("changed: the hash of record %d is not that of its bytes", r.Seq))
		if r.Seq == next || r.Prev == v.expect.Hash {
			v.follow(Record{Seq: next, Hash: r.Hash}) // whoever changed the text left the hash
		}
	case r.follows(v.expect):
		v.follow(r)
	case v.skipped > 0 && r.Seq == next+v.skipped:
		v.follow(r) // the lines that cannot be read have been named
	case r.follows(v.before):
		v.goBack(r)
	default:
		v.misfit(r)
	}
	v.skipped = 0
}

func (v *verifier) unreadable(problem string) {
	v.find("changed or put in: " + problem)
	v.skipped++
}

// misfit names a line whose bytes are whole but which does not follow the line before.
func (v *verifier) misfit(r Record) {
	next := v.expect.Seq + 1
	switch {
	case r.Prev == v.expect.Hash:
		v.find(fmt.Sprintf("changed: record %d stands where record %d belongs", r.Seq, next))
		r.Seq = next
		v.follow(r)
	case r.Seq < next:
		v.findMoved(r)
	case r.Seq > next:
		v.find(fmt.Sprintf("removed before it, or put in: %s", missing(next, r.Seq-1)))
		v.expect, v.before, v.back = r, v.expect, false
	case next == 1:
		v.find("changed: the prev of the first record is not 64 zeros")
		v.follow(r)
	default:
		v.find(fmt.Sprintf("does not follow: the prev of record %d is not the hash of the record before it; "+
			"that one was changed or replaced, or this one was put in", r.Seq))
		v.follow(r)
	}
}

// goBack meets a line that follows what stood before a line that jumped ahead. One such line may be moved; at the second
// it is the one that jumped which does not belong here.
func (v *verifier) goBack(r Record) {
	if v.back {
		v.follow(r)
		return
	}
	v.findMoved(r)
	v.before, v.back = r, true
}

func (v *verifier) findMoved(r Record) {
	v.find(fmt.Sprintf("moved or put in: record %d stands behind record %d", r.Seq, v.expect.Seq))
}

// follow goes on from a record. No record follows the zero before: its hash is none.
func (v *verifier) follow(r Record) { v.expect, v.before, v.back = r, Record{}, false }

func (r Record) follows(e Record) bool { return r.Seq == e.Seq+1 && r.Prev == e.Hash }

func missing(from, to uint64) string {
	if from == to {
		return fmt.Sprintf("record %d is missing", from)
	}
	return fmt.Sprintf("records %d to %d are missing", from, to)
}
