package main

import (
	"context"
	"fmt"
	"io"
	"os"
	_ "time/tzdata" // named zones in a static binary, on hosts without zoneinfo

	"github.com/spf13/cobra"

	"ivalt-radius/cmd/ivalt-radius/exit"
	"ivalt-radius/cmd/ivalt-radius/initial"
	"ivalt-radius/cmd/ivalt-radius/login"
	"ivalt-radius/cmd/ivalt-radius/simulate"
	"ivalt-radius/cmd/ivalt-radius/trail"
)

// version is set by the linker.
var version = "dev"

// defaultConfig is where the packages put the settings.
const defaultConfig = "/etc/ivalt-radius/config.yaml"

func main() { os.Exit(run(context.Background(), os.Args[1:], os.Stdout, os.Stderr)) }

// run executes one command and returns its exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := newRootCommand()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err != nil && err.Error() != "" {
		_, _ = fmt.Fprintf(stderr, "ivalt-radius: %v\n", err)
	}
	return exit.Code(err)
}

// newRootCommand assembles the commands. Whatever cobra itself refuses is a usage error.
func newRootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "ivalt-radius",
		Short: "RADIUS server that has iVALT ask a person's phone before a VPN lets them in",
		Long: "ivalt-radius answers the RADIUS Access-Requests of VPN gateways: it applies local rules and time windows,\n" +
			"has iVALT push to the person's phone, waits, and answers Access-Accept or Access-Reject.",
		Version: version,
	}
	root.AddCommand(
		newServeCommand(), newCheckCommand(), newExplainCommand(), newClientsCommand(),
		initial.NewCommand(), login.NewCommand(), simulate.NewCommand(), trail.NewCommand(),
	)
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	exit.WithUsage(root)
	return root
}

// configFlag adds the flag that names the settings.
func configFlag(cmd *cobra.Command, path *string) {
	cmd.Flags().StringVarP(path, "config", "c", defaultConfig, "the configuration file")
}
