package window

import (
	"context"
	"fmt"

	"ivalt-radius/auth"
	"ivalt-radius/directory/password"
	"ivalt-radius/secret"
)

// mostSignIns is how many may wait for their password to be checked; one at a time is, so that no flood of sign-ins takes the processor, or the
// queue of password checks, from logins.
const mostSignIns = 8

// Passwords checks passwords of accounts. It is safe for concurrent use.
type Passwords struct {
	verifier *password.Verifier // of the logins as well
	room     chan struct{}
	turn     chan struct{}
}

// NewPasswords checks passwords with the process's verifier.
func NewPasswords(v *password.Verifier) *Passwords {
	return &Passwords{verifier: v, room: make(chan struct{}, mostSignIns), turn: make(chan struct{}, 1)}
}

// Verify reports whether a password is that of a hash. A text that is no hash, the empty one of nobody's account too, is nobody's password and
// takes as long. The error is auth.ErrBusy where too many wait, or that of ctx; nothing is checked then.
func (p *Passwords) Verify(ctx context.Context, hash, typed secret.Secret) (bool, error) {
	select {
	case p.room <- struct{}{}:
		defer func() { <-p.room }()
	default:
		return false, auth.ErrBusy
	}
	select {
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
	case <-ctx.Done():
		return false, fmt.Errorf("waiting to check the password: %w", ctx.Err())
	}
	parsed, _ := password.Parse(hash.Reveal())                      // the zero Hash is nobody's
	return p.verifier.Verify(ctx, password.Familiar, parsed, typed) //nolint:wrapcheck // it says what it is
}
