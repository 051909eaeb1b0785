package approvals

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"time"

	"ivalt-radius/auth/identity"
	"ivalt-radius/auth/naming"
	"ivalt-radius/policy"
	"ivalt-radius/secret"
	"ivalt-radius/state"
)

// Bounds of what is kept.
const (
	mostPeople = 1 << 16
	Most       = 8                   // approvals of one person; the oldest gives way
	Longest    = 30 * 24 * time.Hour // that any rule may remember
)

// Digest is keyed by the Names of the Store that made it. The zero Digest is none.
type Digest = naming.Digest

// Approval is one that a person gave. It is never changed.
type Approval struct {
	Client, Station string        // of the login; a calling station is never empty
	Factor          policy.Factor // the first factor that was checked
	Credential      Digest        // of the password; zero where the method shows none
	Phone           Digest        // of whom iVALT was asked for
	At              time.Time
}

// Store keeps approvals by person. Its methods are safe for concurrent use.
type Store struct {
	Tell func([]byte) // tells the other nodes' stores, which Apply it; nil: there are none. Set before the store is used. It must not wait.

	names   *naming.Names
	current func() bool

	mu        sync.Mutex // of a read with its write
	people    *state.Cache[[]Approval]
	forgotten *state.Cache[time.Time] // when a person's approvals were taken back: what was told before that does not bring them back
}

// Shared makes an empty Store of approvals that other nodes know as well: its digests are those of the names. What it keeps counts only while
// current says that all is heard that the others took back; nil: always.
func Shared(names *naming.Names, current func() bool) *Store {
	if current == nil {
		current = func() bool { return true }
	}
	return &Store{
		names: names, current: current, people: state.NewCache[[]Approval](Longest, mostPeople), forgotten: state.NewCache[time.Time](toldFor, mostPeople),
	}
}

// Digest is the keyed digest of some texts, in order.
func (s *Store) Digest(parts ...string) Digest { return s.names.Digest(parts...) }

// Recall says when the very same login (client, first factor, credential, calling station, phone) was last approved, and when any
// of the person at this calling station was, each with one of the phones; zero: never. now is a login whose first factor was just found
// right: approvals behind another credential of that factor are forgotten with all others of the person, since it was changed.
func (s *Store) Recall(person string, now Approval, phones []Digest) (sameLogin, sameStation time.Time) {
	known, changed := s.recall(person, now)
	if changed {
		s.tell(told{Kind: forgotten, Person: person})
		return time.Time{}, time.Time{}
	}
	return s.look(known, now, phones)
}

func (s *Store) recall(person string, now Approval) (known []Approval, changed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	known, _ = s.people.Get(person)
	for _, a := range known {
		if now.Credential != (Digest{}) && a.Credential != (Digest{}) && a.Factor == now.Factor && a.Credential != now.Credential {
			s.forget(person, time.Now())
			return nil, true
		}
	}
	return known, false
}

// Look says what Recall does, of a login whose first factor was found right a moment ago: what was forgotten meanwhile counts no more.
func (s *Store) Look(person string, now Approval, phones []Digest) (sameLogin, sameStation time.Time) {
	known, _ := s.people.Get(person)
	return s.look(known, now, phones)
}

func (s *Store) look(known []Approval, now Approval, phones []Digest) (sameLogin, sameStation time.Time) {
	shown := now.Credential != Digest{}
	if !s.current() {
		return time.Time{}, time.Time{}
	}
	for _, a := range known {
		if a.Station != now.Station || !slices.Contains(phones, a.Phone) {
			continue
		}
		sameStation = later(sameStation, a.At)
		if shown && a.Credential == now.Credential && a.Client == now.Client && a.Factor == now.Factor {
			sameLogin = later(sameLogin, a.At)
		}
	}
	return sameLogin, sameStation
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// Keep keeps an approval that was given just now, in the place of an older one of the same login.
func (s *Store) Keep(person string, a Approval) {
	s.mu.Lock()
	s.keep(person, a)
	s.mu.Unlock()
	s.tell(told{
		Kind: kept, Person: person, Client: a.Client, Station: a.Station, Factor: string(a.Factor), Credential: a.Credential[:], Phone: a.Phone[:],
	})
}

func (s *Store) keep(person string, a Approval) {
	known, _ := s.people.Get(person)
	kept := []Approval{a}
	for _, old := range known {
		same := old
		same.At = a.At
		if same != a && len(kept) < Most {
			kept = append(kept, old)
		}
	}
	s.people.Set(person, kept)
}

// Person is somebody of whom approvals are kept.
type Person struct {
	Name   string
	Count  int       // approvals, Most at most
	Newest time.Time // when the last of them was given
}

// People are those of whom approvals are kept, the one who approved last first, most of them at most; left is how many more there are. It keeps
// no login waiting.
func (s *Store) People(most int) (all []Person, left int) {
	s.people.Each(func(name string, kept []Approval) {
		p := Person{Name: name, Count: len(kept)}
		for _, a := range kept {
			p.Newest = later(p.Newest, a.At)
		}
		all = append(all, p)
	})
	slices.SortFunc(all, func(a, b Person) int { return cmp.Or(b.Newest.Compare(a.Newest), strings.Compare(a.Name, b.Name)) })
	left = max(0, len(all)-most)
	return all[:len(all)-left], left
}

// Forget takes back what is kept of a person.
func (s *Store) Forget(person string) {
	s.mu.Lock()
	s.forget(person, time.Now())
	s.mu.Unlock()
	s.tell(told{Kind: forgotten, Person: person})
}

func (s *Store) forget(person string, at time.Time) {
	s.people.Delete(person)
	if before, _ := s.forgotten.Get(person); s.Tell != nil && at.After(before) {
		s.forgotten.Set(person, at)
	}
}

// Phones are the digests of whom iVALT may be asked for: a person by the e-mail, on one of the phones.
func (s *Store) Phones(email secret.Secret, phones ...identity.Mobile) []Digest {
	all := make([]Digest, len(phones))
	for i, m := range phones {
		all[i] = s.Digest("phone", email.Reveal(), m.E164())
	}
	return all
}
