package configured

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"ivalt-radius/state"
)

// TestStore: where root makes the file it is the directory's owner's, and a directory that is not there is made.
func TestStore(t *testing.T) {
	dir := t.TempDir()
	owner := os.Geteuid()
	if owner == 0 {
		owner = 12345
		if err := os.Chown(dir, owner, owner); err != nil {
			t.Fatal(err)
		}
	}
	for _, dir := range []string{dir, dir, filepath.Join(dir, "new")} {
		s, err := Store(dir)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	info, err := os.Stat(filepath.Join(dir, state.StoreFile))
	if err != nil {
		t.Fatal(err)
	}
	if is, ok := info.Sys().(*syscall.Stat_t); !ok || int(is.Uid) != owner || info.Mode().Perm() != 0o600 {
		t.Errorf("%v of %+v", info.Mode(), info.Sys())
	}
}
