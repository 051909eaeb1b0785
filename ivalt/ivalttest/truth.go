package ivalttest

import (
	"slices"
	"time"
)

// Hand is who gave an answer.
type Hand uint8

// The hands.
const (
	OwnAccord Hand = iota // the person, by their Behaviour
	ByHand                // the person, by the phone page, the control endpoint, or Cloud.Approve and Deny
	Submitted             // nobody: a client wrote it where phones submit their results
)

// Answer is what somebody said to a push. What the API made of it is another matter: it may have been read, overwritten by
// a later answer, cleared by a push, or have run out unread.
type Answer struct {
	Mobile string
	Push   uint64    // the number in PushLog; 0: Submitted while no push was open
	Said   string    // as Push.State: approved, denied; outside geofence, outside hours: approved, elsewhere or too late
	At     time.Time // when
	By     Hand
}

// Approves reports that the mobile's person said yes; where they stood, and whether at a good hour, the API judges.
func (a Answer) Approves() bool {
	return a.By != Submitted && (a.Said == approved.String() || a.Said == outsideGeofence.String() || a.Said == outsideHours.String())
}

// Answers are all that people have said by now, oldest first: the truth that a bridge's verdicts are measured by. The last
// 4,096 that happened are remembered, in the order in which somebody asked.
func (c *Cloud) Answers() []Answer {
	o := c.options.Load()
	now := o.Now()
	c.book.each(func(_ *shard, _ string, ph *phone) { ph.settle(now, o.PushLifetime) })
	all := c.answered.last(keptAnswers)
	slices.Reverse(all)
	slices.SortStableFunc(all, func(a, b Answer) int { return a.At.Compare(b.At) })
	return all
}

// ApprovedSince reports whether the mobile's person approved anything at or after t.
func (c *Cloud) ApprovedSince(mobile string, t time.Time) bool {
	mobile = canonicalMobile(mobile)
	return slices.ContainsFunc(c.Answers(), func(a Answer) bool {
		return a.Mobile == mobile && a.Approves() && !a.At.Before(t)
	})
}
