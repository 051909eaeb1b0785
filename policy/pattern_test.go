package policy

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func lower(part string) (string, error) { return strings.ToLower(part), nil }

func TestPattern(t *testing.T) {
	for _, c := range []struct {
		pattern, name string
		want          bool
	}{
		{"a", "a", true},
		{"a", "", false},
		{"a", "aa", false},
		{"*", "", true},
		{"*", "anything", true},
		{"***", "anything", true},
		{"a*", "a", true},
		{"a*", "ba", false},
		{"*a", "ba", true},
		{"*a", "ab", false},
		{"a*a", "a", false},
		{"a*a", "aa", true},
		{"a*b*c", "abc", true},
		{"a*b*c", "aXbYc", true},
		{"a*b*c", "acb", false},
		{"a*b*c", "acbc", true},
		{"*ab*ab*", "abab", true},
		{"*ab*ab*", "aba", false},
		{"*ab*b", "ab", false},
		{"ab*ba", "aba", false},
		{"*é*", "René", true},
		{"*é", "rene", false},
		{"a.c", "abc", false},
		{"[a]*", "a", false},
		{"a?", "ab", false},
	} {
		p, err := parsePattern(c.pattern, lower)
		if err != nil {
			t.Fatalf("%q: %v", c.pattern, err)
		}
		if got := p.match(c.name); got != c.want {
			t.Errorf("%q meets %q: %v, want %v", c.name, c.pattern, got, c.want)
		}
	}
}

// TestPatternIsRegexp compares the matcher with the standard library's over an alphabet small enough to meet often.
func TestPatternIsRegexp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[ab*]{1,10}`).Draw(t, "pattern")
		name := rapid.StringMatching(`[ab]{0,14}`).Draw(t, "name")
		p, err := parsePattern(text, lower)
		if err != nil {
			t.Fatal(err)
		}
		want := regexp.MustCompile(`^` + strings.ReplaceAll(text, "*", ".*") + `$`).MatchString(name)
		if got := p.match(name); got != want {
			t.Fatalf("%q meets %q: %v, want %v", name, text, got, want)
		}
	})
}

// BenchmarkPatternHostile is the shape that makes backtracking matchers stall: its time must grow with the name, not faster.
func BenchmarkPatternHostile(b *testing.B) {
	p, err := parsePattern(strings.Repeat("*a", 100)+"*b*", lower)
	if err != nil {
		b.Fatal(err)
	}
	for name, length := range map[string]int{"253": 253, "2530": 2530, "25300": 25300} {
		b.Run(name, func(b *testing.B) {
			text := strings.Repeat("a", length)
			for b.Loop() {
				p.match(text)
			}
		})
	}
}

// TestShowings compares the two instants of a clock time with a walk over every minute.
func TestShowings(t *testing.T) {
	for zone, around := range map[string]string{
		"Europe/Berlin": "2026-03-29", "Europe/London": "2026-10-25", "Australia/Lord_Howe": "2026-04-05", "Pacific/Apia": "2011-12-30",
		"America/St_Johns": "2010-11-06", "Asia/Kathmandu": "2026-01-01", "America/Nuuk": "2024-03-30", "Antarctica/Troll": "2026-03-29",
	} {
		t.Run(zone, func(t *testing.T) {
			loc, err := time.LoadLocation(zone)
			if err != nil {
				t.Fatal(err)
			}
			date, err := time.Parse(time.DateOnly, around)
			if err != nil {
				t.Fatal(err)
			}
			walk := walkMinutes(loc, date.Unix()-4*daySeconds, date.Unix()+5*daySeconds)
			for wall := date.Unix() - daySeconds; wall < date.Unix()+2*daySeconds; wall += 300 {
				first, last := showings(loc, wall)
				wantFirst, wantLast := walk(wall)
				if first != wantFirst || last != wantLast {
					t.Fatalf("wall %s: %d..%d, want %d..%d", time.Unix(wall, 0).UTC(), first, last, wantFirst, wantLast)
				}
			}
		})
	}
}

// walkMinutes reads a zone's clocks at every minute, by the standard library's calendar alone, and gives a look-up of when they show
// a wall: the first and the last time, or twice the minute at which they jump over it.
func walkMinutes(loc *time.Location, from, to int64) func(wall int64) (first, last int64) {
	const minute = 60
	read := func(instant int64) int64 {
		t := time.Unix(instant, 0).In(loc)
		return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC).Unix()
	}
	firsts, lasts, jumps := map[int64]int64{}, map[int64]int64{}, map[int64]int64{}
	before := read(from - minute)
	for at := from; at < to; at += minute {
		wall := read(at)
		if _, seen := firsts[wall]; !seen {
			firsts[wall] = at
		}
		lasts[wall] = at
		for skipped := before + minute; skipped < wall; skipped += minute {
			jumps[skipped] = at
		}
		before = wall
	}
	return func(wall int64) (int64, int64) {
		if first, shown := firsts[wall]; shown {
			return first, lasts[wall]
		}
		return jumps[wall], jumps[wall]
	}
}

// TestClauseEnd holds that what is no clause never holds, and has neither key nor words.
func TestClauseEnd(t *testing.T) {
	var r rule
	if clauseCount.key() != "" || r.words(clauseCount, &subject{}) != "" || r.has(clauseCount) {
		t.Error("the end of the clauses is taken for one")
	}
	for c := matchUsers; c < clauseCount; c++ {
		if c.key() == "" || !r.holds(c, &subject{}) {
			t.Errorf("clause %d has no key, or does not hold though it is not stated", c)
		}
	}
}
