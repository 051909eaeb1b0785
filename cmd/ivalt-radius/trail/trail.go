package trail

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"ivalt-radius/audit"
	"ivalt-radius/config"
)

// NewCommand is `audit`.
func NewCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "Reads the audit trail",
	}
	cmd.AddCommand(newVerifyCommand())
	return cmd
}

func newVerifyCommand() *cobra.Command {
	var configPath string
	cmd := &cobra.Command{
		Use:   "verify (--config FILE | TRAIL)",
		Short: "Names every changed, removed, moved or inserted line of an audit trail",
		Long: "verify reads an audit trail to its end and names every line that was changed, removed, put in or moved, and a\n" +
			"torn last line. Of a sound trail it prints the last hash: kept elsewhere, it shows later that no line was cut off.",
		Args: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("config") {
				return cobra.NoArgs(cmd, args)
			}
			return cobra.ExactArgs(1)(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				return verifyTrail(cmd.OutOrStdout(), args[0])
			}
			settings, faults := config.Load(configPath, config.Options{Environ: os.Environ()})
			if settings == nil {
				return faults.Err()
			}
			return verifyTrail(cmd.OutOrStdout(), settings.Audit.File)
		},
	}
	cmd.Flags().StringVar(&configPath, "config", "", "settings that name the trail")
	return cmd
}

// verifyTrail prints what is wrong with a trail, or that nothing is. Anything wrong is an error.
func verifyTrail(out io.Writer, path string) (err error) {
	file, err := os.Open(filepath.Clean(path))
	if err != nil {
		return fmt.Errorf("audit verify: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	result, err := audit.Verify(file)
	if err != nil {
		return fmt.Errorf("audit verify %s: %w", path, err)
	}
	if result.Lines == 0 {
		_, err = fmt.Fprintf(out, "%s: empty, no records\n", path)
		return err
	}
	if result.Sound() {
		_, err = fmt.Fprintf(out, "%s: sound, %d records, last hash %s\n", path, result.Lines, result.LastHash)
		return err
	}
	for _, f := range result.Findings {
		if _, err := fmt.Fprintf(out, "%s: %s\n", path, f); err != nil {
			return err
		}
	}
	if result.Omitted > 0 {
		fmt.Fprintf(out, "%s: and %d more\n", path, result.Omitted)
	}
	return fmt.Errorf("audit verify %s: not sound: %d findings in %d lines", path, len(result.Findings)+result.Omitted, result.Lines)
}
