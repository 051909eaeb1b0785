package backup

import (
	"archive/tar"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"ivalt-radius/audit/durable"
	"ivalt-radius/config"
	"ivalt-radius/config/seal"
	"ivalt-radius/state"
)

// manifestName is the first member of a backup. It is not restored.
const manifestName = "backup.json"

// format is the version of the archive.
const format = 1

// manifest says what the archive is.
type manifest struct {
	Format int       `json:"ivalt_radius_backup"`
	Time   time.Time `json:"time"`
	Trail  string    `json:"trail"` // the live file's name in the archive
}

const owner = 0o600

// store copies the store as it is at one moment.
type store func(io.Writer) error

// write makes the archive of the settings' state on w.
func write(w io.Writer, s *config.Settings, copyStore store, now time.Time) (err error) {
	zipped := gzip.NewWriter(w)
	out := tar.NewWriter(zipped)
	defer func() {
		if err == nil {
			err = errors.Join(out.Close(), zipped.Close())
		}
	}()
	text, err := json.Marshal(manifest{Format: format, Time: now.UTC(), Trail: trailName(s, filepath.Clean(s.Audit.File))})
	if err != nil {
		return err
	}
	a := archive{out: out, now: now}
	if err := a.header(manifestName, int64(len(text))); err != nil {
		return err
	}
	if _, err := out.Write(text); err != nil {
		return err
	}
	files, err := loose(s)
	if err != nil {
		return err
	}
	for _, f := range files {
		file, err := durable.Read(f.path)
		if errors.Is(err, fs.ErrNotExist) {
			continue // it went away meanwhile
		}
		if err == nil {
			err = a.file(f.name, file)
		}
		if err != nil {
			return err
		}
	}
	if err := a.store(s.State.Directory, copyStore); err != nil {
		return err
	}
	return a.trail(s)
}

// archive writes members.
type archive struct {
	out *tar.Writer
	now time.Time
}

func (a archive) header(name string, size int64) error {
	return a.out.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: owner, ModTime: a.now, Format: tar.FormatPAX})
}

// file writes a file as long as it is now, and closes it.
func (a archive) file(name string, file *os.File) error {
	info, err := file.Stat()
	if err == nil {
		err = a.octets(name, file, info.Size())
	}
	return errors.Join(err, file.Close())
}

func (a archive) octets(name string, r io.Reader, size int64) error {
	if err := a.header(name, size); err != nil {
		return err
	}
	if _, err := io.CopyN(a.out, r, size); err != nil {
		return fmt.Errorf("copying %s: %w", name, err)
	}
	return nil
}

// store writes the store, by way of a file beside it, since a member's size stands before it.
func (a archive) store(dir string, copyStore store) error {
	file, err := os.CreateTemp(dir, temporary+"backup-*")
	if err != nil {
		return fmt.Errorf("state.directory: %w", err)
	}
	defer func() { _ = os.Remove(file.Name()) }()
	err = copyStore(file)
	if err == nil {
		_, err = file.Seek(0, io.SeekStart)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("copying the store: %w", err), file.Close())
	}
	return a.file(state.StoreFile, file)
}

func (a archive) trail(s *config.Settings) error {
	m, whole, err := openTrail(s)
	if err != nil {
		return err
	}
	defer m.Close()
	for _, part := range m.Ended {
		file, err := openPart(part)
		if err == nil {
			err = a.file(trailName(s, file.Name()), file)
		}
		if err != nil {
			return err
		}
	}
	return a.octets(trailName(s, m.Live.Name()), m.Live, whole)
}

// through encrypts where there are recipients.
func through(file io.Writer, recipients []string, fill func(io.Writer) error) error {
	if len(recipients) == 0 {
		return fill(file)
	}
	w, err := seal.EncryptTo(file, recipients)
	if err != nil {
		return fmt.Errorf("--encrypt-to: %w", err)
	}
	return errors.Join(fill(w), w.Close())
}
