package query_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ivalt-radius/audit"
	"ivalt-radius/audit/audittest"
	"ivalt-radius/audit/chain"
	"ivalt-radius/audit/query"
	"ivalt-radius/audit/segment"
)

// seqs reads a trail and gives the numbers of the records that the filter wants.
func seqs(t *testing.T, trail query.Trail, f query.Filter) (numbers []uint64, unreadable int) {
	t.Helper()
	unreadable, err := trail.Read(t.Context(), f, func(r *query.Record) error {
		numbers = append(numbers, r.Seq)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return numbers, unreadable
}

func write(t *testing.T, path string, lines ...[]byte) string {
	t.Helper()
	if err := os.WriteFile(path, append(bytes.Join(lines, []byte("\n")), '\n'), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func zip(t *testing.T, path string, lines ...[]byte) {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, err := w.Write(append(bytes.Join(lines, []byte("\n")), '\n'))
	if err := errors.Join(err, w.Close(), os.WriteFile(path, out.Bytes(), 0o600)); err != nil {
		t.Fatal(err)
	}
}

func login(user string) audit.Event {
	return audit.Attempt{User: user, Client: "office", Reason: "approved"}
}

// liveIn is the path of a trail.
func liveIn(dir string) string { return filepath.Join(dir, "audit.jsonl") }

func TestFilter(t *testing.T) {
	var lines [][]byte
	for i, e := range events() {
		lines = append(lines, lineOf(uint64(i)+1, e))
	}
	trail := query.Trail{Live: write(t, liveIn(t.TempDir()), lines...)}
	at := func(seq int) time.Time { return epoch().Add(time.Duration(seq) * time.Minute) }
	for text, c := range map[string]struct {
		filter query.Filter
		want   string
	}{
		"":                                      {query.Filter{}, "[1 2 3 4 5 6 7 8 9 10 11 12]"},
		`--user "bob"`:                          {query.Filter{User: "bob"}, "[4 9]"},
		`--user "BOB"`:                          {query.Filter{User: "BOB"}, "[]"},
		`--user "bo"`:                           {query.Filter{User: "bo"}, "[]"},
		`--client "office"`:                     {query.Filter{Client: "office"}, "[1 4 9]"},
		`--client "office" --reason "approved"`: {query.Filter{Reason: "approved", Client: "office"}, "[1]"},
		`--calling-station "198.51.100.7" --verdict "accept"`: {query.Filter{CallingStation: "198.51.100.7", Verdict: "accept"}, "[1]"},
		`--attempt "a-1"`: {query.Filter{Attempt: "a-1"}, "[1 4 6]"},
		`--type "api_request" --type "data_access"`:                     {query.Filter{Types: []string{"api_request", "data_access"}}, "[6 7]"},
		`--user "quo\"te\\\u202e日本\x00"`:                                {query.Filter{User: "quo\"te\\\u202e日本\x00"}, "[2]"},
		`--since "2026-11-26T09:03:00Z"`:                                {query.Filter{Since: at(3)}, "[3 4 5 6 7 8 9 10 11 12]"},
		`--until "2026-11-26T09:03:00Z"`:                                {query.Filter{Until: at(3)}, "[1 2]"},
		`--since "2026-11-26T09:03:00Z" --until "2026-11-26T09:04:00Z"`: {query.Filter{Since: at(3), Until: at(4)}, "[3]"},
		"--user \"\ufffd\"":                                             {query.Filter{User: "\ufffd"}, "[]"},
	} {
		if got, unreadable := seqs(t, trail, c.filter); fmt.Sprint(got) != c.want || unreadable != 0 {
			t.Errorf("%s: %v, want %s; %d unreadable", text, got, c.want, unreadable)
		}
		if got := c.filter.String(); got != text {
			t.Errorf("it is written %s, want %s", got, text)
		}
	}
}

// TestSieve: reading with a filter gives what reading all and asking the filter gives, also where a line is written otherwise than
// the trail writes it.
func TestSieve(t *testing.T) {
	const at = "2026-11-26T09:00:00Z"
	member := rapid.SampledFrom([]string{
		`"user":"bob"`, `"user":"\u0062ob"`, `"user":"eve"`, `"client":"bob"`, `"detail":"\",\"user\":\"bob\""`, `"reason":"approved"`, `"client":"office"`,
		`"lines":[{"type":"user_action"}]`, `"type":"user_action"`, `"time":"` + at + `"`, `"detail":"\"type\":\"user_action\""`, `"user":"` + "\xff" + `"`,
	})
	path := liveIn(t.TempDir())
	rapid.Check(t, func(rt *rapid.T) {
		var lines [][]byte
		for range rapid.IntRange(1, 5).Draw(rt, "lines") {
			begin := rapid.SampledFrom([]string{
				`"time":"` + at + `","seq":1,"type":"user_action"`, `"seq":1,"type":"user_action","time":"` + at + `"`, `"time":"2026-11-26T09:00:00.5Z","seq":1,"type":"data_access"`,
				`"time":"` + at + `","seq":1,"type":"user\u005faction"`,
			}).Draw(rt, "begin")
			lines = append(lines, []byte("{"+strings.Join(append([]string{begin}, rapid.SliceOfN(member, 0, 3).Draw(rt, "members")...), ",")+`,"prev":""}`))
		}
		f := query.Filter{
			User: rapid.SampledFrom([]string{"", "bob", "\ufffd", `bo"b`}).Draw(rt, "user"), Client: rapid.SampledFrom([]string{"", "office"}).Draw(rt, "client"),
			Types: rapid.SampledFrom([][]string{nil, {"user_action"}, {"data_access", "x"}}).Draw(rt, "types"),
		}
		if rapid.Bool().Draw(rt, "bounded") {
			f.Until = time.Date(2026, 11, 26, 9, 0, 0, 1, time.UTC)
		}
		write(t, path, lines...)
		var want, got []string
		for _, line := range lines {
			if r, err := query.Parse(line); err == nil && f.Wants(r) {
				want = append(want, string(line))
			}
		}
		_, err := (query.Trail{Live: path}).Read(t.Context(), f, func(r *query.Record) error {
			got = append(got, string(r.Line))
			return nil
		})
		if err != nil || !slices.Equal(got, want) {
			rt.Fatalf("%+v: %q, want %q; %v", f, got, want, err)
		}
	})
}

// TestReadOverSegments: compressed, archived, compressed since, in order.
func TestReadOverSegments(t *testing.T) {
	path, archive := liveIn(t.TempDir()), t.TempDir()
	var lines [][]byte
	for seq := range uint64(9) {
		lines = append(lines, lineOf(seq+1, login("alice")))
	}
	zip(t, segment.Name(filepath.Join(archive, "audit.jsonl"), 1, 2)+".gz", lines[:2]...)
	zip(t, segment.Name(path, 3, 4)+".gz", lines[2:4]...)
	write(t, segment.Name(path, 5, 7), lines[4:7]...)
	write(t, path, lines[7:]...)
	trail := query.Trail{Live: path, Archive: archive}
	if got, _ := seqs(t, trail, query.Filter{User: "alice"}); fmt.Sprint(got) != "[1 2 3 4 5 6 7 8 9]" {
		t.Error(got)
	}
	if got, _ := seqs(t, query.Trail{Live: segment.Name(path, 3, 4) + ".gz"}, query.Filter{}); fmt.Sprint(got) != "[3 4]" {
		t.Error("one compressed segment:", got)
	}
	for n, want := range map[int]string{1: "[9]", 3: "[7 8 9]", 6: "[4 5 6 7 8 9]", 100: "[1 2 3 4 5 6 7 8 9]"} {
		records, err := trail.Last(t.Context(), n, query.Filter{})
		var got []uint64
		for _, r := range records {
			got = append(got, r.Seq)
			if !bytes.Equal(r.Line, lines[r.Seq-1]) {
				t.Errorf("record %d has the line %s", r.Seq, r.Line)
			}
		}
		if err != nil || fmt.Sprint(got) != want {
			t.Errorf("the last %d are %v, want %s; %v", n, got, want, err)
		}
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if got, _ := seqs(t, trail, query.Filter{}); len(got) != 7 {
		t.Error("without a live file:", got)
	}
}

// TestLinesThatAreNone: a torn end, what no server wrote, and a line that is too long, the end of which looks like a record.
func TestLinesThatAreNone(t *testing.T) {
	one, two := lineOf(1, login("alice")), lineOf(2, login("alice"))
	long := append(bytes.Repeat([]byte("x"), chain.MaxLine), lineOf(7, login("alice"))...)
	for name, c := range map[string]struct {
		text       string
		want       string
		unreadable int
	}{
		"empty":     {"", "[]", 0},
		"torn":      {string(one) + "\n" + string(two), "[1]", 1},
		"noise":     {"\n\x00\xff\n{}\n" + string(one) + "\n", "[1]", 3},
		"long":      {string(long) + "\n" + string(two) + "\n", "[2]", 1},
		"long torn": {string(one) + "\n" + string(long), "[1]", 1},
		"longer":    {strings.Repeat(string(long), 3) + "\n" + string(two) + "\n", "[2]", 1},
		"like one":  {`{"time":"2026-11-26T09:00:00Z","seq":1,"type":"x","a"}` + "\n", "[]", 1},
	} {
		t.Run(name, func(t *testing.T) {
			path := liveIn(t.TempDir())
			if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			if got, unreadable := seqs(t, query.Trail{Live: path}, query.Filter{}); fmt.Sprint(got) != c.want || unreadable != c.unreadable {
				t.Errorf("%v, want %s; %d unreadable, want %d", got, c.want, unreadable, c.unreadable)
			}
		})
	}
}

func TestReadEnds(t *testing.T) {
	path := write(t, liveIn(t.TempDir()), lineOf(1, login("a")), lineOf(2, login("a")))
	trail, stop := query.Trail{Live: path}, errors.New("enough")
	if _, err := trail.Read(t.Context(), query.Filter{}, func(*query.Record) error { return stop }); !errors.Is(err, stop) {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := trail.Read(ctx, query.Filter{}, func(*query.Record) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, err := trail.Last(ctx, 1, query.Filter{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	for _, missing := range []query.Trail{{Live: path + ".none"}, {Live: path + ".none.gz"}, {Live: filepath.Join(path, "x")}, {Live: t.TempDir()}} {
		if _, err := missing.Read(t.Context(), query.Filter{}, func(*query.Record) error { return nil }); err == nil {
			t.Errorf("%v is read", missing)
		}
		if _, err := missing.Last(t.Context(), 1, query.Filter{}); err == nil {
			t.Errorf("the end of %v is read", missing)
		}
	}
	bad := write(t, segment.Name(path, 1, 1)+".gz", []byte("no gzip"))
	if _, err := trail.Read(t.Context(), query.Filter{}, func(*query.Record) error { return nil }); err == nil {
		t.Errorf("%s is read", bad)
	}
	if _, err := trail.Last(t.Context(), 9, query.Filter{}); err == nil {
		t.Errorf("%s is read", bad)
	}
}

func BenchmarkRead(b *testing.B) {
	const records = 100_000
	path := filepath.Join(b.TempDir(), "audit.jsonl")
	if err := (audittest.Trail{Records: records, From: epoch(), Every: time.Second, Seed: 1}).File(path); err != nil {
		b.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	for name, f := range map[string]query.Filter{
		"all": {}, "user": {User: "user7@corp.example"}, "type": {Types: []string{"authentication_attempt"}}, "since": {Since: epoch().Add(records * time.Second / 2)},
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(info.Size())
			for b.Loop() {
				if _, err := (query.Trail{Live: path}).Read(context.Background(), f, func(*query.Record) error { return nil }); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
