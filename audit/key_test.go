package audit

import (
	"strings"
	"testing"
)

// TestAnotherKeyIsTold: a key that was lost makes a new one, and whoever verifies must know which key signed what.
func TestAnotherKeyIsTold(t *testing.T) {
	path, state, key := trailPath(t), t.TempDir(), testKey(t)
	for range 2 {
		trail := mustOpen(t, path, Options{Key: key, StateDir: state})
		mustCommit(t, trail, Attempt{User: "a"})
		mustClose(t, trail)
	}
	if said := contentOf(t, path); strings.Contains(said, "trail_key_changed") {
		t.Error(said)
	}
	trail := mustOpen(t, path, Options{Key: testKey(t), StateDir: state})
	mustCommit(t, trail, Attempt{User: "a"})
	mustClose(t, trail)
	if said := contentOf(t, path); strings.Count(said, `"event":"trail_key_changed"`) != 1 || !strings.Contains(said, key.Public().Fingerprint()) {
		t.Error(said)
	}
}
