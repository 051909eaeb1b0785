package noticing

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"ivalt-radius/cmd/ivalt-radius/exit"
	"ivalt-radius/config"
	"ivalt-radius/guard"
	"ivalt-radius/guard/notify"
)

var (
	errFailed  = errors.New("not every receiver took the notice")
	errNobody  = errors.New("guard.notify names no receiver: nobody is told of incidents")
	errUnknown = errors.New("guard.notify has no such receiver")
)

// NewCommand is `notify`. defaultConfig is the file of the settings where the command line names none.
func NewCommand(defaultConfig string) *cobra.Command {
	cmd := &cobra.Command{Use: "notify", Short: "Try the receivers of notices"}
	cmd.AddCommand(newTestCommand(defaultConfig))
	return cmd
}

func newTestCommand(defaultConfig string) *cobra.Command {
	var path, to string
	cmd := &cobra.Command{
		Use:   "test --config FILE [--to NAME]",
		Short: "Send a test notice through each receiver, and say what became of it",
		Long: "test sends one notice, which says that it is a test, through each receiver of guard.notify, or the one that --to names: now,\n" +
			"once, whatever their severity, digest and rate are. No server need run, and none is asked. Run it as the server's user, on\n" +
			"the server's machine: so it goes the way that notices go.\n\n" +
			"Exit code: 0 where every receiver took it, otherwise 1.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			receivers, err := load(path)
			if err != nil {
				return err
			}
			if cmd.Flags().Changed("to") {
				if receivers = named(receivers, to); len(receivers) == 0 {
					return exit.UsageError(cmd, fmt.Errorf("--to: %q: %w", to, errUnknown))
				}
			}
			return try(cmd, receivers)
		},
	}
	cmd.Flags().StringVarP(&path, "config", "c", defaultConfig, "the configuration file")
	cmd.Flags().StringVar(&to, "to", "", "the name of the only receiver to try (default: all)")
	return cmd
}

// load reads the receivers of sound settings.
func load(path string) ([]notify.Settings, error) {
	s, faults := config.Load(path, config.Options{Environ: os.Environ()})
	if s == nil {
		return nil, faults.Err()
	}
	receivers := Settings(s)
	if err := s.Locate(notify.Check(receivers)).Err(); err != nil {
		return nil, err
	}
	if len(receivers) == 0 {
		return nil, errNobody
	}
	return receivers, nil
}

func named(receivers []notify.Settings, name string) []notify.Settings {
	for _, r := range receivers {
		if r.Name == name {
			return []notify.Settings{r}
		}
	}
	return nil
}

// try sends the test notice to each.
func try(cmd *cobra.Command, receivers []notify.Settings) error {
	ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	out := cmd.OutOrStdout()
	failed := false
	for _, r := range receivers {
		said, err := notify.Test(ctx, r, notice(time.Now()))
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil {
			failed = true
			fmt.Fprintf(out, "%s (%s): FAILED: %v\n", r.Name, r.Kind, err)
			continue
		}
		fmt.Fprintf(out, "%s (%s): sent: %s\n", r.Name, r.Kind, said)
	}
	if failed {
		return errFailed
	}
	return nil
}

// notice is the test.
func notice(now time.Time) notify.Notice {
	return notify.Notice{
		ID: "test-" + rand.Text(), Incident: "test", Rule: "test", Severity: guard.Low, Subject: guard.Subject{}.String(), Time: now,
		Summary: "This is a test of ivalt-radius. Nothing has happened.", Do: "Nothing: it arrived.",
	}
}
