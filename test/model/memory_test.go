package model

import (
	"slices"
	"time"

	"ivalt-radius/auth"
	"ivalt-radius/policy"
)

// judgeUnasked: who is let in without a push of their own was approved before, or iVALT could not be asked and the rules of the day
// say what then.
func (w *truth) judgeUnasked(t *tally) {
	for _, j := range w.all() {
		x := j.accepted()
		switch {
		case x == nil || x.verdict.Reason == auth.ApprovedByPerson:
			continue
		case x.verdict.Reason == auth.Remembered && w.rememberedLogin(j, x):
			t.remembered++
			continue
		case x.verdict.Reason == auth.Remembered && w.rememberedStation(j, x):
			t.failRemembered++
		case x.verdict.Reason == auth.ExemptByRule && w.open(j, x):
			t.failOpen++
		default:
			w.complain("exchange %d: let in as %s without a right to it", x.id, x.verdict.Reason)
		}
		for _, l := range j.logins {
			if len(l.pushes) > 0 {
				w.complain("exchange %d: let in by a fail mode though a push had left", x.id)
			}
		}
		if !w.troubled(j.all[0].received, x.at) {
			w.complain("exchange %d: let in by a fail mode though iVALT could be asked", x.id)
		}
	}
}

// open reports that the rules of the day let everybody in with a right first factor, and that it is before their end for every copy.
func (w *truth) open(j *journey, first *exchange) bool {
	allowed := false
	var latest time.Time
	for _, x := range j.shown(first.at) {
		end := w.began.Add(x.day.failEnds)
		if w.checked && x.day.fail == policy.FailOpen && first.at.Before(end) && end.After(latest) {
			allowed, latest = true, end
		}
	}
	for _, x := range j.all {
		v := x.verdict
		if v.Kind == auth.Accept && (v.Until.IsZero() || !x.at.Before(v.Until) || v.Until.After(latest)) {
			w.complain("exchange %d: let in by insecure_allow after its end, or for longer", x.id)
		}
	}
	return allowed
}

// rememberedLogin reports an approval, within the rule's time, of the very same login as one that shows its first factor now.
func (w *truth) rememberedLogin(j *journey, at *exchange) bool {
	return w.approvedBefore(j, at, func(x *exchange, l *login, age time.Duration) bool {
		return age < x.day.remember && l.who.client == x.who.client
	})
}

// rememberedStation reports an approval of the same person at the same calling station, within the fail mode's time.
func (w *truth) rememberedStation(j *journey, at *exchange) bool {
	return w.approvedBefore(j, at, func(x *exchange, _ *login, age time.Duration) bool {
		return x.day.fail == policy.FailRemembered && age < x.day.failFor
	})
}

// approvedBefore reports an approval of the same person, station, password and phone that counts, and that nothing took away.
func (w *truth) approvedBefore(j *journey, at *exchange, counts func(x *exchange, l *login, age time.Duration) bool) bool {
	for _, x := range j.shown(at.at) {
		for _, l := range w.logins {
			if !w.checked || len(l.all) == 0 || l.era != x.era || l.station == "" || l.who.station != x.who.station ||
				l.who.person != x.who.person || l.who.password != x.who.password || !w.hasPhone(x, l.mobile) {
				continue
			}
			y := l.accepted()
			if y == nil || y.verdict.Reason != auth.ApprovedByPerson || y.at.After(at.at) || !counts(x, l, at.at.Sub(y.at)) {
				continue
			}
			if w.takenAway(x.who, x.era, y.at, at.at) == "" {
				return true
			}
		}
	}
	return false
}

// hasPhone reports that a phone is one of the person's by the directory of now.
func (w *truth) hasPhone(x *exchange, mobile string) bool {
	return slices.ContainsFunc(x.shown, func(n int) bool { return mobileOf(n) == mobile })
}

// takenAway says what took back all that was remembered of somebody between two moments.
func (w *truth) takenAway(who caller, era int, from, to time.Time) string {
	within := func(at time.Time) bool { return at.After(from) && at.Before(to) }
	for _, z := range w.exchanges {
		if z.era != era || z.who.person != who.person {
			continue
		}
		if (z.verdict.Reason == auth.PushDenied || z.verdict.Reason == auth.Collision) && within(z.at) {
			return "a denial or a collision"
		}
		for _, c := range z.checks {
			if c.right && z.who.station != "" && z.who.password != who.password && within(c.at) {
				return "another password"
			}
		}
	}
	for _, z := range w.wiped {
		if z.person == who.person && within(z.at) {
			return "an operator"
		}
	}
	return ""
}

// troubled reports that calls failed while a login waited, or so shortly before that iVALT was closed off yet.
func (w *truth) troubled(from, to time.Time) bool {
	const closedOff = 2 * time.Minute
	for _, r := range w.sky.Requests() {
		if r.Fault != "" && r.Time.After(from.Add(-closedOff)) && !r.Time.After(to) {
			return true
		}
	}
	return false
}
