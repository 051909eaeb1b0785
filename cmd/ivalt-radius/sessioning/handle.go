package sessioning

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"

	"ivalt-radius/admin/view"
	"ivalt-radius/audit"
	"ivalt-radius/audit/query"
	"ivalt-radius/auth"
	"ivalt-radius/cmd/ivalt-radius/control"
	"ivalt-radius/radius/client"
	"ivalt-radius/radius/dynauth/sessions"
)

const (
	most     = 500  // sessions that are listed
	mostText = 1024 // octets of a name that is asked for
)

// Committer keeps the evidence; *audit.Trail is one.
type Committer interface {
	Commit(ctx context.Context, e audit.Event) error
}

// Table knows who is in; *sessions.Table is one.
type Table interface {
	Look(f sessions.Filter, limit int) sessions.Listing
}

// Clients says which client an address is, by the settings in force; nil: none. *radius.Server is one.
type Clients interface {
	ClientOf(addr netip.Addr) *client.Client
}

// Running is a server that runs.
type Running struct {
	Table   Table
	Clients Clients
	Trail   Committer
	Records func() query.Trail // what was recorded, where it lies now
}

// Handle serves the running server's side. That somebody looked is recorded first.
func Handle(mux *http.ServeMux, r Running) {
	turns := make(control.Turns, atATime)
	control.Serve(mux, view.PathSessions, func(ctx context.Context, actor string, in view.SessionFilter) (view.Sessions, error) {
		station, err := check(&in)
		if err != nil {
			return view.Sessions{}, control.Refused(view.Invalid, err)
		}
		asked := query.Filter{Since: in.Since, User: in.User, Client: in.Client, CallingStation: in.Address}
		if in.Ended {
			end, err := turns.Take(ctx, turnWithin)
			if err != nil {
				return view.Sessions{}, err
			}
			defer end()
		}
		if err := r.Trail.Commit(ctx, audit.Access{Action: "sessions", Actor: actor, Filter: asked.String()}); err != nil {
			return view.Sessions{}, control.Refused(view.Unavailable, fmt.Errorf("keeping the evidence: %w", err))
		}
		if in.Ended {
			return ended(ctx, r.Records(), asked)
		}
		l := r.Table.Look(sessions.Filter{User: in.User, Client: in.Client, Station: station}, most)
		out := view.Sessions{Sessions: make([]view.Session, len(l.Found)), Left: l.Left, Input: l.In, Output: l.Out}
		for i := range l.Found {
			out.Sessions[i] = r.session(&l.Found[i])
		}
		return out, nil
	})
}

// check makes a filter's names those that sessions are known by. The error says what is wrong with them.
func check(in *view.SessionFilter) (station netip.Addr, err error) {
	if len(in.User) > mostText || len(in.Client) > mostText {
		return station, fmt.Errorf("--user, --client: %d octets at most", mostText)
	}
	if in.User != "" {
		user, err := auth.ParseUsername(in.User)
		if err != nil {
			return station, fmt.Errorf("--user: %w", err)
		}
		in.User = user.String()
	}
	if !in.Ended && !in.Since.IsZero() {
		return station, errors.New("--since goes with --ended: of those who are in all are listed")
	}
	if in.Address != "" {
		if station, err = netip.ParseAddr(in.Address); err != nil {
			return station, errors.New("--address: it is no IP address")
		}
		station = station.Unmap().WithZone("")
		in.Address = station.String()
	}
	return station, nil
}

// session is one as it is shown. Whether it can be ended is judged as disconnect does.
func (r Running) session(s *sessions.Session) view.Session {
	c := r.Clients.ClientOf(s.Source)
	out := view.Session{
		ID: s.ID(), User: s.User, Client: s.Client, NAS: s.NAS(), FramedIP: s.FramedIP(), Node: s.Node, Heard: s.Heard,
		Ends:  c != nil && c.Auth.Name == s.Client && len(c.Keys) > 0 && c.DisconnectPort != 0,
		State: view.SessionLogin, Attempt: s.Grant.Attempt, FramedIPv6: s.Measure.Framed6, Started: s.Started, Until: s.Until,
		Input: s.Use.In, Output: s.Use.Out, Unsure: s.Use.Unsure,
	}
	switch {
	case !s.Overrun.IsZero():
		out.State = view.SessionOver
	case s.Accounted():
		out.State = view.SessionOn
	}
	if out.NAS == "" {
		out.NAS = s.Source.String()
	}
	if s.Station.IsValid() {
		out.CallingStation = s.Station.String()
	}
	return out
}
