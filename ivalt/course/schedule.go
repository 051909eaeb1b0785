package course

import "time"

// Instant is a moment, as the time since the service began on the monotonic clock.
type Instant = time.Duration

// The schedule of a login, from the push's response on. Within its floor package pace says when a poll leaves.
const (
	humanTime = 1500 * time.Millisecond // no approval before it is a person's; also the second look at a suspicious one
	firstPoll = 4500 * time.Millisecond // no regular poll sooner behind the push's response
	pollFloor = 1500 * time.Millisecond // nor sooner behind another poll
	failedGap = 3 * time.Second         // the same behind a poll that failed

	LastPollBefore = 2 * time.Second         // the final poll leaves this long before the verdict must
	LastPollWaits  = 1900 * time.Millisecond // and its answer is awaited this long
)

// How troubles are met.
const (
	ResendAfter  = 10 * time.Second // from an unknown outcome to the one more push
	retryBefore  = time.Second      // between tries of a look-up or drain
	mostFailures = 3                // in a row, or
	longFailure  = 10 * time.Second // failing for longer than this: iVALT cannot be asked
	longWait     = 3 * time.Second  // for a call without an answer: the same
)

// LeastCalls is what a push costs at least: push, sentinel, two polls.
const LeastCalls = 4

// earliest is the floor of the next poll. The gap counts from the moment the latest one left.
func (c *Course) earliest() Instant {
	gap := pollFloor
	if c.Failures > 0 {
		gap = failedGap
	}
	return c.OrLast(max(c.Zero, c.Left) + gap)
}

// floor is that of a regular poll.
func (c *Course) floor() Instant {
	if c.Polls == 0 {
		return c.OrLast(max(c.earliest(), c.Zero+firstPoll))
	}
	return c.earliest()
}

// OrLast leaves a poll out that would come so near the final one that less than the floor lies between, in the final one's favour.
func (c *Course) OrLast(at Instant) Instant {
	if at > c.Last-pollFloor {
		return c.Last
	}
	return at
}

// Repush is when the one more push may leave, where nobody knows of the first; false where it may not.
func (c *Course) Repush() (Instant, bool) {
	at := c.Zero + ResendAfter
	return at, c.mayPush && !c.resent && at+humanTime < c.Last
}
