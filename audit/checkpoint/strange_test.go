package checkpoint

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// TestWhatIsNoFileHoldsNobodyUp: a copy of a trail, with head and key beside it, may be a stranger's.
func TestWhatIsNoFileHoldsNobodyUp(t *testing.T) {
	pipes, devices := t.TempDir(), t.TempDir()
	for _, err := range []error{
		unix.Mkfifo(filepath.Join(pipes, HeadFile), 0o600), unix.Mkfifo(filepath.Join(pipes, PublicFile), 0o600),
		os.Symlink("/dev/zero", filepath.Join(devices, HeadFile)), os.Symlink("/dev/zero", filepath.Join(devices, PublicFile)),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, dir := range []string{pipes, devices} {
		if _, err := ReadHead(dir); !errors.Is(err, ErrNoHead) {
			t.Errorf("%s: %v", dir, err)
		}
		if _, err := ReadPublic(filepath.Join(dir, PublicFile)); err == nil {
			t.Errorf("%s: a key", dir)
		}
	}
}
