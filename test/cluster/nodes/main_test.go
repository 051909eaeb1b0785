//go:build interop

package nodes_test

import (
	"os"
	"testing"
	"time"

	"ivalt-radius/test/blackbox"
)

func TestMain(m *testing.M) { os.Exit(blackbox.Main(m)) }

// passes lets time go by: for what has no sign that it is over, such as a person who does nothing.
func passes(d time.Duration) { <-time.After(d) }
