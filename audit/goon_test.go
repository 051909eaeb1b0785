package audit

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ivalt-radius/audit/checkpoint"
	"ivalt-radius/audit/durable"
	"ivalt-radius/audit/segment"
)

// crashRig is the directory of a trail that rotated twice, was written once more and then killed, to be changed by hand.
type crashRig struct {
	t             *testing.T
	path, state   string
	first, second string // its segments
	key           checkpoint.Key
}

const rigSays = "a checkpoint segment_started b checkpoint segment_started c"

func newCrashRig(t *testing.T) crashRig {
	t.Helper()
	r := crashRig{t: t, path: trailPath(t), state: t.TempDir(), key: testKey(t)}
	trail := mustOpen(t, r.path, r.options())
	for _, user := range []string{"a", "b"} {
		mustCommit(t, trail, Attempt{User: user})
		mustRotate(t, trail)
	}
	mustCommit(t, trail, Attempt{User: "c"})
	content := read(t, r.path)
	mustClose(t, trail)
	write(t, r.path, content) // without the checkpoint of Close
	head := readHead(t, r.state)
	head.Seq, head.Hash, head.Covers = 5, hashOf(t, r.path, 5), 4
	if err := checkpoint.WriteHead(r.state, head); err != nil {
		t.Fatal(err)
	}
	r.first, r.second = segment.Name(r.path, 1, 2), segment.Name(r.path, 3, 5)
	expectWhole(t, r.path, rigSays)
	return r
}

func (r crashRig) options() Options { return Options{Key: r.key, StateDir: r.state} }

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func hashOf(t *testing.T, path string, seq uint64) string {
	t.Helper()
	for _, l := range whole(t, path) {
		if l.Seq == seq {
			return l.Hash
		}
	}
	t.Fatalf("no record %d", seq)
	return ""
}

// TestEveryStateThatACrashCanLeave goes on as one sound trail, without an alarm where nothing is missing.
func TestEveryStateThatACrashCanLeave(t *testing.T) {
	const missing = " trail_replaced"
	for name, c := range map[string]struct {
		leave func(r crashRig)
		want  string
	}{
		"killed while it wrote": {func(crashRig) {}, rigSays},
		"a torn line":           {func(r crashRig) { write(r.t, r.path, read(r.t, r.path)+`{"time":"20`) }, rigSays + " trail_repaired"},
		"the next file made":    {func(r crashRig) { write(r.t, r.path+durable.Suffix, "{\"time\":\"half a line") }, rigSays},
		"the file has its second name too": {func(r crashRig) {
			fail(r.t, os.Link(r.path, segment.Name(r.path, 6, 7)))
			write(r.t, r.path+durable.Suffix, "whole")
		}, rigSays},
		"the new file has its name": {func(r crashRig) {
			trail := mustOpen(r.t, r.path, r.options())
			mustRotate(r.t, trail)
			head := readHead(r.t, r.state)
			mustClose(r.t, trail)
			write(r.t, r.path, read(r.t, r.path)[:strings.IndexByte(read(r.t, r.path), '\n')+1])
			fail(r.t, checkpoint.WriteHead(r.state, head))
		}, rigSays + " checkpoint segment_started"},
		"compressing had begun": {func(r crashRig) { write(r.t, r.second+".gz.tmp", "torn") }, rigSays},
		"a segment plain and compressed": {func(r crashRig) {
			plain := read(r.t, r.second)
			fail(r.t, segment.Compress(r.t.Context(), r.second))
			write(r.t, r.second, plain)
		}, rigSays},
		"a segment plain, and a torn compressed one": {func(r crashRig) { write(r.t, r.second+".gz", "torn") }, rigSays},
		"all compressed": {func(r crashRig) {
			fail(r.t, errors.Join(segment.Compress(r.t.Context(), r.first), segment.Compress(r.t.Context(), r.second)))
		}, rigSays},
		"no live file":            {func(r crashRig) { fail(r.t, os.Remove(r.path)) }, "a checkpoint segment_started b checkpoint" + missing},
		"an empty live file":      {func(r crashRig) { write(r.t, r.path, "") }, "a checkpoint segment_started b checkpoint" + missing},
		"a live file of one torn": {func(r crashRig) { write(r.t, r.path, "{") }, "a checkpoint segment_started b checkpoint" + missing + " trail_repaired"},
		"no live file, compressed": {func(r crashRig) {
			fail(r.t, errors.Join(segment.Compress(r.t.Context(), r.second), os.Remove(r.path)))
		}, "a checkpoint segment_started b checkpoint" + missing},
	} {
		t.Run(name, func(t *testing.T) {
			r := newCrashRig(t)
			c.leave(r)
			trail := mustOpen(t, r.path, r.options())
			mustCommit(t, trail, Attempt{User: "next"})
			mustRotate(t, trail)
			mustClose(t, trail)
			lines := expectWhole(t, r.path, c.want+" next checkpoint segment_started checkpoint")
			if twins, err := segment.Twins(r.path); err != nil || len(twins) > 0 {
				t.Errorf("%v %v", twins, err)
			}
			last := listed(t, r.path)
			if ended := last[len(last)-2]; ended.Last != lines[len(lines)-3].Seq {
				t.Errorf("the last segment is %s", ended.Path)
			}
		})
	}
}

func fail(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestRecordsCutOffTheEndAreMissed by the checkpoint that is kept apart.
func TestRecordsCutOffTheEndAreMissed(t *testing.T) {
	cut := func(lines int) func(crashRig) {
		return func(r crashRig) {
			all := strings.SplitAfter(read(r.t, r.path), "\n")
			write(r.t, r.path, strings.Join(all[:lines], ""))
		}
	}
	for name, c := range map[string]struct {
		tamper func(r crashRig)
		says   string
	}{
		"nothing":          {func(crashRig) {}, ""},
		"the last":         {cut(2), "records 8 to 8 are missing: the last checkpoint was record 8, hash "},
		"two":              {cut(1), "records 7 to 8 are missing: the last checkpoint was record 8, hash "},
		"the live file":    {func(r crashRig) { fail(r.t, os.Remove(r.path)) }, "records 6 to 8 are missing"},
		"a torn last line": {func(r crashRig) { write(r.t, r.path, read(r.t, r.path)+`{"time":"20`) }, ""},
		"the last is another": {func(r crashRig) {
			cut(2)(r)
			trail := mustOpen(r.t, r.path, Options{})
			mustCommit(r.t, trail, Attempt{User: "forged"})
			mustClose(r.t, trail)
		}, "record 8 is another than the last checkpoint, whose hash was "},
		"all files": {func(r crashRig) {
			fail(r.t, errors.Join(os.Remove(r.path), os.Remove(r.first), os.Remove(r.second)))
		}, "records 1 to 8 are missing"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newCrashRig(t)
			trail := mustOpen(t, r.path, r.options())
			mustClose(t, trail) // with a checkpoint, record 8, which is the head
			c.tamper(r)
			trail = mustOpen(t, r.path, r.options())
			mustCommit(t, trail, Attempt{User: "next"})
			mustClose(t, trail)
			said := ""
			for _, l := range liveLines(t, r.path) {
				if l.Event == "trail_truncated" {
					said += l.Detail
					if l.Type != "security_event" {
						t.Errorf("%+v", l)
					}
				}
			}
			if !strings.HasPrefix(said, c.says) || (said == "") != (c.says == "") {
				t.Errorf("it says %q, want %q", said, c.says)
			}
			again := mustOpen(t, r.path, r.options())
			mustClose(t, again)
			if n := strings.Count(contentOf(t, r.path), "trail_truncated"); n > 1 {
				t.Errorf("said %d times", n)
			}
		})
	}
}

// liveLines are those of the live file, which need not begin with the first record.
func liveLines(t *testing.T, path string) []line {
	t.Helper()
	return parsed(t, read(t, path))
}

// TestATrailWhoseFilesAreAllGone goes on with numbers that none of them had.
func TestATrailWhoseFilesAreAllGone(t *testing.T) {
	r := newCrashRig(t)
	hash := hashOf(t, r.path, 5)
	fail(t, errors.Join(os.Remove(r.path), os.Remove(r.first), os.Remove(r.second)))
	trail := mustOpen(t, r.path, r.options())
	mustClose(t, trail)
	lines := expect(t, r.path, "trail_replaced trail_truncated checkpoint")
	if lines[0].Seq != 6 || !strings.Contains(lines[0].Detail, "record 5, hash "+hash) || lines[0].Type != "security_event" {
		t.Errorf("%+v", lines[0])
	}
}

// TestNoticesSurviveAFailingDisk: what Open found is told once the disk works.
func TestNoticesSurviveAFailingDisk(t *testing.T) {
	r := newCrashRig(t)
	fail(t, os.Remove(r.path))
	file := &faultyFile{}
	opt := r.options()
	opt.Wrap = file.wrap
	file.fail(errors.New("no"), nil, nil)
	trail := mustOpen(t, r.path, opt)
	if err := trail.Commit(t.Context(), Attempt{User: "lost"}); err == nil {
		t.Error("acknowledged")
	}
	file.fail(nil, nil, nil)
	mustCommit(t, trail, Attempt{User: "next"})
	mustClose(t, trail)
	expectWhole(t, r.path, "a checkpoint segment_started b checkpoint trail_replaced recovered next checkpoint")
}

func TestAHeadThatCannotBeReadIsSaid(t *testing.T) {
	r := newCrashRig(t)
	write(t, filepath.Join(r.state, checkpoint.HeadFile), "{}")
	trail := mustOpen(t, r.path, r.options())
	mustClose(t, trail)
	expectWhole(t, r.path, rigSays+" trail_head_unreadable checkpoint")
	trail = mustOpen(t, r.path, r.options())
	mustClose(t, trail)
	expectWhole(t, r.path, rigSays+" trail_head_unreadable checkpoint")
}

// TestOpenRefusesWhatItCannotContinue: the live file is gone, and the newest segment is none.
func TestOpenRefusesWhatItCannotContinue(t *testing.T) {
	r := newCrashRig(t)
	fail(t, os.Remove(r.path))
	for _, content := range []string{"", "hello\n", "\x1f\x8b"} {
		write(t, r.second, content)
		if _, err := Open(r.path, r.options()); err == nil || !strings.Contains(err.Error(), "put the live file back") {
			t.Errorf("%q: %v", content, err)
		}
	}
}

// TestOpenKnowsTheFirstRecordThoughItIsSpoilt: the segment's name counts the lines before the first that can be read.
func TestOpenKnowsTheFirstRecordThoughItIsSpoilt(t *testing.T) {
	r := newCrashRig(t)
	content := read(t, r.path)
	at := strings.IndexByte(content, '\n')
	write(t, r.path, "spoilt\n"+content[at+1:])
	trail := mustOpen(t, r.path, r.options())
	mustRotate(t, trail)
	mustClose(t, trail)
	if got := names(t, r.path); got != ".000000000001-000000000002 .000000000003-000000000005 .000000000006-000000000008 " {
		t.Errorf("the files are %s", got)
	}
}

// TestAFileThatWasRotatedAwayIsNotTakenOver: between opening it and locking it, the server that wrote it ended it.
func TestAFileThatWasRotatedAwayIsNotTakenOver(t *testing.T) {
	r := newCrashRig(t)
	file, err := os.OpenFile(r.second, os.O_RDWR, 0)
	fail(t, err)
	defer func() { _ = file.Close() }()
	home := place{path: r.path}
	if _, _, err := home.takeOver(file); !errors.Is(err, ErrInUse) {
		t.Errorf("%v", err)
	}
}

// TestSegmentsCompressWhileTheTrailRuns is what the server does.
func TestSegmentsCompressWhileTheTrailRuns(t *testing.T) {
	path := trailPath(t)
	trail := mustOpen(t, path, Options{SegmentSize: 1000, Key: testKey(t)})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); compressForever(ctx, trail, path) }()
	for range 100 {
		mustCommit(t, trail, Attempt{User: "u"})
	}
	stop()
	<-ended
	mustClose(t, trail)
	compressed := 0
	for _, f := range listed(t, path) {
		if f.Compressed {
			compressed++
		}
	}
	if n := strings.Count(contentOf(t, path), `"user":"u"`); n != 100 || compressed == 0 {
		t.Errorf("%d records, %d compressed", n, compressed)
	}
	whole(t, path)
}

// compressForever compresses what has ended, as package keep does.
func compressForever(ctx context.Context, trail *Trail, path string) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-trail.Rotated():
		}
		files, err := segment.List(path, "")
		if err != nil {
			return
		}
		for _, f := range files {
			if !f.Live() && !f.Compressed && segment.Compress(ctx, f.Path) != nil {
				return
			}
		}
	}
}
