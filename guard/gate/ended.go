package gate

import (
	"strconv"
	"time"

	"ivalt-radius/audit"
	"ivalt-radius/auth"
	"ivalt-radius/guard/gate/lockout"
	"ivalt-radius/guard/gate/pause"
)

// Ended implements auth.Gate.
func (g *Gate) Ended(v auth.Visit, e auth.End) {
	for _, begun := range g.ended(v, e) {
		g.deps.Note(begun)
	}
	if g.deps.Tell != nil {
		g.tellEnd(v, e)
	}
}

// ended counts, and returns the lockouts that begin.
func (g *Gate) ended(v auth.Visit, e auth.End) (begun []audit.Security) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.counts == nil {
		return nil
	}
	now := g.deps.Now()
	var names [2]origin
	of := g.origins(v, now, &names)
	for _, o := range of {
		g.checked(o)
	}
	switch {
	case e.Guess:
		g.counts.wrong(v, of, &g.s.WrongPasswords, now)
		for _, o := range of {
			if l := g.locks.Wrong(lockout.Pair{User: o.name, Station: o.station}, g.s.Lockout, now); l.Count > 0 {
				begun = append(begun, lockedOut(v, o, l))
			}
		}
	case e.Passed:
		g.right(of)
	}
	g.rang(v, of, e, now, now)
	return begun
}

// origins are the login's under its own name, and under its person's, in the room that the caller has for them.
func (g *Gate) origins(v auth.Visit, now time.Time, room *[2]origin) []origin {
	room[0] = g.origin(v, v.User.String(), now)
	if v.Person == "" {
		return room[:1]
	}
	room[1] = g.origin(v, v.Person, now)
	return room[:]
}

// right forgets wrong passwords.
func (g *Gate) right(of []origin) {
	for _, o := range of {
		g.locks.Right(lockout.Pair{User: o.name, Station: o.station})
	}
}

// checked takes back that the login was being checked.
func (g *Gate) checked(o origin) {
	if o.station != "" {
		g.locks.Checked(lockout.Pair{User: o.name, Station: o.station})
	}
	if o.share == strangers {
		g.locks.Checked(lockout.Pair{User: o.name})
	}
}

// rang counts what became of the push, which ended at a time.
func (g *Gate) rang(v auth.Visit, of []origin, e auth.End, ended, now time.Time) {
	last := of[len(of)-1] // the person's
	at := rangAt(of)
	switch {
	case e.Reason == auth.ApprovedByPerson:
		g.pauses.Clear(at) // the place's, or the strangers' where it was unfamiliar
		if e.Pushed {
			g.counts.give(pushes, last, &g.s.Pushes, now) // what the person wanted does not keep the next push back
		}
		for _, o := range of {
			g.places.Add(o.name, o.station, ended)
			g.locks.Approved(lockout.Pair{User: o.name, Station: o.station})
		}
	case e.Reason == auth.PushDenied:
		g.pauses.Refused(at, v.User.String(), g.s.pauses(), ended)
	case e.Pushed && (e.Reason == auth.PushTimeout || e.Reason == auth.Collision && last.share == strangers):
		// Whoever has two logins collide makes the phone ring and ends that before anybody can answer. At a familiar place the other one may be a stranger's.
		g.pauses.Unanswered(at, v.User.String(), g.s.pauses(), ended)
	}
}

// rangAt is the place whose pauses a login of these origins concerns.
func rangAt(of []origin) pause.Place {
	last := of[len(of)-1]
	return pause.Place{User: last.name, Station: last.place()}
}

// lockedOut is the event of a lockout that begins.
func lockedOut(v auth.Visit, o origin, l lockout.Lock) audit.Security {
	return audit.Security{
		Event: "locked_out", Client: v.Client, User: o.name, CallingStation: v.Station,
		Detail: "too many wrong passwords (guard.lockout.after); until " + moment(l.Until) + ", lockout " + strconv.Itoa(l.Count) + " in a row",
	}
}
