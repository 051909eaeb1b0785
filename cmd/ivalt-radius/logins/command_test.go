package logins

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"strings"
	"testing"

	"ivalt-radius/admin/view"
	"ivalt-radius/audit"
	"ivalt-radius/audit/query"
	"ivalt-radius/cmd/ivalt-radius/commandtest"
	"ivalt-radius/cmd/ivalt-radius/configured"
	"ivalt-radius/cmd/ivalt-radius/control"
	"ivalt-radius/cmd/ivalt-radius/exit"
	"ivalt-radius/cmd/ivalt-radius/trail"
	"ivalt-radius/config"
)

// site is an installation whose trail has a login of alice and one of somebody hostile.
type site struct{ config, state string }

func newSite(t *testing.T) site {
	t.Helper()
	var s site
	s.config, s.state = commandtest.Settings(t)
	s.with(t, func(file *audit.Trail) {
		for _, e := range []audit.Event{call("a1", "push", "accepted", 200), ended("a1", "alice", "accept", "approved"), ended("a\x1b2", "e\x1bve", "reject", "push_denied")} {
			if err := file.Commit(t.Context(), e); err != nil {
				t.Fatal(err)
			}
		}
	})
	return s
}

func (s site) settings(t *testing.T) *config.Settings {
	t.Helper()
	settings, err := configured.Settings(s.config)
	if err != nil {
		t.Fatal(err)
	}
	return settings
}

// with has something done with the open trail.
func (s site) with(t *testing.T, do func(*audit.Trail)) {
	t.Helper()
	file, err := trail.Open(s.settings(t))
	if err != nil {
		t.Fatal(err)
	}
	do(file)
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
}

// run is what a command line comes to.
func (s site) run(t *testing.T, args ...string) (string, error) {
	t.Helper()
	return commandtest.Run(t.Context(), NewCommand("/nonexistent"), append(args, "--config", s.config)...)
}

// last is the last reading of the trail that it has on record.
func (s site) last(t *testing.T) string {
	t.Helper()
	found, err := trailOf(s.settings(t)).Last(t.Context(), 1, query.Filter{Types: []string{audit.DataAccess.String()}})
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	return found[0].Action + " " + found[0].Filter
}

// check runs the commands, with a server or without.
func (s site) check(t *testing.T) {
	t.Helper()
	for line, c := range map[string]struct {
		code     int
		says     []string
		recorded string
	}{
		"":                                  {exit.OK, []string{"ATTEMPT", "alice", "accept", "4.21s", "a1", `e\u001bve`}, "logins --type \"authentication_attempt\""},
		"--user ALICE --limit 1":            {exit.OK, []string{"approved"}, `logins --user "alice" --type "authentication_attempt"`},
		"--limit 1":                         {exit.OK, []string{"older ones: --before 3"}, ""},
		"--before 2":                        {exit.OK, []string{"no logins"}, ""},
		"--since 24h --verdict accept":      {exit.OK, []string{"a1"}, ""},
		"--json --user alice":               {exit.OK, []string{`"attempt": "a1"`, `"more": 0`}, ""},
		"show a1":                           {exit.OK, []string{"attempt a1", "alice at vpn from 203.0.113.9: accept, approved", "push sent to iVALT: taken", "let in, after 4.21s"}, `logins --attempt "a1"`},
		"show a1 --json --until 2099-01-01": {exit.OK, []string{`"left_out": 0`, `"in_flight": null`}, ""},
		"show a9":                           {exit.Fault, []string{`no record of the trail has the attempt "a9"`}, `logins --attempt "a9"`},
		"--reason tired":                    {exit.Usage, []string{"--reason"}, ""},
		"--since soon":                      {exit.Usage, []string{"--since"}, ""},
		"show a1 --since 1h --until 2h":     {exit.Usage, []string{"--since is not before --until"}, ""},
		"show":                              {exit.Usage, []string{"arg"}, ""},
	} {
		out, err := s.run(t, strings.Fields(line)...)
		if err != nil {
			out += err.Error()
		}
		for _, part := range c.says {
			if !strings.Contains(out, part) {
				t.Errorf("%s: no %q in\n%s", line, part, out)
			}
		}
		if exit.Code(err) != c.code || strings.Contains(out, "\x1b") {
			t.Errorf("%s: exit %d: %v\n%s", line, exit.Code(err), err, out)
		}
		if c.recorded != "" && s.last(t) != c.recorded {
			t.Errorf("%s is recorded as %s", line, s.last(t))
		}
	}
}

func TestCommandOnFiles(t *testing.T) {
	t.Parallel()
	newSite(t).check(t)
}

func TestCommandAsksTheServer(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	settings := s.settings(t)
	s.with(t, func(file *audit.Trail) {
		mux := http.NewServeMux()
		Handle(mux, Running{Settings: func() *config.Settings { return settings }, Trail: file, InFlight: func(attempt string) *view.InFlight {
			if attempt != "a7" {
				return nil
			}
			return &view.InFlight{Attempt: attempt, User: "kim", Client: "vpn", Stage: view.StageRinging}
		}})
		server, err := control.Listen(t.Context(), s.state, mux)
		if err != nil {
			t.Fatal(err)
		}
		defer server.Close(t.Context())
		s.check(t)
		if out, err := s.run(t, "show", "a7"); err != nil || !strings.Contains(out, "kim at vpn from - waits since") || !strings.Contains(out, "ringing") {
			t.Errorf("%s, %v", out, err)
		}
	})
}

// TestNothingIsReadWithoutEvidence, by the server or by the command.
func TestNothingIsReadWithoutEvidence(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	settings := s.settings(t)
	mux := http.NewServeMux()
	Handle(mux, Running{Settings: func() *config.Settings { return settings }, Trail: full{}})
	for path, in := range map[string]any{view.PathLogins: view.LoginFilter{}, view.PathStory: view.Named{ID: "a1"}} {
		var out json.RawMessage
		var refusal view.Refusal
		if err := control.Within(t.Context(), mux, "a", path, in, &out); !errors.As(err, &refusal) || refusal.Kind != view.Unavailable || out != nil {
			t.Errorf("%s: %s, %v", path, out, err)
		}
	}
	for path, in := range map[string]any{view.PathLogins: view.LoginFilter{Limit: -1}, view.PathStory: view.Named{}} {
		var refusal view.Refusal
		if err := control.Within(t.Context(), mux, "a", path, in, nil); !errors.As(err, &refusal) || refusal.Kind != view.Invalid {
			t.Errorf("%s: %v", path, err)
		}
	}
	if err := os.Remove(settings.Audit.File); err != nil {
		t.Fatal(err)
	}
	if out, err := s.run(t); err == nil || strings.Contains(out, "alice") {
		t.Errorf("%s, %v", out, err)
	}
}

// full is a trail on a full disk.
type full struct{}

func (full) Commit(context.Context, audit.Event) error { return errors.New("disk full") }
