package control

import (
	"context"
	"errors"
	"net/http"
	"time"

	"ivalt-radius/admin/view"
)

// Serve has the command at a path carried out by do, for whoever asks.
func Serve[In, Out any](mux *http.ServeMux, path string, do func(ctx context.Context, actor string, in In) (Out, error)) {
	mux.HandleFunc("POST "+path, func(w http.ResponseWriter, r *http.Request) {
		var in In
		var out Out
		err := Decode(w, r, &in)
		if err == nil {
			out, err = do(r.Context(), Actor(r.Context()), in)
		}
		Answer(w, out, err)
	})
}

// refusedError is an error with a kind of refusal.
type refusedError struct {
	kind view.Kind
	err  error
}

func (r refusedError) Error() string { return r.err.Error() }
func (r refusedError) Unwrap() []error {
	return []error{view.Refusal{Kind: r.kind, Words: r.err.Error()}, r.err}
}

// Refused is an error that Answer gives the status of a kind, with the same words and the same errors within. One that has a kind keeps it; nil stays nil.
func Refused(kind view.Kind, err error) error {
	if _, has := errors.AsType[view.Refusal](err); err == nil || has {
		return err
	}
	return refusedError{kind, err}
}

// Turns lets a few do something at a time. Turns of another kind are other Turns.
type Turns chan struct{}

// errBusy is told to whom no turn came.
var errBusy = errors.New("others are asking the same right now: try again in a moment")

// Take waits for a turn, for so long at most, and gives back how it ends. The error is a view.Refusal: Unavailable.
func (t Turns) Take(ctx context.Context, wait time.Duration) (end func(), err error) {
	select {
	case t <- struct{}{}:
		return func() { <-t }, nil
	default:
	}
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	select {
	case t <- struct{}{}:
		return func() { <-t }, nil
	case <-ctx.Done():
		return nil, Refused(view.Unavailable, errBusy)
	}
}
