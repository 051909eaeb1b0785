package incident

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"math"
	"slices"
	"sync"
	"time"

	"ivalt-radius/audit"
	"ivalt-radius/guard"
)

// growEvery is how soon what only grows is on disk; keepEvery how often holds and retention are looked at, beside what happens.
const (
	growEvery = 2 * time.Second
	keepEvery = 10 * time.Minute
	flushMost = 50 // incidents at a time, so that a flood leaves the disk to the trail
)

// The span of a hold: what came before the first event, and after the last one. One that grows out of it is held anew.
const (
	heldBefore = time.Hour
	heldAfter  = 24 * time.Hour
)

// Run takes the steps, writes what grows, places and releases holds, and removes what is older than its retention, until ctx ends. It
// resumes first what was answered before.
func (b *Book) Run(ctx context.Context) {
	b.resume()
	var work sync.WaitGroup
	work.Go(func() { b.answering(ctx) })
	work.Go(func() { b.keeping(ctx) })
	work.Wait()
}

func (b *Book) answering(ctx context.Context) {
	tick := time.NewTicker(growEvery)
	defer tick.Stop()
	for {
		b.respond()
		select {
		case <-b.answer:
		case <-tick.C:
			b.flush(flushMost)
		case <-ctx.Done():
			b.flush(math.MaxInt)
			return
		}
	}
}

func (b *Book) keeping(ctx context.Context) {
	tick := time.NewTicker(keepEvery)
	defer tick.Stop()
	for {
		_ = b.holds() // logged, and tried again
		b.expire()
		select {
		case <-b.keep:
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// Settle writes what is not on disk and sees to the holds: what a command does that has changed something while no server runs.
func (b *Book) Settle() error {
	b.flush(math.MaxInt)
	b.mu.Lock()
	sick := b.sick
	b.mu.Unlock()
	err := b.holds()
	if sick {
		err = errors.Join(err, errors.New("an incident could not be written"))
	}
	return err
}

// pen is a Pen.
type pen struct {
	book *Book
	id   string
}

// Did implements Pen.
func (p pen) Did(a Action) {
	p.book.mu.Lock()
	defer p.book.mu.Unlock()
	if e := p.book.all[p.id]; e != nil {
		if a.At.IsZero() {
			a.At = p.book.now()
		}
		e.act(a)
		e.dirty = true
	}
}

// Saw implements Pen.
func (p pen) Saw(line guard.Line) bool {
	p.book.mu.Lock()
	defer p.book.mu.Unlock()
	e := p.book.all[p.id]
	if e == nil || e.State == Closed {
		return false
	}
	e.witness([]guard.Line{line})
	e.dirty = true
	return true
}

// some are copies of the incidents that are wanted, by identifier.
func (b *Book) some(wanted func(*entry) bool) []Incident {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := []Incident{}
	for _, e := range b.all {
		if wanted(e) {
			out = append(out, e.clone())
		}
	}
	slices.SortFunc(out, func(x, y Incident) int { return cmp.Compare(x.ID, y.ID) })
	return out
}

func (b *Book) resume() {
	if b.deps.Responder == nil {
		return
	}
	for _, i := range b.some(func(e *entry) bool { return e.State != Closed && e.Answered }) {
		b.deps.Responder.Resume(i, pen{b, i.ID})
	}
}

// respond has the steps taken of what is new or worse, and writes them down.
func (b *Book) respond() {
	for _, i := range b.some(func(e *entry) bool { return e.State != Closed && !e.Answered }) {
		if b.deps.Responder != nil {
			b.deps.Responder.Respond(i, pen{b, i.ID})
		}
		b.answered(i)
	}
}

// answered says that the steps of an incident were taken, unless it has become worse meanwhile.
func (b *Book) answered(i Incident) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if e := b.all[i.ID]; e != nil && e.Severity == i.Severity {
		e.Answered = true
		b.save(e)
	}
}

// flush writes what has grown, so many at most, those first that were written longest ago. The lock is let go between two files.
func (b *Book) flush(most int) {
	for _, id := range b.grown(most) {
		b.mu.Lock()
		if e := b.all[id]; e != nil && e.dirty {
			b.save(e)
		}
		b.mu.Unlock()
	}
}

// grown are the incidents that are not on disk as they are.
func (b *Book) grown(most int) (ids []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all []*entry
	for _, e := range b.all {
		if e.dirty {
			all = append(all, e)
		}
	}
	slices.SortFunc(all, func(x, y *entry) int { return x.saved.Compare(y.saved) })
	for _, e := range all[:min(most, len(all))] {
		ids = append(ids, e.ID)
	}
	return ids
}

// wantsHold reports an incident whose records are needed.
func (e *entry) wantsHold() bool { return e.State != Closed && e.Severity >= guard.Medium }

// holds places and releases what is due, off the lock, since that may wait.
func (b *Book) holds() error {
	if b.deps.Holder == nil {
		return nil
	}
	var errs []error
	for _, i := range b.some(func(e *entry) bool {
		return e.wantsHold() && !e.Last.Before(e.HeldTo) || !e.wantsHold() && !e.HeldTo.IsZero()
	}) {
		var to time.Time
		var err error
		if i.State != Closed && i.Severity >= guard.Medium {
			to = i.Last.Add(heldAfter)
			err = b.deps.Holder.Hold(i.ID, i.First.Add(-heldBefore), to, "incident "+i.ID+" is not closed")
		} else {
			err = b.deps.Holder.Release(i.ID)
		}
		if err != nil {
			b.deps.Log.WithField("incident", i.ID).WithError(err).Error("the records of an incident could not be held, or let go; tried again")
			errs = append(errs, err)
			continue
		}
		b.mu.Lock()
		if e := b.all[i.ID]; e != nil {
			e.HeldTo = to
			b.save(e)
		}
		b.mu.Unlock()
	}
	return errors.Join(errs...)
}

// expire removes what was closed longer ago than the retention, and the oldest of too many. The lock is let go between two files.
func (b *Book) expire() {
	for _, id := range b.expired() {
		b.remove(id)
	}
}

// expired are the incidents whose time is over.
func (b *Book) expired() (ids []string) {
	closed := b.some(func(e *entry) bool { return e.State == Closed && e.HeldTo.IsZero() })
	slices.SortFunc(closed, func(x, y Incident) int { return x.Closed.Compare(y.Closed) })
	retention := time.Duration(b.retention.Load())
	for n, i := range closed {
		if len(closed)-n <= mostClosed && (retention <= 0 || b.now().Sub(i.Closed) < retention) {
			break
		}
		ids = append(ids, i.ID)
	}
	return ids
}

// remove takes away a closed incident.
func (b *Book) remove(id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.files.remove(id); err != nil && !errors.Is(err, fs.ErrNotExist) {
		b.deps.Log.WithField("incident", id).WithError(err).Error("an incident could not be removed; tried again")
		return
	}
	b.deps.Recorder.Note(audit.System{Event: "incident_removed", Detail: b.all[id].about()})
	delete(b.all, id)
}
