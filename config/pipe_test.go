package config

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestAPipeInThePlaceOfUsersFile: it is refused at once, whether or not somebody holds its other end, and holds nobody up.
func TestAPipeInThePlaceOfUsersFile(t *testing.T) {
	dir := t.TempDir()
	people := filepath.Join(dir, "people.yaml")
	if err := syscall.Mkfifo(people, 0o600); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "c.yaml")
	if err := os.WriteFile(file, []byte(sound+"users: {file: "+people+"}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{people, "/dev/null"} {
		if path != people {
			_ = os.Remove(people)
			if err := os.Symlink(path, people); err != nil {
				t.Fatal(err)
			}
		}
		s, faults := Load(file, Options{})
		if s != nil || !strings.Contains(faults.Err().Error(), "no regular file") {
			t.Errorf("%s: %v", path, faults)
		}
	}
}
