package audit

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ivalt-radius/audit/chain"
	"ivalt-radius/audit/segment"
)

// line is what tests read of a line.
type line struct {
	Time   time.Time
	Seq    uint64
	Type   string
	Event  string
	Detail string
	User   string
	Salt   string
	Hash   string

	Covers     uint64
	CoversHash string `json:"covers_hash"`
	Key        string
	Signature  string
	File       string
	First      uint64
	Last       uint64
	LastHash   string `json:"last_hash"`
}

// sound reads a trail that must be sound.
func sound(t *testing.T, path string) []line {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	result, err := chain.Verify(bytes.NewReader(content))
	if err != nil || !result.Sound() {
		t.Fatalf("%v, %v", err, result.Findings)
	}
	return parsed(t, string(content))
}

func parsed(t *testing.T, content string) []line {
	t.Helper()
	var lines []line
	for d := json.NewDecoder(strings.NewReader(content)); ; {
		var l line
		if err := d.Decode(&l); errors.Is(err, io.EOF) {
			return lines
		} else if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, l)
	}
}

// events is the lines' event words, the users of attempts among them.
func events(lines []line) string {
	words := make([]string, len(lines))
	for i, l := range lines {
		words[i] = l.Event + l.User
	}
	return strings.Join(words, " ")
}

func expect(t *testing.T, path, want string) []line {
	t.Helper()
	lines := sound(t, path)
	if got := events(lines); got != want {
		t.Fatalf("the trail says %q, want %q", got, want)
	}
	return lines
}

// whole reads all files of a trail, which must be sound as one.
func whole(t *testing.T, path string) []line {
	t.Helper()
	all := filepath.Join(t.TempDir(), "all")
	if err := os.WriteFile(all, []byte(contentOf(t, path)), 0o600); err != nil {
		t.Fatal(err)
	}
	return sound(t, all)
}

// contentOf is the lines of all files of a trail.
func contentOf(t *testing.T, path string) string {
	t.Helper()
	var all strings.Builder
	for _, f := range listed(t, path) {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		_, err = io.Copy(&all, in)
		if err = errors.Join(err, in.Close()); err != nil {
			t.Fatal(err)
		}
	}
	return all.String()
}

func listed(t *testing.T, path string) []segment.File {
	t.Helper()
	files, err := segment.List(path, "")
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// names is the base names of a trail's files.
func names(t *testing.T, path string) string {
	t.Helper()
	var out []string
	for _, f := range listed(t, path) {
		out = append(out, strings.TrimPrefix(filepath.Base(f.Path), childTrail))
	}
	return strings.Join(out, " ")
}

func expectWhole(t *testing.T, path, want string) []line {
	t.Helper()
	lines := whole(t, path)
	if got := events(lines); got != want {
		t.Fatalf("the trail says %q, want %q", got, want)
	}
	return lines
}
