package secretage

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ivalt-radius/cmd/ivalt-radius/commandtest"
	"ivalt-radius/cmd/ivalt-radius/exit"
	"ivalt-radius/config"
	"ivalt-radius/config/inventory"
)

const (
	one    = "nR8kQ5tZ1mB7yL4cW9dHvX2n"
	two    = "b7Rk2vXw9LqZ4tNcP5sD8fGh"
	apiKey = "Zq3vT8mKx1Lw9RbY5cHd2NfG6sJp4UaE7b"
)

// site is a state directory and a configuration file.
type site struct{ dir, config string }

func newSite(t *testing.T) site {
	t.Helper()
	dir := t.TempDir()
	return site{dir, filepath.Join(dir, "c.yaml")}
}

// load writes a configuration with these shared secrets and loads it.
func (s site) load(t *testing.T, shared ...string) *config.Settings {
	t.Helper()
	text := fmt.Sprintf("clients: [{name: a, networks: [10.0.0.0/8], secrets: [%s]}]\nivalt: {api_key: %s}\nstate: {directory: %s}\n", strings.Join(shared, ", "), apiKey, s.dir)
	if err := os.WriteFile(s.config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	settings, faults := config.Load(s.config, config.Options{})
	if settings == nil {
		t.Fatal(faults)
	}
	return settings
}

// ages are key and age of each secret.
func ages(entries []inventory.Entry) string {
	var out []string
	for _, e := range entries {
		out = append(out, e.Key+" "+e.Age())
	}
	return strings.Join(out, "; ")
}

func mustNote(t *testing.T, s *config.Settings, now time.Time) string {
	t.Helper()
	entries, err := Note(s, now)
	if err != nil {
		t.Fatal(err)
	}
	return ages(entries)
}

// TestAges: a secret keeps its age where it moves in its list, a new one begins with none, one that was away for 400 days begins anew.
func TestAges(t *testing.T) {
	s := newSite(t)
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	day := func(n int) time.Time { return now.AddDate(0, 0, n) }
	if entries, err := List(s.load(t, one), now); err != nil || ages(entries) != "clients[0].secrets[0] not seen by a server yet; ivalt.api_key not seen by a server yet" {
		t.Errorf("%v, %v", ages(entries), err)
	}
	if _, err := os.Stat(filepath.Join(s.dir, IDFile)); err == nil {
		t.Error("a reader makes a key")
	}
	for _, c := range []struct {
		at     int
		shared []string
		want   string
	}{
		{0, []string{one}, "clients[0].secrets[0] 0 days; ivalt.api_key 0 days"},
		{10, []string{two, one}, "clients[0].secrets[0] 0 days; clients[0].secrets[1] 10 days; ivalt.api_key 10 days"},
		{11, []string{two}, "clients[0].secrets[0] 1 day; ivalt.api_key 11 days"},
		{410, []string{two, one}, "clients[0].secrets[0] 400 days; clients[0].secrets[1] 410 days; ivalt.api_key 410 days"},
		{411, []string{two}, "clients[0].secrets[0] 401 days; ivalt.api_key 411 days"},
		{900, []string{two}, "clients[0].secrets[0] 890 days; ivalt.api_key 900 days"}, // in use all the time, without a reload
		{901, []string{two, one}, "clients[0].secrets[0] 891 days; clients[0].secrets[1] 0 days; ivalt.api_key 901 days"},
	} {
		if got := mustNote(t, s.load(t, c.shared...), day(c.at)); got != c.want {
			t.Errorf("day %d: %s, want %s", c.at, got, c.want)
		}
	}
	if got := mustNote(t, s.load(t, two), day(-5)); !strings.HasPrefix(got, "clients[0].secrets[0] 0 days") {
		t.Errorf("a clock that was set back: %s", got)
	}
}

// TestNothingToGuessAgainst: the register and what is printed hold no secret, and digests of another key every time.
func TestNothingToGuessAgainst(t *testing.T) {
	var registers []string
	for range 2 {
		s := newSite(t)
		mustNote(t, s.load(t, one), time.Unix(0, 0))
		for _, name := range []string{IDFile, RegisterFile} {
			if info, err := os.Stat(filepath.Join(s.dir, name)); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%s: %v, %v", name, info, err)
			}
		}
		text, err := os.ReadFile(filepath.Join(s.dir, RegisterFile))
		if err != nil || strings.Contains(string(text), one) || strings.Contains(string(text), apiKey) {
			t.Errorf("%v, %s", err, text)
		}
		registers = append(registers, string(text))
	}
	if registers[0] == registers[1] {
		t.Error("the digests are the same without the key")
	}
	r := register{key: make([]byte, idOctets)}
	s := newSite(t).load(t, one)
	if r.digest(inventory.Shared, s.Clients[0].Secrets[0]) == r.digest(inventory.Bind, s.Clients[0].Secrets[0]) {
		t.Error("the kind is not in the digest")
	}
}

func TestDamagedFiles(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(dir string) error
		says  string
	}{
		"id that others read": {func(dir string) error { return os.Chmod(filepath.Join(dir, IDFile), 0o640) }, "chmod 600"},
		"id that is none":     {func(dir string) error { return os.WriteFile(filepath.Join(dir, IDFile), []byte(one), 0o600) }, "is damaged: remove it"},
		"register":            {func(dir string) error { return os.WriteFile(filepath.Join(dir, RegisterFile), []byte("{"), 0o600) }, "is damaged: remove it"},
		"register of spaces": {func(dir string) error {
			return os.WriteFile(filepath.Join(dir, RegisterFile), append([]byte("{}"), bytes.Repeat([]byte(" "), mostFile)...), 0o600)
		}, "is damaged"},
	} {
		s := newSite(t)
		settings := s.load(t, one)
		mustNote(t, settings, time.Unix(0, 0))
		if err := c.spoil(s.dir); err != nil {
			t.Fatal(err)
		}
		entries, err := Note(settings, time.Unix(0, 0))
		if err == nil || !strings.Contains(err.Error(), c.says) || len(entries) != 2 {
			t.Errorf("%s: %v, %v", name, entries, err)
		}
		if _, err := List(settings, time.Unix(0, 0)); err == nil || strings.Contains(err.Error(), one) {
			t.Errorf("%s: listed, %v", name, err)
		}
	}
	s := newSite(t)
	settings := s.load(t, one)
	settings.State.Directory = filepath.Join(s.dir, "none")
	if entries, err := Note(settings, time.Unix(0, 0)); err == nil || len(entries) != 2 {
		t.Errorf("no directory: %v, %v", entries, err)
	}
}

func run(t *testing.T, args ...string) (code int, out string) {
	t.Helper()
	out, err := commandtest.Run(t.Context(), NewCommand("/nowhere/config.yaml"), args...)
	return exit.Code(err), out
}

func TestCommand(t *testing.T) {
	s := newSite(t)
	settings := s.load(t, one, one)
	code, out := run(t, "--config", s.config)
	if code != exit.OK || strings.Count(out, "not seen by a server yet") != 3 || strings.Count(out, "reused") != 2 {
		t.Errorf("exit %d: %s", code, out)
	}
	mustNote(t, settings, time.Now().AddDate(-2, 0, 0))
	code, out = run(t, "--config", s.config)
	if code != exit.OK || strings.Count(out, "old") != 3 || strings.Contains(out, one) || strings.Contains(out, apiKey) {
		t.Errorf("exit %d: %s", code, out)
	}
	code, out = run(t, "--config", s.config, "--format", "json")
	var entries []inventory.Entry
	if err := json.NewDecoder(strings.NewReader(out)).Decode(&entries); err != nil || code != exit.OK || len(entries) != 3 || !entries[2].Old || strings.Contains(out, one) {
		t.Errorf("exit %d, %v: %s", code, err, out)
	}
	if code, _ := run(t, "--config", s.config, "--format", "xml"); code != exit.Usage {
		t.Errorf("xml: exit %d", code)
	}
	if code, out := run(t); code != exit.Fault || !strings.Contains(out, "/nowhere/config.yaml") {
		t.Errorf("exit %d: %s", code, out)
	}
	if err := os.WriteFile(filepath.Join(s.dir, RegisterFile), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, out := run(t, "--config", s.config); code != exit.Fault || !strings.Contains(out, "damaged") {
		t.Errorf("exit %d: %s", code, out)
	}
}
