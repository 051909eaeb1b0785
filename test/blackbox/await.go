package blackbox

import (
	"testing"
	"time"
)

// Eventually waits until something is so, with Patience.
func Eventually(tb testing.TB, what string, is func() bool) {
	tb.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(Patience); !is(); <-tick.C {
		if time.Now().After(end) {
			tb.Fatalf("does not come: %s", what)
		}
	}
}
