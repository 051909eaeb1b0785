package backup

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"ivalt-radius/cmd/ivalt-radius/exit"
)

// entry is a member of a hostile archive.
type entry struct {
	header tar.Header
	text   string
}

// archived is an archive of a manifest and members.
func archived(tb testing.TB, head string, entries ...entry) []byte {
	tb.Helper()
	var out bytes.Buffer
	zipped := gzip.NewWriter(&out)
	w := tar.NewWriter(zipped)
	for _, e := range append([]entry{{tar.Header{Name: manifestName}, head}}, entries...) {
		if e.header.Size == 0 {
			e.header.Size = int64(len(e.text))
		}
		if e.header.Typeflag == 0 {
			e.header.Typeflag = tar.TypeReg
		}
		if err := w.WriteHeader(&e.header); err != nil {
			tb.Fatal(err)
		}
		if _, err := io.WriteString(w, e.text); err != nil {
			tb.Fatal(err)
		}
	}
	_ = w.Close() // a member may be shorter than it says
	if err := zipped.Close(); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

const head = `{"ivalt_radius_backup":1,"time":"2026-11-26T00:00:00Z","trail":"audit.jsonl"}`

func named(name, text string) entry { return entry{tar.Header{Name: name}, text} }

func TestHostileArchives(t *testing.T) {
	trail := named("audit.jsonl", "x\n")
	if code, out := restoreOf(t, archived(t, head, trail)); code != exit.OK {
		t.Fatalf("an honest one: exit %d: %s", code, out)
	}
	sound := archived(t, head, trail)
	for name, octets := range map[string][]byte{
		"nothing": nil, "no archive": []byte("canary"), "cut off": sound[:len(sound)-9], "no manifest": archived(t, "{}", trail), "no JSON": archived(t, "x", trail),
		"another format": archived(t, strings.Replace(head, `:1,`, `:2,`, 1), trail), "trail elsewhere": archived(t, strings.Replace(head, "audit.jsonl", "../audit.jsonl", 1), trail),
		"no trail":  archived(t, head, named("x", "")),
		"above":     archived(t, head, trail, named("../x", "canary")),
		"far above": archived(t, head, trail, named("a/../../x", "canary")),
		"absolute":  archived(t, head, trail, named("/tmp/x", "canary")),
		"odd":       archived(t, head, trail, named("a/./x", "canary")),
		"backslash": archived(t, head, trail, named(`a\x`, "canary")),
		"escape":    archived(t, head, trail, named("a\x1b[2J", "canary")),
		"deep":      archived(t, head, trail, named(strings.Repeat("a/", 10)+"x", "canary")),
		"long":      archived(t, head, trail, named(strings.Repeat("a", 600), "canary")),
		"a link":    archived(t, head, trail, entry{tar.Header{Name: "x", Linkname: "/etc", Typeflag: tar.TypeSymlink}, ""}),
		"by a link": archived(t, head, trail, entry{tar.Header{Name: "d", Linkname: "..", Typeflag: tar.TypeSymlink}, ""}, named("d/x", "canary")),
		"hard link": archived(t, head, trail, entry{tar.Header{Name: "x", Linkname: "audit.jsonl", Typeflag: tar.TypeLink}, ""}),
		"a device":  archived(t, head, trail, entry{tar.Header{Name: "x", Typeflag: tar.TypeChar, Devmajor: 1, Devminor: 3}, ""}),
		"a pipe":    archived(t, head, trail, entry{tar.Header{Name: "x", Typeflag: tar.TypeFifo}, ""}),
		"directory": archived(t, head, trail, entry{tar.Header{Name: "x/", Typeflag: tar.TypeDir}, ""}),
		"twice":     archived(t, head, trail, trail),
		"below it":  archived(t, head, trail, named("audit.jsonl/x", "")),
		"huge":      archived(t, head, trail, entry{tar.Header{Name: "x", Size: 1 << 40}, "canary"}),
		"shorter":   archived(t, head, trail, entry{tar.Header{Name: "x", Size: 100}, "canary"}),
	} {
		if code, out := restoreOf(t, octets); code != exit.Fault || !strings.Contains(out, "restore: ") || strings.Contains(out, "canary") || strings.Contains(out, "\x1b") {
			t.Errorf("%s: exit %d: %q", name, code, out)
		}
	}
}

// restoreOf restores an archive, and fails the test where a failure left something, or anything lies outside.
func restoreOf(t *testing.T, octets []byte) (code int, out string) {
	t.Helper()
	tmp := t.TempDir()
	file, dir := filepath.Join(tmp, "file"), filepath.Join(tmp, "a", "dir")
	if err := errors.Join(os.WriteFile(file, octets, 0o600), os.MkdirAll(dir, 0o700)); err != nil {
		t.Fatal(err)
	}
	code, out = run(t, NewRestoreCommand(), "--input", file, "--directory", dir)
	if code != exit.OK && len(tree(t, filepath.Join(tmp, "a"))) > 0 {
		t.Errorf("left behind: %v", tree(t, tmp))
	}
	return code, out
}

// TestOwner: what root restores belongs to whom the directory belongs.
func TestOwner(t *testing.T) {
	if os.Geteuid() != 0 {
		return // nobody else can give anything away
	}
	dir := t.TempDir()
	if err := os.Chown(dir, 12345, 54321); err != nil {
		t.Fatal(err)
	}
	in := archived(t, head, named("audit.jsonl", "x\n"), named("a/b", "y"))
	if _, files, err := unpack(bytes.NewReader(in), dir, limits{octets: 1 << 20, files: 9}); err != nil || files != 2 {
		t.Fatalf("%d files, %v", files, err)
	}
	for _, name := range []string{"audit.jsonl", "a", "a/b"} {
		info, err := os.Lstat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if is, ok := info.Sys().(*syscall.Stat_t); !ok || is.Uid != 12345 || is.Gid != 54321 {
			t.Errorf("%s belongs to %d:%d", name, is.Uid, is.Gid)
		}
	}
}

// TestBomb: what grows beyond measure is refused before the disk is full.
func TestBomb(t *testing.T) {
	bomb := archived(t, head, named("audit.jsonl", "x\n"), named("x", strings.Repeat("0", 1<<20)))
	if _, _, err := unpack(bytes.NewReader(bomb), t.TempDir(), limits{1 << 20, 2}); err == nil || !strings.Contains(err.Error(), "grows to far more") {
		t.Errorf("%v", err)
	}
	if _, n, err := unpack(bytes.NewReader(bomb), t.TempDir(), limits{1<<20 + 2, 2}); err != nil || n != 2 {
		t.Errorf("%d files, %v", n, err)
	}
	if _, _, err := unpack(bytes.NewReader(bomb), t.TempDir(), limits{1 << 30, 1}); err == nil || !strings.Contains(err.Error(), "more than 1 files") {
		t.Errorf("%v", err)
	}
}

func FuzzUnpack(f *testing.F) {
	f.Add(archived(f, head, named("audit.jsonl", "x\n"), named("a/b", "y")))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, octets []byte) {
		outer := t.TempDir()
		dir := filepath.Join(outer, "d")
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		_, _, _ = unpack(bytes.NewReader(octets), dir, limits{1 << 16, 9})
		if entries, err := os.ReadDir(outer); err != nil || len(entries) != 1 {
			t.Errorf("outside: %v, %v", entries, err)
		}
	})
}
