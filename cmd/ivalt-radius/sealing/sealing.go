package sealing

import (
	"fmt"
	"os"
	"os/signal"

	"github.com/spf13/cobra"

	"ivalt-radius/cmd/ivalt-radius/terminal"
	"ivalt-radius/config/seal"
)

// NewCommand is `seal`. defaultConfig is the configuration file beside which the key lies where the command line names no
// other.
func NewCommand(defaultConfig string) *cobra.Command {
	var path string
	cmd := &cobra.Command{
		Use:   "seal",
		Short: "Seal a secret for the settings",
		Long: "seal asks for a secret twice, without showing it, or reads one line where standard input is no terminal, and prints it as\n" +
			"sealed:..., which may stand wherever the settings and users.file take a secret. The server opens it with the key in FILE\n" +
			"(secrets.key_file). Where there is no such file seal makes it, for its owner alone; it never overwrites one.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return sealSecret(cmd, path) },
	}
	cmd.Flags().StringVar(&path, "key", seal.Beside(defaultConfig), "the file with the key")
	return cmd
}

// sealSecret asks for the secret first, so that no key is made for nothing.
func sealSecret(cmd *cobra.Command, path string) error {
	ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt)
	defer stop()
	text, err := terminal.SecretTwice(ctx, cmd.InOrStdin(), cmd.ErrOrStderr(), "Secret: ", "The same again: ")
	if err != nil {
		return fmt.Errorf("reading the secret: %w", err)
	}
	if err := seal.Sealable(text); err != nil {
		return err
	}
	key, made, err := seal.OpenOrMake(path)
	if err != nil {
		return err
	}
	if made {
		fmt.Fprintf(cmd.ErrOrStderr(), "made the key %s: the server must be able to read it, and nobody else; keep a copy, without it nothing sealed opens again\n", path)
	}
	sealed, err := key.Seal(text)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(cmd.OutOrStdout(), sealed); err != nil {
		return fmt.Errorf("printing the sealed secret: %w", err)
	}
	return nil
}
