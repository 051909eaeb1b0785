package trail

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"ivalt-radius/admin/view"
	"ivalt-radius/audit"
	"ivalt-radius/audit/keep"
	"ivalt-radius/cmd/ivalt-radius/configured"
	"ivalt-radius/cmd/ivalt-radius/control"
	"ivalt-radius/cmd/ivalt-radius/exit"
	"ivalt-radius/cmd/ivalt-radius/output"
)

// Where the running server is told of holds.
const (
	holdPath    = "/audit/hold"
	releasePath = "/audit/release"
)

func newHoldCommand(defaultConfig string) *cobra.Command {
	var path, since, until string
	var h keep.Hold
	cmd := &cobra.Command{
		Use:   "hold --config FILE --name N [--since T] [--until T] --reason R",
		Short: "Keep the records of a time beyond audit.retention",
		Long: "hold keeps every segment of the trail that has records of a time, however old, until the hold is released.\n" +
			"Times are RFC 3339, as 2026-11-01T00:00:00Z, dates (their midnight here), or how long ago, as 24h. Without --since it begins with the first record, without --until it has no end.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var err1, err2 error
			now := time.Now()
			h.From, err1 = Moment("--since", since, now)
			h.To, err2 = Moment("--until", until, now)
			err := errors.Join(err1, err2)
			if err == nil {
				err = h.Check()
			}
			if err != nil {
				return exit.UsageError(cmd, err)
			}
			if err := byServerOrFile(cmd.Context(), path, holdPath, &h, placeHold); err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: kept until it is released\n", describe(h))
			return err
		},
	}
	holdFlags(cmd, defaultConfig, &path)
	cmd.Flags().StringVar(&h.Name, "name", "", "the hold's name, by which it is released")
	cmd.Flags().StringVar(&since, "since", "", sinceHelp)
	cmd.Flags().StringVar(&until, "until", "", untilHelp)
	cmd.Flags().StringVar(&h.Reason, "reason", "", "why, in a few words; it stands in the trail")
	_ = cmd.MarkFlagRequired("name")
	_ = cmd.MarkFlagRequired("reason")
	return cmd
}

func newReleaseCommand(defaultConfig string) *cobra.Command {
	var path string
	var h keep.Hold
	cmd := &cobra.Command{
		Use:   "release --config FILE --name N",
		Short: "Release a hold, so that audit.retention counts again",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := byServerOrFile(cmd.Context(), path, releasePath, &h, releaseHold); err != nil {
				return err
			}
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "%s: released\n", h.Name)
			return err
		},
	}
	holdFlags(cmd, defaultConfig, &path)
	cmd.Flags().StringVar(&h.Name, "name", "", "the hold's name")
	_ = cmd.MarkFlagRequired("name")
	return cmd
}

func newHoldsCommand(defaultConfig string) *cobra.Command {
	var path string
	cmd := &cobra.Command{
		Use:   "holds --config FILE",
		Short: "List the holds",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := configured.Settings(path)
			if err != nil {
				return err
			}
			holds, err := keep.Holds(s.State.Directory)
			for _, h := range holds {
				_, _ = fmt.Fprintln(cmd.OutOrStdout(), describe(h))
			}
			return err
		},
	}
	holdFlags(cmd, defaultConfig, &path)
	return cmd
}

func holdFlags(cmd *cobra.Command, defaultConfig string, path *string) {
	cmd.Flags().StringVarP(path, "config", "c", defaultConfig, "the configuration file")
}

// describe is a hold on one line; its reason cannot leave that.
func describe(h keep.Hold) string {
	text := h.Name
	if !h.From.IsZero() {
		text += " since " + output.Moment(h.From)
	}
	if !h.To.IsZero() {
		text += " until " + output.Moment(h.To)
	}
	return text + fmt.Sprintf(" (%s)", audit.AppendString(nil, h.Reason))
}

// byServerOrFile does something to a hold through the running server, else on the files.
func byServerOrFile(ctx context.Context, configPath, serverPath string, h *keep.Hold, do holder) error {
	s, err := configured.Settings(configPath)
	if err != nil {
		return err
	}
	err = control.Call(ctx, s.State.Directory, serverPath, h, h)
	if !errors.Is(err, control.ErrNotRunning) {
		return err
	}
	t, err := Open(s)
	if err != nil {
		return err
	}
	return errors.Join(do(ctx, s.State.Directory, t, control.ActorName(os.Getuid(), os.Getpid()), *h), t.Close())
}

// holder does something to a hold of a state directory, once there is evidence of it.
type holder func(ctx context.Context, dir string, c Committer, actor string, h keep.Hold) error

func placeHold(ctx context.Context, dir string, c Committer, actor string, h keep.Hold) error {
	if err := h.Check(); err != nil {
		return err
	}
	if _, err := keep.Find(dir, h.Name); err == nil {
		return control.Refused(view.Conflicting, keep.ErrHeld)
	} else if !errors.Is(err, keep.ErrNoHold) {
		return err
	}
	if err := c.Commit(ctx, audit.Action{Action: "place_hold", Actor: actor, Target: h.Name, Detail: describe(h)}); err != nil {
		return control.Refused(view.Unavailable, fmt.Errorf("keeping the evidence: %w", err))
	}
	return keep.Place(dir, h)
}

func releaseHold(ctx context.Context, dir string, c Committer, actor string, h keep.Hold) error {
	there, err := keep.Find(dir, h.Name)
	if errors.Is(err, keep.ErrNoHold) {
		return control.Refused(view.Missing, err)
	}
	if err != nil {
		return err
	}
	if err := c.Commit(ctx, audit.Action{Action: "release_hold", Actor: actor, Target: there.Name, Detail: describe(there)}); err != nil {
		return control.Refused(view.Unavailable, fmt.Errorf("keeping the evidence: %w", err))
	}
	return keep.Release(dir, there.Name)
}

// HandleHolds serves the running server's side of `audit hold` and `audit release`. holds is held meanwhile.
func HandleHolds(mux *http.ServeMux, dir string, c Committer, holds sync.Locker) {
	for path, do := range map[string]holder{holdPath: placeHold, releasePath: releaseHold} {
		control.Serve(mux, path, func(ctx context.Context, actor string, in keep.Hold) (keep.Hold, error) {
			holds.Lock()
			defer holds.Unlock()
			return in, do(ctx, dir, c, actor, in)
		})
	}
}
