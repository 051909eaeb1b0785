package sighting

import (
	"time"

	"ivalt-radius/auth"
)

// Login is one login's end, as its first exchange saw it. Its copies have no end of their own.
type Login struct {
	Verdict auth.Verdict
	Took    time.Duration // from its first packet to the verdict
	Packets int           // heard for it meanwhile
	Last    time.Duration // from the first of them to the last
}

// What tells a NAS that asks again from other things; audit/report judges records by the same.
const (
	leastSpan  = time.Second // what comes closer together is the network's doubling, no retry
	silentGaps = 1.5         // so many intervals without a packet say that the NAS asks no more
)

// ended counts a login.
func (r *record) ended(l *Login) {
	r.RowLogins++
	switch {
	case l.Verdict.Silent:
		r.Unanswered++
	case l.Verdict.Kind == auth.Accept:
		r.Accepted++
	case l.Verdict.Kind == auth.Challenge:
		r.Challenged++
	default:
		r.Rejected++
	}
	if l.Verdict.Kind == auth.Accept && l.Verdict.Reason == auth.ApprovedByPerson {
		r.habit().Approvals.add(millis(l.Took), mostApprovals)
	}
	if l.Packets < 2 || l.Last < leastSpan {
		return
	}
	gap := l.Last / time.Duration(l.Packets-1)
	r.habit().Intervals.add(millis(gap), mostTimes)
	if l.Took > l.Last+time.Duration(silentGaps*float64(gap)) {
		r.habit().Patiences.add(millis(l.Last+gap), mostTimes)
	}
}

// mostRecent is how many attempts are remembered by their address.
const mostRecent = 4096

// attempts remembers which address an attempt came from, the newest ones.
type attempts struct {
	peers map[string]Peer
	order []string // a ring
	next  int
}

// enter remembers an attempt, and reports false where it is there already.
func (a *attempts) enter(attempt string, p Peer) bool {
	if _, there := a.peers[attempt]; there {
		return false
	}
	if len(a.order) < mostRecent {
		a.order = append(a.order, attempt)
	} else {
		delete(a.peers, a.order[a.next])
		a.order[a.next] = attempt
		a.next = (a.next + 1) % mostRecent
	}
	a.peers[attempt] = p
	return true
}
