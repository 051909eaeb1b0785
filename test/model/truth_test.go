package model

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"time"

	"ivalt-radius/auth"
	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/ivalt/ivalttest/habit"
	"ivalt-radius/test/rehearsal"
)

// login is a push that was asked for, with all that the world knows of its journey.
type login struct {
	ask
	*journey
	who      caller
	received time.Time // its first exchange
	credit   time.Duration
	end      time.Time // the first verdict
	pushes   []rehearsal.Crossing
}

// ring is when the attempt's push reached the cloud; false where none did.
func (l *login) ring() (time.Time, bool) {
	if len(l.pushes) == 0 {
		return time.Time{}, false
	}
	return l.pushes[0].Arrived, true
}

// lapsed reports that it ended since nobody answered, or since the last look failed, with somebody still waiting for the end.
func (l *login) lapsed() bool {
	return slices.ContainsFunc(l.all, func(x *exchange) bool {
		return (x.verdict.Reason == auth.PushTimeout || x.verdict.Reason == auth.Unavailable) && !x.verdict.Silent
	})
}

// truth is what happened, in order.
type truth struct {
	*house

	journeys  map[string]*journey // by attempt
	questions []*question

	logins  []*login // by serial
	answers []ivalttest.Answer
	labels  map[uint64]int // serials by the cloud's number of a push
	looks   []look
}

// look is a poll that was answered truly.
type look struct {
	mobile string
	at     time.Time
}

// gather brings together what the world saw.
func (h *house) gather() *truth {
	w := &truth{house: h, answers: h.sky.Answers(), labels: map[uint64]int{}}
	w.link()
	for _, a := range h.asks {
		l := &login{ask: *a, journey: w.journeys[a.attempt]}
		w.logins = append(w.logins, l)
		if l.journey == nil {
			l.journey = &journey{}
			h.complain("attempt %d was pushed for, and nobody got its verdict", l.serial)
			continue
		}
		first := l.all[0]
		l.who, l.received, l.credit, l.end = first.who, first.received, first.credit, first.at
		l.logins = append(l.logins, l)
	}
	for _, c := range h.crossings {
		if serial, ok := serialOf(c); ok && serial < len(w.logins) {
			w.logins[serial].pushes = append(w.logins[serial].pushes, c)
		}
	}
	for _, p := range h.sky.PushLog(1024) {
		w.labels[p.ID], _ = strconv.Atoi(p.RequestFrom)
	}
	for _, r := range h.sky.Requests() {
		if r.Endpoint == ivalttest.ResultEndpoint && r.Fault == "" && r.Status != http.StatusTooManyRequests {
			w.looks = append(w.looks, look{r.Mobile, r.Time})
		}
	}
	return w
}

// serialOf reads which attempt a push was for; false where the call is none.
func serialOf(c rehearsal.Crossing) (int, bool) {
	if c.Path != habit.PathPush {
		return 0, false
	}
	var fields struct {
		RequestFrom string `json:"requestFrom"`
	}
	if json.Unmarshal([]byte(c.Body), &fields) != nil {
		return 0, false
	}
	n, err := strconv.Atoi(fields.RequestFrom)
	return n, err == nil
}

// own are the approvals, by their number in answers, that the attempt's own push may have brought: anything that the phone's person
// approved from its arrival to the Accept. That it may be an older push's is the known limit of docs/security.md.
func (w *truth) own(l *login, by time.Time) (acts []int) {
	rang, ok := l.ring()
	if !ok {
		return nil
	}
	return w.approvals(l.mobile, rang, by)
}

// approvals are those of a phone in a time.
func (w *truth) approvals(mobile string, from, to time.Time) (acts []int) {
	for i, a := range w.answers {
		if a.Mobile == mobile && a.By != ivalttest.Submitted && a.Said == "approved" && !a.At.Before(from) && !a.At.After(to) {
			acts = append(acts, i)
		}
	}
	return acts
}

// slack is how much later than a credit's end an approval may be read: the poll left before.
func (w *truth) slack() time.Duration {
	for _, d := range w.deeds {
		if d.fault.Kind == ivalttest.Slow {
			return 10 * time.Second
		}
	}
	return 2 * w.way
}

// late are the approvals of the attempt before, of the very same login, that may count for this one; why not says why there are
// none.
func (w *truth) late(l *login, by time.Time) (acts []int, whyNot string) {
	b := w.former(l)
	if b == nil {
		return nil, "there was no earlier attempt of the very same login"
	}
	rang, pushed := b.ring()
	until := b.received.Add(w.patience - time.Second + b.credit)
	switch {
	case b.parts > 1 || l.parts > 1:
		return nil, "it went on over a question"
	case b.mobile != l.mobile:
		return nil, "the earlier attempt was another phone's"
	case b.credit == 0:
		return nil, "the settings give no late credit"
	case !pushed:
		return nil, "the earlier attempt never rang"
	case !b.lapsed():
		return nil, "the earlier attempt did not time out"
	case !l.received.Before(until):
		return nil, "the late credit was over"
	}
	if why := w.voided(b, l); why != "" {
		return nil, why
	}
	for _, i := range w.approvals(l.mobile, rang, by) {
		a := w.answers[i]
		if a.At.Before(until.Add(w.slack())) && !w.denied(b, rang, a.At) {
			acts = append(acts, i)
		}
	}
	return acts, "nobody approved in time for the late credit"
}

// former is the attempt before, of the very same login, in the same process.
func (w *truth) former(l *login) *login {
	for _, b := range slices.Backward(w.logins[:l.serial]) {
		if b.era == l.era && b.who == l.who && len(b.all) > 0 {
			return b
		}
	}
	return nil
}

// voided says what between two attempts takes the credit of the first from the second.
func (w *truth) voided(b, l *login) string {
	rang, _ := b.ring()
	for _, other := range w.logins {
		if other.serial == b.serial || other.serial == l.serial || other.mobile != l.mobile {
			continue
		}
		for _, c := range other.pushes {
			if c.Arrived.After(rang) && c.Arrived.Add(-w.way).Before(l.at) {
				return "a different login had claimed the phone"
			}
		}
	}
	for _, x := range w.exchanges {
		j := w.journeys[x.verdict.Attempt]
		sameMobile := j != nil && slices.ContainsFunc(j.logins, func(o *login) bool { return o.mobile == l.mobile })
		if sameMobile && x.era == l.era && x.verdict.Reason == auth.Collision && x.at.After(b.end) && x.at.Before(l.at) {
			return "a collision had voided it"
		}
	}
	return ""
}

// denied reports that the phone's person denied behind b's push, and that somebody looked before they approved after all. What the first
// look behind a push finds is taken for an answer to an older one, as docs/ivalt.md says of the sentinel: such a denial says nothing.
func (w *truth) denied(b *login, rang, approved time.Time) bool {
	first := w.looked(b.mobile, rang)
	return slices.ContainsFunc(w.answers, func(d ivalttest.Answer) bool {
		return d.Mobile == b.mobile && d.Said == "denied" && d.At.After(first) && d.At.Before(approved) && w.looked(b.mobile, d.At).Before(approved)
	})
}

// looked is when a phone's result was first told truly after a moment; far in the future where it never was.
func (w *truth) looked(mobile string, after time.Time) time.Time {
	first := after.Add(1000 * time.Hour)
	for _, k := range w.looks {
		if k.mobile == mobile && k.at.After(after) && k.at.Before(first) {
			first = k.at
		}
	}
	return first
}
