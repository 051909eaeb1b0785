package audit

import (
	"fmt"
	"io"
	"time"
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
	hash   digest

	kept        uint64 // records of callers
	toldFailed  uint64 // records that a "recovered" event speaks of
	toldDropped uint64 // records that a "records_lost" event speaks of
}

// writer writes groups to the file and goes back to the last durable line when the disk fails. One goroutine owns it.
type writer struct {
	file File
	now  func() time.Time

	durable position  // synced
	current position  // written
	since   time.Time // of the oldest written record that is not synced; zero: none
	torn    bool      // the file may be longer than durable.offset

	failed  uint64 // records lost to the disk
	dropped uint64 // records lost to a full queue
	out     []byte
}

// append writes the group, behind the notices that are due. An error means that the group is lost, and all that was not
// durable with it.
func (w *writer) append(g *group) error {
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

// sync makes all that was written durable. An error means that it is lost.
func (w *writer) sync() error {
	if w.since.IsZero() {
		return nil
	}
	if err := w.file.Sync(); err != nil {
		return w.lose(nil, fmt.Errorf("sync: %w", err))
	}
	w.durable = w.current
	w.since = time.Time{}
	return nil
}

// due reports that records have waited for a sync for as long as they may, or that it is time to see whether the disk
// works again.
func (w *writer) due() bool {
	return w.untold() || (!w.since.IsZero() && w.now().Sub(w.since) >= syncAfter)
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
			Detail: fmt.Sprintf("%d records are missing: the disk failed", n),
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
	w.out, p.hash = appendLine(w.out, w.now(), p.seq, kind, fields, p.hash)
}

// alarm is how long the writer may sleep.
func (w *writer) alarm() time.Duration {
	if w.since.IsZero() {
		return retryAfter
	}
	return max(0, syncAfter-w.now().Sub(w.since))
}
