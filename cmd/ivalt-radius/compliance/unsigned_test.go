package compliance

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"ivalt-radius/audit"
	"ivalt-radius/audit/chain"
	"ivalt-radius/audit/compliance"
	"ivalt-radius/audit/segment"
	"ivalt-radius/cmd/ivalt-radius/trail"
	"ivalt-radius/config"
)

// signedTrail is a trail that a server signed and left, in a directory of its own.
func signedTrail(t *testing.T) (s *config.Settings, last chain.Record) {
	t.Helper()
	dir := t.TempDir()
	s = &config.Settings{Audit: config.Audit{File: filepath.Join(dir, "audit.jsonl"), Checkpoint: time.Minute}, State: config.State{Directory: dir}}
	written, err := trail.Open(s)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(written.Commit(t.Context(), audit.System{Event: "started"}), written.Close()); err != nil {
		t.Fatal(err)
	}
	end, err := segment.File{Path: s.Audit.File}.LastRecord()
	if err != nil {
		t.Fatal(err)
	}
	return s, end.Record
}

// outcome is that of one check for what verify found.
func outcome(t *testing.T, s *config.Settings, id string) compliance.Outcome {
	t.Helper()
	v, err := verified(t.Context(), s, nil)
	if err != nil {
		t.Fatal(err)
	}
	facts := compliance.Facts{
		At: time.Now(), Settings: compliance.Settings{Read: true}, Retained: compliance.Retained{Checkpoint: s.Audit.Checkpoint},
		Trail: compliance.Trail{Read: true, Records: 3, First: 1, Verified: v},
	}
	for _, c := range compliance.Judge(mustFind(t, "soc2"), facts).Checks {
		if c.ID == id {
			return c.Outcome
		}
	}
	t.Fatalf("no check %s", id)
	return 0
}

func mustFind(t *testing.T, name string) compliance.Framework {
	t.Helper()
	f, ok := compliance.Find(name)
	if !ok {
		t.Fatal(name)
	}
	return f
}

// TestRecordsThatNobodySignedDoNotPass: whoever has no key puts records in behind the last checkpoint, while no server runs.
func TestRecordsThatNobodySignedDoNotPass(t *testing.T) {
	s, last := signedTrail(t)
	if got := outcome(t, s, "trail-signed"); got != compliance.Passed {
		t.Errorf("as the server left it: %v", got)
	}
	text, err := os.ReadFile(s.Audit.File)
	if err != nil {
		t.Fatal(err)
	}
	forged := func(age time.Duration) string {
		e := audit.Attempt{User: "x", Verdict: "accept", Reason: "approved"}
		more, _ := chain.AppendLine(nil, time.Now().Add(-age), last.Seq+1, e.EventType(), e.AppendFields(nil), last.Hash)
		return string(text) + string(more)
	}
	write(t, s.Audit.File, forged(time.Hour))
	if got := outcome(t, s, "trail-signed"); got != compliance.Failed {
		t.Errorf("with a record of an hour ago behind it: %v", got)
	}
	write(t, s.Audit.File, forged(time.Second))
	if got := outcome(t, s, "trail-signed"); got != compliance.Passed {
		t.Errorf("with a record of a moment ago behind it: %v", got)
	}
}
