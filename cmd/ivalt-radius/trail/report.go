package trail

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"ivalt-radius/audit"
	"ivalt-radius/audit/query"
	"ivalt-radius/audit/report"
	"ivalt-radius/audit/report/render"
	"ivalt-radius/audit/segment"
	"ivalt-radius/cmd/ivalt-radius/exit"
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
		Use:   "report [--config FILE | TRAIL] [--hours 24 | --since T --until T] [--format text|json|html] [--output FILE]",
		Short: "Sum up an audit trail: threat level, findings, what to do, approval times, how long each NAS waits",
		Long: "report reads the records of the last hours and says what they mean: a threat level with its reasons, findings with who they are\n" +
			"about, what to do about them, how long people take to approve and how long each NAS waits for them. html is one page that needs\n" +
			"nothing else. The report names people: keep it as the trail is kept. Without TRAIL it reads the one that the settings name, and\n" +
			"that is recorded in it first.",
		Args: oneTrail,
		RunE: func(cmd *cobra.Command, args []string) error {
			filter, err := ask.filter(cmd, time.Now())
			if err != nil {
				return exit.UsageError(cmd, err)
			}
			show := renderer(ask.format)
			if show == nil {
				return exit.UsageError(cmd, oneOf("--format", ask.format, []string{"text", "json", "html"}))
			}
			r, err := ask.make(cmd.Context(), args, filter)
			if err != nil {
				return fmt.Errorf("audit report: %w", err)
			}
			return ask.write(cmd.OutOrStdout(), func(w io.Writer) error { return show(w, r) })
		},
	}
	f := cmd.Flags()
	f.StringVarP(&ask.config, "config", "c", defaultConfig, "the configuration file, whose trail is read")
	f.IntVar(&ask.hours, "hours", 24, "how many hours before now, or before --until, to read")
	f.StringVar(&ask.since, "since", "", sinceHelp+"; in place of --hours")
	f.StringVar(&ask.until, "until", "", untilHelp+" (default: now)")
	f.StringVar(&ask.format, "format", "text", "text, json or html")
	f.StringVarP(&ask.output, "output", "o", "", outputHelp)
	return cmd
}

// filter is the period that is asked for.
func (a reportAsked) filter(cmd *cobra.Command, now time.Time) (query.Filter, error) {
	const mostHours = 24 * 366 * 100
	var f query.Filter
	var err error
	switch {
	case cmd.Flags().Changed("hours") && a.since != "":
		return f, errors.New("--hours and --since are two answers to one question: name one of them")
	case a.hours < 1 || a.hours > mostHours:
		return f, fmt.Errorf("--hours: %d is not between 1 and %d", a.hours, mostHours)
	}
	f.Until = now.UTC()
	if a.until != "" {
		if f.Until, err = moment("--until", a.until, now); err != nil {
			return f, err
		}
	}
	f.Since = f.Until.Add(-time.Duration(a.hours) * time.Hour)
	if a.since != "" {
		if f.Since, err = moment("--since", a.since, now); err != nil {
			return f, err
		}
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

// make reads the trail.
func (a reportAsked) make(ctx context.Context, args []string, filter query.Filter) (report.Report, error) {
	find := func() ([]segment.File, map[string]time.Duration, error) { return a.ofSettings(ctx, filter) }
	if len(args) == 1 {
		find = func() ([]segment.File, map[string]time.Duration, error) { return copied(args[0]) }
	}
	files, answerWithin, err := find()
	if err != nil {
		return report.Report{}, err
	}
	all := report.New(report.Options{Since: filter.Since, Until: filter.Until, AnswerWithin: answerWithin})
	unreadable, err := query.Read(ctx, files, filter, func(r *query.Record) error { all.Add(r); return nil })
	if err != nil {
		return report.Report{}, err
	}
	return all.Report(unreadable), nil
}

// ofSettings are the files of the settings' trail, in which the reading is recorded first, and how long the settings say that each
// client's NAS waits.
func (a reportAsked) ofSettings(ctx context.Context, filter query.Filter) ([]segment.File, map[string]time.Duration, error) {
	s, faults := config.LoadWithoutSecrets(a.config, config.Options{Environ: os.Environ()})
	if s == nil {
		return nil, nil, faults.Err()
	}
	to := cmp.Or(a.output, "the standard output")
	if err := Record(ctx, s, audit.Access{Action: "report", Filter: filter.String(), Detail: a.format + " to " + to}); err != nil {
		return nil, nil, err
	}
	files, err := segment.List(s.Audit.File, s.Audit.Archive)
	return files, patience(s), err
}

// copied are the files of a trail that is named on the command line: with its segments beside it, or one segment alone.
func copied(path string) ([]segment.File, map[string]time.Duration, error) {
	if strings.HasSuffix(path, ".gz") {
		return []segment.File{{Path: path, Compressed: true}}, nil, nil
	}
	files, err := segment.List(path, "")
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("%s: no such trail", path)
	}
	return files, nil, err
}

// patience is what the settings say of each client's NAS.
func patience(s *config.Settings) map[string]time.Duration {
	const unset = time.Minute
	presets := map[string]time.Duration{}
	for _, p := range client.Profiles() {
		presets[p.Name] = p.AnswerWithin
	}
	within := map[string]time.Duration{}
	for _, c := range s.Clients {
		within[c.Name] = cmp.Or(c.AnswerWithin, presets[c.Profile], unset)
	}
	return within
}

// write writes to the new file, or else to out. Half a report is none: its file is removed.
func (a reportAsked) write(out io.Writer, show func(io.Writer) error) error {
	if a.output == "" {
		return show(out)
	}
	file, err := os.OpenFile(filepath.Clean(a.output), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		err = fmt.Errorf("--output: %s is there already, and nothing is overwritten", a.output)
	}
	if err != nil {
		return fmt.Errorf("audit report: %w", err)
	}
	if err := errors.Join(show(file), file.Close()); err != nil {
		return errors.Join(fmt.Errorf("audit report: %w", err), os.Remove(file.Name()))
	}
	return nil
}
