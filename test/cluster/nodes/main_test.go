//go:build interop

package nodes_test

import (
	"os"
	"testing"
	"time"

	"ivalt-radius/test/blackbox"
)

func TestMain(m *testing.M) { os.Exit(blackbox.Main(m)) }

// eventually waits until something is so.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(blackbox.Patience); !is(); <-tick.C {
		if time.Now().After(end) {
			t.Fatalf("does not come: %s", what)
		}
	}
}

// passes lets time go by: for what has no sign that it is over, such as a person who does nothing.
func passes(d time.Duration) { <-time.After(d) }
