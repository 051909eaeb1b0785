package rule

import (
	"ivalt-radius/guard"
)

// Act is what a Mark does to the count of its rule and subject.
type Act uint8

// The acts.
const (
	Counts    Act = iota // one more; the rule's threshold may be reached
	Gathers              // one more, which raises nothing by itself
	Judges               // what was gathered is held against the threshold, and forgotten
	Forgives             // what Of did no longer counts
	TakesBack            // the newest no longer counts
	Passes               // one of all, beside those that count
	Measures             // one whose duration goes into the average
)

// Mark says that a Sight is of a rule's matter.
type Mark struct {
	Rule    guard.Rule
	Act     Act
	Subject guard.Subject
	Of      string // who or where it was, on the other side of the subject; empty: unknown
}

// MostMarks is how many marks with a place in the evidence a Sight has at most.
const MostMarks = 4

// marker gathers the marks of one Sight.
type marker struct {
	sight *Sight
	marks []Mark
}

func (m *marker) add(r guard.Rule, a Act, s guard.Subject) {
	m.marks = append(m.marks, Mark{Rule: r, Act: a, Subject: s})
}

// person adds a mark against the person, where one is named.
func (m *marker) person(r guard.Rule, a Act) {
	if s, ok := m.sight.person(); ok {
		m.marks = append(m.marks, Mark{Rule: r, Act: a, Subject: s, Of: m.sight.Station})
	}
}

// place adds a mark against the place, where it is known.
func (m *marker) place(r guard.Rule, a Act) {
	if s, ok := m.sight.place(); ok {
		m.marks = append(m.marks, Mark{Rule: r, Act: a, Subject: s, Of: m.sight.User})
	}
}

// Marks appends the marks of a Sight.
func Marks(s *Sight, to []Mark) []Mark {
	m := marker{sight: s, marks: to}
	switch s.Kind {
	case Login:
		m.login()
	case Call:
		m.call()
	case Notice:
		m.notice()
	case Drop:
		m.drop()
	case Nothing, Kinds:
	}
	return m.marks
}

func (m *marker) login() {
	switch m.sight.Word {
	case "bad_password", "locked_out": // who is locked out and goes on guesses on
		m.person(guard.BruteForce, Counts)
		m.place(guard.BruteForce, Counts)
		m.place(guard.PasswordSpray, Counts)
	case "rate_limited":
		m.limited()
	case "blocked", "network_denied":
		m.refusedPlace()
	case "push_denied":
		m.person(guard.PushRefused, Counts)
		m.unwanted()
	case "push_timeout":
		m.unwanted()
	case "geofence":
		m.person(guard.GeofenceProbing, Counts)
	case "timezone", "outside_hours":
		m.person(guard.TimeProbing, Counts)
	case "approved":
		m.approved()
	}
	switch {
	case m.sight.Word == "shutting_down":
	case m.sight.Verdict == "reject":
		m.add(guard.FailedLogins, Counts, guard.Subject{})
	case m.sight.Verdict == "accept":
		m.add(guard.FailedLogins, Passes, guard.Subject{})
	}
}

// limited is a login that a limit refused. One whose phone was about to ring, where the limit of pushes, a person who is asleep or the
// pause after a refusal kept it quiet, is somebody who goes on trying to ring it.
func (m *marker) limited() {
	m.person(guard.APIAbuse, Counts)
	m.place(guard.APIAbuse, Counts)
	if m.sight.Asks && !m.sight.Pushed {
		m.person(guard.PushBombing, Counts)
	}
}

// refusedPlace is against the place, and against the person where that is unknown.
func (m *marker) refusedPlace() {
	if _, known := m.sight.place(); known {
		m.place(guard.SuspiciousSource, Counts)
		return
	}
	m.person(guard.SuspiciousSource, Counts)
}

// unwanted is a push that nobody wanted. Where no push was asked for, no phone rang.
func (m *marker) unwanted() {
	if m.sight.Asks {
		m.person(guard.PushBombing, Counts)
		m.person(guard.BombedApproval, Gathers)
	}
}

// approved is somebody who holds the phone: their own wrong passwords, at this place, were no guesses. That other people had wrong
// ones here still counts, so that nobody hides behind an account of their own.
func (m *marker) approved() {
	m.person(guard.BombedApproval, Judges)
	if m.sight.User == "" || m.sight.Station == "" {
		return
	}
	m.person(guard.BruteForce, Forgives)
	m.place(guard.BruteForce, Forgives)
	m.place(guard.PasswordSpray, Forgives)
}

func (m *marker) call() {
	m.add(guard.APISlow, Measures, guard.Subject{})
	switch m.sight.Word {
	case "failed", "unsent", "refused", "bad key or path", "shape drift":
		m.add(guard.APIErrors, Counts, guard.Subject{})
	case "throttled":
		m.add(guard.APIAbuse, Counts, guard.Subject{})
	}
}

func (m *marker) notice() {
	switch m.sight.Word {
	case "collision", "stale_approval":
		m.person(guard.Collisions, Counts)
	case "late_approval": // the person wanted that push after all
		m.person(guard.PushBombing, TakesBack)
		m.person(guard.BombedApproval, TakesBack)
	case "clock_jump":
		m.add(guard.ClockJump, Counts, guard.Subject{})
	case "trail_broken", "trail_replaced", "trail_truncated", "trail_head_unreadable", "trail_key_changed":
		m.add(guard.TrailTampered, Counts, guard.Subject{})
	}
}

func (m *marker) drop() {
	from := guard.Subject{Address: m.sight.Address}
	switch m.sight.Word {
	case UnknownClient:
		m.add(guard.UnknownClient, Counts, from)
	case Unsigned:
		from.Client = m.sight.Client
		m.add(guard.SpoofedClient, Counts, from)
	case Forged:
		from.Client = m.sight.Client
		m.add(guard.MessageAuthenticator, Counts, from)
	}
}

// The causes of radius's drops that rules look at.
const (
	UnknownClient = "unknown_client"
	Unsigned      = "missing_message_authenticator"
	Forged        = "bad_authenticator"
)

// ConcernsDrop reports a cause that rules look at.
func ConcernsDrop(cause string) bool {
	return cause == UnknownClient || cause == Unsigned || cause == Forged
}
