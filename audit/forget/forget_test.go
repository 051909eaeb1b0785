package forget

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ivalt-radius/audit"
	"ivalt-radius/audit/chain"
	"ivalt-radius/audit/checkpoint"
	"ivalt-radius/audit/durable"
	"ivalt-radius/audit/segment"
	"ivalt-radius/audit/verify"
)

// trail writes real files as a server's does: each ended segment ends with a checkpoint.
type trail struct {
	t     *testing.T
	dir   string
	key   checkpoint.Key
	first uint64
	seq   uint64
	prev  chain.Digest
	fail  map[int]error // of the n-th Commit or Rotate
	calls int
}

func newTrail(t *testing.T) *trail {
	t.Helper()
	key, err := checkpoint.OpenOrMake(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return &trail{t: t, dir: t.TempDir(), key: key, first: 1, prev: chain.Genesis(), fail: map[int]error{}}
}

func (tr *trail) live() string { return filepath.Join(tr.dir, "audit.jsonl") }

func (tr *trail) add(events ...audit.Event) {
	tr.t.Helper()
	var out []byte
	for _, e := range events {
		fields := e.AppendFields(nil)
		if e.EventType() != audit.SystemEvent {
			fields = append(fields, `,"salt":"`+salt+`"`...)
		}
		tr.seq++
		out, tr.prev = chain.AppendLine(out, epoch(), tr.seq, e.EventType(), fields, tr.prev)
	}
	file, err := os.OpenFile(tr.live(), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		tr.t.Fatal(err)
	}
	if _, err := file.Write(out); err != nil || file.Close() != nil {
		tr.t.Fatal(err)
	}
}

func (tr *trail) failing() error {
	tr.calls++
	return tr.fail[tr.calls]
}

// Commit implements Trail.
func (tr *trail) Commit(_ context.Context, e audit.Event) error {
	if err := tr.failing(); err != nil {
		return err
	}
	tr.add(e)
	return nil
}

// Rotate implements Trail.
func (tr *trail) Rotate(context.Context) error {
	if err := tr.failing(); err != nil {
		return err
	}
	hash := string(tr.prev[:])
	tr.add(audit.Checkpoint{Key: tr.key.Public().Fingerprint(), Covers: tr.seq, Hash: hash, Signature: tr.key.Sign(tr.seq, hash)})
	path := segment.Name(tr.live(), tr.first, tr.seq)
	if err := os.Rename(tr.live(), path); err != nil {
		return err
	}
	tr.add(audit.Segment{Event: "segment_started", File: filepath.Base(path), First: tr.first, Last: tr.seq, Hash: string(tr.prev[:])})
	tr.first = tr.seq
	return nil
}

func (tr *trail) order() Order {
	return Order{User: "alice", Live: tr.live(), Archive: filepath.Join(tr.dir, "archive"), Actor: "uid=0 pid=1"}
}

// sound verifies the trail, and returns what it says.
func (tr *trail) verify() verify.Report {
	tr.t.Helper()
	r, err := verify.Trail(tr.t.Context(), verify.Options{Live: tr.live(), Archive: tr.order().Archive, Key: tr.key.Public(), Trusted: true})
	if err != nil {
		tr.t.Fatal(err)
	}
	return r
}

// text is all that the trail's files hold.
func (tr *trail) text() string {
	tr.t.Helper()
	files, err := segment.Every(tr.live(), tr.order().Archive)
	if err != nil {
		tr.t.Fatal(err)
	}
	var out strings.Builder
	for _, f := range append(files, segment.File{Path: tr.live()}) {
		r, err := f.Open()
		if err != nil {
			tr.t.Fatal(err)
		}
		if _, err := io.Copy(&out, r); err != nil {
			tr.t.Fatal(err)
		}
		_ = r.Close()
	}
	return out.String()
}

// newPast is a trail with an archived, compressed segment, a plain one with a second, compressed form, and a live file.
func newPast(t *testing.T) *trail {
	t.Helper()
	tr := newTrail(t)
	tr.add(audit.System{Event: "started"}, login("alice"), login("bob"))
	must(t, tr.Rotate(t.Context()))
	tr.add(login("alice"), audit.Action{Action: "block", Target: "alice"}, login("bob"))
	must(t, tr.Rotate(t.Context()))
	tr.add(login("alice"), login("carol"))
	archive := tr.order().Archive
	must(t, os.Mkdir(archive, 0o700))
	first, second := segment.Name(tr.live(), 1, 4), segment.Name(tr.live(), 5, 9)
	zip(t, first, filepath.Join(archive, filepath.Base(first))+".gz")
	must(t, os.Remove(first))
	zip(t, second, second+".gz")
	tr.calls = 0
	return tr
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestForget: no file holds the person any more, other people's lines are as they were, and the trail is sound.
func TestForget(t *testing.T) {
	tr := newPast(t)
	left := segment.Name(tr.live(), 1, 4) + durable.Suffix
	must(t, os.WriteFile(left, []byte("left by a crash"), 0o600))
	before := tr.text()
	look, err := Look(t.Context(), tr.order())
	if diff := cmp.Diff(Outcome{Lines: 4, Files: 4}, look); err != nil || diff != "" {
		t.Error(err, diff)
	}
	if tr.text() != before {
		t.Error("a look changes something")
	}
	order := tr.order()
	var lock sync.Mutex
	order.Segments = &lock
	got, err := Run(t.Context(), order, tr)
	if diff := cmp.Diff(Outcome{Pseudonym: got.Pseudonym, Lines: 4, Files: 4}, got); err != nil || diff != "" || !strings.HasPrefix(got.Pseudonym, Prefix) {
		t.Error(err, diff)
	}
	after := tr.text()
	if strings.Contains(after, "alice") || strings.Count(after, got.Pseudonym) != 7 { // five lines and a copy's two, and the record
		t.Errorf("%d times %s in %s", strings.Count(after, got.Pseudonym), got.Pseudonym, after)
	}
	for line := range strings.Lines(before) {
		if !strings.Contains(line, "alice") && !strings.Contains(after, line) {
			t.Errorf("changed: %s", line)
		}
	}
	if r := tr.verify(); !r.Sound() || r.Rewritten != 4 {
		t.Errorf("%+v", r)
	}
	if _, err := os.Stat(left); err == nil {
		t.Error("what a crash left is still there")
	}
	again, err := Run(t.Context(), tr.order(), tr)
	if diff := cmp.Diff(Outcome{}, again); err != nil || diff != "" {
		t.Error(err, diff)
	}
	files, err := segment.Every(tr.live(), order.Archive)
	must(t, err)
	for _, f := range files {
		if info, err := os.Stat(f.Path); err != nil || info.Mode() != 0o600 {
			t.Error(f.Path, err, info.Mode())
		}
	}
}

// TestLongLists take several records.
func TestLongLists(t *testing.T) {
	tr := newTrail(t)
	for range most + 1 {
		tr.add(login("alice"))
	}
	got, err := Run(t.Context(), tr.order(), tr)
	if err != nil || got.Lines != most+1 || strings.Count(tr.text(), `"action":"forget"`) != 2 {
		t.Error(err, got)
	}
	if r := tr.verify(); !r.Sound() || r.Rewritten != most+1 {
		t.Errorf("%+v", r)
	}
}

// TestInterrupted: wherever it stops, the trail is sound, and running it again does the rest.
func TestInterrupted(t *testing.T) {
	broken := errors.New("broken")
	for _, call := range []int{1, 2, 3} { // Rotate, Commit, Rotate
		tr := newPast(t)
		tr.fail[call] = broken
		if _, err := Run(t.Context(), tr.order(), tr); !errors.Is(err, broken) {
			t.Errorf("call %d: %v", call, err)
		}
		finish(t, tr)
	}
	tr := newPast(t)
	blocked := segment.Name(tr.live(), 5, 9) + ".gz" + durable.Suffix // a directory that is not empty cannot be removed
	blocker := &blocking{trail: tr, path: blocked}
	if _, err := Run(t.Context(), tr.order(), blocker); err == nil {
		t.Error("rewritten though it cannot be")
	}
	if r := tr.verify(); !r.Sound() {
		t.Errorf("between two segments: %+v", r)
	}
	must(t, os.RemoveAll(blocked))
	finish(t, tr)
}

// blocking puts something in the way before the segments are rewritten.
type blocking struct {
	*trail

	path string
}

// Commit implements Trail.
func (b *blocking) Commit(ctx context.Context, e audit.Event) error {
	return errors.Join(os.MkdirAll(filepath.Join(b.path, "x"), 0o700), b.trail.Commit(ctx, e))
}

// finish runs it again, with success.
func finish(t *testing.T, tr *trail) {
	t.Helper()
	if r := tr.verify(); !r.Sound() {
		t.Errorf("left unsound: %+v", r)
	}
	if _, err := Run(t.Context(), tr.order(), tr); err != nil {
		t.Error(err)
	}
	if r := tr.verify(); !r.Sound() || strings.Contains(tr.text(), "alice") {
		t.Errorf("%+v", r)
	}
}

// TestForgettingMakesNoChangeGood: a line of the person that somebody changed stays as it is, whether before or while it runs, and
// verify names it as before.
func TestForgettingMakesNoChangeGood(t *testing.T) {
	forge := func(tr *trail) {
		path := segment.Name(tr.live(), 5, 9)
		text, err := os.ReadFile(path)
		must(t, err)
		must(t, os.WriteFile(path, bytes.Replace(text, []byte(`"verdict":"accept"`), []byte(`"verdict":"reject"`), 1), 0o600)) //nolint:gosec // in the test's own directory
	}
	t.Run("before", func(t *testing.T) {
		tr := newPast(t)
		forge(tr)
		got, err := Run(t.Context(), tr.order(), tr)
		if err != nil || got.Changed != 1 || got.Lines != 4 { // its copy is as it was written
			t.Errorf("%v %+v", err, got)
		}
		named(t, tr)
	})
	t.Run("meanwhile", func(t *testing.T) {
		tr := newPast(t)
		if _, err := Run(t.Context(), tr.order(), &forging{trail: tr, forge: forge}); err != nil {
			t.Error(err)
		}
		named(t, tr)
	})
}

func named(t *testing.T, tr *trail) {
	t.Helper()
	r := tr.verify()
	want := chain.Finding{File: segment.Name(tr.live(), 5, 9), Line: 2, Record: 6, Problem: chain.Changed(6)}
	if !slices.Contains(r.Findings, want) || len(r.Findings) != 1 {
		t.Errorf("%+v", r.Findings)
	}
}

// forging changes a line after it was looked at.
type forging struct {
	*trail

	forge func(*trail)
}

// Commit implements Trail.
func (f *forging) Commit(ctx context.Context, e audit.Event) error {
	f.forge(f.trail)
	return f.trail.Commit(ctx, e)
}

// TestWhatIsNotReached is said: damaged files, and logins meanwhile.
func TestWhatIsNotReached(t *testing.T) {
	tr := newPast(t)
	damaged := segment.Name(tr.live(), 5, 9) + ".gz"
	must(t, os.WriteFile(damaged, []byte("no gzip"), 0o600))
	got, err := Run(t.Context(), tr.order(), &returning{tr})
	if diff := cmp.Diff(Outcome{Pseudonym: got.Pseudonym, Lines: 4, Files: 3, Since: 1, Unread: []string{damaged}}, got); err != nil || diff != "" {
		t.Error(err, diff)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := Look(ended, tr.order()); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	order := tr.order()
	order.Live = filepath.Join(tr.dir, "none", "audit.jsonl")
	if _, err := Look(t.Context(), order); err == nil {
		t.Error("a directory that is not there")
	}
}

// returning is a trail into which the person logs in meanwhile.
type returning struct{ *trail }

// Rotate implements Trail.
func (r *returning) Rotate(ctx context.Context) error {
	err := r.trail.Rotate(ctx)
	r.add(login("alice"))
	return err
}

// TestASecondWriterIsNoticed: whatever puts a file back meanwhile.
func TestASecondWriterIsNoticed(t *testing.T) {
	tr := newPast(t)
	p := newPerson("alice", pseudonym)
	f := segment.File{Path: segment.Name(tr.live(), 5, 9), First: 5, Last: 9}
	s := survey{person: p, planned: plan{}, files: []segment.File{f}}
	if err := s.rewrite(t.Context()); !errors.Is(err, errBack) { // nothing is planned, so the lines stay
		t.Error(err)
	}
}

// TestOddLinesAreCopied: what is no line, too long for one or torn stays octet by octet.
func TestOddLinesAreCopied(t *testing.T) {
	tr := newPast(t)
	path := segment.Name(tr.live(), 5, 9)
	text, err := os.ReadFile(path)
	must(t, err)
	odd := "x\n\n" + strings.Repeat("alice", chain.MaxLine) + "\n" + string(text) + `{"time":"alice`
	must(t, os.WriteFile(path, []byte(odd), 0o600)) //nolint:gosec // in the test's own directory
	got, err := Run(t.Context(), tr.order(), tr)
	must(t, err)
	after, err := os.ReadFile(path)
	must(t, err)
	if string(after[:len(odd)-len(text)-14]) != odd[:len(odd)-len(text)-14] || !strings.HasSuffix(string(after), "\n"+`{"time":"alice`) {
		t.Error("odd lines changed")
	}
	if n := strings.Count(string(after), got.Pseudonym); n != 2 {
		t.Errorf("%d lines are rewritten", n)
	}
}

func zip(t *testing.T, from, to string) {
	t.Helper()
	text, err := os.ReadFile(from)
	must(t, err)
	must(t, os.WriteFile(to, gzipped(t, text), 0o600))
}

func gzipped(t *testing.T, text []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(text); err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
