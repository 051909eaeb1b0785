package notify

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/sirupsen/logrus"

	"ivalt-radius/audit"
	"ivalt-radius/audit/durable"
	"ivalt-radius/guard/notify/way"
)

// Directory is where spools lie, in state.directory.
const Directory = "notices"

// grace is how long Close waits for messages that are being sent.
const grace = 2 * time.Second

// Deps is what notices need of others.
type Deps struct {
	Note func(audit.Event) // of failures; it must not block
	Log  logrus.FieldLogger
}

// Notices are the receivers that run. Its methods are safe for concurrent use.
type Notices struct {
	dir  string
	deps Deps
	make func(Settings) (way.Way, error)

	mu        sync.Mutex
	receivers map[string]*receiver // by name
	closed    bool
}

// Open delivers from now on what waits in `notices` in dir, which is state.directory, and what comes, to receivers in which Check finds no
// fault. What waits for a receiver that is not among them is given up, which the trail says. It wants to be closed.
func Open(dir string, receivers []Settings, d Deps) (*Notices, error) {
	return open(dir, receivers, d, way.New)
}

func open(dir string, receivers []Settings, d Deps, newWay func(Settings) (way.Way, error)) (*Notices, error) {
	n := &Notices{dir: filepath.Join(dir, Directory), deps: d, make: newWay, receivers: map[string]*receiver{}}
	if err := durable.Directory(n.dir); err != nil {
		return nil, fmt.Errorf("notices: %w", err)
	}
	if err := n.Adopt(receivers); err != nil {
		return nil, err
	}
	n.abandoned()
	return n, nil
}

// Adopt has other receivers from now on: those that stay keep what waits for them, and have their new settings from the next message on;
// what waits for one that is gone is given up, which the trail says. An error changes nothing.
func (n *Notices) Adopt(receivers []Settings) error {
	plans := make([]plan, len(receivers))
	names := map[string]bool{}
	for i, s := range receivers {
		made, err := n.make(s)
		if err == nil && (names[s.Name] || !directoryName(s.Name)) {
			err = errName
		}
		names[s.Name] = true
		if err != nil {
			return fmt.Errorf("guard.notify[%d]: %w", i, err)
		}
		plans[i] = plan{s, made}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return errClosed
	}
	spools, err := n.spools(receivers)
	if err != nil {
		return err
	}
	gone := n.receivers
	n.receivers = map[string]*receiver{}
	for _, p := range plans {
		name := p.settings.Name
		if r, ok := gone[name]; ok {
			delete(gone, name)
			n.receivers[name] = r
			r.adopt(p)
			continue
		}
		n.receivers[name] = n.run(p, spools[name])
	}
	for _, r := range gone {
		r.abort()
		<-r.ended
		n.abandon(r.name, r.spool)
	}
	return nil
}

var (
	errName   = errors.New("name: it names no directory, or another one's")
	errClosed = errors.New("notices are closed")
	errNoID   = errors.New("a notice without an ID: its receiver could not tell it from another")
)

// spools opens those of new receivers.
func (n *Notices) spools(receivers []Settings) (map[string]*spool, error) {
	out := map[string]*spool{}
	for _, s := range receivers {
		if n.receivers[s.Name] != nil {
			continue
		}
		opened, err := openSpool(filepath.Join(n.dir, s.Name), time.Now())
		if err != nil {
			return nil, fmt.Errorf("notices for %s: %w", s.Name, err)
		}
		out[s.Name] = opened
	}
	return out, nil
}

// run starts one receiver.
func (n *Notices) run(p plan, s *spool) *receiver {
	ctx, abort := context.WithCancel(context.Background())
	r := &receiver{
		name: p.settings.Name, deps: n.deps, spool: s, plan: p, abort: abort,
		wake: make(chan struct{}, 1), quit: make(chan struct{}), ended: make(chan struct{}),
	}
	go r.run(ctx)
	return r
}

// abandoned gives up what waits for receivers that were taken out of the settings while no server ran.
func (n *Notices) abandoned() {
	n.mu.Lock()
	defer n.mu.Unlock()
	dirs, err := os.ReadDir(n.dir)
	if err != nil {
		return // there is nothing to be seen, and what comes can be written or is told
	}
	for _, d := range dirs {
		if !d.IsDir() || !directoryName(d.Name()) || n.receivers[d.Name()] != nil {
			continue
		}
		if s, err := openSpool(filepath.Join(n.dir, d.Name()), time.Now()); err == nil {
			n.abandon(d.Name(), s)
		}
	}
}

func (n *Notices) abandon(name string, s *spool) {
	if err := s.abandon(); err != nil {
		n.deps.Log.WithField("receiver", name).WithError(err).Warn("the directory of its notices is not empty: look at it, and remove it")
	}
	if words := s.tell(); words != "" {
		dropped(n.deps, name, words)
	}
}

// Notify has a notice delivered to each receiver that is told of its severity. It is on disk when Notify returns; where an error says
// that it is not, it is delivered all the same unless the server ends before. After Close it waits for the next start.
func (n *Notices) Notify(notice Notice) error {
	if notice.ID == "" {
		return errNoID
	}
	notice = notice.Plain()
	n.mu.Lock()
	defer n.mu.Unlock()
	var errs []error
	for name, r := range n.receivers {
		if !r.wants(notice.Severity) {
			continue
		}
		if err := r.spool.put(notice, time.Now()); err != nil {
			errs = append(errs, fmt.Errorf("a notice for %s is in memory alone: %w", name, err))
		}
		r.awake()
	}
	return errors.Join(errs...)
}

// Close ends the receivers. What is being sent may end within two seconds and until ctx ends; the rest waits on disk.
func (n *Notices) Close(ctx context.Context) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return
	}
	n.closed = true
	ctx, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	for _, r := range n.receivers {
		close(r.quit)
	}
	last := time.NewTimer(2 * grace)
	defer last.Stop()
	for _, r := range n.receivers {
		select {
		case <-r.ended:
		case <-ctx.Done():
		}
		r.abort()
		select {
		case <-r.ended: // a Way gives up at once
		case <-last.C: // the disk hangs
			return
		}
		if words := r.spool.tell(); words != "" {
			dropped(r.deps, r.name, words)
		}
	}
}

// Test sends a notice through one receiver, now and once, without its spool. said is what the receiver answered, the error why it did not
// go; both are safe words.
func Test(ctx context.Context, s Settings, notice Notice) (said string, err error) {
	w, err := way.New(s)
	if err != nil {
		return "", err
	}
	return w.Send(ctx, []Notice{notice.Plain()})
}
