package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"ivalt-radius/radius/radiustest"
	"ivalt-radius/secret"
)

// startWithin bounds how long a process may take to be ready.
const startWithin = 20 * time.Second

// stage is the binary twice: as the cloud and as the server.
type stage struct {
	binary, dir    string
	address, cloud string // host:port
	shared, apiKey secret.Secret
	outage         string // the simulator's word for a cloud that is down
	procs          []*exec.Cmd

	mu      sync.Mutex
	reasons map[string]string // by user, from the server's log
}

// open starts both on free loopback ports, with fresh secrets, in a directory of their own.
func open(ctx context.Context, binary, dir string, cast []*scene) (*stage, error) {
	s := &stage{
		binary: binary, dir: dir, shared: secret.New(rand.Text()), apiKey: secret.New(rand.Text() + rand.Text()),
		outage: "unavailable", reasons: map[string]string{},
	}
	var err error
	if s.address, err = freePort(ctx, "udp"); err == nil {
		s.cloud, err = freePort(ctx, "tcp")
	}
	if err != nil {
		return nil, err
	}
	args := []string{"simulate", "--listen", s.cloud, "--api-key", s.apiKey.Reveal(), "--pending", "422"}
	for _, c := range cast {
		args = append(args, "--person", "email="+c.user+"@example.com,"+c.phone)
	}
	if err := s.start(ctx, nil, args...); err != nil {
		return s, err
	}
	if err := s.await(func() error { return s.control(ctx, "/control/state", nil) }); err != nil {
		return s, fmt.Errorf("the simulator: %w", err)
	}
	if err := s.configure(); err != nil {
		return s, err
	}
	ready := make(chan struct{})
	if err := s.start(ctx, func(r io.Reader) { s.readLog(r, ready) }, "serve", "--config", s.config()); err != nil {
		return s, err
	}
	select {
	case <-ready:
		return s, nil
	case <-time.After(startWithin):
		return s, errors.New("the server is not ready in time")
	}
}

func (s *stage) config() string { return filepath.Join(s.dir, "config.yaml") }

// configure writes the settings and their secrets.
func (s *stage) configure() error {
	tomorrow := strings.ToLower(time.Now().UTC().AddDate(0, 0, 2).Weekday().String()[:3])
	text := fmt.Sprintf(`# The demo's settings.
listen: {authentication: [%q], accounting: [], admin: ""}
clients:
  - name: demo-gateway
    networks: ["127.0.0.0/8"]
    secrets: ["file:%s/shared-secret"]
    answer_within: 30s
ivalt:
  url: "http://%s"
  api_key: "file:%s/api-key"
users: {email: "{username}@example.com"}
policy:
  timezone: UTC
  rules:
    - name: contractors-in-their-hours
      match: {users: ["ext-*"]}
      only: {hours: {days: [%s], from: "08:00", to: "18:00"}}
state: {directory: %q}
`, s.address, s.dir, s.cloud, s.dir, tomorrow, filepath.Join(s.dir, "state"))
	return errors.Join(
		os.WriteFile(filepath.Join(s.dir, "shared-secret"), []byte(s.shared.Reveal()), 0o600),
		os.WriteFile(filepath.Join(s.dir, "api-key"), []byte(s.apiKey.Reveal()), 0o600),
		os.WriteFile(s.config(), []byte(text), 0o600),
	)
}

// start runs the binary; read gets its stderr.
func (s *stage) start(ctx context.Context, read func(io.Reader), args ...string) error {
	cmd := exec.CommandContext(ctx, s.binary, args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = startWithin
	var log io.ReadCloser
	if read != nil {
		var err error
		if log, err = cmd.StderrPipe(); err != nil {
			return fmt.Errorf("starting %s: %w", args[0], err)
		}
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("starting %s: %w", args[0], err)
	}
	if read != nil {
		go read(log)
	}
	s.procs = append(s.procs, cmd)
	return nil
}

// close stops both, the server first, and waits for them.
func (s *stage) close() error {
	var errs []error
	for i := len(s.procs) - 1; i >= 0; i-- {
		_ = s.procs[i].Process.Signal(syscall.SIGTERM)
		errs = append(errs, s.procs[i].Wait())
	}
	return errors.Join(errs...)
}

// readLog keeps the reason of every attempt and shows what is no info line.
func (s *stage) readLog(r io.Reader, ready chan<- struct{}) {
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		var l struct{ Msg, Level, User, Reason string }
		if json.Unmarshal(lines.Bytes(), &l) != nil {
			continue
		}
		switch {
		case l.Msg == "ready":
			close(ready)
		case l.Msg == "attempt concluded":
			s.mu.Lock()
			s.reasons[l.User] = l.Reason
			s.mu.Unlock()
		case l.Level == "error":
			fmt.Println("  server:", lines.Text())
		}
	}
}

// reason is what the log says of a user's login. The line may come a moment after the answer.
func (s *stage) reason(user string) string {
	var found string
	_ = s.await(func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		if found = s.reasons[user]; found == "" {
			return errors.New("no line yet")
		}
		return nil
	})
	return found
}

// await tries until it succeeds or startWithin is over.
func (s *stage) await(try func() error) error {
	deadline := time.Now().Add(startWithin)
	for {
		err := try()
		if err == nil || time.Now().After(deadline) {
			return err
		}
		<-time.After(20 * time.Millisecond)
	}
}

// nas is a gateway that sends the same packet again.
func (s *stage) nas(tries int, every time.Duration) radiustest.NAS {
	return radiustest.NAS{
		Server: s.address, Secret: s.shared, Identifier: "demo",
		Retry: radiustest.Retry{Interval: every, Tries: tries},
	}
}

// control speaks to the simulator; nil only looks.
func (s *stage) control(ctx context.Context, path string, in any) error {
	_, err := s.ask(ctx, path, in)
	return err
}

func (s *stage) ask(ctx context.Context, path string, in any) ([]byte, error) {
	method, body := http.MethodGet, []byte(nil)
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return nil, fmt.Errorf("encoding a command: %w", err)
		}
		method = http.MethodPost
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://"+s.cloud+path, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("making a command: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("asking the simulator: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the simulator answers %s %s: %w", resp.Status, answer, err)
	}
	return answer, nil
}

// pushes is how many pushes a user's phone got.
func (s *stage) pushes(ctx context.Context, user string) (int, error) {
	answer, err := s.ask(ctx, "/control/state", nil)
	if err != nil {
		return 0, err
	}
	var state struct {
		Pushes []struct{ Email string }
	}
	if err := json.Unmarshal(answer, &state); err != nil {
		return 0, fmt.Errorf("understanding the simulator: %w", err)
	}
	n := 0
	for _, p := range state.Pushes {
		if p.Email == user+"@example.com" {
			n++
		}
	}
	return n, nil
}

// freePort finds a loopback port that nobody has.
func freePort(ctx context.Context, network string) (string, error) {
	var config net.ListenConfig
	if network == "udp" {
		c, err := config.ListenPacket(ctx, "udp", "127.0.0.1:0")
		if err != nil {
			return "", fmt.Errorf("looking for a free port: %w", err)
		}
		return c.LocalAddr().String(), c.Close()
	}
	l, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("looking for a free port: %w", err)
	}
	return l.Addr().String(), l.Close()
}
