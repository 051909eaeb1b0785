package audit

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ivalt-radius/audit/chain"
	"ivalt-radius/audit/durable"
)

// lostRig is a trail of two records whose file is about to be taken away.
type lostRig struct {
	path, old string
	trail     *Trail
	log       *bytes.Buffer
}

func newLostRig(t *testing.T) lostRig {
	t.Helper()
	path := trailPath(t)
	logger, out := quietLogger()
	trail := mustOpen(t, path, Options{Logger: logger})
	mustCommit(t, trail, Attempt{User: "a"})
	mustCommit(t, trail, Attempt{User: "b"})
	return lostRig{path, path + ".1", trail, out}
}

func (r lostRig) mustFail(t *testing.T, want error) {
	t.Helper()
	if err := r.trail.Commit(t.Context(), Attempt{User: "lost"}); !errors.Is(err, want) {
		t.Fatalf("Commit says %v, want %v", err, want)
	}
	if !errors.Is(r.trail.Failing(), want) || !strings.Contains(r.log.String(), "no other program may") {
		t.Errorf("health says %v, the log %s", r.trail.Failing(), r.log)
	}
}

// TestNothingIsAcknowledgedInALostFile: a removed or renamed file takes no Commit, and the chain goes on in a new file.
func TestNothingIsAcknowledgedInALostFile(t *testing.T) {
	for name, take := range map[string]func(lostRig) error{
		"removed": func(r lostRig) error { return os.Remove(r.path) },
		"renamed": func(r lostRig) error { return os.Rename(r.path, r.old) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newLostRig(t)
				last := sound(t, r.path)[1]
				if err := take(r); err != nil {
					t.Fatal(err)
				}
				r.mustFail(t, errMoved)
				mustCommit(t, r.trail, Attempt{User: "c"})
				mustClose(t, r.trail)
				lines := expect(t, r.path, "trail_replaced recovered c")
				if lines[0].Seq != 3 || lines[0].Type != "security_event" || !strings.Contains(lines[0].Detail, "record 2, hash "+last.Hash) {
					t.Errorf("%+v", lines[0])
				}
				r.oneChain(t, name, last.Hash)
			})
		})
	}
}

// oneChain: the new file says what it continues, and behind the renamed one it makes one sound trail.
func (r lostRig) oneChain(t *testing.T, name, last string) {
	t.Helper()
	content, err := os.ReadFile(r.path)
	if err != nil {
		t.Fatal(err)
	}
	result, err := chain.Verify(bytes.NewReader(content))
	if diff := cmp.Diff(chain.Before{Seq: 2, Hash: last}, result.Before); err != nil || diff != "" {
		t.Error(err, diff)
	}
	if name != "renamed" {
		return
	}
	expect(t, r.old, "a b") // what was not acknowledged is cut off
	old, err := os.ReadFile(r.old)
	if err != nil {
		t.Fatal(err)
	}
	result, err = chain.Verify(bytes.NewReader(append(old, content...)))
	if err != nil || !result.Sound() || result.LastSeq != 5 || result.Before != (chain.Before{}) {
		t.Errorf("%v %+v", err, result)
	}
}

// TestALostFileIsMissedWithinASecond, whether or not anybody logs in.
func TestALostFileIsMissedWithinASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newLostRig(t)
		if err := os.Remove(r.path); err != nil {
			t.Fatal(err)
		}
		time.Sleep(retryAfter + time.Millisecond) //nolint:forbidigo // virtual time
		synctest.Wait()
		if !errors.Is(r.trail.Failing(), errMoved) {
			t.Errorf("health says %v", r.trail.Failing())
		}
		time.Sleep(retryAfter) //nolint:forbidigo // virtual time
		synctest.Wait()
		if r.trail.Failing() != nil || r.trail.Lost() != 0 || !strings.Contains(r.log.String(), "audit trail recovered") {
			t.Errorf("health says %v, %d lost, log %s", r.trail.Failing(), r.trail.Lost(), r.log)
		}
		mustCommit(t, r.trail, Attempt{User: "c"})
		expect(t, r.path, "trail_replaced c")
		mustClose(t, r.trail)
	})
}

// TestAnotherFileIsNotTouched: the trail fails until its place is free, or its own file is back.
func TestAnotherFileIsNotTouched(t *testing.T) {
	for name, c := range map[string]struct {
		free func(lostRig) error
		want string
	}{
		"moved away": {func(r lostRig) error { return os.Rename(r.path, r.path+".other") }, "trail_replaced recovered c"},
		"put back":   {func(r lostRig) error { return os.Rename(r.old, r.path) }, "a b recovered c"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newLostRig(t)
				if err := errors.Join(os.Rename(r.path, r.old), os.WriteFile(r.path, []byte("mine\n"), 0o600)); err != nil {
					t.Fatal(err)
				}
				for range 5 {
					r.mustFail(t, errForeign)
				}
				if n := strings.Count(r.log.String(), "level=error"); n != 1 {
					t.Errorf("%d errors in the log within one second", n)
				}
				if content, err := os.ReadFile(r.path); err != nil || string(content) != "mine\n" {
					t.Errorf("%v: %q", err, content)
				}
				if err := c.free(r); err != nil {
					t.Fatal(err)
				}
				mustCommit(t, r.trail, Attempt{User: "c"})
				mustClose(t, r.trail)
				expect(t, r.path, c.want)
			})
		})
	}
}

// TestNoNewFile: where none can be made the Commits go on failing, and a later one makes it.
func TestNoNewFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newLostRig(t)
		blocked := r.path + durable.Suffix // a directory that is not empty cannot be removed
		if err := errors.Join(os.Remove(r.path), os.MkdirAll(blocked+"/x", 0o700)); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			r.mustFail(t, errMoved)
		}
		if err := os.RemoveAll(blocked); err != nil {
			t.Fatal(err)
		}
		mustCommit(t, r.trail, Attempt{User: "c"})
		mustClose(t, r.trail)
		expect(t, r.path, "trail_replaced recovered c")
		if _, err := os.Stat(blocked); err == nil {
			t.Error("the file's first name is left")
		}
	})
}

// TestTheNewFileIsATrail: it is locked, for its owner alone, and Open goes on in it.
func TestTheNewFileIsATrail(t *testing.T) {
	r := newLostRig(t)
	if err := os.Remove(r.path); err != nil {
		t.Fatal(err)
	}
	r.mustFail(t, errMoved)
	mustCommit(t, r.trail, Attempt{User: "c"})
	if _, err := Open(r.path, Options{}); !errors.Is(err, ErrInUse) {
		t.Errorf("a second server: %v", err)
	}
	if info, err := os.Stat(r.path); err != nil || info.Mode() != 0o600 {
		t.Errorf("%v %v", err, info.Mode())
	}
	mustClose(t, r.trail)
	trail := mustOpen(t, r.path, Options{})
	mustCommit(t, trail, Attempt{User: "d"})
	mustClose(t, trail)
	if lines := expect(t, r.path, "trail_replaced recovered c d"); lines[3].Seq != 6 {
		t.Errorf("%+v", lines[3])
	}
}
