package trail

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"

	"ivalt-radius/admin/view"
	"ivalt-radius/audit"
	"ivalt-radius/cmd/ivalt-radius/control"
	"ivalt-radius/config"
)

// recordPath is where the running server is told of a reading.
const recordPath = "/audit/record"

// Committer makes an event durable; audit.Trail is one.
type Committer interface {
	Commit(ctx context.Context, e audit.Event) error
}

// access is a reading of the trail as the control socket carries it. The actor is who asks, not who says so.
type access struct {
	Action string `json:"action"`
	Filter string `json:"filter"`
	Detail string `json:"detail"`
}

// Record keeps the evidence that the trail of the settings is read, on disk, before anything of it is shown: through the running
// server, else in the trail itself. An error means that there is no evidence, so nothing may be shown.
func Record(ctx context.Context, s *config.Settings, a audit.Access) error {
	in := access{a.Action, a.Filter, a.Detail}
	err := control.Call(ctx, s.State.Directory, recordPath, in, &in)
	if errors.Is(err, control.ErrNotRunning) {
		err = recordOnFile(ctx, s, a)
	}
	if err != nil {
		return fmt.Errorf("reading the trail is recorded in it, and that cannot be done (name a copy of the file to read that): %w", err)
	}
	return nil
}

func recordOnFile(ctx context.Context, s *config.Settings, a audit.Access) error {
	if _, err := os.Stat(s.Audit.File); err != nil {
		return err // reading makes no trail
	}
	t, err := Open(s)
	if err != nil {
		return err
	}
	a.Actor = control.ActorName(os.Getuid(), os.Getpid())
	return errors.Join(t.Commit(ctx, a), t.Close())
}

// Handle serves the running server's side of Record.
func Handle(mux *http.ServeMux, c Committer) {
	control.Serve(mux, recordPath, func(ctx context.Context, actor string, in access) (access, error) {
		return in, control.Refused(view.Unavailable, c.Commit(ctx, audit.Access{Action: in.Action, Actor: actor, Filter: in.Filter, Detail: in.Detail}))
	})
}
