package login

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"ivalt-radius/cmd/ivalt-radius/terminal"
	"ivalt-radius/config"
	"ivalt-radius/radius/radiustest"
	"ivalt-radius/secret"
)

var (
	errNoSecret   = errors.New("--secret: the shared secret is empty")
	errSealed     = errors.New("--secret: sealed: needs the server's own key, which login does not read; give env:NAME or file:PATH")
	errNoPassword = errors.New("no password came: give --password, or write it to standard input")
)

// readShared is the shared secret that env:NAME, file:PATH, credential:NAME or the text itself stands for.
func readShared(written string) (secret.Secret, error) {
	text := written
	if strings.HasPrefix(written, "sealed:") {
		return secret.Secret{}, errSealed
	}
	if name, found := strings.CutPrefix(written, "env:"); found {
		value, set := os.LookupEnv(name)
		if !set {
			return secret.Secret{}, fmt.Errorf("--secret: the environment variable %s is not set", name)
		}
		text = value
	}
	path, found := strings.CutPrefix(written, "file:")
	if name, of := strings.CutPrefix(written, "credential:"); of {
		at, err := config.CredentialPath(name, os.Environ())
		if err != nil {
			return secret.Secret{}, fmt.Errorf("--secret: %w", err)
		}
		path, found = at, true
	}
	if found {
		octets, err := os.ReadFile(path) //nolint:gosec // the operator names the file
		if err != nil {
			return secret.Secret{}, fmt.Errorf("--secret: %w", err)
		}
		text = strings.TrimRight(string(octets), "\r\n")
	}
	if text == "" {
		return secret.Secret{}, errNoSecret
	}
	return secret.New(text), nil
}

// readPassword reads the password: one line.
func readPassword(ctx context.Context, in io.Reader, out io.Writer) (secret.Secret, error) {
	return readHidden(ctx, in, out, "Password: ")
}

// readHidden reads one line: asked for, and not shown, where in is a terminal. It ends with ctx.
func readHidden(ctx context.Context, in io.Reader, out io.Writer, prompt string) (secret.Secret, error) {
	typed, err := terminal.Secret(ctx, in, out, prompt)
	if errors.Is(err, terminal.ErrNothing) {
		err = errNoPassword
	}
	return typed, err
}

// loginProgress tells what a waiting login does: on a terminal one line that counts the seconds, elsewhere a line an event.
type loginProgress struct {
	w        io.Writer
	tries    int
	terminal bool
	start    time.Time
	stop     chan struct{}
	done     sync.WaitGroup

	mu   sync.Mutex
	last string
}

func newLoginProgress(w io.Writer, tries int) *loginProgress {
	p := &loginProgress{w: w, tries: tries, terminal: terminal.Is(w), start: time.Now(), stop: make(chan struct{})}
	if p.terminal {
		p.done.Go(p.count)
	}
	return p
}

// event is the NAS's hook.
func (p *loginProgress) event(e radiustest.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last = p.words(e)
	if p.terminal {
		p.draw()
		return
	}
	fmt.Fprintf(p.w, "%6.1f s  %s\n", e.After.Seconds(), p.last)
}

func (p *loginProgress) words(e radiustest.Event) string {
	switch e.Kind {
	case radiustest.Discarded:
		return fmt.Sprintf("discarded: %v", e.Why)
	case radiustest.Answered:
		return "answered"
	case radiustest.Sent:
	}
	if e.Packet == 1 {
		return fmt.Sprintf("sent packet 1 of %d, waiting for the phone", p.tries)
	}
	return fmt.Sprintf("sent again, packet %d of %d", e.Packet, p.tries)
}

// count redraws the line every second until end.
func (p *loginProgress) count() {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-p.stop:
			return
		case <-ticker.C:
			p.mu.Lock()
			p.draw()
			p.mu.Unlock()
		}
	}
}

// draw is called with mu held.
func (p *loginProgress) draw() {
	fmt.Fprintf(p.w, "\r\x1b[K%4.0f s  %s", time.Since(p.start).Seconds(), p.last)
}

// end clears the line.
func (p *loginProgress) end() {
	close(p.stop)
	p.done.Wait()
	if p.terminal {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}
