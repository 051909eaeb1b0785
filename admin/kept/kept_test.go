package kept

import (
	"sync"
	"testing"
	"time"
)

// TestFor: many who look at once cost one look, as do all who come within its life.
func TestFor(t *testing.T) {
	at, looks := time.Unix(1000, 0), 0
	look := For(time.Minute, func() time.Time { return at }, func() int { looks++; return looks })
	expect := func(step string, want int) {
		t.Helper()
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() {
				if got := look(); got != want {
					t.Errorf("%s: %d, want %d", step, got, want)
				}
			})
		}
		all.Wait()
	}
	expect("first", 1)
	at = at.Add(time.Minute - 1)
	expect("still good", 1)
	at = at.Add(1)
	expect("too old", 2)
	at = at.Add(-time.Hour)
	expect("the clock was set back", 3)
}

// TestPanicIsNotKept: who comes next looks again, and hangs on no lock.
func TestPanicIsNotKept(t *testing.T) {
	broken := true
	look := For(time.Minute, time.Now, func() string {
		if broken {
			panic("boom")
		}
		return "well"
	})
	func() {
		defer func() {
			if recover() != "boom" {
				t.Error("the panic is nobody's")
			}
		}()
		look()
	}()
	broken = false
	if got := look(); got != "well" {
		t.Errorf("%q", got)
	}
}
