package exit

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// Exit codes of the contract. `login` has more of its own.
const (
	OK    = 0
	Fault = 1
	Usage = 64
)

// Error is an error that asks for an exit code of its own.
type Error struct {
	Code int
	Err  error // nil: the command has said all there is to say
}

// Error is the text of Err, empty where there is none.
func (e Error) Error() string {
	if e.Err == nil {
		return ""
	}
	return e.Err.Error()
}

// Unwrap is Err.
func (e Error) Unwrap() error { return e.Err }

// Code is the exit code that a command's error asks for: OK for nil, and Fault where it names none.
func Code(err error) int {
	var e Error
	switch {
	case err == nil:
		return OK
	case errors.As(err, &e):
		return e.Code
	}
	return Fault
}

// UsageError marks what is wrong with a command line, and adds how the command is used.
func UsageError(cmd *cobra.Command, err error) error {
	return Error{Code: Usage, Err: fmt.Errorf("%w (usage: %s)", err, cmd.UseLine())}
}

// Suggestion is "; did you mean ...?" with the commands below group that the first argument most likely means; empty where none is near.
func Suggestion(group *cobra.Command, args []string) string {
	if len(args) == 0 {
		return ""
	}
	const near = 2 // letters that differ
	if group.SuggestionsMinimumDistance < 1 {
		group.SuggestionsMinimumDistance = near
	}
	names := group.SuggestionsFor(args[0])
	if len(names) == 0 {
		return ""
	}
	return "; did you mean " + strings.Join(names, " or ") + "?"
}

// WithUsage makes whatever cobra refuses a UsageError, at cmd and all commands below: flags, arguments, missing flags, unknown
// commands, and a group of commands that is called without one of them. Errors are returned, never printed.
func WithUsage(cmd *cobra.Command) {
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetFlagErrorFunc(UsageError)
	args := cmd.Args
	if args == nil {
		args = cobra.NoArgs
	}
	cmd.Args = func(c *cobra.Command, a []string) error {
		err := args(c, a)
		if err != nil && c.HasSubCommands() {
			err = fmt.Errorf("%w%s", err, Suggestion(c, a))
		}
		if err == nil {
			err = c.ValidateRequiredFlags()
		}
		if err != nil {
			return UsageError(c, err)
		}
		return nil
	}
	if !cmd.Runnable() {
		cmd.RunE = func(c *cobra.Command, _ []string) error {
			return UsageError(c, fmt.Errorf("a command is needed: see %s --help", c.CommandPath()))
		}
	}
	for _, sub := range cmd.Commands() {
		WithUsage(sub)
	}
}
