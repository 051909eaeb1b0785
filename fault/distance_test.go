package fault

import (
	"strings"
	"testing"
)

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"", "", 0},
		{"listen", "listen", 0},
		{"lisen", "listen", 1},
		{"listenn", "listen", 1},
		{"lizten", "listen", 1},
		{"kitten", "sitting", 3},
		{"", "key", 3},
		{"key", "", 3},
		{strings.Repeat("x", longest), "x", longest - 1},
		{strings.Repeat("x", longest+1), "x", longest + 1},
	} {
		if got := Distance(c.a, c.b); got != c.want {
			t.Errorf("%q, %q: %d, want %d", c.a, c.b, got, c.want)
		}
	}
}
