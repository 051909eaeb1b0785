package sessioning

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"ivalt-radius/admin/view"
	"ivalt-radius/audit"
	"ivalt-radius/cmd/ivalt-radius/configured"
	"ivalt-radius/cmd/ivalt-radius/control"
	"ivalt-radius/cmd/ivalt-radius/exit"
	"ivalt-radius/cmd/ivalt-radius/output"
)

// NewCommand is `sessions`. defaultConfig is the file of the settings where the command line names none.
func NewCommand(defaultConfig string) *cobra.Command {
	var path string
	var in view.SessionFilter
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "sessions --config FILE [--user U] [--client NAME] [--address A] [--json]",
		Short: "List who is in, as accounting and the logins tell",
		Long: "sessions asks the running server who is in, the newest first: it knows that from accounting and from the logins it let in, since it has\n" +
			"started. `disconnect` ends those of a client that takes Disconnect-Requests (ENDS). That it was read is recorded in the trail first.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if _, err := check(&in); err != nil {
				return exit.UsageError(cmd, err)
			}
			s, err := configured.Settings(path)
			if err != nil {
				return err
			}
			var found view.Sessions
			if err := control.Call(cmd.Context(), s.State.Directory, view.PathSessions, in, &found); err != nil {
				return fmt.Errorf("sessions: %w", err)
			}
			if asJSON {
				return output.JSON(cmd.OutOrStdout(), found)
			}
			return show(cmd.OutOrStdout(), found)
		},
	}
	cmd.Flags().StringVarP(&path, "config", "c", defaultConfig, "the configuration file")
	cmd.Flags().StringVar(&in.User, "user", "", "of this login name, however it is written")
	cmd.Flags().StringVar(&in.Client, "client", "", "of this client")
	cmd.Flags().StringVar(&in.Address, "address", "", "of the person at this IP address (the calling station)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// shown is a text with everything escaped that a terminal could obey; a dash where there is none.
func shown(text string) string {
	if strings.TrimSpace(text) == "" {
		return "-"
	}
	return audit.Shown(text)
}

// show writes a line for each session.
func show(w io.Writer, found view.Sessions) error {
	if len(found.Sessions) == 0 {
		_, err := fmt.Fprintln(w, "no session is known")
		return err
	}
	const gap = 2
	out := tabwriter.NewWriter(w, 0, 0, gap, ' ', 0)
	_, _ = fmt.Fprintln(out, "HEARD\tUSER\tCLIENT\tNAS\tFROM\tWITHIN\tSESSION\tNODE\tENDS")
	for _, s := range found.Sessions {
		ends := "no"
		if s.Ends {
			ends = "yes"
		}
		_, _ = fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", s.Heard.UTC().Format(time.RFC3339), shown(s.User), shown(s.Client), shown(s.NAS), shown(s.CallingStation), shown(s.FramedIP), shown(s.ID), shown(s.Node), ends)
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("printing the sessions: %w", err)
	}
	if found.Left > 0 {
		_, _ = fmt.Fprintf(w, "%d more are not shown: name --user, --client or --address\n", found.Left)
	}
	return nil
}
