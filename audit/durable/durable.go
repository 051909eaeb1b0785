package durable

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// Suffix ends the name of a file that is not yet in its place. One that a crash has left is taken away by whoever puts the next file
// there.
const Suffix = ".new"

// The modes of what is made: for its owner alone.
const (
	ownFile      = 0o600
	ownDirectory = 0o700
)

// Write puts a file in its place, mode 0600, over one that is there: it has its name once all that write wrote is on disk. An error of
// syncing the directory leaves the new file there, whose name a crash may undo.
func Write(path string, write func(io.Writer) error) error {
	name, err := Aside(path, write)
	if err != nil {
		return err
	}
	if err := os.Rename(name, path); err != nil {
		return errors.Join(err, os.Remove(name))
	}
	return SyncDirectory(filepath.Dir(path))
}

// Place is Write where nothing may stand: the error is fs.ErrExist where something does, and that stays. Of several processes that
// place one file, one does.
func Place(path string, write func(io.Writer) error) error {
	path = filepath.Clean(path)
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*"+Suffix) // mode 0600
	if err != nil {
		return err
	}
	name, err := fill(file, path, write)
	if err != nil {
		return err
	}
	err = os.Link(name, path) // which a rename would not refuse
	return errors.Join(err, os.Remove(name), SyncDirectory(filepath.Dir(path)))
}

// Aside is the first half of Write: the file is on disk under the name that it returns, path with Suffix. Whoever gives it another one
// syncs the directory. An error leaves no file. One call for a path at a time.
func Aside(path string, write func(io.Writer) error) (name string, err error) {
	file, err := open(path)
	if err != nil {
		return "", err
	}
	return fill(file, path, write)
}

// fill writes a file that is to take its place at path, down to the disk, and closes it.
func fill(file *os.File, path string, write func(io.Writer) error) (name string, err error) {
	if err = give(file, path); err == nil {
		err = write(file)
	}
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return "", errors.Join(err, os.Remove(file.Name()))
	}
	return file.Name(), nil
}

// Create makes a new file, open for reading and appending, that is to take its place at path: it has that name with Suffix, and nothing
// of it is on disk yet. One call for a path at a time.
func Create(path string) (*os.File, error) {
	file, err := open(path)
	if err != nil {
		return nil, err
	}
	if err := give(file, filepath.Clean(path)); err != nil {
		return nil, errors.Join(err, file.Close(), os.Remove(file.Name()))
	}
	return file, nil
}

func open(path string) (*os.File, error) {
	name := path + Suffix
	if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) { // a crash has left it
		return nil, err
	}
	return os.OpenFile(filepath.Clean(name), os.O_RDWR|os.O_APPEND|os.O_CREATE|os.O_EXCL, ownFile)
}

// Open opens the file at path for reading and appending, and makes it where there is none.
func Open(path string) (*os.File, error) {
	const flags = os.O_RDWR | os.O_APPEND
	path = filepath.Clean(path)
	file, err := os.OpenFile(path, flags, 0)
	if !errors.Is(err, fs.ErrNotExist) {
		return file, err
	}
	file, err = os.OpenFile(path, flags|os.O_CREATE|os.O_EXCL, ownFile) // never through a link that leads elsewhere
	if errors.Is(err, fs.ErrExist) {
		return os.OpenFile(path, flags, 0)
	}
	if err != nil {
		return nil, err
	}
	if err := give(file, path); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// give gives a file that root has made to whom it should belong.
func give(file *os.File, path string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	own, err := file.Stat()
	if err != nil {
		return err
	}
	like, err := os.Lstat(path)
	if err != nil || !like.Mode().IsRegular() || os.SameFile(like, own) {
		if like, err = os.Stat(filepath.Dir(path)); err != nil {
			return err
		}
	}
	if owner, ok := like.Sys().(*syscall.Stat_t); ok && owner.Uid != 0 {
		return file.Chown(int(owner.Uid), int(owner.Gid))
	}
	return nil
}

// Directory makes one directory, mode 0700 and on disk, where there is none.
func Directory(path string) error {
	path = filepath.Clean(path)
	if err := os.Mkdir(path, ownDirectory); errors.Is(err, fs.ErrExist) {
		return nil
	} else if err != nil {
		return err
	}
	dir, err := os.OpenFile(path, os.O_RDONLY|syscall.O_DIRECTORY|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return err
	}
	return errors.Join(give(dir, path), dir.Close(), SyncDirectory(filepath.Dir(path)))
}

// SyncDirectory makes the names in a directory durable.
func SyncDirectory(path string) error {
	dir, err := os.Open(filepath.Clean(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// Bytes is a write that writes these.
func Bytes(content []byte) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	}
}
