package explaining

import (
	"github.com/spf13/cobra"

	"ivalt-radius/cmd/ivalt-radius/exit"
)

// NewCommand is `explain`. defaultConfig is the file of the settings where the command line names none; load reads one, whose settings must be sound.
func NewCommand(defaultConfig string, load func(path string) (Rules, error)) *cobra.Command {
	var path string
	var q question
	cmd := &cobra.Command{
		Use:   "explain --config FILE --user U --client NAME",
		Short: "Show how a login would be decided; sends nothing",
		Long: "Shows every step from the name as typed to the decision: the canonical name, the e-mail and phone that would be\n" +
			"asked, groups, each rule with what holds and what does not, the reply attributes. Sends nothing to iVALT; LDAP is asked\n" +
			"where it is set.\n" +
			"Exits 0 where the login would push or be accepted, 1 where it would be denied.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			r, err := load(path)
			if err != nil {
				return err
			}
			client, err := q.client(r.Settings)
			if err != nil {
				return exit.UsageError(cmd, err)
			}
			facts, err := q.facts()
			if err != nil {
				return exit.UsageError(cmd, err)
			}
			out := cmd.OutOrStdout()
			printClient(out, r.Settings, client)
			said, err := r.explain(cmd.Context(), out, q.user, facts)
			if err == nil && said.reason != "" {
				err = exit.Error{Code: exit.Fault}
			}
			return err
		},
	}
	cmd.Flags().StringVarP(&path, "config", "c", defaultConfig, "the configuration file")
	cmd.Flags().StringVarP(&q.user, "user", "u", "", "the login name, as typed")
	cmd.Flags().StringVar(&q.clientName, "client", "", "the client's name in the settings")
	cmd.Flags().StringVar(&q.station, "calling-station", "", "the person's IP address; none is \"unknown\"")
	cmd.Flags().StringVar(&q.at, "at", "", "the time of the login, RFC 3339; none is now")
	_ = cmd.MarkFlagRequired("user")
	_ = cmd.MarkFlagRequired("client")
	return cmd
}
