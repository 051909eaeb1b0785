package sessioning

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"ivalt-radius/admin/view"
	"ivalt-radius/cmd/ivalt-radius/configured"
	"ivalt-radius/cmd/ivalt-radius/control"
	"ivalt-radius/cmd/ivalt-radius/count"
	"ivalt-radius/cmd/ivalt-radius/exit"
	"ivalt-radius/cmd/ivalt-radius/output"
	"ivalt-radius/cmd/ivalt-radius/trail"
)

// NewCommand is `sessions`. defaultConfig is the file of the settings where the command line names none.
func NewCommand(defaultConfig string) *cobra.Command {
	var path, ago string
	var in view.SessionFilter
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "sessions --config FILE [--user U] [--client NAME] [--address A] [--ended [--since 24h]] [--json]",
		Short: "List who is in: since when, from where, how much, until when",
		Long: "sessions asks the running server who is in, the newest first, as accounting and the logins tell. STATE is on (accounting tells of it), login\n" +
			"(its login let it in, and nothing tells whether it is still there) or overrun (it goes on behind its end). UP and DOWN are octets from the\n" +
			"person and to them, as the gateway counts; a ~ says that its counter went back. UNTIL is the end that the login was given. `disconnect` ends\n" +
			"those of a client that takes Disconnect-Requests (ENDS). --ended lists those that have stopped, by the trail, with CAUSE in the place of ENDS.\n" +
			"That it was read is recorded in the trail first.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			since, err := trail.Moment("--since", ago, time.Now())
			in.Since = since
			if _, wrong := check(&in); err != nil || wrong != nil {
				err = errors.Join(err, wrong)
				return exit.UsageError(cmd, err)
			}
			directory, err := configured.StateDirectory(path)
			if err != nil {
				return err
			}
			var found view.Sessions
			if err := control.Call(cmd.Context(), directory, view.PathSessions, in, &found); err != nil {
				return fmt.Errorf("sessions: %w", err)
			}
			if asJSON {
				return output.JSON(cmd.OutOrStdout(), found)
			}
			return show(cmd.OutOrStdout(), found, in.Ended)
		},
	}
	cmd.Flags().StringVarP(&path, "config", "c", defaultConfig, "the configuration file")
	cmd.Flags().StringVar(&in.User, "user", "", "of this login name, however it is written")
	cmd.Flags().StringVar(&in.Client, "client", "", "of this client")
	cmd.Flags().StringVar(&in.Address, "address", "", "of the person at this IP address (the calling station)")
	cmd.Flags().BoolVar(&in.Ended, "ended", false, "those that have ended, by the trail")
	cmd.Flags().StringVar(&ago, "since", "", "of those: not before this, RFC 3339, a date, or how long ago (24h)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// show writes a line for each session, and what they come to.
func show(w io.Writer, found view.Sessions, ended bool) error { //nolint:revive // flag-parameter: as the command line has it
	if len(found.Sessions) == 0 {
		none := "no session is known"
		if ended {
			none = "no session is known to have ended then"
		}
		_, err := fmt.Fprintln(w, none)
		return err
	}
	out := output.Table(w)
	last := "ENDS"
	if ended {
		last = "CAUSE"
	}
	_, _ = fmt.Fprintln(out, "HEARD\tUSER\tCLIENT\tNAS\tFROM\tWITHIN\tSESSION\tNODE\tSTATE\tSINCE\tUP\tDOWN\tUNTIL\tLOGIN\t"+last)
	for _, s := range found.Sessions {
		word := output.Text(s.Cause)
		switch {
		case ended:
		case s.Ends:
			word = "yes"
		default:
			word = "no"
		}
		_, _ = fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", moment(s.Heard), output.Text(s.User), output.Text(s.Client), output.Text(s.NAS),
			output.Text(s.CallingStation), within(s), output.Text(s.ID), output.Text(s.Node), s.State, moment(s.Started), amount(s.Input, s), amount(s.Output, s), moment(s.Until), output.Text(s.Attempt), word)
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("printing the sessions: %w", err)
	}
	n := len(found.Sessions)
	if !ended {
		n += found.Left
	}
	_, _ = fmt.Fprintf(w, "%s, %s up, %s down\n", count.Of(n, "session"), octets(found.Input), octets(found.Output))
	switch {
	case found.Left == 0:
	case ended:
		_, _ = fmt.Fprintln(w, "there may be more: name --user, --client or --address, or a later --since")
	default:
		_, _ = fmt.Fprintf(w, "%d more are not shown: name --user, --client or --address\n", found.Left)
	}
	return nil
}

// moment is a time; a dash where it is not known.
func moment(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return output.Moment(t)
}

// within are the addresses that the person has within.
func within(s view.Session) string {
	switch {
	case s.FramedIPv6 == "":
		return output.Text(s.FramedIP)
	case s.FramedIP == "":
		return output.Text(s.FramedIPv6)
	}
	return output.Text(s.FramedIP) + "," + output.Text(s.FramedIPv6)
}

// amount are octets of a session.
func amount(n uint64, s view.Session) string {
	if s.State == view.SessionLogin {
		return "-"
	}
	if s.Unsure {
		return "~" + octets(n)
	}
	return octets(n)
}

// octets is an amount in its greatest unit, of 1,024 each.
func octets(n uint64) string {
	const step, units = 1024, "KMGTPE"
	if n < step {
		return fmt.Sprintf("%dB", n)
	}
	size, unit := float64(n)/step, 0
	for size >= step && unit < len(units)-1 {
		size, unit = size/step, unit+1
	}
	return fmt.Sprintf("%.1f%ciB", size, units[unit])
}
