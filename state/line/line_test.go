package line

import (
	"iter"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestLine: whoever joins and leaves, the line has those who wait in the order in which they joined.
func TestLine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var lines [2]Line[int]
		var want [2][]int
		places := make([]Place[int], 6)
		names := []int{0, 1, 2, 3, 4, 5}
		for range rapid.IntRange(0, 40).Draw(t, "steps") {
			who, where := rapid.IntRange(0, 5).Draw(t, "who"), rapid.IntRange(-1, 1).Draw(t, "where")
			for i := range want {
				want[i] = slices.DeleteFunc(want[i], func(n int) bool { return n == who })
			}
			if where < 0 {
				places[who].Leave()
				if places[who] != (Place[int]{}) {
					t.Fatal("who left is still held")
				}
			} else {
				lines[where].Join(&places[who], &names[who])
				want[where] = append(want[where], who)
			}
			for i := range lines {
				check(t, &lines[i], want[i])
				if places[who].In(&lines[i]) != (i == where) {
					t.Fatalf("%d is in line %d: %v", who, i, i != where)
				}
			}
		}
	})
}

// check looks at a line from both ends.
func check(t *rapid.T, line *Line[int], want []int) {
	t.Helper()
	var got, back []int
	for n := range line.All() {
		got = append(got, *n)
	}
	for n := range line.Backward() {
		back = append(back, *n)
	}
	if slices.Reverse(back); !slices.Equal(got, want) || !slices.Equal(back, want) || line.Len() != len(want) {
		t.Fatalf("the line has %v, %v from behind (%d), want %v", got, back, line.Len(), want)
	}
	if first := line.First(); (first == nil) != (len(want) == 0) || first != nil && *first != want[0] {
		t.Fatalf("it begins with %v, want %v", first, want)
	}
}

// TestAllEnds where nobody wants more, and goes on where the one at hand leaves.
func TestAllEnds(t *testing.T) {
	var line Line[int]
	var places [4]Place[int]
	for i := range places {
		line.Join(&places[i], &i)
	}
	for name, all := range map[string]iter.Seq[*int]{"all": line.All(), "backward": line.Backward()} {
		seen := 0
		for i := range all {
			if places[*i].Leave(); seen == 1 {
				break
			}
			seen++
		}
		if seen != 1 {
			t.Errorf("%s: %d were seen", name, seen)
		}
	}
	if line.Len() != 0 {
		t.Errorf("%d are left", line.Len())
	}
}
