package state

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func mustOpen(t *testing.T, dir string) *Store {
	t.Helper()
	s, err := OpenStore(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func mustPut(t *testing.T, s *Store, bucket, key, value string) {
	t.Helper()
	if err := s.Put(bucket, key, []byte(value)); err != nil {
		t.Fatal(err)
	}
}

func contents(t *testing.T, s *Store, bucket string) map[string]string {
	t.Helper()
	all := map[string]string{}
	if err := s.Each(bucket, func(k string, v []byte) { all[k] = string(v) }); err != nil {
		t.Fatal(err)
	}
	return all
}

func TestStoreKeepsOverARestart(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "state")
	s := mustOpen(t, dir)
	mustPut(t, s, "b", "one", "1")
	mustPut(t, s, "b", "two", "2")
	mustPut(t, s, "b", "two", "22")
	mustPut(t, s, "b", "empty", "")
	mustPut(t, s, "other", "one", "x")
	mustDelete(t, s, "one", true)
	mustDelete(t, s, "one", false)
	mustDelete(t, s, "never", false)
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Fatal(err)
	}
	s = mustOpen(t, dir)
	if diff := cmp.Diff(map[string]string{"two": "22", "empty": ""}, contents(t, s, "b")); diff != "" {
		t.Error(diff)
	}
	if n := len(contents(t, s, "never")); n != 0 {
		t.Errorf("a bucket never put into has %d keys", n)
	}
	for name, want := range map[string]os.FileMode{dir: os.ModeDir | 0o700, filepath.Join(dir, StoreFile): 0o600} {
		if info, err := os.Stat(name); err != nil || info.Mode() != want {
			t.Errorf("%s: %v, %v, want %v", name, err, info.Mode(), want)
		}
	}
}

func mustDelete(t *testing.T, s *Store, key string, want bool) { //nolint:revive // what should be
	t.Helper()
	if found, err := s.Delete("b", key); found != want || err != nil {
		t.Errorf("Delete(%s): %v, %v; want %v", key, found, err, want)
	}
}

func TestStoreGet(t *testing.T) {
	s := mustOpen(t, t.TempDir())
	mustPut(t, s, "b", "two", "22")
	if v, found, err := s.Get("b", "two"); string(v) != "22" || !found || err != nil {
		t.Errorf("Get: %q, %v, %v", v, found, err)
	}
	for _, at := range [][2]string{{"b", "one"}, {"never", "one"}, {"", ""}} {
		if v, found, err := s.Get(at[0], at[1]); v != nil || found || err != nil {
			t.Errorf("Get(%q): %q, %v, %v", at, v, found, err)
		}
	}
}

func TestStoreBounds(t *testing.T) {
	s := mustOpen(t, t.TempDir())
	long := strings.Repeat("k", MaxKey)
	if err := s.Put(long, long, make([]byte, MaxValue)); err != nil {
		t.Errorf("the largest: %v", err)
	}
	for name, err := range map[string]error{
		"bucket": s.Put(long+"k", "a", nil), "no bucket": s.Put("", "a", nil), "key": s.Put("b", long+"k", nil),
		"no key": s.Put("b", "", nil), "value": s.Put("b", "a", make([]byte, MaxValue+1)),
	} {
		if !errors.Is(err, ErrBounds) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := len(contents(t, s, "b")); n != 0 {
		t.Errorf("%d keys were put", n)
	}
}

func TestStoreOfAnotherProcess(t *testing.T) {
	dir := t.TempDir()
	mustOpen(t, dir)
	_, err := OpenStore(dir) // flock keeps two opens of one process apart as well
	if !errors.Is(err, ErrInUse) || !strings.Contains(err.Error(), dir) {
		t.Errorf("%v", err)
	}
}

func TestStoreInAnUnusableDirectory(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenStore(file); err == nil {
		t.Error("a file is a directory")
	}
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, StoreFile), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenStore(dir); err == nil || errors.Is(err, ErrCorrupt) {
		t.Errorf("a directory in the store's place: %v", err)
	}
}

func TestStoreClosed(t *testing.T) {
	s := mustOpen(t, t.TempDir())
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	_, _, get := s.Get("b", "k")
	_, del := s.Delete("b", "k")
	each := s.Each("b", func(string, []byte) {})
	for _, err := range []error{get, del, each, s.Put("b", "k", nil)} {
		if err == nil || errors.Is(err, ErrCorrupt) {
			t.Errorf("%v", err)
		}
	}
	if _, err := NewLearned(s, "b", 1); err == nil {
		t.Error("a set on a closed store")
	}
}

// damaged is a store's file with many pages, after something happened to it.
func damaged(t *testing.T, damage func([]byte) []byte) (dir string, content []byte) {
	t.Helper()
	dir = t.TempDir()
	s := mustOpen(t, dir)
	for i := range 50 {
		mustPut(t, s, "bucket", strings.Repeat("k", i+1), strings.Repeat("v", 4000))
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, StoreFile)
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	content = damage(content)
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir, content
}

func TestStoreThatIsDamaged(t *testing.T) {
	page := os.Getpagesize()
	for name, damage := range map[string]func([]byte) []byte{
		"text":                  func([]byte) []byte { return []byte("hello, this is no store\n") },
		"text of many pages":    func([]byte) []byte { return bytes.Repeat([]byte("hello, this is no store\n"), 10000) },
		"NULs":                  func(b []byte) []byte { return make([]byte, len(b)) },
		"both heads lost":       func(b []byte) []byte { clear(b[:2*page]); return b },
		"all but the heads":     func(b []byte) []byte { clear(b[2*page:]); return b },
		"all but the heads, ff": func(b []byte) []byte { copy(b[2*page:], bytes.Repeat([]byte{0xff}, len(b))); return b },
		"cut to its heads":      func(b []byte) []byte { return b[:2*page] },
		"cut near its end":      func(b []byte) []byte { return b[:len(b)-10*page] },
		"cut in the middle":     func(b []byte) []byte { return b[:len(b)/2/page*page] },
	} {
		t.Run(name, func(t *testing.T) {
			dir, content := damaged(t, damage)
			wantCorrupt(t, dir)
			wantCorrupt(t, dir) // the first let go of the file
			after, err := os.ReadFile(filepath.Join(dir, StoreFile))
			if err != nil || !bytes.Equal(after, content) {
				t.Errorf("the file was changed (%v)", err)
			}
		})
	}
}

func wantCorrupt(t *testing.T, dir string) {
	t.Helper()
	_, err := OpenStore(dir)
	if !errors.Is(err, ErrCorrupt) {
		t.Fatalf("%v", err)
	}
	for _, word := range []string{filepath.Join(dir, StoreFile), "move it aside", "Message-Authenticator"} {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%q is not in %v", word, err)
		}
	}
}

func mustLearn(t *testing.T, s *Store, most int) *Learned {
	t.Helper()
	l, err := NewLearned(s, "learned", most)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func TestLearnedOutlivesARestart(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir)
	l := mustLearn(t, s, 10)
	for _, key := range []string{"b", "a", "c"} {
		if l.Has(key) || !l.Learn(key) || !l.Has(key) || l.Learn(key) {
			t.Errorf("%s is not learned once", key)
		}
	}
	if !l.Forget("c") || l.Forget("c") || l.Has("c") || l.Forget("never") {
		t.Error("not forgotten once")
	}
	if err := errors.Join(l.Close(), l.Close(), s.Close()); err != nil {
		t.Fatal(err)
	}
	if l.Learn("late") || !l.Has("a") {
		t.Error("a closed set learns, or forgets")
	}
	l = mustLearn(t, mustOpen(t, dir), 10)
	if diff := cmp.Diff([]string{"a", "b"}, l.Keys()); diff != "" {
		t.Error(diff)
	}
}

func TestLearnedIsOnDiskSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := mustOpen(t, t.TempDir())
		l := mustLearn(t, s, 10)
		l.Learn("a")
		synctest.Wait()
		if diff := cmp.Diff(map[string]string{"a": "\x01"}, contents(t, s, "learned")); diff != "" {
			t.Error(diff)
		}
		if !l.Forget("a") || len(contents(t, s, "learned")) != 0 {
			t.Error("forgotten in memory alone")
		}
		if err := errors.Join(l.Failing(), l.Close(), s.Close()); err != nil {
			t.Error(err)
		}
	})
}

func TestLearnedIsBounded(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir)
	l := mustLearn(t, s, 2)
	for _, key := range []string{"", strings.Repeat("k", MaxKey+1), "a", "b", "c"} {
		if want := key == "a" || key == "b"; l.Learn(key) != want || l.Has(key) != want {
			t.Errorf("%.9q is learned: %v, want %v", key, !want, want)
		}
	}
	if l.Refused() != 3 {
		t.Errorf("%d refused, want 3", l.Refused())
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l = mustLearn(t, s, 1) // what is on disk counts, whatever the bound
	if !l.Has("a") || !l.Has("b") || l.Learn("c") {
		t.Error("a lower bound forgets, or is none")
	}
	if _, err := NewLearned(s, "", 1); !errors.Is(err, ErrBounds) {
		t.Errorf("a set without a name: %v", err)
	}
}

// TestLearnedWhileTheDiskFails: the set stays right in memory, says what is wrong, and forgets nothing that the disk keeps.
func TestLearnedWhileTheDiskFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := mustOpen(t, t.TempDir())
		l := mustLearn(t, s, 10)
		l.Learn("a")
		synctest.Wait()
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		l.Learn("b")
		time.Sleep(3 * persistRetry) //nolint:forbidigo // virtual time
		if !l.Has("b") || l.Failing() == nil {
			t.Errorf("health says %v", l.Failing())
		}
		if l.Forget("a") || !l.Has("a") {
			t.Error("forgotten, but on disk")
		}
		if err := l.Close(); err == nil {
			t.Error("Close does not say what is not on disk")
		}
	})
}

// TestLearnedForgottenStaysForgotten: a write that was on its way does not bring back what was forgotten.
func TestLearnedForgottenStaysForgotten(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir)
	l := mustLearn(t, s, 1000)
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			key := strings.Repeat("k", i+1)
			for range 25 {
				if !l.Learn(key) || !l.Has(key) || !l.Forget(key) || l.Has(key) {
					t.Errorf("%s is not learned and forgotten", key)
				}
			}
		})
	}
	all.Wait()
	if err := errors.Join(l.Close(), s.Close()); err != nil {
		t.Fatal(err)
	}
	if got := mustLearn(t, mustOpen(t, dir), 1000).Keys(); len(got) != 0 {
		t.Errorf("%v came back", got)
	}
}

func BenchmarkLearnedHas(b *testing.B) {
	s, err := OpenStore(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	l, err := NewLearned(s, "learned", 10)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = errors.Join(l.Close(), s.Close()) }()
	l.Learn("192.0.2.1")
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			l.Has("192.0.2.1")
		}
	})
}

// TestSnapshot: a copy that is made while others write opens, and holds all that was there before.
func TestSnapshot(t *testing.T) {
	s := mustOpen(t, t.TempDir())
	mustPut(t, s, "b", "before", "1")
	var writers sync.WaitGroup
	stop := make(chan struct{})
	writers.Go(func() {
		for n := 0; ; n++ {
			select {
			case <-stop:
				return
			default:
				_ = s.Put("b", strings.Repeat("x", 1+n%100), bytes.Repeat([]byte("v"), n%1000))
			}
		}
	})
	for range 5 {
		dir := t.TempDir()
		var out bytes.Buffer
		size, err := s.Snapshot(&out)
		if err != nil || size != int64(out.Len()) {
			t.Fatalf("%d of %d octets, %v", out.Len(), size, err)
		}
		if err := os.WriteFile(filepath.Join(dir, StoreFile), out.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := contents(t, mustOpen(t, dir), "b")["before"]; got != "1" {
			t.Errorf("the copy holds %q", got)
		}
	}
	close(stop)
	writers.Wait()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Snapshot(&bytes.Buffer{}); err == nil {
		t.Error("a closed store was copied")
	}
}
