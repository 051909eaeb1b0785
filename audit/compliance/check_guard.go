package compliance

import (
	"fmt"
	"time"
)

// What PCI DSS 8.3.4 asks for.
const (
	mostGuesses  = 10
	leastLockout = 30 * time.Minute
)

func guardChecks() []Check {
	return []Check{
		{"guesses-limited", "A person is locked out at a place after ten wrong passwords there at most (partial: at other places logins are only slowed, so that a stranger locks nobody out)", ofSettings(guessesLimited)},
		{"lockout-long", "A lockout lasts half an hour at least", ofSettings(lockoutLong)},
		{"pushes-limited", "Pushes to a person are limited, and stop where nobody answers", ofSettings(pushesLimited)},
		{"attacks-watched", "What looks like an attack raises an incident", ofSettings(attacksWatched)},
		{"incidents-told", "Somebody is told of incidents (partial: whether anybody reads it cannot be seen)", ofSettings(incidentsTold)},
	}
}

func guessesLimited(f Facts) Result {
	if n := f.Guard.LockoutAfter; n < 1 || n > mostGuesses {
		return fail(fmt.Sprintf("set guard.lockout.after to between 1 and %d", mostGuesses), "guard.lockout.after is %d", n)
	}
	return pass("guard.lockout.after is %d", f.Guard.LockoutAfter)
}

func lockoutLong(f Facts) Result {
	if f.Guard.LockoutAfter < 1 || f.Guard.LockoutFor < leastLockout {
		return fail("set guard.lockout.for, and guard.lockout.most, to 30m or more", "guard.lockout.for is %s", f.Guard.LockoutFor)
	}
	return pass("guard.lockout.for is %s", f.Guard.LockoutFor)
}

func pushesLimited(f Facts) Result {
	if f.Guard.PushesPerUser < 1 || f.Guard.UnansweredAfter < 1 {
		return fail("set guard.pushes.per_user and guard.unanswered.after, say to 3 and 2, their defaults",
			"guard.pushes.per_user is %d, guard.unanswered.after is %d; 0 is no limit", f.Guard.PushesPerUser, f.Guard.UnansweredAfter)
	}
	return pass("guard.pushes.per_user is %d, guard.unanswered.after is %d", f.Guard.PushesPerUser, f.Guard.UnansweredAfter)
}

func attacksWatched(f Facts) Result {
	if len(f.Guard.Unwatched) > 0 {
		return fail("set their count above 0", "switched off: %s", names(f.Guard.Unwatched))
	}
	return pass("every rule of guard.detect has a threshold")
}

func incidentsTold(f Facts) Result {
	switch {
	case len(f.Guard.Receivers) > 0 && f.Guard.Notifies:
		return pass("receivers: %s", names(f.Guard.Receivers))
	case len(f.Guard.Receivers) > 0:
		return fail("add notify to guard.respond.high and guard.respond.critical", "guard.notify has receivers, and incidents of high or critical severity do not notify them")
	}
	return fail("set guard.notify with a receiver", "guard.notify has no receiver")
}
