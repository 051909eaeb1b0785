package main

import (
	"context"
	"fmt"
	"io"
	"os"
	_ "time/tzdata" // named zones in a static binary, on hosts without zoneinfo

	"github.com/spf13/cobra"
)

// version is set by the linker.
var version = "dev" //nolint:gochecknoglobals // -ldflags -X needs a package variable

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
	return exitCode(err)
}

// newRootCommand assembles the commands. Whatever cobra itself refuses is a usage error.
func newRootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "ivalt-radius",
		Short: "RADIUS server that has iVALT ask a person's phone before a VPN lets them in",
		Long: "ivalt-radius answers the RADIUS Access-Requests of VPN gateways: it applies local rules and time windows,\n" +
			"has iVALT push to the person's phone, waits, and answers Access-Accept or Access-Reject.",
		Version:       version,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return usageError(cmd, fmt.Errorf("a command is needed: see ivalt-radius --help"))
		},
	}
	root.AddCommand(
		newServeCommand(), newCheckCommand(), newInitCommand(), newLoginCommand(), newExplainCommand(),
		newSimulateCommand(), newAuditCommand(trailOf), newClientsCommand(), newReferenceCommand(),
	)
	asUsageErrors(root)
	return root
}

// asUsageErrors makes cobra's own refusals (flags, arguments, unknown commands) exit with 64.
func asUsageErrors(cmd *cobra.Command) {
	cmd.SetFlagErrorFunc(usageError)
	args := cmd.Args
	cmd.Args = func(c *cobra.Command, a []string) error {
		check := args
		if check == nil {
			check = cobra.NoArgs
		}
		if err := check(c, a); err != nil {
			return usageError(c, err)
		}
		if err := c.ValidateRequiredFlags(); err != nil {
			return usageError(c, err)
		}
		return nil
	}
	for _, sub := range cmd.Commands() {
		if sub.RunE == nil {
			sub.RunE = func(c *cobra.Command, _ []string) error {
				return usageError(c, fmt.Errorf("%s needs a command of its own: see %s --help", c.Name(), c.CommandPath()))
			}
		}
		asUsageErrors(sub)
	}
}

// usageError marks an error as the caller's: exit code 64.
func usageError(cmd *cobra.Command, err error) error {
	return exitError{code: exitUsage, err: fmt.Errorf("%w (usage: %s)", err, cmd.UseLine())}
}
