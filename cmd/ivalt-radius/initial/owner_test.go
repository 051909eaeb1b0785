package initial

import (
	"errors"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestServersOwner: the files change hands only where root makes the packaged server's, and its user is there.
func TestServersOwner(t *testing.T) {
	known := func(string) (*user.User, error) { return &user.User{Uid: "990", Gid: "991"}, nil }
	for name, c := range map[string]struct {
		dir    string
		euid   int
		lookup func(string) (*user.User, error)
		want   *owner
	}{
		"packaged":        {initDirectory, 0, known, &owner{990, 991}},
		"another folder":  {"/srv/radius", 0, known, nil},
		"not root":        {initDirectory, 1000, known, nil},
		"no such user":    {initDirectory, 0, func(string) (*user.User, error) { return nil, errors.New("none") }, nil},
		"no number":       {initDirectory, 0, func(string) (*user.User, error) { return &user.User{Uid: "S-1", Gid: "991"}, nil }, nil},
		"no group number": {initDirectory, 0, func(string) (*user.User, error) { return &user.User{Uid: "990"}, nil }, nil},
	} {
		got := serversOwner(c.dir, c.euid, c.lookup)
		if (got == nil) != (c.want == nil) || got != nil && *got != *c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// TestOwnedFiles are their owner's from the first octet, and the next steps say so.
func TestOwnedFiles(t *testing.T) {
	set, err := newStarterSet(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	set.owner = &owner{os.Geteuid(), os.Getegid()}
	if os.Geteuid() == 0 {
		set.owner = &owner{65531, 65532}
	}
	if err := set.write(); err != nil {
		t.Fatal(err)
	}
	for _, f := range set.files() {
		info, err := os.Stat(f.path)
		if err != nil {
			t.Fatal(err)
		}
		if stat, ok := info.Sys().(*syscall.Stat_t); !ok || int(stat.Uid) != set.owner.uid || int(stat.Gid) != set.owner.gid || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %+v", filepath.Base(f.path), info)
		}
	}
	if steps := set.nextSteps(); !strings.Contains(steps, "server's user, ivalt-radius") || !strings.Contains(steps, "systemctl enable --now ivalt-radius") {
		t.Error(steps)
	}
}
