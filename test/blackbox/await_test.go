package blackbox_test

import (
	"path/filepath"
	"testing"

	"ivalt-radius/test/blackbox"
)

// awaitFiles waits until the files of a pattern are as wanted.
func awaitFiles(t *testing.T, pattern string, are func([]string) bool) {
	t.Helper()
	blackbox.Eventually(t, pattern, func() bool {
		found, err := filepath.Glob(pattern)
		return err == nil && are(found)
	})
}
