package model

import (
	"slices"
	"time"

	"ivalt-radius/auth"
)

// journey is a login over all its questions: one attempt, or several of which each answers the question of the one before.
type journey struct {
	all    []*exchange // by the order in which they came
	parts  int         // attempts
	logins []*login    // the pushes that were asked for
}

// question is a challenge that the NAS was told to put, with its State.
type question struct {
	given   *exchange // that got it first
	of      *journey
	ends    time.Time   // with the whole login, at the earliest
	over    time.Time   // and at the latest: it is not known which copy came first
	answers []*exchange // by the order in which they came
}

// goesOn reports an exchange with a State that was not refused for it.
func (w *truth) goesOn(x *exchange) bool {
	refused := x.verdict.Reason == auth.BadRequest || x.verdict.Reason == auth.Busy || x.verdict.Reason == auth.ShuttingDown
	return x.state != "" && (x.verdict.Kind != auth.Reject || !refused)
}

// showed reports that the exchange's own first factor was found right by then.
func (x *exchange) showed(by time.Time) bool {
	return slices.ContainsFunc(x.checks, func(c check) bool { return c.right && !c.at.After(by) })
}

// link finds which attempts are one journey: what answers a question goes on with the attempt that put it.
func (w *truth) link() {
	before := map[string]string{}
	states := map[string]*question{}
	for _, x := range w.exchanges {
		if x.to != nil {
			before[x.verdict.Attempt] = x.to.verdict.Attempt
		}
	}
	w.journeys = map[string]*journey{}
	for _, x := range w.exchanges {
		if x.verdict.Attempt == "" {
			continue
		}
		root := x.verdict.Attempt
		for before[root] != "" {
			root = before[root]
		}
		j := w.journeys[root]
		if j == nil {
			j = &journey{}
			w.journeys[root] = j
		}
		if w.journeys[x.verdict.Attempt] == nil {
			w.journeys[x.verdict.Attempt] = j
			j.parts++
		}
		j.all = append(j.all, x)
		if q := states[x.verdict.State]; x.verdict.State != "" && (q == nil || x.at.Before(q.given.at)) {
			states[x.verdict.State] = &question{given: x, of: j}
		}
	}
	for _, x := range w.exchanges {
		if q := states[x.verdict.State]; q != nil && q.given == x {
			w.questions = append(w.questions, q)
			q.ends, q.over = q.of.end(w.patience)
		}
		if q := states[x.state]; q != nil {
			q.answers = append(q.answers, x)
		}
	}
}

// all are the journeys, each once, by their first exchange.
func (w *truth) all() (all []*journey) {
	for _, x := range w.exchanges {
		if j := w.journeys[x.verdict.Attempt]; j != nil && j.all[0] == x {
			all = append(all, j)
		}
	}
	return all
}

// end is when the journey must be over at last, by the first and by the last of the exchanges that may have led its first attempt.
func (j *journey) end(patience time.Duration) (earliest, latest time.Time) {
	first := j.all[0]
	for _, x := range j.all {
		if x.verdict.Attempt == first.verdict.Attempt && x.at.Before(first.at) {
			first = x
		}
	}
	for _, x := range j.all {
		if x.verdict.Attempt != first.verdict.Attempt || x.received.After(first.at) {
			continue
		}
		end := x.received.Add(max(x.day.approval, patience-time.Second))
		if earliest.IsZero() || end.Before(earliest) {
			earliest = end
		}
		if end.After(latest) {
			latest = end
		}
	}
	return earliest, latest
}

// accepted is the exchange that was let in first; nil where none was.
func (j *journey) accepted() (first *exchange) {
	for _, x := range j.all {
		if x.verdict.Kind == auth.Accept && (first == nil || x.at.Before(first.at)) {
			first = x
		}
	}
	return first
}

// shown are the exchanges of the journey that showed a first factor by then: its answers show none.
func (j *journey) shown(by time.Time) (all []*exchange) {
	for _, x := range j.all {
		if x.state == "" && x.showed(by) {
			all = append(all, x)
		}
	}
	return all
}

// begun is when the attempt whose verdict an exchange got was received first.
func (w *truth) begun(x *exchange) time.Time {
	first := x.received
	for _, other := range w.exchanges {
		if other.verdict.Attempt == x.verdict.Attempt && other.received.Before(first) {
			first = other.received
		}
	}
	return first
}

// fits reports an answer from where the question was put, by the name that it was put to.
func (q *question) fits(x *exchange) bool {
	put := q.given
	return put.era == x.era && put.nas == x.nas && put.who.person == x.who.person && put.who.old == x.who.old && put.who.client == x.who.client &&
		put.who.station == x.who.station
}

// closed is when the question ended: with its first answer, at its end, or with its process.
func (w *truth) closed(q *question) time.Time {
	end := q.ends
	if q.given.era < len(w.stops) && w.stops[q.given.era].Before(end) {
		end = w.stops[q.given.era]
	}
	if len(q.answers) > 0 && q.answers[0].received.Before(end) {
		end = q.answers[0].received
	}
	return end
}

// judgeQuestion: a State is good once, from where it was put, before the end; and it is answered or abandoned.
func (w *truth) judgeQuestion(q *question, t *tally) {
	t.questions++
	for i, x := range q.answers {
		first := q.answers[0]
		switch {
		case !w.goesOn(x):
		case !q.fits(x):
			w.complain("exchange %d: an answer from elsewhere was good", x.id)
		case first.received.After(q.over): // a copy of one that came in time is none
			w.complain("exchange %d: an answer after the end was good", x.id)
		case i > 0 && (!q.fits(first) || x.verdict.Attempt != first.verdict.Attempt || x.who != first.who):
			w.complain("exchange %d: a State was good once more", x.id)
		}
	}
	answered := len(q.answers) > 0 && q.fits(q.answers[0]) && !q.answers[0].received.After(q.over)
	gone := !w.abandoned[q.given.verdict.Attempt].IsZero()
	if !answered && !gone || answered && gone && q.answers[0].received.Before(q.ends) {
		w.complain("exchange %d: its question was answered %v and abandoned %v", q.given.id, answered, gone)
	}
}

// judgeAsk: a push needs somebody's right first factor first, rings the phone that was asked for, and none of a login that waits
// already, or that has an open question.
func (w *truth) judgeAsk(l *login) {
	if len(l.all) == 0 {
		return
	}
	allowed := false
	for _, x := range l.shown(l.at) {
		allowed = allowed || !w.people[x.who.person].barred && w.wanted(l, x) == l.mobile
	}
	if !allowed {
		w.complain("attempt %d: pushed without first factor or policy, or to a phone that nobody asked for", l.serial)
	}
	for _, j := range w.all() {
		if first := j.all[0]; j == l.journey || first.era != l.era || first.who != l.who || first.state != "" {
			continue
		}
		for _, other := range j.logins {
			if end := w.waited(other); l.at.After(other.at) && l.at.Before(end) {
				w.complain("attempt %d: rings while attempt %d of the very same login waits", l.serial, other.serial)
			}
		}
		for _, q := range w.questions {
			if q.of == j && l.at.After(q.given.at) && l.at.Before(w.closed(q)) {
				w.complain("attempt %d: rings while exchange %d of the very same login has an open question", l.serial, q.given.id)
			}
		}
	}
}

// waited is until when the attempt that asked for a push surely had somebody waiting for its verdict.
func (w *truth) waited(l *login) (end time.Time) {
	for _, x := range l.all {
		if x.verdict.Attempt != l.attempt {
			continue
		}
		if x.verdict.Silent {
			return time.Time{} // withdrawn: a copy begins anew
		}
		if end.IsZero() || x.at.Before(end) {
			end = x.at
		}
	}
	return end
}

// wanted is the phone that a push for an exchange must ring: the directory's first, or the one that was chosen.
func (w *truth) wanted(l *login, x *exchange) string {
	n := 0
	for _, answer := range l.all {
		if answer.verdict.Attempt == l.attempt && answer.to != nil && len(answer.who.password) == 1 {
			n = int(answer.who.password[0] - '1')
			break
		}
	}
	if n < 0 || n >= len(x.shown) {
		return ""
	}
	return mobileOf(x.shown[n])
}
