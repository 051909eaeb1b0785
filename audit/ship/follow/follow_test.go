package follow

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ivalt-radius/audit"
	"ivalt-radius/audit/audittest"
	"ivalt-radius/audit/chain"
	"ivalt-radius/audit/segment"
)

func newBook(t *testing.T) *audittest.Book {
	t.Helper()
	return audittest.NewBook(t, filepath.Join(t.TempDir(), "audit.jsonl"))
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
	f := New(b.Live, "", 0)
	defer f.Close()
	expect(t, "no trail yet", read(t, f, 0), "")
	expect(t, "nothing there", read(t, f, 3), "")
	expect(t, "first", read(t, f, b.Write(3)), "1-3")
	expect(t, "more", read(t, f, b.Write(2)), "4-5")
	b.Write(2)
	first := b.Rotate()
	expect(t, "over a rotation", read(t, f, b.Write(2)), "6-9")
	b.Compress(first)
	second := b.Rotate()
	b.Write(4)
	b.Compress(second)
	b.Compress(b.Rotate())
	b.Write(1)
	expect(t, "behind compressed segments", read(t, f, 14), "10-14")
	for after := range uint64(15) {
		g := New(b.Live, "", after)
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
	f := New(b.Live, "", 0)
	defer f.Close()
	durable := b.Write(3)
	back := b.Mark()
	b.Append(b.Lines(5)) // not durable
	expect(t, "durable alone", read(t, f, durable), "1-3")
	back()
	line := b.Line(audit.System{Event: "another_one", Detail: "in its place"})
	b.Append(line)
	got, err := f.Next(4)
	if err != nil || string(got)+"\n" != string(line) {
		t.Errorf("%v: %s", err, got)
	}
	b.Append([]byte(`{"time":"2026-11-23T09:00:00Z","seq":5,"type":"system_event","event":"torn`))
	expect(t, "torn", read(t, f, 5), "")
}

func TestGapsOfSegments(t *testing.T) {
	t.Run("removed segments", func(t *testing.T) {
		b := newBook(t)
		b.Write(4)
		gone := b.Rotate()
		b.Write(2)
		b.Must(os.Remove(gone))
		f := New(b.Live, "", 2)
		defer f.Close()
		expect(t, "gap", read(t, f, 6), "5-6 missing 2 of 3-4")
	})
	t.Run("archived segments", func(t *testing.T) {
		b := newBook(t)
		b.Write(4)
		old := b.Compress(b.Rotate())
		b.Write(2)
		archive := t.TempDir()
		b.Must(os.Rename(old, filepath.Join(archive, filepath.Base(old))))
		f := New(b.Live, archive, 2)
		defer f.Close()
		expect(t, "archive", read(t, f, 6), "3-6")
	})
	t.Run("a broken segment", func(t *testing.T) {
		b := newBook(t)
		b.Write(4)
		b.Must(os.WriteFile(b.Compress(b.Rotate()), []byte("no gzip at all"), 0o600))
		b.Write(100)
		cut := b.Compress(b.Rotate())
		content, err := os.ReadFile(cut)
		b.Must(err)
		b.Must(os.Truncate(cut, int64(len(content)/2)))
		b.Write(2)
		f := New(b.Live, "", 0)
		defer f.Close()
		got := read(t, f, 106)
		if !strings.HasSuffix(strings.Split(got, " missing ")[0], " 105-106") && !strings.HasPrefix(got, "105-106") || !strings.Contains(got, "of 1-104") {
			t.Error(got)
		}
	})
}

func TestGapsOfLines(t *testing.T) {
	t.Run("lines that are none", func(t *testing.T) {
		b := newBook(t)
		b.Write(2)
		b.Append([]byte("\nnonsense\n{\"time\":\"x\n" + strings.Repeat("x", 3*chain.MaxLine) + "\n"))
		b.Lines(1)
		b.Append(bytes.Repeat([]byte(`{"time":"2026-11-23T09:00:00Z","seq":1,"type":"x"}`+"\n"), 2))
		f := New(b.Live, "", 0)
		defer f.Close()
		expect(t, "tampered", read(t, f, b.Write(2)), "1-2 4-5 missing 1 of 3-3")
	})
	t.Run("a segment with fewer lines than its name says", func(t *testing.T) {
		b := newBook(t)
		b.Write(2)
		b.Must(os.Rename(b.Rotate(), segment.Name(b.Live, 1, 4)))
		b.Lines(2)
		f := New(b.Live, "", 0)
		defer f.Close()
		expect(t, "short", read(t, f, b.Write(1)), "1-2 5-5 missing 2 of 3-4")
	})
	t.Run("a file in the trail's place", func(t *testing.T) {
		b := newBook(t)
		f := New(b.Live, "", 0)
		defer f.Close()
		expect(t, "first", read(t, f, b.Write(3)), "1-3")
		b.Must(os.Remove(b.Live)) // trail_replaced
		expect(t, "replaced", read(t, f, b.Write(2)), "4-5")
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
	b.Write(9)
	first := b.Rotate()
	b.Write(90)
	b.Rotate()
	b.Compress(first)
	durable := b.Write(1)
	info, err := os.Stat(b.Live)
	b.Must(err)
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
			f := New(b.Live, "", c.after)
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
		text := b.Lines(n)
		sum += len(text)
		b.Append(text)
		switch i {
		case 0:
			b.Compress(b.Rotate())
		case 1:
			b.Rotate()
		}
	}
	f := New(b.Live, "", 0)
	defer f.Close()
	for {
		behind, err := f.Behind(34)
		if err != nil || behind != int64(sum) {
			t.Fatalf("behind record %d: %d octets, want %d (%v)", f.Last(), behind, sum, err)
		}
		line, err := f.Next(34)
		b.Must(err)
		if line == nil {
			break
		}
		sum -= len(line) + 1
	}
	if sum != 0 {
		t.Error(sum)
	}
}
