package main

import (
	"context"
	"io"
	stdlog "log" //nolint:depguard // to silence it
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"ivalt-radius/cmd/ivalt-radius/exit"
	"ivalt-radius/cmd/ivalt-radius/filewatch"
	"ivalt-radius/cmd/ivalt-radius/logger"
	"ivalt-radius/cmd/ivalt-radius/upgrading"
	"ivalt-radius/config"
	"ivalt-radius/config/seal"
	"ivalt-radius/directory/password"
)

func newServeCommand() *cobra.Command {
	var path, level, format string
	cmd := &cobra.Command{
		Use:   "serve --config FILE",
		Short: "Run the server in the foreground",
		Long: "Runs the server in the foreground and logs to stderr; \"ready\" is logged once every socket is bound.\n" +
			"SIGHUP reloads the settings, and so does a change of users.file; SIGUSR2 upgrades (see upgrade); SIGTERM and SIGINT let the waiting logins end, a second one rejects them.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			log, err := logger.New(cmd.ErrOrStderr(), level, format)
			if err != nil {
				return exit.UsageError(cmd, err)
			}
			defer log.Close()
			return serveUntilTold(cmd, path, log)
		},
	}
	configFlag(cmd, &path)
	cmd.Flags().StringVar(&level, "log-level", "info", "debug, info, warn or error")
	cmd.Flags().StringVar(&format, "log-format", "json", "json or text")
	return cmd
}

// serveUntilTold serves and listens to the operating system's signals.
func serveUntilTold(cmd *cobra.Command, path string, log *logger.Logger) error {
	// The standard library's own logger is silenced: net/http quotes there what a server says unasked, and that may hold anything.
	stdlog.SetOutput(io.Discard) //nolint:forbidigo // silence
	if err := keepMemory(); err != nil {
		log.WithError(err).Warn("the memory may be dumped")
	}
	s := signals{upgrade: make(chan os.Signal, 1), reload: make(chan os.Signal, 1), stop: make(chan os.Signal, 2), look: time.Tick(filewatch.Every)}
	signal.Notify(s.reload, syscall.SIGHUP)
	signal.Notify(s.stop, syscall.SIGTERM, syscall.SIGINT)
	signal.Notify(s.upgrade, syscall.SIGUSR2)
	place, err := succeed(upgrading.Inherit())
	if err != nil {
		log.WithError(err).Error("the logins that waited cannot go on here")
		place.left.Back(err.Error())
	}
	place.said(s)
	defer signal.Stop(s.reload)
	defer signal.Stop(s.stop)
	defer signal.Stop(s.upgrade)
	s.place = place
	return serve(cmd.Context(), path, log, s)
}

// signals are what the operating system tells: apart, so that a storm of SIGHUPs, which count as one while a reload runs, hides
// no SIGTERM. At look it is time to look whether users.file has changed; nil: never.
type signals struct {
	reload, stop, upgrade chan os.Signal
	look                  <-chan time.Time

	place *succession // nil: nothing was left
}

// drainPause is how often a stopping server looks whether the last login has ended.
const drainPause = 20 * time.Millisecond

// serve runs a server until a signal, or ctx, tells it to stop. What goes wrong is in the log already when it returns.
func serve(ctx context.Context, path string, log *logger.Logger, s signals) error {
	said := exit.Error{Code: exit.Fault}
	begun, verifier := time.Now(), password.NewVerifier()
	ring := &seal.Ring{}
	settings, rooms, faults := loadWith(path, config.Options{Environ: os.Environ(), Ring: ring}, verifier)
	logFaults(log, faults)
	if n := len(faults.Fatal()); n > 0 {
		log.WithField("faults", n).Error("the settings cannot be used; see ivalt-radius check")
		s.place.back("the settings cannot be used")
		return said
	}
	a, err := start(ctx, path, settings, rooms, kept{verifier: verifier, ring: ring, place: s.place}, log)
	if err != nil {
		log.WithError(err).Error("the server cannot start")
		s.place.back(err.Error())
		return said
	}
	if err := a.run(ctx, s, begun); err != nil {
		log.WithError(err).Error("neither the new program nor this one can be executed")
		return said
	}
	a.awaitLast(s) //nolint:contextcheck // a drain outlives ctx; telling the other nodes has a bound of its own
	if err := a.close(ctx); err != nil {
		log.WithError(err).Error("the server did not stop cleanly")
		return said
	}
	log.WithField("packets", a.server.Counters()).Info("stopped")
	return nil
}

// run reloads when it is told to, or users.file has changed since it was read, and returns when it is told to stop.
func (a *app) run(ctx context.Context, s signals, read time.Time) error {
	people := filewatch.New(a.usersFile, read)
	for {
		select {
		case <-s.stop:
			return nil
		default:
		}
		select {
		case <-ctx.Done():
			return nil
		case <-s.stop:
			return nil
		case <-s.upgrade:
			if err := a.upgrade(ctx, s, ""); err != nil {
				return err
			}
		case token := <-a.wanted:
			if err := a.upgrade(ctx, s, token); err != nil {
				return err
			}
		case <-s.reload:
			read = time.Now()
			a.reload(ctx, everything)
			people = filewatch.New(a.usersFile, read)
		case <-s.look:
			if people.Changed() {
				a.log.Info("users.file has changed")
				a.reload(ctx, peopleAlone)
			}
		}
	}
}

// usersFile is the file in force; empty: none.
func (a *app) usersFile() string { return a.inForce().Users.File }

// awaitLast lets the waiting logins end, and their held Rejects leave, and admits no new one. Told to stop once more it rejects
// those that wait. What else is on its way, accounting say, has until close.
func (a *app) awaitLast(s signals) {
	a.drain()
	a.log.WithField("waiting", a.flow.Waiting()).Info("draining")
	look := time.NewTicker(drainPause)
	defer look.Stop()
	held := time.NewTimer(0)
	defer held.Stop()
	for waiting := true; waiting || a.server.InFlight() > 0; waiting = a.flow.Waiting() > 0 {
		if waiting {
			held.Reset(a.inForce().RejectDelay + time.Second)
		}
		select {
		case <-look.C:
		case <-held.C:
			return
		case <-s.reload:
			a.log.Warn("reload ignored: the server is stopping")
		case <-s.stop:
			a.log.WithField("waiting", a.flow.Waiting()).Warn("told to stop again: rejecting the logins that wait")
			a.flow.Stop()
		}
	}
}
