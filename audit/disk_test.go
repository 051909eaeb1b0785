package audit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"
)

func TestAFailingDisk(t *testing.T) {
	for name, c := range map[string]struct{ write, sync, trim error }{
		"full":                     {write: unix.ENOSPC},
		"full, and not to be cut":  {write: unix.ENOSPC, trim: unix.EIO},
		"read-only":                {write: unix.EROFS, sync: unix.EROFS, trim: unix.EROFS},
		"sync fails":               {sync: unix.EIO},
		"sync fails, nor be cut":   {sync: unix.EIO, trim: unix.EIO},
		"everything fails at once": {write: unix.EIO, sync: unix.EIO, trim: unix.EIO},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newDiskRig(t)
				r.file.fail(c.write, c.sync, c.trim)
				r.loseThree(t)
				if c.trim == nil {
					expect(t, r.path, "first") // what failed is gone at once
				}
				r.failFor5s(t)
				r.file.fail(nil, nil, nil)
				r.recover(t)
			})
		})
	}
}

// diskRig is a trail that says "first", on a disk that can fail.
type diskRig struct {
	path  string
	file  *faultyFile
	trail *Trail
	log   *bytes.Buffer
}

func newDiskRig(t *testing.T) diskRig {
	t.Helper()
	path, file := trailPath(t), &faultyFile{}
	logger, out := quietLogger()
	trail := mustOpen(t, path, Options{Wrap: file.wrap, Logger: logger})
	mustCommit(t, trail, Attempt{User: "first"})
	return diskRig{path, file, trail, out}
}

func (r diskRig) loseThree(t *testing.T) {
	t.Helper()
	for range 3 {
		if err := r.trail.Commit(t.Context(), Attempt{User: "lost"}); err == nil || r.trail.Failing() == nil {
			t.Fatalf("Commit says %v, health says %v", err, r.trail.Failing())
		}
	}
}

func (r diskRig) failFor5s(t *testing.T) {
	t.Helper()
	time.Sleep(5 * time.Second) //nolint:forbidigo // virtual time
	synctest.Wait()
	if r.trail.Failing() == nil || r.trail.Lost() != 3 {
		t.Errorf("health says %v, %d lost", r.trail.Failing(), r.trail.Lost())
	}
	if n := strings.Count(r.log.String(), "level=error"); n < 5 || n > 6 {
		t.Errorf("%d errors in the log in 5 s:\n%s", n, r.log)
	}
}

func (r diskRig) recover(t *testing.T) {
	t.Helper()
	time.Sleep(2 * time.Second) //nolint:forbidigo // virtual time
	synctest.Wait()
	if err := r.trail.Failing(); err != nil {
		t.Errorf("does not recover by itself: %v", err)
	}
	mustCommit(t, r.trail, Attempt{User: "last"})
	lines := expect(t, r.path, "first recovered last")
	if lines[1].Type != "system_event" || !strings.HasPrefix(lines[1].Detail, "3 records") {
		t.Errorf("%+v", lines[1])
	}
	if !strings.HasSuffix(lines[1].Detail, "for 7s") && !strings.HasSuffix(lines[1].Detail, "for 6s") {
		t.Errorf("how long it failed: %s", lines[1].Detail)
	}
	if log := r.log.String(); !strings.Contains(log, "audit trail recovered") || !strings.Contains(log, "failed_for=6s") && !strings.Contains(log, "failed_for=7s") {
		t.Errorf("the log does not say that it recovered, and how long it failed:\n%s", log)
	}
	mustClose(t, r.trail)
}

// TestAFailedSyncTakesTheUnsyncedPostsToo: nobody knows which of their pages are on disk.
func TestAFailedSyncTakesTheUnsyncedPostsToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path, file := trailPath(t), &faultyFile{}
		trail := mustOpen(t, path, Options{Wrap: file.wrap})
		mustCommit(t, trail, Attempt{User: "first"})
		mustPost(t, trail, Attempt{User: "p"})
		mustPost(t, trail, Attempt{User: "p"})
		time.Sleep(2 * linger) //nolint:forbidigo // virtual time
		synctest.Wait()
		expect(t, path, "first p p")
		file.fail(nil, unix.EIO, nil)
		if err := trail.Commit(t.Context(), Attempt{User: "c"}); !errors.Is(err, unix.EIO) {
			t.Fatalf("%v", err)
		}
		expect(t, path, "first")
		file.fail(nil, nil, nil)
		mustCommit(t, trail, Attempt{User: "last"})
		if lines := expect(t, path, "first recovered last"); !strings.HasPrefix(lines[1].Detail, "3 records") {
			t.Errorf("%+v", lines[1])
		}
		mustClose(t, trail)
	})
}

func TestCloseSaysThatTheDiskFails(t *testing.T) {
	path, file := trailPath(t), &faultyFile{}
	trail := mustOpen(t, path, Options{Wrap: file.wrap})
	mustPost(t, trail, attempt())
	file.fail(nil, unix.EIO, nil)
	for range 2 {
		if err := trail.Close(); !errors.Is(err, unix.EIO) {
			t.Errorf("%v", err)
		}
	}
}

// shortFile writes less than it is asked to and says nothing.
type shortFile struct{ File }

func (s shortFile) Write(b []byte) (int, error) { return s.File.Write(b[:len(b)-1]) }

func TestAShortWriteIsAFailure(t *testing.T) {
	path := trailPath(t)
	trail := mustOpen(t, path, Options{Wrap: func(f File) File { return shortFile{f} }})
	if err := trail.Commit(t.Context(), attempt()); err == nil {
		t.Error("no error")
	}
	if err := trail.Close(); err == nil {
		t.Error("Close gives no error")
	}
	expect(t, path, "")
}

// child runs this test binary as a part of TestMain.
func child(t *testing.T, part, path string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Dir = filepath.Dir(path)
	cmd.Env = append(os.Environ(), childVariable+"="+part)
	return cmd
}

// TestTheKernelRefuses meets a real file size limit: writes are cut short, then fail.
func TestTheKernelRefuses(t *testing.T) {
	path := trailPath(t)
	if out, err := child(t, "size limit", path).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	recovered(t, path)
}

// TestARealDisk meets a full disk and a read-only one: a tmpfs in a mount namespace of the child's own. Where no mount is allowed the
// size limit of TestTheKernelRefuses stands for it, as the log of this test says.
func TestARealDisk(t *testing.T) {
	for _, part := range []string{"full disk", "read-only disk"} {
		t.Run(part, func(t *testing.T) {
			path := trailPath(t)
			cmd := child(t, part, path)
			cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
			out, err := cmd.CombinedOutput()
			if errors.Is(err, unix.EPERM) || strings.Contains(string(out), mountRefused) {
				t.Logf("no mount is allowed here: %v %s", err, out)
				return
			}
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			recovered(t, path)
		})
	}
}

func recovered(t *testing.T, path string) {
	t.Helper()
	lines := sound(t, path)
	words := events(lines)
	if !strings.Contains(words, " recovered last") || strings.Contains(words, "lost") {
		t.Errorf("the trail says %q", words)
	}
}

func fillToLimit() error {
	signal.Ignore(unix.SIGXFSZ)
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	free := limit
	limit.Cur = 10_000
	return failAndRecover(childTrail, unix.EFBIG,
		func() error { return unix.Setrlimit(unix.RLIMIT_FSIZE, &limit) },
		func() error { return unix.Setrlimit(unix.RLIMIT_FSIZE, &free) },
	)
}

const mountRefused = "mount refused"

// small is the directory of a disk of 64 KiB, for this process alone.
const small = "small"

// onSmallDisk plays a part on it, and copies the trail to where the test looks.
func onSmallDisk(play func(trail string) error) error {
	if err := os.Mkdir(small, 0o700); err != nil {
		return err
	}
	if err := unix.Mount("tmpfs", small, "tmpfs", 0, "size=64k"); err != nil {
		return fmt.Errorf("%s: %w", mountRefused, err)
	}
	trail := filepath.Join(small, "trail")
	if err := play(trail); err != nil {
		return err
	}
	content, err := os.ReadFile(trail)
	if err != nil {
		return err
	}
	return os.WriteFile(childTrail, content, 0o600) //nolint:gosec // a constant path
}

func fillDisk() error {
	ballast := filepath.Join(small, "ballast")
	return onSmallDisk(func(trail string) error {
		return failAndRecover(trail, unix.ENOSPC,
			func() error { return os.WriteFile(ballast, make([]byte, 40<<10), 0o600) },
			func() error { return os.Remove(ballast) },
		)
	})
}

// lockDisk makes the disk read-only for whoever comes by its path. The kernel allows no more while a file is open for writing: the
// trail can be written, but neither rotated nor begun anew where its file is lost.
func lockDisk() error {
	lock := func() error {
		return errors.Join(unix.Mount(small, small, "", unix.MS_BIND, ""), unix.Mount("", small, "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY, ""))
	}
	unlock := func() error { return unix.Unmount(small, 0) }
	return onSmallDisk(func(path string) error {
		trail, err := Open(path, Options{})
		if err != nil {
			return err
		}
		ctx := context.Background()
		commit := func() error { return trail.Commit(ctx, Attempt{User: "first"}) }
		if err := errors.Join(commit(), lock(), wants(trail.Rotate(ctx), unix.EROFS), commit(), trail.Failing(), unlock()); err != nil {
			return err
		}
		err = errors.Join(os.Remove(path), lock(), wants(commit(), errMoved), wants(commit(), unix.EROFS), wants(trail.Failing(), unix.EROFS), unlock())
		if err != nil {
			return err
		}
		return errors.Join(trail.Commit(ctx, Attempt{User: "last"}), trail.Failing(), trail.Close())
	})
}

// wants returns nil for the error that is wanted.
func wants(err, wanted error) error {
	if errors.Is(err, wanted) {
		return nil
	}
	return fmt.Errorf("it says %w, want %w", err, wanted)
}

// failAndRecover commits until the disk refuses, frees it, and commits once more.
func failAndRecover(path string, want error, fill, free func() error) error {
	trail, err := Open(path, Options{})
	if err != nil {
		return err
	}
	if err := fill(); err != nil {
		return err
	}
	user, ctx := "first", context.Background()
	for err == nil {
		err = trail.Commit(ctx, Attempt{User: user, Detail: strings.Repeat("x ", 1500)})
	}
	if !errors.Is(err, want) || trail.Failing() == nil {
		return fmt.Errorf("%w, want %w; health says %w", err, want, trail.Failing())
	}
	if err := trail.Commit(ctx, Attempt{User: "lost", Detail: strings.Repeat("x ", 15000)}); !errors.Is(err, want) {
		return fmt.Errorf("the second time %w, want %w", err, want)
	}
	if err := free(); err != nil {
		return err
	}
	if err := trail.Commit(ctx, Attempt{User: "last"}); err != nil {
		return fmt.Errorf("does not recover: %w", err)
	}
	return trail.Close()
}
