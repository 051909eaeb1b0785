package audit

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// What can stand in the place of the trail's file, and what to do about it.
var (
	errMoved = errors.New("the file was removed or renamed while the server writes it: a new file continues the chain by itself, " +
		"keep the old one as evidence where you still have it; rotation by other programs is not supported")
	errForeign = errors.New("another file stands in its place, which the server does not touch: move that file away, " +
		"then the chain goes on in a new file by itself, or put the trail's own file back; rotation by other programs is not supported")
)

// place is the path of a trail, and the file that belongs there. While that file is open no other one gets its device and
// inode, so one look at the path tells whether a reader finds the lines there.
type place struct {
	path string
	own  fs.FileInfo
}

// check returns nil where the path leads to the trail's own file.
func (p *place) check() error {
	there, err := os.Stat(p.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errMoved
	case err != nil:
		return fmt.Errorf("look whether the file is still there: %w", err)
	case !os.SameFile(there, p.own):
		return errForeign
	}
	return nil
}

// newSuffix ends the name of a file that is not yet the trail.
const newSuffix = ".new"

// refill puts a new file with the given content at the path, where nothing may stand, and returns it locked. The file gets
// its name once it is on disk: a crash leaves no empty file, at which Open would begin a second chain.
func (p *place) refill(content []byte) (_ *os.File, err error) {
	name := p.path + newSuffix
	if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	file, err := os.OpenFile(name, os.O_RDWR|os.O_APPEND|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // beside the operator's own path
	if err != nil {
		return nil, err
	}
	defer func() {
		_ = os.Remove(name) // one that stays is removed by the next refill
		if err != nil {
			err = errors.Join(err, file.Close())
		}
	}()
	if err := lock(file); err != nil {
		return nil, err
	}
	if _, err := file.Write(content); err != nil {
		return nil, err
	}
	if err := file.Sync(); err != nil {
		return nil, err
	}
	own, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if err := os.Link(name, p.path); err != nil { // which a rename would not refuse where something stands
		return nil, err
	}
	if err := syncDirectory(filepath.Dir(p.path)); err != nil {
		return nil, errors.Join(err, os.Remove(p.path))
	}
	p.own = own
	return file, nil
}
