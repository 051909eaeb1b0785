package backup

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"ivalt-radius/audit/durable"
	"ivalt-radius/audit/segment"
	"ivalt-radius/cmd/ivalt-radius/control"
	"ivalt-radius/config"
	"ivalt-radius/state"
)

// temporary begins the name of the store's copy.
const temporary = "."

// unfinished reports the name of a file that is not in its place yet, or that a crash has left.
func unfinished(name string) bool {
	return strings.HasPrefix(name, temporary) || strings.HasSuffix(name, durable.Suffix)
}

// member is one file of a backup.
type member struct {
	name string // in the archive, with slashes
	path string
}

// loose lists the regular files of state.directory but the store and the trail, which are copied in their own way.
func loose(s *config.Settings) ([]member, error) {
	dir := s.State.Directory
	var all []member
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) && path != dir {
			return nil // it went away meanwhile
		}
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		if !d.Type().IsRegular() || name == state.StoreFile || name == control.Socket || unfinished(d.Name()) || ofTrail(s, path) {
			return nil
		}
		all = append(all, member{filepath.ToSlash(name), path})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("state.directory: %w", err)
	}
	return all, nil
}

// ofTrail reports the live file and the segments beside it.
func ofTrail(s *config.Settings, path string) bool {
	live := filepath.Clean(s.Audit.File)
	if filepath.Dir(path) != filepath.Dir(live) {
		return false
	}
	_, part := segment.Parse(filepath.Base(live), filepath.Base(path))
	return part || path == live
}

// trailName is the name of a file of the trail in the archive: where it lies in state.directory, else its base name.
func trailName(s *config.Settings, path string) string {
	name, err := filepath.Rel(s.State.Directory, path)
	if err != nil || !filepath.IsLocal(name) {
		name = filepath.Base(path)
	}
	return filepath.ToSlash(name)
}

// errMoving says that a segment went away in between.
var errMoving = errors.New("the trail let an old segment go while it was read: run backup again")

// openTrail looks at the trail: whole is the octets of the live file that are whole lines, on disk. The archive of older segments is not
// part of it.
func openTrail(s *config.Settings) (m segment.Moment, whole int64, err error) {
	if m, err = segment.Now(s.Audit.File, ""); err != nil {
		return m, 0, fmt.Errorf("audit.file: %w", err)
	}
	if m.Live == nil {
		return m, 0, errors.New("audit.file: there are segments, and no live file: start the server, which begins a new one")
	}
	own, err := m.Live.Stat()
	if err == nil {
		err = m.Live.Sync() // what is counted now is on disk
	}
	if err == nil {
		whole, err = wholeLines(m.Live, own.Size())
	}
	if err != nil {
		m.Close()
		return m, 0, fmt.Errorf("audit.file: %w", err)
	}
	return m, whole, nil
}

// wholeLines is how many of the first octets of a file are whole lines.
func wholeLines(file io.ReaderAt, size int64) (int64, error) {
	const step = 64 << 10
	buffer := make([]byte, step)
	for size > 0 {
		part := buffer[:min(size, step)]
		if _, err := file.ReadAt(part, size-int64(len(part))); err != nil {
			return 0, fmt.Errorf("audit.file: %w", err)
		}
		if at := bytes.LastIndexByte(part, '\n'); at >= 0 {
			return size - int64(len(part)) + int64(at) + 1, nil
		}
		size -= int64(len(part))
	}
	return 0, nil
}

// openPart opens a segment, which may have been compressed since it was listed.
func openPart(f segment.File) (*os.File, error) {
	paths := []string{f.Path, f.Path + ".gz"}
	for _, path := range paths {
		file, err := durable.Read(path)
		if !errors.Is(err, fs.ErrNotExist) {
			return file, err
		}
	}
	return nil, errMoving
}
