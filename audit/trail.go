package audit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"

	"github.com/sirupsen/logrus"

	"ivalt-radius/audit/chain"
	"ivalt-radius/audit/checkpoint"
)

// Errors of a Trail. Others come from the file.
var (
	ErrClosed    = errors.New("the audit trail is closed")
	ErrFull      = errors.New("the queue of the audit trail is full")
	ErrTooLarge  = fmt.Errorf("an event of more than %d octets", chain.MaxFields)
	ErrMalformed = errors.New("an event whose fields hold a line break")
)

// The pace of events that nobody waits for: they are written linger after the first of them, and synced within a second.
const (
	linger    = 10 * time.Millisecond
	syncAfter = 900 * time.Millisecond
)

// retryAfter is how soon a failed disk is tried again where no event comes in between, and how often it is logged.
const retryAfter = time.Second

// defaultQueue is half a second of the fastest server.
const defaultQueue = 32768

// Options are a Trail's settings; the zero Options are those of a server.
type Options struct {
	// Queue is how many events may wait for the disk, at 512 octets each on average; as many Commits may wait beside
	// them, so that a flood of Rejects keeps no Accept from the trail. 0 is 32768.
	Queue int
	// Logger hears of a disk that fails and recovers, at most once a second. nil logs nothing.
	Logger logrus.FieldLogger
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// SegmentSize is the octets from which on the live file ends as a segment and a new one goes on; it ends too when the day
	// changes, in UTC. 0: it never ends by itself.
	SegmentSize int64
	// Key signs checkpoints; the zero Key signs none.
	Key checkpoint.Key
	// CheckpointEvery is how long records may wait for a checkpoint. 0: there is one at the end of each file and at Close alone.
	CheckpointEvery time.Duration
	// StateDir is where the last checkpoint is kept apart from the trail, and looked for by Open; empty: nowhere.
	StateDir string
	// HeadExpected says that there was a checkpoint before: where none is kept in StateDir, that is told as if it could not be read.
	HeadExpected bool
	// Noticed, where not nil, hears of each System and Security event that the trail itself records: what Open found at once, whatever
	// comes later once it is on disk. The writer calls it and waits for it: it must be quick, and must not commit to this trail or close it.
	Noticed func(Event)
	// Wrap, where not nil, stands between the Trail and its file, and each file after that, for tests that make the disk fail.
	Wrap func(File) File
}

func (o Options) withDefaults() Options {
	if o.Queue <= 0 {
		o.Queue = defaultQueue
	}
	if o.Logger == nil {
		silent := logrus.New()
		silent.SetOutput(io.Discard)
		o.Logger = silent
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Noticed == nil {
		o.Noticed = func(Event) {}
	}
	if o.Wrap == nil {
		o.Wrap = func(f File) File { return f }
	}
	return o
}

// Trail is the durable, hash-chained file of events. One process owns it. All methods are safe for concurrent use.
type Trail struct {
	path string
	opt  Options

	queue  *queue
	writer *writer
	group  *group // the writer's: the one before

	queued  chan struct{} // the queue is no longer empty
	urgent  chan struct{} // somebody waits, or the queue is half full
	alarm   *time.Timer   // a sync or a retry is due
	stopped chan struct{} // the writer has ended
	ended   error         // of Close; to be read once stopped is closed

	rotations chan chan error // from Rotate to the writer
	rotated   chan struct{}

	durable atomic.Uint64
	behind  atomic.Uint64 // records that the writer has and that are not durable
	failing atomic.Pointer[error]
	lost    atomic.Uint64

	// The writer's.
	head      *checkpoint.Head // the last one that was kept
	failLog   sometimes
	headLog   sometimes
	rotateLog sometimes
	failed    time.Time // since when the disk fails
	loud      bool      // the log knows that the disk fails
}

// sometimes logs an error, but not again before a while has passed.
type sometimes struct {
	every  time.Duration
	logged time.Time
}

func (s *sometimes) error(t *Trail, err error, message string) (said bool) {
	now := t.opt.Now()
	if !s.logged.IsZero() && now.Sub(s.logged) < s.every {
		return false
	}
	s.logged = now
	t.opt.Logger.WithError(err).WithField("lost", t.writer.failed).Error(message)
	return true
}

func start(file *os.File, home place, opt Options, at position, notices []Event) *Trail {
	t := &Trail{
		path:  home.path,
		opt:   opt,
		queue: newQueue(opt.Queue),
		writer: &writer{
			file: opt.Wrap(datasyncFile{file}), place: home, wrap: opt.Wrap, now: opt.Now, durable: at, current: at,
			notices: notices, key: opt.Key, pace: &pace{},
		},
		group:     &group{},
		queued:    make(chan struct{}, 1),
		urgent:    make(chan struct{}, 1),
		alarm:     time.NewTimer(retryAfter),
		stopped:   make(chan struct{}),
		rotations: make(chan chan error),
		rotated:   make(chan struct{}, 1),
		failLog:   sometimes{every: retryAfter},
		headLog:   sometimes{every: rotateAgainAfter},
		rotateLog: sometimes{every: rotateAgainAfter},
	}
	t.Adopt(opt.SegmentSize, opt.CheckpointEvery)
	t.durable.Store(at.seq)
	if len(notices) > 0 {
		ring(t.queued)
	}
	go t.run()
	return t
}

// Commit returns nil once the event is on disk, in the file that the path leads to. An error means that it may not be: no Access-Accept may leave. Where ctx
// ends first the event may still reach the disk. Concurrent Commits share one write and one fsync. A Segment is signed with it: whoever
// verifies the trail right after it was taken away believes nothing else.
func (t *Trail) Commit(ctx context.Context, e Event) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("commit to the audit trail: %w", err)
	}
	ticket, err := t.queue.commit(e)
	if err != nil {
		return fmt.Errorf("commit to the audit trail: %w", err)
	}
	ring(t.urgent)
	select {
	case <-ticket.done:
		return ticket.err
	case <-ctx.Done():
		return fmt.Errorf("commit to the audit trail: %w", ctx.Err())
	}
}

// Post queues the event and returns without waiting for the disk: it is written within some milliseconds and on disk
// within a second. It never blocks: where the queue is full it returns ErrFull, and the loss is counted and recorded as
// "records_lost" as soon as there is room. A pointer to a large event saves its copy.
func (t *Trail) Post(e Event) error {
	length, err := t.queue.post(e)
	if err != nil {
		return fmt.Errorf("post to the audit trail: %w", err)
	}
	switch length {
	case 1:
		ring(t.queued)
	case t.opt.Queue / 2:
		ring(t.urgent)
	}
	return nil
}

// Failing is why the trail cannot be written at present; nil where it can.
func (t *Trail) Failing() error {
	if err := t.failing.Load(); err != nil {
		return *err
	}
	return nil
}

// Lost is how many events were lost since Open, to a failing disk or to a full queue.
func (t *Trail) Lost() uint64 { return t.lost.Load() }

// Close writes and syncs what is queued, and gives the file up. The error is that of the last write; a second Close
// returns the first one's.
func (t *Trail) Close() error {
	if t.queue.close() {
		ring(t.urgent)
	}
	<-t.stopped
	return t.ended
}

// ring wakes the writer; where it is already to wake, that is enough.
func ring(bell chan struct{}) {
	select {
	case bell <- struct{}{}:
	default:
	}
}

// run is the writer: it alone touches the file.
func (t *Trail) run() {
	defer close(t.stopped)
	defer t.alarm.Stop()
	for _, found := range t.writer.notices {
		t.opt.Noticed(found)
	}
	for {
		var asked chan<- error
		select {
		case <-t.urgent:
		case <-t.queued:
			t.linger()
		case <-t.alarm.C:
		case asked = <-t.rotations:
		}
		if closed := t.step(asked); closed {
			return
		}
	}
}

// linger lets more events join the first, unless somebody waits.
func (t *Trail) linger() {
	timer := time.NewTimer(linger)
	defer timer.Stop()
	select {
	case <-t.urgent:
	case <-timer.C:
	}
}

// step writes what is queued, and syncs it where somebody waits or it is time. Whoever waited is told before anything else is done.
func (t *Trail) step(asked chan<- error) (closed bool) {
	var dropped uint64
	t.group, dropped, closed = t.queue.swap(t.group)
	t.writer.dropped = dropped
	t.writer.final = closed || t.group.signed
	t.behind.Store(t.writer.current.seq - t.writer.durable.seq + uint64(len(t.group.records)))

	err := t.writer.append(t.group)
	if err == nil && (t.group.ticket != nil || closed || asked != nil || t.writer.due()) {
		err = t.writer.sync()
	}
	err = t.report(err)
	t.durable.Store(t.writer.durable.seq)
	t.behind.Store(t.writer.current.seq - t.writer.durable.seq)
	if ticket := t.group.ticket; ticket != nil {
		ticket.err = err
		close(ticket.done)
	}
	switch {
	case closed:
		t.ended = errors.Join(err, t.writer.file.Close())
	case err == nil:
		t.turn(asked)
	case asked != nil:
		asked <- err
	}
	t.keepHead()
	t.tell()
	t.alarm.Reset(t.writer.alarm())
	return closed
}

// tell hands on what the trail has recorded by itself and is on disk.
func (t *Trail) tell() {
	for _, e := range t.writer.told {
		t.opt.Noticed(e)
	}
	t.writer.told = nil
}

// report tells health, metrics and log how the disk does.
func (t *Trail) report(err error) error {
	t.lost.Store(t.writer.failed + t.writer.dropped)
	if err != nil {
		err = fmt.Errorf("audit trail %s: %w", t.path, err)
		if t.failing.Swap(&err) == nil {
			t.failed = t.opt.Now()
		}
		t.complain(err)
		return err
	}
	if t.failing.Load() != nil && !t.writer.untold() {
		t.failing.Store(nil)
		if t.loud {
			t.loud = false
			t.opt.Logger.WithField("file", t.path).WithField("failed_for", t.opt.Now().Sub(t.failed).Round(time.Millisecond).String()).
				Info("audit trail recovered")
		}
	}
	return nil
}

// complain logs at most one error a second.
func (t *Trail) complain(err error) {
	if t.failLog.error(t, err, "audit trail cannot be written") {
		t.loud = true
	}
}
