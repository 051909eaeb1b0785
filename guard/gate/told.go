package gate

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"ivalt-radius/audit"
	"ivalt-radius/auth"
	"ivalt-radius/guard/gate/lockout"
	"ivalt-radius/guard/gate/pause"
)

const (
	version  = 1
	mostTold = 4096        // octets of what one node tells
	mostName = 1024        // octets of a name or a place in it
	fresh    = time.Minute // what is older forgives nothing any more: something may have come of it since that it does not know
	everKept = time.Hour   // what is older than this, and than every window, counts for nothing
)

// What is told.
const (
	counted  = "attempt"
	rung     = "push"
	over     = "end"
	answered = "answered"
	released = "released"
)

// told is one thing that a gate tells the others.
type told struct {
	Version int    `json:"v"`
	Kind    string `json:"k"`
	Client  string `json:"c,omitempty"`
	User    string `json:"u"`
	Person  string `json:"n,omitempty"`
	Station string `json:"s,omitempty"`
	Reason  string `json:"r,omitempty"` // of an end; only those that the gate remembers something of
	Guess   bool   `json:"g,omitempty"`
	Passed  bool   `json:"p,omitempty"`
	Pushed  bool   `json:"q,omitempty"`
}

// tell tells the other nodes. The lock is not held.
func (g *Gate) tell(t told) {
	if g.deps.Tell == nil {
		return
	}
	t.Version = version
	if text, err := json.Marshal(t); err == nil && len(text) <= mostTold {
		g.deps.Tell(text)
	}
}

func visited(kind string, v auth.Visit) told {
	return told{Kind: kind, Client: v.Client, User: v.User.String(), Person: v.Person, Station: v.Station}
}

// tellEnd tells an end that something follows from.
func (g *Gate) tellEnd(v auth.Visit, e auth.End) {
	t := visited(over, v)
	t.Guess, t.Passed, t.Pushed = e.Guess, e.Passed, e.Pushed
	if slices.Contains(remembered(), e.Reason) {
		t.Reason = e.Reason.String()
	}
	if t.Guess || t.Passed || t.Pushed || t.Reason != "" {
		g.tell(t)
	}
}

// remembered are the reasons that the gate remembers something of.
func remembered() []auth.Reason {
	return []auth.Reason{auth.ApprovedByPerson, auth.PushDenied, auth.PushTimeout, auth.Collision}
}

var errTold = errors.New("what another node's gate told cannot be read: do all nodes have the same version?")

// parse reads what another node told.
func parse(payload []byte) (t told, v auth.Visit, e auth.End, err error) {
	if len(payload) > mostTold || json.Unmarshal(payload, &t) != nil || t.Version != version || !t.bounded() {
		return t, v, e, errTold
	}
	e = auth.End{Guess: t.Guess, Passed: t.Passed, Pushed: t.Pushed}
	for _, r := range remembered() {
		if t.Reason == r.String() {
			e.Reason = r
		}
	}
	switch t.Kind {
	case counted, rung, over:
		v = auth.Visit{Client: t.Client, Person: t.Person, Station: t.Station}
		if v.User, err = auth.ParseUsername(t.User); err != nil || v.User.String() != t.User {
			return t, v, e, errTold
		}
	case answered, released:
		if t.User == "" {
			return t, v, e, errTold
		}
	default:
		return t, v, e, fmt.Errorf("%w (%q)", errTold, t.Kind)
	}
	return t, v, e, nil
}

// bounded reports texts that the books can keep: a NUL parts what they have on disk.
func (t *told) bounded() bool {
	return !slices.ContainsFunc([]string{t.Client, t.User, t.Person, t.Station}, func(text string) bool {
		return len(text) > mostName || strings.ContainsRune(text, 0)
	})
}

// Apply takes what another node's gate told (Deps.Tell) so long ago, as if it had happened here then: rates, wrong passwords, lockouts, pauses,
// familiar places, what an operator released. It tells nobody on. A lockout that begins by it is noted by the node at which the
// last of the wrong passwords came. What is older than every window and an hour counts for nothing, and what is older than a minute
// forgives nothing, but for what an operator did. The error says that the payload cannot be read; nothing is applied then.
func (g *Gate) Apply(age time.Duration, payload []byte) error {
	t, v, e, err := parse(payload)
	if err != nil {
		return err
	}
	age = max(0, age)
	for _, begun := range g.apply(t, v, e, age) {
		g.deps.Note(begun)
	}
	return nil
}

func (g *Gate) apply(t told, v auth.Visit, e auth.End, age time.Duration) []audit.Security {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.counts == nil || age > g.s.longest() {
		return nil
	}
	now := g.deps.Now()
	switch t.Kind {
	case counted:
		g.heard(attempts, g.origin(v, v.User.String(), now), age, now)
	case rung:
		g.heard(pushes, g.origin(v, person(v), now), age, now)
	case over:
		return g.heardEnd(v, e, age, now)
	case answered:
		if age < fresh {
			g.answered(t.User, t.Station, now)
		}
	case released:
		g.release(t.User, t.Station)
	}
	return nil
}

// longest is the longest of all windows.
func (s *Settings) longest() time.Duration {
	return max(everKept, s.Attempts.Window, s.WrongPasswords.Window, s.Pushes.Window, s.Lockout.Window, s.Lockout.Most, s.Unanswered.Most, s.Denied)
}

// heard counts what another node let in. A count never goes back in time: it is counted as of now, where room for it has not come back yet.
func (g *Gate) heard(k kind, o origin, age time.Duration, now time.Time) {
	if r := g.s.rates(k); age < r.Window {
		g.counts.take(k, o, r, now)
	}
}

// heardEnd counts the end of another node's login. That it was being checked was counted there alone.
func (g *Gate) heardEnd(v auth.Visit, e auth.End, age time.Duration, now time.Time) (begun []audit.Security) {
	var names [2]origin
	of := g.origins(v, now, &names)
	switch {
	case e.Guess:
		if age < g.s.WrongPasswords.Window {
			g.counts.wrong(v, of, &g.s.WrongPasswords, now)
		}
		for _, o := range of {
			if l, ours := g.locks.Heard(lockout.Pair{User: o.name, Station: o.station}, g.s.Lockout, now.Add(-age), now); ours {
				begun = append(begun, lockedOut(v, o, l))
			}
		}
	case e.Passed && age < fresh:
		g.right(of)
	}
	g.heardRing(v, of, e, age, now)
	return begun
}

// heardRing takes what became of the phone at another node.
func (g *Gate) heardRing(v auth.Visit, of []origin, e auth.End, age time.Duration, now time.Time) {
	ended := now.Add(-age)
	switch old := g.again(of, ended); {
	case e.Reason == auth.ApprovedByPerson && (old || age >= fresh):
		for _, o := range of {
			g.places.Add(o.name, o.station, ended)
		}
		if !old && ended.Before(g.began) {
			g.pauses.Clear(rangAt(of)) // in its turn among what is heard again of the time before this gate
		}
	case !old:
		g.rang(v, of, e, ended, now)
	}
}

// again reports an end of before this gate began, which the pauses that it has from the disk count already: a node that starts hears once more what was
// told within the hour.
func (g *Gate) again(of []origin, ended time.Time) bool {
	return ended.Before(g.began) && g.pauses.Knows(rangAt(of), ended)
}

// Answered says that somebody answered a push too late (the event late_approval): the row of unanswered ones ends, so that the very next
// retry gets the approval.
func (g *Gate) Answered(user, station string) {
	func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.answered(user, station, g.deps.Now())
	}()
	g.tell(told{Kind: answered, User: user, Station: station})
}

func (g *Gate) answered(user, station string, now time.Time) {
	at := pause.Place{User: user}
	if station = placeOf(station); g.places.Has(user, station, now) {
		at.Station = station
	}
	g.pauses.Answered(at, now)
}

// Release takes back what stands against a person at a calling station: lockout, pauses, counts. An empty station stands for all of the
// person's. It is what an operator does by hand, at all nodes; it looks at every entry. Blocks are another's.
func (g *Gate) Release(user, station string) {
	func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.release(user, station)
	}()
	g.tell(told{Kind: released, User: user, Station: station})
}

func (g *Gate) release(user, station string) {
	station = placeOf(station)
	g.locks.Release(lockout.Pair{User: user, Station: station})
	g.pauses.Release(user, station)
	g.counts.release(user, station)
}
