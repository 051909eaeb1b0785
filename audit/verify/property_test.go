package verify

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ivalt-radius/audit"
	"ivalt-radius/audit/audittest"
	"ivalt-radius/audit/segment"
)

// plainWorld is a trail of three files, none compressed, with a forgotten person, a removed segment and a head.
func plainWorld(t *testing.T) (w *world, paths []string) {
	t.Helper()
	w = &world{builder: newBuilder(t)}
	w.logins("alice", "bob")
	removed := w.rotate()
	w.logins("alice", "bob", "carol")
	first := w.rotate()
	w.logins("alice").sign().logins("bob")
	paths = append(paths, first, w.rotate())
	w.add(w.ended(1, 3, audit.SegmentRemoved), forgotten(w.rewrite(first, 2, "x"))).sign().close()
	w.remove(removed)
	if r := w.verify(); !r.Sound() || r.Rewritten != 1 {
		t.Fatal(text(r))
	}
	return w, append(paths, w.live())
}

// TestEveryFlippedBitIsFound: whichever bit of whichever file is flipped, the trail is not sound.
func TestEveryFlippedBitIsFound(t *testing.T) {
	w, paths := plainWorld(t)
	rapid.Check(t, func(t *rapid.T) {
		path := rapid.SampledFrom(paths).Draw(t, "file")
		content := w.read(path)
		changed := []byte(content)
		at := rapid.IntRange(0, len(changed)-1).Draw(t, "at")
		changed[at] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		w.write(path, string(changed))
		defer w.write(path, content)
		if r := w.verify(); r.Sound() {
			t.Fatalf("octet %d of %s: sound", at, filepath.Base(path))
		}
	})
}

// TestEveryMovedLineIsFound: whichever line is removed, doubled, swapped, or taken to another place in another file.
func TestEveryMovedLineIsFound(t *testing.T) {
	w, paths := plainWorld(t)
	rapid.Check(t, func(t *rapid.T) {
		files := map[string][]string{}
		for _, path := range paths {
			content := w.read(path)
			files[path] = w.linesOf(path)
			defer w.write(path, content)
		}
		from := rapid.SampledFrom(paths).Draw(t, "from")
		at := rapid.IntRange(0, len(files[from])-1).Draw(t, "at")
		line := files[from][at]
		deed := rapid.SampledFrom([]string{"removed", "doubled", "swapped", "moved"}).Draw(t, "deed")
		to, place := from, at
		if deed == "swapped" || deed == "moved" {
			to = rapid.SampledFrom(paths).Draw(t, "to")
			place = rapid.IntRange(0, len(files[to])-1).Draw(t, "place")
		}
		switch {
		case (deed == "swapped" || deed == "moved") && files[to][place] == line:
			return
		case deed == "swapped":
			files[from][at], files[to][place] = files[to][place], line
		case deed == "doubled":
			files[from] = slices.Insert(files[from], at, line)
		default:
			files[from] = slices.Delete(files[from], at, at+1)
			if deed == "moved" && place <= len(files[to]) && (to != from || place != at) {
				files[to] = slices.Insert(files[to], place, line)
			}
		}
		for path, lines := range files {
			w.put(path, lines...)
		}
		if r := w.verify(); r.Sound() {
			t.Fatalf("%s %d of %s to %d of %s: sound", deed, at, filepath.Base(from), place, filepath.Base(to))
		}
	})
}

// FuzzTrail: whatever lies there, verify ends, and a trail that it calls sound has the records that it says.
func FuzzTrail(f *testing.F) {
	b := newBuilder(f)
	b.logins("alice").sign().logins("bob")
	whole := []byte(strings.Join(b.lines, ""))
	f.Add(whole, []byte{}, []byte{})
	f.Add(whole[:len(whole)/2], whole[len(whole)/2:], []byte("\x1f\x8b\x08\x00"))
	f.Add([]byte("\n\n{}"), whole, whole)
	f.Add([]byte{}, []byte(b.lines[2]), []byte("\x00"))
	f.Fuzz(func(t *testing.T, live, plain, zipped []byte) {
		dir := t.TempDir()
		path := filepath.Join(dir, liveName)
		for name, content := range map[string][]byte{path: live, segment.Name(path, 1, 2): plain, segment.Name(path, 3, 4) + ".gz": zipped} {
			if err := os.WriteFile(name, content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		r, err := Trail(t.Context(), Options{Live: path, Key: b.key.Public(), Head: &b.head, Anchors: []Anchor{{Seq: 1}}})
		if err != nil {
			t.Fatal(err)
		}
		if r.Sound() { // the anchor has no hash
			t.Fatalf("sound: %+v", r)
		}
		if n := bytes.Count(live, []byte("\n")) + bytes.Count(plain, []byte("\n")); r.Lines < n {
			t.Fatalf("%d lines of %d", r.Lines, n)
		}
	})
}

// BenchmarkTrail: a million lines, in one file; the seconds are those of one operation.
func BenchmarkTrail(b *testing.B) {
	path := filepath.Join(b.TempDir(), liveName)
	tr := audittest.Trail{Records: 1_000_000, From: epoch(), Every: time.Second, Seed: 1}
	if err := tr.File(path); err != nil {
		b.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(info.Size())
	b.ReportAllocs()
	for b.Loop() {
		r, err := Trail(b.Context(), Options{Live: path})
		if err != nil || !r.Sound() || r.LastSeq != 1_000_000 {
			b.Fatal(err, r)
		}
	}
}
