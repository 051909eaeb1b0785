package checkpoint

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestHead(t *testing.T) {
	dir := t.TempDir()
	if h, err := ReadHead(dir); err != nil || h != (Head{}) {
		t.Errorf("none yet: %+v, %v", h, err)
	}
	want := Head{
		Seq: 8, Hash: strings.Repeat("a", 64), Covers: 7, CoversHash: strings.Repeat("b", 64), Key: "k", Signature: "s",
		Time: time.Date(2026, 11, 23, 9, 0, 0, 5, time.UTC),
	}
	for range 2 { // the second takes the place of the first
		if err := want.Write(dir); err != nil {
			t.Fatal(err)
		}
	}
	got, err := ReadHead(dir)
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
	info, err := os.Stat(filepath.Join(dir, HeadFile))
	if err != nil || info.Mode() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	if names, err := os.ReadDir(dir); err != nil || len(names) != 1 {
		t.Errorf("%v %v", names, err)
	}
}

func TestHeadsThatAreNone(t *testing.T) {
	hash := strings.Repeat("a", 64)
	for name, text := range map[string]string{
		"empty": "", "text": "hello", "no number": `{"hash":"` + hash + `"}`, "no hash": `{"seq":2,"covers":1}`,
		"covers another": `{"seq":3,"covers":1,"hash":"` + hash + `"}`, "a list": "[]",
		"no hex": `{"seq":2,"covers":1,"hash":"` + strings.Repeat("x", 64) + `"}`, "upper case": `{"seq":2,"covers":1,"hash":"` + strings.Repeat("A", 64) + `"}`,
		"too far": `{"seq":9223372036854775808,"covers":9223372036854775807,"hash":"` + hash + `"}`,
		"long":    `{"seq":2,"covers":1,"hash":"` + hash + `","key":"` + strings.Repeat("x", headMost) + `"}`,
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, HeadFile), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if h, err := ReadHead(dir); err == nil || !strings.Contains(err.Error(), HeadFile) || h != (Head{}) {
			t.Errorf("%s: %+v, %v", name, h, err)
		}
	}
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, HeadFile, "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadHead(dir); err == nil {
		t.Error("a directory is read")
	}
	if err := (Head{}).Write(dir); err == nil {
		t.Error("a directory is written over")
	}
	if err := (Head{}).Write(filepath.Join(dir, "none")); err == nil {
		t.Error("a directory that is not there")
	}
}
