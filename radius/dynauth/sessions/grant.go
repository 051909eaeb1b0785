package sessions

import "time"

// slack is how much earlier than its login a session may seem to have started, by what the NAS counts in whole seconds.
const slack = 5 * time.Second

// granted is a login that let somebody in, and what became of it.
type granted struct {
	Grant

	names [2]key    // under which it stands; the second may be none
	until time.Time // the end that it gave, once a session of it has started
}

// grants are the logins of the last day, by the names under which their session may be told of.
type grants struct {
	by    map[key]*granted
	order []*granted // oldest first
}

// add takes a login.
func (g *grants) add(login Grant, names [2]key, now time.Time) {
	is := &granted{Grant: login, names: names}
	for _, k := range names {
		if older := g.by[k]; k.id != "" && (older == nil || !older.At.After(login.At)) {
			g.by[k] = is
		}
	}
	g.order = append(g.order, is)
	for len(g.order) > 0 && (len(g.order) > most || now.Sub(g.order[0].At) > life) {
		for _, k := range g.order[0].names {
			if g.by[k] == g.order[0] {
				delete(g.by, k)
			}
		}
		g.order = g.order[1:]
	}
}

// settle finds the login that let a session in, the last one before it started, and the end that it was given: that much after its first session started.
// What was given to one login does not begin anew with its next session.
func (t *Table) settle(s *Session) {
	if s.Grant.Attempt != "" || s.Started.IsZero() {
		return
	}
	is := t.grants.by[s.byPair()]
	if k, named := s.byID(); named && t.grants.by[k] != nil {
		is = t.grants.by[k]
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
