package segment

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"ivalt-radius/audit/inherit"
)

// tmp ends the name of a file that is not yet whole. No name that Parse accepts ends so.
const tmp = ".tmp"

// Compress puts the compressed form of a segment in the place of the plain one, at path. At each moment, and after a crash in any,
// one of the two is there and whole; where both are, the plain one counts, and Compress makes the other anew. Where ctx ends, the
// plain one stays.
func Compress(ctx context.Context, path string) error {
	if err := compress(ctx, path); err != nil {
		return fmt.Errorf("compressing a segment of the trail: %w", err)
	}
	return nil
}

func compress(ctx context.Context, path string) error {
	from, err := Read(path)
	if err != nil {
		return err
	}
	defer func() { _ = from.Close() }() // only read
	err = WriteFile(path+gz, func(w io.Writer) error {
		z, err := gzip.NewWriterLevel(w, gzip.BestSpeed) // hashes and signatures do not shrink, whatever the effort
		if err != nil {
			return err
		}
		_, err = io.Copy(z, whileWanted{ctx, from})
		return errors.Join(err, z.Close())
	})
	if err != nil {
		return err
	}
	return errors.Join(os.Remove(path), SyncDirectory(filepath.Dir(path)))
}

// whileWanted reads until ctx ends.
type whileWanted struct {
	ctx  context.Context //nolint:containedctx // io.Copy passes none
	from io.Reader
}

// Read implements io.Reader.
func (w whileWanted) Read(b []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	return w.from.Read(b)
}

// WriteFile puts a file in its place durably, mode 0600, in the place of one that is there: it gets its name once all that write
// wrote is on disk.
func WriteFile(path string, write func(io.Writer) error) error {
	name, err := WriteAside(path, write)
	if err != nil {
		return err
	}
	if err := os.Rename(name, path); err != nil {
		return errors.Join(err, os.Remove(name))
	}
	return SyncDirectory(filepath.Dir(path))
}

// WriteAside is the first half of WriteFile: the file is on disk under the name that it returns, beside path. Whoever renames it to
// path syncs the directory. An error leaves no file.
func WriteAside(path string, write func(io.Writer) error) (name string, err error) {
	name = path + tmp
	if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) { // a crash has left it
		return "", err
	}
	to, err := os.OpenFile(filepath.Clean(name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", err
	}
	if err = inherit.File(to); err == nil {
		err = write(to)
	}
	if err == nil {
		err = to.Sync()
	}
	if err = errors.Join(err, to.Close()); err != nil {
		return "", errors.Join(err, os.Remove(name))
	}
	return name, nil
}

// SyncDirectory makes the names in a directory durable.
func SyncDirectory(path string) error {
	dir, err := os.Open(filepath.Clean(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
