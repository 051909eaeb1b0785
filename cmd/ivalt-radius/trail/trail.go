package trail

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"ivalt-radius/audit/chain"
	"ivalt-radius/cmd/ivalt-radius/count"
	"ivalt-radius/config"
)

// NewCommand is `audit`. defaultConfig is the file of the settings that name the trail where the command line names neither.
func NewCommand(defaultConfig string) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "Reads the audit trail",
	}
	cmd.AddCommand(newVerifyCommand(defaultConfig))
	cmd.AddCommand(newHoldCommand(defaultConfig), newReleaseCommand(defaultConfig), newHoldsCommand(defaultConfig))
	return cmd
}

func newVerifyCommand(defaultConfig string) *cobra.Command {
	var configPath string
	cmd := &cobra.Command{
		Use:   "verify [--config FILE | TRAIL]",
		Short: "Names every changed, moved or inserted line of an audit trail, and any removed but the last ones",
		Long: "verify reads an audit trail to its end and names every line that was changed, moved or put in, any that was removed\n" +
			"but the last ones, and a torn last line: 20 findings at most, and how many more there are. Lines cut off the end leave a\n" +
			"sound trail. So it prints the last hash of one: kept elsewhere, it shows later that nothing was cut off.\n" +
			"Without TRAIL it reads the one that the settings name.",
		Args: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("config") {
				return cobra.NoArgs(cmd, args)
			}
			return cobra.MaximumNArgs(1)(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				return verifyTrail(cmd.OutOrStdout(), args[0])
			}
			settings, faults := config.LoadWithoutSecrets(configPath, config.Options{Environ: os.Environ()})
			if settings == nil {
				return faults.Err()
			}
			return verifyTrail(cmd.OutOrStdout(), settings.Audit.File)
		},
	}
	cmd.Flags().StringVarP(&configPath, "config", "c", defaultConfig, "the configuration file, whose trail is read")
	return cmd
}

// mostShown bounds the findings that are printed: a file that is no trail has one on every line.
const mostShown = 20

// verifyTrail prints what is wrong with a trail, or that nothing is. Anything wrong is an error.
func verifyTrail(out io.Writer, path string) (err error) {
	file, err := os.Open(filepath.Clean(path))
	if err != nil {
		return fmt.Errorf("audit verify: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	result, err := chain.Verify(file)
	if err != nil {
		return fmt.Errorf("audit verify %s: %w", path, err)
	}
	if result.Lines == 0 {
		_, err = fmt.Fprintf(out, "%s: empty, no records\n", path)
		return err
	}
	if result.Before.Seq > 0 {
		_, err = fmt.Fprintf(out, "%s: goes on from a file that was taken away, whose last record was %d, hash %s\n", path, result.Before.Seq, result.Before.Hash)
		if err != nil {
			return err
		}
	}
	if result.Sound() {
		_, err = fmt.Fprintf(out, "%s: sound, %s, last hash %s\n", path, count.Of(result.Lines, "record"), result.LastHash)
		return err
	}
	findings := len(result.Findings) + result.Omitted
	for _, f := range result.Findings[:min(len(result.Findings), mostShown)] {
		if _, err := fmt.Fprintf(out, "%s: %s\n", path, f); err != nil {
			return err
		}
	}
	if findings > mostShown {
		_, _ = fmt.Fprintf(out, "%s: and %d more\n", path, findings-mostShown)
	}
	return fmt.Errorf("audit verify %s: not sound: %s in %s", path, count.Of(findings, "finding"), count.Of(result.Lines, "line"))
}
