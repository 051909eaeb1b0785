package query_test

import (
	"bytes"
	"context"
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

// numbers are the numbers of records.
func numbers(records []*query.Record) (seqs []uint64) {
	for _, r := range records {
		seqs = append(seqs, r.Seq)
	}
	return seqs
}

// spread writes lines as a trail of four files: an archived and compressed one, a compressed, a plain and the live one.
func spread(t *testing.T, lines [][]byte) query.Trail {
	t.Helper()
	path, archive, quarter := liveIn(t.TempDir()), t.TempDir(), len(lines)/4
	part := func(n int) (first, last uint64, of [][]byte) {
		return uint64(n*quarter) + 1, uint64((n + 1) * quarter), lines[n*quarter : (n+1)*quarter] //nolint:gosec // a test's numbers are small
	}
	first, end, of := part(0)
	zip(t, segment.Name(filepath.Join(archive, "audit.jsonl"), first, end)+".gz", of...)
	first, end, of = part(1)
	zip(t, segment.Name(path, first, end)+".gz", of...)
	first, end, of = part(2)
	write(t, segment.Name(path, first, end), of...)
	write(t, path, lines[3*quarter:]...)
	return query.Trail{Live: path, Archive: archive}
}

// TestNewest: what a search finds is what reading all finds, from the end.
func TestNewest(t *testing.T) {
	var lines [][]byte
	for seq := range uint64(80) {
		who := []string{"alice", "bob"}[seq%2]
		lines = append(lines, lineOf(seq+1, audit.Attempt{User: who, Attempt: fmt.Sprint("a", seq/4), Verdict: "accept", CallingStation: "192.0.2.1", Detail: strings.Repeat("x", int(seq*797))}))
	}
	trail := spread(t, lines)
	at := func(n int) time.Time { return epoch().Add(time.Duration(n) * time.Minute) }
	rapid.Check(t, func(rt *rapid.T) {
		s := query.Search{
			Filter: query.Filter{
				User: rapid.SampledFrom([]string{"", "alice", "nobody"}).Draw(rt, "user"), Attempt: rapid.SampledFrom([]string{"", "", "a3", "a17"}).Draw(rt, "attempt"),
				Verdict: rapid.SampledFrom([]string{"", "accept", "reject"}).Draw(rt, "verdict"), CallingStation: rapid.SampledFrom([]string{"", "192.0.2.1", "192.0.2.2"}).Draw(rt, "station"),
			},
			Before: rapid.Uint64Range(0, 90).Draw(rt, "before"), Most: rapid.IntRange(1, 90).Draw(rt, "most"),
		}
		if rapid.Bool().Draw(rt, "bounded") {
			s.Filter.Since, s.Filter.Until = at(rapid.IntRange(0, 90).Draw(rt, "since")), at(rapid.IntRange(0, 90).Draw(rt, "until"))
		}
		var want []uint64
		all, _ := seqs(t, trail, s.Filter)
		for _, seq := range slices.Backward(all) {
			if (s.Before == 0 || seq < s.Before) && len(want) < s.Most {
				want = append(want, seq)
			}
		}
		found, err := trail.Newest(t.Context(), s)
		if err != nil || !slices.Equal(numbers(found.Records), want) || !found.Done && len(want) < s.Most {
			rt.Fatalf("%+v: %v, want %v; done %t, %v", s, numbers(found.Records), want, found.Done, err)
		}
		for _, r := range found.Records {
			if !bytes.Equal(r.Line, lines[r.Seq-1]) {
				rt.Fatalf("record %d has another line", r.Seq)
			}
		}
	})
}

// TestNewestGoesOn: by its last number a search is gone on with, and nothing is missed or twice.
func TestNewestGoesOn(t *testing.T) {
	var lines [][]byte
	for seq := range uint64(40) {
		lines = append(lines, lineOf(seq+1, login("alice")))
	}
	trail := spread(t, lines)
	var got []uint64
	s := query.Search{Most: 7}
	for range lines { // more than are needed
		found, err := trail.Newest(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, numbers(found.Records)...)
		if found.Done {
			break
		}
		s.Before = found.Reached
	}
	slices.Reverse(got)
	if len(got) != 40 || got[0] != 1 || got[39] != 40 {
		t.Error(got)
	}
}

// TestNewestEnds: near ones are near, and what is far off is not read: the files there are none.
func TestNewestEnds(t *testing.T) {
	var lines [][]byte
	for seq := range uint64(400) {
		lines = append(lines, lineOf(seq+1, login(fmt.Sprint("user", seq/300))))
	}
	trail := spread(t, lines)
	spoilt := write(t, segment.Name(trail.Live, 1000, 1001)+".gz", []byte("no gzip"))
	if _, err := trail.Newest(t.Context(), query.Search{Most: 1, Filter: query.Filter{User: "nobody"}}); err == nil {
		t.Errorf("%s is read", spoilt)
	}
	if err := os.Remove(spoilt); err != nil {
		t.Fatal(err)
	}
	spoilt = write(t, segment.Name(trail.Live, 101, 200)+".gz", []byte("no gzip"))
	for name, s := range map[string]query.Search{
		"near":   {Most: 1000, Near: 10 * time.Minute, Filter: query.Filter{User: "user1"}},
		"since":  {Most: 1000, Filter: query.Filter{Since: epoch().Add(301 * time.Minute)}},
		"enough": {Most: 150},
	} {
		if found, err := trail.Newest(t.Context(), s); err != nil || found.Records[0].Seq != 400 {
			t.Errorf("%s: %v; %s", name, err, spoilt)
		}
	}
	found, err := trail.Newest(t.Context(), query.Search{Most: 1000, Before: 101, Filter: query.Filter{Until: epoch().Add(50 * time.Minute)}})
	if err != nil || len(found.Records) != 49 || !found.Done {
		t.Errorf("%v: %v", numbers(found.Records), err)
	}
}

// TestNewestIsCutShort: what was found is there, and says how far it is.
func TestNewestIsCutShort(t *testing.T) {
	path := write(t, liveIn(t.TempDir()), lineOf(1, login("a")), lineOf(2, login("a")))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	found, err := query.Trail{Live: path}.Newest(ctx, query.Search{Most: 9})
	if err != nil || found.Done || found.Reached != 0 || len(found.Records) != 0 {
		t.Errorf("%+v, %v", found, err)
	}
	zip(t, segment.Name(path, 1, 2)+".gz", lineOf(1, login("a")), lineOf(2, login("a")))
	write(t, path, lineOf(3, login("a")))
	ends := &endsAfter{Context: t.Context(), looks: 1}
	if found, err = (query.Trail{Live: path}).Newest(ends, query.Search{Most: 9}); err != nil || found.Done || found.Reached != 3 || len(found.Records) != 1 {
		t.Errorf("%+v, %v", found, err)
	}
	for _, missing := range []query.Trail{{Live: path + ".none"}, {Live: t.TempDir()}} {
		if _, err := missing.Newest(t.Context(), query.Search{Most: 9}); err == nil {
			t.Errorf("%v is read", missing)
		}
	}
}

// endsAfter is a context that ends when it has been asked so often.
type endsAfter struct {
	context.Context //nolint:containedctx // it is one

	looks int
}

func (e *endsAfter) Err() error {
	if e.looks--; e.looks < 0 {
		return context.DeadlineExceeded
	}
	return nil
}

// TestNewestPassesOverWhatIsNoRecord: a torn end, noise, and lines that are too long, also over several blocks.
func TestNewestPassesOverWhatIsNoRecord(t *testing.T) {
	one, two := string(lineOf(1, login("alice"))), string(lineOf(2, login("alice")))
	long := strings.Repeat("x", chain.MaxLine) + string(lineOf(7, login("alice")))
	exact := one + "\n" + two + "\n"
	for name, c := range map[string]struct{ text, want string }{
		"empty":         {"", "[]"},
		"torn":          {one + "\n" + two, "[1]"},
		"torn alone":    {one, "[]"},
		"noise":         {"\n\x00\xff\n{}\n" + one + "\n", "[1]"},
		"long":          {long + "\n" + two + "\n", "[2]"},
		"long torn":     {one + "\n" + long, "[1]"},
		"longer":        {one + "\n" + strings.Repeat(long, 20) + "\n" + two + "\n", "[2 1]"},
		"longer torn":   {one + "\n" + strings.Repeat(long, 20), "[1]"},
		"many long":     {strings.Repeat(long+"\n", 9) + exact + strings.Repeat(long+"\n", 9), "[2 1]"},
		"block by line": {exact + strings.Repeat("\n", 256<<10), "[2 1]"},
	} {
		t.Run(name, func(t *testing.T) {
			path := liveIn(t.TempDir())
			if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			found, err := query.Trail{Live: path}.Newest(t.Context(), query.Search{Most: 9})
			if err != nil || !found.Done || fmt.Sprint(numbers(found.Records)) != c.want {
				t.Errorf("%v, want %s; %v", numbers(found.Records), c.want, err)
			}
		})
	}
}

func BenchmarkNewest(b *testing.B) {
	path := filepath.Join(b.TempDir(), "audit.jsonl")
	if err := (audittest.Trail{Records: 100_000, From: epoch(), Every: time.Second, Seed: 1}).File(path); err != nil {
		b.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	for name, f := range map[string]query.Filter{"nobody": {User: "nobody"}, "an attempt": {Attempt: "none"}, "the last logins": {Types: []string{"authentication_attempt"}}} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(info.Size())
			for b.Loop() {
				if _, err := (query.Trail{Live: path}).Newest(context.Background(), query.Search{Filter: f, Most: 50}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
