package checkpoint

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"ivalt-radius/audit/durable"
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

// TestACrashWhileTheKeyIsMadeLeavesNoHalf: what is left has another name, and the next start makes a key.
func TestACrashWhileTheKeyIsMadeLeavesNoHalf(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, KeyFile)
	if err := os.WriteFile(path+durable.Suffix, []byte("-----BEGIN"), 0o600); err != nil {
		t.Fatal(err)
	}
	k, err := OpenOrMake(dir)
	if err != nil || k.Zero() {
		t.Fatal(err)
	}
	if again, err := OpenOrMake(dir); err != nil || again.Public().Fingerprint() != k.Public().Fingerprint() {
		t.Errorf("another key: %v", err)
	}
	if err := durable.Place(path, durable.Bytes([]byte("x"))); !errors.Is(err, os.ErrExist) {
		t.Errorf("the key is overwritten: %v", err)
	}
}
