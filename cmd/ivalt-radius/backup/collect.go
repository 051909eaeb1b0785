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

// evidence is the trail as it was at one moment: the live file held open, and the segments before it.
type evidence struct {
	live  *os.File
	whole int64 // octets of the live file that are whole lines, on disk
	parts []segment.File
}

// errMoving says that a segment ended or went away in between.
var errMoving = errors.New("the trail began a new segment, or let an old one go, while it was read: run backup again")

// tries is how often a trail that moves is looked at anew.
const tries = 5

// openTrail looks at the trail. The archive of older segments is not part of it.
func openTrail(s *config.Settings) (*evidence, error) {
	for range tries {
		t, err := look(filepath.Clean(s.Audit.File))
		if !errors.Is(err, errMoving) {
			return t, err
		}
	}
	return nil, errMoving
}

func look(path string) (_ *evidence, err error) {
	file, err := os.Open(filepath.Clean(path))
	if err != nil {
		return nil, fmt.Errorf("audit.file: %w", err)
	}
	defer func() {
		if err != nil {
			_ = file.Close()
		}
	}()
	files, err := segment.List(path, "")
	if err != nil {
		return nil, fmt.Errorf("audit.file: %w", err)
	}
	// Where the file that is open still has its name now, no segment ended before the list was made.
	own, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("audit.file: %w", err)
	}
	now, err := os.Stat(path)
	if err != nil || !os.SameFile(own, now) {
		return nil, errMoving
	}
	t := &evidence{live: file}
	for _, f := range files {
		if !f.Live() {
			t.parts = append(t.parts, f)
		}
	}
	if err := file.Sync(); err != nil { // what is counted now is on disk
		return nil, fmt.Errorf("audit.file: %w", err)
	}
	t.whole, err = wholeLines(file, own.Size())
	return t, err
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
		file, err := os.Open(filepath.Clean(path))
		if !errors.Is(err, fs.ErrNotExist) {
			return file, err
		}
	}
	return nil, errMoving
}
