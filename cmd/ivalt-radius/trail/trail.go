package trail

import (
	"github.com/spf13/cobra"
)

// NewCommand is `audit`. defaultConfig is the file of the settings that name the trail where the command line names neither.
func NewCommand(defaultConfig string) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "Read, verify, keep and hand over the audit trail",
	}
	cmd.AddCommand(newVerifyCommand(defaultConfig), newForgetCommand(defaultConfig), newReportCommand(defaultConfig), newTailCommand(defaultConfig), newExportCommand(defaultConfig))
	cmd.AddCommand(newHoldCommand(defaultConfig), newReleaseCommand(defaultConfig), newHoldsCommand(defaultConfig))
	return cmd
}
