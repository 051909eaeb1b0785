package audit

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"ivalt-radius/audit/checkpoint"
)

func readHead(t *testing.T, dir string) checkpoint.Head {
	t.Helper()
	head, err := checkpoint.ReadHead(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return head
}

// TestCheckpointsCoverWhatIsNew: soon after the first record, then while there are new ones, and at the end.
func TestCheckpointsCoverWhatIsNew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path, dir, key := trailPath(t), t.TempDir(), testKey(t)
		logger, out := quietLogger()
		trail := mustOpen(t, path, Options{Key: key, CheckpointEvery: time.Minute, StateDir: dir, Logger: logger})
		pass := func(d time.Duration) {
			time.Sleep(d) //nolint:forbidigo // virtual time
			synctest.Wait()
		}
		pass(time.Hour)
		expect(t, path, "") // an empty trail has nothing to sign
		mustCommit(t, trail, Attempt{User: "a"})
		mustCommit(t, trail, Attempt{User: "b"})
		expect(t, path, "a checkpoint b")
		pass(30 * time.Second)
		expect(t, path, "a checkpoint b")
		pass(32 * time.Second)
		lines := expect(t, path, "a checkpoint b checkpoint")
		synctest.Wait()
		if head := readHead(t, dir); head.Seq != 4 || head.Hash != lines[3].Hash || !head.Time.Equal(lines[3].Time) {
			t.Errorf("%+v", head)
		}
		pass(time.Hour)
		mustCommit(t, trail, Attempt{User: "c"})
		mustPost(t, trail, Attempt{User: "d"})
		mustClose(t, trail)
		lines = expect(t, path, "a checkpoint b checkpoint c checkpoint d checkpoint")
		for i, l := range lines {
			if l.Event != "checkpoint" {
				continue
			}
			if l.Covers != uint64(i) || l.CoversHash != lines[i-1].Hash || l.Key != key.Public().Fingerprint() || l.Type != "system_event" ||
				!key.Public().Verify(l.Covers, l.CoversHash, l.Signature) {
				t.Errorf("%+v", l)
			}
		}
		last := lines[7]
		want := checkpoint.Head{Seq: 8, Hash: last.Hash, Covers: 7, CoversHash: last.CoversHash, Key: last.Key, Signature: last.Signature, Time: last.Time}
		if diff := cmp.Diff(want, readHead(t, dir)); diff != "" {
			t.Error(diff)
		}
		if n := strings.Count(out.String(), `msg="audit checkpoint"`); n != 4 || !strings.Contains(out.String(), "hash="+last.Hash) {
			t.Errorf("%d lines in the log:\n%s", n, out)
		}
	})
}

// TestThatASegmentGoesIsSignedAtOnce: a verifier that comes right behind does not take retention for a thief.
func TestThatASegmentGoesIsSignedAtOnce(t *testing.T) {
	path := trailPath(t)
	trail := mustOpen(t, path, Options{Key: testKey(t), CheckpointEvery: time.Hour})
	mustCommit(t, trail, Attempt{User: "a"})
	mustCommit(t, trail, Segment{Event: SegmentRemoved})
	expect(t, path, "a checkpoint segment_removed checkpoint")
	mustCommit(t, trail, Attempt{User: "b"})
	expect(t, path, "a checkpoint segment_removed checkpoint b")
	mustClose(t, trail)
}

// TestOpenAndCloseSignNothingTwice, but they sign what a crash left unsigned.
func TestOpenAndCloseSignNothingTwice(t *testing.T) {
	path, key := trailPath(t), testKey(t)
	for _, c := range []struct {
		opt  Options
		user string
		want string
	}{
		{Options{}, "a", "a"},
		{Options{Key: key}, "", "a checkpoint"},
		{Options{Key: key}, "", "a checkpoint"},
		{Options{Key: key, CheckpointEvery: time.Hour}, "b", "a checkpoint b checkpoint"},
	} {
		trail := mustOpen(t, path, c.opt)
		if c.user != "" {
			mustCommit(t, trail, Attempt{User: c.user})
		}
		mustClose(t, trail)
		expect(t, path, c.want)
	}
}

// TestAHeadIsNeverAheadOfTheDisk: no checkpoint that a failing disk lost is kept.
func TestAHeadIsNeverAheadOfTheDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path, dir, file := trailPath(t), t.TempDir(), &faultyFile{}
		trail := mustOpen(t, path, Options{Key: testKey(t), CheckpointEvery: time.Second, StateDir: dir, Wrap: file.wrap})
		file.fail(nil, unix.EIO, nil)
		for range 3 {
			if err := trail.Commit(t.Context(), Attempt{User: "lost"}); err == nil {
				t.Error("acknowledged")
			}
		}
		synctest.Wait()
		if head := readHead(t, dir); head.Seq != 0 {
			t.Errorf("%+v", head)
		}
		file.fail(nil, nil, nil)
		mustClose(t, trail)
		lines := expect(t, path, "recovered checkpoint")
		if head := readHead(t, dir); head.Seq != 2 || head.Hash != lines[1].Hash {
			t.Errorf("%+v", head)
		}
	})
}

// TestAHeadThatCannotBeKept fails no login.
func TestAHeadThatCannotBeKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path, dir := trailPath(t), t.TempDir()
		logger, out := quietLogger()
		trail := mustOpen(t, path, Options{Key: testKey(t), CheckpointEvery: time.Second, StateDir: dir, Logger: logger})
		if err := os.MkdirAll(filepath.Join(dir, checkpoint.HeadFile, "x"), 0o700); err != nil {
			t.Fatal(err)
		}
		for range 30 {
			mustCommit(t, trail, Attempt{User: "a"})
			time.Sleep(time.Second) //nolint:forbidigo // virtual time
		}
		synctest.Wait()
		if n := strings.Count(out.String(), "cannot be kept beside the trail"); n != 1 || trail.Failing() != nil {
			t.Errorf("%d errors in the log, health says %v", n, trail.Failing())
		}
		mustClose(t, trail)
	})
}

// TestSaltsAreInTheTrailAlone: each line that may name a person has another one, right before prev.
func TestSaltsAreInTheTrailAlone(t *testing.T) {
	path := trailPath(t)
	trail := mustOpen(t, path, Options{})
	for _, e := range []Event{Attempt{}, Security{}, Action{}, Accounting{}, Forgotten{}, System{}, APICall{}, Configuration{}, Access{}, Segment{}, Checkpoint{}} {
		if strings.Contains(string(e.AppendFields(nil)), "salt") {
			t.Errorf("the log has it: %s", e.AppendFields(nil))
		}
		for range 100 {
			mustPost(t, trail, e)
		}
	}
	mustClose(t, trail)
	seen := map[string]bool{}
	for raw := range strings.Lines(contentOf(t, path)) {
		var l line
		if err := json.Unmarshal([]byte(raw), &l); err != nil {
			t.Fatal(err)
		}
		want := l.Type == "authentication_attempt" || l.Type == "security_event" || l.Type == "user_action" || l.Type == "data_access"
		if got := strings.Contains(raw, `,"salt":"`+l.Salt+`","prev":"`) && len(l.Salt) == 32; got != want || l.Salt != "" != want {
			t.Fatalf("salted: %v, want %v: %s", got, want, raw)
		}
		if want && seen[l.Salt] {
			t.Fatal("two lines with one salt")
		}
		seen[l.Salt] = true
	}
	whole(t, path)
}

// userAction is an event without fields.
type userAction struct{ rawEvent }

func (userAction) EventType() Type { return UserAction }

func TestASaltAloneIsAField(t *testing.T) {
	path := trailPath(t)
	trail := mustOpen(t, path, Options{})
	mustCommit(t, trail, userAction{})
	mustClose(t, trail)
	if lines := sound(t, path); len(lines[0].Salt) != 32 {
		t.Errorf("%+v", lines[0])
	}
}
