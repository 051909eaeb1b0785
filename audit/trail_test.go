package audit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sirupsen/logrus"

	"ivalt-radius/audit/chain"
)

// faultyFile is a real file that fails where a test says so.
type faultyFile struct {
	File
	mu                sync.Mutex
	write, sync, trim error         // what the calls return; a failing write leaves half of it in the file
	writes, syncs     int           // calls that went well
	gate              chan struct{} // where not nil, each Sync waits for it
}

func (f *faultyFile) wrap(file File) File {
	f.File = file
	return f
}

func (f *faultyFile) fail(write, sync, trim error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.write, f.sync, f.trim = write, sync, trim
}

func (f *faultyFile) counts() (writes, syncs int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.writes, f.syncs
}

func (f *faultyFile) Write(b []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.write != nil {
		n, _ := f.File.Write(b[:len(b)/2])
		return n, f.write
	}
	f.writes++
	return f.File.Write(b)
}

func (f *faultyFile) Sync() error {
	if f.gate != nil {
		<-f.gate
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.sync != nil {
		return f.sync
	}
	f.syncs++
	return nil
}

func (f *faultyFile) Truncate(size int64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.trim != nil {
		return f.trim
	}
	return f.File.Truncate(size)
}

func trailPath(t *testing.T) string {
	t.Helper()
	return filepath.Join(t.TempDir(), childTrail)
}

func mustOpen(tb testing.TB, path string, opt Options) *Trail {
	tb.Helper()
	trail, err := Open(path, opt)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = trail.Close() })
	return trail
}

func mustCommit(t *testing.T, trail *Trail, e Event) {
	t.Helper()
	if err := trail.Commit(t.Context(), e); err != nil {
		t.Error(err)
	}
}

func mustPost(t *testing.T, trail *Trail, e Event) {
	t.Helper()
	if err := trail.Post(e); err != nil {
		t.Fatal(err)
	}
}

func mustClose(t *testing.T, trail *Trail) {
	t.Helper()
	if err := trail.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestCommitReturnsWhenTheLineIsSynced(t *testing.T) {
	path, file := trailPath(t), &faultyFile{gate: make(chan struct{})}
	trail := mustOpen(t, path, Options{Wrap: file.wrap})
	done := make(chan error, 1)
	go func() { done <- trail.Commit(t.Context(), attempt()) }()
	select {
	case err := <-done:
		t.Fatalf("Commit returned %v before the sync", err)
	case file.gate <- struct{}{}:
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if lines := sound(t, path); len(lines) != 1 || lines[0].User != "alice@example.com" {
		t.Fatalf("%v", lines)
	}
	close(file.gate)
}

func TestCommitsShareASync(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path, file := trailPath(t), &faultyFile{gate: make(chan struct{})}
		trail := mustOpen(t, path, Options{Wrap: file.wrap})
		var all sync.WaitGroup
		commit := func() {
			if err := trail.Commit(t.Context(), attempt()); err != nil {
				t.Error(err)
			}
		}
		all.Go(commit)
		synctest.Wait() // the writer is in the first one's sync
		for range 100 {
			all.Go(commit)
		}
		synctest.Wait()
		close(file.gate)
		all.Wait()
		if writes, syncs := file.counts(); writes != 2 || syncs != 2 {
			t.Errorf("%d writes and %d syncs, want 2 and 2", writes, syncs)
		}
		if lines := sound(t, path); len(lines) != 101 {
			t.Errorf("%d lines, want 101", len(lines))
		}
		mustClose(t, trail)
	})
}

func TestPostsAreWrittenTogetherAndSyncedWithinASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path, file := trailPath(t), &faultyFile{}
		trail := mustOpen(t, path, Options{Wrap: file.wrap})
		for range 50 {
			mustPost(t, trail, attempt())
		}
		time.Sleep(2 * linger) //nolint:forbidigo // virtual time
		synctest.Wait()
		if writes, syncs := file.counts(); writes != 1 || syncs != 0 {
			t.Errorf("%d writes and %d syncs, want 1 and none", writes, syncs)
		}
		time.Sleep(time.Second - 2*linger) //nolint:forbidigo // virtual time
		synctest.Wait()
		if writes, syncs := file.counts(); writes != 1 || syncs != 1 {
			t.Errorf("%d writes and %d syncs after a second, want 1 and 1", writes, syncs)
		}
		mustClose(t, trail)
	})
}

func TestACommitDoesNotLinger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		trail := mustOpen(t, trailPath(t), Options{})
		mustPost(t, trail, attempt())
		synctest.Wait() // the writer lingers
		begin := time.Now()
		mustCommit(t, trail, attempt())
		if waited := time.Since(begin); waited != 0 {
			t.Errorf("waited %v", waited)
		}
		mustClose(t, trail)
	})
}

func TestAFullQueueNeverBlocksAndIsRecorded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path, file := trailPath(t), &faultyFile{gate: make(chan struct{})}
		trail := mustOpen(t, path, Options{Wrap: file.wrap, Queue: 4})
		var all sync.WaitGroup
		commit := func() { mustCommit(t, trail, Attempt{User: "c"}) }
		lost := func(err error) {
			if !errors.Is(err, ErrFull) {
				t.Errorf("a full queue says %v", err)
			}
		}
		all.Go(commit)
		synctest.Wait() // the writer hangs in a sync
		for range 4 {
			mustPost(t, trail, Attempt{User: "p"})
		}
		for range 3 {
			lost(trail.Post(Attempt{User: "lost"}))
		}
		for range 4 { // a flood of Posts keeps no Commit out
			all.Go(commit)
			synctest.Wait()
		}
		lost(trail.Commit(t.Context(), Attempt{User: "lost"}))
		close(file.gate)
		all.Wait()
		lines := expect(t, path, "c records_lost p p p p c c c c")
		if lines[1].Type != "security_event" || !strings.HasPrefix(lines[1].Detail, "4 records") {
			t.Errorf("%+v", lines[1])
		}
		if trail.Lost() != 4 {
			t.Errorf("%d lost, want 4", trail.Lost())
		}
		mustClose(t, trail)
	})
}

func TestCommitGivesUpWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file := &faultyFile{gate: make(chan struct{})}
		path := trailPath(t)
		trail := mustOpen(t, path, Options{Wrap: file.wrap})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		for range 2 { // while it waits, and before it begins
			if err := trail.Commit(ctx, attempt()); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%v", err)
			}
		}
		close(file.gate)
		mustClose(t, trail)
		if n := len(sound(t, path)); n != 1 {
			t.Errorf("%d lines, want 1", n)
		}
	})
}

type rawEvent string

func (rawEvent) EventType() Type                  { return DataAccess }
func (rawEvent) Message() string                  { return "raw" }
func (r rawEvent) AppendFields(dst []byte) []byte { return append(dst, r...) }

func TestEventsThatNoLineCanHold(t *testing.T) {
	path := trailPath(t)
	trail := mustOpen(t, path, Options{})
	for name, c := range map[string]struct {
		event Event
		want  error
	}{
		"line break":   {rawEvent("\"a\":1,\n\"b\":2"), ErrMalformed},
		"too large":    {System{Detail: strings.Repeat("x ", chain.MaxFields/2)}, ErrTooLarge},
		"no fields":    {rawEvent(""), nil},
		"largest":      {rawEvent(`"a":"` + strings.Repeat("x", chain.MaxFields-6) + `"`), nil},
		"largest time": {rawEvent(`"a":"` + strings.Repeat("\\u0000", (chain.MaxFields-6)/6) + `"`), nil},
	} {
		t.Run(name, func(t *testing.T) {
			if err := trail.Commit(t.Context(), c.event); !errors.Is(err, c.want) {
				t.Errorf("Commit: %v, want %v", err, c.want)
			}
			if err := trail.Post(c.event); !errors.Is(err, c.want) {
				t.Errorf("Post: %v, want %v", err, c.want)
			}
		})
	}
	mustClose(t, trail)
	if n := len(sound(t, path)); n != 6 {
		t.Errorf("%d lines, want 6", n)
	}
}

func TestCloseDrainsAndRefuses(t *testing.T) {
	path := trailPath(t)
	trail := mustOpen(t, path, Options{})
	for range 1000 {
		mustPost(t, trail, attempt())
	}
	mustClose(t, trail)
	mustClose(t, trail)
	if n := len(sound(t, path)); n != 1000 {
		t.Errorf("%d lines, want 1000", n)
	}
	if err := trail.Post(attempt()); !errors.Is(err, ErrClosed) {
		t.Errorf("Post: %v", err)
	}
	if err := trail.Commit(t.Context(), attempt()); !errors.Is(err, ErrClosed) {
		t.Errorf("Commit: %v", err)
	}
}

func TestManyAtOnce(t *testing.T) {
	path := trailPath(t)
	trail := mustOpen(t, path, Options{})
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for j := range 100 {
				e := Attempt{User: fmt.Sprint(i, j)}
				err := trail.Post(&e)
				if j%10 == 0 {
					err = errors.Join(err, trail.Commit(t.Context(), &e))
				}
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	mustClose(t, trail)
	if n := len(sound(t, path)); n != 880 {
		t.Errorf("%d lines, want 880", n)
	}
}

// quietLogger counts the lines of the log.
func quietLogger() (*logrus.Logger, *bytes.Buffer) {
	var out bytes.Buffer
	l := logrus.New()
	l.SetOutput(&out)
	return l, &out
}
