package gate

import (
	"maps"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"ivalt-radius/audit"
	"ivalt-radius/auth"
	"ivalt-radius/guard/gate/lockout"
	"ivalt-radius/state"
)

// defaults are those of the settings.
func defaults() Settings {
	return Settings{
		Attempts:       Rates{Window: time.Minute, PerUser: 10, PerCallingStation: 60, PerClient: 20_000, InAll: 40_000},
		WrongPasswords: Rates{Window: 5 * time.Minute, PerUser: 8, PerCallingStation: 20, PerClient: 500, InAll: 1000},
		Pushes:         Rates{Window: 5 * time.Minute, PerUser: 3, PerCallingStation: 30, PerClient: 20_000, InAll: 40_000},
		Lockout:        lockout.Settings{After: 4, Window: 15 * time.Minute, For: time.Minute, Most: 15 * time.Minute},
		Unanswered:     Unanswered{After: 2, For: 5 * time.Minute, Most: time.Hour},
		Denied:         2 * time.Minute,
	}
}

// nothing limits nothing.
func nothing() Settings {
	return Settings{Attempts: Rates{Window: time.Minute}, WrongPasswords: Rates{Window: time.Minute}, Pushes: Rates{Window: time.Minute}}
}

// yard is a gate whose clock and blocks are the test's.
type yard struct {
	*Gate
	t *testing.T

	mu     sync.Mutex
	now    time.Time
	noted  []audit.Security
	names  map[string]time.Time // blocked
	prefix netip.Prefix
}

func (y *yard) Blocked(names []string, from netip.Addr) (time.Time, bool) {
	for _, name := range names {
		if until, ok := y.names[name]; ok {
			return until, true
		}
	}
	return time.Time{}, y.prefix.Contains(from)
}

func newYard(t *testing.T, s Settings, disk state.Disk) *yard {
	t.Helper()
	y := &yard{t: t, now: time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC), names: map[string]time.Time{}}
	y.open(s, disk)
	return y
}

// open makes the gate anew.
func (y *yard) open(s Settings, disk state.Disk) {
	y.t.Helper()
	g, err := New(s, Deps{Store: disk, Blocks: y, Now: y.clock, Note: y.note})
	if err != nil {
		y.t.Fatal(err)
	}
	y.Gate = g
	y.t.Cleanup(func() { _ = g.Close() })
}

func (y *yard) clock() time.Time {
	y.mu.Lock()
	defer y.mu.Unlock()
	return y.now
}

func (y *yard) pass(d time.Duration) {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.now = y.now.Add(d)
}

func (y *yard) note(e audit.Event) {
	y.mu.Lock()
	defer y.mu.Unlock()
	s, ok := e.(audit.Security)
	if !ok {
		y.t.Errorf("noted %T", e)
	}
	y.noted = append(y.noted, s)
}

// visit is a login of a name from a station.
func visit(user, station string) auth.Visit {
	u, err := auth.ParseUsername(user)
	if err != nil {
		panic(err)
	}
	from, _ := netip.ParseAddr(station)
	return auth.Visit{Client: "vpn", User: u, Station: station, From: from}
}

// of has the directory list the person under another name.
func of(v auth.Visit, person string) auth.Visit {
	v.Person = person
	return v
}

// bob is a login from a place that is not familiar yet.
func bob() auth.Visit { return visit("bob", "192.0.2.1") }

// How logins end.
func wrong() auth.End { return auth.End{Reason: auth.BadPassword, Guess: true} }

func approved() auth.End {
	return auth.End{Reason: auth.ApprovedByPerson, Passed: true, Pushed: true}
}

func unanswered() auth.End { return auth.End{Reason: auth.PushTimeout, Passed: true, Pushed: true} }

func denied() auth.End { return auth.End{Reason: auth.PushDenied, Passed: true, Pushed: true} }

func exempt() auth.End { return auth.End{Reason: auth.ExemptByRule, Passed: true} }

// login takes a login through every stage as the flow does, until one refuses it, and ends it with e.
func (y *yard) login(v auth.Visit, e auth.End) auth.Admission {
	v, person := auth.Visit{Client: v.Client, User: v.User, Station: v.Station, From: v.From}, v.Person
	a := y.Admit(v, auth.Arriving)
	if !a.Open {
		return a
	}
	v.Person = person
	if person != "" {
		a = y.Admit(v, auth.Recognised)
	}
	if a.Open && !e.Guess && e.Pushed {
		a = y.Admit(v, auth.Ringing)
	}
	if !a.Open {
		y.Ended(v, auth.End{Reason: a.Reason, Passed: e.Passed})
		return a
	}
	y.Ended(v, e)
	return a
}

// logins are so many of them, all let in.
func (y *yard) logins(n int, v auth.Visit, e auth.End) {
	y.t.Helper()
	for i := range n {
		if a := y.login(v, e); !a.Open {
			y.t.Fatalf("login %d of %d: %+v", i+1, n, a)
		}
	}
}

// in wants a login to be let in.
func (y *yard) in(v auth.Visit, e auth.End) {
	y.t.Helper()
	y.logins(1, v, e)
}

// out wants a login to be refused, for a reason and with a word in the detail.
func (y *yard) out(v auth.Visit, e auth.End, why auth.Reason, word string) auth.Admission {
	y.t.Helper()
	a := y.login(v, e)
	if a.Open || a.Reason != why || !strings.Contains(a.Detail, word) {
		y.t.Fatalf("got %+v, want %s and %q", a, why, word)
	}
	return a
}

// home makes a place familiar.
func (y *yard) home(user, station string) {
	y.t.Helper()
	y.in(visit(user, station), approved())
	y.pass(time.Hour) // what it counted is forgotten
}

// memory is a disk that does not outlive the test.
type memory struct {
	mu      sync.Mutex
	buckets map[string]map[string][]byte
	err     error
}

func newMemory() *memory { return &memory{buckets: map[string]map[string][]byte{}} }

func (m *memory) Each(bucket string, do func(key string, value []byte)) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return m.err
	}
	for key, value := range maps.Clone(m.buckets[bucket]) {
		do(key, value)
	}
	return nil
}

func (m *memory) Change(bucket string, changes map[string][]byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return m.err
	}
	if m.buckets[bucket] == nil {
		m.buckets[bucket] = map[string][]byte{}
	}
	for key, value := range changes {
		if m.buckets[bucket][key] = value; value == nil {
			delete(m.buckets[bucket], key)
		}
	}
	return nil
}

func (m *memory) fail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.err = err
}
