package report

import (
	"hash/maphash"
	"strings"
	"time"

	"ivalt-radius/audit/query"
)

// Options are what an Aggregator is told beside the records.
type Options struct {
	Since, Until time.Time // of the report, as asked for; the records are not judged by it
	// AnswerWithin is what the settings say of each client's NAS, by the client's name; nil: nothing is known.
	AnswerWithin map[string]time.Duration
}

// Aggregator makes a Report of records. It is not safe for concurrent use.
type Aggregator struct {
	opt         Options
	first, last time.Time
	records     int

	logins    Logins
	reasons   map[string]*Reason
	hours     map[int64]*Hour // by the Unix time of their beginning
	users     *names
	addresses *names
	clients   map[string]*client
	approvals *histogram

	seen     [categories]finding
	apiTimes *histogram
	apiCalls int
	apiFails int
	throttle burst
}

// New makes an Aggregator without records.
func New(o Options) *Aggregator {
	seed := maphash.MakeSeed()
	return &Aggregator{
		opt: o, logins: Logins{ByReason: map[string]int{}}, reasons: map[string]*Reason{}, hours: map[int64]*Hour{},
		users: newNames(mostNames, seed), addresses: newNames(mostNames, seed), clients: map[string]*client{},
		approvals: newApprovalTimes(), apiTimes: newAPITimes(),
	}
}

// Add counts one record, in the order of the trail. It keeps nothing of it that changes with the next one.
func (a *Aggregator) Add(r *query.Record) {
	a.records++
	if a.first.IsZero() || r.Time.Before(a.first) {
		a.first = r.Time
	}
	if r.Time.After(a.last) {
		a.last = r.Time
	}
	switch r.Type {
	case "authentication_attempt":
		a.attempt(r)
	case "api_request":
		a.call(r)
	case "configuration_change":
		a.changed(r)
	case "data_access":
		a.note(dataAccess, r.Time, r.Action+" by "+user(r.Actor))
	case "user_action":
		if r.Action != "accounting" {
			a.note(actions, r.Time, r.Action+" by "+user(r.Actor))
		}
	default:
		a.event(r)
	}
}

// user is the one behind an actor, "uid=0 pid=7", whose processes come and go.
func user(actor string) string {
	uid, _, _ := strings.Cut(actor, " ")
	return uid
}

// attempt counts one login's end. What is no Accept and no Challenge is a Reject.
func (a *Aggregator) attempt(r *query.Record) {
	took := time.Duration(r.DurationMS) * time.Millisecond
	byPhone := r.Verdict == "accept" && r.Reason == "approved"
	c := a.client(r.Client)
	c.asked(r, took)
	if r.Verdict == "challenge" {
		a.logins.Challenged++
		return
	}
	verdict := "reject"
	if r.Verdict == "accept" {
		verdict = "accept"
	}
	a.logins.Total++
	a.reason(r.Reason, verdict)
	hour := a.hour(r.Time)
	user, address := a.users.of(r.User), a.addresses.of(r.CallingStation)
	user.Logins++
	address.Logins++
	if verdict == "accept" {
		a.logins.Accepted++
		hour.Accepted++
		user.Accepted++
		address.Accepted++
	} else {
		a.logins.Rejected++
		hour.Rejected++
		user.Rejected++
		address.Rejected++
		a.rejected(r, user, address)
	}
	if byPhone {
		a.approvals.add(took)
		c.approvals.add(took)
		a.gaveIn(r, user)
	}
}

// rejected looks at what a Reject may be a part of.
func (a *Aggregator) rejected(r *query.Record, user, address *named) {
	switch r.Reason {
	case "bad_password", "unknown_user", "bad_request":
		a.note(guessing, r.Time, "")
		user.guessed(r.Time, a.users.seed, address.Name)
		address.guessed(r.Time, a.users.seed, user.Name)
	case "push_denied", "push_timeout":
		a.note(fatigue, r.Time, "")
		user.unanswered.note(r.Time, fatigueWindow)
		user.ignored++
		if r.Reason == "push_denied" {
			user.denied = r.Time
		}
	case "busy", "unavailable", "shutting_down", "misconfigured": // our trouble, not theirs
		return
	}
	a.note(failures, r.Time, r.Reason)
}

// gaveIn looks whether an approval ends a row of pushes that the person did not want.
func (a *Aggregator) gaveIn(r *query.Record, user *named) {
	denied := !user.denied.IsZero() && r.Time.Sub(user.denied) <= fatigueWindow
	if denied && user.unanswered.in(r.Time, fatigueWindow) >= fatigueMedium {
		user.gaveIn++
	}
}

// reason counts what a login ended with; where there are too many reasons the rest is "other".
func (a *Aggregator) reason(word, verdict string) {
	n := a.reasons[verdict+word]
	if n == nil {
		if len(a.reasons) >= mostReasons {
			word = "other"
		}
		word = strings.Clone(word)
		n = a.reasons[verdict+word]
		if n == nil {
			n = &Reason{Reason: word, Verdict: verdict}
			a.reasons[verdict+word] = n
		}
	}
	n.Count++
	a.logins.ByReason[n.Reason]++
}

// hour is where a login is counted; where there are too many hours, the last one is kept for all others.
func (a *Aggregator) hour(at time.Time) *Hour {
	begins := at.UTC().Truncate(time.Hour)
	h := a.hours[begins.Unix()]
	if h == nil {
		if len(a.hours) >= mostHours {
			begins = time.Unix(0, 0).UTC()
		}
		if h = a.hours[begins.Unix()]; h == nil {
			h = &Hour{Hour: begins}
			a.hours[begins.Unix()] = h
		}
	}
	return h
}

// call counts one call to iVALT.
func (a *Aggregator) call(r *query.Record) {
	a.apiCalls++
	if string(r.Status) != "0" {
		a.apiTimes.add(time.Duration(r.DurationMS) * time.Millisecond)
	}
	switch r.Class {
	case "failed", "unsent", "refused", "bad key or path", "shape drift":
	case "throttled":
		a.throttle.note(r.Time, throttleWindow)
	default:
		return
	}
	a.apiFails++
	a.note(api, r.Time, "call "+r.Class)
}

// changed counts a change of the settings, or one that was refused. A start says which are in force, and that is none.
func (a *Aggregator) changed(r *query.Record) {
	if r.Event == "in_force" {
		return
	}
	a.note(configuration, r.Time, r.Event)
	for _, c := range r.Changes {
		a.seen[configuration].by.add("setting " + c.Key)
	}
}

// event counts a system or security event that matters here.
func (a *Aggregator) event(r *query.Record) {
	switch of, known := eventCategory(r.Event); {
	case !known:
	case of == collisions:
		a.note(of, r.Time, r.User)
	default:
		a.note(of, r.Time, r.Event)
	}
}

// eventCategory is where an event is counted. Starts, stops, checkpoints and segments are a trail's everyday life.
func eventCategory(event string) (category, bool) {
	switch event {
	case "collision", "stale_approval":
		return collisions, true
	case "ivalt_unavailable", "ivalt_misconfigured", "odd_answer", "clock_skew":
		return api, true
	case "recovered", "records_lost":
		return trail, true
	case "fail_mode_used", "fail_mode_insecure_allow", "message_authenticator_not_learned":
		return insecure, true
	}
	switch {
	case strings.HasPrefix(event, "trail_"):
		return trail, true
	case strings.HasPrefix(event, "ship"):
		return shipping, true
	}
	return 0, false
}
