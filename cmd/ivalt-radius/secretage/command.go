package secretage

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"ivalt-radius/cmd/ivalt-radius/exit"
	"ivalt-radius/cmd/ivalt-radius/output"
	"ivalt-radius/config"
	"ivalt-radius/config/inventory"
)

// NewCommand is `secrets`. defaultConfig is the file of the settings where the command line names none.
func NewCommand(defaultConfig string) *cobra.Command {
	var path, format string
	cmd := &cobra.Command{
		Use:   "secrets --config FILE",
		Short: "List the secrets of the settings: how each is given, how old it is, and what is wrong with it",
		Long: "secrets lists every secret of the settings: its key, how it is given, how many days ago a server has first seen it, and\n" +
			"whether it is well-known, weak, short, reused in another place, or old (more than 365 days). It never shows one. It needs to\n" +
			"read them as the server does, so run it as the server's user. A running server is not asked.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if format != "text" && format != "json" {
				return exit.UsageError(cmd, fmt.Errorf("--format: %q is neither text nor json", format))
			}
			s, faults := config.Load(path, config.Options{Environ: os.Environ()})
			if s == nil {
				return faults.Err()
			}
			entries, err := List(s, time.Now())
			if err != nil {
				return err
			}
			if format == "json" {
				return output.JSON(cmd.OutOrStdout(), entries)
			}
			return printText(cmd.OutOrStdout(), entries)
		},
	}
	cmd.Flags().StringVarP(&path, "config", "c", defaultConfig, "the configuration file")
	cmd.Flags().StringVar(&format, "format", "text", "text or json")
	return cmd
}

func printText(w io.Writer, entries []inventory.Entry) error {
	table := output.Table(w)
	_, _ = fmt.Fprintln(table, "KEY\tGIVEN\tFIRST SEEN\tAGE\tJUDGEMENT")
	for _, e := range entries {
		first := ""
		if e.FirstSeen != nil {
			first = e.FirstSeen.UTC().Format(time.DateOnly)
		}
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", e.Key, e.Given, first, e.Age(), e)
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("printing the list: %w", err)
	}
	return nil
}
