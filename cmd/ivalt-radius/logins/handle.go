package logins

import (
	"context"
	"fmt"
	"net/http"

	"ivalt-radius/admin/view"
	"ivalt-radius/audit"
	"ivalt-radius/audit/query"
	"ivalt-radius/cmd/ivalt-radius/control"
	"ivalt-radius/cmd/ivalt-radius/trail"
	"ivalt-radius/config"
)

// Running is a server that runs.
type Running struct {
	Settings func() *config.Settings // those in force
	Trail    trail.Committer
	InFlight func(attempt string) *view.InFlight // a login that waits here; it gives nil where none does. nil: nobody knows
}

// Handle serves the running server's side. A search ends after five seconds with what it has found, and two are made at a time: they read files
// beside the logins that are on their way.
func Handle(mux *http.ServeMux, r Running) {
	turns := make(control.Turns, atATime)
	control.Serve(mux, view.PathLogins, func(ctx context.Context, actor string, in view.LoginFilter) (out view.Logins, err error) {
		f, err := filter(in)
		if err != nil {
			return out, control.Refused(view.Invalid, err)
		}
		err = r.search(ctx, turns, actor, f, func(ctx context.Context, t query.Trail) error {
			out, err = list(ctx, t, f, in)
			return err
		})
		return out, err
	})
	control.Serve(mux, view.PathStory, func(ctx context.Context, actor string, in wanted) (out view.Story, err error) {
		if err := in.check(); err != nil {
			return out, control.Refused(view.Invalid, err)
		}
		var waiting *view.InFlight
		if r.InFlight != nil {
			waiting = r.InFlight(in.ID)
		}
		err = r.search(ctx, turns, actor, in.filter(), func(ctx context.Context, t query.Trail) error {
			out, err = tell(ctx, t, in, waiting)
			return err
		})
		return out, err
	})
}

// search has the trail searched when its turn comes, behind the evidence of it.
func (r Running) search(ctx context.Context, turns control.Turns, actor string, f query.Filter, do func(context.Context, query.Trail) error) error {
	end, err := turns.Take(ctx, turnWithin)
	if err != nil {
		return err
	}
	defer end()
	if err := r.Trail.Commit(ctx, audit.Access{Action: "logins", Actor: actor, Filter: f.String()}); err != nil {
		return control.Refused(view.Unavailable, fmt.Errorf("keeping the evidence: %w", err))
	}
	ctx, cancel := context.WithTimeout(ctx, searchFor)
	defer cancel()
	return control.Refused(view.Failed, do(ctx, trailOf(r.Settings())))
}

func trailOf(s *config.Settings) query.Trail {
	return query.Trail{Live: s.Audit.File, Archive: s.Audit.Archive}
}
