package gate

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sirupsen/logrus"

	"ivalt-radius/audit"
	"ivalt-radius/guard/gate/familiar"
	"ivalt-radius/guard/gate/limit"
	"ivalt-radius/guard/gate/lockout"
	"ivalt-radius/guard/gate/pause"
	"ivalt-radius/state"
)

// Blocks knows whom somebody blocked. It reads memory alone, keeps nothing that it is given, and never calls the gate.
type Blocks interface {
	// Blocked says whether one of the names, or the address, is blocked, and until when; the zero time: for good. The zero Addr is no address.
	Blocked(names []string, from netip.Addr) (until time.Time, yes bool)
}

// Deps are what a Gate works with.
type Deps struct {
	Store  state.Disk        // where lockouts, pauses and familiar places outlive a restart; nil: nowhere. To be closed after the gate.
	Blocks Blocks            // nil: nobody is blocked
	Now    func() time.Time  // required
	Note   func(audit.Event) // required: security events. It must not wait, and must not call the gate.
	Log    logrus.FieldLogger
	Tell   func([]byte) // tells the gates of the other nodes, which Apply it; nil: there are none. It must not wait, and must not call the gate.
}

// Gate limits logins. It implements auth.Gate. The zero Gate lets nobody in.
type Gate struct {
	deps Deps
	keys limit.Keys

	began time.Time // what is kept on disk is of before that

	mu     sync.Mutex
	s      Settings
	counts *counts
	locks  *lockout.Book
	pauses *pause.Book
	places *familiar.Places
	names  [2]string // handed to Blocks, so that asking allocates nothing
}

// Lockout is one that is in force.
type Lockout struct {
	User    string    `json:"user"`
	Station string    `json:"calling_station"` // of IPv6 its network, as 2001:db8:0:1::/64
	Until   time.Time `json:"until"`
	Count   int       `json:"count"` // lockouts in a row, this one included
}

// New makes a gate, with what the store has of an earlier one. The settings are those that Check has no fatal fault with. Where the store cannot be
// read there is no gate: it would let in whom the one before locked out.
func New(s Settings, d Deps) (*Gate, error) {
	g := &Gate{deps: d, s: s, keys: limit.NewKeys()}
	g.counts = newCounts(g.keys)
	now := d.Now()
	g.began = now
	var errs [3]error
	g.locks, errs[0] = lockout.Open(d.Store, g.keys, s.Lockout.Most, now, g.failing)
	g.pauses, errs[1] = pause.Open(d.Store, s.pauses(), now, g.failing)
	g.places, errs[2] = familiar.Open(d.Store, now, g.failing)
	if err := errors.Join(errs[:]...); err != nil {
		_ = g.Close()
		return nil, fmt.Errorf("the gate: %w", err)
	}
	return g, nil
}

// failing says that the disk fails. Nothing else follows from it.
func (g *Gate) failing(err error) {
	if g.deps.Log != nil {
		g.deps.Log.WithError(err).Error("lockouts, pauses or familiar places are not on disk: a restart would forget the newest ones")
	}
}

// Adopt puts other settings in force. What was counted stays.
func (g *Gate) Adopt(s Settings) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.s = s
}

// Close writes what is not on disk yet. The gate goes on, and nothing is kept from then on.
func (g *Gate) Close() error {
	return errors.Join(g.locks.Close(), g.pauses.Close(), g.places.Close())
}

// Lockouts are those in force, by name and calling station.
func (g *Gate) Lockouts() []Lockout {
	g.mu.Lock()
	defer g.mu.Unlock()
	var all []Lockout
	g.locks.InForce(g.deps.Now(), func(p lockout.Pair, l lockout.Lock) {
		all = append(all, Lockout{User: p.User, Station: p.Station, Until: l.Until, Count: l.Count})
	})
	slices.SortFunc(all, func(a, b Lockout) int {
		if c := strings.Compare(a.User, b.User); c != 0 {
			return c
		}
		return strings.Compare(a.Station, b.Station)
	})
	return all
}

// Pause is a phone that does not ring for a while: nobody answers it, or its person has refused a push a moment ago.
type Pause struct {
	User    string    `json:"user"`
	Station string    `json:"calling_station"` // a familiar place; empty: all other places
	Until   time.Time `json:"until"`
}

// Pauses are those in force, by name and place, most of them at most, of which those of the latest logins; left is how many more there are.
func (g *Gate) Pauses(most int) (all []Pause, left int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.pauses.InForce(g.s.pauses(), g.deps.Now(), func(at pause.Place, until time.Time) {
		if len(all) < most {
			all = append(all, Pause{User: at.User, Station: at.Station, Until: until})
		} else {
			left++
		}
	})
	slices.SortFunc(all, func(a, b Pause) int {
		return cmp.Or(strings.Compare(a.User, b.User), strings.Compare(a.Station, b.Station))
	})
	return all, left
}
