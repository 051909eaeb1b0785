package guarding

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/sirupsen/logrus"

	"ivalt-radius/audit"
	"ivalt-radius/audit/query"
	"ivalt-radius/auth"
	"ivalt-radius/cmd/ivalt-radius/defence"
	"ivalt-radius/cmd/ivalt-radius/disconnecting"
	"ivalt-radius/cmd/ivalt-radius/gating"
	"ivalt-radius/cmd/ivalt-radius/noticing"
	"ivalt-radius/cmd/ivalt-radius/responding"
	"ivalt-radius/cmd/ivalt-radius/watching"
	"ivalt-radius/config"
	"ivalt-radius/fault"
	"ivalt-radius/guard"
	"ivalt-radius/guard/block"
	"ivalt-radius/guard/gate"
	"ivalt-radius/guard/incident"
	"ivalt-radius/guard/notify"
	"ivalt-radius/guard/respond"
	"ivalt-radius/guard/watch"
	"ivalt-radius/state"
	"ivalt-radius/state/cluster"
)

// Check says what the parts find wrong with the settings.
func Check(s *config.Settings) fault.List {
	faults := gating.Settings(s).Check()
	faults = append(faults, watching.Settings(s).Check()...)
	faults = append(faults, responding.Settings(s).Check()...)
	faults = append(faults, noticing.Check(s)...)
	return append(faults, disconnecting.Check(s)...)
}

// Server is what the guard works with.
type Server struct {
	Recorder     incident.Recorder
	Log          logrus.FieldLogger
	Store        *state.Store
	Segments     sync.Locker          // held while segments of the trail are taken away
	Forget       func(auth.Username)  // takes away what is remembered of a person's approvals
	Disconnector respond.Disconnector // may be called once the server runs
	Tell         func([]byte)         // tells the gates of other nodes what this one counts; nil: there are none
}

// Guard takes events from New on, has a gate from Open on, and is at work from Start to Close. Its methods are safe for concurrent use, Open, Start and Close apart.
type Guard struct {
	Gate *gate.Gate // from Open on

	server    Server
	blocks    *block.Blocks
	book      *incident.Book
	responder *respond.Responder
	notices   *notify.Notices
	watch     *watch.Watch
	ends      []func() // last things first
}

// New makes a Guard that takes events already, and looks at them once it is at work.
func New(s *config.Settings, note func(audit.Event), log logrus.FieldLogger) *Guard {
	g := &Guard{}
	g.watch = watch.New(watching.Settings(s), watch.Deps{
		Alert: func(a guard.Alert) { g.book.Take(a) }, Each: func(e audit.Event) { g.responder.See(e) }, Note: note, Now: time.Now, Log: log,
	})
	return g
}

// Open opens everything, the gate above all. Where it fails Close puts away what it has opened.
func (g *Guard) Open(s *config.Settings, d Server) (err error) {
	g.server = d
	note := d.Recorder.Note
	if g.blocks, err = block.Open(d.Store, time.Now); err != nil {
		return fmt.Errorf("state.directory: %w", err)
	}
	if g.Gate, err = gate.New(gating.Settings(s), gate.Deps{Store: d.Store, Blocks: g.blocks, Now: time.Now, Note: note, Log: d.Log, Tell: d.Tell}); err != nil {
		return fmt.Errorf("state.directory: %w", err)
	}
	if g.notices, err = notify.Open(s.State.Directory, noticing.Settings(s), notify.Deps{Note: note, Log: d.Log}); err != nil {
		return fmt.Errorf("guard.notify: %w", err)
	}
	g.responder = respond.New(responding.Settings(s), respond.Deps{
		Notifier: notifier{g.notices}, Blocker: g.blocks, Disconnector: d.Disconnector, Forget: g.forgetApprovals, Note: note, Log: d.Log, Now: time.Now,
	})
	if g.book, err = incident.Open(s.State.Directory, responding.Incidents(s), incident.Deps{
		Recorder: d.Recorder, Responder: g.responder, Log: d.Log, Now: time.Now,
		Holder: responding.Holder{Directory: s.State.Directory, Segments: d.Segments},
	}); err != nil {
		return fmt.Errorf("state.directory: %w", err)
	}
	return nil
}

// Start puts everything to work, once the server serves: what it is to forget or to disconnect is there then.
func (g *Guard) Start(ctx context.Context, s *config.Settings) {
	g.work(ctx, g.responder.Run) // it ends behind the book, which hands it what is to be done
	g.work(ctx, g.book.Run)
	g.work(ctx, g.watch.Run)
	g.work(ctx, func(ctx context.Context) { g.learnVisitors(ctx, s) })
}

// work has something done until Close, what began last ends first.
func (g *Guard) work(ctx context.Context, do func(context.Context)) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var done sync.WaitGroup
	done.Go(func() { do(ctx) })
	g.ends = append(g.ends, func() {
		cancel()
		done.Wait()
	})
}

// learnVisitors reads from the trail who was let in lately. Until that is done no address is blocked automatically.
func (g *Guard) learnVisitors(ctx context.Context, s *config.Settings) {
	err := responding.Seed(ctx, query.Trail{Live: s.Audit.File, Archive: s.Audit.Archive}, g.responder, time.Now())
	if err != nil && ctx.Err() == nil {
		g.server.Log.WithError(err).Warn("who was let in within a day cannot be read from the trail: no address is blocked automatically until the next start")
	}
}

// forgetApprovals is for a name in canonical form.
func (g *Guard) forgetApprovals(user string) {
	if name, err := auth.ParseUsername(user); err == nil {
		g.server.Forget(name)
	}
}

// Dropped is told of every packet that is dropped in silence. It waits for nothing.
func (g *Guard) Dropped(cause, client string, from netip.Addr) { g.watch.Dropped(cause, client, from) }

// Share has blocks placed and lifted at all nodes. table makes the table of a replica, or nil where there are no others. It is called once, behind Open.
func (g *Guard) Share(table func(r cluster.Replica) cluster.Table) {
	if t := table(g.blocks); t != nil {
		g.blocks.Share(t)
	}
}

// See is told of every event. It waits for nothing. A nil Guard sees nothing.
func (g *Guard) See(e audit.Event) {
	if g == nil {
		return
	}
	g.watch.See(e)
	if late, ok := e.(audit.Security); ok && late.Event == "late_approval" && g.Gate != nil {
		g.Gate.Answered(late.User, late.CallingStation)
	}
}

// Blocks are those in force.
func (g *Guard) Blocks() []block.Block { return g.blocks.All() }

// Adopt takes the settings of a reload, which Check finds no fault with. The error says what was not taken.
func (g *Guard) Adopt(s *config.Settings) error {
	g.Gate.Adopt(gating.Settings(s))
	g.watch.Adopt(watching.Settings(s))
	g.responder.Adopt(responding.Settings(s))
	g.book.Adopt(responding.Incidents(s))
	if err := g.notices.Adopt(noticing.Settings(s)); err != nil {
		return fmt.Errorf("guard.notify: %w", err)
	}
	return nil
}

// Handle serves the running server's side of the commands.
func (g *Guard) Handle(mux *http.ServeMux) {
	defence.Handle(mux, defence.Deps{
		Trail: g.server.Recorder, Incidents: g.book, Blocks: g.blocks, Forget: g.forgetApprovals, Releaser: g.Gate, Lockouts: g.Gate, Disconnector: g.server.Disconnector,
	})
}

// Incidents are those that are not closed, in few words and in no order.
func (g *Guard) Incidents() []incident.Incident { return g.book.Unclosed() }

// Forget takes a person out of the incidents, and says of how many.
func (g *Guard) Forget(user, pseudonym string) (int, error) { return g.book.Forget(user, pseudonym) }

// Close ends the work, the watch first, and writes what is not on disk yet. A nil Guard has nothing to end.
func (g *Guard) Close(ctx context.Context) error {
	if g == nil {
		return nil
	}
	for _, end := range slices.Backward(g.ends) {
		end()
	}
	var unwritten error
	if len(g.ends) > 0 {
		unwritten = g.book.Settle() // what the last steps came to
	}
	g.ends = nil
	if g.notices != nil {
		g.notices.Close(ctx)
	}
	if g.Gate == nil {
		return unwritten
	}
	return errors.Join(unwritten, g.Gate.Close())
}

// Ended is how sessions are ended: by whoever knows them.
type Ended func(ctx context.Context, user string, addr netip.Addr) (ended, left int, err error)

// Disconnect implements respond.Disconnector.
func (f Ended) Disconnect(ctx context.Context, user string, addr netip.Addr) (sessions int, err error) {
	n, left, err := f(ctx, user, addr)
	if err == nil && left > 0 {
		err = errors.New("some sessions may still be there: see sessions_disconnected in the trail")
	}
	return n, err
}
