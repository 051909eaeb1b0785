package audit

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"ivalt-radius/audit/checkpoint"
)

// strangersDirectory belongs to another user than the test's, where that may give it away.
func strangersDirectory(t *testing.T) (dir string, uid uint32) {
	t.Helper()
	dir, id := t.TempDir(), os.Geteuid()
	if id == 0 {
		id = 65534
	}
	fail(t, os.Chown(dir, id, -1))
	return dir, uint32(id)
}

// TestWhatRootMakesIsTheServers: a command as root, while no server runs, leaves nothing that the server cannot open.
func TestWhatRootMakesIsTheServers(t *testing.T) {
	dir, uid := strangersDirectory(t)
	key, err := checkpoint.OpenOrMake(dir)
	fail(t, err)
	path := filepath.Join(dir, "sub", "audit.jsonl")
	trail := mustOpen(t, path, Options{Key: key, StateDir: dir})
	mustCommit(t, trail, Attempt{User: "a"})
	mustRotate(t, trail)
	fail(t, os.Remove(path))
	_ = trail.Commit(t.Context(), Attempt{User: "b"}) // goes on in a new file
	mustCommit(t, trail, Attempt{User: "c"})
	mustClose(t, trail)
	seen := 0
	fail(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if stat, ok := info.Sys().(*syscall.Stat_t); err != nil || !ok || stat.Uid != uid {
			t.Errorf("%s: %v %+v", path, err, stat)
		}
		seen++
		return nil
	}))
	if seen != 7 {
		t.Errorf("%d files and directories", seen)
	}
}

// TestNothingIsMadeThroughALink: the owner of the directory may put one there for root to follow.
func TestNothingIsMadeThroughALink(t *testing.T) {
	dir, elsewhere := t.TempDir(), t.TempDir()
	victim := filepath.Join(elsewhere, "victim")
	write(t, victim, "precious")
	for name, target := range map[string]string{
		checkpoint.PublicFile: victim, checkpoint.HeadFile + ".new": victim, "audit.jsonl.new": victim, "audit.jsonl": filepath.Join(elsewhere, "made"),
	} {
		fail(t, os.Symlink(target, filepath.Join(dir, name)))
	}
	key, err := checkpoint.OpenOrMake(dir)
	fail(t, err)
	if trail, err := Open(filepath.Join(dir, "audit.jsonl"), Options{Key: key, StateDir: dir}); err == nil {
		t.Errorf("a trail through a link to nowhere: %v", trail.Close())
	}
	fail(t, os.Remove(filepath.Join(dir, "audit.jsonl")))
	trail := mustOpen(t, filepath.Join(dir, "audit.jsonl"), Options{Key: key, StateDir: dir})
	mustCommit(t, trail, Attempt{User: "a"})
	mustRotate(t, trail)
	mustClose(t, trail)
	if got := read(t, victim); got != "precious" {
		t.Errorf("%.100s", got)
	}
	if entries, err := os.ReadDir(elsewhere); err != nil || len(entries) != 1 {
		t.Errorf("%v %v", err, entries)
	}
	info, err := os.Lstat(filepath.Join(dir, checkpoint.PublicFile))
	if err != nil || info.Mode() != 0o644 {
		t.Errorf("%v %v", err, info.Mode())
	}
}
