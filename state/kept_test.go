package state

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// sheet is a value for Kept.
type sheet struct {
	N int `json:"n"`
}

func noDiskFails(t *testing.T) func(error) {
	t.Helper()
	return func(err error) { t.Errorf("the disk fails: %v", err) }
}

// keptIn opens a Kept that takes everything, and returns what it had.
func keptIn(t *testing.T, disk Disk) (*Kept[sheet], map[string]int) {
	t.Helper()
	had := map[string]int{}
	k, err := OpenKept(disk, "b", func(key string, v sheet) bool {
		had[key] = v.N
		return v.N >= 0
	}, noDiskFails(t))
	if err != nil {
		t.Fatal(err)
	}
	return k, had
}

func TestKept(t *testing.T) {
	store, err := OpenStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	steps := []struct {
		name   string
		change func(k *Kept[sheet])
		want   map[string]int // that the next one has
	}{
		{"new", func(k *Kept[sheet]) { k.Set("a", sheet{1}); k.Set("b", sheet{2}) }, map[string]int{"a": 1, "b": 2}},
		{"the last one counts", func(k *Kept[sheet]) { k.Set("a", sheet{3}); k.Set("a", sheet{4}); k.Delete("b"); k.Set("c", sheet{5}) }, map[string]int{"a": 4, "c": 5}},
		{"back again", func(k *Kept[sheet]) {
			k.Delete("a")
			k.Set("a", sheet{6})
			k.Set("c", sheet{7})
			k.Delete("c")
			k.Delete("never")
		}, map[string]int{"a": 6}},
		{"keys that no store takes", func(k *Kept[sheet]) { k.Set("", sheet{1}); k.Set(strings.Repeat("k", MaxKey+1), sheet{1}) }, map[string]int{"a": 6}},
		{"of no use any more", func(k *Kept[sheet]) { k.Set("old", sheet{-1}) }, map[string]int{"a": 6, "old": -1}},
		{"dropped", func(*Kept[sheet]) {}, map[string]int{"a": 6}},
	}
	for _, s := range steps {
		k, _ := keptIn(t, store)
		s.change(k)
		if err := k.Close(); err != nil {
			t.Fatal(err)
		}
		k.Set("late", sheet{9})
		if err := k.Close(); err != nil {
			t.Errorf("a second Close: %v", err)
		}
		have := map[string]int{}
		_ = store.Each("b", func(key string, value []byte) { _, _ = fmt.Sscanf(string(value), `{"n":%d}`, new(int)); have[key] = -2 })
		if len(have) != len(s.want) {
			t.Errorf("%s: the disk has %v", s.name, have)
		}
		again, had := keptIn(t, store)
		if !maps.Equal(had, s.want) {
			t.Errorf("%s: got %v, want %v", s.name, had, s.want)
		}
		_ = again.Close()
	}
}

func TestKeptWithoutADisk(t *testing.T) {
	var k *Kept[sheet]
	k.Set("a", sheet{1})
	k.Delete("a")
	if err := k.Close(); err != nil {
		t.Error(err)
	}
}

func TestKeptDropsWhatItCannotRead(t *testing.T) {
	store, err := OpenStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	if err := store.Change("b", map[string][]byte{"torn": []byte(`{"n":`), "whole": []byte(`{"n":1}`)}); err != nil {
		t.Fatal(err)
	}
	k, had := keptIn(t, store)
	if err := k.Close(); err != nil || !maps.Equal(had, map[string]int{"whole": 1}) {
		t.Errorf("%v, %v", had, err)
	}
	if _, found, _ := store.Get("b", "torn"); found {
		t.Error("it is still there")
	}
}

func TestKeptOfAStoreThatIsClosed(t *testing.T) {
	store, err := OpenStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	k, _ := keptIn(t, store)
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenKept(store, "b", func(string, sheet) bool { return true }, nil); err == nil {
		t.Error("what could not be read was taken for empty")
	}
	k.failing = func(error) {}
	k.Set("a", sheet{1})
	if err := k.Close(); err == nil || !strings.Contains(err.Error(), "keep b") {
		t.Errorf("got %v", err)
	}
}

// slowDisk fails for as long as it is told to.
type slowDisk struct {
	mu      sync.Mutex
	err     error
	changes int
	has     map[string]string
}

func (d *slowDisk) Each(string, func(string, []byte)) error { return nil }

// fail has it fail from now on, or not any more.
func (d *slowDisk) fail(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.err = err
}

func (d *slowDisk) Change(_ string, changes map[string][]byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.err != nil {
		return d.err
	}
	d.changes++
	for key, value := range changes {
		d.has[key] = string(value)
	}
	return nil
}

func TestKeptOutlastsAFailingDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := &slowDisk{err: errors.New("full"), has: map[string]string{}}
		var mu sync.Mutex
		var told []string
		said := func() []string {
			mu.Lock()
			defer mu.Unlock()
			return slices.Clone(told)
		}
		k, err := OpenKept(disk, "b", func(string, sheet) bool { return true }, func(err error) {
			mu.Lock()
			defer mu.Unlock()
			told = append(told, err.Error())
		})
		if err != nil {
			t.Fatal(err)
		}
		k.Set("a", sheet{1})
		k.Set("b", sheet{1})
		synctest.Wait()
		k.Set("a", sheet{2}) // newer than what could not be written
		<-time.After(59500 * time.Millisecond)
		synctest.Wait()
		if words := said(); len(words) != 1 || words[0] != "keep b: full" {
			t.Errorf("said %q", words)
		}
		<-time.After(time.Second)
		synctest.Wait()
		if words := said(); len(words) != 2 {
			t.Errorf("said %q", words)
		}
		disk.fail(nil)
		<-time.After(time.Second)
		synctest.Wait()
		if disk.changes != 1 || disk.has["a"] != `{"n":2}` || disk.has["b"] != `{"n":1}` {
			t.Errorf("%d changes, %v", disk.changes, disk.has)
		}
		disk.fail(errors.New("full"))
		k.Set("c", sheet{3})
		if err := k.Close(); err == nil {
			t.Error("what is not on disk is not said")
		}
	})
}

func TestKeptIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := &slowDisk{err: errors.New("full"), has: map[string]string{}}
		var mu sync.Mutex
		told := map[string]int{}
		said := func(words string) int {
			mu.Lock()
			defer mu.Unlock()
			return told[words]
		}
		k, err := OpenKept(disk, "b", func(string, sheet) bool { return true }, func(err error) {
			mu.Lock()
			defer mu.Unlock()
			told[err.Error()]++
		})
		if err != nil {
			t.Fatal(err)
		}
		for i := range mostUnwritten + 100 {
			k.Set(fmt.Sprint(i), sheet{i})
		}
		k.mu.Lock()
		waiting := len(k.pending)
		k.mu.Unlock()
		if waiting > mostUnwritten {
			t.Errorf("%d wait", waiting)
		}
		synctest.Wait()
		for i := range mostUnwritten { // while the disk tries the others
			k.Set(fmt.Sprint("more", i), sheet{i})
		}
		<-time.After(3 * time.Second)
		synctest.Wait()
		if k.mu.Lock(); len(k.pending) > mostUnwritten {
			t.Errorf("%d wait", len(k.pending))
		}
		k.mu.Unlock()
		if said("keep b: full") != 1 {
			t.Errorf("said %v", told)
		}
		<-time.After(time.Minute)
		synctest.Wait()
		disk.fail(nil)
		if err := k.Close(); err != nil || len(disk.has) != mostUnwritten {
			t.Errorf("%d are written, %v", len(disk.has), err)
		}
		if said("keep b: full\n"+errUnwritten.Error()) == 0 {
			t.Errorf("what is lost is not said: %v", told)
		}
	})
}

func TestChange(t *testing.T) {
	store, err := OpenStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	if err := store.Change("b", map[string][]byte{"a": {1}, "c": {}}); err != nil {
		t.Fatal(err)
	}
	for name, changes := range map[string]map[string][]byte{
		"no key": {"": {1}, "a": nil}, "long key": {strings.Repeat("k", MaxKey+1): {1}, "a": nil}, "long value": {"a": make([]byte, MaxValue+1)},
	} {
		if err := store.Change("b", changes); !errors.Is(err, ErrBounds) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := store.Change("", nil); !errors.Is(err, ErrBounds) {
		t.Errorf("no bucket: %v", err)
	}
	if _, found, _ := store.Get("b", "a"); !found {
		t.Error("a change that failed deleted it")
	}
	if _, found, _ := store.Get("b", "c"); !found {
		t.Error("an empty value is no deletion")
	}
	if err := store.Change("b", map[string][]byte{"a": nil, "never": nil, "c": {2}}); err != nil {
		t.Fatal(err)
	}
	if _, found, _ := store.Get("b", "a"); found {
		t.Error("not deleted")
	}
}

// busyDisk fails once, and a value changes meanwhile.
type busyDisk struct {
	slowDisk
	meanwhile func()
}

func (d *busyDisk) Change(bucket string, changes map[string][]byte) error {
	if do := d.meanwhile; do != nil {
		d.meanwhile = nil
		do()
		return errors.New("busy")
	}
	return d.slowDisk.Change(bucket, changes)
}

func TestKeptWritesTheNewestValue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := &busyDisk{slowDisk: slowDisk{has: map[string]string{}}}
		k, err := OpenKept(disk, "b", func(string, sheet) bool { return true }, func(error) {})
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		disk.meanwhile = func() { k.Set("a", sheet{2}) }
		k.Set("a", sheet{1})
		<-time.After(2 * time.Second)
		if err := k.Close(); err != nil || disk.has["a"] != `{"n":2}` {
			t.Errorf("got %v, %v", disk.has, err)
		}
	})
}
