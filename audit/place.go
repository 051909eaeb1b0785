package audit

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"ivalt-radius/audit/durable"
)

// What can stand in the place of the trail's file, and what to do about it.
var (
	errMoved = errors.New("the file was removed or renamed while the server writes it: a new file continues the chain by itself, " +
		"keep the old one as evidence where you still have it; the server rotates its trail itself, no other program may")
	errForeign = errors.New("another file stands in its place, which the server does not touch: move that file away, " +
		"then the chain goes on in a new file by itself, or put the trail's own file back; the server rotates its trail itself, no other program may")
)

// place is the path of a trail, and the file that belongs there. While that file is open no other one gets its device and
// inode, so one look at the path tells whether a reader finds the lines there.
type place struct {
	path string
	own  fs.FileInfo
	twin string // a second name of the file, where there is one
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

// refill puts a new file with the given content at the path, where nothing may stand, and returns it locked. The file gets
// its name once it is on disk: a crash leaves no empty file, at which Open would begin a second chain.
func (p *place) refill(content []byte) (_ *os.File, err error) {
	file, own, err := p.prepare(content)
	if err != nil {
		return nil, err
	}
	name := file.Name()
	err = os.Link(name, p.path) // which a rename would not refuse where something stands
	_ = os.Remove(name)         // one that stays is removed by the next prepare
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	if err := durable.SyncDirectory(filepath.Dir(p.path)); err != nil {
		return nil, errors.Join(err, os.Remove(p.path), file.Close())
	}
	p.own = own
	return file, nil
}

// prepare makes a new file with the given content, on disk and locked, under a name of its own.
func (p *place) prepare(content []byte) (_ *os.File, own fs.FileInfo, err error) {
	file, err := durable.Create(p.path)
	if err != nil {
		return nil, nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(file.Name()), file.Close())
		}
	}()
	if err := lock(file); err != nil {
		return nil, nil, err
	}
	if _, err := file.Write(content); err != nil {
		return nil, nil, err
	}
	if err := file.Sync(); err != nil {
		return nil, nil, err
	}
	own, err = file.Stat()
	return file, own, err
}

// advance gives the trail's file the name of a segment and puts a new one with the given content in its place, which it returns
// locked. At each moment the path leads to one of the two, whole, and a crash leaves the old one there, perhaps under both names, or
// the new one.
//
// Without a file the error says why the old one has kept its place. With one it says that the names may not be on disk yet: until
// the directory is synced a crash may bring the old file back.
func (p *place) advance(ended string, content []byte) (*os.File, error) {
	if err := p.dropTwin(); err != nil {
		return nil, err
	}
	file, own, err := p.prepare(content)
	if err != nil {
		return nil, err
	}
	name := file.Name()
	err = p.alsoAs(ended)
	if err == nil {
		err = os.Rename(name, p.path)
	}
	if err != nil {
		return nil, errors.Join(err, p.dropTwin(), os.Remove(name), file.Close())
	}
	p.own, p.twin = own, ""
	return file, durable.SyncDirectory(filepath.Dir(p.path))
}

// alsoAs gives the trail's file a second name, durably, where nothing may stand.
func (p *place) alsoAs(name string) error {
	if err := os.Link(p.path, name); err != nil {
		if errors.Is(err, fs.ErrExist) {
			err = fmt.Errorf("%w: move the file of that name away", err)
		}
		return err
	}
	p.twin = name
	if there, err := os.Stat(name); err != nil {
		return err
	} else if !os.SameFile(there, p.own) {
		return errForeign
	}
	return durable.SyncDirectory(filepath.Dir(name))
}

// dropTwin takes the second name away that a failed advance has left.
func (p *place) dropTwin() error {
	if p.twin == "" {
		return nil
	}
	if err := os.Remove(p.twin); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	p.twin = ""
	return nil
}
