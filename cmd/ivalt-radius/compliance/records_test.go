package compliance

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ivalt-radius/audit"
	"ivalt-radius/audit/audittest"
	"ivalt-radius/audit/chain"
	"ivalt-radius/audit/checkpoint"
	"ivalt-radius/audit/compliance"
	"ivalt-radius/audit/query"
	"ivalt-radius/audit/segment"
	"ivalt-radius/cmd/ivalt-radius/trail"
	"ivalt-radius/config"
)

func at(minute int) time.Time { return time.Date(2026, 11, 23, 9, minute, 0, 0, time.UTC) }

// moment is an event and when it was.
type moment struct {
	at    time.Time
	event audit.Event
}

// fileOf writes records without a server.
func fileOf(t *testing.T, moments ...moment) string {
	t.Helper()
	var text []byte
	prev := chain.Genesis()
	for i, m := range moments {
		text, prev = chain.AppendLine(text, m.at, uint64(i)+1, m.event.EventType(), m.event.AppendFields(nil), prev)
	}
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	write(t, path, string(text))
	return path
}

func read(t *testing.T, path string, since time.Time) compliance.Trail {
	t.Helper()
	trail, err := readTrail(t.Context(), query.Trail{Live: path}, since)
	if err != nil {
		t.Fatal(err)
	}
	return trail
}

// whole is an attempt that lacks nothing.
func whole() audit.Attempt {
	return audit.Attempt{User: "u", Client: "c", Verdict: "accept", Reason: "approved", Mobile: "+49 170 1234567"}
}

// TestCounts: each kind of record counts where it should, and older ones not in the period.
func TestCounts(t *testing.T) {
	events := []audit.Event{
		audit.System{Event: "started"},
		audit.System{Event: "stopped"},
		audit.System{Event: "started"},
		audit.Security{Event: "started"},
		audit.Configuration{Event: "in_force"},
		audit.Configuration{Event: "reloaded", Digest: "one"},
		audit.Configuration{Event: "reload_refused", Digest: "two"},
		audit.Configuration{Event: "reloaded"},
		whole(),
		audit.Attempt{Client: "c", Verdict: "reject", Reason: "bad_request"},
		audit.Attempt{Client: "c", Verdict: "accept", Reason: "approved"},
		audit.Attempt{User: "u", Verdict: "accept", Reason: "approved"},
		audit.Attempt{User: "u", Client: "c", Reason: "approved"},
		audit.Attempt{User: "u", Client: "c", Verdict: "accept"},
		audit.Access{Action: "backup"},
		audit.Access{Action: "tail"},
		audit.Action{Action: "backup"},
		audit.Forgotten{Pseudonym: "forgotten-1"},
		audit.System{Event: "records_lost"},
		audit.System{Event: "recovered"},
		audit.Security{Event: "trail_broken"},
		audit.Security{Event: "trail_replaced"},
		audit.Security{Event: "trail_truncated"},
		audit.Security{Event: "trail_head_unreadable"},
		audit.System{Event: "trail_repaired"},
		audit.System{Event: "clock_skew"},
		audit.System{Event: "clock_jumped"},
		audit.Attempt{User: "u", Client: "c", Verdict: "v", Reason: "records_lost"},
	}
	var moments []moment
	for i, e := range events {
		moments = append(moments, moment{at(i), e})
	}
	path := fileOf(t, moments...)
	want := compliance.Trail{
		Read: true, Records: len(events), First: 1, Oldest: at(0), Starts: 2, Stops: 1, Digest: "one", DigestAt: at(5), Backup: at(14),
		InPeriod: compliance.Period{Attempts: 7, Incomplete: 4, Reads: 2, Changes: 3, Lost: 6, Clock: 2, Forgotten: 1},
	}
	if diff := cmp.Diff(want, read(t, path, at(0))); diff != "" {
		t.Error(diff)
	}
	want.InPeriod = compliance.Period{Attempts: 1, Clock: 1}
	if diff := cmp.Diff(want, read(t, path, at(len(events)-2))); diff != "" {
		t.Errorf("of the last two: %s", diff)
	}
}

// TestClockOfTheRecords: a record that is older than the one before is seen, a moment is not.
func TestClockOfTheRecords(t *testing.T) {
	path := fileOf(t, moment{at(5), whole()}, moment{at(5).Add(-backwards), whole()}, moment{at(5), whole()}, moment{at(4), whole()}, moment{at(6), whole()})
	if got := read(t, path, at(0)).InPeriod; got.Backwards != 1 {
		t.Errorf("%+v", got)
	}
}

// TestUnmaskedMobile: a record that shows more than two digits, which no writer of ours makes, is counted.
func TestUnmaskedMobile(t *testing.T) {
	path := fileOf(t, moment{at(0), whole()}, moment{at(1), whole()})
	if got := read(t, path, at(0)).InPeriod.Unmasked; got != 0 {
		t.Errorf("%d of masked ones", got)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	write(t, path, string(bytes.Replace(text, []byte("*67"), []byte("567"), 1)))
	if got := read(t, path, at(0)).InPeriod.Unmasked; got != 1 {
		t.Errorf("%d", got)
	}
}

// TestVerifyOverSegments: the chain goes on from a compressed file to the live one, and a change in either is found.
func TestVerifyOverSegments(t *testing.T) {
	const records = 40
	dir := t.TempDir()
	path := filepath.Join(dir, "audit.jsonl")
	if err := (audittest.Trail{Records: records, From: at(0), Every: time.Second}).File(path); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.SplitAfter(content, []byte("\n"))
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	if _, err := z.Write(bytes.Join(lines[:25], nil)); err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	write(t, segment.Name(path, 1, 25)+".gz", zipped.String())
	live := bytes.Join(lines[25:], nil)
	for name, c := range map[string]struct {
		live     []byte
		findings int
	}{
		// The live file of this test does not say that a segment went before it: one finding.
		"sound":   {live, 1},
		"changed": {bytes.Replace(live, []byte(`"seq":30,`), []byte(`"seq":31,`), 1), 2},
		"a hole":  {bytes.Join(lines[26:], nil), 2},
	} {
		write(t, path, string(c.live))
		settings := &config.Settings{Audit: config.Audit{File: path}, State: config.State{Directory: dir}}
		got, err := verified(t.Context(), settings, nil)
		if age := time.Since(at(0)); got.Waiting > age || got.Waiting < age-time.Hour {
			t.Errorf("%s: the first record without a signature waits for %s", name, got.Waiting)
		}
		got.Waiting = 0
		if diff := cmp.Diff(compliance.Verified{Done: true, Findings: c.findings, Uncovered: records - 1}, got); diff != "" || err != nil {
			t.Errorf("%s: %v %s", name, err, diff)
		}
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if v, err := verified(ended, settings, nil); !errors.Is(err, context.Canceled) || v.Done {
			t.Errorf("%s: verified after the end: %+v, %v", name, v, err)
		}
		if _, err := readTrail(ended, query.Trail{Live: path}, at(0)); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: read after the end: %v", name, err)
		}
	}
	none := &config.Settings{Audit: config.Audit{File: path + ".none"}, State: config.State{Directory: dir}}
	if v, err := verified(t.Context(), none, nil); err == nil || v.Done {
		t.Errorf("no file: %+v, %v", v, err)
	}
}

// TestSignaturesAreJudged: a trail that is signed by the key in state.directory, and one that nobody signed.
func TestSignaturesAreJudged(t *testing.T) {
	dir := t.TempDir()
	settings := &config.Settings{Audit: config.Audit{File: filepath.Join(dir, "audit.jsonl")}, State: config.State{Directory: dir}}
	for _, want := range []compliance.Answer{compliance.No, compliance.Yes} {
		options := audit.Options{}
		if want == compliance.Yes {
			var err error
			if options, err = trail.Options(settings, nil); err != nil {
				t.Fatal(err)
			}
		} else if _, err := checkpoint.OpenOrMake(dir); err != nil {
			t.Fatal(err)
		}
		written, err := audit.Open(settings.Audit.File, options)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(written.Commit(t.Context(), audit.System{Event: "started"}), written.Close()); err != nil {
			t.Fatal(err)
		}
		if v, err := verified(t.Context(), settings, nil); err != nil || v.Signatures != want || v.Key == "" || v.Uncovered != 0 || v.Findings != 0 {
			t.Errorf("%v: %+v", err, v)
		}
	}
}
