package keep

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// TestAPipeInTheHoldsIsAnError: the keeper waits for none, and takes nothing away.
func TestAPipeInTheHoldsIsAnError(t *testing.T) {
	dir := t.TempDir()
	fail(t, os.Mkdir(filepath.Join(dir, directory), 0o700))
	fail(t, unix.Mkfifo(path(dir, "x"), 0o600))
	if holds, err := Holds(dir); err == nil {
		t.Errorf("%v", holds)
	}
}
