package main

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// keepMemory keeps what the process has in its memory, secrets and passwords among it, from core files, and from other processes of
// the same account: no debugger attaches, and the memory in /proc is root's alone (prctl(2), PR_SET_DUMPABLE). It reaches past a
// core_pattern that is a pipe, to which RLIMIT_CORE is no bound.
func keepMemory() error {
	var errs []error
	if err := unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}); err != nil {
		errs = append(errs, fmt.Errorf("forbidding core files: %w", err))
	}
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		errs = append(errs, fmt.Errorf("forbidding dumps of the memory: %w", err))
	}
	return errors.Join(errs...)
}
