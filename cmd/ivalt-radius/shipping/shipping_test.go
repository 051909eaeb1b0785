package shipping

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sirupsen/logrus"

	"ivalt-radius/audit"
	"ivalt-radius/config"
)

func settings(dir, to string) *config.Settings {
	return &config.Settings{
		Audit: config.Audit{File: filepath.Join(dir, "audit.jsonl"), Ship: []config.Ship{{Name: "siem", To: to, Format: "json", Spool: 1 << 20, Types: []string{"system_event"}}}},
		State: config.State{Directory: dir},
	}
}

// TestShipsARealTrail: what the trail's writer has made durable arrives, the last record too, and the cursor lies in the state.
func TestShipsARealTrail(t *testing.T) {
	dir := t.TempDir()
	out := filepath.Join(dir, "out")
	s := settings(dir, "file:"+out)
	plan, faults := Understand(s)
	trail, err := audit.Open(s.Audit.File, audit.Options{})
	if err != nil || len(faults) > 0 {
		t.Fatal(err, faults)
	}
	log := logrus.New()
	log.SetOutput(io.Discard)
	shipping, err := Start(t.Context(), s, plan, Server{Trail: trail, Note: func(e audit.Event) { _ = trail.Post(e) }, Log: log, Version: "1"})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range []audit.Event{audit.System{Event: "started"}, audit.Attempt{User: "alice"}, audit.System{Event: "stopped"}} {
		if err := trail.Commit(t.Context(), e); err != nil {
			t.Error(err)
		}
	}
	if err := trail.Close(); err != nil {
		t.Error(err)
	}
	shipping.Close(t.Context())
	content, err := os.ReadFile(out)
	if err != nil || strings.Count(string(content), "\n") != 2 || !strings.Contains(string(content), `"event":"stopped"`) {
		t.Errorf("%v: %s", err, content)
	}
	if place, err := os.ReadFile(filepath.Join(dir, "ship", "siem.json")); err != nil || !strings.Contains(string(place), `"seq":3`) {
		t.Errorf("%v: %s", err, place)
	}
}

func TestFaultsHaveKeys(t *testing.T) {
	s := settings(t.TempDir(), "gopher:")
	if _, faults := Understand(s); len(faults) != 1 || faults[0].Key != "audit.ship[0].to" {
		t.Errorf("%v", faults)
	}
	s.Audit.Ship[0].To, s.State.Directory = "journald:", filepath.Join(t.TempDir(), "none")
	plan, faults := Understand(s)
	if _, err := Start(t.Context(), s, plan, Server{}); err == nil || len(faults) > 0 || !strings.Contains(err.Error(), "the key of pseudonyms") {
		t.Errorf("no key of pseudonyms: %v, %v", err, faults)
	}
}
