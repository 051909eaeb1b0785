package keep

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sirupsen/logrus"
	"golang.org/x/sys/unix"

	"ivalt-radius/audit"
	"ivalt-radius/audit/chain"
	"ivalt-radius/audit/segment"
)

// rig is a trail with a segment for each of the days 1 to 3, at day 4, and its keeper.
type rig struct {
	t                   *testing.T
	live, state, attic  string
	now                 time.Time
	trail               *audit.Trail
	keeper              *Keeper
	log                 bytes.Buffer
	refuse              error // what Commit says, nil: what the trail says
	atCommit            func(audit.Segment)
	first, second, last string // base names
}

func newRig(t *testing.T, p Policy) *rig {
	t.Helper()
	r := &rig{t: t, live: filepath.Join(t.TempDir(), "audit.jsonl"), state: t.TempDir(), attic: filepath.Join(t.TempDir(), "attic")}
	if p.Archive != "" {
		p.Archive = r.attic
	}
	trail, err := audit.Open(r.live, audit.Options{Now: func() time.Time { return r.now }, SegmentSize: 0})
	fail(t, err)
	t.Cleanup(func() { _ = trail.Close() })
	r.trail = trail
	for n := 1; n <= 3; n++ {
		r.now = day(n)
		fail(t, errors.Join(trail.Commit(t.Context(), audit.Attempt{User: fmt.Sprint("user", n)}), trail.Rotate(t.Context())))
	}
	r.now = day(4)
	logger := logrus.New()
	logger.SetOutput(&r.log)
	r.keeper = New(Settings{Live: r.live, StateDir: r.state, Policy: p}, r, logger, func() time.Time { return r.now })
	r.first, r.second, r.last = "audit.jsonl.000000000001-000000000001", "audit.jsonl.000000000002-000000000003", "audit.jsonl.000000000004-000000000005"
	r.mustHave("", r.first, r.second, r.last, "")
	return r
}

// Commit implements Committer.
func (r *rig) Commit(ctx context.Context, e audit.Event) error {
	if s, ok := e.(audit.Segment); ok && r.atCommit != nil {
		r.atCommit(s)
	}
	if r.refuse != nil {
		return r.refuse
	}
	return r.trail.Commit(ctx, e)
}

// mustHave looks which segments are beside the live file; an empty name is none.
func (r *rig) mustHave(ending string, names ...string) {
	r.t.Helper()
	var want []string
	for _, n := range names {
		if n != "" {
			want = append(want, n+ending)
		}
	}
	if got := in(r.t, filepath.Dir(r.live)); !slices.Equal(got, append([]string{"audit.jsonl"}, want...)) {
		r.t.Errorf("there is %v, want %v", got, want)
	}
}

func in(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	fail(t, err)
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// said is the segment events of the live file.
func (r *rig) said() string {
	r.t.Helper()
	text, err := os.ReadFile(r.live)
	fail(r.t, err)
	var words []string
	for line := range strings.Lines(string(text)) {
		if _, rest, found := strings.Cut(line, `"event":"segment_`); found {
			word, rest, _ := strings.Cut(rest, `","file":"audit.jsonl.`)
			file, _, _ := strings.Cut(rest, `"`)
			words = append(words, word+" "+file)
		}
	}
	return strings.Join(words[1:], ", ") // without the file's own beginning
}

func (r *rig) hashOf(seq uint64) string {
	r.t.Helper()
	files, err := segment.List(r.live, r.attic)
	fail(r.t, err)
	for _, f := range files {
		if last, err := f.LastRecord(); err == nil && last.Seq == seq {
			return string(last.Hash[:])
		}
	}
	return ""
}

func TestOldSegmentsAreRemoved(t *testing.T) {
	r := newRig(t, Policy{Retention: 36 * time.Hour}) // from noon of day 2
	hash, second := r.hashOf(1), r.hashOf(3)
	r.atCommit = func(s audit.Segment) {
		if names := in(t, filepath.Dir(r.live)); !slices.Contains(names, s.File) {
			t.Errorf("%s is gone before the trail says so", s.File)
		}
		want := map[uint64]string{1: hash, 3: second}[s.Last]
		if s.Hash != want || s.Event != audit.SegmentRemoved || s.Detail != "its newest record is older than 36h0m0s" {
			t.Errorf("%+v", s)
		}
	}
	fail(t, r.keeper.Compress(t.Context()))
	r.mustHave(".gz", r.first, r.second, r.last)
	fail(t, r.keeper.Keep(t.Context()))
	r.mustHave(".gz", r.last)
	fail(t, r.keeper.Keep(t.Context()))
	if got := r.said(); got != "removed 000000000001-000000000001.gz, removed 000000000002-000000000003.gz" {
		t.Error(got)
	}
	r.now = day(30)
	r.keeper.Adopt(Policy{})
	fail(t, r.keeper.Keep(t.Context()))
	r.mustHave(".gz", r.last) // no retention: nothing goes
}

func TestOldSegmentsAreArchived(t *testing.T) {
	r := newRig(t, Policy{Archive: "attic", Retention: 60 * time.Hour})
	fail(t, r.keeper.Compress(t.Context()))
	before, err := os.ReadFile(filepath.Join(filepath.Dir(r.live), r.first+".gz"))
	fail(t, err)
	r.atCommit = func(s audit.Segment) {
		if names := in(t, r.attic); !slices.Equal(names, []string{s.File + ".new"}) || s.Event != audit.SegmentArchived {
			t.Errorf("%v in the archive before the trail says %+v", names, s)
		}
	}
	fail(t, r.keeper.Keep(t.Context()))
	r.mustHave(".gz", r.second, r.last)
	if got := r.said(); got != "archived 000000000001-000000000001.gz" {
		t.Error(got)
	}
	after, err := os.ReadFile(filepath.Join(r.attic, r.first+".gz"))
	if err != nil || !bytes.Equal(before, after) || len(in(t, r.attic)) != 1 {
		t.Errorf("%v, %v", err, in(t, r.attic))
	}
	r.oneTrail()
}

// oneTrail: with the archive all is there.
func (r *rig) oneTrail() {
	r.t.Helper()
	files, err := segment.List(r.live, r.attic)
	fail(r.t, err)
	var all []io.Reader
	for _, f := range files {
		in, err := f.Open()
		fail(r.t, err)
		defer func() { _ = in.Close() }()
		all = append(all, in)
	}
	result, err := chain.Verify(io.MultiReader(all...))
	if err != nil || !result.Sound() || result.Before.Seq != 0 {
		r.t.Errorf("%v %+v", err, result)
	}
}

// TestAnArchiveOnAnotherDisk: a rename does not get there.
func TestAnArchiveOnAnotherDisk(t *testing.T) {
	shm, err := os.MkdirTemp("/dev/shm", "archive") //nolint:usetesting // another file system
	if err != nil {
		shm = t.TempDir() // the same disk, then
	}
	t.Cleanup(func() { _ = os.RemoveAll(shm) })
	r := newRig(t, Policy{})
	r.attic = shm
	r.keeper.Adopt(Policy{Archive: shm, Retention: time.Hour})
	fail(t, r.keeper.Keep(t.Context()))
	r.mustHave("")
	if got := in(t, shm); !slices.Equal(got, []string{r.first, r.second, r.last}) {
		t.Error(got)
	}
	r.oneTrail()
}

// TestACrashWhileArchiving: the copy is whole in the archive, and the original still here.
func TestACrashWhileArchiving(t *testing.T) {
	r := newRig(t, Policy{Archive: "attic", Retention: 60 * time.Hour})
	original := filepath.Join(filepath.Dir(r.live), r.first)
	text, err := os.ReadFile(original)
	fail(t, errors.Join(err, os.Mkdir(r.attic, 0o700), os.WriteFile(filepath.Join(r.attic, r.first), text, 0o600), //nolint:gosec // in the test's own directory
		os.WriteFile(filepath.Join(r.attic, r.second)+".new", []byte("torn"), 0o600)))
	fail(t, r.keeper.Keep(t.Context()))
	r.mustHave("", r.second, r.last)
	r.now = day(20)
	fail(t, r.keeper.Keep(t.Context()))
	r.mustHave("")
	if got := in(t, r.attic); !slices.Equal(got, []string{r.first, r.second, r.last}) {
		t.Error(got)
	}
	r.oneTrail()
}

// TestWhatStays: nothing goes that cannot be judged, is held, or cannot be said.
func TestWhatStays(t *testing.T) {
	hold := func(r *rig, from, to int) {
		fail(r.t, Place(r.state, Hold{Name: "case", Reason: "r", From: day(from), To: day(to)}))
	}
	spoil := func(r *rig, content string) {
		fail(r.t, os.WriteFile(filepath.Join(filepath.Dir(r.live), r.first), []byte(content), 0o600))
	}
	for name, c := range map[string]struct {
		archive string
		prepare func(r *rig)
		says    string // the error
		stays   []int
	}{
		"nothing prepared":              {"", func(*rig) {}, "", nil},
		"a hold on the first":           {"", func(r *rig) { hold(r, 1, 2) }, "", []int{1, 2, 3}},
		"a hold on the first, archived": {"attic", func(r *rig) { hold(r, 1, 2) }, "", []int{1, 2}},
		"a hold on the second":          {"", func(r *rig) { hold(r, 3, 9) }, "", []int{3}},
		"a hold on the last":            {"attic", func(r *rig) { hold(r, 3, 9) }, "", []int{3}},
		"a hold on none":                {"", func(r *rig) { hold(r, 5, 9) }, "", nil},
		"a hold on all":                 {"", func(r *rig) { fail(r.t, Place(r.state, Hold{Name: "x", Reason: "r"})) }, "", []int{1, 2, 3}},
		"an unreadable hold": {"", func(r *rig) {
			hold(r, 5, 9)
			fail(r.t, os.WriteFile(path(r.state, "case"), []byte("{"), 0o600))
		}, "no segment is taken away", []int{1, 2, 3}},
		"a failing disk":           {"", func(r *rig) { r.refuse = unix.ENOSPC }, "no space left", []int{1, 2, 3}},
		"a failing disk, archived": {"attic", func(r *rig) { r.refuse = unix.ENOSPC }, "no space left", []int{1, 2, 3}},
		"an archive that is none":  {"attic", func(r *rig) { fail(r.t, os.WriteFile(r.attic, nil, 0o600)) }, "not a directory", []int{1, 2, 3}},
		"the trail's own directory": {"attic", func(r *rig) {
			fail(r.t, os.Symlink(filepath.Dir(r.live), r.attic))
		}, "the directory of the trail itself", []int{1, 2, 3}},
		"another file in the archive": {"attic", func(r *rig) {
			fail(r.t, errors.Join(os.Mkdir(r.attic, 0o700), os.WriteFile(filepath.Join(r.attic, r.second), []byte("mine"), 0o600)))
		}, "move that one away", []int{2}},
		"no records":         {"", func(r *rig) { spoil(r, "hello\n") }, r1 + " stays: ", []int{1, 2, 3}},
		"a spoilt last line": {"", func(r *rig) { spoil(r, oneLine(r)+"hello\n") }, r1 + " stays: ", []int{1, 2, 3}},
		"another's records": {"", func(r *rig) {
			spoil(r, oneLine(r)+oneLine(r))
			fail(r.t, os.Rename(filepath.Join(filepath.Dir(r.live), r.first), segment.Name(r.live, 1, 9)))
		}, "not those that its name says", []int{9, 2, 3}},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, Policy{Archive: c.archive, Retention: time.Hour})
			r.now = day(20)
			c.prepare(r)
			for range 2 {
				if err := r.keeper.Keep(t.Context()); (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
					t.Errorf("it says %v, want %q", err, c.says)
				}
			}
			all := map[int]string{1: r.first, 2: r.second, 3: r.last, 9: "audit.jsonl.000000000001-000000000009"}
			var stays []string
			for _, n := range c.stays {
				stays = append(stays, all[n])
			}
			r.mustHave("", stays...)
			if c.archive != "" && c.says != "" && strings.Contains(fmt.Sprint(r.entries()), ".new") {
				t.Error("a copy is left")
			}
		})
	}
}

const r1 = "audit.jsonl.000000000001-000000000001"

func (r *rig) entries() (names []string) {
	entries, _ := os.ReadDir(r.attic)
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func oneLine(r *rig) string {
	r.t.Helper()
	text, err := os.ReadFile(filepath.Join(filepath.Dir(r.live), r.first))
	fail(r.t, err)
	return string(text)
}

// TestTheLogSaysOnceWhatIsHeld, and once more where it was released meanwhile.
func TestTheLogSaysOnceWhatIsHeld(t *testing.T) {
	r := newRig(t, Policy{Retention: 60 * time.Hour})
	h := Hold{Name: "case", Reason: "r", To: day(2)}
	fail(t, Place(r.state, h))
	for range 3 {
		fail(t, r.keeper.Keep(t.Context()))
	}
	if n := strings.Count(r.log.String(), "audit segment stays: a hold covers it"); n != 1 || !strings.Contains(r.log.String(), "hold=case") {
		t.Errorf("%d times: %s", n, &r.log)
	}
	fail(t, errors.Join(Release(r.state, h.Name), r.keeper.Keep(t.Context())))
	r.mustHave("", r.second, r.last)
}

// TestBothFormsGo: a crash has left a segment plain and compressed.
func TestBothFormsGo(t *testing.T) {
	r := newRig(t, Policy{Retention: 60 * time.Hour})
	fail(t, os.WriteFile(filepath.Join(filepath.Dir(r.live), r.first+".gz"), []byte("torn"), 0o600))
	fail(t, r.keeper.Keep(t.Context()))
	r.mustHave("", r.second, r.last)
}

// TestRun compresses when a file ends, and keeps at the start and with each tick.
func TestRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Policy{Retention: 60 * time.Hour})
		ctx, stop := context.WithCancel(t.Context())
		rotated, tick, ended := make(chan struct{}), make(chan time.Time), make(chan struct{})
		go func() { defer close(ended); r.keeper.Run(ctx, rotated, tick) }()
		synctest.Wait()
		r.mustHave(".gz", r.second, r.last)
		fail(t, errors.Join(r.trail.Commit(t.Context(), audit.Attempt{User: "x"}), r.trail.Rotate(t.Context())))
		fourth := "audit.jsonl.000000000006-000000000008"
		rotated <- struct{}{}
		synctest.Wait()
		r.mustHave(".gz", r.second, r.last, fourth)
		fail(t, os.WriteFile(filepath.Join(r.state, directory), nil, 0o600))
		tick <- time.Time{}
		synctest.Wait()
		if !strings.Contains(r.log.String(), "audit segments cannot be looked after") {
			t.Errorf("the log says %s", &r.log)
		}
		fail(t, os.Remove(filepath.Join(r.state, directory)))
		r.now = day(6)
		tick <- time.Time{}
		synctest.Wait()
		r.mustHave(".gz", fourth)
		stop()
		<-ended
		fail(t, r.trail.Close())
	})
}

// TestLock: whoever rewrites segments is alone with them, and the keeper looks at them anew.
func TestLock(t *testing.T) {
	r := newRig(t, Policy{Retention: 60 * time.Hour})
	r.keeper.Lock()
	if r.keeper.work.TryLock() {
		t.Error("the keeper may work meanwhile")
	}
	r.keeper.Unlock()
	fail(t, errors.Join(r.keeper.Compress(t.Context()), r.keeper.Keep(t.Context())))
	r.mustHave(".gz", r.second, r.last)
}

func TestCheck(t *testing.T) {
	dir := t.TempDir()
	live := filepath.Join(dir, "audit.jsonl")
	for archive, want := range map[string]int{"": 0, dir: 1, dir + "/.": 1, filepath.Join(dir, "archive"): 0, t.TempDir(): 0} {
		if faults := Check(live, archive); len(faults) != want || want == 1 && faults[0].Key != "audit.archive" {
			t.Errorf("%q: %v", archive, faults)
		}
	}
}
