package view

import "context"

// Desk has the running server's own commands carried out.
type Desk interface {
	// Ask has the command at path carried out for an actor, who stands in the trail, and decodes its answer into out. in and out are JSON as
	// the terminal's commands use them; a nil in is an empty object. The error is a Refusal where the server says why not.
	Ask(ctx context.Context, actor, path string, in, out any) error
}

// DeskFunc is a function as a Desk.
type DeskFunc func(ctx context.Context, actor, path string, in, out any) error

// Ask implements Desk.
func (f DeskFunc) Ask(ctx context.Context, actor, path string, in, out any) error {
	return f(ctx, actor, path, in, out)
}

// Refusal is why the server did not do what it was asked.
type Refusal struct { //nolint:errname // the word of commands and API
	Kind  Kind
	Words string // safe, for people
}

// Error implements error.
func (r Refusal) Error() string { return r.Words }

// Kind is what sort of refusal it is: a closed list, whose zero value is a fault of ours.
type Kind uint8

// The kinds.
const (
	Failed      Kind = iota // something went wrong here
	Invalid                 // what was asked makes no sense, and never will
	Missing                 // there is no such thing
	Conflicting             // it cannot be done now, as things stand
	Unavailable             // what is needed for it is not there: evidence cannot be kept, iVALT cannot be asked
)
