package configured

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"ivalt-radius/audit/durable"
	"ivalt-radius/state"
)

// Store opens the state of a directory. Where root makes its file it belongs to the directory's owner, whose server could not open it else.
func Store(dir string) (*state.Store, error) {
	file, err := durable.Open(filepath.Join(dir, state.StoreFile))
	if err == nil {
		err = file.Close()
	}
	if errors.Is(err, fs.ErrPermission) {
		return nil, fmt.Errorf("%w: it belongs to another user; run this as that one, or give the files of %s to the server's user with chown", err, dir)
	}
	return state.OpenStore(dir) //nolint:wrapcheck // it names the file; where the directory is missing it is made
}
