package gate

import (
	"strconv"
	"time"

	"ivalt-radius/auth"
	"ivalt-radius/guard/gate/lockout"
	"ivalt-radius/guard/gate/pause"
)

// open is the word that lets a login go on.
func open() auth.Admission { return auth.Admission{Open: true} }

// Admit implements auth.Gate. It allocates for a login that is refused, that is the first of its kind, or that comes from
// an IPv6 address.
func (g *Gate) Admit(v auth.Visit, s auth.Stage) auth.Admission {
	a := g.admit(v, s)
	switch {
	case g.deps.Tell == nil || !a.Open:
	case s == auth.Arriving:
		g.tell(visited(counted, v))
	case s == auth.Ringing:
		g.tell(visited(rung, v))
	}
	return a
}

func (g *Gate) admit(v auth.Visit, s auth.Stage) auth.Admission {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.counts == nil {
		return auth.Admission{}
	}
	now := g.deps.Now()
	switch s {
	case auth.Arriving:
		return g.arrive(v, now)
	case auth.Recognised:
		return g.recognise(v, now)
	case auth.Ringing:
		return g.ring(v, now)
	case auth.Entering:
		return g.blocked(v, v.User.String(), v.Person)
	}
	return auth.Admission{}
}

// arrive judges a login by its name. Nothing is counted of one that is refused.
func (g *Gate) arrive(v auth.Visit, now time.Time) auth.Admission {
	name := v.User.String()
	if a := g.blocked(v, name, ""); !a.Open {
		return a
	}
	o := g.origin(v, name, now)
	if a := g.mayGuess(o, now); !a.Open {
		return a
	}
	if full, wait := g.counts.room(attempts, o, &g.s.Attempts, 0, now); wait > 0 {
		return g.used(attempts, full, o, wait)
	}
	g.counts.take(attempts, o, &g.s.Attempts, now)
	g.check(o, now)
	return auth.Admission{Open: true, Familiar: o.share == familiars}
}

// recognise judges it by its person's listed name. It is counted as being checked even where it is refused: its end takes that back.
func (g *Gate) recognise(v auth.Visit, now time.Time) auth.Admission {
	o := g.origin(v, v.Person, now)
	a := g.blocked(v, v.Person, "")
	if a.Open {
		a = g.mayGuess(o, now)
	}
	g.check(o, now)
	return a
}

// ring judges a login whose phone is about to ring, by both its names.
func (g *Gate) ring(v auth.Visit, now time.Time) auth.Admission {
	name := v.User.String()
	if a := g.blocked(v, name, v.Person); !a.Open {
		return a
	}
	o := g.origin(v, person(v), now)
	for _, name := range [2]string{name, v.Person} {
		if a := g.lockedOut(name, o.station, now); !a.Open {
			return a
		}
	}
	if a := g.quiet(o, now); !a.Open {
		return a
	}
	if full, wait := g.counts.room(pushes, o, &g.s.Pushes, 0, now); wait > 0 {
		return g.used(pushes, full, o, wait)
	}
	g.counts.take(pushes, o, &g.s.Pushes, now)
	return open()
}

// person is the name under which pushes are counted.
func person(v auth.Visit) string {
	if v.Person != "" {
		return v.Person
	}
	return v.User.String()
}

// blocked asks the blocks.
func (g *Gate) blocked(v auth.Visit, name, other string) auth.Admission {
	if g.deps.Blocks == nil {
		return open()
	}
	g.names = [2]string{name, other}
	n := len(g.names)
	if other == "" {
		n = 1
	}
	until, yes := g.deps.Blocks.Blocked(g.names[:n], v.From)
	switch {
	case !yes:
		return open()
	case until.IsZero():
		return auth.Admission{Reason: auth.Blocked, Detail: "blocked"}
	}
	return auth.Admission{Reason: auth.Blocked, Detail: "blocked until " + moment(until)}
}

// lockedOut asks the lockouts.
func (g *Gate) lockedOut(name, station string, now time.Time) auth.Admission {
	if station == "" || name == "" {
		return open()
	}
	until := g.locks.Locked(lockout.Pair{User: name, Station: station}, now)
	if until.IsZero() {
		return open()
	}
	return auth.Admission{Reason: auth.LockedOut, Detail: "guard.lockout: locked out at this calling station until " + moment(until)}
}

// mayGuess says whether one more password may be tried.
func (g *Gate) mayGuess(o origin, now time.Time) auth.Admission {
	if a := g.lockedOut(o.name, o.station, now); !a.Open {
		return a
	}
	if g.locks.Full(lockout.Pair{User: o.name, Station: o.station}, g.s.Lockout, now) {
		return auth.Admission{
			Reason: auth.RateLimited,
			Detail: "guard.lockout.after: as many logins of this person are being checked from this calling station as may be wrong; again when they have ended",
		}
	}
	pending := 0
	if o.share == strangers {
		pending = g.locks.Pending(lockout.Pair{User: o.name}, now)
	}
	if full, wait := g.counts.room(wrongPasswords, o, &g.s.WrongPasswords, pending, now); wait > 0 {
		return g.used(wrongPasswords, full, o, wait)
	}
	return open()
}

// check counts a login as one that is being checked, and may be a guess: of the person at the calling station, and of the
// person's strangers.
func (g *Gate) check(o origin, now time.Time) {
	if o.station != "" {
		g.locks.Check(lockout.Pair{User: o.name, Station: o.station}, now)
	}
	if o.share == strangers {
		g.locks.Check(lockout.Pair{User: o.name}, now)
	}
}

// quiet says whether the phone may ring.
func (g *Gate) quiet(o origin, now time.Time) auth.Admission {
	at := pause.Place{User: o.name, Station: o.place()}
	if until, row := g.pauses.Asleep(at, g.s.pauses(), now); !until.IsZero() {
		return auth.Admission{
			Reason: auth.RateLimited, Asleep: true,
			Detail: "guard.unanswered.after: nobody answered " + strconv.Itoa(row) + " pushes in a row" + whose(o) + "; no phone rings until " + moment(until),
		}
	}
	if until := g.pauses.Denied(at, now); !until.IsZero() {
		return auth.Admission{
			Reason: auth.RateLimited,
			Detail: "guard.denied.for: the person refused a push" + whose(o) + "; no phone rings until " + moment(until),
		}
	}
	return open()
}

// used says which limit is used up.
func (*Gate) used(k kind, s scope, o origin, wait time.Duration) auth.Admission {
	seconds := int64((wait + time.Second - 1) / time.Second)
	return auth.Admission{
		Reason: auth.RateLimited,
		Detail: k.word() + s.word() + whose(o) + ": again in " + strconv.FormatInt(seconds, 10) + "s",
	}
}

// whose says which of the two counts it is.
func whose(o origin) string {
	if o.share == familiars {
		return " of a familiar place"
	}
	return " of unfamiliar places"
}

func moment(t time.Time) string { return t.UTC().Format(time.RFC3339) }
