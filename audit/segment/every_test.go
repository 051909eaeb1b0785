package segment

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEvery(t *testing.T) {
	dir, archive := t.TempDir(), t.TempDir()
	live := filepath.Join(dir, "audit.jsonl")
	plain := Name(live, 1, 4)
	old := Name(filepath.Join(archive, "audit.jsonl"), 1, 4) + gz
	for _, path := range []string{live, live + ".new", plain, plain + gz, old} {
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	beside := []File{{Path: plain, First: 1, Last: 4}, {Path: plain + gz, First: 1, Last: 4, Compressed: true}}
	for dir, more := range map[string][]File{
		archive:                      {{Path: old, First: 1, Last: 4, Compressed: true, Archived: true}},
		"":                           nil,
		filepath.Join(dir, "nobody"): nil,
	} {
		files, err := Every(live, dir)
		if diff := cmp.Diff(append(beside[:2:2], more...), files); err != nil || diff != "" {
			t.Error(dir, err, diff)
		}
	}
	if _, err := Every(filepath.Join(dir, "none", "audit.jsonl"), ""); err == nil {
		t.Error("a directory that is not there")
	}
	if _, err := Every(live, live); err == nil {
		t.Error("an archive that is a file")
	}
}
