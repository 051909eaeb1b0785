package formerly

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ivalt-radius/config"
)

func TestWhatWasKeptComesBack(t *testing.T) {
	dir := t.TempDir()
	if _, ok := Read(dir); ok {
		t.Error("something where nothing was kept")
	}
	before := Settings{Digest: "a", Keys: map[string]string{"same": "1", "other": "1", "gone": "1"}}
	if err := before.Write(dir); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(dir, name))
	if err != nil || info.Mode() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	read, ok := Read(dir)
	if diff := cmp.Diff(before, read); diff != "" || !ok {
		t.Fatal(ok, diff)
	}
	after := Settings{Digest: "b", Keys: map[string]string{"same": "1", "other": "2", "new": "1"}}
	want := []config.Change{{Key: "gone", Before: "1"}, {Key: "new", After: "1"}, {Key: "other", Before: "1", After: "2"}}
	if diff := cmp.Diff(want, read.Changes(after)); diff != "" {
		t.Error(diff)
	}
	if got := (Settings{}).Changes(Settings{}); got != nil {
		t.Error(got)
	}
	for _, text := range []string{"", "{", `{"digest":"x"}`, "[]"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, ok := Read(dir); ok {
			t.Errorf("%q counts", text)
		}
	}
	if err := after.Write(filepath.Join(dir, "none")); err == nil {
		t.Error("a directory that is not there")
	}
}
