package keep

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ivalt-radius/audit"
)

func day(n int) time.Time { return time.Date(2026, 11, n, 0, 0, 0, 0, time.UTC) }

func fail(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestHolds(t *testing.T) {
	dir := t.TempDir()
	a := Hold{Name: "incident-7", Reason: "stolen phone", From: day(1), To: day(3)}
	b := Hold{Name: "B.all_of_it", Reason: "the court asks"}
	if holds, err := Holds(dir); err != nil || len(holds) != 0 {
		t.Errorf("%v %v", holds, err)
	}
	fail(t, errors.Join(Place(dir, a), Place(dir, b)))
	if err := Place(dir, Hold{Name: a.Name, Reason: "another"}); !errors.Is(err, ErrHeld) {
		t.Errorf("%v", err)
	}
	holds, err := Holds(dir)
	if diff := cmp.Diff([]Hold{b, a}, holds); diff != "" || err != nil {
		t.Error(err, diff)
	}
	for path, want := range map[string]os.FileMode{"": os.ModeDir | 0o700, a.Name + suffix: 0o600} {
		if info, err := os.Stat(filepath.Join(dir, directory, path)); err != nil || info.Mode() != want {
			t.Errorf("%s: %v %v", path, err, info.Mode())
		}
	}
	if entries, err := os.ReadDir(filepath.Join(dir, directory)); err != nil || len(entries) != 2 {
		t.Errorf("%v %v", entries, err)
	}
	fail(t, Release(dir, a.Name))
	for _, name := range []string{a.Name, "", "../" + directory + "/" + b.Name} {
		if err := Release(dir, name); !errors.Is(err, ErrNoHold) {
			t.Errorf("%q: %v", name, err)
		}
	}
	if h, err := Find(dir, b.Name); err != nil || h != b {
		t.Errorf("%v %v", h, err)
	}
}

func TestHoldsThatCannotBe(t *testing.T) {
	for name, h := range map[string]Hold{
		"no name":           {Reason: "r"},
		"a path":            {Name: "../x", Reason: "r"},
		"a hidden name":     {Name: ".x", Reason: "r"},
		"a long name":       {Name: strings.Repeat("x", 65), Reason: "r"},
		"a line break":      {Name: "x\n", Reason: "r"},
		"no reason":         {Name: "x"},
		"a long reason":     {Name: "x", Reason: strings.Repeat("r", 501)},
		"no text":           {Name: "x", Reason: "\xff"},
		"ends as it begins": {Name: "x", Reason: "r", From: day(1), To: day(1)},
	} {
		dir := t.TempDir()
		if err := Place(dir, h); err == nil {
			t.Errorf("%s: placed", name)
		}
		if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
			t.Errorf("%s: %v %v", name, entries, err)
		}
	}
	h := Hold{Name: "x", Reason: "r"}
	if err := Place(filepath.Join(t.TempDir(), "none"), h); err == nil {
		t.Error("no state directory")
	}
	dir := t.TempDir()
	fail(t, os.WriteFile(filepath.Join(dir, directory), nil, 0o600))
	if err := Place(dir, h); err == nil {
		t.Error("a file in the place of the directory")
	}
}

// TestAHoldThatCannotBeReadIsAnError, never no hold.
func TestAHoldThatCannotBeReadIsAnError(t *testing.T) {
	for name, text := range map[string]string{
		"empty": "", "text": "hello", "another's": `{"name":"y","reason":"r"}`, "no reason": `{"name":"x"}`, "a wrong time": `{"name":"x","reason":"r","from":"today"}`,
		"long": `{"name":"x","reason":"r"}` + strings.Repeat(" ", fileMost),
	} {
		dir := t.TempDir()
		fail(t, os.Mkdir(filepath.Join(dir, directory), 0o700))
		fail(t, os.WriteFile(path(dir, "x"), []byte(text), 0o600))
		if holds, err := Holds(dir); err == nil || !strings.Contains(err.Error(), "x.json") {
			t.Errorf("%s: %v %v", name, holds, err)
		}
		if err := Release(dir, "x"); err == nil || errors.Is(err, ErrNoHold) {
			t.Errorf("%s: %v", name, err)
		}
	}
	dir := t.TempDir()
	fail(t, os.WriteFile(filepath.Join(dir, directory), nil, 0o600))
	if _, err := Holds(dir); err == nil {
		t.Error("a file in the place of the directory")
	}
	dir = t.TempDir()
	fail(t, os.MkdirAll(path(dir, "x"), 0o700))
	if _, err := Holds(dir); err == nil {
		t.Error("a directory in the place of a hold")
	}
}

func TestCovers(t *testing.T) {
	h, open := Hold{From: day(10), To: day(20)}, Hold{}
	for name, c := range map[string]struct {
		hold     Hold
		from, to int
		want     bool
	}{
		"before":          {h, 8, 9, false},
		"up to its begin": {h, 8, 10, true},
		"within":          {h, 12, 13, true},
		"around":          {h, 1, 30, true},
		"from its last":   {h, 19, 30, true},
		"from its end":    {h, 20, 30, false},
		"without ends":    {open, 1, 2, true},
		"without an end":  {Hold{From: day(10)}, 20, 21, true},
		"without a begin": {Hold{To: day(10)}, 1, 2, true},
		"not that late":   {Hold{To: day(10)}, 10, 11, false},
	} {
		if got := c.hold.Covers(day(c.from), day(c.to)); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func FuzzReadHold(f *testing.F) {
	f.Add(`{"name":"x","reason":"r","from":"2026-11-01T00:00:00Z","to":"2026-11-02T00:00:00Z"}`)
	f.Add(`{"name":"../x","reason":"r"}`)
	dir := f.TempDir()
	if err := os.Mkdir(filepath.Join(dir, directory), 0o700); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		fail(t, os.WriteFile(path(dir, "x"), []byte(text), 0o600))
		holds, err := Holds(dir)
		if err == nil && (len(holds) != 1 || holds[0].Name != "x" || holds[0].Check() != nil) {
			t.Errorf("%+v", holds)
		}
	})
}

// TestAHoldComesBeforeOrBehind a segment's removal, never between the look at the holds and the removal.
func TestAHoldComesBeforeOrBehind(t *testing.T) {
	for _, policy := range []Policy{{Retention: time.Hour}, {Retention: time.Hour, Archive: "attic"}} {
		r := newRig(t, policy)
		removed := 0
		r.atCommit = func(audit.Segment) {
			removed++
			if r.keeper.holds.TryLock() {
				t.Error("a hold can be placed while a segment goes")
				r.keeper.holds.Unlock()
			}
		}
		fail(t, r.keeper.Keep(t.Context()))
		if removed != 3 {
			t.Errorf("%d segments were removed", removed)
		}
		holds := r.keeper.Holds()
		if !r.keeper.holds.TryLock() {
			t.Error("no hold can be placed any more")
		}
		holds.Unlock()
	}
}
