package report

import "time"

// The thresholds: from which number on a finding has which level. Where "the guide" stands it is the operators' security guide, whose
// monitors count failed logins, API errors and response times; what differs from it says why.
const (
	// Authentication failures: the guide calls more than 5 events medium and more than 10 high, whatever the number of logins. Here so
	// many count only where they are also a share of all logins: ten slips of the finger in a thousand logins are a quiet day.
	failuresMedium      = 5
	failuresHigh        = 10
	failuresMediumShare = 0.10
	failuresHighShare   = 0.50

	// Guessing: wrong names or passwords of one address, or for one name, within the guide's 5 minutes; the guide's numbers. Of one
	// name from one address it is never more than medium: a stored old password does that by itself.
	guessWindow   = 5 * time.Minute
	guessMedium   = 5  // at least
	guessHigh     = 10 // more than
	guessCritical = 20 // more than

	// Slow guessing, which no window sees: so many names tried by one address, or addresses that try one name, in the whole period. The
	// guide has no such rule.
	slowMedium = 10

	// Push fatigue: pushes to one person that were denied or not answered. The guide has no such rule.
	fatigueWindow = 10 * time.Minute
	fatigueMedium = 3
	fatigueHigh   = 6

	// Collisions and stale approvals: the guide calls one suspicious event low.
	collisionsMedium = 3
	collisionsHigh   = 10 // more than

	// API: the guide calls more than 5 errors medium, and an average time over 5 s. Here errors must also be a share of all calls, and
	// the median counts, which one lost call does not move.
	apiErrorsMedium      = 5 // more than
	apiErrorsMediumShare = 0.01
	apiErrorsHighShare   = 0.20
	apiSlow              = 5 * time.Second
	outagesHigh          = 3 // more than

	// Throttled calls within the guide's minute; its numbers.
	throttleWindow = time.Minute
	throttleMedium = 3  // at least
	throttleHigh   = 10 // more than
)

// The patience of a NAS.
const (
	leastSpan   = time.Second // from the first packet to the last one: what comes closer together is the network's doubling, no retry
	silentGaps  = 1.5         // so many gaps without a packet say that the NAS asks no more
	fewAttempts = 3           // a patience that rests on fewer is told, and advises nothing
	lateShare   = 0.05        // of the approvals, from which on the patience is worth an advice
)

// The bounds of memory.
const (
	mostNames    = 10_000 // users, and as many addresses
	mostDistinct = 32     // names of one address, or addresses of one name
	mostClients  = 200
	mostReasons  = 64
	mostHours    = 24 * 366
	mostTop      = 10 // of a list in the report
)
