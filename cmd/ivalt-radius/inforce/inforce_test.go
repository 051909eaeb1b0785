package inforce

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"ivalt-radius/admin/view"
	"ivalt-radius/audit"
	"ivalt-radius/cmd/ivalt-radius/commandtest"
	"ivalt-radius/cmd/ivalt-radius/control"
	"ivalt-radius/config"
	"ivalt-radius/fault"
)

const least = `clients:
  - {name: one, networks: [192.0.2.0/24], secrets: [nR8kQ5tZ1mB7yL4cW9dHvX2n]}
  - {name: two, networks: [198.51.100.0/24], secrets: [nR8kQ5tZ1mB7yL4cW9dHvX2n]}
ivalt: {api_key: Zq3vT8mKx1Lw9RbY5cHd2NfG6sJp4UaE7b}
`

func load(t *testing.T, more string, environ ...string) *config.Settings {
	t.Helper()
	path := filepath.Join(t.TempDir(), "c.yaml")
	if err := os.WriteFile(path, []byte(least+more), 0o600); err != nil {
		t.Fatal(err)
	}
	s, faults := config.Load(path, config.Options{Environ: environ})
	if s == nil {
		t.Fatal(faults)
	}
	return s
}

// server is one whose file a test writes. It is locked as the real one.
type server struct {
	mu       sync.Mutex
	now      *config.Settings
	file     Outcome
	looks    int
	draining bool
	trail    error
	recorded []audit.Event
	time     time.Time
}

func (s *server) handler() http.Handler {
	mux := http.NewServeMux()
	Handle(mux, Running{
		File: "c.yaml", Draining: func() bool { return s.draining }, Now: func() time.Time { return s.time },
		Settings: func() *config.Settings { s.mu.Lock(); defer s.mu.Unlock(); return s.now },
		Look: func() Outcome {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.looks++
			return s.file
		},
		Reload: func(context.Context) Outcome {
			s.mu.Lock()
			defer s.mu.Unlock()
			out := s.file
			out.Before = s.now
			if out.Taken = out.After != nil && len(out.Faults.Fatal()) == 0; out.Taken {
				s.now = out.After
			}
			return out
		},
		Commit: func(_ context.Context, e audit.Event) error {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.recorded = append(s.recorded, e)
			return s.trail
		},
	})
	return mux
}

func settingsOf(t *testing.T, h http.Handler) (out view.Settings) {
	t.Helper()
	if err := control.Within(t.Context(), h, "me", view.PathSettings, nil, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestSettings: what is in force, since when, what has changed, and what the file would bring.
func TestSettings(t *testing.T) {
	begun := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	s := &server{now: load(t, ""), time: begun}
	s.file = Outcome{After: s.now}
	h := s.handler()
	if out := settingsOf(t, h); !out.Started.Equal(begun) || !out.Since.Equal(begun) || out.Digest != s.now.Digest() || out.File != "c.yaml" ||
		len(out.Changes)+len(out.Pending)+len(out.Faults) != 0 || out.Changes == nil || out.Pending == nil || out.Faults == nil {
		t.Errorf("%+v", out)
	}
	s.file = Outcome{After: load(t, "max_attempts: 9\nlisten: {admin: \"\"}\n"), Faults: fault.List{{Key: "listen.admin", Line: 7, Message: "restart"}}}
	if out := settingsOf(t, h); len(out.Pending) != 0 || s.looks != 1 {
		t.Errorf("%d looks within 2 s: %+v", s.looks, out.Pending)
	}
	s.time = begun.Add(lookFor)
	out := settingsOf(t, h)
	want := []view.Change{{Key: "listen.admin", Before: "127.0.0.1:9812", Restart: true}, {Key: "max_attempts", Before: "20000", After: "9"}}
	if fmt.Sprint(out.Pending) != fmt.Sprint(want) || fmt.Sprint(out.Faults) != fmt.Sprint([]view.Fault{{Key: "listen.admin", Line: 7, Message: "restart"}}) || len(out.Changes) != 0 {
		t.Errorf("%+v %+v", out.Pending, out.Faults)
	}
	s.mu.Lock()
	s.now = load(t, "max_attempts: 9\n") // by a signal
	s.mu.Unlock()
	if out := settingsOf(t, h); fmt.Sprint(out.Changes) != fmt.Sprint(want[1:]) || !out.Since.Equal(s.time) || !out.Started.Equal(begun) || s.looks != 3 {
		t.Errorf("%+v since %s, %d looks", out.Changes, out.Since, s.looks)
	}
	s.file, s.time = Outcome{Faults: fault.List{{Message: "torn"}}}, s.time.Add(time.Hour)
	if out := settingsOf(t, h); len(out.Pending) != 0 || len(out.Faults) != 1 {
		t.Errorf("%+v", out)
	}
}

// TestEntries stand in the order of the docs, element by element, and hold no secret.
func TestEntries(t *testing.T) {
	s := load(t, "policy: {rules: [{name: r, reply: {Filter-Id: x, Tunnel-Password: cAnArY}}]}\n", "IVALT_RADIUS_MAX_ATTEMPTS=9")
	var keys []string
	byKey := map[string]view.Entry{}
	for _, e := range entries(s) {
		keys, byKey[e.Key] = append(keys, e.Key), e
		if strings.Contains(e.Value, "cAnArY") || strings.Contains(e.Value, "nR8kQ") || strings.Contains(e.Value, "Zq3v") || e.Meaning == "" {
			t.Errorf("%+v", e)
		}
	}
	order := strings.Join(keys, " ")
	for _, part := range []string{
		"listen.authentication listen.accounting listen.admin max_attempts", "clients[0].disconnect_port clients[0].session_end clients[1].name clients[1].networks",
		"users.file users.file people", "policy.rules[0].reply.Filter-Id policy.rules[0].reply.Tunnel-Password",
	} {
		if !strings.Contains(order, part) {
			t.Errorf("%s is not in %s", part, order)
		}
	}
	if strings.Contains(order, "policy.groups") || strings.Contains(order, "admin.accounts") {
		t.Error("a list that is empty is a key")
	}
	for key, want := range map[string]view.Entry{
		"max_attempts":                    {Value: "9", Origin: "environment"},
		"clients[1].name":                 {Value: "two", Origin: "file"},
		"clients[1].secrets":              {Value: "[redacted]", Origin: "file"},
		"reject_delay":                    {Value: "1s", Origin: "default", Default: true},
		"policy.rules[0].reply.Filter-Id": {Value: "x", Origin: "file"},
		"policy.rules[0].decision":        {Value: "require_push", Origin: "default", Default: true},
		"users.file people":               {Value: "0", Origin: "default", Default: true},
	} {
		got := byKey[key]
		if want.Key, want.Meaning = key, got.Meaning; got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
}

// TestReload: nothing without a record, nothing while the server stops, and what came of it.
func TestReload(t *testing.T) {
	s := &server{now: load(t, ""), time: time.Unix(0, 0)}
	h := s.handler()
	ask := func(reason string) (out view.Reloaded, err error) {
		err = control.Within(t.Context(), h, "account=alice", view.PathReload, view.Reason{Reason: reason}, &out)
		return out, err
	}
	s.file = Outcome{After: load(t, "max_attempts: 9\n")}
	before := s.now
	s.draining = true
	if _, err := ask(""); !refused(err, view.Unavailable) || len(s.recorded) != 0 {
		t.Error(err)
	}
	s.draining = false
	for _, bad := range []string{strings.Repeat("x", 501), "a\x1b[2J"} {
		if _, err := ask(bad); !refused(err, view.Invalid) || len(s.recorded) != 0 {
			t.Error(err)
		}
	}
	s.trail = errors.New("no space")
	if _, err := ask(""); !refused(err, view.Unavailable) || s.now != before {
		t.Error(err)
	}
	s.trail = nil
	out, err := ask(" more people ")
	if err != nil || !out.Taken || out.Digest != s.file.After.Digest() || len(out.Changes) != 1 || s.now != s.file.After {
		t.Errorf("%+v %v", out, err)
	}
	if got := s.recorded[1]; got != (audit.Action{Action: "reload", Actor: "account=alice", Target: "c.yaml", Detail: "more people"}) {
		t.Error(got)
	}
	s.file = Outcome{Faults: fault.List{{Key: "max_attempts", Line: 3, Message: "is none"}, {Key: "x", Message: "y", Warning: true}}}
	if out, err = ask(""); err != nil || out.Taken || out.Digest != s.now.Digest() || len(out.Changes) != 0 || len(out.Faults) != 2 || !out.Faults[1].Warning {
		t.Errorf("%+v %v", out, err)
	}
	var all sync.WaitGroup
	for range 8 { // under the race detector
		all.Go(func() { _, _ = ask("") })
		all.Go(func() { settingsOf(t, h) })
	}
	all.Wait()
}

func refused(err error, kind view.Kind) bool {
	refusal, ok := errors.AsType[view.Refusal](err)
	return ok && refusal.Kind == kind
}

func TestShow(t *testing.T) {
	for _, c := range []struct {
		title string
		r     view.Reloaded
		want  string
		err   error
	}{
		{"nothing", view.Reloaded{Taken: true, Digest: "d"}, "reloaded, no setting changed; settings d\n", nil},
		{"one", view.Reloaded{Taken: true, Digest: "d", Changes: []view.Change{{Key: "k", After: "b"}}}, "k: - -> b\nreloaded, 1 key changed; settings d\n", nil},
		{
			"refused",
			view.Reloaded{Changes: []view.Change{{Key: "k"}}, Faults: []view.Fault{{Key: "k", Line: 3, Message: "m"}, {Key: "l", File: "f", Message: "n", Warning: true}}},
			"fault: line 3: k: m\nwarning: f: l: n\n", errRefused,
		},
	} {
		t.Run(c.title, func(t *testing.T) {
			var out bytes.Buffer
			if err := show(&out, c.r); !errors.Is(err, c.err) || out.String() != c.want {
				t.Errorf("%v %q", err, out.String())
			}
			if err := show(broken{}, c.r); err == nil {
				t.Error("nobody reads, and nothing is said")
			}
		})
	}
}

// broken is a terminal that is gone.
type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("gone") }

// TestCommand finds the server, or says that there is none.
func TestCommand(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "c.yaml")
	run := func() (string, error) { return commandtest.Run(t.Context(), NewCommand(path), "--reason", "r") }
	if _, err := run(); err == nil || !strings.Contains(err.Error(), "cannot be read") {
		t.Error(err)
	}
	if err := os.WriteFile(path, []byte(least+"state: {directory: "+dir+"}\nmax_attempts: x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := run(); !errors.Is(err, control.ErrNotRunning) {
		t.Error(err)
	}
	s := &server{now: load(t, ""), time: time.Unix(0, 0)}
	s.file = Outcome{After: s.now}
	socket, err := control.Listen(t.Context(), dir, s.handler())
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close(t.Context())
	if out, err := run(); err != nil || !strings.Contains(out, "no setting changed") || len(s.recorded) != 1 {
		t.Error(out, err)
	}
}
