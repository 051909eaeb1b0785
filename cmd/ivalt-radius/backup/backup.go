package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"ivalt-radius/audit"
	"ivalt-radius/cmd/ivalt-radius/configured"
	"ivalt-radius/cmd/ivalt-radius/control"
	"ivalt-radius/cmd/ivalt-radius/count"
	"ivalt-radius/cmd/ivalt-radius/exit"
	"ivalt-radius/cmd/ivalt-radius/output"
	"ivalt-radius/cmd/ivalt-radius/trail"
	"ivalt-radius/config"
	"ivalt-radius/config/seal"
	"ivalt-radius/state"
)

// storePath is where the running server copies its store.
const storePath = "/backup/store"

// Snapshotter copies itself as it is at one moment; state.Store is one.
type Snapshotter interface {
	Snapshot(w io.Writer) (size int64, err error)
}

// Handle serves the running server's side of `backup`.
func Handle(mux *http.ServeMux, s Snapshotter) {
	mux.HandleFunc("POST "+storePath, func(w http.ResponseWriter, _ *http.Request) {
		control.Stream(w, func(out io.Writer) error {
			_, err := s.Snapshot(out)
			return err
		})
	})
}

// NewCommand is `backup`. defaultConfig is the file of the settings where the command line names none.
func NewCommand(defaultConfig string) *cobra.Command {
	var configPath, path string
	var recipients []string
	cmd := &cobra.Command{
		Use:   "backup --config FILE --output FILE",
		Short: "Copy state.directory and the audit trail to one file, while a server runs or not",
		Long: "backup writes a gzipped tar of state.directory and the trail: what is learned, blocks, incidents, the trail's segments and its\n" +
			"live file, keys, cursors. Whoever has the keys in it can sign a trail and undo pseudonyms, so encrypt it: --encrypt-to names the public half of\n" +
			"a key that lies elsewhere, as `seal --show-recipient` prints it. It overwrites nothing. Neither the settings nor the key of\n" +
			"sealed secrets are in it, nor segments in audit.archive. A backup reads the trail, and the trail says so.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := configured.Settings(configPath)
			if err != nil {
				return err
			}
			return backUp(cmd, s, path, recipients)
		},
	}
	cmd.Flags().StringVarP(&configPath, "config", "c", defaultConfig, "the configuration file")
	cmd.Flags().StringVarP(&path, "output", "o", "", "the new file to write to, mode 0600")
	cmd.Flags().StringArrayVar(&recipients, "encrypt-to", nil, "a recipient of age's, or a file of them; may be given several times")
	_ = cmd.MarkFlagRequired("output")
	return cmd
}

func backUp(cmd *cobra.Command, s *config.Settings, path string, recipients []string) error {
	detail := "not encrypted"
	recipients, err := seal.Recipients(recipients)
	if err != nil {
		return fmt.Errorf("--encrypt-to: %w", err)
	}
	if len(recipients) > 0 {
		detail = "encrypted to " + count.Of(len(recipients), "recipient")
	}
	if len(recipients) == 0 {
		fmt.Fprintln(cmd.ErrOrStderr(), "ivalt-radius: warning: the backup holds keys, and is not encrypted: give --encrypt-to, or keep it as you keep a key")
	}
	if path == "" {
		return exit.UsageError(cmd, errors.New("--output: a file must be named"))
	}
	if err := output.Free(path); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	ctx := cmd.Context()
	if err := trail.Record(ctx, s, audit.Access{Action: "backup", Filter: "--output " + path, Detail: detail}); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	err = output.Write(path, nil, func(file io.Writer) error {
		return through(file, recipients, func(w io.Writer) error {
			return write(w, s, func(to io.Writer) error { return copyStore(ctx, s.State.Directory, to) }, time.Now())
		})
	})
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: %s; bring it back with ivalt-radius restore --input %s --directory DIR%s\n",
		path, detail, path, strings.Repeat(" --identity KEYFILE", min(1, len(recipients))))
	return err
}

// copyStore copies the store through the running server, which alone may read it, else from its file.
func copyStore(ctx context.Context, dir string, to io.Writer) error {
	err := control.Fetch(ctx, dir, storePath, to)
	if !errors.Is(err, control.ErrNotRunning) {
		return err
	}
	if _, err := os.Stat(filepath.Join(dir, state.StoreFile)); err != nil { // it would be made, and belong to whoever runs the command
		return fmt.Errorf("state.directory: %w: start the server once, which makes it", err)
	}
	store, err := state.OpenStore(dir)
	if err != nil {
		return err
	}
	_, err = store.Snapshot(to)
	return errors.Join(err, store.Close())
}
