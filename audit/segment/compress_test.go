package segment

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ivalt-radius/audit/chain"
)

// ofRecords is the lines of records first to last.
func ofRecords(first, last uint64) string {
	var out []byte
	prev := chain.Genesis()
	for seq := first; seq <= last; seq++ {
		out, prev = chain.AppendLine(out, time.Unix(0, 0), seq, chain.SystemEvent, []byte(`"event":"x"`), prev)
	}
	return string(out)
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

func TestCompress(t *testing.T) {
	const name = "audit.jsonl.000000000001-000000000009"
	content := ofRecords(1, 9)
	for state, leave := range map[string]func(path string){
		"plain":                             func(string) {},
		"torn before":                       func(path string) { write(t, path+".gz.new", "torn") },
		"done before but for the last step": func(path string) { write(t, path+".gz", "whatever it is") },
	} {
		t.Run(state, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, name)
			write(t, path, content)
			leave(path)
			listed := File{Path: path, First: 1, Last: 9}
			if err := Compress(t.Context(), path); err != nil {
				t.Fatal(err)
			}
			if got := names(t, dir); !slices.Equal(got, []string{name + ".gz"}) {
				t.Errorf("there is %v", got)
			}
			if info, err := os.Stat(path + ".gz"); err != nil || info.Mode() != 0o600 || info.Size() > int64(len(content))/2 {
				t.Errorf("%v %v", err, info)
			}
			in, err := listed.Open() // by whoever listed it before
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(in)
			if err = errors.Join(err, in.Close()); err != nil || string(got) != content {
				t.Errorf("%v: %q", err, got)
			}
		})
	}
}

// TestCompressThatFails leaves the plain segment and nothing else.
func TestCompressThatFails(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "s")
	write(t, path, "content")
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Compress(ended, path); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if got := names(t, dir); !slices.Equal(got, []string{"s"}) {
		t.Errorf("there is %v", got)
	}
	if err := Compress(t.Context(), path+".none"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v", err)
	}
	if err := os.MkdirAll(path+".gz.new/x", 0o700); err != nil {
		t.Fatal(err)
	}
	if err := Compress(t.Context(), path); err == nil {
		t.Error("no error")
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "content" {
		t.Errorf("%v %q", err, text)
	}
}

func TestEdges(t *testing.T) {
	long := strings.Repeat("x", 3*chain.MaxLine) + "\n"
	for name, c := range map[string]struct {
		content      string
		first, began uint64 // 0: an error
		last         uint64 // 0: an error
	}{
		"sound":                 {ofRecords(3, 9), 3, 3, 9},
		"one":                   {ofRecords(3, 3), 3, 3, 3},
		"a torn end":            {ofRecords(3, 9) + `{"time":"`, 3, 3, 9},
		"a spoilt first":        {"spoilt\n" + ofRecords(4, 9), 4, 3, 9},
		"a long first":          {long + ofRecords(4, 9), 4, 3, 9},
		"many before the first": {strings.Repeat("\n", 5) + ofRecords(2, 9), 2, 1, 9},
		"a spoilt last":         {ofRecords(3, 9) + "spoilt\n", 3, 3, 0},
		"a long last":           {ofRecords(3, 9) + long, 3, 3, 0},
		"empty":                 {"", 0, 0, 0},
		"torn alone":            {`{"time":"`, 0, 0, 0},
		"long and torn":         {long[:len(long)-1], 0, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "s")
			write(t, path, c.content)
			var z bytes.Buffer
			w := gzip.NewWriter(&z)
			_, _ = io.WriteString(w, c.content)
			_ = w.Close()
			write(t, path+".gz", z.String())
			for _, f := range []File{{Path: path}, {Path: path + ".gz", Compressed: true}} {
				first, err := f.FirstRecord()
				if (err == nil) != (c.first > 0) || err == nil && (first.Seq != c.first || first.Began() != c.began || !bytes.Contains([]byte(c.content), first.Line)) {
					t.Errorf("first %+v, %v", first, err)
				}
				last, err := f.LastRecord()
				if (err == nil) != (c.last > 0) || err == nil && last.Seq != c.last {
					t.Errorf("last %+v, %v", last, err)
				}
			}
		})
	}
	none := File{Path: filepath.Join(t.TempDir(), "none"), First: 1}
	if _, err := none.FirstRecord(); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v", err)
	}
	if _, err := none.LastRecord(); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v", err)
	}
	torn := filepath.Join(t.TempDir(), "torn.gz")
	write(t, torn, "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff")
	for _, read := range []func() (Edge, error){
		File{Path: torn, First: 1, Compressed: true}.FirstRecord, File{Path: torn, First: 1, Compressed: true}.LastRecord,
	} {
		if _, err := read(); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("a torn gzip: %v", err)
		}
	}
}

// TestTwins: in the middle of a rotation the live file has two names, and is listed under one.
func TestTwins(t *testing.T) {
	dir := t.TempDir()
	live := filepath.Join(dir, "audit.jsonl")
	if twins, err := Twins(live); err != nil || len(twins) > 0 {
		t.Errorf("%v %v", twins, err)
	}
	write(t, live, "live")
	write(t, Name(live, 1, 2), "live")
	twin := Name(live, 3, 4)
	if err := os.Link(live, twin); err != nil {
		t.Fatal(err)
	}
	if twins, err := Twins(live); err != nil || !slices.Equal(twins, []string{twin}) {
		t.Errorf("%v %v", twins, err)
	}
	if files, err := List(live, ""); err != nil || len(files) != 2 || files[0].Last != 2 || !files[1].Live() {
		t.Errorf("%v %v", files, err)
	}
	if _, err := Twins(filepath.Join(live, "below")); err == nil {
		t.Error("no error")
	}
}

func BenchmarkCompress(b *testing.B) {
	path := filepath.Join(b.TempDir(), "s")
	content := []byte(ofRecords(1, 1<<15))
	b.SetBytes(int64(len(content)))
	for b.Loop() {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			b.Fatal(err)
		}
		if err := Compress(b.Context(), path); err != nil {
			b.Fatal(err)
		}
	}
	info, err := os.Stat(path + ".gz")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(info.Size())/float64(len(content)), "ratio")
}
