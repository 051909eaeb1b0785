package blackbox_test

import (
	"path/filepath"
	"testing"
	"time"

	"ivalt-radius/test/blackbox"
)

// eventually waits until something is so.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(blackbox.Patience); !is(); <-tick.C {
		if time.Now().After(end) {
			t.Fatalf("does not come: %s", what)
		}
	}
}

// awaitFiles waits until the files of a pattern are as wanted.
func awaitFiles(t *testing.T, pattern string, are func([]string) bool) {
	t.Helper()
	eventually(t, pattern, func() bool {
		found, err := filepath.Glob(pattern)
		return err == nil && are(found)
	})
}
