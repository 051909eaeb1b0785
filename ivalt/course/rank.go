package course

// Ranks of waiting calls, the first one goes first.
const (
	RankPush uint8 = iota // a push, and what must happen next to it
	RankLast              // a final poll
	RankPoll              // another poll: the one that most likely finds an answer
	RankLookUp
	RankLate // a poll for a login that was answered
)

// Rank is where a call stands among those that wait.
func (c *Course) Rank(k Call, now Instant) uint8 {
	switch {
	case k == LookUp:
		return RankLookUp
	case k != Poll && c.Failures == 0:
		return RankPush
	case now >= c.Last:
		return RankLast
	}
	return RankPoll
}
