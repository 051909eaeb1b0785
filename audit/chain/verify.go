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
	File    string // as Read was told; empty of Verify
	Line    int    // in its file, counted from 1; 0: the file as a whole
	Record  uint64 // its number, or that which belongs there
	Problem string // what is wrong; holds nothing of the line but its number
}

// String renders the finding the way that `audit verify` prints it, behind the file.
func (f Finding) String() string {
	if f.Line == 0 {
		return f.Problem
	}
	return fmt.Sprintf("line %d: %s", f.Line, f.Problem)
}

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
	v := NewVerifier(nil)
	_, err := v.Read("", r)
	return v.Result(), err
}

// Watcher hears of the records while a Verifier reads. The bytes of a line, without its newline, are valid until the call returns.
type Watcher interface {
	// Fits is a record in its place, whose hash is that of its bytes.
	Fits(at Finding, r Record, line []byte)
	// Rewritten is a record in its place by number and prev whose hash is not that of its bytes. It is no finding of the Verifier's.
	Rewritten(at Finding, r Record, line []byte)
	// Gap is a file that begins with a later record than the one which belongs there, from. It is no finding of the Verifier's,
	// and the record is then told by Fits.
	Gap(at Finding, from uint64, r Record)
}

// Span is what one file holds.
type Span struct {
	Lines       int    // whole ones
	First, Last uint64 // the numbers of the first and the last line that is a record; 0: there is none
	Torn        bool   // its last line has no end
}

// Verifier verifies a trail that lies in several files, as Verify does one. A Watcher's Finding has no Problem yet.
type Verifier struct {
	result  Result
	watcher Watcher // nil: what it would be told of is a finding
	file    string
	span    Span
	expect  Record // the last record that fits: the next one follows it
	before  Record // the one before a line that jumped ahead, in case that line was put in; else zero
	back    bool   // a line has followed before
	skipped uint64 // lines since expect that cannot be read
}

// NewVerifier begins with the first record. Without a watcher each thing that one would judge is a finding.
func NewVerifier(w Watcher) *Verifier {
	return &Verifier{watcher: w, expect: Record{Hash: Genesis()}}
}

// Result is what was found so far, in the order of the files read.
func (v *Verifier) Result() Result {
	r := v.result
	if r.LastSeq = v.expect.Seq; r.LastSeq > 0 {
		r.LastHash = string(v.expect.Hash[:])
	}
	return r
}

// Read goes on with the next file. The error is the reader's; the chain goes on with the next file all the same. A torn last line is
// no finding where there is a Watcher: Span says so.
func (v *Verifier) Read(file string, r io.Reader) (Span, error) {
	v.file, v.span = file, Span{}
	in := bufio.NewReaderSize(r, MaxLine)
	for {
		line, err := in.ReadSlice('\n')
		if len(line) == 0 && errors.Is(err, io.EOF) {
			break
		}
		if err == nil || errors.Is(err, io.EOF) || errors.Is(err, bufio.ErrBufferFull) {
			v.result.Lines++
			v.span.Lines++
		}
		switch {
		case err == nil:
			v.line(line[:len(line)-1])
		case errors.Is(err, io.EOF):
			v.torn()
		case errors.Is(err, bufio.ErrBufferFull):
			v.unreadable(fmt.Sprintf("it is longer than the %d bytes that a record may have", MaxLine))
			err = skipLine(in)
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return v.span, fmt.Errorf("read audit trail: %w", err)
		}
	}
	return v.span, nil
}

func (v *Verifier) torn() {
	v.span.Torn = true
	if v.watcher == nil {
		v.find(v.expect.Seq+1, Torn)
		return
	}
	v.span.Lines--
}

// Torn is the problem of a last line without its end.
const Torn = "torn: it has no end (cut off by a crash, or being written right now)"

// skipLine reads to the end of a line that is too long to keep.
func skipLine(in *bufio.Reader) error {
	for {
		_, err := in.ReadSlice('\n')
		if !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
	}
}

// at is the line that was read last.
func (v *Verifier) at(record uint64) Finding {
	return Finding{File: v.file, Line: v.span.Lines, Record: record}
}

func (v *Verifier) find(record uint64, problem string) {
	if len(v.result.Findings) >= maxFindings {
		v.result.Omitted++
		return
	}
	f := v.at(record)
	f.Problem = problem
	v.result.Findings = append(v.result.Findings, f)
}

// line judges one whole line.
func (v *Verifier) line(line []byte) {
	r, err := Parse(line)
	if err != nil {
		v.unreadable("it " + err.Error())
		return
	}
	if v.span.First == 0 {
		v.span.First = r.Seq
	}
	v.span.Last = r.Seq
	if v.result.Lines == 1 && r.Sound && r.Replaced() && r.Seq > 1 {
		v.result.Before = Before{Seq: r.Seq - 1, Hash: string(r.Prev[:])}
		v.fits(r, line)
		return
	}
	switch next := v.expect.Seq + 1; {
	case !r.Sound:
		v.changed(r, line)
	case r.follows(v.expect):
		v.fits(r, line)
	case v.skipped > 0 && r.Seq == next+v.skipped:
		v.follow(r) // the lines that cannot be read have been named
	case r.follows(v.before):
		v.goBack(r)
	default:
		v.misfit(r, line)
	}
	v.skipped = 0
}

// fits goes on from a record that is as it was written.
func (v *Verifier) fits(r Record, line []byte) {
	v.follow(r)
	if v.watcher != nil {
		v.watcher.Fits(v.at(r.Seq), r, line)
	}
}

// changed meets a line whose hash is not that of its bytes. Whoever changed the text left the hash, most likely.
func (v *Verifier) changed(r Record, line []byte) {
	next := v.expect.Seq + 1
	if v.watcher != nil && r.Seq == next && r.Prev == v.expect.Hash {
		v.follow(r)
		v.watcher.Rewritten(v.at(r.Seq), r, line)
		return
	}
	v.find(r.Seq, Changed(r.Seq))
	if r.Seq == next || r.Prev == v.expect.Hash {
		v.follow(Record{Seq: next, Hash: r.Hash})
	}
}

// Changed is the problem of a record whose text was changed.
func Changed(record uint64) string {
	return fmt.Sprintf("changed: the hash of record %d is not that of its bytes", record)
}

func (v *Verifier) unreadable(problem string) {
	v.find(v.expect.Seq+1+v.skipped, "changed or put in: "+problem)
	v.skipped++
}

// misfit names a line whose bytes are whole but which does not follow the line before.
func (v *Verifier) misfit(r Record, line []byte) {
	next := v.expect.Seq + 1
	switch {
	case r.Prev == v.expect.Hash:
		v.find(r.Seq, fmt.Sprintf("changed: record %d stands where record %d belongs", r.Seq, next))
		r.Seq = next
		v.follow(r)
	case r.Seq < next:
		v.findMoved(r)
	case r.Seq > next:
		v.gap(r, line)
		v.expect, v.before, v.back = r, v.expect, false
	case next == 1:
		v.find(r.Seq, "changed: the prev of the first record is not 64 zeros")
		v.follow(r)
	default:
		v.find(r.Seq, fmt.Sprintf("does not follow: the prev of record %d is not the hash of the record before it; "+
			"that one was changed or replaced, or this one was put in", r.Seq))
		v.follow(r)
	}
}

// gap meets a record that is too late. Between two files a Watcher may know why.
func (v *Verifier) gap(r Record, line []byte) {
	from := v.expect.Seq + 1
	if v.watcher != nil && v.span.Lines == 1 {
		v.watcher.Gap(v.at(r.Seq), from, r)
		v.watcher.Fits(v.at(r.Seq), r, line)
		return
	}
	v.find(r.Seq, Missing(from, r.Seq-1))
}

// goBack meets a line that follows what stood before a line that jumped ahead. One such line may be moved; at the second
// it is the one that jumped which does not belong here.
func (v *Verifier) goBack(r Record) {
	if v.back {
		v.follow(r)
		return
	}
	v.findMoved(r)
	v.before, v.back = r, true
}

func (v *Verifier) findMoved(r Record) {
	v.find(r.Seq, fmt.Sprintf("moved or put in: record %d stands behind record %d", r.Seq, v.expect.Seq))
}

// follow goes on from a record. No record follows the zero before: its hash is none.
func (v *Verifier) follow(r Record) { v.expect, v.before, v.back = r, Record{}, false }

func (r Record) follows(e Record) bool { return r.Seq == e.Seq+1 && r.Prev == e.Hash }

// Missing is the problem of a line before which records are missing.
func Missing(from, to uint64) string {
	return "removed before it, or put in: " + Gone(from, to)
}

// Gone says which records are missing.
func Gone(from, to uint64) string {
	if from == to {
		return fmt.Sprintf("record %d is missing", from)
	}
	return fmt.Sprintf("records %d to %d are missing", from, to)
}
