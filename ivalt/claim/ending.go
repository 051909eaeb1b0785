package claim

import (
	"time"

	"ivalt-radius/auth"
	"ivalt-radius/ivalt/course"
	"ivalt-radius/state/cluster"
)

// What is remembered of a phone.
const (
	DirtyFor = cluster.Young  // a push lives 5 min at iVALT; the rest is margin
	StaleFor = 24 * time.Hour // a sticky approval is remembered until a poll shows that it is gone
	HoldFor  = time.Second    // after an accept, before the next login of the same phone may push
)

// Ending is what a login that ended so leaves behind on its phone. Its kind and its answer are the caller's to add.
func Ending(c *course.Course, o auth.Outcome, r course.ResultRule, now course.Instant) cluster.Ending {
	e := cluster.Ending{Hold: max(0, c.DoubtUntil()-now)}
	switch {
	case o == auth.Approved:
		e.Known, e.Clears, e.Hold = true, true, max(e.Hold, HoldFor)
		if c.Shares() {
			e.Taint = DirtyFor // nobody knows which push was approved: the other one may still be
		}
		e.Spent = legible(r)
	case o == auth.Stale:
		e.Known, e.Taint = true, StaleFor
	case c.Delivery != course.Unpushed || o == auth.Collided:
		// Whatever else ended it, the push may still be answered.
		e.Known, e.Taint = true, DirtyFor
	}
	return e
}

// Unconfirmed is what a login leaves behind whose approval was found, and counts for nobody: it may still be read.
func Unconfirmed(c *course.Course, r course.ResultRule, now course.Instant) cluster.Ending {
	e := Ending(c, auth.NoAnswer, r, now)
	e.Known, e.Taint = true, max(DirtyFor, legible(r))
	return e
}

// legible is how long an approval that was counted may be read again.
func legible(r course.ResultRule) time.Duration {
	switch r {
	case course.ConsumedResult:
		return 0
	case course.StickyResult:
		return StaleFor // or until a poll shows that it is gone
	case course.UnknownResult:
	}
	return DirtyFor
}

// History is what the memory knows of a phone, as a course has it. What it does not know is course.Unseen.
func History(h cluster.History) course.History {
	switch h {
	case cluster.Dirty:
		return course.Dirty
	case cluster.Spent:
		return course.Spent
	case cluster.Clean:
		return course.Clean
	case cluster.Unseen:
	}
	return course.Unseen
}
