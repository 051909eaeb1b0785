package trail

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ivalt-radius/audit"
	"ivalt-radius/config"
)

// TestReadingMakesNoTrail: where there is none there is nothing to record a reading in, and none begins by it.
func TestReadingMakesNoTrail(t *testing.T) {
	dir := t.TempDir()
	s := &config.Settings{Audit: config.Audit{File: filepath.Join(dir, "audit.jsonl")}, State: config.State{Directory: dir}}
	if err := Record(t.Context(), s, audit.Access{Action: "tail"}); err == nil || !strings.Contains(err.Error(), "cannot be done") {
		t.Errorf("%v", err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
		t.Errorf("%v %v", err, entries)
	}
}
