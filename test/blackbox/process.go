package blackbox

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Process is the binary, running.
type Process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when the process has ended and all it said is read

	mu      sync.Mutex
	lines   []string
	changed chan struct{} // closed and replaced with every line
}

// Start runs the binary with arguments; what it says to stderr and stdout is kept. It is killed when the test ends.
func Start(t *testing.T, env []string, args ...string) *Process {
	t.Helper()
	return StartProgram(t, Binary(), env, args...)
}

// StartProgram is Start, of another program.
func StartProgram(t *testing.T, program string, env []string, args ...string) *Process {
	t.Helper()
	p := &Process{done: make(chan struct{}), changed: make(chan struct{})}
	p.cmd = exec.CommandContext(context.WithoutCancel(t.Context()), program, args...)
	p.cmd.Env = append(os.Environ(), env...)
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p.cmd.Stdout, p.cmd.Stderr = writer, writer
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = writer.Close()
	go p.read(reader)
	t.Cleanup(func() {
		p.Kill()
		if t.Failed() {
			t.Logf("the last of what %v said:\n%s", args, p.tail())
		}
	})
	return p
}

func (p *Process) read(from io.ReadCloser) {
	lines := bufio.NewReader(from)
	for {
		line, err := lines.ReadString('\n')
		if line != "" {
			p.mu.Lock()
			p.lines = append(p.lines, strings.TrimSuffix(line, "\n"))
			close(p.changed)
			p.changed = make(chan struct{})
			p.mu.Unlock()
		}
		if err != nil {
			break
		}
	}
	_ = from.Close()
	_ = p.cmd.Wait()
	close(p.done)
}

// Output is all that the process has said so far.
func (p *Process) Output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.lines, "\n")
}

// tail is the end of what it said, for the report of a failure.
func (p *Process) tail() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.lines[max(0, len(p.lines)-40):], "\n")
}

// Record is a line of the log or the trail.
type Record map[string]any

// Text is a field as a string; empty where it is absent or none.
func (r Record) Text(field string) string {
	s, _ := r[field].(string)
	return s
}

// Lines are the log lines with the message, in order. Lines that are no JSON are passed over.
func (p *Process) Lines(message string) []Record {
	p.mu.Lock()
	defer p.mu.Unlock()
	var found []Record
	for _, line := range p.lines {
		var r Record
		if json.Unmarshal([]byte(line), &r) == nil && r.Text("msg") == message {
			found = append(found, r)
		}
	}
	return found
}

// AwaitLines waits for n log lines with the message; the process's end or Patience ends the test.
func (p *Process) AwaitLines(t *testing.T, message string, n int) []Record {
	t.Helper()
	timeout := time.After(Patience)
	for {
		p.mu.Lock()
		changed := p.changed
		p.mu.Unlock()
		if found := p.Lines(message); len(found) >= n {
			return found
		}
		select {
		case <-changed:
		case <-p.done:
			if found := p.Lines(message); len(found) >= n {
				return found
			}
			t.Fatalf("ended with %d without saying %q %d times:\n%s", p.code(), message, n, p.tail())
		case <-timeout:
			t.Fatalf("did not say %q %d times:\n%s", message, n, p.tail())
		}
	}
}

// PID is the process's number.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Signal sends a signal.
func (p *Process) Signal(s os.Signal) { _ = p.cmd.Process.Signal(s) }

// Kill is kill -9; it returns when the process is gone.
func (p *Process) Kill() {
	p.Signal(syscall.SIGKILL)
	<-p.done
}

// Exit waits for the process to end by itself and gives its exit code.
func (p *Process) Exit(t *testing.T) int {
	t.Helper()
	select {
	case <-p.done:
		return p.code()
	case <-time.After(Patience):
		t.Fatalf("does not end:\n%s", p.tail())
		return -1
	}
}

// Running reports whether the process is there.
func (p *Process) Running() bool {
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

func (p *Process) code() int {
	if p.cmd.ProcessState == nil {
		return -1
	}
	return p.cmd.ProcessState.ExitCode()
}

// Run runs a command of the binary to its end; what it said and its exit code.
func Run(t *testing.T, args ...string) (output string, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), Patience)
	defer cancel()
	out, err := exec.CommandContext(ctx, Binary(), args...).CombinedOutput()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		t.Fatalf("running %v: %v", args, err)
	}
	if ended != nil {
		return string(out), ended.ExitCode()
	}
	return string(out), 0
}
