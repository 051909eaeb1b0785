package ivalt

import "time"

// instant is a moment, as the time since the service began on the monotonic clock.
type instant = time.Duration

// The schedule of a login, from the push's response on. Within its floor package pace says when a poll leaves.
const (
	humanTime = 1500 * time.Millisecond // no approval before it is a person's; also the second look at a suspicious one
	pollFloor = 1500 * time.Millisecond // least time between the push's response and the first poll, and between two polls
	failedGap = 3 * time.Second         // the same behind a poll that failed

	lastPollBefore = 2 * time.Second         // the final poll leaves this long before the verdict must
	lastPollWaits  = 1900 * time.Millisecond // and its answer is awaited this long
)

const (
	resendAfter  = 10 * time.Second // from an unknown outcome to the one more push
	retryBefore  = time.Second      // between tries of a look-up or drain
	mostFailures = 3                // in a row, or
	longFailure  = 10 * time.Second // failing for longer than this: iVALT cannot be asked
)

// What is remembered of a mobile.
const (
	dirtyFor = 330 * time.Second // a push lives 5 min at iVALT; the rest is margin
	staleFor = 24 * time.Hour    // a sticky approval is remembered until a poll shows that it is gone
	holdFor  = time.Second       // after an accept, before the next login of the same mobile may push
)

// leastCalls is what a push costs at least: push, sentinel, two polls.
const leastCalls = 4

// earliest is the floor of the next poll. The gap counts from the moment the latest one left.
func (c *course) earliest() instant {
	gap := pollFloor
	if c.failures > 0 {
		gap = failedGap
	}
	return c.orLast(max(c.zero, c.left) + gap)
}

// orLast leaves a poll out that would come so near the final one that less than the floor lies between, in the final one's favour.
func (c *course) orLast(at instant) instant {
	if at > c.last-pollFloor {
		return c.last
	}
	return at
}

// repush is when the one more push may leave, where nobody knows of the first; false where it may not.
func (c *course) repush() (instant, bool) {
	at := c.zero + resendAfter
	return at, c.mayPush && !c.resent && at+humanTime < c.last
}
