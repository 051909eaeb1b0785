package gate

import (
	"testing"
	"time"
)

// TestLockedOut: those whose time is over do not count, though their doubling is remembered.
func TestLockedOut(t *testing.T) {
	y := newYard(t, locking(), nil)
	if n := y.LockedOut(); n != 0 {
		t.Errorf("%d lockouts at first", n)
	}
	y.logins(4, bob(), wrong())
	if n := y.LockedOut(); n != 1 || n != len(y.Lockouts()) {
		t.Errorf("%d lockouts in force, want 1", n)
	}
	y.pass(time.Minute)
	if n := y.LockedOut(); n != 0 {
		t.Errorf("%d lockouts behind its end", n)
	}
}
