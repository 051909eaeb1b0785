package accounting

import (
	"testing"
	"time"
)

func TestHappenings(t *testing.T) {
	const within = 30 * time.Second
	now := time.Unix(1_700_000_000, 0)
	h := Remember(within, func() time.Time { return now })
	name := Name{1}
	if h.Begin(name) != Fresh || h.Begin(name) != Opened {
		t.Error("a new happening is not open")
	}
	h.End(name, false)
	if h.Begin(name) != Fresh {
		t.Error("what failed cannot be told again")
	}
	h.End(name, true)
	if h.Begin(name) != Recorded {
		t.Error("what is durable is told again")
	}
	now = now.Add(within + time.Second)
	if h.Begin(name) != Fresh {
		t.Error("it is remembered for ever")
	}
	for i := range mostHappenings + 10 {
		n := Name{2, byte(i >> 16), byte(i >> 8), byte(i)}
		h.Begin(n)
		h.End(n, true)
	}
	h.Begin(Name{3})
	if got := len(h.order); got > mostHappenings {
		t.Errorf("%d are remembered", got)
	}
}
