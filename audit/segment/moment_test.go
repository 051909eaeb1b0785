package segment

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
)

// text is all that a moment's files hold, in order.
func text(t *testing.T, m Moment) string {
	t.Helper()
	var out strings.Builder
	for _, f := range m.Ended {
		in, err := m.Open(f)
		if err != nil {
			t.Fatal(err)
		}
		_, err = io.Copy(&out, in)
		if err := errors.Join(err, in.Close()); err != nil {
			t.Fatal(err)
		}
	}
	if m.Live != nil {
		if _, err := io.Copy(&out, m.Live); err != nil {
			t.Fatal(err)
		}
	}
	return out.String()
}

// TestMomentOutlivesItsFiles: whatever becomes of the files behind it, a moment gives what was there.
func TestMomentOutlivesItsFiles(t *testing.T) {
	dir, archive := t.TempDir(), t.TempDir()
	live := filepath.Join(dir, "audit.jsonl")
	for i, content := range []string{"one ", "two ", "three "} {
		write(t, Name(live, uint64(i)+1, uint64(i)+1), content)
	}
	write(t, live, "live")
	m, err := Now(live, archive)
	if err != nil || len(m.Ended) != 3 || !m.Leads() {
		t.Fatal(err, m)
	}
	defer m.Close()
	if err := errors.Join(
		Compress(t.Context(), m.Ended[0].Path), Compress(t.Context(), m.Ended[1].Path),
		os.Rename(m.Ended[1].Path+gz, filepath.Join(archive, filepath.Base(m.Ended[1].Path+gz))),
		os.Rename(live, Name(live, 4, 4)),
	); err != nil {
		t.Fatal(err)
	}
	write(t, live, "another")
	if m.Leads() {
		t.Error("the path leads to another file")
	}
	if got := text(t, m); got != "one two three live" {
		t.Errorf("%q", got)
	}
	if err := os.Remove(m.Ended[2].Path); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Open(m.Ended[2]); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a segment that is gone: %v", err)
	}
}

// TestMomentWhileTheTrailGoesOn: the live file is the one behind the newest segment, though it ends all the time. Each file here holds
// the number of its only record.
func TestMomentWhileTheTrailGoesOn(t *testing.T) {
	live := filepath.Join(t.TempDir(), "audit.jsonl")
	var ended atomic.Bool
	done := make(chan error, 1)
	write(t, live, "1")
	go func() {
		var err error
		for seq := uint64(1); err == nil && !ended.Load(); seq++ {
			err = errors.Join(os.Link(live, Name(live, seq, seq)), os.WriteFile(live+".new", []byte(strconv.FormatUint(seq+1, 10)), 0o600))
			if err == nil {
				err = os.Rename(live+".new", live)
			}
			if seq > 2 {
				err = errors.Join(err, os.Remove(Name(live, seq-2, seq-2)))
			}
		}
		done <- err
	}()
	for range 500 {
		m, err := Now(live, "")
		if errors.Is(err, errMoving) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		last := uint64(0)
		for _, f := range m.Ended {
			last = f.Last
		}
		own, err := io.ReadAll(m.Live)
		if m.Close(); err != nil || string(own) != strconv.FormatUint(last+1, 10) {
			t.Fatalf("the live file has record %s behind %d, %v", own, last, err)
		}
	}
	ended.Store(true)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

func TestMomentsThatAreNone(t *testing.T) {
	dir := t.TempDir()
	live := filepath.Join(dir, "audit.jsonl")
	if _, err := Now(live, ""); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
	write(t, Name(live, 1, 2), "segment")
	m, err := Now(live, "")
	if err != nil || m.Live != nil || m.Leads() || text(t, m) != "segment" {
		t.Errorf("segments alone: %v %v", m, err)
	}
	m.Close()
	if _, err := Now(dir, ""); err == nil {
		t.Error("a directory is read")
	}
	if _, err := Now(filepath.Join(live, "none", "x"), ""); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no directory: %v", err)
	}
}
