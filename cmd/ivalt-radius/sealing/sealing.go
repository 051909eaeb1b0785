package sealing

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"

	"github.com/spf13/cobra"

	"ivalt-radius/cmd/ivalt-radius/terminal"
	"ivalt-radius/config/seal"
	"ivalt-radius/config/strength"
	"ivalt-radius/secret"
)

// options are the flags.
type options struct {
	path, recipient  string
	show, passphrase bool
}

// NewCommand is `seal`. defaultConfig is the configuration file beside which the key lies where the command line names no
// other.
func NewCommand(defaultConfig string) *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use:   "seal",
		Short: "Seal a secret for the settings",
		Long: "seal asks for a secret twice, without showing it, or reads one line where standard input is no terminal, and prints it as\n" +
			"sealed:..., which may stand wherever the settings and users.file take a secret. The server opens it with the key in FILE\n" +
			"(secrets.key_file). Where there is no such file seal makes it, for its owner alone; it never overwrites one.\n" +
			"With --recipient it needs no key: whoever has the public half, as --show-recipient prints it, seals on any machine.\n" +
			"--passphrase makes a key file that is itself encrypted, with a passphrase that it asks for; the server opens that with\n" +
			"secrets.passphrase.",
		Args: func(cmd *cobra.Command, args []string) error {
			return errors.Join(cobra.NoArgs(cmd, args), o.apart(cmd.Flags().Changed("key")))
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt)
			defer stop()
			switch {
			case o.show:
				return showRecipient(ctx, cmd, o.path)
			case o.passphrase:
				return makeLocked(ctx, cmd, o.path)
			}
			return sealSecret(ctx, cmd, o)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.path, "key", seal.Beside(defaultConfig), "the file with the key")
	flags.StringVar(&o.recipient, "recipient", "", "seal for this public half of a key, age1..., without a key at hand")
	flags.BoolVar(&o.show, "show-recipient", false, "print the public half of the key, and seal nothing")
	flags.BoolVar(&o.passphrase, "passphrase", false, "make a new key file that is encrypted with a passphrase, and seal nothing")
	return cmd
}

// apart refuses flags that ask for two things at once.
func (o options) apart(keyNamed bool) error {
	switch {
	case o.show && o.passphrase:
		return errors.New("--show-recipient and --passphrase are two things: run seal twice")
	case o.recipient != "" && (keyNamed || o.show || o.passphrase):
		return errors.New("--recipient needs no key: leave --key, --show-recipient and --passphrase out")
	}
	return nil
}

// sealSecret asks for the secret first, so that no key is made for nothing.
func sealSecret(ctx context.Context, cmd *cobra.Command, o options) error {
	var to seal.Recipient
	if o.recipient != "" {
		var err error
		if to, err = seal.ParseRecipient(o.recipient); err != nil {
			return fmt.Errorf("--recipient: %w", err)
		}
	}
	text, err := terminal.SecretTwice(ctx, cmd.InOrStdin(), cmd.ErrOrStderr(), "Secret: ", "The same again: ")
	if err != nil {
		return fmt.Errorf("reading the secret: %w", err)
	}
	if err := seal.Sealable(text); err != nil {
		return err
	}
	if o.recipient == "" {
		key, err := openOrMake(ctx, cmd, o.path)
		if err != nil {
			return err
		}
		to = key.Recipient()
	}
	sealed, err := to.Seal(text)
	if err != nil {
		return err
	}
	return say(cmd.OutOrStdout(), sealed)
}

func openOrMake(ctx context.Context, cmd *cobra.Command, path string) (seal.Key, error) {
	key, err := seal.OpenFile(path, asking(ctx, cmd))
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	if key, err = seal.Create(path, nil); err != nil {
		return seal.Key{}, err
	}
	made(cmd.ErrOrStderr(), path)
	return key, nil
}

func made(w io.Writer, path string) {
	fmt.Fprintf(w, "made the key %s: the server must be able to read it, and nobody else; keep a copy, without it nothing sealed opens again\n", path)
}

// errNoTerminal is for a pipe, which holds the secret and no passphrase.
var errNoTerminal = errors.New("the key is encrypted with a passphrase, which is asked for at a terminal alone: seal with --recipient, which needs no key")

// asking asks for the passphrase of a key file.
func asking(ctx context.Context, cmd *cobra.Command) func() (secret.Secret, error) {
	return func() (secret.Secret, error) {
		if !terminal.Is(cmd.InOrStdin()) {
			return secret.Secret{}, errNoTerminal
		}
		return terminal.Secret(ctx, cmd.InOrStdin(), cmd.ErrOrStderr(), "Passphrase of the key: ")
	}
}

func showRecipient(ctx context.Context, cmd *cobra.Command, path string) error {
	key, err := seal.OpenFile(path, asking(ctx, cmd))
	if err != nil {
		return err
	}
	return say(cmd.OutOrStdout(), key.Recipient().String())
}

// leastPassphrase is how many octets a passphrase should have: whoever has the file may try at leisure.
const leastPassphrase = 16

// makeLocked makes a key file that a passphrase opens, and prints the key's public half.
func makeLocked(ctx context.Context, cmd *cobra.Command, path string) error {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(fmt.Errorf("%s is there already, and no key is overwritten: move it aside, or name another file with --key", path), err)
	}
	passphrase, err := terminal.SecretTwice(ctx, cmd.InOrStdin(), cmd.ErrOrStderr(), "Passphrase: ", "The same again: ")
	if err != nil {
		return fmt.Errorf("reading the passphrase: %w", err)
	}
	if err := seal.Sealable(passphrase); err != nil {
		return fmt.Errorf("the passphrase %w", err)
	}
	if len(strength.Judge(passphrase, leastPassphrase)) > 0 {
		fmt.Fprintln(cmd.ErrOrStderr(), "the passphrase is weak: whoever has a copy of the key file finds it by trying; six words drawn by lot are better")
	}
	key, err := seal.Create(path, &passphrase)
	if err != nil {
		return err
	}
	made(cmd.ErrOrStderr(), path)
	return say(cmd.OutOrStdout(), key.Recipient().String())
}

func say(w io.Writer, text string) error {
	if _, err := fmt.Fprintln(w, text); err != nil {
		return fmt.Errorf("printing: %w", err)
	}
	return nil
}
