package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// defaultConfig is where the packages put the settings.
const defaultConfig = "/etc/ivalt-radius/config.yaml"

func newServeCommand() *cobra.Command {
	var path, level, format string
	cmd := &cobra.Command{
		Use:   "serve --config FILE",
		Short: "Run the server in the foreground",
		Long: "Runs the server in the foreground and logs to stderr; \"ready\" is logged once every socket is bound.\n" +
			"SIGHUP reloads the settings; SIGTERM and SIGINT let the waiting logins end, a second one rejects them.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			log, err := newLogger(cmd.ErrOrStderr(), level, format)
			if err != nil {
				return usageError(cmd, err)
			}
			defer log.Close()
			return serve(cmd.Context(), path, log)
		},
	}
	cmd.Flags().StringVarP(&path, "config", "c", defaultConfig, "the configuration file")
	cmd.Flags().StringVar(&level, "log-level", "info", "debug, info, warn or error")
	cmd.Flags().StringVar(&format, "log-format", "json", "json or text")
	return cmd
}

// errSaid ends a command whose faults are in its log already.
var errSaid = exitError{code: exitFault}

// serve runs a server until it is told to stop.
func serve(ctx context.Context, path string, log *logger) error {
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGHUP, syscall.SIGTERM, syscall.SIGINT)
	defer signal.Stop(signals)

	settings, rooms, faults := load(path, os.Environ())
	logFaults(log, faults)
	if len(faults.Fatal()) > 0 {
		log.WithField("faults", len(faults.Fatal())).Error("the settings cannot be used; see ivalt-radius check")
		return errSaid
	}
	a, err := start(path, settings, rooms, log)
	if err != nil {
		log.WithError(err).Error("the server cannot start")
		return errSaid
	}
	for {
		select {
		case <-ctx.Done():
			return a.stop(signals)
		case s := <-signals:
			if s != syscall.SIGHUP {
				return a.stop(signals)
			}
			a.reload()
		}
	}
}

// stop lets the waiting logins end, rejects the rest when it is told a second time, and puts everything away.
func (a *app) stop(signals <-chan os.Signal) error {
	a.log.WithField("waiting", a.flow.Waiting()).Info("draining")
	a.drain()
	idle := a.idle()
	for waiting := true; waiting; {
		select {
		case <-idle:
			waiting = false
		case s := <-signals:
			if s != syscall.SIGHUP {
				a.log.WithField("waiting", a.flow.Waiting()).Warn("told to stop again: rejecting the logins that wait")
				a.flow.Stop()
			}
		}
	}
	if err := a.close(); err != nil && !errors.Is(err, context.Canceled) {
		a.log.WithError(err).Error("the server did not stop cleanly")
		return errSaid
	}
	a.log.Info("stopped")
	return nil
}

func newCheckCommand() *cobra.Command {
	var path string
	cmd := &cobra.Command{
		Use:   "check --config FILE",
		Short: "Load and validate the settings, and report every fault",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, _, faults := load(path, os.Environ())
			out := cmd.OutOrStdout()
			for _, f := range faults.Warnings() {
				_, _ = fmt.Fprintf(out, "warning: %s\n", f)
			}
			for _, f := range faults.Fatal() {
				_, _ = fmt.Fprintf(out, "fault: %s\n", f)
			}
			if n := len(faults.Fatal()); n > 0 {
				return fmt.Errorf("%s: %d faults", path, n)
			}
			_, _ = fmt.Fprintf(out, "%s is sound (%d warnings)\n", path, len(faults.Warnings()))
			return nil
		},
	}
	cmd.Flags().StringVarP(&path, "config", "c", defaultConfig, "the configuration file")
	return cmd
}
