package people

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"ivalt-radius/admin/view"
	"ivalt-radius/audit"
	"ivalt-radius/auth"
	"ivalt-radius/auth/approvals"
	"ivalt-radius/cmd/ivalt-radius/control"
	"ivalt-radius/guard"
	"ivalt-radius/guard/block"
	"ivalt-radius/guard/gate"
)

// most is how many of each kind are listed.
const most = 500

// Committer keeps the evidence; *audit.Trail is one.
type Committer interface {
	Commit(ctx context.Context, e audit.Event) error
}

// Gate knows who is locked out and whose phone is quiet; *gate.Gate is one. What it releases it releases at all nodes.
type Gate interface {
	Lockouts() []gate.Lockout
	Pauses(most int) (all []gate.Pause, left int)
	Release(user, station string)
}

// Approvals are those that are remembered; *auth.Flow has them. What it forgets all nodes forget.
type Approvals interface {
	Remembered(most int) (all []approvals.Person, left int)
	Forget(person auth.Username)
}

// Running is a server that runs.
type Running struct {
	Gate      Gate
	Approvals Approvals
	Blocks    func() []block.Block // in force
	Trail     Committer
}

// Handle serves the running server's side.
func Handle(mux *http.ServeMux, r Running) {
	control.Serve(mux, view.PathPeople, func(ctx context.Context, actor string, _ struct{}) (view.People, error) { return r.list(ctx, actor) })
	control.Serve(mux, view.PathRelease, r.release)
}

func (r Running) list(ctx context.Context, actor string) (view.People, error) {
	if err := r.commit(ctx, audit.Access{Action: "people", Actor: actor}); err != nil {
		return view.People{}, err
	}
	lockouts, blocks := r.Gate.Lockouts(), r.Blocks()
	pauses, pausesLeft := r.Gate.Pauses(most)
	remembered, left := r.Approvals.Remembered(most)
	out := view.People{
		Lockouts: append([]gate.Lockout{}, lockouts[:min(most, len(lockouts))]...), LockoutsLeft: max(0, len(lockouts)-most),
		Paused: append([]gate.Pause{}, pauses...), PausedLeft: pausesLeft, Blocks: append([]block.Block{}, blocks...), Remembered: []view.Remembered{}, LeftOut: left,
	}
	for _, p := range remembered {
		out.Remembered = append(out.Remembered, view.Remembered{User: p.Name, Count: p.Count, Newest: p.Newest})
	}
	return out, nil
}

// check says what is wrong with what was asked, and gives the person's name.
func check(in *view.Release) (auth.Username, error) {
	user, err := auth.ParseUsername(in.User)
	if err != nil {
		return user, fmt.Errorf("--user: %w", err)
	}
	in.Reason = strings.TrimSpace(in.Reason)
	if !in.Lockouts && !in.Remembered {
		return user, errors.New("say what is to be forgotten: --lockouts, --remembered, or both")
	}
	if err := guard.CheckReason(in.Reason); err != nil {
		return user, fmt.Errorf("--reason: %w", err)
	}
	return user, nil
}

func (r Running) release(ctx context.Context, actor string, in view.Release) (view.Released, error) {
	user, err := check(&in)
	if err != nil {
		return view.Released{}, control.Refused(view.Invalid, err)
	}
	if err := r.commit(ctx, audit.Action{Action: "release", Actor: actor, Target: user.String(), Detail: what(in.Lockouts, in.Remembered) + ": " + in.Reason}); err != nil {
		return view.Released{}, err
	}
	if in.Lockouts {
		r.Gate.Release(user.String(), "")
	}
	if in.Remembered {
		r.Approvals.Forget(user)
	}
	return view.Released{User: user.String(), Lockouts: in.Lockouts, Remembered: in.Remembered}, nil
}

// what names what is forgotten.
func what(lockouts, remembered bool) string { //nolint:revive // two things that may be forgotten, no switches
	var parts []string
	if lockouts {
		parts = append(parts, "lockouts and pauses")
	}
	if remembered {
		parts = append(parts, "remembered approvals")
	}
	return strings.Join(parts, ", ")
}

func (r Running) commit(ctx context.Context, e audit.Event) error {
	if err := r.Trail.Commit(ctx, e); err != nil {
		return control.Refused(view.Unavailable, fmt.Errorf("keeping the evidence: %w", err))
	}
	return nil
}
