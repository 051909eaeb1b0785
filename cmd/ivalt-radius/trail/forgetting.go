package trail

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"ivalt-radius/admin/view"
	"ivalt-radius/audit/forget"
	"ivalt-radius/auth"
	"ivalt-radius/cmd/ivalt-radius/control"
	"ivalt-radius/config"
)

// Where the running server is told to forget, and asked how far it is.
const (
	forgetPath      = "/audit/forget"
	forgetStatePath = "/audit/forget/state"
)

// pollEvery is how often the command asks: rewriting a long trail takes longer than a call over the socket may.
const pollEvery = 100 * time.Millisecond

type forgetRequest struct {
	User string `json:"user"`
}

// forgetState is how far the server is with the last request.
type forgetState struct {
	Running   bool           `json:"running"`
	Outcome   forget.Outcome `json:"outcome"`
	Incidents int            `json:"incidents"` // that named the person
	Error     string         `json:"error"`
}

// forgetter forgets one person at a time in the running server.
type forgetter struct {
	trail     forget.Trail
	settings  func() config.Audit
	segments  sync.Locker
	incidents Incidents

	mu    sync.Mutex
	state forgetState
}

// Incidents name people too; guard's book is one.
type Incidents interface {
	// Forget puts a pseudonym in the place of a person's canonical name, and says in how many incidents.
	Forget(user, pseudonym string) (incidents int, err error)
}

// HandleForget serves the running server's side of `audit forget`. segments is held while segments are replaced; nil where nobody
// else writes them. Where ctx ends, as it does when the server stops, the rest is left to the next request: the trail is sound at each
// moment.
func HandleForget(ctx context.Context, mux *http.ServeMux, t forget.Trail, settings func() config.Audit, segments sync.Locker, i Incidents) {
	f := &forgetter{trail: t, settings: settings, segments: segments, incidents: i}
	control.Serve(mux, forgetPath, func(_ context.Context, actor string, in forgetRequest) (forgetState, error) {
		err := f.start(ctx, actor, in) // it outlives the request, and ends with the server
		return f.now(), err
	})
	mux.HandleFunc("POST "+forgetStatePath, func(w http.ResponseWriter, _ *http.Request) {
		control.Answer(w, f.now(), nil)
	})
}

func (f *forgetter) now() forgetState {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.state
}

// start begins to forget, where nobody is being forgotten yet. It goes on when the one who asked has gone.
func (f *forgetter) start(ctx context.Context, actor string, in forgetRequest) error {
	user, err := auth.ParseUsername(in.User)
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.state.Running {
		return control.Refused(view.Conflicting, errors.New("somebody is being forgotten right now: try again when that is done"))
	}
	f.state = forgetState{Running: true}
	s := f.settings()
	order := forget.Order{User: user.String(), Live: s.File, Archive: s.Archive, Actor: actor, Segments: f.segments}
	go func() {
		done, n, err := everywhere(ctx, order, f.trail, f.incidents)
		f.mu.Lock()
		defer f.mu.Unlock()
		f.state = forgetState{Outcome: done, Incidents: n}
		if err != nil {
			f.state.Error = err.Error()
		}
	}()
	return nil
}

// everywhere forgets a person in the trail, and then in the incidents, under one pseudonym.
func everywhere(ctx context.Context, o forget.Order, t forget.Trail, i Incidents) (done forget.Outcome, incidents int, err error) {
	if done, err = forget.Run(ctx, o, t); err != nil {
		return done, 0, err
	}
	name := done.Pseudonym
	if name == "" {
		name = forget.NewPseudonym()
	}
	incidents, err = i.Forget(o.User, name)
	return done, incidents, err
}
