package main

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"ivalt-radius/audit"
	"ivalt-radius/cmd/ivalt-radius/control"
	"ivalt-radius/cmd/ivalt-radius/exit"
	"ivalt-radius/cmd/ivalt-radius/logger"
	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/radius/radiustest"
)

// enrol gives a user a phone, and returns its number.
func (s *site) enrol(user string, does ivalttest.Behaviour, after time.Duration) (mobile string) {
	email := user + "@example.com"
	s.cloud.Set(ivalttest.Person{Email: email, Behaviour: does, After: after})
	return ivalttest.DerivedMobile(email)
}

// pushed is a site that asks every phone.
func pushing(t *testing.T) *site {
	t.Helper()
	s := newSite(t)
	s.policy = "{default: require_push}"
	s.more = `users: {email: "{username}@example.com"}`
	s.write(t)
	return s
}

func TestLogin(t *testing.T) {
	t.Parallel()
	s := pushing(t)
	s.enrol("alice", ivalttest.Approve, time.Second)
	r := s.start(t)
	if code := r.login(t, "Alice"); code != radiustest.AccessAccept {
		t.Errorf("%v\n%s", code, r.log)
	}
	line := r.log.await(t, `"msg":"attempt concluded"`, 1)[0]
	for _, field := range []string{
		`"level":"info"`, `"client":"gateway"`, `"user":"alice"`, `"calling_station":"198.51.100.7"`, `"decision":"require_push"`,
		`"rule":"default"`, `"factors":["push"]`, `"verdict":"accept"`, `"reason":"approved"`,
	} {
		if !strings.Contains(line, field) {
			t.Errorf("%s is not in %s", field, line)
		}
	}
	if code := r.stop(t); code != exit.OK {
		t.Errorf("exit %d", code)
	}
	for part, want := range map[string]int{`"event":"started"`: 1, `"verdict":"accept"`: 1, `"event":"stopped"`: 1} {
		if n := len(s.trailLines(t, part)); n != want {
			t.Errorf("%d records with %s", n, part)
		}
	}
}

// TestReadyComesLast: whoever reads "ready" finds every socket there.
func TestReadyComesLast(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	r := s.start(t)
	if _, err := os.Stat(filepath.Join(s.state, control.Socket)); err != nil {
		t.Error(err)
	}
	if code := r.login(t, "bob"); code != radiustest.AccessAccept {
		t.Error(code)
	}
}

// TestServeEndsWithItsContext is the way in which another program would stop a server.
func TestServeEndsWithItsContext(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	out := &lines{more: make(chan struct{})}
	log, err := logger.New(out, "info", "json")
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx, s.config(), log, signals{}) }()
	out.await(t, `"msg":"ready"`, 1)
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	out.await(t, `"msg":"stopped"`, 1)
}

// TestDrain: told to stop, the server answers the waiting login and its retry, and is silent to a new one.
func TestDrain(t *testing.T) {
	t.Parallel()
	s := pushing(t)
	mobile := s.enrol("carol", ivalttest.Manual, 0)
	late := s.enrol("late", ivalttest.Approve, 0)
	r := s.start(t)
	answers := make(chan error, 2)
	ask := func() {
		result, err := r.nas().Login(t.Context(), credentials("carol"))
		if err == nil && result.Code != radiustest.AccessAccept {
			err = errors.New(result.Code.String())
		}
		answers <- err
	}
	go ask()
	eventually(t, "the sentinel poll", func() bool { return s.cloud.Polls(mobile) > 0 })
	r.signals.stop <- syscall.SIGTERM
	r.log.await(t, `"msg":"draining"`, 1)
	r.signals.reload <- syscall.SIGHUP
	r.log.await(t, `"msg":"reload ignored`, 1)
	go ask()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if result, err := r.nas().Login(ctx, credentials("late")); !errors.Is(err, radiustest.ErrNoAnswer) {
		t.Errorf("a new login got %v, %v", result.Code, err)
	}
	if !s.cloud.Approve(mobile) {
		t.Error("no push is open")
	}
	for range 2 {
		if err := <-answers; err != nil {
			t.Error(err)
		}
	}
	if code := r.await(t); code != exit.OK {
		t.Errorf("exit %d", code)
	}
	if n := s.cloud.Pushes(mobile) + s.cloud.Pushes(late); n != 1 {
		t.Errorf("%d pushes", n)
	}
}

// TestSecondSignal: told twice, the server rejects those who wait.
func TestSecondSignal(t *testing.T) {
	t.Parallel()
	s := pushing(t)
	mobile := s.enrol("dave", ivalttest.Manual, 0)
	r := s.start(t)
	answer := make(chan radiustest.Result, 1)
	go func() {
		result, _ := r.nas().Login(t.Context(), credentials("dave"))
		answer <- result
	}()
	eventually(t, "the push", func() bool { return s.cloud.Pushes(mobile) > 0 })
	r.signals.stop <- syscall.SIGTERM
	r.log.await(t, `"msg":"draining"`, 1)
	if code := r.stop(t); code != exit.OK {
		t.Errorf("exit %d", code)
	}
	if result := <-answer; result.Code != radiustest.AccessReject || result.ReplyMessage != "Try again later." {
		t.Errorf("%v, %q", result.Code, result.ReplyMessage)
	}
	if n := len(s.trailLines(t, `"reason":"shutting_down"`)); n != 1 {
		t.Errorf("%d records of the rejected login", n)
	}
}

// TestStartFaults: each fault is one clear sentence and exit code 1, and what was opened is closed again.
func TestStartFaults(t *testing.T) {
	t.Parallel()
	taken, err := (&net.ListenConfig{}).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() })
	for name, c := range map[string]struct {
		spoil func(t *testing.T, s *site)
		says  string
	}{
		"authentication port in use": {func(_ *testing.T, s *site) { s.listen = taken.LocalAddr().String() }, "address already in use"},
		"accounting port in use":     {func(_ *testing.T, s *site) { s.accounting = taken.LocalAddr().String() }, "address already in use"},
		"state in a file's place": {func(t *testing.T, s *site) {
			t.Helper()
			s.file(t, "file", "")
			s.state = filepath.Join(s.dir, "file")
		}, "state.directory"},
		"trail in a directory's place": {func(_ *testing.T, s *site) { s.audit = s.dir }, "audit.file"},
		"control socket in a directory's place": {func(t *testing.T, s *site) {
			t.Helper()
			if err := os.MkdirAll(filepath.Join(s.state, control.Socket, "more"), 0o700); err != nil {
				t.Fatal(err)
			}
		}, "control socket"},
		"no socket has so long a name": {func(_ *testing.T, s *site) { s.state = filepath.Join(s.dir, strings.Repeat("x", 120)) }, "control socket"},
		"faulty settings":              {func(_ *testing.T, s *site) { s.more = "colour: blue" }, "colour"},
		"second server": {func(t *testing.T, s *site) {
			t.Helper()
			s.start(t)
		}, "state.directory"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			c.spoil(t, s)
			s.write(t)
			r := s.launch(t)
			if r.address != "" || r.await(t) != exit.Fault {
				t.Fatalf("it started, or ended with %d:\n%s", r.code, r.log)
			}
			if said := r.log.String(); !strings.Contains(said, c.says) || !strings.Contains(said, `"level":"error"`) {
				t.Errorf("no word of %q in\n%s", c.says, said)
			}
		})
	}
}

// TestFailedStartLeavesNothing: the last step fails, and a start that needs the same lock, trail and ports goes well.
func TestFailedStartLeavesNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	conn, err := (&net.ListenConfig{}).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.listen = conn.LocalAddr().String()
	_ = conn.Close()
	blocked := filepath.Join(s.state, control.Socket, "more")
	if err := os.MkdirAll(blocked, 0o700); err != nil {
		t.Fatal(err)
	}
	s.write(t)
	if r := s.launch(t); r.address != "" {
		t.Fatal("it started")
	}
	if err := os.RemoveAll(filepath.Dir(blocked)); err != nil {
		t.Fatal(err)
	}
	if code := s.start(t).stop(t); code != exit.OK {
		t.Errorf("exit %d", code)
	}
	if n := len(s.trailLines(t, `"event":"started"`)); n != 1 {
		t.Errorf("%d starts in the trail", n)
	}
	if n := len(s.trailLines(t, `"event":"stopped"`)); n != 1 {
		t.Errorf("%d stops in the trail", n)
	}
}

// TestSecurityEventsAreLogged: what a watcher wants to see stands in trail and log alike.
func TestSecurityEventsAreLogged(t *testing.T) {
	t.Parallel()
	out := &lines{more: make(chan struct{})}
	log, err := logger.New(out, "warn", "json")
	if err != nil {
		t.Fatal(err)
	}
	trail, err := audit.Open(filepath.Join(t.TempDir(), "audit.jsonl"), audit.Options{Logger: log})
	if err != nil {
		t.Fatal(err)
	}
	a := &app{log: log, trail: trail}
	a.Note(audit.Security{Event: "collision", User: "erin"})
	a.Note(audit.System{Event: "rehearsal"})
	if err := trail.Close(); err != nil {
		t.Error(err)
	}
	log.Close()
	said := out.String()
	for _, part := range []string{`"level":"warning","msg":"security event",`, `"event":"collision"`, `"user":"erin"`} {
		if !strings.Contains(said, part) {
			t.Errorf("no %s in %s", part, said)
		}
	}
	if n := strings.Count(said, "\n"); n != 1 {
		t.Errorf("%d lines", n)
	}
}

// TestServeCommand runs the command with a log level and a format that are none, and with real signals left alone.
func TestServeCommand(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for flag, want := range map[string]int{"--log-level=loud": exit.Usage, "--log-format=xml": exit.Usage, "--log-format=text": exit.Fault} {
		s.more = "colour: blue"
		s.write(t)
		if code, out := s.command(t, "serve", flag); code != want {
			t.Errorf("%s: exit %d: %s", flag, code, out)
		}
	}
}
