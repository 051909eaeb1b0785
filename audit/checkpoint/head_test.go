package checkpoint

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ivalt-radius/audit/durable"
)

func aHead(t *testing.T, k Key) Head {
	t.Helper()
	covered := strings.Repeat("ab", 32)
	return Head{
		Seq: 8, Hash: strings.Repeat("cd", 32), Covers: 7, CoversHash: covered,
		Key: k.Public().Fingerprint(), Signature: k.Sign(7, covered), Time: time.Date(2026, 11, 23, 9, 0, 0, 5, time.UTC),
	}
}

func TestHeadIsKept(t *testing.T) {
	dir := t.TempDir()
	if _, err := ReadHead(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no head: %v", err)
	}
	k, err := OpenOrMake(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, HeadFile+durable.Suffix), []byte("left by a crash"), 0o600); err != nil {
		t.Fatal(err)
	}
	want := aHead(t, k)
	for _, h := range []Head{{Seq: 2, Covers: 1}, want} {
		if err := WriteHead(dir, h); err != nil {
			t.Fatal(err)
		}
	}
	got, err := ReadHead(dir)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Error(err, diff)
	}
	if info, err := os.Stat(filepath.Join(dir, HeadFile)); err != nil || info.Mode().Perm() != 0o600 {
		t.Error(err, info.Mode())
	}
	if _, err := os.Stat(filepath.Join(dir, HeadFile+durable.Suffix)); !errors.Is(err, fs.ErrNotExist) {
		t.Error("the file's first name is left")
	}
	var members map[string]any
	text, err := os.ReadFile(filepath.Join(dir, HeadFile))
	if err := errors.Join(err, json.Unmarshal(text, &members)); err != nil || len(members) != 7 || members["covers_hash"] != want.CoversHash {
		t.Error(err, members)
	}
}

func TestHeadsThatAreNone(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"empty": "", "text": "x", "zero": "{}", "a gap": `{"seq":9,"covers":7,"hash":"` + strings.Repeat("a", 64) + `"}`,
		"no hash": `{"seq":8,"covers":7,"hash":"` + strings.Repeat("A", 64) + `"}`, "a list": "[]", "long": `{"seq":2,"covers":1,"hash":"` + strings.Repeat("a", maxHead) + `"}`,
	} {
		if err := os.WriteFile(filepath.Join(dir, HeadFile), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadHead(dir); !errors.Is(err, ErrNoHead) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestHeadThatCannotBeWritten(t *testing.T) {
	dir := t.TempDir()
	blocked := filepath.Join(dir, HeadFile) // a directory that is not empty cannot be replaced
	if err := os.MkdirAll(filepath.Join(blocked, "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := WriteHead(dir, Head{}); err == nil {
		t.Error("written over a directory")
	}
	if _, err := os.Stat(blocked + durable.Suffix); err == nil {
		t.Error("the file's first name is left")
	}
	if _, err := ReadHead(dir); err == nil || errors.Is(err, ErrNoHead) {
		t.Errorf("a directory is read: %v", err)
	}
	if err := errors.Join(os.RemoveAll(blocked), os.MkdirAll(filepath.Join(blocked+durable.Suffix, "x"), 0o700)); err != nil {
		t.Fatal(err)
	}
	if err := WriteHead(dir, Head{}); err == nil {
		t.Error("written where the first name is taken")
	}
	if err := WriteHead(filepath.Join(dir, "none"), Head{}); err == nil {
		t.Error("written in a directory that is not there")
	}
}
