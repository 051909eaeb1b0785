package inherit

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
)

// File gives a file that this process has just made, by a call that refuses to open one that is there, to the owner and the group of
// its directory, where the process is root and that is somebody else. Of any other file whose directory is a stranger's it must not be
// asked: it may be another name of one of root's own.
func File(file *os.File) error {
	if os.Geteuid() != 0 {
		return nil
	}
	uid, gid, err := ownerOf(filepath.Dir(file.Name()))
	if err != nil || uid == 0 {
		return err
	}
	if err := file.Chown(uid, gid); err != nil {
		return fmt.Errorf("giving %s to the owner of its directory: %w", file.Name(), err)
	}
	return nil
}

// Directory is File for a directory that this process has just made.
func Directory(path string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	dir, err := os.OpenFile(filepath.Clean(path), unix.O_DIRECTORY|unix.O_NOFOLLOW|os.O_RDONLY, 0)
	if err != nil {
		return err
	}
	return errors.Join(File(dir), dir.Close())
}

func ownerOf(path string) (uid, gid int, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, 0, err
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, 0, nil
	}
	return int(stat.Uid), int(stat.Gid), nil
}
