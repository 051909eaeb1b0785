package output

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var errWrite = errors.New("half")

func TestWrite(t *testing.T) {
	whole := func(w io.Writer) error { _, err := io.WriteString(w, "text"); return err }
	half := func(w io.Writer) error { return errors.Join(whole(w), errWrite) }
	dir := t.TempDir()
	there := filepath.Join(dir, "there")
	if err := os.WriteFile(there, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		path  string
		write func(io.Writer) error
		out   string // on the standard output
		file  string // empty: there is none
		err   string
	}{
		"the standard output":         {"", whole, "text", "", ""},
		"the standard output, half":   {"", half, "text", "", "half"},
		"a new file":                  {filepath.Join(dir, "new"), whole, "", "text", ""},
		"half a file":                 {filepath.Join(dir, "half"), half, "", "", "half"},
		"a file that is there":        {there, whole, "", "old", "nothing is overwritten"},
		"a directory that is missing": {filepath.Join(dir, "none", "f"), whole, "", "", "--output: "},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			err := Write(c.path, &out, c.write)
			if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) || out.String() != c.out {
				t.Errorf("%v, %q", err, &out)
			}
			if c.path == "" {
				return
			}
			text, err := os.ReadFile(c.path)
			if (err == nil) != (c.file != "") || string(text) != c.file {
				t.Errorf("%q, %v", text, err)
			}
			if info, err := os.Stat(c.path); err == nil && info.Mode() != ownFile {
				t.Errorf("%v", info.Mode())
			}
		})
	}
}

func TestFree(t *testing.T) {
	dir := t.TempDir()
	link := filepath.Join(dir, "link")
	if err := os.Symlink("nowhere", link); err != nil {
		t.Fatal(err)
	}
	for path, free := range map[string]bool{"": true, filepath.Join(dir, "new"): true, dir: false, link: false} {
		if err := Free(path); (err == nil) != free {
			t.Errorf("%q: %v", path, err)
		}
	}
}

func TestText(t *testing.T) {
	for text, want := range map[string]string{"": "-", " \t": "-", "alice": "alice", "a\x1b[2Jb": `a\u001b[2Jb`} {
		if got := Text(text); got != want {
			t.Errorf("%q: %q", text, got)
		}
	}
}
