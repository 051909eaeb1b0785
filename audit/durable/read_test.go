package durable

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestReadAll: a test that hangs here has opened a pipe.
func TestReadAll(t *testing.T) {
	const most = 5
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	must(t, errors.Join(
		Write(at("empty"), Bytes(nil)), Write(at("full"), Bytes([]byte("12345"))), Write(at("longer"), Bytes([]byte("123456"))),
		syscall.Mkfifo(at("pipe"), 0o600), os.Symlink("/dev/zero", at("device")), os.Symlink("full", at("link")),
	))
	for name, want := range map[string]string{"empty": "", "full": "12345", "link": "12345"} {
		if text, err := ReadAll(at(name), most); err != nil || string(text) != want {
			t.Errorf("%s: %q, %v", name, text, err)
		}
	}
	_, err := ReadAll(at("longer"), most)
	var long LongError
	if !errors.As(err, &long) || err.Error() != "it is longer than 5 octets" {
		t.Errorf("longer: %v", err)
	}
	if _, err := ReadAll(at("none"), most); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("none: %v", err)
	}
	for _, name := range []string{"pipe", "device", "."} {
		if text, err := ReadAll(at(name), most); err == nil || errors.As(err, &long) {
			t.Errorf("%s: %q, %v", name, text, err)
		}
	}
}
