package doctoring

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ivalt-radius/audit"
	"ivalt-radius/audit/checkpoint"
	"ivalt-radius/cmd/ivalt-radius/commandtest"
	"ivalt-radius/cmd/ivalt-radius/exit"
	"ivalt-radius/config"
	"ivalt-radius/doctor"
	"ivalt-radius/ivalt/gateway"
)

const (
	apiKey = "Zq3vT8mKx1Lw9RbY5cHd2NfG6sJp4UaE7b"
	shared = "nR8kQ5tZ1mB7yL4cW9dHvX2n"
)

// load is the program's, without the other rooms.
func load(path string, opt config.Options) Loaded {
	s, faults := config.Inspect(path, opt)
	if s == nil {
		return Loaded{Faults: faults}
	}
	way, wrong := gateway.Settings{URL: s.IVALT.URL, APIKey: s.IVALT.APIKey, CAFile: s.IVALT.CAFile, Pins: s.IVALT.Pins, Proxy: s.IVALT.Proxy}.Options()
	return Loaded{Settings: s, Faults: faults, Way: way, WaySound: len(wrong.Fatal()) == 0}
}

// site is an installation in a temporary directory.
type site struct{ dir, url, more string }

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{dir: t.TempDir(), url: "http://127.0.0.1:1"}
	for name, text := range map[string]string{"shared": shared, "key": apiKey} {
		s.file(t, name, text)
	}
	return s
}

func (s *site) path(name string) string { return filepath.Join(s.dir, name) }

func (s *site) file(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(s.path(name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// config writes the settings and gives their path.
func (s *site) config(t *testing.T) string {
	t.Helper()
	s.file(t, "config.yaml", fmt.Sprintf(`listen: {authentication: ["127.0.0.1:18129"], accounting: [], admin: ""}
clients: [{name: vpn, networks: [127.0.0.0/8], secrets: ["file:%[1]s/shared"], profile: fortigate}]
state: {directory: %[1]s/state}
ivalt: {url: %[2]q, api_key: "file:%[1]s/key"%[3]s
`, s.dir, s.url, or(s.more, "}")))
	return s.path("config.yaml")
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// trail writes a trail with a checkpoint at its end, as a server that has stopped leaves it.
func (s *site) trail(t *testing.T, events ...audit.Event) {
	t.Helper()
	dir := s.path("state")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	key, err := checkpoint.OpenOrMake(dir)
	if err != nil {
		t.Fatal(err)
	}
	trail, err := audit.Open(filepath.Join(dir, "audit.jsonl"), audit.Options{Key: key, StateDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		err = errors.Join(err, trail.Commit(t.Context(), e))
	}
	if err := errors.Join(err, trail.Close()); err != nil {
		t.Fatal(err)
	}
}

// command runs `doctor` as the program does.
func command(t *testing.T, args ...string) (code int, out string) {
	t.Helper()
	out, err := commandtest.Run(t.Context(), NewCommand("/nowhere/config.yaml", "v1", load), args...)
	for _, canary := range []string{apiKey, shared} {
		if strings.Contains(out, canary) {
			t.Errorf("%q is in the output", canary)
		}
	}
	return exit.Code(err), out
}

// findings are those of `doctor --json`.
func findings(t *testing.T, args ...string) map[string]found {
	t.Helper()
	_, out := command(t, append(args, "--json")...)
	var r struct{ Findings []found }
	if err := json.NewDecoder(strings.NewReader(out)).Decode(&r); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	all := map[string]found{}
	for _, f := range r.Findings {
		all[f.ID] = f
	}
	return all
}

type found struct {
	ID, State string
	Seen, Do  []string
}

func (f found) says(words string) bool {
	return slices.ContainsFunc(append(f.Seen, f.Do...), func(s string) bool { return strings.Contains(s, words) })
}

func expect(t *testing.T, f found, state doctor.State, words string) {
	t.Helper()
	if f.State != state.String() || !f.says(words) {
		t.Errorf("%s: %s, want %s with %q: %q, %q", f.ID, f.State, state, words, f.Seen, f.Do)
	}
}
