package output

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"ivalt-radius/audit"
	"ivalt-radius/audit/durable"
)

// JSON writes what a command prints with --json.
func JSON(w io.Writer, out any) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(out); err != nil {
		return fmt.Errorf("printing: %w", err)
	}
	return nil
}

// Table aligns the columns of what is written to it, between tabs, once it is flushed.
func Table(w io.Writer) *tabwriter.Writer {
	const gap = 2
	return tabwriter.NewWriter(w, 0, 0, gap, ' ', 0)
}

// Text is a text with everything escaped that a terminal could obey; a dash where there is none.
func Text(s string) string {
	if strings.TrimSpace(s) == "" {
		return "-"
	}
	return audit.Shown(s)
}

// Moment is a time as commands write it.
func Moment(t time.Time) string { return t.UTC().Format(time.RFC3339) }

const ownFile = 0o600

// Free refuses a path at which something stands, so that nothing is done, or recorded, in vain. An empty path is free.
func Free(path string) error {
	if path == "" {
		return nil
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("--output: %s is there already, or cannot be looked for; nothing is overwritten: name another file", path)
	}
	return nil
}

// Write has a new file written, or out where the path is empty. It overwrites nothing; of a file that could not be written to its end
// nothing stays.
func Write(path string, out io.Writer, write func(io.Writer) error) error {
	if path == "" {
		return write(out)
	}
	file, err := os.OpenFile(filepath.Clean(path), os.O_WRONLY|os.O_CREATE|os.O_EXCL, ownFile)
	if errors.Is(err, fs.ErrExist) {
		return Free(path)
	}
	if err != nil {
		return fmt.Errorf("--output: %w", err)
	}
	if err = errors.Join(write(file), file.Sync(), file.Close()); err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return durable.SyncDirectory(filepath.Dir(path))
}
