package audit

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestRootLeavesTheTrailToTheServer: a trail that root opens and rotates, as a command does while no server runs, is the server's
// account's still. Who is not root can make no file of another's.
func TestRootLeavesTheTrailToTheServer(t *testing.T) {
	server := os.Geteuid()
	dir := t.TempDir()
	path := filepath.Join(dir, "audit.jsonl")
	mustClose(t, mustOpen(t, path, Options{}))
	if server == 0 {
		server = 12345
		if err := errors.Join(os.Chown(dir, server, server), os.Chown(path, server, server)); err != nil {
			t.Fatal(err)
		}
	}
	trail := mustOpen(t, path, Options{StateDir: dir, Key: testKey(t)})
	mustCommit(t, trail, Attempt{User: "a"})
	if err := trail.Rotate(t.Context()); err != nil {
		t.Fatal(err)
	}
	mustCommit(t, trail, Attempt{User: "b"})
	mustClose(t, trail)
	mustClose(t, mustOpen(t, filepath.Join(dir, "below", "another.jsonl"), Options{}))
	seen := 0
	if err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := os.Lstat(path)
		if err != nil {
			return err
		}
		if stat, ok := info.Sys().(*syscall.Stat_t); !ok || int(stat.Uid) != server {
			t.Errorf("%s is of %v, not of %d", path, stat.Uid, server)
		}
		seen++
		return nil
	}); err != nil || seen != 6 { // the directory, two files of the trail, its head, and the other one with its directory
		t.Errorf("%d files, %v", seen, err)
	}
}
