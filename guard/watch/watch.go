package watch

import (
	"context"
	"fmt"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/sirupsen/logrus"

	"ivalt-radius/audit"
	"ivalt-radius/guard"
	"ivalt-radius/guard/watch/rule"
)

// How often the watch looks at what waits, and how often it says what it has missed.
const (
	settleEvery = time.Second
	missedEvery = time.Minute
)

// Deps are what the watch needs. All of it but Each must be there.
type Deps struct {
	// Alert takes what was found, from the watch's goroutine: while it waits, events wait, and those that do not fit are missed.
	Alert func(guard.Alert)
	// Each, where not nil, is shown every event that See took, from the watch's goroutine, too.
	Each func(audit.Event)
	// Note takes the watch's own security event: what it has missed.
	Note func(audit.Event)
	// Now is time.Now, or a test's clock. Windows follow its monotonic reading.
	Now func() time.Time
	Log logrus.FieldLogger
}

// Watch looks for attacks and trouble. See, Dropped and Adopt are safe for concurrent use, before, while and after Run runs.
type Watch struct {
	deps     Deps
	settings atomic.Pointer[Settings]
	bell     chan struct{}
	events   inbox[seen]
	drops    inbox[dropped]

	detector *detector // Run's, as all below
	told     uint64    // events that are known to be missed
	tellAt   time.Time
	panicked time.Time // when the last panic was logged
}

// New makes a watch of settings that Check finds nothing wrong with. It does nothing before Run.
func New(s Settings, d Deps) *Watch {
	bell, start := make(chan struct{}, 1), d.Now()
	w := &Watch{
		deps: d, bell: bell, tellAt: start.Add(missedEvery),
		events: inbox[seen]{most: mostEvents, bell: bell}, drops: inbox[dropped]{most: mostDrops, bell: bell},
		detector: newDetector(start, d.Alert),
	}
	w.Adopt(s)
	return w
}

// Adopt takes other settings, from the next event on. What was counted counts on.
func (w *Watch) Adopt(s Settings) { w.settings.Store(&s) }

// See takes an event. It waits for nothing: what finds no room is counted as missed. The event must not change any more.
func (w *Watch) See(e audit.Event) {
	if rule.Concerns(e) {
		w.events.put(seen{at: w.deps.Now(), event: e})
	}
}

// Dropped takes a packet that radius dropped in silence: its word for the cause, the client's name, empty where no client has the
// address, and the packet's source. It waits for nothing.
func (w *Watch) Dropped(cause, client string, from netip.Addr) {
	if rule.ConcernsDrop(cause) {
		w.drops.put(dropped{at: w.deps.Now(), cause: cause, client: client, from: from})
	}
}

// Missed is how many events and packets found no room.
func (w *Watch) Missed() uint64 { return w.events.missed.Load() + w.drops.missed.Load() }

// Run watches until ctx ends, and looks at what waits then. It is to be called once.
func (w *Watch) Run(ctx context.Context) {
	tick := time.NewTicker(settleEvery)
	defer tick.Stop()
	for ctx.Err() == nil {
		select {
		case <-w.bell:
			w.work()
		case <-tick.C:
			w.work()
			w.settle()
		case <-ctx.Done():
		}
	}
	w.work()
	now := w.deps.Now()
	w.guarded(func() { w.detector.settle(now, 0) })
}

// work looks at all that waits.
func (w *Watch) work() {
	w.detector.adopt(w.settings.Load())
	events := w.events.take()
	for i := range events {
		w.guarded(func() {
			s := rule.Of(events[i].event)
			w.detector.see(&s, events[i].at, events[i].event)
			if w.deps.Each != nil {
				w.deps.Each(events[i].event)
			}
		})
	}
	drops := w.drops.take()
	for i := range drops {
		w.guarded(func() {
			s := rule.OfDrop(drops[i].cause, drops[i].client, drops[i].from)
			w.detector.see(&s, drops[i].at, nil)
		})
	}
}

// settle says what is due.
func (w *Watch) settle() {
	now := w.deps.Now()
	w.guarded(func() { w.detector.settle(now, again) })
	if now.Before(w.tellAt) {
		return
	}
	w.tellAt = now.Add(missedEvery)
	if missed := w.Missed(); missed != w.told {
		n := missed - w.told
		w.told = missed
		w.deps.Note(audit.Security{
			Event: "events_missed", Detail: fmt.Sprintf("the watch could not look at %d events and dropped packets: more came than it has room for", n),
		})
	}
}

// guarded keeps a panic over one event from ending the server: the watch goes on with the next one.
func (w *Watch) guarded(f func()) {
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		if now := w.deps.Now(); w.panicked.IsZero() || now.Sub(w.panicked) >= time.Minute {
			w.panicked = now
			w.deps.Log.WithField("panic", fmt.Sprintf("%T", p)).Error("the watch panicked over an event; please report this")
		}
	}()
	f()
}
