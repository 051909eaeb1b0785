package defence

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"ivalt-radius/cmd/ivalt-radius/exit"
	"ivalt-radius/cmd/ivalt-radius/output"
	"ivalt-radius/guard"
)

// NewCommands are `incidents`, `block` and `unblock`. defaultConfig is the file of the settings where the command line names none.
func NewCommands(defaultConfig string) []*cobra.Command {
	incidents := &cobra.Command{Use: "incidents", Short: "Look at what the watch found, and say what became of it"}
	incidents.AddCommand(newListCommand(defaultConfig), newShowCommand(defaultConfig), newAckCommand(defaultConfig), newCloseCommand(defaultConfig))
	return []*cobra.Command{incidents, newBlockCommand(defaultConfig), newUnblockCommand(defaultConfig)}
}

// configFlag adds the flag that names the settings.
func configFlag(cmd *cobra.Command, defaultConfig string, path *string) {
	cmd.Flags().StringVarP(path, "config", "c", defaultConfig, "the configuration file")
}

// reasonFlag adds the flag that says why; it must be given.
func reasonFlag(cmd *cobra.Command, reason *string) {
	cmd.Flags().StringVar(reason, "reason", "", "why, in a few words; it stands in the trail")
	_ = cmd.MarkFlagRequired("reason")
}

const jsonHelp = "print JSON"

func newListCommand(defaultConfig string) *cobra.Command {
	var path, severity string
	var in wanted
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list --config FILE [--all] [--severity S] [--json]",
		Short: "List the incidents that are not closed",
		Long: "list shows the incidents that are open or acknowledged, the oldest first. Reading them is recorded in the trail, since they hold\n" +
			"evidence of it.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			least, ok := guard.ParseSeverity(severity)
			if !ok {
				return exit.UsageError(cmd, fmt.Errorf("--severity: %q is not one of low, medium, high, critical", severity))
			}
			in.Severity = least
			found, err := listing().run(cmd.Context(), path, cmd.ErrOrStderr(), in)
			if err != nil {
				return err
			}
			if asJSON {
				return output.JSON(cmd.OutOrStdout(), found)
			}
			return printList(cmd.OutOrStdout(), found)
		},
	}
	configFlag(cmd, defaultConfig, &path)
	cmd.Flags().BoolVar(&in.All, "all", false, "closed ones too")
	cmd.Flags().StringVar(&severity, "severity", guard.Low.String(), "the least severity: low, medium, high or critical")
	cmd.Flags().BoolVar(&asJSON, "json", false, jsonHelp)
	return cmd
}

func newShowCommand(defaultConfig string) *cobra.Command {
	var path string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "show ID --config FILE [--json]",
		Short: "Show an incident: its history, what was done, and its evidence",
		Long:  "show prints an incident with its evidence, of which the first 20 lines and the newest 80 are kept; the trail has all. A beginning\nof the identifier that no other incident has is enough. Reading it is recorded in the trail.",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			found, err := showing().run(cmd.Context(), path, cmd.ErrOrStderr(), named{ID: args[0]})
			if err != nil {
				return err
			}
			if asJSON {
				return output.JSON(cmd.OutOrStdout(), found)
			}
			return printIncident(cmd.OutOrStdout(), found)
		},
	}
	configFlag(cmd, defaultConfig, &path)
	cmd.Flags().BoolVar(&asJSON, "json", false, jsonHelp)
	return cmd
}

func newAckCommand(defaultConfig string) *cobra.Command {
	cmd := newHandleCommand(defaultConfig, acknowledging())
	cmd.Use, cmd.Short = "ack ID --config FILE --reason R", "Say that somebody looks after an incident"
	return cmd
}

func newCloseCommand(defaultConfig string) *cobra.Command {
	cmd := newHandleCommand(defaultConfig, closing())
	cmd.Use, cmd.Short = "close ID --config FILE --reason R", "Close an incident, which need not be acknowledged before"
	cmd.Long = "close ends an incident: what comes afterwards is a new one. Its records are no longer held beyond audit.retention, it is not watched\n" +
		"any more, and after guard.incidents.retention it is removed. Blocks stay until their end; close names them."
	return cmd
}

// newHandleCommand is a command that does something to one incident.
func newHandleCommand(defaultConfig string, o operation[named, handled]) *cobra.Command {
	var path string
	var in named
	cmd := &cobra.Command{
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			in.ID = args[0]
			done, err := o.run(cmd.Context(), path, cmd.ErrOrStderr(), in)
			if err != nil {
				return err
			}
			return printHandled(cmd.OutOrStdout(), done)
		},
	}
	configFlag(cmd, defaultConfig, &path)
	reasonFlag(cmd, &in.Reason)
	return cmd
}

// subjectFlags add the flags that say whom a block is about.
func subjectFlags(cmd *cobra.Command, s *subject) {
	cmd.Flags().StringVarP(&s.User, "user", "u", "", "the login name, as the trail has it: behind users.rewrite")
	cmd.Flags().StringVar(&s.Address, "address", "", "the address of people, or a prefix, as 192.0.2.0/24")
}

func newBlockCommand(defaultConfig string) *cobra.Command {
	var path string
	var in placing
	cmd := &cobra.Command{
		Use:   "block --config FILE (--user U | --address PREFIX) [--for 24h] --reason R [--disconnect]",
		Short: "Keep a person or a network out for a while",
		Long: "block refuses the logins of a person, or of those who come from an address or prefix, on all clients, as `blocked`. It is on disk\n" +
			"before it counts, takes the place of a block of the same subject, and ends by itself. What is remembered of the person's\n" +
			"approvals is forgotten. Sessions that are open stay, but with --disconnect, which needs the running server and gateways that\n" +
			"take Disconnect-Requests.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if _, err := in.check(time.Now()); err != nil {
				return exit.UsageError(cmd, err)
			}
			done, err := blocking().run(cmd.Context(), path, cmd.ErrOrStderr(), in)
			if err != nil {
				return err
			}
			if err := printPlaced(cmd.OutOrStdout(), done, in); err != nil {
				return err
			}
			if done.Undone != "" {
				return errors.New("sessions were not disconnected: " + done.Undone)
			}
			return nil
		},
	}
	configFlag(cmd, defaultConfig, &path)
	subjectFlags(cmd, &in.subject)
	cmd.Flags().DurationVar(&in.For, "for", 24*time.Hour, "how long, at most 8760h")
	cmd.Flags().BoolVar(&in.Disconnect, "disconnect", false, "end the sessions too")
	reasonFlag(cmd, &in.Reason)
	cmd.AddCommand(newBlockListCommand(defaultConfig), newLockoutsCommand(defaultConfig))
	return cmd
}

func newBlockListCommand(defaultConfig string) *cobra.Command {
	cmd := newTableCommand(defaultConfig, listingBlocks(), printBlocks)
	cmd.Use, cmd.Short = "list --config FILE [--json]", "List the blocks in force"
	return cmd
}

func newLockoutsCommand(defaultConfig string) *cobra.Command {
	cmd := newTableCommand(defaultConfig, listingLockouts(), printLockouts)
	cmd.Use, cmd.Short = "lockouts --config FILE [--json]", "List who is locked out, and where"
	cmd.Long = "lockouts asks the running server who is locked out after wrong passwords (guard.lockout), at which calling station, and until when.\n" +
		"It ends by itself; `ivalt-radius unblock --user U` lifts it now."
	return cmd
}

// newTableCommand is a command that shows what there is.
func newTableCommand[T any](defaultConfig string, o operation[struct{}, []T], show func(io.Writer, []T) error) *cobra.Command {
	var path string
	var asJSON bool
	cmd := &cobra.Command{
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			found, err := o.run(cmd.Context(), path, cmd.ErrOrStderr(), struct{}{})
			if err != nil {
				return err
			}
			if asJSON {
				return output.JSON(cmd.OutOrStdout(), found)
			}
			return show(cmd.OutOrStdout(), found)
		},
	}
	configFlag(cmd, defaultConfig, &path)
	cmd.Flags().BoolVar(&asJSON, "json", false, jsonHelp)
	return cmd
}

func newUnblockCommand(defaultConfig string) *cobra.Command {
	var path string
	var in lifting
	cmd := &cobra.Command{
		Use:   "unblock --config FILE (--user U | --address PREFIX) --reason R",
		Short: "Lift a block, and the lockouts of a person",
		Long: "unblock lifts the block of exactly this person, address or prefix. In the running server it also lifts the person's lockouts and\n" +
			"pauses, where there was no block too.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if _, err := in.check(); err != nil {
				return exit.UsageError(cmd, err)
			}
			done, err := unblocking().run(cmd.Context(), path, cmd.ErrOrStderr(), in)
			if err != nil {
				return err
			}
			return printLifted(cmd.OutOrStdout(), done)
		},
	}
	configFlag(cmd, defaultConfig, &path)
	subjectFlags(cmd, &in.subject)
	reasonFlag(cmd, &in.Reason)
	return cmd
}
