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
}

func (t *tally) add(o tally) {
	t.logins += o.logins
	t.accepts += o.accepts
	t.late += o.late
	t.collisions += o.collisions
	t.stale += o.stale
	t.resent += o.resent
}

// judge holds a world that is over to every promise.
func (h *house) judge() tally {
	h.mu.Lock()
	defer h.mu.Unlock()
	w := h.gather()
	t := tally{logins: len(w.logins)}
	w.judgeExchanges(&t)
	w.judgeAccepts(&t)
	for _, l := range w.logins {
		w.judgePushes(l, &t)
	}
	w.judgeBudget()
	return t
}

// judgeExchanges: exactly one verdict each, in time, and no push without first factor and policy.
func (w *truth) judgeExchanges(t *tally) {
	of := map[string]*login{}
	for _, l := range w.logins {
		of[l.attempt] = l
	}
	for _, x := range w.exchanges {
		who := w.people[x.who.person]
		if x.ends != 1 {
			w.complain("exchange %d: %d verdicts", x.id, x.ends)
		}
		if took := x.at.Sub(x.received); took > w.patience {
			w.complain("exchange %d: answered after %v", x.id, took)
		}
		l := of[x.verdict.Attempt]
		if refused := who.barred || (w.checked && x.who.password != "right"); refused && (l != nil || x.verdict.Kind == auth.Accept) {
			w.complain("exchange %d: pushed or let in without first factor or policy", x.id)
		}
		if x.verdict.Kind == auth.Accept && (l == nil || !x.at.Before(l.received.Add(w.patience-time.Second))) {
			w.complain("exchange %d: let in without a push, or after the answer had to leave", x.id)
		}
		if l != nil && (l.who != x.who || l.era != x.era) {
			w.complain("exchange %d: got the verdict of another login", x.id)
		}
		if x.verdict.Reason == auth.Collision {
			t.collisions++
		}
		if x.verdict.Reason == auth.StaleApproval {
			t.stale++
		}
	}
}

// judgeAccepts: behind every Accept stands an approval by that phone's person after that attempt's push, or one that the rules of
// late credit allow; and no two attempts share one.
func (w *truth) judgeAccepts(t *tally) {
	var all [][]int
	for _, l := range w.logins {
		at, ok := l.accepted()
		if !ok {
			continue
		}
		t.accepts++
		own := w.own(l, at)
		late, whyNot := w.late(l, at)
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
