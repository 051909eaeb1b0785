package trail

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"ivalt-radius/audit/format"
	"ivalt-radius/audit/query"
	"ivalt-radius/cmd/ivalt-radius/exit"
)

// lookEvery is how often a follower looks for new records.
const lookEvery = 250 * time.Millisecond

// tail is what `audit tail` was asked for.
type tail struct {
	config string
	filter filterFlags
	lines  int
	follow bool
	format string
}

func newTailCommand(defaultConfig string) *cobra.Command {
	var t tail
	cmd := &cobra.Command{
		Use:   "tail [--config FILE] [TRAIL]",
		Short: "Show the last records of the audit trail, and those that come",
		Long: "tail shows the last records of an audit trail that the filters want: local time, type, user (or who did it), client, reason (or\n" +
			"what happened), duration, detail. With --follow it goes on showing those that come, also where the server goes on to a new file, until it is\n" +
			"interrupted. TRAIL is a copy of a trail, or a segment of one; without it the trail of the settings is read, and that it was read\n" +
			"is recorded in it first.",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, stop := signal.NotifyContext(cmd.Context(), syscall.SIGINT, syscall.SIGTERM)
			defer stop()
			return t.run(ctx, cmd, args)
		},
	}
	flags := cmd.Flags()
	flags.StringVarP(&t.config, "config", "c", defaultConfig, "the configuration file, whose trail is read")
	t.filter.add(cmd)
	flags.IntVarP(&t.lines, "lines", "n", 20, "how many records")
	flags.BoolVarP(&t.follow, "follow", "f", false, "go on with the records that come")
	flags.StringVar(&t.format, "format", "text", "text, or json: the trail's own lines")
	return cmd
}

func (t *tail) run(ctx context.Context, cmd *cobra.Command, args []string) error {
	wanted, err := t.filter.filter(time.Now())
	err = errors.Join(err, OneOf("--format", t.format, []string{"text", "json"}))
	if t.lines < 0 {
		err = errors.Join(err, fmt.Errorf("--lines: %d is below 0", t.lines))
	}
	if err != nil {
		return exit.UsageError(cmd, err)
	}
	from, err := open(cmd, t.config, args)
	if err != nil {
		return err
	}
	var form format.Format = rows{}
	detail := fmt.Sprintf("the last %d as %s", t.lines, t.format)
	if t.format == "json" {
		if form, err = format.New(t.format, cmd.Root().Version); err != nil {
			return err
		}
	}
	if t.follow {
		detail += ", following"
	}
	if err := from.record(ctx, "tail", wanted, detail); err != nil {
		return err
	}
	to := &shower{out: cmd.OutOrStdout(), form: form}
	if err := quiet(t.show(ctx, from.trail, wanted, to)); err != nil && ctx.Err() == nil {
		return fmt.Errorf("audit tail: %w", err)
	}
	if to.shown == 0 && t.lines > 0 && !t.follow {
		cmd.PrintErrln("ivalt-radius: no such record")
	}
	return nil
}

// show shows the last records, and then, where they are followed, those behind them.
func (t *tail) show(ctx context.Context, trail query.Trail, wanted query.Filter, to *shower) error {
	var newest uint64
	if t.follow {
		end, err := trail.Last(ctx, 1, query.Filter{})
		if err != nil {
			return err
		}
		for _, r := range end {
			newest = r.Seq
		}
	}
	found, err := trail.Last(ctx, t.lines, wanted)
	if err != nil {
		return err
	}
	for _, r := range found {
		if t.follow && r.Seq > newest {
			break // it comes again
		}
		if err := to.show(r); err != nil {
			return err
		}
	}
	if !t.follow {
		return nil
	}
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	return trail.Follow(ctx, newest, wanted, look.C, to.show)
}

// shower writes one record on one line.
type shower struct {
	out   io.Writer
	form  format.Format
	shown int
}

func (s *shower) show(r *query.Record) error {
	s.shown++
	_, err := s.out.Write(append(s.form.Append(nil, r), '\n'))
	return err
}
