package audit

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"ivalt-radius/audit/chain"
	"ivalt-radius/audit/checkpoint"
	"ivalt-radius/audit/durable"
)

// File is what a Trail needs of its file; *os.File has it. Write appends, Sync makes what was written durable, Truncate
// cuts to a size. An error of any of them loses the group that was being written.
type File interface {
	io.WriteCloser
	Sync() error
	Truncate(size int64) error
}

// position is how far the trail has come. It goes back as a whole when a group fails.
type position struct {
	offset int64 // the file's length
	seq    uint64
	hash   chain.Digest

	first  uint64    // number of the file's first record; 0: it has none
	began  time.Time // that record's
	opened uint64    // number of the first record where that is a "segment_started", else 0

	signed   uint64           // number of the last checkpoint; 0: unknown
	signedAt time.Time        // zero: not since Open
	head     *checkpoint.Head // that checkpoint, where it was made since Open

	noticed     int    // notices of Open that have been written
	kept        uint64 // records of callers
	toldFailed  uint64 // records that a "recovered" event speaks of
	toldDropped uint64 // records that a "records_lost" event speaks of
}

// writer writes groups to the file and goes back to the last durable line when the disk fails. One goroutine owns it.
type writer struct {
	file  File
	place place
	wrap  func(File) File // of a file that takes the place of a lost one
	now   func() time.Time

	durable  position  // synced
	current  position  // written
	since    time.Time // of the oldest written record that is not synced; zero: none
	torn     bool      // the file may be longer than durable.offset
	astray   bool      // the path did not lead to the file
	nameless bool      // the new file's name is not known to be on disk

	notices     []Event        // what Open found
	key         checkpoint.Key // signs checkpoints
	pace        *pace
	final       bool      // a checkpoint ends the next group: nothing comes behind it, or it cannot wait
	rotateAfter time.Time // no rotation before, unless somebody asks
	salt        salter

	failing time.Time // since when nothing can be kept; zero: it can

	said []Event // events of its own in what was written and is not synced
	told []Event // those that are, for Options.Noticed

	failed  uint64 // records lost to the disk
	dropped uint64 // records lost to a full queue
	out     []byte
}

// append writes the group, behind the notices that are due. An error means that the group is lost, and all that was not
// durable with it.
func (w *writer) append(g *group) error {
	if err := w.settle(); err != nil {
		return w.lose(g, err)
	}
	if err := w.mend(); err != nil {
		return w.lose(g, err)
	}
	next := w.render(g)
	if len(w.out) == 0 {
		return nil
	}
	n, err := w.file.Write(w.out)
	if err == nil && n != len(w.out) {
		err = io.ErrShortWrite
	}
	if err != nil {
		return w.lose(g, fmt.Errorf("write: %w", err))
	}
	w.current = next
	if w.since.IsZero() {
		w.since = w.now()
	}
	return nil
}

// sync makes all that was written durable, and looks whether it is where a reader finds it. An error means that it is
// lost.
func (w *writer) sync() error {
	if !w.since.IsZero() {
		if err := w.file.Sync(); err != nil {
			return w.lose(nil, fmt.Errorf("sync: %w", err))
		}
	}
	if err := w.place.check(); err != nil {
		w.astray = true
		return w.lose(nil, err)
	}
	w.durable = w.current
	w.told, w.said = append(w.told, w.said...), nil
	w.since = time.Time{}
	w.failing = time.Time{}
	return nil
}

// due reports that records have waited for a sync for as long as they may, or that it is time to see whether the disk
// works again, or, where nothing is to be written, whether the file is still in its place.
func (w *writer) due() bool {
	return w.untold() || w.since.IsZero() || w.now().Sub(w.since) >= syncAfter
}

// untold reports lost records, or findings of Open, that no durable event speaks of yet.
func (w *writer) untold() bool {
	return w.failed > w.durable.toldFailed || w.dropped > w.durable.toldDropped || len(w.notices) > w.durable.noticed
}

// lose goes back to the last durable line, and tries at once to cut the file there, so that a reader sees no line that
// does not count. g is the group that was not written, nil where there is none.
func (w *writer) lose(g *group, cause error) error {
	w.failed += w.current.kept - w.durable.kept
	if g != nil {
		w.failed += uint64(len(g.records))
	}
	w.current = w.durable
	w.said = nil
	w.since = time.Time{}
	w.torn = true
	if w.failing.IsZero() {
		w.failing = w.now()
	}
	_ = w.mend() // the next group tries again, and fails if it cannot
	return cause
}

// settle finds the way back where the path did not lead to the file: to the file itself where it was put back, else to a
// new one whose first line continues the chain, where nothing stands in its place. A new file whose name a crash could undo takes
// no record before that name is on disk.
func (w *writer) settle() error {
	if w.nameless {
		if err := durable.SyncDirectory(filepath.Dir(w.place.path)); err != nil {
			return fmt.Errorf("the name of the new file: sync: %w", err)
		}
		w.nameless = false
	}
	if !w.astray {
		return nil
	}
	if err := w.place.check(); !errors.Is(err, errMoved) {
		w.astray = err != nil
		return err
	}
	if err := w.replace(); err != nil {
		return fmt.Errorf("%w; the new file: %w", errMoved, err)
	}
	return nil
}

// replace goes on in a new file. What was acknowledged is in the lost one, up to the durable position.
func (w *writer) replace() error {
	p := w.durable
	p.first, p.opened = 0, 0
	w.out = w.out[:0]
	gone := Security{
		Event:  chain.ReplacedEvent,
		Detail: fmt.Sprintf("the file before this one was removed or renamed; it ends with record %d, hash %s", p.seq, p.hash[:]),
	}
	w.line(&p, SecurityEvent, gone.AppendFields(nil))
	p.offset = int64(len(w.out))
	file, err := w.place.refill(w.out)
	if err != nil {
		return err
	}
	w.goOnIn(file, p)
	w.told = append(w.told, gone)
	w.astray = false
	return nil
}

// goOnIn takes a new file in the place of the old one, which holds all that was acknowledged.
func (w *writer) goOnIn(file *os.File, at position) {
	_ = w.file.Close() // of all that it holds nothing is missing
	w.file = w.wrap(datasyncFile{file})
	w.durable, w.current = at, at
	w.torn = false
}

// mend cuts off what a failed write may have left. Nothing is ever written behind half a line.
func (w *writer) mend() error {
	if !w.torn {
		return nil
	}
	if err := w.file.Truncate(w.durable.offset); err != nil {
		return fmt.Errorf("cut off a half-written line: %w", err)
	}
	w.torn = false
	return nil
}

// render fills out with the lines of the due notices, of the group, and of a checkpoint that is due, and returns the position behind
// them.
func (w *writer) render(g *group) position {
	p := w.current
	w.out = w.out[:0]
	for ; p.noticed < len(w.notices); p.noticed++ {
		n := w.notices[p.noticed]
		w.line(&p, n.EventType(), n.AppendFields(nil))
	}
	if n := w.failed - p.toldFailed; n > 0 {
		w.say(&p, System{
			Event:  "recovered",
			Detail: fmt.Sprintf("%d records are missing: they could not be kept on disk, which failed for %s", n, w.failedFor()),
		})
		p.toldFailed = w.failed
	}
	if n := w.dropped - p.toldDropped; n > 0 {
		w.say(&p, Security{
			Event:  "records_lost",
			Detail: fmt.Sprintf("%d records are missing: the queue was full", n),
		})
		p.toldDropped = w.dropped
	}
	from := 0
	for _, r := range g.records {
		w.line(&p, r.kind, g.fields[from:r.end])
		from = r.end
	}
	p.kept += uint64(len(g.records))
	if w.signs(&p) {
		w.sign(&p)
	}
	p.offset = w.current.offset + int64(len(w.out))
	return p
}

// say appends an event of the trail's own.
func (w *writer) say(p *position, e Event) {
	w.line(p, e.EventType(), e.AppendFields(nil))
	w.said = append(w.said, e)
}

// line appends one record to out.
func (w *writer) line(p *position, kind Type, fields []byte) {
	at := w.now()
	p.seq++
	if p.first == 0 {
		p.first, p.began = p.seq, at
	}
	w.out, p.hash = chain.AppendLine(w.out, at, p.seq, kind, w.salt.add(kind, fields), p.hash)
}

// failedFor is how long nothing could be kept.
func (w *writer) failedFor() time.Duration {
	if w.failing.IsZero() {
		return 0
	}
	return max(0, w.now().Sub(w.failing)).Round(time.Millisecond)
}

// alarm is how long the writer may sleep.
func (w *writer) alarm() time.Duration {
	if w.since.IsZero() {
		return retryAfter
	}
	return max(0, syncAfter-w.now().Sub(w.since))
}
