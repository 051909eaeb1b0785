package audit

import (
	"errors"
	"fmt"
	"io"
	"time"

	"ivalt-radius/audit/chain"
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

	durable position  // synced
	current position  // written
	since   time.Time // of the oldest written record that is not synced; zero: none
	torn    bool      // the file may be longer than durable.offset
	astray  bool      // the path did not lead to the file

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
	w.since = time.Time{}
	return nil
}

// due reports that records have waited for a sync for as long as they may, or that it is time to see whether the disk
// works again, or, where nothing is to be written, whether the file is still in its place.
func (w *writer) due() bool {
	return w.untold() || w.since.IsZero() || w.now().Sub(w.since) >= syncAfter
}

// untold reports lost records that no durable event speaks of yet.
func (w *writer) untold() bool {
	return w.failed > w.durable.toldFailed || w.dropped > w.durable.toldDropped
}

// lose goes back to the last durable line, and tries at once to cut the file there, so that a reader sees no line that
// does not count. g is the group that was not written, nil where there is none.
func (w *writer) lose(g *group, cause error) error {
	w.failed += w.current.kept - w.durable.kept
	if g != nil {
		w.failed += uint64(len(g.records))
	}
	w.current = w.durable
	w.since = time.Time{}
	w.torn = true
	_ = w.mend() // the next group tries again, and fails if it cannot
	return cause
}

// settle finds the way back where the path did not lead to the file: to the file itself where it was put back, else to a
// new one whose first line continues the chain, where nothing stands in its place.
func (w *writer) settle() error {
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
	w.out = w.out[:0]
	w.line(&p, SecurityEvent, Security{
		Event:  chain.ReplacedEvent,
		Detail: fmt.Sprintf("the file before this one was removed or renamed; it ends with record %d, hash %s", p.seq, p.hash[:]),
	}.AppendFields(nil))
	p.offset = int64(len(w.out))
	file, err := w.place.refill(w.out)
	if err != nil {
		return err
	}
	_ = w.file.Close() // of all that it holds nothing is missing
	w.file = w.wrap(datasyncFile{file})
	w.durable, w.current = p, p
	w.torn, w.astray = false, false
	return nil
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

// render fills out with the lines of the due notices and of the group, and returns the position behind them.
func (w *writer) render(g *group) position {
	p := w.current
	w.out = w.out[:0]
	if n := w.failed - p.toldFailed; n > 0 {
		w.line(&p, SystemEvent, System{
			Event:  "recovered",
			Detail: fmt.Sprintf("%d records are missing: they could not be kept on disk", n),
		}.AppendFields(nil))
		p.toldFailed = w.failed
	}
	if n := w.dropped - p.toldDropped; n > 0 {
		w.line(&p, SecurityEvent, Security{
			Event:  "records_lost",
			Detail: fmt.Sprintf("%d records are missing: the queue was full", n),
		}.AppendFields(nil))
		p.toldDropped = w.dropped
	}
	from := 0
	for _, r := range g.records {
		w.line(&p, r.kind, g.fields[from:r.end])
		from = r.end
	}
	p.kept += uint64(len(g.records))
	p.offset = w.current.offset + int64(len(w.out))
	return p
}

func (w *writer) line(p *position, kind Type, fields []byte) {
	p.seq++
	w.out, p.hash = chain.AppendLine(w.out, w.now(), p.seq, kind, fields, p.hash)
}

// alarm is how long the writer may sleep.
func (w *writer) alarm() time.Duration {
	if w.since.IsZero() {
		return retryAfter
	}
	return max(0, syncAfter-w.now().Sub(w.since))
}
