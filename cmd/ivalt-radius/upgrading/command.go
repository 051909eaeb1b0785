package upgrading

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"ivalt-radius/cmd/ivalt-radius/configured"
	"ivalt-radius/cmd/ivalt-radius/control"
	"ivalt-radius/cmd/ivalt-radius/count"
	"ivalt-radius/cmd/ivalt-radius/output"
)

// The commands of the running server.
const (
	PathUpgrade = "/upgrade"
	PathVersion = "/version"
)

// Serving is which program serves, and what the latest upgrade came to.
type Serving struct {
	Version string `json:"version"`
	Token   string `json:"token"` // of whoever asked for the latest upgrade
	From    string `json:"from"`  // the version before
	Waiting int    `json:"waiting"`
	Why     string `json:"why"` // it failed, and Version serves again; empty: it did not
}

// answeredWithin bounds how long the command waits for the program that takes over.
const (
	answeredWithin = time.Minute
	askAgain       = 100 * time.Millisecond
)

// NewCommand is `upgrade`. defaultConfig is the file of the settings where the command line names none.
func NewCommand(defaultConfig string) *cobra.Command {
	var path string
	cmd := &cobra.Command{
		Use:   "upgrade --config FILE",
		Short: "Have the running server replace itself by the program now at its path",
		Long: "upgrade has the running server try the program that lies at its own path now, and replace itself by it: same process, same sockets. Logins\n" +
			"that wait go on waiting, and no phone rings twice. A program that does not run, or does not take the settings, is refused, and nothing changes.\n" +
			"SIGUSR2 does the same.\n\n" +
			"Exit code: 0 where the new program serves, 1 where it was refused or failed: the words say who serves now.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := upgrade(cmd.Context(), cmd.OutOrStdout(), path); err != nil {
				return fmt.Errorf("upgrade: %w", err)
			}
			return nil
		},
	}
	cmd.Flags().StringVarP(&path, "config", "c", defaultConfig, "the configuration file")
	return cmd
}

// upgrade asks the running server, and then the one that took its place.
func upgrade(ctx context.Context, out io.Writer, path string) error {
	directory, err := configured.StateDirectory(path)
	if err != nil {
		return err
	}
	var begun Serving
	if err := control.Call(ctx, directory, PathUpgrade, struct{}{}, &begun); err != nil {
		if errors.Is(err, io.EOF) {
			err = fmt.Errorf("the server was replaced as it was asked, by another upgrade: see `ivalt-radius health`, and ask again if that was not the one: %w", err)
		}
		return err //nolint:wrapcheck // the server's own words
	}
	ctx, cancel := context.WithTimeout(ctx, answeredWithin)
	defer cancel()
	look := time.NewTicker(askAgain)
	defer look.Stop()
	for {
		var now Serving
		err := control.Call(ctx, directory, PathVersion, struct{}{}, &now)
		switch {
		case err != nil || now.Token != begun.Token:
		case now.Why != "":
			return fmt.Errorf("version %s serves again, with every login that waited: %s", output.Text(now.Version), output.Text(now.Why))
		default:
			_, err := fmt.Fprintf(out, "version %s serves, version %s did; %s waited and go on\n", output.Text(now.Version), output.Text(now.From), count.Of(now.Waiting, "login"))
			return err //nolint:wrapcheck // writing to the terminal
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			return errors.New("nobody answers: see the log for who serves")
		}
	}
}
