package access

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"hash/maphash"
	"net/netip"
	"sync"
	"time"
)

// How many sessions there are at most; the oldest ends for a new one.
const (
	mostSessions  = 1000
	mostOfAccount = 10
)

const (
	idOctets     = 32 // 256 bits, of an identifier and of a CSRF token
	handleOctets = 8
)

// idLength is that of an identifier as the cookie has it: base64url without padding.
const idLength = (idOctets*8 + 5) / 6

// ending is why a session ended by itself: a closed list.
type ending uint8

const (
	unended   ending = iota
	idled            // nobody used it for Settings.Idle
	aged             // it is Settings.Absolute old
	crowded          // newer ones took its place
	replaced         // its browser signed in anew
	withdrawn        // its account is gone
	rehashed         // its account has another password
	reranked         // its account has another role
	dropped          // the process ends, or its record could not be kept
)

// String is for the trail.
func (e ending) String() string {
	switch e {
	case idled:
		return "nobody used it for admin.session.idle"
	case aged:
		return "it was as old as admin.session.absolute"
	case crowded:
		return "newer sessions took its place"
	case replaced:
		return "its browser signed in anew"
	case withdrawn:
		return "its account is gone from the settings"
	case rehashed:
		return "its account has another password"
	case reranked:
		return "its account has another role"
	case dropped:
		return "the window closed"
	case unended:
	}
	return "it goes on"
}

// session is one sign-in. What is not named otherwise never changes.
type session struct {
	key     [sha256.Size]byte // of the identifier, under which it is kept
	handle  string            // its public name, which opens nothing
	csrf    string
	account Account // as it was at sign-in
	address netip.Addr
	agent   string
	begun   time.Time
	seen    time.Time // guarded by table.mu

	over  context.Context //nolint:containedctx // ends with the session, not with a request
	end   context.CancelFunc
	timer *time.Timer // guarded by table.mu
}

// table has the sessions and the accounts, under one lock: so no session can begin with a password that a reload has just taken away.
type table struct {
	now  func() time.Time
	tell func(s *session, why ending) // of a session that ended by itself; called without the lock
	seed maphash.Seed                 // of decoys

	mu             sync.Mutex
	accounts       map[string]Account
	idle, absolute time.Duration
	sessions       map[[sha256.Size]byte]*session
}

func newTable(now func() time.Time, tell func(*session, ending)) *table {
	return &table{now: now, tell: tell, seed: maphash.MakeSeed(), sessions: map[[sha256.Size]byte]*session{}}
}

// ended is a session that ended by itself.
type ended struct {
	s   *session
	why ending
}

// do changes the table under its lock, and tells afterwards of the sessions that ended by it.
func (t *table) do(change func(now time.Time) []ended) {
	t.mu.Lock()
	gone := change(t.now())
	t.mu.Unlock()
	for _, e := range gone {
		t.tell(e.s, e.why)
	}
}

// adopt brings accounts and times into force.
func (t *table) adopt(s Settings) {
	t.do(func(now time.Time) (gone []ended) {
		t.accounts, t.idle, t.absolute = s.soundAccounts(), s.Idle, s.Absolute
		for _, s := range t.sessions {
			why := t.differs(s.account)
			if why == unended {
				why = t.lapsed(s, now)
			}
			if why != unended {
				gone = append(gone, t.remove(s, why))
				continue
			}
			s.timer.Reset(t.left(s, now))
		}
		return gone
	})
}

// differs says what became of an account since; the lock is held.
func (t *table) differs(a Account) ending {
	now, there := t.accounts[a.Name]
	switch {
	case !there:
		return withdrawn
	case !now.Password.Equal(a.Password):
		return rehashed
	case now.Role != a.Role:
		return reranked
	}
	return unended
}

// lapsed says whether the clock has ended a session; the lock is held.
func (t *table) lapsed(s *session, now time.Time) ending {
	switch {
	case !now.Before(s.begun.Add(t.absolute)):
		return aged
	case !now.Before(s.seen.Add(t.idle)):
		return idled
	}
	return unended
}

// ends is when a session ends where nobody uses it; the lock is held.
func (t *table) ends(s *session) time.Time {
	idle, absolute := s.seen.Add(t.idle), s.begun.Add(t.absolute)
	if absolute.Before(idle) {
		return absolute
	}
	return idle
}

// left is how long until then.
func (t *table) left(s *session, now time.Time) time.Duration { return max(t.ends(s).Sub(now), 1) }

// remove takes a session away and ends what waits for it; the lock is held.
func (t *table) remove(s *session, why ending) ended {
	delete(t.sessions, s.key)
	s.timer.Stop()
	s.end()
	return ended{s, why}
}

// begin makes a session for an account whose password was right, and its identifier, which is kept nowhere else. ok is false where the account
// is no longer what it was.
func (t *table) begin(a Account, from netip.Addr, agent string) (id string, s *session, ok bool) {
	id = draw(idOctets)
	handle := make([]byte, handleOctets)
	_, _ = rand.Read(handle) // never fails
	s = &session{
		key: sha256.Sum256([]byte(id)), handle: hex.EncodeToString(handle), csrf: draw(idOctets), account: a, address: from, agent: agent,
	}
	s.over, s.end = context.WithCancel(context.Background())
	t.do(func(now time.Time) (gone []ended) {
		if t.differs(a) != unended {
			s.end()
			return nil
		}
		ok = true
		if t.number(a.Name) >= mostOfAccount {
			gone = append(gone, t.remove(t.oldest(a.Name), crowded))
		}
		if len(t.sessions) >= mostSessions {
			gone = append(gone, t.remove(t.oldest(""), crowded))
		}
		s.begun, s.seen = now, now
		t.sessions[s.key] = s
		s.timer = time.AfterFunc(t.left(s, now), func() { t.wake(s) })
		return gone
	})
	return id, s, ok
}

// number is how many sessions an account has; the lock is held.
func (t *table) number(account string) int {
	n := 0
	for _, s := range t.sessions {
		if s.account.Name == account {
			n++
		}
	}
	return n
}

// oldest is the one of an account, or of all, that began first; the lock is held, and there is one.
func (t *table) oldest(account string) *session {
	var first *session
	for _, s := range t.sessions {
		if (account == "" || s.account.Name == account) && (first == nil || s.begun.Before(first.begun)) {
			first = s
		}
	}
	return first
}

// wake looks after a session whose time may have come.
func (t *table) wake(s *session) {
	t.do(func(now time.Time) []ended {
		if t.sessions[s.key] != s {
			return nil
		}
		if why := t.lapsed(s, now); why != unended {
			return []ended{t.remove(s, why)}
		}
		s.timer.Reset(t.left(s, now))
		return nil
	})
}

// use says what a request is to a session's idle time.
type use uint8

const (
	watching use = iota // a page's own refresh: nobody need be there
	acting              // renews it
)

// find is the session of an identifier, which may be anything; nil where there is none.
func (t *table) find(id string, u use) *session {
	if len(id) != idLength {
		return nil
	}
	key := sha256.Sum256([]byte(id))
	var found *session
	t.do(func(now time.Time) []ended {
		s := t.sessions[key]
		if s == nil {
			return nil
		}
		if why := t.lapsed(s, now); why != unended {
			return []ended{t.remove(s, why)}
		}
		if u == acting {
			s.seen = now
		}
		found = s
		return nil
	})
	return found
}

// take ends a session by hand, or for a reason of ours that is told; false where it has ended already.
func (t *table) take(s *session, why ending) (there bool) {
	t.do(func(time.Time) []ended {
		if t.sessions[s.key] != s {
			return nil
		}
		there = true
		if e := t.remove(s, why); why != unended {
			return []ended{e}
		}
		return nil
	})
	return there
}

// close ends all sessions, and tells nobody.
func (t *table) close() {
	t.do(func(time.Time) []ended {
		for _, s := range t.sessions {
			t.remove(s, dropped)
		}
		t.accounts = nil // none can begin
		return nil
	})
}

func (t *table) count() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.sessions)
}

// draw is random octets as base64url.
func draw(octets int) string {
	random := make([]byte, octets)
	_, _ = rand.Read(random) // never fails
	return base64.RawURLEncoding.EncodeToString(random)
}
