package clienting

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"time"

	"github.com/spf13/cobra"

	"ivalt-radius/admin/view"
	"ivalt-radius/cmd/ivalt-radius/configured"
	"ivalt-radius/cmd/ivalt-radius/control"
	"ivalt-radius/cmd/ivalt-radius/exit"
	"ivalt-radius/cmd/ivalt-radius/output"
	"ivalt-radius/cmd/ivalt-radius/secretage"
	"ivalt-radius/cmd/ivalt-radius/trail"
	"ivalt-radius/config"
)

// asked is what the command line says.
type asked struct {
	config, client, address, reason string
	json, force                     bool
}

// NewCommand is `clients`. defaultConfig is the file of the settings where the command line names none.
func NewCommand(defaultConfig string) *cobra.Command {
	cmd := newListCommand(defaultConfig)
	cmd.Use = "clients --config FILE"
	cmd.Long = "clients shows, for each RADIUS client and address: when it was last seen; whether it sends Message-Authenticator and must (observe,\n" +
		"ready, enforced); how often its NAS asks again, when that gives up, and how many approvals come too late for it; the age of the\n" +
		"secrets; and the addresses that ask and that no client has. A running server is asked; without one it is what the last one left."
	cmd.AddCommand(newListCommand(defaultConfig), newEnforceCommand(defaultConfig), newForgetCommand(defaultConfig))
	return cmd
}

func newListCommand(defaultConfig string) *cobra.Command {
	var a asked
	cmd := &cobra.Command{
		Use:   "list --config FILE",
		Short: "List the clients and their addresses: who sends Message-Authenticator, how long each NAS waits",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o, err := a.look(cmd.Context())
			if err != nil {
				return err
			}
			if a.json {
				return output.JSON(cmd.OutOrStdout(), o)
			}
			printText(cmd.OutOrStdout(), o)
			return nil
		},
	}
	a.flags(cmd, defaultConfig)
	cmd.Flags().BoolVar(&a.json, "json", false, "print JSON")
	return cmd
}

func newEnforceCommand(defaultConfig string) *cobra.Command {
	var a asked
	cmd := &cobra.Command{
		Use:   "enforce --config FILE --client NAME [--address A] --reason R",
		Short: "Have an address, or all of a client, send Message-Authenticator from now on",
		Long: "enforce drops what comes without Message-Authenticator from now on, over restarts, whatever message_authenticator allows; without\n" +
			"--address from every address of the client. It refuses where the latest requests were not all signed, and says what was seen.\n" +
			"clients forget lifts it.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.order(cmd, enforcePath, desk.enforce) },
	}
	a.flags(cmd, defaultConfig)
	cmd.Flags().StringVar(&a.address, "address", "", "the NAS's IP address; without it: every address of the client")
	cmd.Flags().StringVar(&a.reason, "reason", "", "why, in a few words; it stands in the trail")
	cmd.Flags().BoolVar(&a.force, "force", false, "even where requests without it were seen of late, or none at all")
	_ = cmd.MarkFlagRequired("client")
	_ = cmd.MarkFlagRequired("reason")
	return cmd
}

func newForgetCommand(defaultConfig string) *cobra.Command {
	var a asked
	cmd := &cobra.Command{
		Use:   "forget --config FILE --client NAME [--address A]",
		Short: "Forget that an address sends Message-Authenticator, after its NAS was replaced by one that does not",
		Long: "forget lets an address ask without Message-Authenticator again, whether that was learned or enforced by hand. Without --address it\n" +
			"lifts what was enforced of the client as a whole, and leaves its addresses as they are.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.order(cmd, forgetPath, desk.forget) },
	}
	a.flags(cmd, defaultConfig)
	cmd.Flags().StringVar(&a.address, "address", "", "the NAS's IP address, as the refusal logs it; without it: the client as a whole")
	_ = cmd.MarkFlagRequired("client")
	return cmd
}

func (a *asked) flags(cmd *cobra.Command, defaultConfig string) {
	cmd.Flags().StringVarP(&a.config, "config", "c", defaultConfig, "the configuration file")
	cmd.Flags().StringVar(&a.client, "client", "", "the client's name in the settings")
}

// look asks the running server, else looks at the files.
func (a *asked) look(ctx context.Context) (view.Clients, error) {
	s, err := configured.Settings(a.config)
	if err != nil {
		return view.Clients{}, err
	}
	var o view.Clients
	err = control.Call(ctx, s.State.Directory, listPath, struct{}{}, &o)
	if errors.Is(err, control.ErrNotRunning) {
		err = onFiles(s, func(m *Memory) error { o = a.read(s, m); return nil })
	}
	if err != nil || a.client == "" {
		return o, err
	}
	for i := range o.Clients {
		if o.Clients[i].Name == a.client {
			o.Clients, o.Strangers = o.Clients[i:i+1], nil
			return o, nil
		}
	}
	return o, fmt.Errorf("no client is called %q: see ivalt-radius clients", a.client)
}

// read makes the overview of what the files say. The ages need the secrets, which not everybody may read.
func (a *asked) read(s *config.Settings, m *Memory) view.Clients {
	f := facts{settings: s, memory: m}
	if whole, _ := config.Load(a.config, config.Options{Environ: os.Environ()}); whole != nil {
		f.secrets, _ = secretage.List(whole, time.Now())
	}
	return f.overview()
}

// order has something done by the running server, else on the files.
func (a *asked) order(cmd *cobra.Command, path string, do func(desk, context.Context, string, Order) (Outcome, error)) error {
	o := Order{Client: a.client, Reason: a.reason, Force: a.force}
	if cmd.Flags().Changed("address") {
		ip, err := netip.ParseAddr(a.address)
		if err != nil {
			return exit.UsageError(cmd, fmt.Errorf("--address: %q is no IP address", a.address))
		}
		o.Address = ip.Unmap().WithZone("")
	}
	s, err := configured.Settings(a.config)
	if err != nil {
		return err
	}
	var out Outcome
	err = control.Call(cmd.Context(), s.State.Directory, path, o, &out)
	if errors.Is(err, control.ErrNotRunning) {
		err = onFiles(s, func(m *Memory) error {
			file, err := trail.Open(s)
			if err != nil {
				return err
			}
			out, err = do(desk{s, m, file}, cmd.Context(), control.ActorName(os.Getuid(), os.Getpid()), o)
			return errors.Join(err, file.Close())
		})
	}
	if err != nil {
		return err
	}
	for _, line := range out.Said {
		_, _ = fmt.Fprintln(cmd.OutOrStdout(), line)
	}
	return nil
}

// onFiles works on the state itself, while no server runs. Its lock keeps one from starting meanwhile.
func onFiles(s *config.Settings, do func(*Memory) error) error {
	store, err := configured.Store(s.State.Directory)
	if err != nil {
		return fmt.Errorf("state.directory: %w", err)
	}
	memory, err := Open(store)
	if err == nil {
		err = errors.Join(do(memory), memory.Close())
	}
	return errors.Join(err, store.Close())
}
