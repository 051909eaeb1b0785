package disconnecting

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"ivalt-radius/admin/view"
	"ivalt-radius/audit"
	"ivalt-radius/auth"
	"ivalt-radius/cmd/ivalt-radius/configured"
	"ivalt-radius/cmd/ivalt-radius/control"
	"ivalt-radius/cmd/ivalt-radius/exit"
	"ivalt-radius/cmd/ivalt-radius/output"
	"ivalt-radius/guard"
	"ivalt-radius/radius/dynauth"
)

// path is where the running server is told.
const path = "/disconnect"

// within bounds what the running server does: the command waits for 10 s.
const within = 8 * time.Second

// order is whose sessions are to end, and why.
type order struct {
	User    string     `json:"user"`
	Address netip.Addr `json:"address"`
	Reason  string     `json:"reason"`
}

// check makes the order's name and address those that sessions are known by.
func (o *order) check() error {
	if o.User != "" {
		user, err := auth.ParseUsername(o.User)
		if err != nil {
			return fmt.Errorf("--user: %w", err)
		}
		o.User = user.String()
	}
	o.Address = o.Address.Unmap().WithZone("")
	o.Reason = strings.TrimSpace(o.Reason)
	if o.User == "" && !o.Address.IsValid() {
		return errors.New("--user or --address: name whose sessions are to end")
	}
	if err := guard.CheckReason(o.Reason); err != nil {
		return fmt.Errorf("--reason: %w", err)
	}
	return nil
}

// target is whose sessions end, in words.
func (o *order) target() string {
	var parts []string
	if o.User != "" {
		parts = append(parts, "user "+o.User)
	}
	if o.Address.IsValid() {
		parts = append(parts, "address "+o.Address.String())
	}
	return strings.Join(parts, ", ")
}

var errNotAll = errors.New("disconnect: not every session is known to have ended: run it again, or end them at the gateway")

// NewCommand is `disconnect`. defaultConfig is the file of the settings where the command line names none.
func NewCommand(defaultConfig string) *cobra.Command {
	var configPath, address string
	var o order
	cmd := &cobra.Command{
		Use:   "disconnect --config FILE [--user U] [--address A] --reason R",
		Short: "Have the NAS end the sessions of a person or an address",
		Long: "disconnect has the running server send a Disconnect-Request (RFC 5176) for each session of a person, of the address that the\n" +
			"person came from, or where both are given of both together: to NAS whose client has a disconnect_port. It tells what became of\n" +
			"each session, and ends with 1 where one may still be there. The server knows sessions from accounting and from the logins it let\n" +
			"in. Whoever must not come back has to be blocked as well.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if address != "" {
				ip, err := netip.ParseAddr(address)
				if err != nil {
					return exit.UsageError(cmd, fmt.Errorf("--address: %q is no IP address", address))
				}
				o.Address = ip
			}
			if err := o.check(); err != nil {
				return exit.UsageError(cmd, err)
			}
			return run(cmd.Context(), cmd.OutOrStdout(), configPath, o)
		},
	}
	cmd.Flags().StringVarP(&configPath, "config", "c", defaultConfig, "the configuration file")
	cmd.Flags().StringVar(&o.User, "user", "", "the person's login name")
	cmd.Flags().StringVar(&address, "address", "", "the IP address that the person came from (the calling station)")
	cmd.Flags().StringVar(&o.Reason, "reason", "", "why, in a few words; it stands in the trail")
	_ = cmd.MarkFlagRequired("reason")
	return cmd
}

// run asks the running server, which alone knows the sessions.
func run(ctx context.Context, out io.Writer, configPath string, o order) error {
	directory, err := configured.StateDirectory(configPath)
	if err != nil {
		return err
	}
	var r dynauth.Result
	if err := control.Call(ctx, directory, path, o, &r); err != nil {
		return fmt.Errorf("disconnect: %w", err)
	}
	if err := show(out, r); err != nil {
		return err
	}
	if done := r.Count(dynauth.Disconnected) + r.Count(dynauth.Gone); done < len(r.Sessions) || r.Left > 0 {
		return errNotAll
	}
	return nil
}

// show writes a line for each session. What a NAS has chosen is escaped.
func show(out io.Writer, r dynauth.Result) error {
	table := output.Table(out)
	for _, o := range r.Sessions {
		station := ""
		if o.Station.IsValid() {
			station = o.Station.String()
		}
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\tsession %s\t%s\t%s\n", o.Client, o.NAS, cmp.Or(o.User, "-"), cmp.Or(station, "-"),
			named(o.Session), o.State, o.Cause)
	}
	_, _ = fmt.Fprintln(table, r)
	if err := table.Flush(); err != nil {
		return fmt.Errorf("printing the sessions: %w", err)
	}
	return nil
}

// named is what a NAS calls a session, escaped; a dash where it has not told yet.
func named(session string) string {
	if session == "" {
		return "-"
	}
	return string(audit.AppendString(nil, session))
}

// Committer keeps the evidence before it is done; *audit.Trail is one.
type Committer interface {
	Commit(ctx context.Context, e audit.Event) error
}

// Handle serves the running server's side of `disconnect`.
func Handle(mux *http.ServeMux, d *dynauth.Disconnector, c Committer) {
	control.Serve(mux, path, func(ctx context.Context, _ string, o order) (dynauth.Result, error) { return carryOut(ctx, d, c, o) })
}

// carryOut does what somebody asked for by hand, once there is evidence of it.
func carryOut(ctx context.Context, d *dynauth.Disconnector, c Committer, o order) (dynauth.Result, error) {
	if err := o.check(); err != nil {
		return dynauth.Result{}, err
	}
	if err := c.Commit(ctx, audit.Action{Action: "disconnect", Actor: control.Actor(ctx), Target: o.target(), Detail: o.Reason}); err != nil {
		return dynauth.Result{}, control.Refused(view.Unavailable, fmt.Errorf("keeping the evidence: %w", err))
	}
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	return d.Disconnect(ctx, o.User, o.Address)
}
