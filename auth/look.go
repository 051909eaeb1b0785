package auth

import (
	"slices"

	"ivalt-radius/auth/joint"
	"ivalt-radius/auth/waiting"
	"ivalt-radius/state/line"
)

// Look shows so many of the logins that wait, the oldest ones. Its cost is theirs, however many wait.
func (f *Flow) Look(most int) waiting.Snapshot {
	s := waiting.Snapshot{Logins: make([]waiting.Login, 0, most)}
	f.attempts.look(&s)
	slices.SortStableFunc(s.Logins, func(a, b waiting.Login) int { return a.Since.Compare(b.Since) })
	return s
}

// look fills in what the snapshot has room for.
func (s *attempts) look(into *waiting.Snapshot) {
	s.mu.Lock()
	defer s.mu.Unlock()
	into.Waiting, into.Draining = s.verdicts.Len(), s.draining
	for _, l := range []*line.Line[pending]{&s.verdicts, &s.answers} {
		for p := range l.All() {
			if len(into.Logins) == cap(into.Logins) {
				return
			}
			login := p.shown()
			if login.For != waiting.Question && (into.Oldest.IsZero() || login.Since.Before(into.Oldest)) {
				into.Oldest = login.Since
			}
			into.Logins = append(into.Logins, login)
		}
	}
}

// shown is a login as it waits. attempts.mu is held.
func (p *pending) shown() waiting.Login {
	a := p.attempt
	l := waiting.Login{
		Attempt: a.id, Client: p.req.Client.Name, User: p.user, CallingStation: p.req.CallingStation,
		Since: a.first, LeaveBy: a.first.Add(p.req.Client.AnswerWithin - answerMargin), Exchanges: a.total, Asked: a.asked,
	}
	_, elsewhere := a.asked.(joint.Waits)
	switch {
	case a.concluded:
		l.For, l.LeaveBy = waiting.Question, a.until
	case elsewhere:
		l.For = waiting.OtherNode
	case a.asked != nil:
		l.For = waiting.Phone
	}
	return l
}
