package segment

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"ivalt-radius/audit/durable"
)

// Moment is the files of a trail as they were at one moment, though a server goes on in a new file meanwhile. The zero Moment has none.
type Moment struct {
	Ended []File   // the segments, in order
	Live  *os.File // the live file, open for reading: whatever a server does, it is what follows them; nil: there is none

	path, archive string
}

// attempts bounds how often a trail that goes on in a new file meanwhile is listed anew.
const attempts = 1000

// errMoving is a trail that never stands still.
var errMoving = errors.New("the files of the trail change too fast to be listed: try again")

// Now lists the files of the trail at live, and opens the live one. archive is as in List. The error is fs.ErrNotExist where there is
// neither a live file nor a segment. Whoever calls it closes the Moment.
func Now(live, archive string) (Moment, error) {
	for range attempts {
		m, still, err := now(filepath.Clean(live), archive)
		if err == nil && still {
			return m, nil
		}
		m.Close()
		if err != nil {
			return Moment{}, err
		}
	}
	return Moment{}, fmt.Errorf("%s: %w", live, errMoving)
}

// now opens the live file before the list is made; where that is still the live one behind it, no segment ended in between. A directory
// is not read at one moment: a segment whose name changes meanwhile, as it is compressed, can be missed. So it is read until two lists
// are the same.
func now(live, archive string) (m Moment, still bool, err error) {
	m = Moment{path: live, archive: archive}
	if info, err := os.Stat(live); err == nil && !info.Mode().IsRegular() {
		return m, false, fmt.Errorf("%s is no regular file", live) // which could keep whoever opens it waiting
	}
	file, missing := durable.Read(live)
	switch {
	case missing == nil:
		m.Live = file
	case !errors.Is(missing, fs.ErrNotExist):
		return m, false, missing
	}
	files, err := List(live, archive)
	if err != nil {
		return m, false, err
	}
	again, err := List(live, archive)
	if err != nil {
		return m, false, err
	}
	if m.Live == nil && len(again) == 0 {
		return m, false, missing
	}
	m.Ended = slices.DeleteFunc(slices.Clone(again), File.Live)
	leads := m.Leads() || m.Live == nil && len(m.Ended) == len(again)
	return m, leads && slices.Equal(files, again), nil
}

// Leads reports that the path still leads to the live file of the Moment.
func (m Moment) Leads() bool {
	if m.Live == nil {
		return false
	}
	there, err1 := os.Stat(m.path)
	own, err2 := m.Live.Stat()
	return err1 == nil && err2 == nil && os.SameFile(own, there)
}

// Open opens one of the segments: also one that was compressed, or moved to the archive, since it was listed.
func (m Moment) Open(f File) (io.ReadCloser, error) {
	in, err := f.Open()
	if !errors.Is(err, fs.ErrNotExist) || m.path == "" {
		return in, err
	}
	files, listErr := List(m.path, m.archive)
	if listErr != nil {
		return nil, err
	}
	for _, moved := range files {
		if moved.First == f.First && moved.Last == f.Last && !moved.Live() {
			return moved.Open()
		}
	}
	return nil, err
}

// Close gives the live file up.
func (m Moment) Close() {
	if m.Live != nil {
		_ = m.Live.Close() // only read
	}
}
