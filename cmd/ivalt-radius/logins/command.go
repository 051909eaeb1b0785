package logins

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"ivalt-radius/admin/view"
	"ivalt-radius/audit"
	"ivalt-radius/audit/query"
	"ivalt-radius/cmd/ivalt-radius/configured"
	"ivalt-radius/cmd/ivalt-radius/control"
	"ivalt-radius/cmd/ivalt-radius/exit"
	"ivalt-radius/cmd/ivalt-radius/output"
	"ivalt-radius/cmd/ivalt-radius/trail"
)

// asked is what the command line says.
type asked struct {
	config, since, until string
	json                 bool
}

func (a *asked) flags(cmd *cobra.Command, defaultConfig string) {
	flags := cmd.Flags()
	flags.StringVarP(&a.config, "config", "c", defaultConfig, "the configuration file")
	flags.StringVar(&a.since, "since", "", "not before this: RFC 3339, a date (its midnight here), or how long ago, as 24h")
	flags.StringVar(&a.until, "until", "", "before this, in the same forms")
	flags.BoolVar(&a.json, "json", false, "print JSON")
}

// times are the bounds.
func (a *asked) times() (since, until time.Time, err error) {
	now := time.Now()
	since, err1 := trail.Moment("--since", a.since, now)
	until, err2 := trail.Moment("--until", a.until, now)
	return since, until, errors.Join(err1, err2)
}

// NewCommand is `logins`. defaultConfig is the file of the settings where the command line names none.
func NewCommand(defaultConfig string) *cobra.Command {
	cmd := newListCommand(defaultConfig)
	cmd.Use = "logins --config FILE"
	cmd.AddCommand(newListCommand(defaultConfig), newShowCommand(defaultConfig))
	return cmd
}

func newListCommand(defaultConfig string) *cobra.Command {
	var a asked
	var in view.LoginFilter
	cmd := &cobra.Command{
		Use:   "list --config FILE [--since 24h] [--user U] [--client NAME] [--verdict V] [--reason R] [--json]",
		Short: "List the logins that have ended, the newest first",
		Long: "list shows, for each login that the filters want: local time, user, client, the person's address, verdict, reason, how long it took,\n" +
			"and its attempt, of which `logins show` has all. The running server is asked, which looks for 5 s at most and then says where to go on;\n" +
			"where none runs the trail is read. That it was read is recorded in it first.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			since, until, err := a.times()
			in.Since, in.Until = since, until
			f, wrong := filter(in)
			if err := errors.Join(err, wrong); err != nil {
				return exit.UsageError(cmd, err)
			}
			found, err := ask(cmd.Context(), a.config, view.PathLogins, in, f, func(ctx context.Context, t query.Trail) (view.Logins, error) {
				return list(ctx, t, f, in)
			})
			if err != nil {
				return fmt.Errorf("logins: %w", err)
			}
			if a.json {
				return output.JSON(cmd.OutOrStdout(), found)
			}
			return printLogins(cmd.OutOrStdout(), found)
		},
	}
	a.flags(cmd, defaultConfig)
	flags := cmd.Flags()
	flags.StringVar(&in.User, "user", "", "of this login name, however it is written")
	flags.StringVar(&in.Client, "client", "", "of this client")
	flags.StringVar(&in.CallingStation, "calling-station", "", "from this address")
	flags.StringVar(&in.Verdict, "verdict", "", "accept, reject or challenge")
	flags.StringVar(&in.Reason, "reason", "", "that ended for this reason")
	flags.IntVarP(&in.Limit, "limit", "n", usual, fmt.Sprintf("how many, %d at most", view.MostLogins))
	flags.Uint64Var(&in.Before, "before", 0, "older than the record with this number: how a list goes on")
	return cmd
}

func newShowCommand(defaultConfig string) *cobra.Command {
	var a asked
	cmd := &cobra.Command{
		Use:   "show ATTEMPT --config FILE [--json]",
		Short: "Show all that is known of one login, step by step",
		Long: "show prints every record of a login in order: what iVALT was asked and said, what was noticed, how it ended, and what the gateway told of\n" +
			"the session that followed. Of a long story the first and the last 50 steps are shown. An attempt has no time in it, so the trail is\n" +
			"searched from its end; the running server does that for 5 s. For an old login say when it was: --until, and --since. That it was read is\n" +
			"recorded in the trail first.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			since, until, err := a.times()
			in := wanted{ID: args[0], Since: since, Until: until}
			if err := errors.Join(err, in.check()); err != nil {
				return exit.UsageError(cmd, err)
			}
			story, err := ask(cmd.Context(), a.config, view.PathStory, in, in.filter(), func(ctx context.Context, t query.Trail) (view.Story, error) {
				return tell(ctx, t, in, nil)
			})
			if err != nil {
				return fmt.Errorf("logins: %w", err)
			}
			if a.json {
				return output.JSON(cmd.OutOrStdout(), story)
			}
			return printStory(cmd.OutOrStdout(), story)
		},
	}
	a.flags(cmd, defaultConfig)
	return cmd
}

// ask asks the running server, or else reads the trail, behind the evidence of it.
func ask[Out any](ctx context.Context, config, path string, in any, f query.Filter, read func(context.Context, query.Trail) (Out, error)) (out Out, err error) {
	s, err := configured.Settings(config)
	if err != nil {
		return out, err
	}
	err = control.Call(ctx, s.State.Directory, path, in, &out)
	if !errors.Is(err, control.ErrNotRunning) {
		return out, err
	}
	if err := trail.Record(ctx, s, audit.Access{Action: "logins", Filter: f.String()}); err != nil {
		return out, err
	}
	return read(ctx, trailOf(s))
}
