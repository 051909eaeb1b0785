package segment

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// errIrregular is what stands in a file's place and is none.
var errIrregular = errors.New("is no regular file")

// Read opens a file of a trail, or one beside it, for reading. What is no regular file is an error: a pipe would hold its reader up
// for ever, whom then no signal ends, and a device would never end.
func Read(path string) (*os.File, error) {
	file, err := os.OpenFile(filepath.Clean(path), os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = &fs.PathError{Op: "open", Path: path, Err: errIrregular}
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}
