package gating

import (
	"testing"
	"testing/fstest"
	"time"

	"ivalt-radius/config"
	"ivalt-radius/guard/gate"
	"ivalt-radius/guard/gate/lockout"
)

// loaded reads a configuration with these settings of guard.
func loaded(t *testing.T, guard string) *config.Settings {
	t.Helper()
	files := fstest.MapFS{"c.yaml": {Mode: 0o600, Data: []byte("listen: {authentication: [\"127.0.0.1:1812\"]}\n" +
		"clients: [{name: one, networks: [192.0.2.1], secrets: [\"env:SHARED\"]}]\nivalt: {api_key: \"env:KEY\"}\nusers: {email: \"{username}@example.com\"}\n" + guard)}}
	s, faults := config.Load("c.yaml", config.Options{Environ: []string{"SHARED=b7Rk2vXw9LqZ4tNc", "KEY=Zq3kV8_never-issued_7Hn2Lw5Tb9xYc4Rm"}, Open: files.Open})
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestDefaultsHaveNoFaults(t *testing.T) {
	if faults := Settings(loaded(t, "")).Check(); len(faults) > 0 {
		t.Errorf("the defaults: %v", faults)
	}
}

func TestSettings(t *testing.T) {
	got := Settings(loaded(t, `guard:
  attempts: {window: 2m, per_user: 1, per_calling_station: 2, per_client: 3, in_all: 4}
  wrong_passwords: {window: 3m, per_user: 5, per_calling_station: 6, per_client: 7, in_all: 8}
  pushes: {window: 4m, per_user: 9, per_calling_station: 10, per_client: 11, in_all: 12}
  lockout: {after: 13, window: 5m, for: 6m, most: 7m}
  unanswered: {after: 14, for: 8m, most: 9m}
  denied: {for: 10m}
`))
	want := gate.Settings{
		Attempts:       gate.Rates{Window: 2 * time.Minute, PerUser: 1, PerCallingStation: 2, PerClient: 3, InAll: 4},
		WrongPasswords: gate.Rates{Window: 3 * time.Minute, PerUser: 5, PerCallingStation: 6, PerClient: 7, InAll: 8},
		Pushes:         gate.Rates{Window: 4 * time.Minute, PerUser: 9, PerCallingStation: 10, PerClient: 11, InAll: 12},
		Lockout:        lockout.Settings{After: 13, Window: 5 * time.Minute, For: 6 * time.Minute, Most: 7 * time.Minute},
		Unanswered:     gate.Unanswered{After: 14, For: 8 * time.Minute, Most: 9 * time.Minute},
		Denied:         10 * time.Minute,
	}
	if got != want {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}
