package trail

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"ivalt-radius/audit/query"
	"ivalt-radius/audit/report"
	"ivalt-radius/audit/report/render"
	"ivalt-radius/cmd/ivalt-radius/exit"
	"ivalt-radius/cmd/ivalt-radius/output"
	"ivalt-radius/config"
	"ivalt-radius/radius/client"
)

// reportAsked is what the command line of `audit report` asks for.
type reportAsked struct {
	config       string
	hours        int
	since, until string
	format       string
	output       string
}

func newReportCommand(defaultConfig string) *cobra.Command {
	var ask reportAsked
	cmd := &cobra.Command{
		Use:   "report [--config FILE] [TRAIL] [--hours 24 | --since T --until T] [--format text|json|html] [--output FILE]",
		Short: "Sums up an audit trail: threat level, findings, what to do, approval times, how long each NAS waits",
		Long: "report reads the records of the last hours and says what they mean: a threat level with its reasons, findings with who they are\n" +
			"about, what to do about them, how long people take to approve and how long each NAS waits for them. html is one page that needs\n" +
			"nothing else. The report names people: keep it as the trail is kept. TRAIL is a copy of a trail, or a segment of one; without it the\n" +
			"trail of the settings is read, and that it was read is recorded in it first.",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			filter, err := ask.filter(cmd, time.Now())
			if err != nil {
				return exit.UsageError(cmd, err)
			}
			show := renderer(ask.format)
			if show == nil {
				return exit.UsageError(cmd, OneOf("--format", ask.format, []string{"text", "json", "html"}))
			}
			r, err := ask.make(cmd, args, filter)
			if err != nil {
				return fmt.Errorf("audit report: %w", err)
			}
			if err := output.Write(ask.output, cmd.OutOrStdout(), func(w io.Writer) error { return show(w, r) }); err != nil {
				return fmt.Errorf("audit report: %w", err)
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVarP(&ask.config, "config", "c", defaultConfig, "the configuration file, whose trail is read")
	f.IntVar(&ask.hours, "hours", 24, "how many hours before now, or before --until, to read")
	f.StringVar(&ask.since, "since", "", "not before this, in place of --hours: RFC 3339, a date (its midnight here), or how long ago, as 24h")
	f.StringVar(&ask.until, "until", "", "before this, in the same forms (default: now)")
	f.StringVar(&ask.format, "format", "text", "text, json or html")
	f.StringVarP(&ask.output, "output", "o", "", outputHelp)
	return cmd
}

// filter is the period that is asked for.
func (a reportAsked) filter(cmd *cobra.Command, now time.Time) (query.Filter, error) {
	const mostHours = 24 * 366 * 100
	var f query.Filter
	switch {
	case cmd.Flags().Changed("hours") && a.since != "":
		return f, errors.New("--hours and --since are two answers to one question: name one of them")
	case a.hours < 1 || a.hours > mostHours:
		return f, fmt.Errorf("--hours: %d is not between 1 and %d", a.hours, mostHours)
	}
	since, err1 := Moment("--since", a.since, now)
	until, err2 := Moment("--until", a.until, now)
	if err := errors.Join(err1, err2); err != nil {
		return f, err
	}
	if f.Until = until.UTC(); until.IsZero() {
		f.Until = now.UTC()
	}
	if f.Since = since.UTC(); since.IsZero() {
		f.Since = f.Until.Add(-time.Duration(a.hours) * time.Hour)
	}
	if !f.Since.Before(f.Until) {
		return f, errors.New("--since is not before --until: no record can lie between them")
	}
	return f, nil
}

// renderer is how a format is written; nil where there is no such format.
func renderer(format string) func(io.Writer, report.Report) error {
	switch format {
	case "text":
		return render.Text
	case "json":
		return render.JSON
	case "html":
		return render.HTML
	}
	return nil
}

// make reads the trail, once its reading is recorded where it is the settings'.
func (a reportAsked) make(cmd *cobra.Command, args []string, filter query.Filter) (report.Report, error) {
	from, err := open(cmd, a.config, args)
	if err != nil {
		return report.Report{}, err
	}
	if err := output.Free(a.output); err != nil {
		return report.Report{}, err
	}
	ctx := cmd.Context()
	if err := from.record(ctx, "report", filter, a.format+" to "+cmp.Or(a.output, "the standard output")); err != nil {
		return report.Report{}, err
	}
	options := report.Options{Since: filter.Since, Until: filter.Until}
	if from.own {
		options.AnswerWithin = patience(from.settings)
	}
	all := report.New(options)
	unreadable, err := from.trail.Read(ctx, filter, func(r *query.Record) error { all.Add(r); return nil })
	if err != nil {
		return report.Report{}, err
	}
	return all.Report(unreadable), nil
}

// patience is what the settings say of each client's NAS.
func patience(s *config.Settings) map[string]time.Duration {
	within := map[string]time.Duration{}
	for _, c := range s.Clients {
		preset, _ := client.FindProfile(c.Profile) // none: the zero Profile
		within[c.Name] = preset.Patience(c.AnswerWithin)
	}
	return within
}
