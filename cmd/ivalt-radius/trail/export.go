package trail

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"ivalt-radius/audit/format"
	"ivalt-radius/audit/mask"
	"ivalt-radius/audit/query"
	"ivalt-radius/cmd/ivalt-radius/count"
	"ivalt-radius/cmd/ivalt-radius/exit"
	"ivalt-radius/cmd/ivalt-radius/output"
	"ivalt-radius/cmd/ivalt-radius/terminal"
	"ivalt-radius/config/seal"
)

// export is what `audit export` was asked for.
type export struct {
	config     string
	filter     filterFlags
	format     string
	mask       bool
	output     string
	recipients []string
}

// formats are the words of --format.
func formats() []string { return []string{"json", "ecs", "cef", "csv"} }

func newExportCommand(defaultConfig string) *cobra.Command {
	var e export
	cmd := &cobra.Command{
		Use:   "export [--config FILE] [TRAIL]",
		Short: "Write records of the audit trail for other programs, masked and encrypted where asked",
		Long: "export writes the records of an audit trail that the filters want: as the trail's own lines (json), for Elasticsearch (ecs), for\n" +
			"ArcSight and its like (cef), or as a table (csv).\n" +
			"--mask replaces names, addresses and mobiles by pseudonyms, under which one person can be followed, and leaves hashes out. The key of the\n" +
			"pseudonyms is pseudonym.key in state.directory, made where there is none.\n" +
			"--encrypt-to encrypts for a recipient of age's (age1...), or for those that a file names, one on each line: read it with age --decrypt.\n" +
			"TRAIL is a copy of a trail, or a segment of one; without it the trail of the settings is read, and that it was read is recorded in\n" +
			"it first.",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, stop := signal.NotifyContext(cmd.Context(), syscall.SIGINT, syscall.SIGTERM)
			defer stop()
			return e.run(ctx, cmd, args)
		},
	}
	flags := cmd.Flags()
	flags.StringVarP(&e.config, "config", "c", defaultConfig, "the configuration file, whose trail is read")
	e.filter.add(cmd)
	flags.StringVar(&e.format, "format", "json", "json, ecs, cef or csv")
	flags.BoolVar(&e.mask, "mask", false, "pseudonyms in the place of names, addresses and mobiles")
	flags.StringVarP(&e.output, "output", "o", "", outputHelp)
	flags.StringArrayVar(&e.recipients, "encrypt-to", nil, "a recipient of age's, or a file of them; may be given several times")
	return cmd
}

func (e *export) run(ctx context.Context, cmd *cobra.Command, args []string) error {
	wanted, err := e.filter.filter(time.Now())
	if err = errors.Join(err, OneOf("--format", e.format, formats())); err != nil {
		return exit.UsageError(cmd, err)
	}
	form, err := format.New(e.format, cmd.Root().Version)
	if err != nil {
		return err
	}
	from, err := open(cmd, e.config, args)
	if err != nil {
		return err
	}
	if e.recipients, err = seal.Recipients(e.recipients); err != nil {
		return fmt.Errorf("--encrypt-to: %w", err)
	}
	if err := e.refuse(cmd.OutOrStdout()); err != nil {
		return err
	}
	masked, err := e.masking(from)
	if err != nil {
		return err
	}
	if err := from.record(ctx, "export", wanted, e.whereTo()); err != nil {
		return err
	}
	return e.write(ctx, cmd, from.trail, wanted, &sheet{form: form, masked: masked})
}

// refuse names what cannot be written to, before anything is recorded.
func (e *export) refuse(out io.Writer) error {
	if e.output == "" && len(e.recipients) > 0 && terminal.Is(out) {
		return errors.New("what is encrypted is no text for a terminal: name a file with --output")
	}
	return output.Free(e.output)
}

// masking is what is done to each record.
func (e *export) masking(from source) (func(*query.Record) *query.Record, error) {
	if !e.mask {
		return func(r *query.Record) *query.Record { return r }, nil
	}
	if from.settings == nil {
		return nil, errors.New("--mask needs the settings, since the key of the pseudonyms lies in state.directory: name them with --config")
	}
	p, err := mask.Open(from.settings.State.Directory)
	if err != nil {
		return nil, fmt.Errorf("--mask: %w", err)
	}
	return p.Record, nil
}

// whereTo says it for the record of the reading.
func (e *export) whereTo() string {
	text := e.format + " to standard output"
	if e.output != "" {
		text = e.format + " to the file " + e.output
	}
	if e.mask {
		text += ", masked"
	}
	if n := len(e.recipients); n > 0 {
		text += ", encrypted to " + count.Of(n, "recipient")
	}
	return text
}

// write writes the records to standard output, or to a new file, which is whole and on the disk, or gone again.
func (e *export) write(ctx context.Context, cmd *cobra.Command, trail query.Trail, wanted query.Filter, s *sheet) error {
	unreadable := 0
	err := output.Write(e.output, cmd.OutOrStdout(), func(out io.Writer) (err error) {
		unreadable, err = e.stream(ctx, out, trail, wanted, s)
		return err
	})
	warnUnreadable(cmd.ErrOrStderr(), unreadable)
	if err = quiet(err); err != nil {
		return fmt.Errorf("audit export: %w", err)
	}
	if e.output != "" {
		_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: %s\n", e.output, count.Of(s.lines, "record"))
	}
	return err
}

// stream writes the records, encrypted where there are recipients.
func (e *export) stream(ctx context.Context, out io.Writer, trail query.Trail, wanted query.Filter, s *sheet) (unreadable int, err error) {
	finish := func() error { return nil }
	if len(e.recipients) > 0 {
		sealed, err := seal.EncryptTo(out, e.recipients)
		if err != nil {
			return 0, err
		}
		out, finish = sealed, sealed.Close
	}
	s.out = bufio.NewWriter(out)
	if header := s.form.Header(); len(header) > 0 {
		if _, err := s.out.Write(header); err != nil {
			return 0, err
		}
		if header[len(header)-1] != '\n' {
			_ = s.out.WriteByte('\n') // Flush tells of it
		}
	}
	unreadable, err = trail.Read(ctx, wanted, s.add)
	if err != nil {
		return unreadable, err
	}
	return unreadable, errors.Join(s.out.Flush(), finish())
}

// sheet is what an export is written on.
type sheet struct {
	out    *bufio.Writer
	form   format.Format
	masked func(*query.Record) *query.Record
	lines  int
}

func (s *sheet) add(r *query.Record) error {
	s.lines++
	_, err := s.out.Write(append(s.form.Append(s.out.AvailableBuffer(), s.masked(r)), '\n'))
	return err
}
