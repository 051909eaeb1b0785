package copies

import (
	"testing"
	"time"

	"ivalt-radius/auth/naming"
)

// TestCopies: of a login that is being checked, so many and no more, and not for ever.
func TestCopies(t *testing.T) {
	now, c := time.Unix(1_800_000_000, 0), New()
	one, other := naming.Digest{1}, naming.Digest{2}
	if c.Copy(one, now) {
		t.Error("a copy of nothing")
	}
	c.Begin(one, now, now.Add(time.Minute))
	for i := range Most {
		if !c.Copy(one, now) {
			t.Errorf("copy %d is none", i)
		}
	}
	if c.Copy(one, now) || c.Copy(other, now) {
		t.Error("one too many, or another's")
	}
	c.Begin(one, now, now.Add(time.Minute))
	if c.Copy(one, now.Add(time.Minute)) {
		t.Error("a copy of what nobody waits for")
	}
	if c.End(one); c.Copy(one, now) || len(c.open) != 0 {
		t.Error("it is still being checked")
	}
}

// TestWhatNeverEndsGoes: nothing stays for ever.
func TestWhatNeverEndsGoes(t *testing.T) {
	now, c := time.Unix(1_800_000_000, 0), New()
	for i := range 100 {
		c.Begin(naming.Digest{1, byte(i)}, now, now.Add(time.Minute))
	}
	now = now.Add(time.Minute)
	for i := range 200 {
		c.Begin(naming.Digest{2, byte(i)}, now, now.Add(time.Minute))
	}
	if len(c.open) > 250 {
		t.Errorf("%d are open, and 200 should be", len(c.open))
	}
}

// TestRoom: so many and no more.
func TestRoom(t *testing.T) {
	var r Room
	for i, fits := range []bool{true, true, false} {
		if r.Enter(2) != fits {
			t.Errorf("%d: %d are in", i, r.Load())
		}
	}
	if r.Leave(); !r.Enter(2) {
		t.Error("who left still takes room")
	}
}

// TestApart: a login is counted off when it is open, whether it waits, stands or panics.
func TestApart(t *testing.T) {
	var r Room
	for _, waits := range []bool{true, false} {
		r.Enter(1)
		wait := Apart(&r, func() (int, func() int) {
			if !waits {
				return 1, nil
			}
			return 0, func() int { return 2 - int(r.Load()) }
		})
		if want := map[bool]int{true: 2, false: 1}[waits]; r.Load() != 1 || wait() != want || r.Load() != 0 {
			t.Errorf("waits %v: %d are in", waits, r.Load())
		}
	}
	r.Enter(1)
	func() {
		defer func() { _ = recover() }()
		Apart(&r, func() (int, func() int) { panic("no") })()
	}()
	if r.Load() != 0 {
		t.Error("who panicked still takes room")
	}
}
