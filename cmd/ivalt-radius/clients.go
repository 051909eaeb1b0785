package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"ivalt-radius/audit"
	"ivalt-radius/cmd/ivalt-radius/backup"
	"ivalt-radius/cmd/ivalt-radius/configured"
	"ivalt-radius/cmd/ivalt-radius/control"
	"ivalt-radius/cmd/ivalt-radius/disconnecting"
	"ivalt-radius/cmd/ivalt-radius/exit"
	"ivalt-radius/cmd/ivalt-radius/trail"
	"ivalt-radius/config"
	"ivalt-radius/radius"
	"ivalt-radius/state"
)

// address is one client's address that must send Message-Authenticator.
type address struct {
	Client  string     `json:"client"`
	Address netip.Addr `json:"address"`
}

func newClientsCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "clients", Short: "Show and change what is known of the RADIUS clients"}
	cmd.AddCommand(newClientsListCommand(), newClientsForgetCommand())
	return cmd
}

func newClientsListCommand() *cobra.Command {
	var path string
	cmd := &cobra.Command{
		Use:   "list --config FILE",
		Short: "List the clients, and the addresses that have shown that they send Message-Authenticator",
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := configured.Settings(path)
			if err != nil {
				return err
			}
			var learned []address
			err = control.Call(cmd.Context(), s.State.Directory, "/clients", struct{}{}, &learned)
			if errors.Is(err, control.ErrNotRunning) {
				err = onFiles(s, func(l *state.Learned) error { learned = addresses(l); return nil })
			}
			if err != nil {
				return err
			}
			printClients(cmd.OutOrStdout(), s, learned)
			return nil
		},
	}
	configFlag(cmd, &path)
	return cmd
}

func newClientsForgetCommand() *cobra.Command {
	var path, client, at string
	cmd := &cobra.Command{
		Use:   "forget --config FILE --client NAME --address A",
		Short: "Forget that an address sends Message-Authenticator, after its NAS was replaced by one that does not",
		RunE: func(cmd *cobra.Command, _ []string) error {
			ip, err := netip.ParseAddr(at)
			if err != nil {
				return exit.UsageError(cmd, fmt.Errorf("--address: %q is no IP address", at))
			}
			s, err := configured.Settings(path)
			if err != nil {
				return err
			}
			a := address{Client: client, Address: ip.Unmap()}
			err = control.Call(cmd.Context(), s.State.Directory, "/clients/forget", a, &a)
			if errors.Is(err, control.ErrNotRunning) {
				err = forgetOnFiles(cmd.Context(), s, a)
			}
			if err != nil {
				return err
			}
			_, _ = fmt.Fprintf(cmd.OutOrStdout(), "%s: %s may ask without Message-Authenticator until it sends one again\n", a.Client, a.Address)
			return nil
		},
	}
	configFlag(cmd, &path)
	cmd.Flags().StringVar(&client, "client", "", "the client's name in the settings")
	cmd.Flags().StringVar(&at, "address", "", "the NAS's IP address, as the refusal logs it")
	_ = cmd.MarkFlagRequired("client")
	_ = cmd.MarkFlagRequired("address")
	return cmd
}

// onFiles works on the state itself, while no server runs. Its lock keeps one from starting meanwhile.
func onFiles(s *config.Settings, do func(*state.Learned) error) error {
	store, err := state.OpenStore(s.State.Directory)
	if err != nil {
		return fmt.Errorf("state.directory: %w", err)
	}
	learned, err := state.NewLearned(store, learnedBucket, learnedMost)
	if err == nil {
		err = errors.Join(do(learned), learned.Close())
	}
	return errors.Join(err, store.Close())
}

// forgetOnFiles is forget while no server runs.
func forgetOnFiles(ctx context.Context, s *config.Settings, a address) error {
	return onFiles(s, func(learned *state.Learned) error {
		file, err := trail.Open(s)
		if err != nil {
			return err
		}
		return errors.Join(forget(ctx, learned, file, control.ActorName(os.Getuid(), os.Getpid()), a), file.Close())
	})
}

// addresses lists what has been learned, in order.
func addresses(learned *state.Learned) []address {
	out := []address{}
	for _, key := range learned.Keys() {
		if client, ip, ok := radius.ParseLearnedKey(key); ok {
			out = append(out, address{client, ip})
		}
	}
	slices.SortFunc(out, func(a, b address) int {
		return cmp.Or(strings.Compare(a.Client, b.Client), a.Address.Compare(b.Address))
	})
	return out
}

// forget does what somebody asked for by hand, once there is evidence of it.
func forget(ctx context.Context, learned *state.Learned, trail *audit.Trail, actor string, a address) error {
	key := radius.LearnedKey(a.Client, a.Address)
	if !learned.Has(key) {
		return fmt.Errorf("the client %q has no address %s that must send Message-Authenticator: see ivalt-radius clients list", a.Client, a.Address)
	}
	if err := trail.Commit(ctx, audit.Action{
		Action: "forget_message_authenticator", Actor: actor, Target: fmt.Sprintf("%s %s", a.Client, a.Address),
		Detail: "may ask without Message-Authenticator again",
	}); err != nil {
		return fmt.Errorf("keeping the evidence: %w", err)
	}
	if !learned.Forget(key) {
		return errors.Join(errors.New("the address could not be forgotten"), learned.Failing())
	}
	return nil
}

func printClients(w io.Writer, s *config.Settings, learned []address) {
	for _, c := range s.Clients {
		_, _ = fmt.Fprintf(w, "%s\n  networks               %s\n  message_authenticator  %s\n",
			c.Name, strings.Join(texts(c.Networks), ", "), c.MessageAuthenticator)
		for _, a := range learned {
			if a.Client == c.Name {
				_, _ = fmt.Fprintf(w, "  must send it           %s\n", a.Address)
			}
		}
	}
}

// handlers answer the commands that come over the control socket. What outlives its command ends with ctx.
func (a *app) handlers(ctx context.Context) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /clients", func(w http.ResponseWriter, _ *http.Request) {
		control.Answer(w, addresses(a.learned), nil)
	})
	mux.HandleFunc("POST /clients/forget", func(w http.ResponseWriter, r *http.Request) {
		var in address
		err := control.Decode(w, r, &in)
		if err == nil {
			err = forget(r.Context(), a.learned, a.trail, control.Actor(r.Context()), in)
		}
		control.Answer(w, in, err)
	})
	trail.Handle(mux, a.trail)
	trail.HandleForget(ctx, mux, a.trail, a.auditSettings, a.keeping.keeper)
	backup.Handle(mux, a.store)
	disconnecting.Handle(mux, a.disconnector, a.trail)
	trail.HandleHolds(mux, a.settings.State.Directory, a.trail, a.keeping.keeper.Holds())
	return mux
}
