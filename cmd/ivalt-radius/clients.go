package main

import (
	"context"
	"encoding/json"
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
	"ivalt-radius/config"
	"ivalt-radius/radius"
	"ivalt-radius/state"
)

// address is one client's address that must send Message-Authenticator.
type address struct {
	Client  string `json:"client"`
	Address string `json:"address"`
}

// memory is what `clients` needs of the learned state, be it a running server's or the file's.
type memory interface {
	Keys() []string
	Forget(key string) bool
}

var errUnknownAddress = errors.New("no such client and address have been learned")

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
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := soundSettings(path)
			if err != nil {
				return err
			}
			var learned []address
			err = callControl(cmd.Context(), s.State.Directory, "/clients", struct{}{}, &learned)
			if errors.Is(err, errNotRunning) {
				err = withStore(s, func(m memory) error { learned = addresses(m); return nil })
			}
			if err != nil {
				return err
			}
			printClients(cmd.OutOrStdout(), s, learned)
			return nil
		},
	}
	cmd.Flags().StringVarP(&path, "config", "c", defaultConfig, "the configuration file")
	return cmd
}

func newClientsForgetCommand() *cobra.Command {
	var path string
	var a address
	cmd := &cobra.Command{
		Use:   "forget --config FILE --client NAME --address A",
		Short: "Forget that an address sends Message-Authenticator, after its NAS was replaced by one that does not",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if _, err := netip.ParseAddr(a.Address); err != nil {
				return usageError(cmd, fmt.Errorf("--address: %q is no IP address", a.Address))
			}
			s, err := soundSettings(path)
			if err != nil {
				return err
			}
			err = callControl(cmd.Context(), s.State.Directory, "/clients/forget", a, &a)
			if errors.Is(err, errNotRunning) {
				err = withStore(s, func(m memory) error { return forget(m, a) })
			}
			if err != nil {
				return err
			}
			_, _ = fmt.Fprintf(cmd.OutOrStdout(), "%s: %s may ask without Message-Authenticator until it sends one again\n", a.Client, a.Address)
			return nil
		},
	}
	cmd.Flags().StringVarP(&path, "config", "c", defaultConfig, "the configuration file")
	cmd.Flags().StringVar(&a.Client, "client", "", "the client's name in the settings")
	cmd.Flags().StringVar(&a.Address, "address", "", "the NAS's IP address, as the refusal logs it")
	_ = cmd.MarkFlagRequired("client")
	_ = cmd.MarkFlagRequired("address")
	return cmd
}

// soundSettings loads the settings for a command that needs them whole.
func soundSettings(path string) (*config.Settings, error) {
	s, _, faults := load(path, os.Environ())
	return s, faults.Err()
}

// withStore works on the file itself, while no server runs.
func withStore(s *config.Settings, do func(memory) error) error {
	store, err := state.OpenStore(s.State.Directory)
	if err != nil {
		return fmt.Errorf("opening the state: %w", err)
	}
	learned, err := state.NewLearned(store, learnedBucket, learnedMost)
	if err == nil {
		err = errors.Join(do(learned), learned.Close())
	}
	return errors.Join(err, store.Close())
}

func forget(m memory, a address) error {
	ip, err := netip.ParseAddr(a.Address)
	if err != nil {
		return fmt.Errorf("%q is no IP address", a.Address)
	}
	if !m.Forget(radius.LearnedKey(a.Client, ip)) {
		return fmt.Errorf("%w: client %q, address %s", errUnknownAddress, a.Client, a.Address)
	}
	return nil
}

// addresses lists what has been learned, in order.
func addresses(m memory) []address {
	out := []address{}
	for _, key := range m.Keys() {
		client, ip, ok := radius.ParseLearnedKey(key)
		if ok {
			out = append(out, address{Client: client, Address: ip.String()})
		}
	}
	slices.SortFunc(out, func(a, b address) int {
		return strings.Compare(a.Client+"\x00"+a.Address, b.Client+"\x00"+b.Address)
	})
	return out
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

// handlers answer the commands that come over the control socket.
func (a *app) handlers() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /clients", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, addresses(a.learned), nil)
	})
	mux.HandleFunc("POST /clients/forget", func(w http.ResponseWriter, r *http.Request) {
		var in address
		err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<16)).Decode(&in)
		if err == nil {
			err = a.forget(r.Context(), in)
		}
		answer(w, in, err)
	})
	return mux
}

// forget does by hand what is kept as evidence first.
func (a *app) forget(ctx context.Context, in address) error {
	e := audit.Action{
		Action: "clients_forget", Actor: actor(ctx), Target: in.Client + " " + in.Address,
		Detail: "may ask without Message-Authenticator again",
	}
	if err := a.trail.Commit(ctx, e); err != nil {
		return fmt.Errorf("keeping the evidence: %w", err)
	}
	return forget(a.learned, in)
}

// answer writes what a command gets back.
func answer(w http.ResponseWriter, out any, err error) {
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(out)
}
