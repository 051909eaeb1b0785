package top

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"ivalt-radius/admin/view"
	"ivalt-radius/cmd/ivalt-radius/configured"
	"ivalt-radius/cmd/ivalt-radius/control"
	"ivalt-radius/cmd/ivalt-radius/exit"
	"ivalt-radius/cmd/ivalt-radius/output"
	"ivalt-radius/cmd/ivalt-radius/terminal"
)

// Bounds of --interval: the server makes its document once a second.
const (
	leastInterval = time.Second
	mostInterval  = time.Hour
)

// asked is what the command line says.
type asked struct {
	config     string
	interval   time.Duration
	once, json bool
}

// NewCommand is `top`. defaultConfig is the file of the settings where the command line names none.
func NewCommand(defaultConfig string) *cobra.Command {
	var a asked
	cmd := &cobra.Command{
		Use:   "top --config FILE",
		Short: "Watch the running server: who waits for what, the API budget, how logins end, what is wrong",
		Long: "top shows the running server, anew every few seconds until q or Ctrl-C: the logins in flight with their stage, the oldest first; what is\n" +
			"left of the API budget; iVALT; how the last logins ended; incidents; what is not ready. Where stdout is no terminal, and with --once, it\n" +
			"is printed once. NO_COLOR turns colours off.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.run(cmd) },
	}
	cmd.Flags().StringVarP(&a.config, "config", "c", defaultConfig, "the configuration file")
	cmd.Flags().DurationVar(&a.interval, "interval", 2*time.Second, "how often to look")
	cmd.Flags().BoolVar(&a.once, "once", false, "print it once")
	cmd.Flags().BoolVar(&a.json, "json", false, "print JSON, once")
	return cmd
}

func (a *asked) run(cmd *cobra.Command) error {
	if a.interval < leastInterval || a.interval > mostInterval {
		return exit.UsageError(cmd, fmt.Errorf("--interval: %s is not between %s and %s", a.interval, leastInterval, mostInterval))
	}
	directory, err := configured.StateDirectory(a.config)
	if err != nil {
		return err
	}
	ask := func(ctx context.Context) (d view.Now, err error) {
		err = control.Call(ctx, directory, view.PathNow, struct{}{}, &d)
		return d, err
	}
	d, err := ask(cmd.Context())
	out := cmd.OutOrStdout()
	switch {
	case err != nil:
		return err
	case a.json:
		return output.JSON(out, d)
	case a.once || !terminal.Is(out):
		return show(out, page(&d, unbounded()))
	}
	ctx, stop := signal.NotifyContext(cmd.Context(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	resized := make(chan os.Signal, 1)
	signal.Notify(resized, syscall.SIGWINCH)
	defer signal.Stop(resized)
	keys, restore := terminal.Keys(ctx, cmd.InOrStdin())
	defer restore()
	l := live{
		ask: ask, every: a.interval, out: out, keys: keys, resized: resized, size: func() (int, int) { return terminal.Size(out) },
		styled: os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb",
	}
	return l.run(ctx, d)
}

// show prints lines plainly.
func show(w io.Writer, lines []line) error {
	for _, l := range lines {
		if _, err := fmt.Fprintln(w, l.text); err != nil {
			return fmt.Errorf("printing what is so now: %w", err)
		}
	}
	return nil
}
