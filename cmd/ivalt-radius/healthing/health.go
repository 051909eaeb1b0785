package healthing

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"ivalt-radius/admin/health"
	"ivalt-radius/admin/view"
	"ivalt-radius/audit"
	"ivalt-radius/cmd/ivalt-radius/configured"
	"ivalt-radius/cmd/ivalt-radius/control"
)

// within bounds the whole command: less than what a container's health check is given.
const within = 4 * time.Second

// The paths of the control socket. In memory; not recorded.
const (
	pathReady = "/health/ready"
	pathLive  = "/health/live"
)

var (
	errNotReady = errors.New("health: not ready: a login would be refused")
	errHangs    = errors.New("health: a loop hangs, or nothing is known of them")
)

// NewCommand is `health`. defaultConfig is the file of the settings where the command line names none.
func NewCommand(defaultConfig string) *cobra.Command {
	var path string
	var live bool
	cmd := &cobra.Command{
		Use:   "health --config FILE [--live]",
		Short: "Ask the running server whether it is ready, for a container's health check",
		Long: "health asks the running server what /readyz says, over its control socket: exit 0 where it is ready, 1 where it is not, with a line for each check\n" +
			"that fails, or where no server runs. With --live it asks what /healthz says, for whatever restarts a process: a server that drains, or whose iVALT\n" +
			"is away, lives. It needs the rights of the server's user, and no secret.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, cancel := context.WithTimeout(cmd.Context(), within)
			defer cancel()
			ask, wrong := pathReady, errNotReady
			if live {
				ask, wrong = pathLive, errHangs
			}
			return look(ctx, cmd.OutOrStdout(), path, ask, wrong)
		},
	}
	cmd.Flags().StringVarP(&path, "config", "c", defaultConfig, "the configuration file")
	cmd.Flags().BoolVar(&live, "live", false, "ask whether it lives, not whether it is ready")
	return cmd
}

// look asks at a path. An answer without checks proves nothing.
func look(ctx context.Context, out io.Writer, path, ask string, wrong error) error {
	directory, err := configured.StateDirectory(path)
	if err != nil {
		return err
	}
	var checks []view.Check
	if err := control.Call(ctx, directory, ask, struct{}{}, &checks); err != nil {
		return fmt.Errorf("health: %w", err)
	}
	if len(checks) > 0 && health.OK(checks) {
		_, err := fmt.Fprintln(out, "ok")
		return err
	}
	for _, c := range checks {
		if !c.OK {
			_, _ = fmt.Fprintf(out, "%s: %s\n", audit.Shown(c.Name), audit.Shown(c.Note))
		}
	}
	return wrong
}

// Running is the server that is asked. Both are safe for concurrent use, and bounded in time.
type Running struct {
	Ready, Live func(ctx context.Context) []view.Check
}

// Handle answers the command.
func Handle(mux *http.ServeMux, r Running) {
	for path, checks := range map[string]func(context.Context) []view.Check{pathReady: r.Ready, pathLive: r.Live} {
		control.Serve(mux, path, func(ctx context.Context, _ string, _ struct{}) ([]view.Check, error) { return checks(ctx), nil })
	}
}
