package follow

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ivalt-radius/audit/chain"
	"ivalt-radius/audit/segment"
)

// book is a trail that a test writes and rotates.
type book struct {
	t    *testing.T
	live string
	next uint64
	from uint64 // the first record of the live file
	prev chain.Digest
}

func newBook(t *testing.T) *book {
	t.Helper()
	return &book{t: t, live: filepath.Join(t.TempDir(), "audit.jsonl"), next: 1, from: 1, prev: chain.Genesis()}
}

func (b *book) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// lines renders records that follow, and does not write them.
func (b *book) lines(n int) []byte {
	var out []byte
	for range n {
		out, b.prev = chain.AppendLine(out, time.Unix(int64(b.next), 0), b.next, chain.SystemEvent, []byte(`"event":"x"`), b.prev)
		b.next++
	}
	return out
}

func (b *book) append(text []byte) {
	b.t.Helper()
	f, err := os.OpenFile(b.live, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	b.must(err)
	_, err = f.Write(text)
	b.must(errors.Join(err, f.Close()))
}

// write appends records, and returns the last one's number.
func (b *book) write(n int) uint64 {
	b.t.Helper()
	b.append(b.lines(n))
	return b.next - 1
}

// rotate ends the live file as a segment, and begins another.
func (b *book) rotate() string {
	b.t.Helper()
	name := segment.Name(b.live, b.from, b.next-1)
	b.must(os.Rename(b.live, name))
	b.from = b.next
	b.append(nil)
	return name
}

// compress is what happens to a segment a moment later.
func (b *book) compress(name string) string {
	b.t.Helper()
	content, err := os.ReadFile(name)
	b.must(err)
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	_, err = z.Write(content)
	b.must(errors.Join(err, z.Close(), os.WriteFile(name+".gz", out.Bytes(), 0o600), os.Remove(name)))
	return name + ".gz"
}

// read gives the numbers of all lines that come, in ranges.
func read(t *testing.T, f *Follower, durable uint64) string {
	t.Helper()
	var out []string
	var from, last uint64
	end := func() {
		if last > 0 {
			out = append(out, fmt.Sprintf("%d-%d", from, last))
		}
	}
	for {
		line, err := f.Next(durable)
		if err != nil {
			t.Fatal(err)
		}
		if line == nil {
			break
		}
		seq, ok := seqOf(line)
		if !ok || seq != f.Last() || line[len(line)-1] != '}' {
			t.Fatalf("record %d: %q", f.Last(), line)
		}
		if seq != last+1 || last == 0 {
			end()
			from = seq
		}
		last = seq
	}
	end()
	if g := f.Gap(); g.Records > 0 {
		out = append(out, fmt.Sprintf("missing %d of %d-%d", g.Records, g.First, g.Last))
	}
	return strings.Join(out, " ")
}

func expect(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %q, want %q", what, got, want)
	}
}

func TestFollowsOverRotationsAndCompression(t *testing.T) {
	b := newBook(t)
	f := New(b.live, "", 0)
	defer f.Close()
	expect(t, "no trail yet", read(t, f, 0), "")
	expect(t, "nothing there", read(t, f, 3), "")
	expect(t, "first", read(t, f, b.write(3)), "1-3")
	expect(t, "more", read(t, f, b.write(2)), "4-5")
	b.write(2)
	first := b.rotate()
	expect(t, "over a rotation", read(t, f, b.write(2)), "6-9")
	b.compress(first)
	second := b.rotate()
	b.write(4)
	b.compress(second)
	b.compress(b.rotate())
	b.write(1)
	expect(t, "behind compressed segments", read(t, f, 14), "10-14")
	for after := range uint64(15) {
		g := New(b.live, "", after)
		want := ""
		if after < 14 {
			want = fmt.Sprintf("%d-14", after+1)
		}
		expect(t, fmt.Sprintf("from %d", after), read(t, g, 14), want)
		g.Close()
	}
	f.Seek(8)
	expect(t, "back", read(t, f, 12), "9-12")
}

// TestGivesNothingThatIsNotDurable: lines behind the durable one may be taken back, and others written in their place.
func TestGivesNothingThatIsNotDurable(t *testing.T) {
	b := newBook(t)
	f := New(b.live, "", 0)
	defer f.Close()
	durable := b.write(3)
	size, err := os.Stat(b.live)
	b.must(err)
	at, prev := b.next, b.prev
	b.write(5) // not durable
	expect(t, "durable alone", read(t, f, durable), "1-3")
	b.must(os.Truncate(b.live, size.Size()))
	b.next, b.prev = at, prev
	line, _ := chain.AppendLine(nil, time.Unix(1, 0), b.next, chain.SystemEvent, []byte(`"event":"in its place, and longer"`), b.prev)
	b.append(line)
	got, err := f.Next(4)
	if err != nil || string(got)+"\n" != string(line) {
		t.Errorf("%v: %s", err, got)
	}
	b.append([]byte(`{"time":"2026-11-23T09:00:00Z","seq":5,"type":"system_event","event":"torn`))
	expect(t, "torn", read(t, f, 5), "")
}

func TestGaps(t *testing.T) {
	t.Run("removed segments", func(t *testing.T) {
		b := newBook(t)
		b.write(4)
		gone := b.rotate()
		b.write(2)
		b.must(os.Remove(gone))
		f := New(b.live, "", 2)
		defer f.Close()
		expect(t, "gap", read(t, f, 6), "5-6 missing 2 of 3-4")
	})
	t.Run("archived segments", func(t *testing.T) {
		b := newBook(t)
		b.write(4)
		old := b.compress(b.rotate())
		b.write(2)
		archive := t.TempDir()
		b.must(os.Rename(old, filepath.Join(archive, filepath.Base(old))))
		f := New(b.live, archive, 2)
		defer f.Close()
		expect(t, "archive", read(t, f, 6), "3-6")
	})
	t.Run("a broken segment", func(t *testing.T) {
		b := newBook(t)
		b.write(4)
		b.must(os.WriteFile(b.compress(b.rotate()), []byte("no gzip at all"), 0o600))
		b.write(100)
		cut := b.compress(b.rotate())
		content, err := os.ReadFile(cut)
		b.must(err)
		b.must(os.WriteFile(cut, content[:len(content)/2], 0o600))
		b.write(2)
		f := New(b.live, "", 0)
		defer f.Close()
		got := read(t, f, 106)
		if !strings.HasSuffix(strings.Split(got, " missing ")[0], " 105-106") && !strings.HasPrefix(got, "105-106") || !strings.Contains(got, "of 1-104") {
			t.Error(got)
		}
	})
	t.Run("lines that are none", func(t *testing.T) {
		b := newBook(t)
		b.write(2)
		b.append([]byte("\nnonsense\n{\"time\":\"x\n" + strings.Repeat("x", 3*chain.MaxLine) + "\n"))
		b.lines(1)
		b.append(bytes.Repeat([]byte(`{"time":"2026-11-23T09:00:00Z","seq":1,"type":"x"}`+"\n"), 2))
		f := New(b.live, "", 0)
		defer f.Close()
		expect(t, "tampered", read(t, f, b.write(2)), "1-2 4-5 missing 1 of 3-3")
	})
	t.Run("a segment with fewer lines than its name says", func(t *testing.T) {
		b := newBook(t)
		b.write(2)
		b.must(os.Rename(b.rotate(), segment.Name(b.live, 1, 4)))
		b.lines(2)
		f := New(b.live, "", 0)
		defer f.Close()
		expect(t, "short", read(t, f, b.write(1)), "1-2 5-5 missing 2 of 3-4")
	})
	t.Run("a file in the trail's place", func(t *testing.T) {
		b := newBook(t)
		f := New(b.live, "", 0)
		defer f.Close()
		expect(t, "first", read(t, f, b.write(3)), "1-3")
		b.must(os.Remove(b.live)) // trail_replaced
		expect(t, "replaced", read(t, f, b.write(2)), "4-5")
	})
}

func TestErrorsOfTheTrail(t *testing.T) {
	dir := t.TempDir()
	f := New(filepath.Join(dir, "audit.jsonl"), "", 0)
	if err := os.Mkdir(filepath.Join(dir, "audit.jsonl"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Next(1); err == nil {
		t.Error("a directory is read")
	}
	if _, err := New(filepath.Join(dir, "none", "audit.jsonl"), "", 0).Next(1); err == nil {
		t.Error("no directory is read")
	}
	if _, err := New(filepath.Join(dir, "none", "audit.jsonl"), "", 0).Behind(1); err == nil {
		t.Error("no directory is measured")
	}
	if _, err := New(filepath.Join(dir, "none", "audit.jsonl"), "", 0).Skip(1, 1); err == nil {
		t.Error("no directory is skipped")
	}
}

// TestSkip passes over whole segments, and then line by line, until the spool is kept.
func TestSkip(t *testing.T) {
	b := newBook(t)
	b.write(9)
	first := b.rotate()
	b.write(90)
	b.rotate()
	b.compress(first)
	durable := b.write(1)
	info, err := os.Stat(b.live)
	b.must(err)
	line := info.Size() // of three digits
	for name, c := range map[string]struct {
		after uint64
		spool int64
		want  string // what is left
		gap   string
	}{
		"all fits":           {0, 1 << 30, "1-100", ""},
		"nothing to do":      {100, 1, "", ""},
		"the first segment":  {0, 91*line - 90, "10-100", " missing 9 of 1-9"},
		"within the second":  {0, 11*line - 10, "90-100", " missing 89 of 1-89"},
		"from its middle":    {50, 11*line - 10, "90-100", " missing 39 of 51-89"},
		"the last alone":     {3, line, "100-100", " missing 96 of 4-99"},
		"everything":         {3, 1, "", "missing 97 of 4-100"},
		"within compressed":  {3, 95*line - 98, "6-100", " missing 2 of 4-5"},
		"a bit less":         {3, 95*line - 99, "7-100", " missing 3 of 4-6"},
		"one octet too many": {98, 2*line - 2, "100-100", " missing 1 of 99-99"},
	} {
		t.Run(name, func(t *testing.T) {
			f := New(b.live, "", c.after)
			defer f.Close()
			behind, err := f.Skip(c.spool, durable)
			if err != nil || behind > c.spool {
				t.Errorf("%d octets behind, %v", behind, err)
			}
			gap := f.Gap()
			left := read(t, f, durable)
			f.gap = gap
			expect(t, "left", left+map[bool]string{true: " "}[left != "" && gap.Records > 0]+read(t, f, durable), c.want+c.gap)
		})
	}
}

func TestBehindIsExact(t *testing.T) {
	b := newBook(t)
	sum := 0
	for i, n := range []int{9, 20, 5} {
		text := b.lines(n)
		sum += len(text)
		b.append(text)
		switch i {
		case 0:
			b.compress(b.rotate())
		case 1:
			b.rotate()
		}
	}
	f := New(b.live, "", 0)
	defer f.Close()
	for {
		behind, err := f.Behind(34)
		if err != nil || behind != int64(sum) {
			t.Fatalf("behind record %d: %d octets, want %d (%v)", f.Last(), behind, sum, err)
		}
		line, err := f.Next(34)
		b.must(err)
		if line == nil {
			break
		}
		sum -= len(line) + 1
	}
	if sum != 0 {
		t.Error(sum)
	}
}
