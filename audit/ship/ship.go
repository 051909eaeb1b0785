package ship

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/sirupsen/logrus"

	"ivalt-radius/audit"
	"ivalt-radius/audit/query"
	"ivalt-radius/fault"
)

// Durable is the trail's writer, as far as shipping knows it: which record is the last that is on disk and will not be taken back. It
// must not block.
type Durable interface{ Durable() uint64 }

// Deps is what shipping needs of others.
type Deps struct {
	Trail     Durable
	Live      string // the path of the live file
	Directory string // of the cursors; made where it is missing
	Version   string // of this program
	Note      func(audit.Event)
	Log       logrus.FieldLogger
	// Mask is a copy of a record with pseudonyms; nil: no receiver may want one.
	Mask func(*query.Record) *query.Record
}

// pace is how often things are done.
type pace struct {
	poll    time.Duration // looks for new records
	save    time.Duration // writes of the cursor
	check   time.Duration // looks at how far a receiver is behind
	tell    time.Duration // words about one receiver, in the log and of skipped records in the trail
	receipt time.Duration // a record waits for its receipt, while more come
	retry   time.Duration // after the first failure
	most    time.Duration // after many
}

func usual() pace {
	return pace{
		poll: 250 * time.Millisecond, save: time.Second, check: 5 * time.Second, tell: time.Minute, receipt: 30 * time.Second,
		retry: time.Second, most: time.Minute,
	}
}

// Shipping is the receivers that run. Its methods are safe for concurrent use.
type Shipping struct {
	deps Deps
	pace pace

	mu      sync.Mutex
	running map[string]*running // by name
	closed  bool
}

// running is a receiver and the ways to end it.
type running struct {
	*receiver

	quit  chan struct{} // closed: ship what is durable, and end
	abort context.CancelFunc
	done  chan struct{}
}

// New starts shipping. It wants to be closed; the end of ctx does not end it.
func New(ctx context.Context, p Plan, d Deps) (*Shipping, fault.List) {
	return start(ctx, p, d, usual())
}

func start(ctx context.Context, p Plan, d Deps, pace pace) (*Shipping, fault.List) {
	s := &Shipping{deps: d, pace: pace, running: map[string]*running{}}
	return s, s.Reload(ctx, p)
}

// Refuses says why Reload would change nothing.
func (s *Shipping) Refuses(p Plan) (faults fault.List) {
	for _, plan := range p.receivers {
		if plan.settings.Mask && s.deps.Mask == nil {
			faults.Add(plan.key+".mask", "there is nothing here that could make pseudonyms: ship without mask, or not at all")
		}
	}
	return faults
}

// Reload starts new receivers, ends those that are gone, and replaces those whose settings changed; a receiver goes on from the cursor
// that is kept under its name. It changes nothing where it returns a fault. One that is slow to end is not waited for longer than
// grace.
func (s *Shipping) Reload(ctx context.Context, p Plan) fault.List {
	faults := s.Refuses(p)
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(faults) > 0 || s.closed {
		return faults
	}
	wanted := map[string]plan{}
	for _, plan := range p.receivers {
		wanted[plan.settings.Name] = plan
	}
	var ending []*running
	for name, r := range s.running {
		if plan, ok := wanted[name]; ok && plan.same(r.plan) {
			delete(wanted, name)
			continue
		}
		ending = append(ending, r)
		delete(s.running, name)
	}
	within, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	end(within, ending)
	for name, plan := range wanted {
		s.running[name] = s.run(ctx, plan)
	}
	return nil
}

// run starts one receiver, which outlives ctx.
func (s *Shipping) run(ctx context.Context, p plan) *running {
	ctx, abort := context.WithCancel(context.WithoutCancel(ctx))
	r := &running{receiver: newReceiver(p, s.deps, s.pace), quit: make(chan struct{}), abort: abort, done: make(chan struct{})}
	go func() {
		defer close(r.done)
		defer abort()
		r.run(ctx, r.quit)
	}()
	return r
}

// grace is how long receivers may ship what is durable before they are ended, and lastWord how long one may take to see that it is; a
// disk that hangs is not waited for.
const (
	grace    = 2 * time.Second
	lastWord = time.Second
)

// end ends receivers, all at once, gently until ctx ends.
func end(ctx context.Context, ending []*running) {
	for _, r := range ending {
		close(r.quit)
	}
	for _, r := range ending {
		select {
		case <-r.done:
		case <-ctx.Done():
			r.abort()
		}
	}
	last := time.NewTimer(lastWord)
	defer last.Stop()
	for _, r := range ending {
		select {
		case <-r.done:
		case <-last.C:
			return
		}
	}
}

// Close ships what is durable, for two seconds at most or until ctx ends, keeps the cursors, and ends all receivers. The trail may be
// closed before.
func (s *Shipping) Close(ctx context.Context) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	var ending []*running
	for _, r := range s.running {
		ending = append(ending, r)
	}
	s.running, s.closed = nil, true
	end(ctx, ending)
}

// Stats is how one receiver does.
type Stats struct {
	Receiver string
	Shipped  uint64        // records that count as taken, since the receiver's first
	Skipped  uint64        // records that it will never get
	Cut      uint64        // records of which a part did not fit, since the start
	Records  uint64        // that it is behind
	Octets   int64         // that it is behind, as of some seconds ago
	Behind   time.Duration // the age of the oldest record that does not count as taken
	Failing  string        // why it takes nothing at present; empty: it does
}

// Stats are the receivers' by name.
func (s *Shipping) Stats() []Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Stats, 0, len(s.running))
	for _, r := range s.running {
		out = append(out, r.stats())
	}
	slices.SortFunc(out, func(a, b Stats) int { return cmp.Compare(a.Receiver, b.Receiver) })
	return out
}
