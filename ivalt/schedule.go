package ivalt

import "time"

// instant is a moment, as the time since the service began on the monotonic clock.
type instant = time.Duration

// The schedule of a login, from the push's response on.
const (
	humanTime  = 1500 * time.Millisecond // no approval before it is a person's; also the second look at a suspicious one
	firstPoll  = 4500 * time.Millisecond
	firstGap   = 1500 * time.Millisecond // between the first two polls; each next gap is a fifth longer
	longestGap = 8 * time.Second

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

// nextPoll is the regular poll after what has left so far. The gap counts from the moment a poll left. A poll that would
// come so near the final one that less than the floor lies between is left out in the final one's favour.
func (c *course) nextPoll() instant {
	due := c.zero + firstPoll
	if c.gap == 0 {
		c.gap = firstGap
	} else {
		due = c.left + c.gap
		c.gap = min(c.gap*6/5, longestGap)
	}
	if due > c.last-firstGap {
		return c.last
	}
	return due
}
