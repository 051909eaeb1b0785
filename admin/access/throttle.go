package access

import (
	"crypto/sha256"
	"errors"
	"net/netip"
	"sync"
	"time"
)

// How guessing is slowed down.
const (
	freeOfPair   = 5  // failures of one account at one place that cost nothing
	freeOfPlace  = 20 // failures of a place, whatever the account: colleagues may share it
	freeOfPerson = 10 // failures of an account, wherever from
	freeOfTokens = 20 // tokens of a place that are none

	firstWait = 30 * time.Second // then so long nothing is checked, and twice as long after each further failure
	mostWait  = 15 * time.Minute
	firstSlow = 250 * time.Millisecond // so much later is a password of a person checked, twice as much after each further failure
	mostSlow  = 4 * time.Second
	memory    = time.Hour // without a failure: forgotten

	mostPending   = 32 // sign-ins that wait or are being checked
	mostStrangers = 24 // of them from places where the account never signed in
	mostAtOnce    = 2  // of them from one place

	mostTallies  = 10_000
	mostFamiliar = 1_000
	looked       = 16 // entries of a full map among which the stalest goes
)

// errBusy says that there is no room for another sign-in now.
var errBusy = errors.New("too many sign-ins at once")

// kind is what is counted.
type kind uint8

const (
	ofPair kind = iota
	ofPlace
	ofPerson
	ofTokens
)

// spot is one thing that failures are counted of. Names are digests: what was typed may be long, or a password.
type spot struct {
	kind kind
	name [sha256.Size]byte
	from netip.Prefix
}

// tally is what there is of it. A try counts as a failure as long as it is not known to be none, so that tries at the same time do not slip by.
type tally struct {
	failures int
	until    time.Time // nothing is checked before
	last     time.Time
	open     int // tries that have not ended
}

// throttle slows guesses down. An account at a place, and a place, must wait after some failures, longer and longer. An account everywhere is only
// slowed down, since anybody can make tries fail for it; who comes from a place where the account signed in before is not even slowed down, and has
// room of their own beside strangers. All of it is bounded: of a full map the stalest of a few goes, which helps nobody who has as many places.
type throttle struct {
	now func() time.Time

	mu                 sync.Mutex
	tallies            map[spot]*tally
	familiar           map[spot]time.Time
	pending, strangers int
}

func newThrottle(now func() time.Time) *throttle {
	return &throttle{now: now, tallies: map[spot]*tally{}, familiar: map[spot]time.Time{}}
}

// place is what counts as one place: an IPv4 address, or an IPv6 network of 64 bits, which one host can have all of.
func place(from netip.Addr) netip.Prefix {
	const v4, v6 = 32, 64
	if from.Is4() {
		return netip.PrefixFrom(from, v4)
	}
	p, _ := from.Prefix(v6) // the zero Prefix of the zero Addr
	return p
}

// try is a sign-in under way: one of passed, failed and undone ends it.
type try struct {
	t                   *throttle
	pair, place, person spot
	stranger            bool
	slow                time.Duration // to be waited for before the password is checked
}

// enter begins a sign-in. Where wait is more than 0 it is not to be checked, and to come again after that; the error is errBusy.
func (t *throttle) enter(name string, from netip.Addr) (_ *try, wait time.Duration, err error) {
	y := &try{t: t}
	digest := sha256.Sum256([]byte(name))
	y.pair = spot{ofPair, digest, place(from)}
	y.place = spot{kind: ofPlace, from: place(from)}
	y.person = spot{kind: ofPerson, name: digest}
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	_, known := t.familiar[y.pair]
	y.stranger = !known
	if wait := max(t.wait(y.pair, now), t.wait(y.place, now)); wait > 0 {
		return nil, wait, nil
	}
	if t.pending >= mostPending || y.stranger && t.strangers >= mostStrangers || t.at(y.place, now).open >= mostAtOnce {
		return nil, 0, errBusy
	}
	t.pending++
	if y.stranger {
		t.strangers++
	}
	t.count(y.pair, freeOfPair, now)
	t.count(y.place, freeOfPlace, now).open++
	if failures := t.count(y.person, freeOfPerson, now).failures; y.stranger {
		y.slow = grown(failures-1, freeOfPerson, firstSlow, mostSlow)
	}
	return y, 0, nil
}

// grown is what so many failures cost: nothing, then first, and twice as much each time.
func grown(failures, free int, first, most time.Duration) time.Duration {
	if failures < free {
		return 0
	}
	const doublings = 16 // more than it takes to reach any most
	return min(most, first<<min(failures-free, doublings))
}

// wait is how long nothing is checked; the lock is held.
func (t *throttle) wait(s spot, now time.Time) time.Duration {
	if y := t.tallies[s]; y != nil {
		return y.until.Sub(now)
	}
	return 0
}

// at is the tally of a spot, made or forgotten where need be; the lock is held.
func (t *throttle) at(s spot, now time.Time) *tally {
	y := t.tallies[s]
	if y == nil {
		if len(t.tallies) >= mostTallies {
			t.forget()
		}
		y = &tally{last: now}
		t.tallies[s] = y
	}
	if now.Sub(y.last) >= memory {
		y.failures = y.open
	}
	return y
}

// count takes a try for a failure; the lock is held.
func (t *throttle) count(s spot, free int, now time.Time) *tally {
	y := t.at(s, now)
	y.failures++
	y.last = now
	if s.kind != ofPerson {
		y.until = now.Add(grown(y.failures, free, firstWait, mostWait))
	}
	return y
}

// uncount takes that back. Nothing was checked for the spot since, where it has to wait: so there is nothing else to wait for. The lock is held.
func (t *throttle) uncount(s spot) {
	if y := t.tallies[s]; y != nil {
		y.failures = max(0, y.failures-1)
		y.until = time.Time{}
	}
}

// forget drops the stalest of a few tallies, those that wait last; the lock is held.
func (t *throttle) forget() {
	var stalest spot
	var oldest time.Time
	n := 0
	for s, y := range t.tallies {
		at := y.last
		if y.until.After(at) {
			at = y.until
		}
		if n == 0 || at.Before(oldest) {
			stalest, oldest = s, at
		}
		if n++; n == looked {
			break
		}
	}
	delete(t.tallies, stalest)
}

// leave gives the room of a try back; the lock is held.
func (y *try) leave() {
	t := y.t
	t.pending--
	if y.stranger {
		t.strangers--
	}
	if at := t.tallies[y.place]; at != nil {
		at.open = max(0, at.open-1)
	}
}

// failed ends a try whose name or password was wrong.
func (y *try) failed() {
	y.t.mu.Lock()
	defer y.t.mu.Unlock()
	y.leave()
}

// undone ends a try that was not checked.
func (y *try) undone() {
	y.t.mu.Lock()
	defer y.t.mu.Unlock()
	y.leave()
	for _, s := range []spot{y.pair, y.place, y.person} {
		y.t.uncount(s)
	}
}

// passed ends a try that was right: the account is known at the place from now on, where its failures are forgotten. Those of the place itself stay, since
// an account of one's own must not help to guess another's.
func (y *try) passed() {
	t := y.t
	t.mu.Lock()
	defer t.mu.Unlock()
	y.leave()
	delete(t.tallies, y.pair)
	t.uncount(y.place)
	t.uncount(y.person)
	if _, known := t.familiar[y.pair]; !known && len(t.familiar) >= mostFamiliar {
		t.drop()
	}
	t.familiar[y.pair] = t.now()
}

// drop takes the place away where nobody signed in for longest, of a few; the lock is held.
func (t *throttle) drop() {
	var stalest spot
	var oldest time.Time
	n := 0
	for s, at := range t.familiar {
		if n == 0 || at.Before(oldest) {
			stalest, oldest = s, at
		}
		if n++; n == looked {
			break
		}
	}
	delete(t.familiar, stalest)
}

// miss counts a token that is none. Where wait is more than 0 there were too many already, and it is not counted.
func (t *throttle) miss(from netip.Addr) (wait time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now, s := t.now(), spot{kind: ofTokens, from: place(from)}
	if wait := t.wait(s, now); wait > 0 {
		return wait
	}
	t.count(s, freeOfTokens, now)
	return 0
}
