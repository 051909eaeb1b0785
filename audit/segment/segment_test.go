package segment

import (
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	for name, want := range map[string]File{
		"audit.jsonl.000000000001-000000000009":    {First: 1, Last: 9},
		"audit.jsonl.000000000001-000000000009.gz": {First: 1, Last: 9, Compressed: true},
		"audit.jsonl.1234567890123-1234567890124":  {First: 1234567890123, Last: 1234567890124},
		"audit.jsonl":                                  {},
		"audit.jsonl.new":                              {},
		"audit.jsonl.1-9":                              {},
		"audit.jsonl.000000000000-000000000009":        {},
		"audit.jsonl.000000000009-000000000001":        {},
		"audit.jsonl.000000000001-000000000009.gz.tmp": {},
		"other.jsonl.000000000001-000000000009":        {},
		"audit.jsonl.+00000000001-000000000009":        {},
	} {
		got, ok := Parse("audit.jsonl", name)
		if diff := cmp.Diff(want, got); diff != "" || ok != (want.First > 0) {
			t.Errorf("%s: %v\n%s", name, ok, diff)
		}
	}
}

func TestListAndOpen(t *testing.T) {
	dir, archive := t.TempDir(), t.TempDir()
	live := filepath.Join(dir, "audit.jsonl")
	write := func(path, text string) string {
		t.Helper()
		file, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		var w io.WriteCloser = file
		if filepath.Ext(path) == gz {
			w = gzip.NewWriter(file)
		}
		if _, err := io.WriteString(w, text); err != nil || w.Close() != nil {
			t.Fatal(err)
		}
		_ = file.Close()
		return path
	}
	old := write(Name(filepath.Join(archive, "audit.jsonl"), 1, 4)+gz, "old")
	write(Name(filepath.Join(archive, "audit.jsonl"), 5, 7)+gz, "twice")
	moved := write(Name(live, 5, 7)+gz, "moved")
	write(Name(live, 8, 9)+gz, "half compressed")
	plain := write(Name(live, 8, 9), "plain")
	write(live+".new", "no segment")
	write(live, "live")
	files, err := List(live, archive)
	want := []File{{old, 1, 4, true, true}, {moved, 5, 7, true, false}, {plain, 8, 9, false, false}, {Path: live}}
	if diff := cmp.Diff(want, files); diff != "" || err != nil {
		t.Fatal(err, diff)
	}
	text := ""
	for _, f := range files {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil || r.Close() != nil {
			t.Error(err)
		}
		text += string(content) + " "
	}
	if text != "old moved plain live " {
		t.Error(text)
	}
	if files, err := List(filepath.Join(t.TempDir(), "none"), filepath.Join(dir, "none")); err != nil || len(files) != 0 {
		t.Error(files, err)
	}
	if _, err := List(filepath.Join(dir, "none", "audit.jsonl"), ""); err == nil {
		t.Error("a directory that is not there")
	}
	if err := os.WriteFile(old, []byte("no gzip"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := files[0].Open(); err == nil {
		t.Error("no gzip opens")
	}
}
