package upgrading

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Bounds of a preflight.
const (
	preflightLasts = 8 * time.Second
	mostSaid       = 2000
)

// Preflight tries a program before it takes our place: it must run, say its version, and load the settings. The error says why it is none.
func Preflight(ctx context.Context, program, config string) (version string, err error) {
	if served(program) {
		return "", fmt.Errorf("%s is the program that serves already: put the new one in its place, by renaming it there", program)
	}
	ctx, cancel := context.WithTimeout(ctx, preflightLasts)
	defer cancel()
	said, err := try(ctx, program, "--version")
	if err != nil && ctx.Err() != nil {
		return "", fmt.Errorf("%s does not run: it has not answered within %s", program, preflightLasts)
	}
	if err != nil {
		return "", fmt.Errorf("%s does not run: %w", program, err)
	}
	version, ok := strings.CutPrefix(strings.TrimSpace(said), "ivalt-radius version ")
	if !ok {
		return "", fmt.Errorf("%s is no ivalt-radius: it does not say its version", program)
	}
	if said, err = try(ctx, program, "check", "--config", config); err != nil {
		return "", fmt.Errorf("version %s does not take the settings (%w): %s", version, err, last(said))
	}
	return version, nil
}

// served reports that a program is the very file that this process runs.
func served(program string) bool {
	own, err := os.Stat("/proc/self/exe")
	if err != nil {
		return false
	}
	there, err := os.Stat(program)
	return err == nil && os.SameFile(own, there)
}

func try(ctx context.Context, program string, args ...string) (string, error) {
	var said tail
	c := exec.CommandContext(ctx, program, args...) //nolint:gosec // the program at our own path
	c.Stdout, c.Stderr, c.WaitDelay = &said, &said, time.Second
	err := c.Run()
	return string(said), err //nolint:wrapcheck // the caller says what was tried
}

// tail keeps the end of what is written.
type tail []byte

// Write implements io.Writer.
func (t *tail) Write(p []byte) (int, error) {
	*t = append(*t, p...)
	*t = append((*t)[:0], (*t)[max(0, len(*t)-mostSaid):]...)
	return len(p), nil
}

// last is what was said, in one line.
func last(said string) string {
	return strings.ToValidUTF8(strings.Join(strings.Fields(said), " "), "")
}

// Hush has a signal wait until the next program listens to it: before that it would end it. Go's runtime lets SIGTERM, SIGINT and SIGHUP through as it
// starts, whatever is held back, so it is of no use for these. The caller's thread is locked, and is the one that executes the next program.
func Hush(s unix.Signal) error {
	var set unix.Sigset_t
	set.Val[(s-1)/64] |= 1 << ((s - 1) % 64)
	if err := unix.PthreadSigmask(unix.SIG_BLOCK, &set, nil); err != nil {
		return fmt.Errorf("holding a signal back: %w", err)
	}
	return nil
}
