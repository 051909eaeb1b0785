package defence

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"

	"github.com/sirupsen/logrus"

	"ivalt-radius/admin/view"
	"ivalt-radius/audit"
	"ivalt-radius/cmd/ivalt-radius/configured"
	"ivalt-radius/cmd/ivalt-radius/control"
	"ivalt-radius/cmd/ivalt-radius/responding"
	"ivalt-radius/cmd/ivalt-radius/trail"
	"ivalt-radius/config"
	"ivalt-radius/guard/block"
	"ivalt-radius/guard/gate"
	"ivalt-radius/guard/incident"
	"ivalt-radius/guard/respond"
)

// Releaser forgets what the gate has against a person: lockouts and pauses. An empty station means all of them.
type Releaser interface {
	Release(user, station string)
}

// Lockouts are those in force.
type Lockouts interface{ Lockouts() []gate.Lockout }

// Deps is what the commands work on.
type Deps struct {
	Trail        trail.Committer
	Incidents    *incident.Book
	Blocks       *block.Blocks
	Forget       func(user string)    // takes away what is remembered of a person's approvals; nil: nothing is, no server runs
	Releaser     Releaser             // nil: no server runs
	Lockouts     Lockouts             // nil: no server runs
	Disconnector respond.Disconnector // nil: no server runs, or no client takes Disconnect-Requests
}

// operation is something that a command has done, by the server or on the files.
type operation[In, Out any] struct {
	path string // on the control socket
	do   func(ctx context.Context, d Deps, actor string, in In) (Out, error)
}

// handle serves the operation in the running server.
func (o operation[In, Out]) handle(mux *http.ServeMux, d Deps) {
	control.Serve(mux, o.path, func(ctx context.Context, actor string, in In) (Out, error) {
		out, err := o.do(ctx, d, actor, in)
		return out, refusal(err)
	})
}

// refusal gives an error its kind. One that has none says what is wrong with what was asked.
func refusal(err error) error {
	for _, r := range []struct {
		kind view.Kind
		of   []error
	}{
		{view.Unavailable, []error{incident.ErrEvidence, block.ErrElsewhere}},
		{view.Missing, []error{incident.ErrNone, block.ErrNoBlock}},
		{view.Conflicting, []error{incident.ErrAlready, block.ErrFull}},
		{view.Failed, []error{incident.ErrUnwritten}},
	} {
		if slices.ContainsFunc(r.of, func(is error) bool { return errors.Is(err, is) }) {
			return control.Refused(r.kind, err)
		}
	}
	return err
}

// run has the operation done, on the state directory that the settings name. What is wrong with files is said on warn.
func (o operation[In, Out]) run(ctx context.Context, configPath string, warn io.Writer, in In) (out Out, err error) {
	s, err := configured.Settings(configPath)
	if err != nil {
		return out, err
	}
	err = control.Call(ctx, s.State.Directory, o.path, in, &out)
	if errors.Is(err, control.ErrNotRunning) {
		err = onFiles(s, warn, func(d Deps) (err error) {
			out, err = o.do(ctx, d, control.ActorName(os.Getuid(), os.Getpid()), in)
			return err
		})
	}
	return out, err
}

// Handle serves the running server's side of the commands.
func Handle(mux *http.ServeMux, d Deps) {
	listing().handle(mux, d)
	showing().handle(mux, d)
	acknowledging().handle(mux, d)
	closing().handle(mux, d)
	blocking().handle(mux, d)
	listingBlocks().handle(mux, d)
	listingLockouts().handle(mux, d)
	unblocking().handle(mux, d)
}

// onFiles does something while no server runs. The store's lock keeps one from starting.
func onFiles(s *config.Settings, warn io.Writer, do func(Deps) error) (err error) {
	store, err := configured.Store(s.State.Directory)
	if err != nil {
		return fmt.Errorf("state.directory: %w", err)
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	blocks, err := block.Open(store, nil)
	if err != nil {
		return fmt.Errorf("state.directory: %w", err)
	}
	t, err := trail.Open(s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.Close()) }()
	log := logrus.New()
	log.SetOutput(warn)
	book, err := incident.Open(s.State.Directory, responding.Incidents(s), incident.Deps{
		Recorder: trail.Recorder{Trail: t}, Holder: responding.Holder{Directory: s.State.Directory}, Log: log,
	})
	if err != nil {
		return fmt.Errorf("state.directory: %w", err)
	}
	return errors.Join(do(Deps{Trail: t, Incidents: book, Blocks: blocks}), book.Settle())
}

// commit keeps the evidence of what is about to happen.
func commit(ctx context.Context, d Deps, e audit.Event) error {
	if err := d.Trail.Commit(ctx, e); err != nil {
		return control.Refused(view.Unavailable, fmt.Errorf("keeping the evidence: %w", err))
	}
	return nil
}
