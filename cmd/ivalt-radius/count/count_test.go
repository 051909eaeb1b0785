package count_test

import (
	"testing"

	"ivalt-radius/cmd/ivalt-radius/count"
)

func TestOf(t *testing.T) {
	for n, want := range map[int]string{0: "0 faults", 1: "1 fault", 2: "2 faults", 11: "11 faults"} {
		if got := count.Of(n, "fault"); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
