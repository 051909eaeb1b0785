package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sirupsen/logrus"

	"ivalt-radius/admin/metrics"
	"ivalt-radius/audit"
	"ivalt-radius/audit/ship"
	"ivalt-radius/auth"
	"ivalt-radius/cmd/ivalt-radius/clienting"
	"ivalt-radius/cmd/ivalt-radius/clockwatch"
	"ivalt-radius/cmd/ivalt-radius/configured"
	"ivalt-radius/cmd/ivalt-radius/control"
	"ivalt-radius/cmd/ivalt-radius/count"
	"ivalt-radius/cmd/ivalt-radius/explaining"
	"ivalt-radius/cmd/ivalt-radius/guarding"
	"ivalt-radius/cmd/ivalt-radius/logger"
	"ivalt-radius/cmd/ivalt-radius/measuring"
	"ivalt-radius/cmd/ivalt-radius/now"
	"ivalt-radius/cmd/ivalt-radius/rehearsing"
	"ivalt-radius/cmd/ivalt-radius/sessioning"
	"ivalt-radius/cmd/ivalt-radius/sharing"
	"ivalt-radius/cmd/ivalt-radius/shipping"
	"ivalt-radius/cmd/ivalt-radius/sources"
	"ivalt-radius/cmd/ivalt-radius/supervised"
	"ivalt-radius/cmd/ivalt-radius/trail"
	"ivalt-radius/cmd/ivalt-radius/window"
	"ivalt-radius/config"
	"ivalt-radius/config/seal"
	"ivalt-radius/directory/password"
	"ivalt-radius/ivalt"
	"ivalt-radius/radius"
	"ivalt-radius/radius/dynauth"
	"ivalt-radius/radius/dynauth/sessions"
	"ivalt-radius/secret"
	"ivalt-radius/state"
)

// app is a running server: start makes it, close ends it. It is the rooms' recorder.
type app struct {
	path string // of the configuration file
	log  *logger.Logger

	settings atomic.Pointer[config.Settings] // in force; a reload alone changes them
	deciding atomic.Pointer[explaining.Rules]

	mu      sync.Mutex       // one reload at a time
	sources *sources.Sources // those of the settings

	kept // from one load of the settings to the next
	*succession

	store   *state.Store
	clients *clienting.Memory
	trail   *audit.Trail
	keeping keeping
	ship    *ship.Shipping
	sharing *sharing.Sharing // nil: the node is alone
	live    atomic.Pointer[live]
	apiKey  atomic.Pointer[secret.Secret] // in force
	phone   *ivalt.Service
	tally   *now.Tally
	ends    atomic.Int64 // when iVALT's certificate does, in seconds since 1970, as the last handshake showed it; 0: there was none
	metrics *metrics.Metrics
	stage   atomic.Pointer[rehearsing.Stage]
	guard   *guarding.Guard
	flow    *auth.Flow
	server  *radius.Server

	in           *sessions.Table // who is in
	disconnector *dynauth.Disconnector

	unwatch  chan struct{}   // closed ends the watch
	watching sync.WaitGroup  // what then ends
	control  *control.Server // the last to be opened: where it is there, the server has started

	standing   window.Standing
	window     *window.Window
	supervisor *supervised.Supervisor
}

// kept outlives the settings that it was made with.
type kept struct {
	verifier *password.Verifier
	ring     *seal.Ring  // the key of sealed secrets, where a passphrase opened it
	place    *succession // of the app that this is for; nil: nothing was left
}

// live is what the shared memory asks of the server, once that is there.
type live struct {
	phone *ivalt.Service
	flow  *auth.Flow
}

// closeWithin bounds how long the answers of the last logins may take to leave.
const closeWithin = 15 * time.Second

// newApp makes an app that has opened nothing, and counts already.
func newApp(path string, s *config.Settings, r rooms, k kept, log *logger.Logger) *app {
	a := &app{path: path, log: log, sources: r.sources, kept: k, succession: k.place, metrics: metrics.New()}
	if a.succession == nil {
		a.succession, _ = succeed(nil) // nothing was left
	}
	a.settings.Store(s)
	a.deciding.Store(deciding(s, r))
	a.metrics.Adopt(measuring.Clients(s))
	a.tally = now.NewTally(a.leads, time.Now, now.Hooks{Approved: a.metrics.Approved, Added: a.metrics.Added})
	return a
}

// start opens everything that a server needs, in the order of need, and puts it away again where one step fails. The state comes
// first: its lock keeps a second server from touching anything else.
func start(ctx context.Context, path string, s *config.Settings, r rooms, k kept, log *logger.Logger) (_ *app, err error) {
	a := newApp(path, s, r, k, log)
	defer func() {
		if err != nil {
			_ = a.close(ctx)
		}
	}()
	if a.store, err = configured.Store(s.State.Directory); err != nil {
		return nil, fmt.Errorf("state.directory: %w", err)
	}
	if a.clients, err = clienting.Open(a.store); err != nil {
		return nil, fmt.Errorf("state.directory: %w", err)
	}
	options, err := trail.Options(s, log)
	if err != nil {
		return nil, err
	}
	a.guard = guarding.New(s, a.Note, log)
	options.Noticed = a.noticed
	if a.trail, err = audit.Open(s.Audit.File, options); err != nil {
		return nil, fmt.Errorf("audit.file: %w", err)
	}
	working := a.keeping.start(ctx, s, a.trail, log)
	if a.ship, err = shipping.Start(ctx, s, r.ship, shipping.Server{Trail: a.trail, Note: a.Note, Log: log, Version: version}); err != nil {
		return nil, err
	}
	if a.sharing, err = sharing.Open(ctx, s, sharing.Deps{Log: log, Note: a.Note, Version: version, Leads: a.leads, Notice: a.notice}); err != nil {
		return nil, err
	}
	a.apiKey.Store(&s.IVALT.APIKey)
	phone, faults := ivalt.New(a.noting(r.ivalt), ivalt.Deps{Recorder: a, Log: log, Phones: a.sharing.Phones(), Alone: a.memory, Budget: a.budget, Approved: a.approved})
	if err := faults.Err(); err != nil {
		return nil, err
	}
	a.phone = phone
	if err = a.guard.Open(s, guarding.Server{ //nolint:contextcheck // receivers of notices outlive the start, and end with Close
		Recorder: a, Log: log, Store: a.store, Segments: a.keeping.keeper.Holds(), Forget: a.forget, Disconnector: guarding.Ended(a.disconnect), Tell: a.sharing.Teller("gate"),
	}); err != nil {
		return nil, err
	}
	carried := a.carried()
	a.flow = auth.New(a.together(auth.Options{Carried: &carried.Logins, Pusher: phone, Gate: recorded{a.guard.Gate, a.trail.Failing}, Recorder: a, Now: time.Now, Concluded: a.concluded}))
	if err = a.know(); err != nil {
		return nil, fmt.Errorf("state.directory: %w", err)
	}
	if err = a.listen(r.radius); err != nil {
		return nil, err
	}
	a.disconnector = dynauth.New(dynauth.Deps{Table: a.in, Clients: a.server, Recorder: a, Now: time.Now})
	a.stage.Store(a.rehearse())
	a.guard.Start(ctx, s)
	a.sharing.Start(ctx)
	if err = a.answer(ctx, s, a.handlers(working)); err != nil {
		return nil, err
	}
	a.server.Serve(radius.Carried{Exchanges: &carried.Exchanges, Questions: carried.Logins.Questions, Resume: a.flow.Resume})
	a.lookAfter() //nolint:contextcheck // what it begins ends with close
	a.announce(s)
	a.upgraded()
	a.supervise(ctx)
	return a, nil
}

// listen opens the server's sockets, or adopts those that were left. Nothing is read yet.
func (a *app) listen(s radius.Settings) (err error) {
	a.server, err = radius.Listen(s, radius.Deps{
		Login: a.flow, Recorder: a, Learned: a.clients.Learned, Enforced: a.clients.Enforced, Sightings: a.clients.Sightings,
		Sessions: a.in, Dropped: a.guard.Dropped, Accepted: a.tally.Accepted, Log: a.log, Now: time.Now,
		Inherited: a.left.Socket, Waits: true,
	})
	return err
}

// announce says that the server has started, and with what.
func (a *app) announce(s *config.Settings) {
	_ = a.trail.Post(audit.System{Event: "started", Detail: "version " + version})
	a.remember(s)
	a.shout(s)
	a.ages(s)
	authentication, accounting := a.server.Addrs()
	a.log.WithFields(a.sharing.Ready()).WithFields(logrus.Fields{
		"version": version, "authentication": texts(authentication), "accounting": texts(accounting), "admin": a.window.Address(), "settings": s.Digest(),
	}).Info("ready")
}

// lookAfter begins what the server looks after by itself, until it is closed.
func (a *app) lookAfter() {
	a.unwatch = make(chan struct{})
	a.watching.Go(func() { a.watch(a.clients.Learned, time.Tick(watchEvery), a.unwatch) })
	a.watching.Go(func() {
		a.clients.Sightings.Keep(time.Tick(watchEvery), a.unwatch, func(err error) {
			a.log.WithError(err).Warn("what is known of the clients' addresses cannot be kept")
		})
	})
	a.watching.Go(func() {
		w := sessioning.Watcher{Table: a.in, Clients: a.server, Ender: a.disconnector, Note: a.Note}
		w.Run(time.Tick(sessioning.WatchEvery), a.unwatch)
	})
	a.watching.Go(func() { clockwatch.Watch(clockwatch.Read, time.Tick(clockwatch.Every), a.unwatch, a.Note) })
}

// Commit implements auth.Recorder: durable in the trail.
func (a *app) Commit(ctx context.Context, e audit.Event) error {
	a.standing.Records.Begin(time.Now())
	err := a.trail.Commit(ctx, e)
	if ctx.Err() == nil && !errors.Is(err, audit.ErrFull) {
		a.standing.Records.Answered() // by the writer, so it does not hang
	}
	if err == nil {
		a.tally.See(e)
		a.noticed(e)
	}
	return err
}

// Note implements auth.Recorder. The trail counts and reports what it cannot keep.
func (a *app) Note(e audit.Event) {
	_ = a.trail.Post(e)
	a.clients.Heed(e)
	a.tally.See(e)
	a.stage.Load().See(e)
	a.noticed(e)
	if e.EventType() == audit.SecurityEvent {
		a.log.Event(logrus.WarnLevel, e)
	}
}

// noticed hands on what stands in the trail, or will.
func (a *app) noticed(e audit.Event) {
	a.guard.See(e)
	a.metrics.See(e)
}

// concluded is told of every login's end.
func (a *app) concluded(e audit.Attempt) {
	a.log.Event(logrus.InfoLevel, e)
	a.tally.Concluded(e)
	a.metrics.Concluded(e)
}

// forget takes away what is remembered of a person's approvals.
func (a *app) forget(person auth.Username) { a.flow.Forget(person) }

// disconnect ends the sessions of a person, or of those who come from an address, and says of how many it does not know that they ended.
func (a *app) disconnect(ctx context.Context, user string, addr netip.Addr) (ended, left int, err error) {
	r, err := a.disconnector.Disconnect(ctx, user, addr)
	gone := r.Count(dynauth.Gone)
	ended = r.Count(dynauth.Disconnected)
	return ended, len(r.Sessions) + r.Left - ended - gone, err
}

// drain admits no new attempt from now on.
func (a *app) drain() {
	a.standing.Drain()
	a.supervisor.Stopping("stopping: " + count.Of(a.flow.Waiting(), "login") + " in flight")
	a.flow.Drain()
	a.server.Drain()
}

// close puts away what start opened, last things first. It may be called on a half-made app, and after ctx has ended.
func (a *app) close(ctx context.Context) error {
	within := closeWithin
	if a.leaving.Load() {
		within = awayWithin
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), within)
	defer cancel()
	var errs []error
	if a.unwatch != nil {
		close(a.unwatch)
		a.watching.Wait()
	}
	a.stage.Load().Close()
	a.window.Close(ctx)
	if a.control != nil {
		a.control.Close(ctx)
	}
	if a.flow != nil {
		a.flow.Stop() //nolint:contextcheck // whoever still waits after a drain is told so; telling the other nodes has a bound of its own
	}
	if a.server != nil {
		errs = append(errs, a.server.Close(ctx))
	}
	if a.in != nil {
		errs = append(errs, a.in.Close())
	}
	if a.phone != nil {
		a.phone.Close()
	}
	errs = append(errs, a.sharing.Close(ctx), a.guard.Close(ctx))
	a.sources.Close()
	a.keeping.stop()
	if a.trail != nil {
		if a.control != nil && !a.leaving.Load() {
			_ = a.trail.Post(audit.System{Event: "stopped", Detail: "version " + version})
		}
		errs = append(errs, a.trail.Close())
	}
	if a.ship != nil {
		a.ship.Close(ctx) // the last records too
	}
	errs = append(errs, a.clients.Close())
	if a.store != nil {
		errs = append(errs, a.store.Close())
	}
	return errors.Join(errs...)
}
