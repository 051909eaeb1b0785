package history

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Login is what makes packets one login: who, where from, and which password of theirs (a number, never the text).
type Login struct {
	User, Station string
	Password      int
}

// Verdict is what an answer says.
type Verdict uint8

// The verdicts. The zero Verdict is of no answer.
const (
	None Verdict = iota
	Accept
	Reject
)

// String is the verdict's word, as trails have it.
func (v Verdict) String() string { return [...]string{"none", "accept", "reject"}[min(v, Reject)] }

// Answer is one that came back.
type Answer struct {
	At      time.Time
	Verdict Verdict
	Wrong   string // why it does not verify; empty: it does
	Message string // Reply-Message
}

// Exchange is one packet at one node: the same octets at another node are another exchange of the same Packet.
type Exchange struct {
	Login   Login
	Node    string
	Packet  int         // a number for its octets
	Sent    []time.Time // each time that they left, in order; at least one
	Answers []Answer    // in order
}

// Push is one that rang, as the cloud saw it.
type Push struct {
	User, Station string
	Node          string // that asked for it
	At            time.Time
}

// Said is an approval, whatever the API made of it.
type Said struct {
	User string
	At   time.Time
}

// Span is a time in which something was not as it ought to be.
type Span struct {
	Node     string // whose; empty: the memory's
	Why      string
	From, To time.Time
}

func (s Span) touches(from, to time.Time) bool { return !s.From.After(to) && !s.To.Before(from) }

// Record is the end of a login in a node's trail.
type Record struct {
	Node, User, Station string
	Verdict             Verdict
	Reason              string
	At                  time.Time
}

// History is what happened.
type History struct {
	Exchanges []Exchange
	Pushes    []Push
	Approvals []Said
	Downs     []Span // nodes that were killed, stopped, or drained for a restart
	Losses    []Span // of the memory: a restart without its data, a failover
	Mutes     []Span // when a node could not tell the memory of copies that joined at it; of all nodes where none is named
	Records   []Record

	Within   time.Duration   // how long a gateway waits from its first packet on
	Joinable time.Duration   // how long a copy may join a concluded Accept
	Exempt   map[string]bool // users who come in without a push
	Until    time.Time       // when everybody stopped listening
}

// Why a node was down. One that was killed forgot all it knew, and neither it nor one that was rolled got what came meanwhile; one that was stopped got that
// when it went on.
const (
	Killed  = "kill -9"
	Rolled  = "SIGTERM"
	Stopped = "SIGSTOP"
)

// Grace is what an answer may come later than the gateway waits, on a busy machine.
const Grace = 2 * time.Second

// crossing is how long a packet may be on its way, and a node's word to the memory as well: one that left so long before a login was over may
// have found it over.
const crossing = 2 * time.Second

// Kind is what was violated.
type Kind string

// The kinds of violations.
const (
	TwoPushes  Kind = "two pushes"
	StrayPush  Kind = "stray push"
	Unapproved Kind = "accept without approval"
	Unrecorded Kind = "accept without record"
	Unanswered Kind = "no answer"
	Unverified Kind = "answer does not verify"
)

// Violation is one thing that must not be.
type Violation struct {
	Kind  Kind
	Login Login
	Text  string
}

// login is all of one.
type login struct {
	Login

	exchanges []Exchange
	first     time.Time
	pushes    []Push
	records   []Record
}

// place is where a push or a record says that a login is from: the password is not told there.
type place struct{ user, station string }

// logins puts together what belongs together, in the order of their first packets. Pushes that belong to none are returned apart.
func (h *History) logins() (all []*login, stray []Push) {
	of, at := map[Login]*login{}, map[place][]*login{}
	for _, e := range h.Exchanges {
		l := of[e.Login]
		if l == nil {
			l = &login{Login: e.Login, first: e.Sent[0]}
			of[e.Login] = l
			where := place{e.Login.User, e.Login.Station}
			at[where] = append(at[where], l)
			all = append(all, l)
		}
		l.exchanges = append(l.exchanges, e)
		if e.Sent[0].Before(l.first) {
			l.first = e.Sent[0]
		}
	}
	slices.SortStableFunc(all, func(a, b *login) int { return a.first.Compare(b.first) })
	for _, p := range h.Pushes {
		l := latest(at[place{p.User, p.Station}], p.At)
		if l == nil {
			stray = append(stray, p)
			continue
		}
		l.pushes = append(l.pushes, p)
	}
	for _, r := range h.Records {
		if l := latest(at[place{r.User, r.Station}], r.At); l != nil {
			l.records = append(l.records, r)
		}
	}
	for _, l := range all {
		slices.SortStableFunc(l.pushes, func(a, b Push) int { return a.At.Compare(b.At) })
	}
	return all, stray
}

// latest is the login that began last by then; nil: none had.
func latest(all []*login, by time.Time) (found *login) {
	for _, l := range all {
		if !l.first.After(by) && (found == nil || l.first.After(found.first)) {
			found = l
		}
	}
	return found
}

// Report is what Check found, and what it counted.
type Report struct {
	Violations []Violation
	Logins     int
	Pushes     int
	Accepts    int // logins that got one
	Rejects    int // logins that got nothing else
	Silent     int // exchanges without an answer that were allowed to have none
	Further    int // pushes beyond a login's first that were allowed
	ByPushes   []int
}

// String is one line of counts.
func (r Report) String() string {
	per := make([]string, len(r.ByPushes))
	for n, logins := range r.ByPushes {
		per[n] = fmt.Sprintf("%d with %d", logins, n)
	}
	return fmt.Sprintf("%d logins, %d pushes (%s; %d further ones allowed), %d let in, %d refused, %d packets whose answer cannot be told, %d violations",
		r.Logins, r.Pushes, strings.Join(per, ", "), r.Further, r.Accepts, r.Rejects, r.Silent, len(r.Violations))
}

// Check judges a history. Its violations are in the order of their logins.
func Check(h History) Report {
	all, stray := h.logins()
	r := Report{Logins: len(all), Pushes: len(h.Pushes)}
	for _, p := range stray {
		r.add(StrayPush, Login{User: p.User, Station: p.Station}, "%s asked for it at %s, before any packet of such a login", p.Node, p.At.Format(clock))
	}
	for _, l := range all {
		h.pushes(l, &r)
		for i := range l.exchanges {
			h.answers(l, &l.exchanges[i], &r)
		}
		r.count(l)
	}
	return r
}

func (r *Report) add(kind Kind, l Login, format string, args ...any) {
	r.Violations = append(r.Violations, Violation{kind, l, fmt.Sprintf(format, args...)})
}

func (r *Report) count(l *login) {
	for len(r.ByPushes) <= len(l.pushes) {
		r.ByPushes = append(r.ByPushes, 0)
	}
	r.ByPushes[len(l.pushes)]++
	best := None
	for _, e := range l.exchanges {
		for _, a := range e.Answers {
			if a.Wrong == "" && (best == None || a.Verdict == Accept) {
				best = a.Verdict
			}
		}
	}
	switch best {
	case Accept:
		r.Accepts++
	case Reject:
		r.Rejects++
	case None:
	}
}

// pushes judges how often a login rang.
func (h *History) pushes(l *login, r *Report) {
	if len(l.pushes) < 2 {
		return
	}
	last := l.pushes[len(l.pushes)-1].At
	allowed := 1
	for _, loss := range h.Losses {
		if loss.touches(l.first, last) {
			allowed++
		}
	}
	allowed += h.renewed(l)
	if len(l.pushes) > allowed {
		r.add(TwoPushes, l.Login, "%d, and %d are allowed", len(l.pushes), allowed)
		return
	}
	r.Further += len(l.pushes) - 1
}

// over is when a login was, or may have been: from then on a further packet is a login of its own. It is told by its answers and by the trails, since a
// node that dies may have written down what it could not send. The zero time: it was not.
func (h *History) over(l *login) (first time.Time) {
	end := func(v Verdict, at time.Time) {
		if v == Accept {
			at = at.Add(h.Joinable)
		}
		if at = at.Add(-crossing); v != None && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	for _, e := range l.exchanges {
		for _, a := range e.Answers {
			end(a.Verdict, a.At)
		}
	}
	for _, r := range l.records {
		end(r.Verdict, r.At)
	}
	return first
}

// renewed is how many packets may be logins of their own, since what they could have joined was over when they left.
func (h *History) renewed(l *login) (n int) {
	over := h.over(l)
	began := map[int]time.Time{} // by packet: the same octets are no other login, whenever they come
	for _, e := range l.exchanges {
		first, known := h.remembered(&e)
		if at, ok := began[e.Packet]; known && (!ok || first.Before(at)) {
			began[e.Packet] = first
		}
	}
	for _, at := range began {
		if !over.IsZero() && at.After(over) && at.After(l.first) {
			n++
		}
	}
	return n
}

// remembered is when a packet first reached its node so that the nodes know of it yet. False: it never did.
func (h *History) remembered(e *Exchange) (first time.Time, known bool) {
	for _, at := range e.Sent {
		if at, lost := h.arrived(e.Node, at); !lost {
			return at, true
		}
	}
	return first, false
}

// arrived is when what was sent to a node reached it. It is lost as well where the node was killed before it can have told the
// memory of it, or could not tell it (docs/cluster.md, what remains).
func (h *History) arrived(node string, sent time.Time) (at time.Time, lost bool) {
	at = sent
	for _, d := range h.Downs {
		switch {
		case d.Node != node || sent.After(d.To):
		case d.Why == Killed && sent.After(d.From.Add(-crossing)), d.Why == Rolled && sent.After(d.From):
			return at, true
		case d.Why == Stopped && sent.After(d.From):
			at = d.To
		}
	}
	return at, slices.ContainsFunc(h.Mutes, func(m Span) bool {
		return (m.Node == "" || m.Node == node) && m.touches(sent.Add(-crossing), sent.Add(crossing))
	})
}

// answers judges what came of one packet at one node.
func (h *History) answers(l *login, e *Exchange, r *Report) {
	deadline := e.Sent[0].Add(h.Within + Grace)
	answered := false
	for _, a := range e.Answers {
		if a.Wrong != "" {
			r.add(Unverified, l.Login, "%s to packet %d: %s", e.Node, e.Packet, a.Wrong)
			continue
		}
		if !a.At.After(deadline) {
			answered = true
		}
		if a.Verdict == Accept {
			h.accept(l, e, a, r)
		}
	}
	switch {
	case answered:
	case h.cannotTell(e, deadline):
		r.Silent++
	default:
		r.add(Unanswered, l.Login, "packet %d of %s at %s, until %s", e.Packet, e.Sent[0].Format(clock), e.Node, deadline.Format(clock))
	}
}

// cannotTell reports that a packet's answer may be missing: its node was down for a part of the time, or was not listened to for all of it.
func (h *History) cannotTell(e *Exchange, deadline time.Time) bool {
	return h.Until.Before(deadline) || slices.ContainsFunc(h.Downs, func(s Span) bool { return s.Node == e.Node && s.touches(e.Sent[0], deadline) })
}

// accept judges one Access-Accept.
func (h *History) accept(l *login, e *Exchange, a Answer, r *Report) {
	if !slices.ContainsFunc(l.records, func(rec Record) bool { return rec.Node == e.Node && rec.Verdict == Accept }) {
		r.add(Unrecorded, l.Login, "%s answered packet %d", e.Node, e.Packet)
	}
	if h.Exempt[l.User] {
		return
	}
	if len(l.pushes) == 0 || !slices.ContainsFunc(h.Approvals, func(s Said) bool {
		return s.User == l.User && !s.At.Before(l.pushes[0].At) && !s.At.After(a.At)
	}) {
		r.add(Unapproved, l.Login, "%s answered packet %d at %s, %d pushes", e.Node, e.Packet, a.At.Format(clock), len(l.pushes))
	}
}
