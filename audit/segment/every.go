package segment

import (
	"errors"
	"io/fs"
	"path/filepath"
)

// Every finds every file of the trail's segments, also the second form or copy of one, which List leaves out. The live file is not
// among them.
func Every(live, archive string) ([]File, error) {
	files, err := in(filepath.Dir(live), live)
	if err != nil {
		return nil, err
	}
	if archive == "" {
		return files, nil
	}
	old, err := in(archive, live)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for i := range old {
		old[i].Archived = true
	}
	return append(files, old...), nil
}
