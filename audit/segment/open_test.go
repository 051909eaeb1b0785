package segment_test

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"ivalt-radius/audit/segment"
)

// TestWhatIsNoRegularFileIsNotRead: a test that hangs here has opened a pipe.
func TestWhatIsNoRegularFileIsNotRead(t *testing.T) {
	dir := t.TempDir()
	live := filepath.Join(dir, "audit.jsonl")
	plain, zipped := segment.Name(live, 1, 2), segment.Name(live, 3, 4)+".gz"
	device, folder := segment.Name(live, 5, 6), segment.Name(live, 7, 8)
	for _, err := range []error{
		unix.Mkfifo(plain, 0o600), unix.Mkfifo(zipped, 0o600), os.Symlink("/dev/zero", device), os.Mkdir(folder, 0o700), unix.Mkfifo(live, 0o600),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	files, err := segment.List(live, "")
	if err != nil || len(files) != 5 {
		t.Fatalf("%v %v", files, err)
	}
	for _, f := range files {
		if in, err := f.Open(); err == nil {
			t.Errorf("%s is open: %v", f.Path, in.Close())
		}
		if _, err := f.FirstRecord(); err == nil {
			t.Errorf("%s has a first record", f.Path)
		}
	}
	if err := segment.Compress(t.Context(), plain); err == nil {
		t.Error("a pipe is compressed")
	}
}
