package filewatch

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// changed and same are what three looks say: a change shows at the second one, and then no more.
func changed() []bool { return []bool{false, true, false} }
func same() []bool    { return []bool{false, false, false} }

func expect(t *testing.T, step string, f *File, looks []bool) {
	t.Helper()
	for i, want := range looks {
		if got := f.Changed(); got != want {
			t.Errorf("%s, look %d: %v", step, i+1, got)
		}
	}
}

func TestChanges(t *testing.T) {
	dir := t.TempDir()
	path, other := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	write(t, path, "one")
	f := New(func() string { return path }, time.Now().Add(time.Hour))
	expect(t, "as it was", f, same())
	write(t, path, "longer")
	expect(t, "another size", f, changed())
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	for before := at(path).status; at(path).status == before; { // until the file system's clock goes on
		write(t, path, "LONGER")
		if err := os.Chtimes(path, info.ModTime(), info.ModTime()); err != nil {
			t.Fatal(err)
		}
	}
	expect(t, "the same size and time", f, changed())
	write(t, other, "LONGER")
	if err := os.Chtimes(other, info.ModTime(), info.ModTime()); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(other, path); err != nil {
		t.Fatal(err)
	}
	expect(t, "another file in its place", f, changed())
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	expect(t, "gone", f, changed())
	write(t, path, "LONGER")
	expect(t, "there again", f, changed())
	write(t, other, "LONGER")
	before := path
	path = other
	expect(t, "another name", f, changed())
	path = ""
	expect(t, "none", f, changed())
	path = before
	expect(t, "one again", f, changed())
}

// TestHalfAFile is no change yet: it is one when it has stayed as it is.
func TestHalfAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a")
	write(t, path, "")
	f := New(func() string { return path }, time.Now().Add(time.Hour))
	for text := "x"; len(text) < 5; text += "x" {
		write(t, path, text)
		if f.Changed() {
			t.Fatalf("changed while it is written: %q", text)
		}
	}
	if !f.Changed() || f.Changed() {
		t.Error("not one change when it is written")
	}
}

// TestChangedBehindTheReading, before the first look: it counts as a change.
func TestChangedBehindTheReading(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a")
	write(t, path, "one")
	at := func() string { return path }
	expect(t, "read before it was written", New(at, time.Now().Add(-time.Minute)), changed())
	expect(t, "read behind that", New(at, time.Now().Add(time.Minute)), same())
	missing := filepath.Join(path, "missing")
	expect(t, "never there", New(func() string { return missing }, time.Time{}), same())
}
