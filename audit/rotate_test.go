package audit

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"

	"ivalt-radius/audit/checkpoint"
	"ivalt-radius/audit/durable"
	"ivalt-radius/audit/segment"
)

func mustRotate(t *testing.T, trail *Trail) {
	t.Helper()
	if err := trail.Rotate(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func testKey(t *testing.T) checkpoint.Key {
	t.Helper()
	key, err := checkpoint.OpenOrMake(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestRotateEndsTheFile(t *testing.T) {
	path := trailPath(t)
	trail := mustOpen(t, path, Options{Key: testKey(t)})
	mustRotate(t, trail) // nothing to keep apart
	mustPost(t, trail, Attempt{User: "a"})
	mustRotate(t, trail)
	mustRotate(t, trail) // the new one has but its own first line
	select {
	case <-trail.Rotated():
	default:
		t.Error("nobody is told")
	}
	mustCommit(t, trail, Attempt{User: "b"})
	if trail.Durable() != 4 {
		t.Errorf("durable up to %d", trail.Durable())
	}
	if _, err := Open(path, Options{}); !errors.Is(err, ErrInUse) {
		t.Errorf("a second server: %v", err)
	}
	mustRotate(t, trail)
	mustClose(t, trail)
	lines := expectWhole(t, path, "a checkpoint segment_started b checkpoint segment_started checkpoint")
	if got := names(t, path); got != ".000000000001-000000000002 .000000000003-000000000005 " {
		t.Errorf("the files are %s", got)
	}
	if s := lines[2]; s.File != childTrail+".000000000001-000000000002" || s.First != 1 || s.Last != 2 || s.LastHash != lines[1].Hash || s.Type != "system_event" {
		t.Errorf("%+v", s)
	}
	for _, f := range listed(t, path) {
		if info, err := os.Stat(f.Path); err != nil || info.Mode() != 0o600 {
			t.Errorf("%s: %v %v", f.Path, info.Mode(), err)
		}
	}
	if err := trail.Rotate(t.Context()); !errors.Is(err, ErrClosed) {
		t.Errorf("a closed trail: %v", err)
	}
}

func TestOneRecordIsASegmentWhereItIsNotTheFilesOwn(t *testing.T) {
	path := trailPath(t)
	for range 2 { // Open learns the first line
		trail := mustOpen(t, path, Options{})
		if len(listed(t, path)) == 1 {
			mustCommit(t, trail, Attempt{User: "a"})
		}
		mustRotate(t, trail)
		mustClose(t, trail)
	}
	expectWhole(t, path, "a segment_started")
}

// clock is the bubble's clock, set forward.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

// pass lets d pass, and what is due then happen.
func (c *clock) pass(d time.Duration) {
	c.ahead.Add(int64(d - time.Second))
	time.Sleep(time.Second) //nolint:forbidigo // virtual time
	synctest.Wait()
}

// TestAFileEndsBySizeAndByDay: after the record that makes it too large, and within a second of midnight UTC.
func TestAFileEndsBySizeAndByDay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path, c := trailPath(t), &clock{} // a bubble begins at midnight UTC
		trail := mustOpen(t, path, Options{SegmentSize: 2000, Now: c.now})
		for range 3 {
			mustCommit(t, trail, Attempt{User: "s", Detail: strings.Repeat("x ", 400)})
		}
		c.pass(24*time.Hour - time.Second)
		expectWhole(t, path, "s s segment_started s")
		c.pass(time.Second)
		expectWhole(t, path, "s s segment_started s segment_started")
		c.pass(48 * time.Hour)
		expectWhole(t, path, "s s segment_started s segment_started") // an idle server ends no file
		trail.Adopt(1<<20, 0)
		mustCommit(t, trail, Attempt{User: "t", Detail: strings.Repeat("x", 3000)})
		mustCommit(t, trail, Attempt{User: "t"})
		synctest.Wait()
		expectWhole(t, path, "s s segment_started s segment_started t segment_started t") // the first of them found yesterday's
		mustClose(t, trail)
	})
}

// TestOpenKnowsHowOldTheFileIs: it was begun yesterday, by another process.
func TestOpenKnowsHowOldTheFileIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path, c := trailPath(t), &clock{}
		for day := range 2 {
			trail := mustOpen(t, path, Options{SegmentSize: 1 << 20, Now: c.now})
			mustCommit(t, trail, Attempt{User: "d"})
			synctest.Wait()
			mustClose(t, trail)
			if got := len(listed(t, path)); got != day+1 {
				t.Errorf("%d files", got)
			}
			c.pass(24 * time.Hour)
		}
		expectWhole(t, path, "d d segment_started")
	})
}

// noNewFile blocks the next file's first name: a directory that is not empty cannot be removed.
func noNewFile(path string) (free func() error, err error) {
	blocked := path + durable.Suffix
	return func() error { return os.RemoveAll(blocked) }, os.MkdirAll(blocked+"/x", 0o700)
}

// noSegment takes the names that the file may get.
func noSegment(path string) (free func() error, err error) {
	var taken []string
	for last := range uint64(400) {
		name := segment.Name(path, 1, last+1)
		taken = append(taken, name)
		err = errors.Join(err, os.WriteFile(name, []byte("mine\n"), 0o600))
	}
	return func() (err error) {
		for _, name := range taken {
			err = errors.Join(err, os.Remove(name))
		}
		return err
	}, err
}

// TestARotationThatFails: the logins go on in the old file, the log says so once a minute, and it is tried again.
func TestARotationThatFails(t *testing.T) {
	for name, c := range map[string]struct {
		block func(path string) (free func() error, err error)
		says  string
	}{
		"no new file":                 {noNewFile, "directory not empty"},
		"the segment's name is taken": {noSegment, "move the file of that name away"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				path := trailPath(t)
				logger, out := quietLogger()
				trail := mustOpen(t, path, Options{SegmentSize: 100, Logger: logger, Key: testKey(t)})
				free, err := c.block(path)
				fail(t, err)
				for range 10 {
					mustCommit(t, trail, Attempt{User: "a"})
				}
				if err := trail.Rotate(t.Context()); err == nil || !strings.Contains(err.Error(), c.says) {
					t.Errorf("Rotate says %v", err)
				}
				time.Sleep(125 * time.Second) //nolint:forbidigo // virtual time
				synctest.Wait()
				if n := strings.Count(out.String(), "audit trail cannot be rotated"); n < 2 || n > 3 || trail.Failing() != nil || trail.Lost() != 0 {
					t.Errorf("%d errors in the log in 125 s, health says %v, %d lost:\n%s", n, trail.Failing(), trail.Lost(), out)
				}
				fail(t, free())
				time.Sleep(61 * time.Second) //nolint:forbidigo // virtual time
				synctest.Wait()
				mustClose(t, trail)
				if got := events(whole(t, path)); !strings.HasSuffix(got, "checkpoint segment_started checkpoint") || len(listed(t, path)) != 2 || strings.Count(got, "checkpoint") > 5 {
					t.Errorf("the trail says %s in %s", got, names(t, path)) // many checkpoints: it was tried with each login
				}
			})
		})
	}
}

// TestADirectoryThatCannotBeSynced: the new file's name may be undone by a crash, so nothing is acknowledged in it before.
func TestADirectoryThatCannotBeSynced(t *testing.T) {
	path := trailPath(t)
	file, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	w := &writer{file: file, place: place{path: filepath.Join(t.TempDir(), "none", "trail")}, now: time.Now, nameless: true, pace: &pace{}}
	if err := w.append(&group{}); err == nil || !w.nameless {
		t.Errorf("%v", err)
	}
	w.place.path = path
	if err := w.append(&group{}); err != nil || w.nameless {
		t.Errorf("%v", err)
	}
}

// TestARotationTouchesNoForeignFile: what stands in the trail's place is neither renamed nor written over.
func TestARotationTouchesNoForeignFile(t *testing.T) {
	r := newLostRig(t)
	if err := errors.Join(os.Rename(r.path, r.old), os.WriteFile(r.path, []byte("mine\n"), 0o600)); err != nil {
		t.Fatal(err)
	}
	home := r.trail.writer.place
	if file, err := home.advance(segment.Name(r.path, 1, 2), []byte("new\n")); !errors.Is(err, errForeign) || file != nil {
		t.Errorf("%v", err)
	}
	if content, err := os.ReadFile(r.path); err != nil || string(content) != "mine\n" {
		t.Errorf("%v: %q", err, content)
	}
	if files, err := filepath.Glob(r.path + ".*"); err != nil || !slices.Equal(files, []string{r.old}) {
		t.Errorf("%v %v", files, err)
	}
}

// TestAFailedRotationLeavesNoSecondName, and one that it had to leave is taken away before the next.
func TestAFailedRotationLeavesNoSecondName(t *testing.T) {
	path := trailPath(t)
	trail := mustOpen(t, path, Options{})
	mustCommit(t, trail, Attempt{User: "a"})
	twin := segment.Name(path, 1, 1)
	trail.writer.place.twin = twin
	if err := os.Link(path, twin); err != nil {
		t.Fatal(err)
	}
	if got := names(t, path); got != "" {
		t.Errorf("a reader in the middle of a rotation finds %q", got)
	}
	mustCommit(t, trail, Attempt{User: "b"})
	mustRotate(t, trail)
	mustClose(t, trail)
	if got := names(t, path); got != ".000000000001-000000000002 " {
		t.Errorf("the files are %q", got)
	}
}

// TestRotateSaysThatTheDiskFails, and gives up with its context.
func TestRotateSaysThatTheDiskFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path, file := trailPath(t), &faultyFile{}
		trail := mustOpen(t, path, Options{Wrap: file.wrap, Key: testKey(t)})
		mustCommit(t, trail, Attempt{User: "a"})
		file.fail(unix.ENOSPC, unix.EIO, nil)
		if err := trail.Rotate(t.Context()); !errors.Is(err, unix.ENOSPC) { // of the checkpoint
			t.Errorf("%v", err)
		}
		mustPost(t, trail, Attempt{User: "lost"})
		if err := trail.Rotate(t.Context()); !errors.Is(err, unix.ENOSPC) {
			t.Errorf("%v", err)
		}
		file.fail(nil, nil, nil)
		mustCommit(t, trail, Attempt{User: "b"})
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		file.gate = make(chan struct{})
		go func() { _ = trail.Commit(t.Context(), Attempt{User: "c"}) }()
		synctest.Wait()
		if err := trail.Rotate(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
		close(file.gate)
		mustClose(t, trail)
		expectWhole(t, path, "a recovered b c checkpoint")
	})
}

// TestManyCommitsOverRotations: none gets lost or is acknowledged in a file that nobody finds.
func TestManyCommitsOverRotations(t *testing.T) {
	path := trailPath(t)
	trail := mustOpen(t, path, Options{SegmentSize: 1500, Key: testKey(t), CheckpointEvery: time.Millisecond, StateDir: t.TempDir()})
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 50 {
				mustCommit(t, trail, Attempt{User: "u"})
			}
		})
	}
	for range 20 {
		mustRotate(t, trail)
	}
	all.Wait()
	mustClose(t, trail)
	if n := strings.Count(contentOf(t, path), `"user":"u"`); n != 400 {
		t.Errorf("%d records", n)
	}
	if whole(t, path); len(listed(t, path)) < 20 {
		t.Errorf("%d files", len(listed(t, path)))
	}
}
