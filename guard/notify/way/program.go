package way

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"syscall"
	"time"

	"ivalt-radius/audit/mask"
)

const (
	// commandWithin is how long a command may run.
	commandWithin = 30 * time.Second
	// lingering is how long its output is waited for once it has ended: something that it left running may hold it open.
	lingering = time.Second
	// mostOutput is how much of its output is kept, in octets; a log line shows mostShown characters.
	mostOutput = 4 << 10
	mostShown  = 200
)

// program runs a command with the JSON of webhooks on its standard input.
type program struct {
	path   string
	within time.Duration
}

// Send implements Way: no shell, no arguments, an environment of its own, and a process group that ends with it.
func (p program) Send(ctx context.Context, notices []Notice) (said string, err error) {
	if err := Runnable(p.path); err != nil {
		return "", failure("the command " + err.Error())
	}
	ctx, cancel := context.WithTimeout(ctx, p.within)
	defer cancel()
	var output head
	first := worst(notices)
	c := exec.CommandContext(ctx, p.path) //nolint:gosec // the operator's own, by its absolute path
	c.Dir = "/"
	c.Env = []string{
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8",
		"IVALT_RADIUS_SEVERITY=" + first.Severity.String(), "IVALT_RADIUS_INCIDENT=" + first.Incident,
	}
	c.Stdin, c.Stdout, c.Stderr = bytes.NewReader(document(notices)), &output, &output
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.Cancel = func() error { return syscall.Kill(-c.Process.Pid, syscall.SIGKILL) } // what it has started too
	c.WaitDelay = lingering
	err = c.Run()
	var ended *exec.ExitError
	switch {
	case err == nil, errors.Is(err, exec.ErrWaitDelay) && ctx.Err() == nil:
		return "it ended with 0", nil
	case ctx.Err() != nil:
		return "", failure(fmt.Sprintf("the command was killed: it had not ended within %s", p.within))
	case errors.As(err, &ended):
		return "", failure(fmt.Sprintf("the command ended with %d: %s", ended.ExitCode(), output.shown()))
	}
	return "", failure("the command cannot be run")
}

// head keeps the beginning of an output, and takes the rest without keeping it.
type head struct{ kept []byte }

// Write implements io.Writer.
func (h *head) Write(b []byte) (int, error) {
	h.kept = append(h.kept, b[:min(len(b), mostOutput-len(h.kept))]...)
	return len(b), nil
}

// shown is what a log may have of it.
func (h *head) shown() string {
	if len(h.kept) == 0 {
		return "it said nothing"
	}
	return line(mask.Text(string(bytes.TrimSpace(h.kept))), mostShown)
}
