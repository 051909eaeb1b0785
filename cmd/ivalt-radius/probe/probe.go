package probe

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"ivalt-radius/cmd/ivalt-radius/count"
	"ivalt-radius/cmd/ivalt-radius/exit"
	"ivalt-radius/ivalt/gateway"
	"ivalt-radius/ivalt/probe"
	"ivalt-radius/secret"
)

// Bounds of --timeout.
const (
	leastPatience = 5 * time.Second
	mostPatience  = 5 * time.Minute
)

var (
	errSetting = errors.New("not a setting of probe")
	errPartly  = errors.New("the walk could not answer all that the settings need")
)

// Load reads the settings of a file as the server would, and gives the way to iVALT.
type Load func(path string) (gateway.Options, error)

// flags are the command's, as written.
type flags struct {
	config, email, out string
	timeout            time.Duration
	waitExpiry, yes    bool
}

// NewCommand is `probe`. defaultConfig is the file of the settings where the command line names none.
func NewCommand(defaultConfig string, load Load) *cobra.Command {
	var f flags
	cmd := &cobra.Command{
		Use:   "probe --config FILE --email E",
		Short: "Walk the live iVALT API once, with one person, and say which settings to set",
		Long: "probe is for the first access to the live iVALT API. It asks the API what no public document tells, with one person who has\n" +
			"agreed and holds the phone: it says what to do, the phone rings about five times, and at most 50 requests leave (68 with\n" +
			"--wait-expiry), 1.5 s apart or more. A server that runs with the same key shares its budget with them.\n\n" +
			"It prints what it found and the settings to set, and writes a record that can be sent to the maintainers: shapes of answers,\n" +
			"without e-mail, mobile, key, name or place. Read it before you send it. See docs/probe.md.\n\n" +
			"Exit code: 0 where the settings are known, 1 where something that they need is not.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return run(cmd, f, load) },
	}
	set := cmd.Flags()
	set.StringVarP(&f.config, "config", "c", defaultConfig, "the configuration file")
	set.StringVar(&f.email, "email", "", "the e-mail under which iVALT knows the person")
	set.StringVar(&f.out, "out", "", "where the record goes, a new file (default: ivalt-probe-DATE.json here)")
	set.DurationVar(&f.timeout, "timeout", time.Minute, "how long each wait for the person may take, 5s to 5m")
	set.BoolVar(&f.waitExpiry, "wait-expiry", false, "leave a push alone until it is too old: 5.5 minutes more")
	set.BoolVar(&f.yes, "yes", false, "ask nothing: the person has agreed, and follows what is printed")
	_ = cmd.MarkFlagRequired("email") // fails only for a flag that is not there
	return cmd
}

func run(cmd *cobra.Command, f flags, load Load) error {
	if err := f.check(); err != nil {
		return exit.UsageError(cmd, err)
	}
	if !f.yes && !isTerminal(cmd.InOrStdin()) {
		return exit.UsageError(cmd, errNoTerminal)
	}
	options, err := load(f.config)
	if err != nil {
		return err
	}
	if f.out == "" {
		f.out = "ivalt-probe-" + time.Now().Format(time.DateOnly) + ".json"
	}
	file, err := os.OpenFile(f.out, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) // before the phone rings for nothing
	if err != nil {
		return fmt.Errorf("--out: %w", err)
	}
	ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	o := probe.Options{Gateway: options, Email: secret.New(f.email), Patience: f.timeout, WaitExpiry: f.waitExpiry}
	if o.Person = (&terminal{in: cmd.InOrStdin(), out: cmd.OutOrStdout()}); f.yes {
		o.Person = yes{out: cmd.OutOrStdout()}
	}
	report := probe.Run(ctx, o)
	stop() // whoever interrupts again means it
	show(cmd.OutOrStdout(), report)
	if err := keep(cmd.OutOrStdout(), file, report); err != nil {
		return err
	}
	return verdict(report)
}

// check judges the flags alone. No error quotes the e-mail.
func (f flags) check() error {
	local, domain, _ := strings.Cut(f.email, "@")
	switch {
	case local == "" || domain == "" || strings.ContainsAny(domain, "@") || strings.ContainsFunc(f.email, func(r rune) bool { return r <= ' ' || r == 0x7f }):
		return fmt.Errorf("%w: --email is no e-mail address", errSetting)
	case f.timeout < leastPatience || f.timeout > mostPatience:
		return fmt.Errorf("%w: --timeout must be %s to %s", errSetting, leastPatience, mostPatience)
	}
	return nil
}

// show prints the findings and the settings.
func show(w io.Writer, r probe.Report) {
	fmt.Fprintf(w, "\nFindings, after %s:\n\n", count.Of(r.Calls, "request"))
	if r.Ended != nil {
		fmt.Fprintf(w, "  The walk ended early: %v\n", r.Ended)
	}
	for _, f := range r.Findings {
		answer := f.Answer
		if answer == "" {
			answer = "not answered: " + f.Why
		}
		fmt.Fprintf(w, "  %s\n      %s\n", f.Question, answer)
		if len(f.Evidence) > 0 {
			fmt.Fprintf(w, "      (%s)\n", strings.Join(f.Evidence, "; "))
		}
	}
	fmt.Fprintf(w, "\nThe settings to set:\n\n%s\n", r.Settings.YAML())
}

// keep writes the record, and takes the file away where there is nothing to record.
func keep(w io.Writer, file *os.File, r probe.Report) error {
	written, err := r.JSON()
	if err == nil && r.Calls > 0 {
		_, err = file.Write(written)
	}
	err = errors.Join(err, file.Close())
	switch {
	case err != nil || r.Calls == 0:
		err = errors.Join(err, os.Remove(file.Name()))
	default:
		fmt.Fprintf(w, "The record is in %s. It holds no e-mail, mobile, key, name or place, and can be sent to the maintainers; read it first.\n", file.Name())
	}
	if err != nil {
		return fmt.Errorf("the record: %w", err)
	}
	return nil
}

// verdict is how the command ends. A walk that ended early may have found what the settings need.
func verdict(r probe.Report) error {
	switch {
	case r.Settings.Complete():
		return nil
	case r.Ended != nil:
		return fmt.Errorf("the walk ended early: %w", r.Ended)
	}
	return errPartly
}
