package people

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"ivalt-radius/admin/view"
	"ivalt-radius/audit"
	"ivalt-radius/auth"
	"ivalt-radius/auth/approvals"
	"ivalt-radius/cmd/ivalt-radius/commandtest"
	"ivalt-radius/cmd/ivalt-radius/control"
	"ivalt-radius/cmd/ivalt-radius/exit"
	"ivalt-radius/guard/block"
	"ivalt-radius/guard/gate"
)

func until() time.Time { return time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC) }

// server is one that remembers people; what happens stands in done, in order.
type server struct {
	locked int
	done   []string
	err    error
}

func (s *server) Lockouts() []gate.Lockout {
	return slices.Repeat([]gate.Lockout{{User: "bob", Station: "a\x1b[2J", Until: until(), Count: 2}}, s.locked)
}

func (*server) Pauses(most int) ([]gate.Pause, int) {
	return []gate.Pause{{User: "carol", Until: until()}}, 3 + most - 500
}

func (s *server) Release(user, station string) {
	s.done = append(s.done, "gate "+user+station)
}

func (*server) Remembered(int) ([]approvals.Person, int) {
	return []approvals.Person{{Name: "dave", Count: 2, Newest: until()}}, 4
}

func (s *server) Forget(person auth.Username) { s.done = append(s.done, "flow "+person.String()) }

func (s *server) Commit(_ context.Context, e audit.Event) error {
	s.done = append(s.done, fmt.Sprintf("%+v", e))
	return s.err
}

func (s *server) running() Running {
	return Running{Gate: s, Approvals: s, Trail: s, Blocks: func() []block.Block { return []block.Block{{User: "eve", Until: until(), Reason: "why"}} }}
}

// run is what a command line comes to, asked of the server on its socket.
func (s *server) run(t *testing.T, line string) (string, error) {
	t.Helper()
	config, state := commandtest.Settings(t)
	if s != nil {
		mux := http.NewServeMux()
		Handle(mux, s.running())
		listening, err := control.Listen(t.Context(), state, mux)
		if err != nil {
			t.Fatal(err)
		}
		defer listening.Close(t.Context())
	}
	return commandtest.Run(t.Context(), NewCommand("/nonexistent"), append(strings.Fields(line), "--config", config)...)
}

func TestCommand(t *testing.T) {
	t.Parallel()
	for line, c := range map[string]struct {
		code int
		says []string
	}{
		"": {exit.OK, []string{
			"bob    locked out", `a\u001b[2J`, "2 in a row", "carol  paused      -", "eve    blocked", "why", "dave   remembered  -           since 2026-11-26T09:00:00Z  2 logins", "7 more are not shown",
		}},
		"--json": {exit.OK, []string{`"left_out": 4`, `"paused_left_out": 3`, `"user": "dave"`}},
		"release --user CORP\\Bob --lockouts --reason asked":               {exit.OK, []string{"corp\\bob: forgotten: lockouts and pauses\n"}},
		"release --user bob --lockouts --remembered --reason asked --json": {exit.OK, []string{`"remembered": true`}},
		"release --user bob --reason asked":                                {exit.Usage, []string{"--lockouts, --remembered, or both"}},
		"release --user bob --lockouts --reason \x01":                      {exit.Usage, []string{"--reason"}},
		"release --lockouts --reason asked":                                {exit.Usage, []string{"user"}},
		"release --user a\x01b --lockouts --reason asked":                  {exit.Usage, []string{"--user"}},
	} {
		out, err := (&server{locked: 1}).run(t, line)
		for _, part := range c.says {
			if !strings.Contains(out, part) {
				t.Errorf("%s: no %q in\n%s", line, part, out)
			}
		}
		if exit.Code(err) != c.code || c.code == exit.OK && strings.Contains(out, "\x1b") {
			t.Errorf("%s: exit %d: %s", line, exit.Code(err), out)
		}
	}
	if out, err := (*server)(nil).run(t, ""); !errors.Is(err, control.ErrNotRunning) {
		t.Errorf("%s, %v", out, err)
	}
	var out bytes.Buffer
	if err := show(&out, view.People{}); err != nil || out.String() != "nobody is locked out, paused, blocked or remembered\n" {
		t.Errorf("%s, %v", out.String(), err)
	}
}

// TestRelease: what was asked for is forgotten and nothing else, for the canonical name, behind the evidence.
func TestRelease(t *testing.T) {
	t.Parallel()
	action := func(detail string) string {
		return fmt.Sprintf("%+v", audit.Action{Action: "release", Actor: "account=alice", Target: "bob@corp.example", Detail: detail})
	}
	var refusal view.Refusal
	for name, c := range map[string]struct {
		in   view.Release
		err  error
		kind view.Kind // of a refusal
		done []string
	}{
		"lockouts":   {view.Release{User: "Bob@Corp.Example", Lockouts: true, Reason: " asked "}, nil, 0, []string{action("lockouts and pauses: asked"), "gate bob@corp.example"}},
		"remembered": {view.Release{User: "bob@corp.example", Remembered: true, Reason: "asked"}, nil, 0, []string{action("remembered approvals: asked"), "flow bob@corp.example"}},
		"both": {view.Release{User: "bob@corp.example", Lockouts: true, Remembered: true, Reason: "asked"}, nil, 0, []string{
			action("lockouts and pauses, remembered approvals: asked"), "gate bob@corp.example", "flow bob@corp.example",
		}},
		"nothing":     {view.Release{User: "bob", Reason: "asked"}, nil, view.Invalid, nil},
		"no reason":   {view.Release{User: "bob", Lockouts: true, Reason: " "}, nil, view.Invalid, nil},
		"nobody":      {view.Release{Lockouts: true, Reason: "asked"}, nil, view.Invalid, nil},
		"no evidence": {view.Release{User: "bob@corp.example", Lockouts: true, Remembered: true, Reason: "asked"}, errors.New("disk full"), view.Unavailable, []string{action("lockouts and pauses, remembered approvals: asked")}},
	} {
		s := &server{err: c.err}
		mux := http.NewServeMux()
		Handle(mux, s.running())
		var out view.Released
		err := control.Within(t.Context(), mux, "account=alice", view.PathRelease, c.in, &out)
		if !slices.Equal(s.done, c.done) {
			t.Errorf("%s: %q, want %q", name, s.done, c.done)
		}
		want := view.Released{User: "bob@corp.example", Lockouts: c.in.Lockouts, Remembered: c.in.Remembered}
		if refused := errors.As(err, &refusal); refused != (c.kind != 0) || refused && refusal.Kind != c.kind || !refused && out != want {
			t.Errorf("%s: %+v, %v", name, out, err)
		}
	}
}

// TestList: bounded, with empty lists where there is nothing, and behind the evidence.
func TestList(t *testing.T) {
	t.Parallel()
	s := &server{locked: most + 7}
	got, err := s.running().list(t.Context(), "account=alice")
	if err != nil || len(got.Lockouts) != most || got.LockoutsLeft != 7 || s.done[0] != fmt.Sprintf("%+v", audit.Access{Action: "people", Actor: "account=alice"}) {
		t.Errorf("%d lockouts and %d more, %v, %v", len(got.Lockouts), got.LockoutsLeft, s.done, err)
	}
	s = &server{err: errors.New("disk full")}
	var refusal view.Refusal
	if got, err := s.running().list(t.Context(), "a"); !errors.As(err, &refusal) || refusal.Kind != view.Unavailable || got.Remembered != nil {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := (&server{}).running().list(t.Context(), "a"); err != nil || got.Lockouts == nil {
		t.Errorf("%+v, %v", got, err)
	}
}

// FuzzRelease: whoever is released is named in canonical form, for a reason that fits a line.
func FuzzRelease(f *testing.F) {
	f.Add("CORP\\Bob", "asked", true, false)
	f.Add("\x00", "\n", false, false)
	f.Fuzz(func(t *testing.T, user, reason string, lockouts, remembered bool) {
		in := view.Release{User: user, Reason: reason, Lockouts: lockouts, Remembered: remembered}
		name, err := check(&in)
		if err != nil {
			return
		}
		again, err := auth.ParseUsername(name.String())
		if err != nil || again != name || strings.ContainsAny(in.Reason, "\n\x00\x1b") || in.Reason == "" || !lockouts && !remembered {
			t.Errorf("%q, %+v, %v", name, in, err)
		}
	})
}
