package claim

import (
	"context"
	"errors"
	"math"
	"sync"
	"time"

	"ivalt-radius/state/cluster"
)

// opLasts bounds one operation, whatever the memory does.
const opLasts = 5 * time.Second

// Desk has operations on phones done, those on one phone one after the other in the order in which they came. It is safe for concurrent
// use. Operations must not call Await.
type Desk struct {
	base   context.Context //nolint:containedctx // the life of the desk, which ends its operations
	cancel context.CancelFunc
	work   sync.WaitGroup
	most   int           // goroutines at once
	lasts  time.Duration // bounds an operation; 0: nothing does

	mu     sync.Mutex
	busy   int     // goroutines
	due    []*line // that wait for one
	lines  map[string]*line
	closed bool
	empty  chan struct{} // closed once it is closed and nothing is left to do
}

// line is what is to be done on one phone.
type line struct {
	phone string
	ops   []func(context.Context)
	owed  []*debt
	tries int // rounds in which something stayed owed
	again *time.Timer
	busy  bool // it has a goroutine, or waits for one
}

// debt is an end that the memory has not taken yet.
type debt struct {
	op    func(context.Context) error
	until time.Time
	done  func(error)
}

// NewDesk makes a desk without operations, for a memory that may be slow: each phone has a goroutine of its own while something is done on
// it. Close ends it.
func NewDesk() *Desk { return newDesk(math.MaxInt, opLasts) }

// quickMost is how many goroutines a quick desk has at most.
const quickMost = 16

// NewQuickDesk is NewDesk for a memory of this process, which answers at once: a crowd of logins needs few goroutines, and no timers.
func NewQuickDesk() *Desk { return newDesk(quickMost, 0) }

func newDesk(most int, lasts time.Duration) *Desk {
	base, cancel := context.WithCancel(context.Background())
	return &Desk{base: base, cancel: cancel, most: most, lasts: lasts, lines: map[string]*line{}, empty: make(chan struct{})}
}

// Do has one operation done and returns at once. A closed desk does nothing.
func (d *Desk) Do(phone string, op func(context.Context)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.closed {
		d.add(phone, op)
	}
}

// Await has one operation done and waits for it: cluster.ErrUnreachable where the desk is closed before.
func (d *Desk) Await(phone string, op func(context.Context) error) error {
	done := make(chan error, 1)
	d.Do(phone, func(ctx context.Context) { done <- op(ctx) })
	select {
	case err := <-done:
		return err
	case <-d.base.Done():
		return cluster.ErrUnreachable
	}
}

// Owe has an end told, and tells it again while the memory cannot be asked: before whatever else is done on the phone, and after 100 ms,
// 250 ms and then each 500 ms, until a moment. done is told what came of it, from a goroutine of the desk; nil: nobody is.
func (d *Desk) Owe(phone string, until time.Time, op func(context.Context) error, done func(error)) {
	if done == nil {
		done = func(error) {}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return
	}
	l := d.line(phone)
	d.add(phone, func(ctx context.Context) { l.pay(ctx, &debt{op: op, until: until, done: done}) })
}

func (d *Desk) line(phone string) *line {
	l := d.lines[phone]
	if l == nil {
		l = &line{phone: phone}
		d.lines[phone] = l
	}
	return l
}

// add puts an operation behind those of its phone. The caller holds the lock.
func (d *Desk) add(phone string, op func(context.Context)) {
	l := d.line(phone)
	l.ops = append(l.ops, op)
	if l.busy {
		return
	}
	if l.again != nil {
		l.again.Stop()
	}
	l.busy = true
	if d.busy >= d.most {
		d.due = append(d.due, l)
		return
	}
	d.busy++
	d.work.Add(1)
	go d.run(l)
}

// run does what is to be done on one phone, until there is no more, and then on the next one that waits for a goroutine.
func (d *Desk) run(l *line) {
	defer d.work.Done()
	for op := d.next(&l); op != nil; op = d.next(&l) {
		owed := l.owed
		l.owed = nil
		for _, o := range owed {
			bounded(d.base, d.lasts, func(ctx context.Context) { l.pay(ctx, o) })
		}
		bounded(d.base, d.lasts, op)
	}
}

func bounded(base context.Context, lasts time.Duration, op func(context.Context)) {
	if lasts == 0 {
		op(base)
		return
	}
	ctx, cancel := context.WithTimeout(base, lasts)
	defer cancel()
	op(ctx)
}

// next is the next operation of a line, or of one that waits; nil where the goroutine has nothing to do.
func (d *Desk) next(l **line) func(context.Context) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for {
		if op := d.of(*l); op != nil {
			return op
		}
		if len(d.due) == 0 {
			d.due = nil // a crowd leaves no room behind
			d.busy--
			return nil
		}
		*l, d.due[0] = d.due[0], nil
		d.due = d.due[1:]
	}
}

// of is the line's next operation; without one it rests, and comes back for what is owed. An ended desk leaves the rest undone. The caller
// holds the lock.
func (d *Desk) of(l *line) func(context.Context) {
	ended := d.base.Err() != nil
	if len(l.ops) > 0 && !ended {
		op := l.ops[0]
		l.ops = l.ops[1:]
		return op
	}
	l.busy, l.ops = false, nil
	if len(l.owed) > 0 && !ended {
		l.again = time.AfterFunc(pause(l.tries), func() { d.comeBack(l.phone) })
		l.tries++
		return nil
	}
	delete(d.lines, l.phone)
	d.emptied()
	return nil
}

// pause is how long what is owed waits for its next try.
func pause(tries int) time.Duration {
	return []time.Duration{100 * time.Millisecond, 250 * time.Millisecond, 500 * time.Millisecond}[min(tries, 2)]
}

// comeBack tries again what a phone's line owes.
func (d *Desk) comeBack(phone string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.base.Err() == nil && d.lines[phone] != nil {
		d.add(phone, func(context.Context) {})
	}
}

// emptied notes that a line is gone. The caller holds the lock.
func (d *Desk) emptied() {
	if d.closed && len(d.lines) == 0 {
		select {
		case <-d.empty:
		default:
			close(d.empty)
		}
	}
}

// pay tries to have an end told. Only the line's own goroutine calls it.
func (l *line) pay(ctx context.Context, o *debt) {
	err := o.op(ctx)
	unsure := errors.Is(err, cluster.ErrUnreachable) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
	switch {
	case !unsure:
		o.done(err)
	case time.Now().Before(o.until):
		l.owed = append(l.owed, o)
	default:
		o.done(cluster.ErrUnreachable)
	}
	if len(l.owed) == 0 {
		l.tries = 0
	}
}

// Close takes no more operations, has those that are under way done for so long, gives the rest up, and returns once no goroutine is
// left. It may be called more than once.
func (d *Desk) Close(most time.Duration) {
	d.mu.Lock()
	d.closed = true
	d.emptied()
	d.mu.Unlock()
	limit := time.NewTimer(most)
	defer limit.Stop()
	select {
	case <-d.empty:
	case <-limit.C:
	}
	d.mu.Lock()
	d.cancel()
	for phone, l := range d.lines {
		if l.again != nil {
			l.again.Stop()
		}
		if !l.busy {
			delete(d.lines, phone)
		}
	}
	d.mu.Unlock()
	d.work.Wait()
}
