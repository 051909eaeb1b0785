package trail

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"ivalt-radius/audit"
	"ivalt-radius/audit/forget"
	"ivalt-radius/auth"
	"ivalt-radius/cmd/ivalt-radius/configured"
	"ivalt-radius/cmd/ivalt-radius/control"
	"ivalt-radius/cmd/ivalt-radius/count"
	"ivalt-radius/cmd/ivalt-radius/exit"
	"ivalt-radius/config"
	"ivalt-radius/guard/incident"
)

func newForgetCommand(defaultConfig string) *cobra.Command {
	var configPath, name string
	var yes bool
	cmd := &cobra.Command{
		Use:   "forget --user U [--config FILE] [--yes]",
		Short: "Replace a person in the audit trail by a pseudonym; the trail stays sound",
		Long: "forget rewrites every record of the audit trail that names the person, also in segments and the archive: the name becomes\n" +
			"a pseudonym that nothing leads back from, and the address, the mobile's last digits and the session become empty. The\n" +
			"trail says which records were rewritten, and verify accepts exactly these. There is no way back.\n" +
			"The name is the one in the trail, behind users.rewrite; who logs in under several is forgotten once for each.\n" +
			"Without --yes it says what it would do, and does nothing.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			user, err := auth.ParseUsername(name)
			if err != nil {
				return exit.UsageError(cmd, fmt.Errorf("--user: %w", err))
			}
			settings, err := configured.Settings(configPath)
			if err != nil {
				return err
			}
			order := forget.Order{User: user.String(), Live: settings.Audit.File, Archive: settings.Audit.Archive}
			if !yes {
				found, err := forget.Look(cmd.Context(), order)
				if err != nil {
					return fmt.Errorf("audit forget: %w", err)
				}
				sayLook(cmd.OutOrStdout(), name, found)
				return nil
			}
			done, err := forgetNow(cmd.Context(), settings, order)
			if err != nil {
				return fmt.Errorf("audit forget: %w", err)
			}
			if done.Incidents > 0 {
				_, _ = fmt.Fprintf(cmd.OutOrStdout(), "%q: %s rewritten\n", name, count.Of(done.Incidents, "incident"))
			}
			return sayForgotten(cmd.OutOrStdout(), name, done.Outcome)
		},
	}
	f := cmd.Flags()
	f.StringVarP(&configPath, "config", "c", defaultConfig, "the configuration file, whose trail is meant")
	f.StringVarP(&name, "user", "u", "", "the login name")
	f.BoolVar(&yes, "yes", false, "do it")
	_ = cmd.MarkFlagRequired("user")
	return cmd
}

// forgetNow asks the running server, or works on the files.
func forgetNow(ctx context.Context, s *config.Settings, o forget.Order) (state forgetState, err error) {
	err = control.Call(ctx, s.State.Directory, forgetPath, forgetRequest{o.User}, &state)
	if errors.Is(err, control.ErrNotRunning) {
		return forgetOnFile(ctx, s, o)
	}
	poll := time.NewTicker(pollEvery)
	defer poll.Stop()
	for err == nil && state.Running {
		select {
		case <-poll.C:
			state = forgetState{}
			err = control.Call(ctx, s.State.Directory, forgetStatePath, struct{}{}, &state)
		case <-ctx.Done():
			return state, fmt.Errorf("the server goes on with it: %w", ctx.Err())
		}
	}
	if err == nil && state.Error != "" {
		err = errors.New(state.Error)
	}
	return state, err
}

// forgetOnFile is forgetNow while no server runs; the trail's lock keeps one from starting.
func forgetOnFile(ctx context.Context, s *config.Settings, o forget.Order) (state forgetState, err error) {
	if _, err := os.Stat(s.Audit.File); err != nil {
		return state, err // forgetting makes no trail
	}
	t, err := Open(s)
	if err != nil {
		return state, err
	}
	defer func() { err = errors.Join(err, t.Close()) }()
	book, err := incident.Open(s.State.Directory, incident.Settings{}, incident.Deps{Recorder: Recorder{t}})
	if err != nil {
		return state, fmt.Errorf("state.directory: %w", err)
	}
	o.Actor = control.ActorName(os.Getuid(), os.Getpid())
	state.Outcome, state.Incidents, err = everywhere(ctx, o, t, book)
	return state, err
}

// Recorder writes into a trail that a command has opened.
type Recorder struct{ *audit.Trail }

// Note implements incident.Recorder. What the trail cannot keep it counts and says.
func (r Recorder) Note(e audit.Event) { _ = r.Post(e) }

// sayLook says what would be done.
func sayLook(out io.Writer, name string, found forget.Outcome) {
	if found.Lines == 0 {
		_, _ = fmt.Fprintf(out, "%q: no record of this person\n", name)
	} else {
		_, _ = fmt.Fprintf(out, "%q: %s in %s would be rewritten; nothing was changed: --yes does it\n",
			name, count.Of(found.Lines, "record"), count.Of(found.Files, "file"))
	}
	sayRest(out, found)
}

// sayForgotten says what was done. What could not be read is an error: the person may stand there.
func sayForgotten(out io.Writer, name string, done forget.Outcome) error {
	if done.Lines == 0 {
		_, _ = fmt.Fprintf(out, "%q: no record of this person\n", name)
	} else {
		_, _ = fmt.Fprintf(out, "%q: %s in %s rewritten, the person is now %s\n",
			name, count.Of(done.Lines, "record"), count.Of(done.Files, "file"), done.Pseudonym)
	}
	sayRest(out, done)
	if len(done.Unread) > 0 {
		return fmt.Errorf("audit forget: damaged, so the person may still stand there: %s", strings.Join(done.Unread, ", "))
	}
	return nil
}

// sayRest says what was not reached, and what never is.
func sayRest(out io.Writer, o forget.Outcome) {
	if o.Changed > 0 {
		_, _ = fmt.Fprintf(out, "%s of the person stay as they are, since somebody changed them: see audit verify\n", count.Of(o.Changed, "line"))
	}
	if o.Since > 0 {
		_, _ = fmt.Fprintf(out, "%s of the person came meanwhile: run it again\n", count.Of(o.Since, "record"))
	}
	for _, path := range o.Unread {
		_, _ = fmt.Fprintf(out, "%s cannot be read to its end\n", path)
	}
	_, _ = fmt.Fprintln(out, "Not reached: the log, what was shipped, exports, backups and other copies, iVALT, users.file and directories,\n"+
		"names in the settings and in the records of their changes, blocks in force (block list), notices that wait, and, for 30 days at most,\n"+
		"lockouts, pauses and familiar places in state.directory.")
}
