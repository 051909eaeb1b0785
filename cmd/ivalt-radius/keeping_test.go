package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ivalt-radius/audit/checkpoint"
	"ivalt-radius/audit/keep"
	"ivalt-radius/audit/segment"
	"ivalt-radius/cmd/ivalt-radius/control"
	"ivalt-radius/cmd/ivalt-radius/exit"
	"ivalt-radius/radius/radiustest"
)

// oldSegment puts a segment of long ago beside a trail that goes on behind it: its first record's time is changed, which the chain
// would not bear.
func (s *site) oldSegment(t *testing.T) (name string) {
	t.Helper()
	r := s.start(t)
	r.stop(t)
	content, err := os.ReadFile(s.audit)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Count(string(content), "\n")
	old := make([]string, 0, lines)
	for line := range strings.Lines(string(content)) {
		old = append(old, `{"time":"2020`+strings.TrimPrefix(line, `{"time":"`+line[len(`{"time":"`):len(`{"time":"2020`)]))
	}
	name = segment.Name(s.audit, 1, uint64(lines))                                   //nolint:gosec // a few
	if err := os.WriteFile(name, []byte(strings.Join(old, "")), 0o600); err != nil { //nolint:gosec // in the test's own directory
		t.Fatal(err)
	}
	if err := os.Remove(s.audit); err != nil {
		t.Fatal(err)
	}
	return name
}

// TestTheServerKeepsItsTrail: it signs, compresses, archives what is old, and does nothing of that to what is held.
func TestTheServerKeepsItsTrail(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	archive := filepath.Join(s.dir, "archive")
	s.keeping = ", archive: " + archive + ", retention: 1h, checkpoint: 1s"
	s.write(t)
	name := s.oldSegment(t)
	if code, out := s.command(t, "audit", "hold", "--name", "case-1", "--until", "2021-01-01T00:00:00Z", "--reason", "stolen phone"); code != exit.OK || !strings.Contains(out, `case-1 until 2021-01-01T00:00:00Z ("stolen phone"): kept`) {
		t.Fatal(code, out)
	}
	r := s.start(t)
	eventually(t, "the segment is compressed", func() bool { _, err := os.Stat(name + ".gz"); return err == nil })
	r.log.await(t, `"hold":"case-1"`, 1)
	if code := r.login(t, "alice"); code != radiustest.AccessAccept {
		t.Error(code)
	}
	if code, out := s.command(t, "audit", "release", "--name", "case-1"); code != exit.OK || !strings.Contains(out, "case-1: released") {
		t.Fatal(code, out)
	}
	r.stop(t)
	r = s.start(t)
	moved := filepath.Join(archive, filepath.Base(name)+".gz")
	eventually(t, "the segment is archived", func() bool { _, err := os.Stat(moved); return err == nil })
	r.stop(t)
	for part, want := range map[string]int{
		`"event":"segment_archived"`: 1, `"event":"trail_replaced"`: 1, `"action":"place_hold"`: 1, `"action":"release_hold"`: 1, `"target":"case-1"`: 2,
	} {
		if n := len(s.trailLines(t, part)); n != want {
			t.Errorf("%d records with %s", n, part)
		}
	}
	all := s.trailLines(t, "")
	head, err := checkpoint.ReadHead(s.state)
	if last := all[len(all)-1]; err != nil || !strings.Contains(last, `"event":"checkpoint"`) || !strings.Contains(last, head.Hash) {
		t.Errorf("%v: the last line is %s", err, last)
	}
	public, err := checkpoint.ReadPublic(filepath.Join(s.state, checkpoint.PublicFile))
	if err != nil || !public.Verify(head.Covers, head.CoversHash, head.Signature) {
		t.Errorf("%v: the last checkpoint is not the node's", err)
	}
}

// TestHolds places, lists and releases, on the files of a stopped server and through a running one.
func TestHolds(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	command := func(want int, says string, args ...string) {
		t.Helper()
		if code, out := s.command(t, append([]string{"audit"}, args...)...); code != want || !strings.Contains(out, says) {
			t.Errorf("%v: exit %d, %s", args, code, out)
		}
	}
	twice := func() {
		t.Helper()
		command(exit.OK, "kept", "hold", "--name", "a", "--since", "2026-11-01T00:00:00Z", "--until", "2026-11-02T01:00:00+01:00", "--reason", "r\n\x1b[2J")
		command(exit.Fault, "already", "hold", "--name", "a", "--reason", "r")
		command(exit.OK, `a since 2026-11-01T00:00:00Z until 2026-11-02T00:00:00Z ("r\n\u001b[2J")`, "holds")
		command(exit.OK, "released", "release", "--name", "a")
		command(exit.Fault, "no hold of that name", "release", "--name", "a")
	}
	twice()
	r := s.start(t)
	twice()
	if status := post(t, filepath.Join(s.state, control.Socket), "/audit/hold", `{"name":"../x","reason":"r"}`); status != 400 {
		t.Error(status)
	}
	r.stop(t)
	command(exit.Usage, "no time", "hold", "--name", "a", "--since", "yesterday", "--reason", "r")
	command(exit.Usage, "no time", "hold", "--name", "a", "--until", "tomorrow", "--reason", "r")
	command(exit.Usage, "letters", "hold", "--name", "../a", "--reason", "r")
	done := s.trailLines(t, `"type":"user_action"`)
	if len(done) != 4 || !strings.Contains(done[0], control.ActorName(os.Getuid(), os.Getpid())) {
		t.Errorf("%d actions: %s", len(done), done)
	}
	if err := keep.Place(s.state, keep.Hold{Name: "b", Reason: "r", From: time.Unix(0, 0)}); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(s.state, "holds", "b.json"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"holds"}, {"hold", "--name", "c", "--reason", "r"}, {"release", "--name", "b"}} {
		command(exit.Fault, "mend it or remove it", args...)
	}
	s.audit = s.dir
	s.write(t)
	command(exit.Fault, "audit.file", "hold", "--name", "c", "--reason", "r")
	s.more = "colour: blue"
	s.write(t)
	command(exit.Fault, "colour", "hold", "--name", "c", "--reason", "r")
	command(exit.Fault, "colour", "holds")
}

// TestReloadTakesTheTrailsPace, and refuses an archive that is the trail's own directory.
func TestReloadTakesTheTrailsPace(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.keeping = ", checkpoint: 1h"
	s.write(t)
	r := s.start(t)
	s.keeping = ", archive: " + filepath.Dir(s.audit)
	s.write(t)
	if line := r.reload(t); !strings.Contains(line, "audit.archive") {
		t.Error(line)
	}
	s.keeping = ", checkpoint: 1s"
	s.write(t)
	if line := r.reload(t); !strings.Contains(line, `"msg":"reloaded"`) {
		t.Error(line)
	}
	if code := r.login(t, "alice"); code != radiustest.AccessAccept {
		t.Error(code)
	}
	r.log.await(t, `"msg":"audit checkpoint"`, 2)
	r.stop(t)
}
