package limit

import (
	"testing"
	"time"
)

// TestGive: what is given back makes room for one more, and never for more than a full count has.
func TestGive(t *testing.T) {
	now, r := time.Unix(1_800_000_000, 0), Rate{Most: 2, Window: time.Minute}
	var c Count
	c.Give(r, now) // nothing was counted
	room := func() (n int) {
		for ; c.Wait(r, 0, now) == 0 && n < 10; n++ {
			c.Take(r, now)
		}
		return n
	}
	if n := room(); n != 2 {
		t.Fatalf("room for %d", n)
	}
	c.Give(r, now)
	if n := room(); n != 1 {
		t.Errorf("room for %d behind one that was given back", n)
	}
	for range 5 {
		c.Give(r, now)
	}
	if n := room(); n != 2 {
		t.Errorf("room for %d behind five, and 2 is all there is", n)
	}
	c.Give(Rate{}, now)
	(*Count)(nil).Give(r, now)
}
