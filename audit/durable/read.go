package durable

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// errIrregular is what stands in a file's place and is none.
var errIrregular = errors.New("is no regular file")

// LongError says that a file is longer than this many octets.
type LongError int

// Error implements error.
func (e LongError) Error() string { return fmt.Sprintf("it is longer than %d octets", int(e)) }

// ReadAll is what is in a file, which must be no longer than most octets. The error is a LongError where it is, else as that of Read.
func ReadAll(path string, most int) ([]byte, error) {
	file, err := Read(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // only read
	text, err := io.ReadAll(io.LimitReader(file, int64(most)+1))
	if err == nil && len(text) > most {
		err = LongError(most)
	}
	return text, err
}

// Read opens a file for reading. What is no regular file is an error: a pipe would hold its reader up for ever, whom then no signal ends, and a
// device would never end.
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
