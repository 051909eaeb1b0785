package verify

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ivalt-radius/audit"
	"ivalt-radius/audit/chain"
	"ivalt-radius/audit/checkpoint"
	"ivalt-radius/audit/segment"
)

// builder makes a trail as a server does: real lines, signatures and files.
type builder struct {
	t      testing.TB
	dir    string
	key    checkpoint.Key
	first  uint64 // of the file that is being written
	seq    uint64
	prev   chain.Digest
	lines  []string // of that file
	hashes map[uint64]string

	head checkpoint.Head
}

const liveName, archiveName = "audit.jsonl", "archive"

func newBuilder(tb testing.TB) *builder {
	tb.Helper()
	b := &builder{t: tb, dir: tb.TempDir(), prev: chain.Genesis(), first: 1, hashes: map[uint64]string{}}
	key, err := checkpoint.OpenOrMake(b.dir)
	if err != nil {
		tb.Fatal(err)
	}
	b.key = key
	if err := os.Mkdir(filepath.Join(b.dir, archiveName), 0o700); err != nil {
		tb.Fatal(err)
	}
	return b
}

func epoch() time.Time { return time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC) }

// add writes a record.
func (b *builder) add(events ...audit.Event) *builder {
	for _, e := range events {
		b.seq++
		line, hash := chain.AppendLine(nil, epoch().Add(time.Duration(b.seq)*time.Second), b.seq, e.EventType(), e.AppendFields(nil), b.prev) //nolint:gosec // a few
		b.lines, b.prev, b.hashes[b.seq] = append(b.lines, string(line)), hash, string(hash[:])
	}
	return b
}

// logins writes one login for each user.
func (b *builder) logins(users ...string) *builder {
	for _, u := range users {
		b.add(audit.Attempt{User: u, CallingStation: "203.0.113.7", Verdict: "accept", Reason: "approved", Mobile: "**67"})
	}
	return b
}

// sign writes a checkpoint and keeps the head.
func (b *builder) sign() *builder { return b.signWith(b.key) }

func (b *builder) signWith(k checkpoint.Key) *builder {
	c := audit.Checkpoint{Key: k.Public().Fingerprint(), Covers: b.seq, Hash: string(b.prev[:]), Signature: k.Sign(b.seq, string(b.prev[:]))}
	b.add(c)
	b.head = checkpoint.Head{Seq: b.seq, Hash: string(b.prev[:]), Covers: c.Covers, CoversHash: c.Hash, Key: c.Key, Signature: c.Signature, Time: epoch()}
	return b
}

func (b *builder) live() string    { return filepath.Join(b.dir, liveName) }
func (b *builder) archive() string { return filepath.Join(b.dir, archiveName) }

// rotate ends the segment with a checkpoint, and begins the next; it returns the name of the ended one.
func (b *builder) rotate() string {
	b.t.Helper()
	b.sign()
	path := segment.Name(b.live(), b.first, b.seq)
	b.write(path, strings.Join(b.lines, ""))
	b.lines = nil
	b.add(audit.Segment{Event: audit.SegmentStarted, File: filepath.Base(path), First: b.first, Last: b.seq, Hash: string(b.prev[:])})
	b.first = b.seq
	return path
}

// close writes the live file.
func (b *builder) close() { b.write(b.live(), strings.Join(b.lines, "")) }

func (b *builder) write(path, content string) {
	b.t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		b.t.Fatal(err)
	}
}

func (b *builder) read(path string) string {
	b.t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		b.t.Fatal(err)
	}
	return string(content)
}

// zip compresses a file in its place, and returns the new name.
func (b *builder) zip(path string) string {
	b.t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, err := w.Write([]byte(b.read(path)))
	if err != nil || w.Close() != nil {
		b.t.Fatal(err)
	}
	b.write(path+".gz", out.String())
	b.remove(path)
	return path + ".gz"
}

func (b *builder) remove(paths ...string) {
	b.t.Helper()
	for _, path := range paths {
		if err := os.Remove(path); err != nil {
			b.t.Fatal(err)
		}
	}
}

func (b *builder) rename(from, to string) {
	b.t.Helper()
	if err := os.Rename(from, to); err != nil {
		b.t.Fatal(err)
	}
}

func (b *builder) options() Options {
	head := b.head
	return Options{Live: b.live(), Archive: b.archive(), Key: b.key.Public(), Trusted: true, Head: &head}
}

// verify verifies with what a server's settings have at hand, changed by with.
func (b *builder) verify(with ...func(*Options)) Report {
	b.t.Helper()
	o := b.options()
	for _, change := range with {
		change(&o)
	}
	r, err := Trail(b.t.Context(), o)
	if err != nil {
		b.t.Fatal(err)
	}
	return r
}

// text is what a report says, a line each, with base names.
func text(r Report) string {
	var out strings.Builder
	for _, f := range r.Findings {
		fmt.Fprintf(&out, "%s: %s\n", strings.TrimPrefix(filepath.Base(f.File), liveName), f)
	}
	for _, n := range r.Notes {
		fmt.Fprintf(&out, "note: %s\n", n)
	}
	return out.String()
}

// world is a trail of four files: 1 to 6 in the archive, 7 to 12 compressed, 13 to 18 as it was written, and the live one to 22.
type world struct {
	*builder

	old, zipped, plain string
	other              string // a stranger's key
}

func newWorld(tb testing.TB) *world {
	tb.Helper()
	b := newBuilder(tb)
	w := &world{builder: b}
	b.add(audit.System{Event: "started"}).logins("alice", "bob", "carol", "dave") // 1 to 5
	w.old = filepath.Join(b.archive(), filepath.Base(b.rotate()))
	b.rename(segment.Name(b.live(), 1, 6), w.old)
	w.old = b.zip(w.old)
	b.logins("alice", "bob").sign().logins("carol") // 8 to 11
	w.zipped = b.zip(b.rotate())
	b.logins("alice", "bob", "carol", "dave") // 14 to 17
	w.plain = b.rotate()
	b.logins("alice", "bob").sign() // 20 to 22
	b.close()
	return w
}
