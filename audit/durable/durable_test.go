package durable

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
)

func names(t *testing.T, dir string) (all []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

var errWrite = errors.New("no room")

func failing(w io.Writer) error {
	_, err := w.Write([]byte("half"))
	return errors.Join(errWrite, err)
}

// TestOneOfTwo: whatever fails, the file that was there is there, whole, and nothing beside it.
func TestOneOfTwo(t *testing.T) {
	for name, c := range map[string]struct {
		put    func(string, func(io.Writer) error) error
		before string // empty: nothing is there
		write  func(io.Writer) error
		err    error
		after  string
	}{
		"written":               {Write, "", Bytes([]byte("new")), nil, "new"},
		"written over":          {Write, "old", Bytes([]byte("new")), nil, "new"},
		"written over in vain":  {Write, "old", failing, errWrite, "old"},
		"written in vain":       {Write, "", failing, errWrite, ""},
		"placed":                {Place, "", Bytes([]byte("new")), nil, "new"},
		"placed where one is":   {Place, "old", Bytes([]byte("new")), fs.ErrExist, "old"},
		"placed in vain":        {Place, "", failing, errWrite, ""},
		"placed in vain on one": {Place, "old", failing, errWrite, "old"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "f")
			must(t, os.WriteFile(path+"x", nil, 0o600)) // another one's
			want := []string{"fx"}
			if c.before != "" {
				must(t, os.WriteFile(path, []byte(c.before), 0o600))
			}
			if err := c.put(path, c.write); !errors.Is(err, c.err) {
				t.Errorf("%v", err)
			}
			if c.after != "" {
				want = []string{"f", "fx"}
				if text, err := os.ReadFile(path); err != nil || string(text) != c.after {
					t.Errorf("%q, %v", text, err)
				}
				if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 {
					t.Errorf("%v, %v", info.Mode(), err)
				}
			}
			if got := names(t, dir); !slices.Equal(got, want) {
				t.Errorf("there is %v", got)
			}
		})
	}
}

// TestWhatACrashHasLeft is taken away by the next one, where it can be.
func TestWhatACrashHasLeft(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	must(t, os.WriteFile(path+Suffix, []byte("a longer text"), 0o600))
	must(t, Write(path, Bytes([]byte("new"))))
	if text, err := os.ReadFile(path); err != nil || string(text) != "new" {
		t.Errorf("%q, %v", text, err)
	}
	must(t, os.MkdirAll(filepath.Join(path+Suffix, "x"), 0o700))
	if err := Write(path, Bytes(nil)); err == nil {
		t.Error("it was written over a directory")
	}
	if file, err := Create(path); err == nil {
		t.Error("it was made over a directory", file.Close())
	}
}

// TestPlacedOnce: of many who place one file, one does, and all find it whole.
func TestPlacedOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	var placed sync.Map
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			text := slices.Repeat([]byte(strconv.Itoa(i)), 1<<16)
			if err := Place(path, Bytes(text)); err == nil {
				placed.Store(i, true)
			} else if !errors.Is(err, fs.ErrExist) {
				t.Error(err)
			}
			if found, err := os.ReadFile(path); err != nil || len(found) != 1<<16 {
				t.Errorf("%d octets, %v", len(found), err)
			}
		})
	}
	all.Wait()
	n := 0
	placed.Range(func(any, any) bool { n++; return true })
	if n != 1 {
		t.Errorf("%d have placed it", n)
	}
}

func owner(t *testing.T, path string) int {
	t.Helper()
	info, err := os.Lstat(path)
	must(t, err)
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		t.Fatal("no owner")
	}
	return int(stat.Uid)
}

// TestWhatRootMakesIsTheServers: a file that root makes belongs to whom the file before it or the directory belongs. Who is not root
// gives nothing away.
func TestWhatRootMakesIsTheServers(t *testing.T) {
	dir := t.TempDir()
	ofDirectory, ofFile := os.Geteuid(), os.Geteuid()
	old := filepath.Join(dir, "old")
	must(t, os.WriteFile(old, nil, 0o600))
	if os.Geteuid() == 0 {
		ofDirectory, ofFile = 12345, 12346
		must(t, errors.Join(os.Chown(dir, ofDirectory, ofDirectory), os.Chown(old, ofFile, ofFile)))
	}
	file, err := Open(filepath.Join(dir, "opened"))
	must(t, err)
	again, err := Open(filepath.Join(dir, "opened"))
	must(t, errors.Join(err, file.Close(), again.Close(),
		Write(filepath.Join(dir, "written"), Bytes(nil)), Place(filepath.Join(dir, "placed"), Bytes(nil)), Write(old, Bytes(nil)),
		Directory(filepath.Join(dir, "directory")), Directory(filepath.Join(dir, "directory")),
		os.Symlink("/dev/null", filepath.Join(dir, "link")), Write(filepath.Join(dir, "link"), Bytes(nil)),
	))
	for name, want := range map[string]int{
		"opened": ofDirectory, "written": ofDirectory, "placed": ofDirectory, "old": ofFile, "directory": ofDirectory, "link": ofDirectory,
	} {
		if got := owner(t, filepath.Join(dir, name)); got != want {
			t.Errorf("%s is of %d, not of %d", name, got, want)
		}
	}
}

func TestNoDirectory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "none", "f")
	file, err := Open(path)
	if err == nil {
		t.Error("opened", file.Close())
	}
	for name, err := range map[string]error{
		"Write": Write(path, Bytes(nil)), "Place": Place(path, Bytes(nil)), "Directory": Directory(path), "SyncDirectory": SyncDirectory(path), "Open": err,
	} {
		if !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
