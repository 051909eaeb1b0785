package sessions

import (
	"cmp"
	"crypto/sha256"
	"slices"
	"strconv"
	"time"

	"ivalt-radius/state/line"
)

// slack is how much earlier than its login a session may seem to have started, by what the NAS counts in whole seconds.
const slack = 5 * time.Second

// name is a key as the logins of a day are found by it, whose memory counts: a digest.
type name [16]byte

func (k key) digest() name {
	sum := sha256.Sum256([]byte(strconv.Quote(k.client) + k.source.String() + k.id))
	return name(sum[:16])
}

// granted is a login that let somebody in, and what became of it.
type granted struct {
	Grant

	names []name    // under which it stands: the person at a calling station, and the session where the login names it
	until time.Time // the end that it gave, once a session of it has started
	place line.Place[granted]
}

// grants are the logins of the last day that a session may yet be of, by the names under which it may be told of.
type grants struct {
	by    map[name]*granted
	order line.Line[granted] // oldest first
}

// add takes a login, in the place of an older one of the same names.
func (g *grants) add(login *granted, now time.Time) {
	names := login.names
	login.names = make([]name, 0, len(names))
	for _, n := range names {
		older := g.by[n]
		if older != nil && older.At.After(login.At) {
			continue
		}
		g.by[n] = login
		login.names = append(login.names, n)
		if older == nil {
			continue
		}
		if older.names = slices.DeleteFunc(older.names, func(has name) bool { return has == n }); len(older.names) == 0 {
			older.place.Leave()
		}
	}
	if len(login.names) > 0 {
		g.order.Join(&login.place, login)
	}
	for oldest := g.order.First(); oldest != nil && (g.order.Len() > most || now.Sub(oldest.At) > life); oldest = g.order.First() {
		for _, n := range oldest.names {
			delete(g.by, n)
		}
		oldest.place.Leave()
	}
}

// settle finds the login that let a session in, the last one before it started, and the end that it was given: that much after its first session started.
// What was given to one login does not begin anew with its next session.
func (t *Table) settle(s *Session) {
	if s.Grant.Attempt != "" || s.Started.IsZero() {
		return
	}
	is := t.grants.by[s.byPair().digest()]
	if k, named := s.byID(); named {
		is = cmp.Or(t.grants.by[k.digest()], is)
	}
	if is == nil || is.At.After(s.Started.Add(slack)) {
		return
	}
	s.Grant = is.Grant
	if is.Limit > 0 && is.until.IsZero() {
		is.until = later(is.At, s.Started).Add(is.Limit)
	}
	s.Until = is.until
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
