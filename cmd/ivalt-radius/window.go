package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"ivalt-radius/admin/view"
	"ivalt-radius/cmd/ivalt-radius/control"
	"ivalt-radius/cmd/ivalt-radius/count"
	"ivalt-radius/cmd/ivalt-radius/inforce"
	"ivalt-radius/cmd/ivalt-radius/supervised"
	"ivalt-radius/cmd/ivalt-radius/window"
	"ivalt-radius/config"
	"ivalt-radius/state/cluster"
)

// answer opens the operator's window, and the control socket: both have the same commands.
func (a *app) answer(ctx context.Context, s *config.Settings, commands http.Handler) (err error) {
	a.supervisor = supervised.New(func(err error) { a.log.WithError(err).Warn("the service manager cannot be told") })
	a.standing.Took(a.sources)
	a.window = window.New(s, window.Deps{
		Desk: view.DeskFunc(func(ctx context.Context, actor, path string, in, out any) error {
			return control.Within(ctx, commands, actor, path, in, out)
		}),
		Looked: window.Looked{
			Standing: &a.standing, Radius: a.server.Pulse, Outages: a.phone.Outages, Scheduler: func() { a.phone.Notice(cluster.Notice{}) },
			State: a.usable, Trail: a.trail, Memory: a.sharing.Standing, Now: time.Now,
		},
		Recorder: a, Verifier: a.verifier, Metrics: a.metrics.Handler(), Version: version, Log: a.log, Now: time.Now,
	})
	a.measure() //nolint:contextcheck // scrapes outlive the start; each check has a bound of its own
	if err = a.window.Open(ctx, s); err != nil {
		return err
	}
	a.control, err = control.Listen(ctx, s.State.Directory, commands)
	return err
}

// usable is why the state cannot be read or written.
func (a *app) usable() error {
	_, _, err := a.store.Get("health", "readable") // which need not be there
	return errors.Join(err, a.clients.Learned.Failing())
}

// settingsCommands are those about the settings.
func (a *app) settingsCommands() inforce.Running {
	return inforce.Running{
		File: a.path, Settings: a.inForce, Look: a.look, Commit: a.Commit, Draining: a.standing.Draining, Now: time.Now,
		Reload: func(ctx context.Context) inforce.Outcome { return a.reload(ctx, everything) },
	}
}

// look is what a reload would come to now.
func (a *app) look() inforce.Outcome {
	a.mu.Lock()
	defer a.mu.Unlock()
	s, r, faults := loadWith(a.path, config.Options{Environ: os.Environ(), Ring: a.ring}, a.verifier)
	r.sources.Close()
	before := a.inForce()
	out := inforce.Outcome{Before: before, After: s, Faults: faults}
	if s != nil {
		out.Faults = append(append(faults, config.Restart(before, s)...), a.ship.Refuses(r.ship)...)
	}
	return out
}

// supervise tells the service manager that the server serves, and from then on how it does, until the watch ends.
func (a *app) supervise(ctx context.Context) {
	a.supervisor.Ready(a.status(ctx))
	ctx = context.WithoutCancel(ctx) // until the watch ends: a drain outlives it
	tick := time.NewTicker(a.supervisor.Every())
	a.watching.Go(func() {
		defer tick.Stop()
		for {
			select {
			case <-a.unwatch:
				return
			case <-tick.C:
				a.supervisor.Ping(func() bool { return a.window.Alive(ctx) }, a.status(ctx))
			}
		}
	})
}

// status is the server in one line.
func (a *app) status(ctx context.Context) string {
	return fmt.Sprintf("%s in flight; %s", count.Of(a.flow.Waiting(), "login"), a.window.Status(ctx))
}
