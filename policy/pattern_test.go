package policy

import (
	"regexp"
	"strings"
	"testing"

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
