package compliance

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"ivalt-radius/audit"
	"ivalt-radius/audit/compliance"
	"ivalt-radius/audit/segment"
	"ivalt-radius/cmd/ivalt-radius/count"
	"ivalt-radius/cmd/ivalt-radius/exit"
	"ivalt-radius/cmd/ivalt-radius/output"
	"ivalt-radius/cmd/ivalt-radius/trail"
	"ivalt-radius/config"
	"ivalt-radius/fault"
)

const (
	defaultDays = 90
	mostDays    = 3650
	oneDay      = 24 * time.Hour
)

// request is what the command line asks for.
type request struct {
	config, framework, format, output string
	days                              int
	strict                            bool
}

// NewCommand is `compliance`. defaultConfig is the configuration file where the command line names none; version is the program's.
func NewCommand(defaultConfig, version string) *cobra.Command {
	return newCommand(defaultConfig, gatherer{version: version, now: time.Now, verify: verified, inventory: secretsOf})
}

func newCommand(defaultConfig string, g gatherer) *cobra.Command {
	var r request
	cmd := &cobra.Command{
		Use:   "compliance --config FILE --framework NAME",
		Short: "Show what a program can see of a framework's controls on this node, as evidence",
		Long: "compliance looks at settings, files, trail and server, and says for each control of a framework what it checked, what it saw, and\n" +
			"whether that passed. It is evidence for an auditor, and no certificate. The trail records that it was read.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return r.run(cmd, g) },
	}
	cmd.Flags().StringVarP(&r.config, "config", "c", defaultConfig, "the configuration file")
	cmd.Flags().StringVar(&r.framework, "framework", "", "one of "+strings.Join(frameworks(), ", "))
	cmd.Flags().StringVar(&r.format, "format", "text", "text, json, or html: one page that loads nothing")
	cmd.Flags().StringVarP(&r.output, "output", "o", "", "a new file to write to, mode 0600 (default: standard output)")
	cmd.Flags().IntVar(&r.days, "days", defaultDays, "the days before now whose records are looked at; the chain is verified as a whole")
	cmd.Flags().BoolVar(&r.strict, "strict", false, "exit with 1 unless all controls that apply and are checked have passed")
	if err := cmd.MarkFlagRequired("framework"); err != nil {
		panic(err) // the flag stands above
	}
	return cmd
}

func frameworks() []string {
	var all []string
	for _, f := range compliance.Frameworks() {
		all = append(all, f.Name)
	}
	return all
}

// writers are the formats.
func writers() map[string]func(io.Writer, compliance.Report) error {
	return map[string]func(io.Writer, compliance.Report) error{"text": writeText, "json": writeJSON, "html": writePage}
}

func writeJSON(w io.Writer, r compliance.Report) error { return output.JSON(w, r) }

func (r request) run(cmd *cobra.Command, g gatherer) error {
	framework, ok := compliance.Find(r.framework)
	if !ok {
		return exit.UsageError(cmd, fmt.Errorf("--framework: %q is none of %s", r.framework, strings.Join(frameworks(), ", ")))
	}
	write, ok := writers()[r.format]
	if !ok {
		return exit.UsageError(cmd, fmt.Errorf("--format: %q is none of text, json, html", r.format))
	}
	if r.days < 1 || r.days > mostDays {
		return exit.UsageError(cmd, fmt.Errorf("--days: must be between 1 and %d", mostDays))
	}
	var score compliance.Score
	err := output.Write(r.output, cmd.OutOrStdout(), func(out io.Writer) error {
		report, err := r.report(cmd.Context(), framework, g)
		if err != nil {
			return err
		}
		score = report.Score
		return write(out, report)
	})
	if err != nil {
		return fmt.Errorf("compliance: %w", err)
	}
	if r.strict && !score.Clean() {
		return fmt.Errorf("compliance: %s failed, %d unknown", count.Of(score.Failed, "control"), score.Unknown)
	}
	return nil
}

// report looks at everything. The trail records it before.
func (r request) report(ctx context.Context, framework compliance.Framework, g gatherer) (compliance.Report, error) {
	opened := &names{}
	in, err := load(r.config, opened)
	if err != nil {
		return compliance.Report{}, err
	}
	files, err := segment.List(in.settings.Audit.File, in.settings.Audit.Archive)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return compliance.Report{}, err
	}
	if len(files) > 0 {
		access := audit.Access{Action: "compliance", Filter: "--framework " + r.framework + " --days " + strconv.Itoa(r.days)}
		if r.output != "" {
			access.Detail = "to the file " + filepath.Base(r.output)
		}
		if err := trail.Record(ctx, in.settings, access); err != nil {
			return compliance.Report{}, err
		}
	}
	facts, err := g.gather(ctx, in, files, time.Duration(r.days)*oneDay)
	return compliance.Judge(framework, facts), err
}

// loaded are the settings of a look.
type loaded struct {
	path     string
	settings *config.Settings
	whole    bool // all secrets are in the settings
	secrets  []string
}

// load reads the settings, without the secrets where these cannot be read.
func load(path string, opened *names) (loaded, error) {
	if absolute, err := filepath.Abs(path); err == nil {
		path = absolute // as the evidence should have it
	}
	opt := config.Options{Environ: os.Environ(), Open: opened.open}
	settings, _ := config.Load(path, opt)
	whole := settings != nil
	if !whole {
		var faults fault.List
		if settings, faults = config.LoadWithoutSecrets(path, opt); settings == nil {
			return loaded{}, faults.Err()
		}
	}
	in := loaded{path: path, settings: settings, whole: whole}
	for _, name := range opened.all {
		if name != path && name != settings.Users.File && !slices.Contains(in.secrets, name) {
			in.secrets = append(in.secrets, name)
		}
	}
	return in, nil
}
