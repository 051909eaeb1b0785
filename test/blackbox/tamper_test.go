package blackbox_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"ivalt-radius/audit/checkpoint"
	"ivalt-radius/audit/segment"
	"ivalt-radius/test/blackbox"
)

// forger is somebody who can write a trail's files. Its lines have no newline.
type forger struct {
	t     *testing.T
	dir   string
	files []segment.File
}

func newForger(t *testing.T, dir string) forger {
	t.Helper()
	files, err := segment.List(filepath.Join(dir, "audit.jsonl"), "")
	if err != nil || len(files) < 3 {
		t.Fatalf("%v: %d files", err, len(files))
	}
	return forger{t, dir, files}
}

func (f forger) live() string { return filepath.Join(f.dir, "audit.jsonl") }

// read gives the lines of one file.
func (f forger) read(file int) []string {
	f.t.Helper()
	in, err := f.files[file].Open()
	if err != nil {
		f.t.Fatal(err)
	}
	text, err := io.ReadAll(in)
	_ = in.Close()
	if err != nil {
		f.t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
}

// write writes the lines in a file's place, compressed where they were.
func (f forger) write(file int, lines []string) {
	f.t.Helper()
	text := []byte(strings.Join(lines, "\n") + "\n")
	if f.files[file].Compressed {
		var out bytes.Buffer
		w := gzip.NewWriter(&out)
		_, err := w.Write(text)
		if err != nil || w.Close() != nil {
			f.t.Fatal(err)
		}
		text = out.Bytes()
	}
	if err := os.WriteFile(f.files[file].Path, text, 0o600); err != nil {
		f.t.Fatal(err)
	}
}

// edit changes one file.
func (f forger) edit(file int, with func([]string) []string) {
	f.t.Helper()
	f.write(file, with(f.read(file)))
}

func (f forger) remove(name string) {
	f.t.Helper()
	if err := os.Remove(filepath.Join(f.dir, name)); err != nil {
		f.t.Fatal(err)
	}
}

// rechain writes the whole trail anew: another person in the logins, hashes that are right, and checkpoints that cover what is there,
// signed by sign. It returns the last checkpoint.
func (f forger) rechain(sign func(covers uint64, hash string) string, key string) checkpoint.Head {
	f.t.Helper()
	prev, seq := strings.Repeat("0", 64), uint64(0)
	var head checkpoint.Head
	member := regexp.MustCompile(`"(prev|last_hash|covers_hash|signature|key)":"[^"]*"`)
	for file := range f.files {
		lines := f.read(file)
		for i, line := range lines {
			seq++
			signature := ""
			if strings.Contains(line, `"event":"checkpoint"`) {
				signature = sign(seq-1, prev)
				head = checkpoint.Head{Seq: seq, Covers: seq - 1, CoversHash: prev, Key: key, Signature: signature}
			}
			line = line[:strings.LastIndex(line, `,"hash"`)]
			line = member.ReplaceAllStringFunc(strings.ReplaceAll(line, "svc-", "SVC-"), func(m string) string {
				name, _, _ := strings.Cut(m[1:], `"`)
				return fmt.Sprintf("%q:%q", name, map[string]string{"prev": prev, "last_hash": prev, "covers_hash": prev, "signature": signature, "key": key}[name])
			})
			sum := sha256.Sum256([]byte(line))
			prev = hex.EncodeToString(sum[:])
			lines[i] = line + `,"hash":"` + prev + `"}`
		}
		f.write(file, lines)
	}
	head.Hash = hashOf(f.read(len(f.files) - 1)[head.Seq-seqOf(f.read(len(f.files) - 1)[0])])
	return head
}

func hashOf(line string) string {
	var r blackbox.Record
	_ = json.Unmarshal([]byte(line), &r)
	return r.Text("hash")
}

func seqOf(line string) uint64 {
	var r struct{ Seq uint64 }
	_ = json.Unmarshal([]byte(line), &r)
	return r.Seq
}

// tampering is one thing that is done to a trail. words must all be in what verify says; with none of them the trail is sound.
type tampering struct {
	name  string
	do    func(f forger)
	words []string
	args  []string
}

func change(lines []string) []string {
	lines[3] = strings.Replace(lines[3], "198.51.100.9", "198.51.100.8", 1)
	return lines
}

func linesOf(file int, with func([]string) []string) func(forger) {
	return func(f forger) { f.edit((file+len(f.files))%len(f.files), with) }
}

func tamperings(pub, anchor string) []tampering {
	const live, ended = -1, 0
	drop := func(lines []string) []string { return append(lines[:2], lines[3:]...) }
	swap := func(lines []string) []string { lines[2], lines[3] = lines[3], lines[2]; return lines }
	insert := func(lines []string) []string { return append(lines[:3], lines[2:]...) }
	cut := func(lines []string) []string { return lines[:2] }
	return []tampering{
		{"nothing", func(forger) {}, nil, nil},
		{"nothing, key from elsewhere", func(forger) {}, nil, []string{"--key", pub}},
		{"nothing, anchored", func(forger) {}, nil, []string{"--anchor", anchor}},
		{"compressed again", linesOf(ended, func(lines []string) []string { return lines }), nil, nil},
		{"changed in the live file", linesOf(live, func(l []string) []string { l[1] = strings.Replace(l[1], "svc-", "svd-", 1); return l }), []string{"audit.jsonl: line 2: changed: the hash of record "}, nil},
		{"changed in a segment", linesOf(ended, change), []string{"audit.jsonl.000000000001-", ".gz: line 4: changed: the hash of record 4 is not that of its bytes"}, nil},
		{"line removed from a segment", linesOf(ended, drop), []string{"record 3 is missing"}, nil},
		{"line removed from the live file", linesOf(live, drop), []string{"audit.jsonl: line 3: removed before it, or put in: record ", "is missing"}, nil},
		{"lines swapped in a segment", linesOf(ended, swap), []string{"moved or put in: record 3 stands behind record 4"}, nil},
		{"line put in twice", linesOf(ended, insert), []string{"record 3 stands "}, nil},
		{"line put in the live file", linesOf(live, insert), []string{"audit.jsonl: line 4: ", "stands "}, nil},
		{"cut at the end", linesOf(live, cut), []string{"cut off: records "}, nil},
		{"cut at the end, and the head removed", func(f forger) { linesOf(live, cut)(f); f.remove("audit.head") }, []string{"missing: record ", "of the anchor"}, []string{"--anchor", anchor}},
		{"first segment removed", func(f forger) { f.remove(filepath.Base(f.files[0].Path)) }, []string{"records 1 to ", " are missing"}, nil},
		{"second segment removed", func(f forger) { f.remove(filepath.Base(f.files[1].Path)) }, []string{" are missing"}, nil},
		{"live file removed", func(f forger) { f.remove("audit.jsonl") }, []string{"cut off: "}, nil},
		{"segment cut short", linesOf(ended, func(l []string) []string { return l[:len(l)-2] }), []string{" are missing"}, nil},
		{"segments exchanged", func(f forger) { a, b := f.read(0), f.read(1); f.write(0, b); f.write(1, a) }, []string{"record"}, nil},
		{"head of another", func(f forger) { f.head(func(h *checkpoint.Head) { h.CoversHash = strings.Repeat("0", 64) }) }, []string{"forged: audit.head is not signed by the key"}, nil},
		{"written anew without the key", func(f forger) { f.rechain(func(uint64, string) string { return "" }, "x"); f.remove("audit.head") }, []string{"forged, or of another node"}, nil},
		{"written anew with the key's name", func(f forger) { f.rename(pub) }, []string{"forged: the signature of checkpoint ", "is not that of the key"}, nil},
		{"written anew with another key", forger.replace, []string{"forged, or of another node"}, []string{"--key", pub}},
		{"written anew with another key, anchored", forger.replace, []string{"replaced: record ", "does not have the hash of the anchor"}, []string{"--anchor", anchor}},
	}
}

// head changes audit.head.
func (f forger) head(with func(*checkpoint.Head)) {
	f.t.Helper()
	h, err := checkpoint.ReadHead(f.dir)
	if err != nil {
		f.t.Fatal(err)
	}
	with(&h)
	if err := checkpoint.WriteHead(f.dir, h); err != nil {
		f.t.Fatal(err)
	}
}

// rename writes the trail anew under the key's name, which the forger has not.
func (f forger) rename(pub string) {
	f.t.Helper()
	key, err := checkpoint.ReadPublic(pub)
	if err != nil {
		f.t.Fatal(err)
	}
	other, err := checkpoint.OpenOrMake(f.t.TempDir())
	if err != nil {
		f.t.Fatal(err)
	}
	f.rechain(other.Sign, key.Fingerprint())
	f.remove("audit.head")
}

// replace writes trail, key and head anew, so that they fit each other.
func (f forger) replace() {
	f.t.Helper()
	for _, name := range []string{"audit.key", "audit.pub"} {
		f.remove(name)
	}
	key, err := checkpoint.OpenOrMake(f.dir)
	if err != nil {
		f.t.Fatal(err)
	}
	head := f.rechain(key.Sign, key.Public().Fingerprint())
	f.head(func(h *checkpoint.Head) { *h = head })
	if out, code := blackbox.Run(f.t, "audit", "verify", f.live()); code != 0 || !strings.Contains(out, "the key lies beside the trail") {
		f.t.Errorf("this forgery is not whole: exit %d: %s", code, out)
	}
}

// TestTampering: what somebody does to the files of a real server's trail is named by `audit verify`, and nothing else is.
func TestTampering(t *testing.T) {
	t.Parallel()
	site := segmented(t)
	site.Start(t)
	filling(t, site, "tamper", 3)
	for range 5 {
		accepted(t, site.NAS(t).Login(t, blackbox.Login{User: "svc-last", Password: password, CallingStation: "198.51.100.9"}))
	}
	awaitZipped(t, site, 2)
	stopped(t, site)
	pub := filepath.Join(t.TempDir(), "kept.pub")
	key, err := os.ReadFile(filepath.Join(site.State(), "audit.pub"))
	if err == nil {
		err = os.WriteFile(pub, key, 0o600) //nolint:gosec // the test's own file
	}
	if err != nil {
		t.Fatal(err)
	}
	said := site.Server.Lines("audit checkpoint") // a log that was shipped
	last := said[len(said)-1]
	for _, c := range tamperings(pub, fmt.Sprintf("%.0f:%s", last["seq"], last.Text("hash"))) {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "copy")
			if err := os.CopyFS(dir, os.DirFS(site.State())); err != nil {
				t.Fatal(err)
			}
			f := newForger(t, dir)
			c.do(f)
			out, code := blackbox.Run(t, append([]string{"audit", "verify", f.live()}, c.args...)...)
			if want := min(1, len(c.words)); code != want || strings.Contains(out, ": sound, ") != (want == 0) {
				t.Errorf("exit %d, want %d: %s", code, want, out)
			}
			for _, word := range c.words {
				if !strings.Contains(out, word) {
					t.Errorf("no %q in %s", word, out)
				}
			}
		})
	}
}

// awaitZipped waits until so many segments are compressed.
func awaitZipped(t *testing.T, site *blackbox.Site, n int) {
	t.Helper()
	awaitFiles(t, site.Trail()+".*.gz", func(found []string) bool { return len(found) >= n })
}
