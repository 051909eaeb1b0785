package people

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"ivalt-radius/admin/view"
	"ivalt-radius/audit"
	"ivalt-radius/cmd/ivalt-radius/configured"
	"ivalt-radius/cmd/ivalt-radius/control"
	"ivalt-radius/cmd/ivalt-radius/count"
	"ivalt-radius/cmd/ivalt-radius/exit"
	"ivalt-radius/cmd/ivalt-radius/output"
)

// NewCommand is `people`. defaultConfig is the file of the settings where the command line names none.
func NewCommand(defaultConfig string) *cobra.Command {
	cmd := newListCommand(defaultConfig)
	cmd.Use = "people --config FILE"
	cmd.AddCommand(newListCommand(defaultConfig), newReleaseCommand(defaultConfig))
	return cmd
}

func newListCommand(defaultConfig string) *cobra.Command {
	var path string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list --config FILE [--json]",
		Short: "List who is locked out, paused, blocked or remembered",
		Long: "list asks the running server of whom it remembers something that decides their next login: who is locked out after wrong passwords,\n" +
			"whose phone is left alone since nobody answered it or the person refused, who is blocked, and whose approvals may count again. That it\n" +
			"was read is recorded in the trail first.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var found view.People
			if err := ask(cmd, path, view.PathPeople, struct{}{}, &found); err != nil {
				return err
			}
			if asJSON {
				return output.JSON(cmd.OutOrStdout(), found)
			}
			return show(cmd.OutOrStdout(), found)
		},
	}
	cmd.Flags().StringVarP(&path, "config", "c", defaultConfig, "the configuration file")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func newReleaseCommand(defaultConfig string) *cobra.Command {
	var path string
	var asJSON bool
	var in view.Release
	cmd := &cobra.Command{
		Use:   "release --config FILE --user U [--lockouts] [--remembered] --reason R",
		Short: "Forget what stands against a person, or for them",
		Long: "release has the running server forget a person's lockouts and pauses (--lockouts), so that they may try again now, or the approvals that\n" +
			"may count again (--remembered), so that their phone rings at the next login. All nodes forget it. A block stays: see unblock.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if _, err := check(&in); err != nil {
				return exit.UsageError(cmd, err)
			}
			var done view.Released
			if err := ask(cmd, path, view.PathRelease, in, &done); err != nil {
				return err
			}
			if asJSON {
				return output.JSON(cmd.OutOrStdout(), done)
			}
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "%s: forgotten: %s\n", audit.Shown(done.User), what(done.Lockouts, done.Remembered))
			return err
		},
	}
	cmd.Flags().StringVarP(&path, "config", "c", defaultConfig, "the configuration file")
	cmd.Flags().StringVarP(&in.User, "user", "u", "", "the login name, as the trail has it: behind users.rewrite")
	cmd.Flags().BoolVar(&in.Lockouts, "lockouts", false, "lockouts and pauses")
	cmd.Flags().BoolVar(&in.Remembered, "remembered", false, "approvals that may count again")
	cmd.Flags().StringVar(&in.Reason, "reason", "", "why, in a few words; it stands in the trail")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	_ = cmd.MarkFlagRequired("user")
	_ = cmd.MarkFlagRequired("reason")
	return cmd
}

// ask asks the running server, which alone knows.
func ask(cmd *cobra.Command, config, path string, in, out any) error {
	directory, err := configured.StateDirectory(config)
	if err != nil {
		return err
	}
	if err := control.Call(cmd.Context(), directory, path, in, out); err != nil {
		return fmt.Errorf("people: %w", err)
	}
	return nil
}

// show writes a line for each of them; of a lockout or a pause without a calling station, it is of all that are not familiar. What comes from the network
// is escaped.
func show(w io.Writer, p view.People) error {
	if len(p.Lockouts)+len(p.Paused)+len(p.Blocks)+len(p.Remembered) == 0 {
		_, err := fmt.Fprintln(w, "nobody is locked out, paused, blocked or remembered")
		return err
	}
	out := output.Table(w)
	_, _ = fmt.Fprintln(out, "WHO\tSTATE\tFROM\tWHEN\tMORE")
	for _, l := range p.Lockouts {
		_, _ = fmt.Fprintf(out, "%s\tlocked out\t%s\tuntil %s\t%d in a row\n", audit.Shown(l.User), output.Text(l.Station), output.Moment(l.Until), l.Count)
	}
	for _, l := range p.Paused {
		_, _ = fmt.Fprintf(out, "%s\tpaused\t%s\tuntil %s\t\n", audit.Shown(l.User), output.Text(l.Station), output.Moment(l.Until))
	}
	for _, b := range p.Blocks {
		_, _ = fmt.Fprintf(out, "%s\tblocked\t-\tuntil %s\t%s\n", audit.Shown(b.Subject()), output.Moment(b.Until), audit.Shown(b.Reason))
	}
	for _, r := range p.Remembered {
		_, _ = fmt.Fprintf(out, "%s\tremembered\t-\tsince %s\t%s\n", audit.Shown(r.User), output.Moment(r.Newest), count.Of(r.Count, "login"))
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("printing the people: %w", err)
	}
	if left := p.LockoutsLeft + p.PausedLeft + p.LeftOut; left > 0 {
		_, _ = fmt.Fprintf(w, "%d more are not shown\n", left)
	}
	return nil
}
