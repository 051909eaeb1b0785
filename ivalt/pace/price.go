package pace

import (
	"math"
	"time"

	"ivalt-radius/state"
)

// Wait is a login that waits for its next poll. Its moments count from the push's response.
type Wait struct {
	Times  Times
	Since  time.Duration // the last look, which found nothing; 0: none yet
	Floor  time.Duration // no poll before
	Latest time.Duration // the final poll
	Polls  int           // that it had
}

// Rule says when a login's next poll leaves: between Floor and Latest.
type Rule func(w Wait, u state.Use) time.Duration

// ByWorth is the Rule of this package: the first moment at which the poll is worth its price.
func ByWorth(w Wait, u state.Use) time.Duration {
	price := Price(u)
	if w.Times.Worth(w.Since, w.Floor) >= price {
		return w.Floor
	}
	return max(w.Floor, w.Times.Due(w.Since, price, w.Latest))
}

// The price of a poll in waiting. At idle polls and waiting balance at about 3.4 polls and 1.4 s a login with Prior's times; above
// most a poll that is put off costs more than it saves, since who waits longer keeps places reserved longer.
const (
	idle = 360 * time.Millisecond
	most = 4 * time.Second
)

// Price is what a poll must be worth while the budget is used so far. It rises without a step from idle, the fuller a window
// is: what one login spends now another one lacks later.
func Price(u state.Use) time.Duration {
	return time.Duration(min(float64(idle)*scarcity(u), float64(most)))
}

// Scarce reports that the budget is no longer idle: calls that can wait should.
func Scarce(u state.Use) bool { return scarcity(u) > 1 }

// scarcity is 1 while there is plenty, and grows with the fuller of the two windows.
func scarcity(u state.Use) float64 {
	return max(grow(u.Minute, plentyMinute, steepMinute), grow(u.Hour, plentyHour, steepHour))
}

// Up to plenty of a window nothing is scarce. `make simulate-load` shows what these figures come to.
const (
	plentyMinute, steepMinute = 0.4, 1.5
	plentyHour, steepHour     = 0.4, 1.5
)

// grow is 1 up to plenty, and from there the inverse of what is left, to the power of steep.
func grow(used, plenty, steep float64) float64 {
	if used <= plenty {
		return 1
	}
	left := max((1-used)/(1-plenty), tiny)
	return math.Pow(left, -steep)
}
