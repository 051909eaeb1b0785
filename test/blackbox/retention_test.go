package blackbox_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ivalt-radius/audit"
	digests "ivalt-radius/audit/chain"
	"ivalt-radius/audit/segment"
	"ivalt-radius/test/blackbox"
)

// perFile is how many records each segment of an old trail has.
const perFile = 50

// old is the age of such a trail.
const old = 48 * time.Hour

// grownOld puts a trail of three segments and a live file into a state directory, two days old.
func grownOld(t *testing.T, site *blackbox.Site) (segments []string) {
	t.Helper()
	site.Write(t)
	var prev digests.Digest
	var lines []byte
	seq, at, before := uint64(0), time.Now().Add(-old), digests.Genesis()
	add := func(e audit.Event) {
		seq++
		lines, prev = digests.AppendLine(lines, at.Add(time.Duration(seq)*time.Second), seq, e.EventType(), e.AppendFields(nil), before) //nolint:gosec // few
		before = prev
	}
	for n := range uint64(4) {
		if lines = nil; n > 0 {
			add(audit.Segment{Event: audit.SegmentStarted, File: filepath.Base(segments[n-1]), First: (n-1)*perFile + 1, Last: n * perFile, Hash: string(prev[:])})
		}
		for seq < (n+1)*perFile {
			add(audit.Attempt{User: fmt.Sprint("user", seq), Verdict: "accept", Reason: "approved"})
		}
		path := site.Trail()
		if n < 3 {
			path = segment.Name(path, n*perFile+1, (n+1)*perFile)
			segments = append(segments, path)
		}
		if err := os.WriteFile(path, lines, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return segments
}

// gone waits until no file of a segment is left beside the trail.
func gone(t *testing.T, segments ...string) {
	t.Helper()
	for _, path := range segments {
		awaitFiles(t, path+"*", func(found []string) bool { return len(found) == 0 })
	}
}

// TestRetention: segments whose time is over leave when the server starts; the trail says so before, and is sound without them. What a
// hold covers stays until it is released.
func TestRetention(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, archive, event string }{{"removed", "", "segment_removed"}, {"archived", "archive", "segment_archived"}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			site := segmented(t)
			archive := filepath.Join(site.Dir, "archive")
			site.Settings.Trail = "retention: 1h"
			if c.archive != "" {
				site.Settings.Trail += "\n  archive: " + archive
			}
			segments := grownOld(t, site)
			held := time.Now().Add(-old).Add(2 * perFile * time.Second)
			hold(t, site, "hold", "--since", held.Add(10*time.Second).UTC().Format(time.RFC3339), "--until", held.Add(20*time.Second).UTC().Format(time.RFC3339), "--reason", "lost laptop")
			site.Start(t)
			gone(t, segments[:2]...)
			sound(t, site)
			said := site.Said(t, c.event)
			if len(said) != 2 || said[0].Text("file") != filepath.Base(segments[0])+".gz" || said[1]["first"] != float64(perFile+1) || said[1]["last"] != float64(2*perFile) {
				t.Errorf("the trail says %v", said)
			}
			stopped(t, site)
			site.Start(t)
			awaitFiles(t, segments[2]+"*", func(found []string) bool { return len(found) == 1 }) // held, another time
			hold(t, site, "release")
			stopped(t, site)
			site.Start(t)
			gone(t, segments...)
			stopped(t, site)
			if out := sound(t, site); !strings.Contains(out, "were removed when their time was over") == (c.archive == "") {
				t.Errorf("audit verify says %s", out)
			}
			there, err := filepath.Glob(filepath.Join(archive, "*"))
			if want := len(c.archive) / len("archive") * 3; err != nil || len(there) != want {
				t.Errorf("%v %v, want %d in the archive", err, there, want)
			}
			if len(there) > 0 { // a thief in the archive
				if err := os.Remove(there[1]); err != nil {
					t.Fatal(err)
				}
				if out, code := blackbox.Run(t, "audit", "verify", "--config", site.Config()); code != 1 || !strings.Contains(out, "says that they were archived, and they are not in "+archive) {
					t.Errorf("a thief in the archive: exit %d: %s", code, out)
				}
			}
		})
	}
}

// hold places or releases the hold of these tests.
func hold(t *testing.T, site *blackbox.Site, what string, more ...string) {
	t.Helper()
	args := append([]string{"audit", what, "--config", site.Config(), "--name", "case-7"}, more...)
	if out, code := blackbox.Run(t, args...); code != 0 {
		t.Fatalf("audit %s: exit %d: %s", what, code, out)
	}
}
