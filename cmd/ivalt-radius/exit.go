package main

import "errors"

// Exit codes of the contract.
const (
	exitOK    = 0
	exitFault = 1
	exitUsage = 64
)

// exitError is an error that asks for an exit code of its own.
type exitError struct {
	code int
	err  error // nil: the command has said all there is to say
}

func (e exitError) Error() string {
	if e.err == nil {
		return ""
	}
	return e.err.Error()
}

func (e exitError) Unwrap() error { return e.err }

// exitCode maps what a command returned.
func exitCode(err error) int {
	if err == nil {
		return exitOK
	}
	var e exitError
	if errors.As(err, &e) {
		return e.code
	}
	return exitFault
}
