package model

import (
	"net/http"
	"time"

	"ivalt-radius/auth"
	"ivalt-radius/state"
)

// tally is what a world came to: a model that never lets anybody in proves nothing.
type tally struct {
	logins, accepts, late, collisions, stale, resent int

	questions, answered, chosen, remembered, failRemembered, failOpen int
}

func (t *tally) add(o tally) {
	t.logins += o.logins
	t.accepts += o.accepts
	t.late += o.late
	t.collisions += o.collisions
	t.stale += o.stale
	t.resent += o.resent
	t.questions += o.questions
	t.answered += o.answered
	t.chosen += o.chosen
	t.remembered += o.remembered
	t.failRemembered += o.failRemembered
	t.failOpen += o.failOpen
}

// least is the rarest of what must happen in many worlds.
func (t *tally) least() int {
	return min(t.accepts, t.late, t.collisions, t.stale, t.resent, t.questions, t.answered, t.chosen, t.remembered, t.failRemembered, t.failOpen)
}

// judge holds a world that is over to every promise.
func (h *house) judge() tally {
	h.mu.Lock()
	defer h.mu.Unlock()
	w := h.gather()
	t := tally{logins: len(w.logins)}
	for _, x := range w.exchanges {
		w.judgeExchange(x, &t)
	}
	for _, q := range w.questions {
		w.judgeQuestion(q, &t)
	}
	w.judgeAccepts(&t)
	w.judgeUnasked(&t)
	for _, l := range w.logins {
		w.judgeAsk(l)
		w.judgePushes(l, &t)
	}
	w.judgeBudget()
	return t
}

// judgeExchange: exactly one verdict, in time, its own login's, and nothing but a Reject without first factor and policy.
func (w *truth) judgeExchange(x *exchange, t *tally) {
	if x.ends != 1 {
		w.complain("exchange %d: %d verdicts", x.id, x.ends)
	}
	if took := x.at.Sub(x.received); took > w.patience {
		w.complain("exchange %d: answered after %v", x.id, took)
	}
	j := w.journeys[x.verdict.Attempt]
	lets := x.verdict.Kind != auth.Reject
	if lets && x.state == "" && !x.showed(x.at) {
		w.complain("exchange %d: let in or asked on without its first factor", x.id)
	}
	if lets && w.people[x.who.person].barred {
		w.complain("exchange %d: let in or asked on against the policy", x.id)
	}
	if x.verdict.Kind == auth.Accept && !x.at.Before(w.begun(x).Add(w.patience-time.Second)) {
		w.complain("exchange %d: let in after the answer had to leave", x.id)
	}
	if j != nil && x.state == "" && (j.all[0].state != "" || j.all[0].who != x.who || j.all[0].era != x.era) {
		w.complain("exchange %d: got the verdict of another login", x.id)
	}
	if x.state != "" && x.to == nil && w.goesOn(x) {
		w.complain("exchange %d: a State that nobody gave was good", x.id)
	}
	switch x.verdict.Reason { //nolint:exhaustive // what is counted
	case auth.Collision:
		t.collisions++
	case auth.StaleApproval:
		t.stale++
	}
}

// judgeAccepts: behind every Accept stands an approval by that phone's person after that login's push, or one that the rules of
// late credit allow; and no two logins share one. What needs no push of its own is judgeUnasked's.
func (w *truth) judgeAccepts(t *tally) {
	var all [][]int
	for _, j := range w.all() {
		x := j.accepted()
		if x == nil || x.verdict.Reason != auth.ApprovedByPerson {
			continue
		}
		t.accepts++
		if x.state != "" {
			t.answered++
		}
		if x.to != nil && len(j.logins) == 1 && j.logins[0].attempt == x.verdict.Attempt {
			t.chosen++
		}
		if len(j.logins) != 1 {
			w.complain("exchange %d: let in after %d pushes were asked for", x.id, len(j.logins))
			continue
		}
		l := j.logins[0]
		own := w.own(l, x.at)
		late, whyNot := w.late(l, x.at)
		if len(own) == 0 && len(late) == 0 {
			w.complain("attempt %d: let in without an approval after its push; late: %s", l.serial, whyNot)
			continue
		}
		if len(own) == 0 {
			t.late++
		}
		all = append(all, append(own, late...))
	}
	if !matches(all) {
		w.complain("two attempts were let in for one approval")
	}
}

// matches reports that everybody can have one of their own.
func matches(wanted [][]int) bool {
	holder := map[int]int{}
	var find func(i int, tried map[int]bool) bool
	find = func(i int, tried map[int]bool) bool {
		for _, act := range wanted[i] {
			if tried[act] {
				continue
			}
			tried[act] = true
			if other, taken := holder[act]; !taken || find(other, tried) {
				holder[act] = i
				return true
			}
		}
		return false
	}
	for i := range wanted {
		if !find(i, map[int]bool{}) {
			return false
		}
	}
	return true
}

// What docs/ivalt.md promises of a call, and of the one more push.
const (
	callTimeout = 10 * time.Second
	resendAfter = 10 * time.Second
)

// judgePushes: one push, and one more only where nobody could know of the first, not before its time.
func (w *truth) judgePushes(l *login, t *tally) {
	switch {
	case len(l.pushes) > 2:
		w.complain("attempt %d: %d pushes", l.serial, len(l.pushes))
		return
	case len(l.pushes) < 2:
		return
	}
	t.resent++
	first, second := l.pushes[0], l.pushes[1]
	left := first.Arrived.Add(-w.way)
	told := first.Out.Add(w.way)
	gaveUp := told.Sub(left) >= callTimeout
	if gaveUp {
		told = left.Add(callTimeout)
	}
	if first.Whole && !gaveUp && first.Status < http.StatusInternalServerError {
		w.complain("attempt %d: pushed again though iVALT had answered %d", l.serial, first.Status)
	}
	if gap := second.Arrived.Add(-w.way).Sub(told); gap < resendAfter {
		w.complain("attempt %d: pushed again after %v", l.serial, gap)
	}
}

// judgeBudget: no call too many, counted where the calls arrive. A process that was started again knows nothing of the calls before.
func (w *truth) judgeBudget() {
	n, l := w.sky.Counters(), w.settings.limits
	if n.Submissions > 0 || n.Redirects > 0 || n.Refused > 0 {
		w.complain("calls that no client may make: %+v", n)
	}
	if w.era > 0 || l == (state.Limits{}) {
		return
	}
	if n.Throttled > 0 || n.PeakSecond > l.PerSecond || n.PeakMinute > l.PerMinute || n.PeakHour > l.PerHour {
		w.complain("over the limits: %d refused, peaks %d, %d, %d", n.Throttled, n.PeakSecond, n.PeakMinute, n.PeakHour)
	}
}
