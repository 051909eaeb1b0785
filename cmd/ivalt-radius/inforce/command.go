package inforce

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"ivalt-radius/admin/view"
	"ivalt-radius/cmd/ivalt-radius/configured"
	"ivalt-radius/cmd/ivalt-radius/control"
	"ivalt-radius/fault"
)

// NewCommand is `reload`. defaultConfig is the file of the settings where the command line names none.
func NewCommand(defaultConfig string) *cobra.Command {
	var path, reason string
	cmd := &cobra.Command{
		Use:   "reload --config FILE [--reason R]",
		Short: "Have the running server take its settings anew, and say what changed",
		Long: "reload has the running server read its configuration anew, as SIGHUP does, and waits for what comes of it: the keys that changed, or\n" +
			"the faults for which nothing did. Logins in flight keep the rules that they began with. A change of listen.*, state.* or audit.file\n" +
			"needs a restart. Who reloads, and why, stands in the trail.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return reload(cmd.Context(), cmd.OutOrStdout(), path, reason)
		},
	}
	cmd.Flags().StringVarP(&path, "config", "c", defaultConfig, "the configuration file")
	cmd.Flags().StringVar(&reason, "reason", "", "why, in a few words; it stands in the trail")
	return cmd
}

// reload asks the running server, which it finds by what of the file can be read: the server itself says what is wrong with the rest.
func reload(ctx context.Context, out io.Writer, path, reason string) error {
	directory, err := configured.StateDirectory(path)
	if err != nil {
		return err
	}
	var r view.Reloaded
	if err := control.Call(ctx, directory, view.PathReload, view.Reason{Reason: reason}, &r); err != nil {
		return fmt.Errorf("reload: %w", err)
	}
	return show(out, r)
}

var errRefused = errors.New("reload: nothing has changed: mend the faults and reload again")

// show prints faults, then changes; of a refusal the faults alone.
func show(out io.Writer, r view.Reloaded) error {
	for _, f := range r.Faults {
		kind := "fault"
		if f.Warning {
			kind = "warning"
		}
		said := fault.Fault{Key: f.Key, File: f.File, Line: f.Line, Message: f.Message}
		if _, err := fmt.Fprintf(out, "%s: %s\n", kind, said); err != nil {
			return fmt.Errorf("writing: %w", err)
		}
	}
	if !r.Taken {
		return errRefused
	}
	for _, c := range r.Changes {
		if _, err := fmt.Fprintf(out, "%s: %s -> %s\n", c.Key, shown(c.Before), shown(c.After)); err != nil {
			return fmt.Errorf("writing: %w", err)
		}
	}
	said := fmt.Sprintf("reloaded, %d keys changed", len(r.Changes))
	switch len(r.Changes) {
	case 0:
		said = "reloaded, no setting changed"
	case 1:
		said = "reloaded, 1 key changed"
	}
	if _, err := fmt.Fprintf(out, "%s; settings %s\n", said, r.Digest); err != nil {
		return fmt.Errorf("writing: %w", err)
	}
	return nil
}

// shown is a value; what is not written is a dash.
func shown(value string) string {
	if value == "" {
		return "-"
	}
	return value
}
