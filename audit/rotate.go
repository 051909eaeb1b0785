package audit

import (
	"context"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"time"

	"ivalt-radius/audit/segment"
)

// rotateAgainAfter is how soon a rotation that failed is tried again, and how often at most it is logged.
const rotateAgainAfter = time.Minute

// pace is what a reload may change.
type pace struct {
	segmentSize atomic.Int64
	checkpoint  atomic.Int64
}

// Adopt takes Options.SegmentSize and Options.CheckpointEvery anew.
func (t *Trail) Adopt(segmentSize int64, checkpointEvery time.Duration) {
	t.writer.pace.segmentSize.Store(segmentSize)
	t.writer.pace.checkpoint.Store(int64(checkpointEvery))
}

// Durable is the number of the last record that is on disk; 0: there is none.
func (t *Trail) Durable() (seq uint64) { return t.durable.Load() }

// Lag is how many records are not on disk yet. What a failing disk loses is lost, and no lag.
func (t *Trail) Lag() uint64 { return t.behind.Load() + t.queue.waiting() }

// Rotated tells, after one or more files have ended, that there is something to compress. One goroutine may listen.
func (t *Trail) Rotated() <-chan struct{} { return t.rotated }

// Rotate ends the live file and goes on in a new one, once all that was queued before is on disk. It does nothing where the live
// file holds no record, or only the one that says that it began. An error leaves everything as it is. Where ctx ends first the file
// may still be rotated.
func (t *Trail) Rotate(ctx context.Context) error {
	done := make(chan error, 1)
	select {
	case t.rotations <- done:
	case <-t.stopped:
		return fmt.Errorf("rotate the audit trail: %w", ErrClosed)
	case <-ctx.Done():
		return fmt.Errorf("rotate the audit trail: %w", ctx.Err())
	}
	select {
	case err := <-done:
		if err != nil {
			return fmt.Errorf("rotate the audit trail: %w", err)
		}
		return nil
	case <-t.stopped:
		return fmt.Errorf("rotate the audit trail: %w", ErrClosed)
	case <-ctx.Done():
		return fmt.Errorf("rotate the audit trail: %w", ctx.Err())
	}
}

// turn rotates where somebody asked for it or it is time. The trail goes on in the old file where that fails: no login fails for it.
func (t *Trail) turn(asked chan<- error) {
	if asked == nil && !t.writer.full() {
		return
	}
	before := t.writer.place.own
	err := t.writer.rotate()
	if t.writer.place.own != before {
		t.durable.Store(t.writer.durable.seq)
		ring(t.rotated)
	}
	if err != nil {
		t.rotateLog.error(t, err, "audit trail cannot be rotated")
	}
	if asked != nil {
		asked <- err
	}
}

// full reports that the live file is to end: it is larger than a segment should be, or of another day than today, in UTC.
func (w *writer) full() bool {
	size := w.pace.segmentSize.Load()
	if size <= 0 || w.bare() || !w.since.IsZero() || w.now().Before(w.rotateAfter) {
		return false
	}
	return w.durable.offset > size || dayOf(w.now()) != dayOf(w.durable.began)
}

func dayOf(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }

// bare reports a file of which nothing is to be kept apart.
func (w *writer) bare() bool { return w.durable.first == 0 || w.durable.seq == w.durable.opened }

// rotate ends the live file with a checkpoint and goes on in a new one, whose first line continues the chain and is on disk before
// the file has its name. All that was written must be durable.
func (w *writer) rotate() error {
	if w.bare() {
		return nil
	}
	w.rotateAfter = w.now().Add(rotateAgainAfter)
	if err := w.seal(); err != nil {
		return err
	}
	p := w.durable
	ended := segment.Name(w.place.path, p.first, p.seq)
	started := Segment{Event: SegmentStarted, File: filepath.Base(ended), First: p.first, Last: p.seq, Hash: string(p.hash[:])}
	p.first = 0
	w.out = w.out[:0]
	w.line(&p, SystemEvent, started.AppendFields(nil))
	p.opened = p.seq
	p.offset = int64(len(w.out))
	file, err := w.place.advance(ended, w.out)
	if file == nil {
		return err
	}
	w.goOnIn(file, p)
	w.nameless = err != nil
	w.rotateAfter = time.Time{}
	return err
}
