package pace

import (
	"math"
	"time"

	"ivalt-radius/state"
)

// The price of a poll in waiting. idle is where polls and waiting balance at about 3.4 polls and 1.4 s a login with Prior's
// times; most keeps a last reserve from starving those who wait.
const (
	idle = 350 * time.Millisecond
	most = 15 * time.Second
)

// Price is what a poll must be worth while the budget is used so far. It rises without a step from idle, the fuller a window
// is: what one login spends now another one lacks later.
func Price(u state.Use) time.Duration {
	return time.Duration(min(float64(idle)*scarcity(u), float64(most)))
}

// scarcity is 1 while there is plenty, and grows with the fuller of the two windows.
func scarcity(u state.Use) float64 {
	return max(grow(u.Minute, plentyMinute, steepMinute), grow(u.Hour, plentyHour, steepHour))
}

// Up to plenty of a window nothing is scarce. The minute gives back soon what is spent now, the hour does not, so it is saved
// earlier and more gently.
const (
	plentyMinute, steepMinute = 0.6, 2.0
	plentyHour, steepHour     = 0.4, 1.0
)

// grow is 1 up to plenty, and from there the inverse of what is left, to the power of steep.
func grow(used, plenty, steep float64) float64 {
	if used <= plenty {
		return 1
	}
	left := max((1-used)/(1-plenty), tiny)
	return math.Pow(left, -steep)
}
