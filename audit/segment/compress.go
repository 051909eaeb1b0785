package segment

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"ivalt-radius/audit/durable"
)

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
	from, err := durable.Read(path)
	if err != nil {
		return err
	}
	defer func() { _ = from.Close() }() // only read
	err = durable.Write(path+gz, func(w io.Writer) error {
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
	return errors.Join(os.Remove(path), durable.SyncDirectory(filepath.Dir(path)))
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
