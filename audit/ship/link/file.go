package link

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"ivalt-radius/audit/ship/syslog"
)

// File is a file to which records are appended, a line each. It is made with mode 0600. Where it was renamed or removed, as logrotate
// does, records go on in a new one within a second; its directory must be there.
type File struct {
	Path string
}

// Manner implements Target.
func (File) Manner() Manner { return Manner{Settle: time.Second, Receipt: true, Burst: 1000} }

// Open implements Target.
func (f File) Open(context.Context) (Link, error) {
	l := &file{path: filepath.Clean(f.Path)}
	if err := l.open(); err != nil {
		return nil, err
	}
	return l, nil
}

type file struct {
	path string
	file *os.File
	own  os.FileInfo
	out  []byte
}

// open opens the file behind its last whole line. What is no regular file would block, or is none that is read later.
func (l *file) open() error {
	f, err := os.OpenFile(l.path, os.O_RDWR|os.O_APPEND|os.O_CREATE|syscall.O_NONBLOCK, 0o600)
	if err != nil {
		return &Error{"cannot be opened", err}
	}
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return &Error{"is no regular file", errors.Join(err, f.Close())}
	}
	l.file, l.own, l.out = f, info, nil
	last := []byte{'\n'}
	if _, err := f.ReadAt(last, info.Size()-1); err != nil && info.Size() > 0 {
		return &Error{"cannot be read", errors.Join(err, f.Close())}
	}
	if last[0] != '\n' { // a crash in the middle of a line: that record comes again, whole
		if _, err := f.WriteString("\n"); err != nil {
			return &Error{"cannot be written", errors.Join(err, f.Close())}
		}
	}
	return nil
}

// Send implements Link. Half a line that did not fit the disk is taken back.
func (l *file) Send(m syslog.Message) (cut bool, err error) {
	l.out = append(append(l.out[:0], m.Text...), '\n')
	before, err := l.file.Seek(0, io.SeekEnd)
	if err != nil {
		return false, &Error{"cannot be written", err}
	}
	if _, err := l.file.Write(l.out); err != nil {
		_ = l.file.Truncate(before)
		return false, &Error{"cannot be written", err}
	}
	return false, nil
}

// Trouble implements Link: where another file, or none, stands at the path, records go on there.
func (l *file) Trouble() error {
	there, err := os.Stat(l.path)
	if err == nil && os.SameFile(there, l.own) {
		return nil
	}
	if err := l.Finish(context.Background()); err != nil {
		return err
	}
	if err := l.file.Close(); err != nil {
		return &Error{"cannot be written", err}
	}
	return l.open()
}

// Finish implements Link.
func (l *file) Finish(context.Context) error {
	if err := l.file.Sync(); err != nil {
		return &Error{"cannot be synced", err}
	}
	return nil
}

// Close implements Link.
func (l *file) Close() error { return l.file.Close() }
