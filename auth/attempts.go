package auth

import (
	"cmp"
	"sync"
	"time"

	"ivalt-radius/audit"
	"ivalt-radius/auth/carried"
	"ivalt-radius/auth/naming"
	"ivalt-radius/state"
	"ivalt-radius/state/cluster"
	"ivalt-radius/state/line"
)

// acceptJoinable is how long a concluded Accept answers further copies of its login: a gateway may listen on its newest
// port alone, and its newest copy may have crossed the answer.
const acceptJoinable = 10 * time.Second

// mostLapsed bounds the attempts whose late approval may still come.
const mostLapsed = 1 << 16

// key tells one attempt from another: a keyed digest, so that no table holds a password.
type key = naming.Digest

// attempt is one login by one person, from its first exchange until its Accept can no longer be joined. What is not set once by
// enter is guarded by attempts.mu, but for done's closing.
type attempt struct {
	key   key
	id    string
	first time.Time // when the earliest of its exchanges was received; answer_within counts from here
	led   time.Time // when the one that leads it was

	root   key      // of the login's first exchange, where this one answers a challenge of it; zero: it is that
	leader *pending // the exchange that answers a challenge; nil for the login's first

	heard *audit.Heard // the datagrams of its exchanges

	before *carried.Attempt // it waited in the process before; nil: it did not

	renews string // the attempt of the same login that lapsed a moment ago; empty: none

	asked Asked // the push; nil until it was begun
	over  error // why it ended before its answer: errWithdrawn, errShutdown

	told map[cluster.Digest]struct{} // its copies that the other nodes are told of; nil: none

	waiting int           // exchanges that wait for the verdict
	total   int           // exchanges that ever did
	done    chan struct{} // closed once concluded; nil where nobody joined

	place line.Place[pending] // where it is looked at, with a login of it

	owing     bool // the gate waits for its end
	concluded bool
	verdict   Verdict
	until     time.Time // an Accept is joinable before this
}

// attempts are the logins that wait, and the Accepts that may still be joined.
type attempts struct {
	names *naming.Names

	mu       sync.Mutex
	open     map[key]*attempt
	waiters  map[uint64]*attempt          // by the exchange that waits
	accepted []*attempt                   // Accepts by the time at which they leave `open`, oldest first
	lapsed   *state.Cache[carried.Lapsed] // attempts whose approval may still come, by key
	before   *carried.Table               // of the process before
	draining bool
	leaving  *carried.Logins // what the next process needs; nil: this one goes on

	verdicts line.Line[pending] // who waits for one
	answers  line.Line[pending] // who waits for that of a challenge
}

func newAttempts() *attempts {
	return &attempts{names: naming.New(), open: map[key]*attempt{}, waiters: map[uint64]*attempt{}, lapsed: state.NewCache[carried.Lapsed](0, mostLapsed)}
}

// key digests what makes two exchanges one attempt.
func (s *attempts) key(user Username, req *Request) key { return s.names.Digest(req.Parts(user)...) }

// role is what an exchange is to its attempt.
type role uint8

const (
	refused  role = iota // no attempt: too many are waiting
	silenced             // no attempt: the server is draining
	leads
	joins
	joinsLate // the attempt has an Accept already
)

// enter makes the login's exchange lead a new attempt or join the one with its key, and gives the login that attempt.
func (s *attempts) enter(p *pending, now time.Time) role {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.expire(now)
	k, req := p.key, p.req
	if a := s.open[k]; a != nil && a.joinable(now) {
		p.attempt = a
		return s.join(a, req)
	}
	if s.draining {
		return silenced
	}
	if s.verdicts.Len() >= p.rules.MaxAttempts && s.before.Find(k, now) == nil { // one that waited before waits on, whatever the settings are now
		return refused
	}
	a := s.begin(k, req, now)
	p.attempt = a
	if former, ok := s.lapsed.Get(string(k[:])); ok {
		a.renews = former.ID
		s.lapsed.Delete(string(k[:])) // once
	}
	s.wait(a, req.ID)
	s.open[k] = a
	s.verdicts.Join(&a.place, p)
	return leads
}

// join has one more exchange wait for an attempt that is there. One that came first, and whose first factor took longer, is the one
// that answer_within counts from.
func (s *attempts) join(a *attempt, req *Request) role {
	s.wait(a, req.ID)
	if a.concluded {
		return joinsLate
	}
	req.Heard.Join(a.heard)
	if req.Received.Before(a.first) {
		a.first = req.Received
	}
	if a.done == nil {
		a.done = make(chan struct{})
	}
	return joins
}

// wait counts the exchange among those that wait for the attempt.
func (s *attempts) wait(a *attempt, exchange uint64) {
	a.waiting++
	a.total++
	if exchange != 0 {
		s.waiters[exchange] = a
	}
}

// joinable reports that the attempt still waits, or has an Accept that may be had again.
func (a *attempt) joinable(now time.Time) bool {
	if a.concluded {
		return a.verdict.Kind != Reject && now.Before(a.until)
	}
	return a.over == nil
}

// push begins the attempt's push, unless the attempt is over already.
func (s *attempts) push(a *attempt, to Pusher, p *Push) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a.over == nil {
		a.asked = to.Begin(p)
	}
}

// placed names the attempt as all nodes do, and the one that it renews where they know of one.
func (s *attempts) placed(a *attempt, id, renews string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a.id, a.renews = id, cmp.Or(renews, a.renews)
}

// tells reports an exchange that the other nodes are to be told of: none that they were, nor more than they keep.
func (s *attempts) tells(a *attempt, exchange cluster.Digest) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, told := a.told[exchange]; told || len(a.told) >= cluster.MostExchanges {
		return false
	}
	if a.told == nil {
		a.told = map[cluster.Digest]struct{}{}
	}
	a.told[exchange] = struct{}{}
	return true
}

// nameOf is what the attempt is called now.
func (s *attempts) nameOf(a *attempt) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return a.id
}

// end gives the attempt up.
func (a *attempt) end(why error) {
	if a.over != nil || a.concluded {
		return
	}
	a.over = why
	if a.asked != nil {
		a.asked.Withdraw()
	}
}

// ended is why the attempt was given up; nil where it was not.
func (s *attempts) ended(a *attempt) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return a.over
}

// firstOf is when the earliest of the attempt's exchanges was received. The login learns whether its attempt owes the gate an end.
func (s *attempts) firstOf(p *pending) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	p.arrived = p.arrived || p.attempt.owing
	return p.attempt.first
}

// owes has the attempt owe the gate a login's end. It is false where it owes one already, or is over.
func (s *attempts) owes(a *attempt) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a.owing || a.concluded {
		return false
	}
	a.owing = true
	return true
}

// waits reports that an exchange with this key would join.
func (s *attempts) waits(k key, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.open[k]
	return a != nil && a.joinable(now) || s.before.Find(k, now) != nil
}

// withdraw takes exchanges back whose identifier a newer one reuses: their NAS no longer listens for the answers. An
// attempt ends when nobody waits for it any more. Its push is over when withdraw returns.
func (s *attempts) withdraw(exchanges []uint64) {
	if len(exchanges) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, exchange := range exchanges {
		a := s.waiters[exchange]
		if a == nil {
			continue
		}
		delete(s.waiters, exchange)
		if a.waiting--; a.waiting == 0 {
			a.end(errWithdrawn)
		}
	}
}

// release ends an exchange's wait and reports whether it was withdrawn meanwhile.
func (s *attempts) release(exchange uint64) (withdrawn bool) {
	if exchange == 0 {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.waiters[exchange] == nil {
		return true
	}
	delete(s.waiters, exchange)
	return false
}

// stop ends every waiting attempt.
func (s *attempts) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.draining = true
	for _, a := range s.open {
		a.end(errShutdown)
	}
}

// drop lets nobody join the attempt any more. Nobody answers its challenge.
func (s *attempts) drop(a *attempt) {
	if a.concluded {
		a.place.Leave()
	}
	for _, k := range []key{a.key, a.root} {
		if s.open[k] == a {
			delete(s.open, k)
		}
	}
}

// forget is drop, of an attempt whose challenge is abandoned.
func (s *attempts) forget(a *attempt) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop(a)
}

// succeed puts the attempt that answers a challenge in the place of the one that put it: a login that begins again joins it.
func (s *attempts) succeed(a, former *attempt, leader *pending) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a.leader, a.root, a.place.Of = leader, former.root, leader
	if a.root == (key{}) {
		a.root = former.key
	}
	s.drop(former)
	s.open[a.root] = a
}

// adopt has the attempt wait for a push that rings already, unless the attempt is over.
func (s *attempts) adopt(a *attempt, asked Asked) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a.over != nil {
		asked.Withdraw()
		return
	}
	a.asked = asked
}

// conclude hands the verdict to every exchange of the attempt. An Accept may be joined for a while, a Challenge until the time given,
// a Reject not.
func (s *attempts) conclude(a *attempt, v Verdict, now, leaveBy time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a.concluded, a.verdict = true, v
	a.until = leaveBy
	if joinable := now.Add(acceptJoinable); v.Kind == Accept && joinable.Before(leaveBy) {
		a.until = joinable
	}
	p := a.place.Of
	a.place.Leave()
	switch v.Kind {
	case Accept:
		s.accepted = append(s.accepted, a)
	case Challenge: // until it is answered or abandoned, which it may be already
		if s.open[a.key] == a {
			s.answers.Join(&a.place, p)
		}
	case Reject:
		s.drop(a)
	}
	if a.done != nil {
		close(a.done)
	}
}

// lapse remembers for a while that nobody answered an attempt in time. Where there is no room the next one begins anew.
func (s *attempts) lapse(a *attempt, now time.Time, life time.Duration) {
	s.lapsed.SetFor(string(a.key[:]), carried.Lapsed{Key: a.key[:], ID: a.id, Until: now.Add(life)}, life)
}

// void forgets it.
func (s *attempts) void(k key) { s.lapsed.Delete(string(k[:])) }

// expire forgets the Accepts whose time is over. They are few and in order of their conclusion.
func (s *attempts) expire(now time.Time) {
	gone := 0
	for gone < len(s.accepted) && !now.Before(s.accepted[gone].until) {
		s.drop(s.accepted[gone])
		gone++
	}
	s.accepted = s.accepted[gone:]
}

// exchanges is how many exchanges ever waited for the attempt.
func (s *attempts) exchanges(a *attempt) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return a.total
}

// drain admits no new attempt from now on.
func (s *attempts) drain() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.draining = true
}

func (s *attempts) isDraining() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.draining
}

// waitingNow is how many attempts have no verdict yet.
func (s *attempts) waitingNow() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.verdicts.Len()
}
