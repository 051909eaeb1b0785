package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	_ "time/tzdata" // named zones in a static binary, on hosts without zoneinfo

	"github.com/spf13/cobra"

	"ivalt-radius/cmd/ivalt-radius/backup"
	"ivalt-radius/cmd/ivalt-radius/clienting"
	"ivalt-radius/cmd/ivalt-radius/compliance"
	"ivalt-radius/cmd/ivalt-radius/configured"
	"ivalt-radius/cmd/ivalt-radius/defence"
	"ivalt-radius/cmd/ivalt-radius/disconnecting"
	"ivalt-radius/cmd/ivalt-radius/doctoring"
	"ivalt-radius/cmd/ivalt-radius/exit"
	"ivalt-radius/cmd/ivalt-radius/explaining"
	"ivalt-radius/cmd/ivalt-radius/firewalling"
	"ivalt-radius/cmd/ivalt-radius/hashing"
	"ivalt-radius/cmd/ivalt-radius/healthing"
	"ivalt-radius/cmd/ivalt-radius/inforce"
	"ivalt-radius/cmd/ivalt-radius/initial"
	"ivalt-radius/cmd/ivalt-radius/login"
	"ivalt-radius/cmd/ivalt-radius/logins"
	"ivalt-radius/cmd/ivalt-radius/noticing"
	"ivalt-radius/cmd/ivalt-radius/people"
	"ivalt-radius/cmd/ivalt-radius/probe"
	"ivalt-radius/cmd/ivalt-radius/sealing"
	"ivalt-radius/cmd/ivalt-radius/secretage"
	"ivalt-radius/cmd/ivalt-radius/sessioning"
	"ivalt-radius/cmd/ivalt-radius/sharing"
	"ivalt-radius/cmd/ivalt-radius/simulate"
	"ivalt-radius/cmd/ivalt-radius/tokens"
	"ivalt-radius/cmd/ivalt-radius/top"
	"ivalt-radius/cmd/ivalt-radius/trail"
	"ivalt-radius/cmd/ivalt-radius/upgrading"
)

// version is set by the linker.
var version = "dev"

// defaultConfig is where the packages put the settings.
const defaultConfig = "/etc/ivalt-radius/config.yaml"

// unitCredentials is where systemd keeps the credentials of the packages' unit while that runs, readable by root.
const unitCredentials = "/run/credentials/ivalt-radius.service"

func main() {
	configured.Credentials(unitCredentials)
	os.Exit(run(context.Background(), newRootCommand(), os.Args[1:], os.Stdout, os.Stderr))
}

// run executes one command of root and returns its exit code.
func run(ctx context.Context, root *cobra.Command, args []string, stdout, stderr io.Writer) int {
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err != nil && err.Error() != "" {
		for line := range strings.SplitSeq(err.Error(), "\n") {
			_, _ = fmt.Fprintf(stderr, "ivalt-radius: %s\n", line)
		}
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
		newServeCommand(), newCheckCommand(), explaining.NewCommand(defaultConfig, explained), clienting.NewCommand(defaultConfig),
		initial.NewCommand(), login.NewCommand(), probe.NewCommand(defaultConfig, wayToIVALT), simulate.NewCommand(), trail.NewCommand(defaultConfig),
		hashing.NewCommand(), sealing.NewCommand(defaultConfig), secretage.NewCommand(defaultConfig), compliance.NewCommand(defaultConfig, version),
		backup.NewCommand(defaultConfig), backup.NewRestoreCommand(), disconnecting.NewCommand(defaultConfig),
		noticing.NewCommand(defaultConfig), sharing.NewCommand(defaultConfig), inforce.NewCommand(defaultConfig), top.NewCommand(defaultConfig), upgrading.NewCommand(defaultConfig), tokens.NewCommand(time.Now),
		doctoring.NewCommand(defaultConfig, version, lookedOver), firewalling.NewCommand(defaultConfig),
	)
	root.AddCommand(defence.NewCommands(defaultConfig)...)
	root.AddCommand(logins.NewCommand(defaultConfig), people.NewCommand(defaultConfig), sessioning.NewCommand(defaultConfig), healthing.NewCommand(defaultConfig))
	root.SetHelpCommand(newHelpCommand())
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	exit.WithUsage(root)
	return root
}

// newHelpCommand takes the place of cobra's, to which a command that does not exist is no error.
func newHelpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "help [command]",
		Short: "Help about any command",
		Args:  cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			about, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return exit.UsageError(cmd, fmt.Errorf("there is no command %q%s", strings.Join(args, " "), exit.Suggestion(about, rest)))
			}
			return about.Help()
		},
	}
}

// configFlag adds the flag that names the settings.
func configFlag(cmd *cobra.Command, path *string) {
	cmd.Flags().StringVarP(path, "config", "c", defaultConfig, "the configuration file")
}
