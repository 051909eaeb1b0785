package hashing

import (
	"errors"
	"fmt"
	"os"
	"os/signal"

	"github.com/spf13/cobra"

	"ivalt-radius/auth"
	"ivalt-radius/cmd/ivalt-radius/terminal"
	"ivalt-radius/directory/mschap"
	"ivalt-radius/directory/password"
	"ivalt-radius/secret"
)

// longestPAP is what User-Password carries, in octets (RFC 2865 section 5.2).
const longestPAP = 128

var errImplausible = errors.New("the password is empty, or holds control characters or no UTF-8: no login could send it")

// NewCommand is `hash-password`.
func NewCommand() *cobra.Command {
	var nt bool
	cmd := &cobra.Command{
		Use:   "hash-password",
		Short: "Hash a password for users.file, or for an account of the window",
		Long: "hash-password asks for a password twice, without showing it, or reads one line where standard input is no terminal, and\n" +
			"prints its argon2id hash, for `password` in users.file and `password_hash` in admin.accounts. Nothing else goes to standard output.\n\n" +
			"With --nt it prints the NT hash instead, for `nt_hash` and MS-CHAPv2. Whoever has an NT hash logs in as with the\n" +
			"password: seal it at once, as in: ivalt-radius hash-password --nt | ivalt-radius seal",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			typed, err := read(cmd)
			if err != nil {
				return err
			}
			if nt {
				fmt.Fprintln(cmd.ErrOrStderr(), "warning: an NT hash is as good as the password: seal it (ivalt-radius seal) and keep it nowhere else")
				return printLine(cmd, mschap.HashOf(typed).Digits())
			}
			return printLine(cmd, password.Make(typed).Text())
		},
	}
	cmd.Flags().BoolVar(&nt, "nt", false, "print the NT hash, for MS-CHAPv2, in place of argon2id's")
	return cmd
}

// read asks for the password.
func read(cmd *cobra.Command) (secret.Secret, error) {
	ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt)
	defer stop()
	typed, err := terminal.SecretTwice(ctx, cmd.InOrStdin(), cmd.ErrOrStderr(), "Password: ", "The same again: ")
	if err != nil {
		return secret.Secret{}, fmt.Errorf("reading the password: %w", err)
	}
	if auth.Plausible(typed.Reveal()) != nil {
		return secret.Secret{}, errImplausible
	}
	if typed.Len() > longestPAP {
		fmt.Fprintf(cmd.ErrOrStderr(), "warning: the password has more than %d octets, which is all that a PAP login can carry (RFC 2865 section 5.2)\n", longestPAP)
	}
	return typed, nil
}

func printLine(cmd *cobra.Command, text secret.Secret) error {
	if _, err := fmt.Fprintln(cmd.OutOrStdout(), text.Reveal()); err != nil {
		return fmt.Errorf("printing the hash: %w", err)
	}
	return nil
}
