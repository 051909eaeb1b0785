package ivalt

import (
	"cmp"
	"context"
	"sync"
	"sync/atomic"
	"time"

	"ivalt-radius/auth"
	"ivalt-radius/ivalt/addresses"
	"ivalt-radius/ivalt/breaker"
	"ivalt-radius/ivalt/claim"
	"ivalt-radius/ivalt/clock"
	"ivalt-radius/ivalt/course"
	"ivalt-radius/ivalt/gateway"
	"ivalt-radius/ivalt/label"
	"ivalt-radius/ivalt/pace"
	"ivalt-radius/ivalt/standing"
	"ivalt-radius/ivalt/voice"
	"ivalt-radius/state"
	"ivalt-radius/state/cluster"
)

// The words of package course, where one login's way is decided.
type (
	instant = course.Instant
	call    = course.Call
	order   = course.Order
	step    = course.Step
)

// plan is what a login keeps of the settings that it began with. It is never changed.
type plan struct {
	rules       course.Rules
	collision   cluster.Collision
	proof       gateway.Proof
	label       label.Label
	connections int
	limited     bool // the API has limits
}

// login is the record of one waiting login: all that it costs beside its parked goroutine. The order of its fields leaves no gaps.
type login struct {
	id           uint64     // order of arrival
	push         *auth.Push // never written
	plan         *plan
	answer       chan auth.Answer // holds the one answer
	mobile       auth.Mobile
	activity     string // iVALT's own mark of the latest answer, for the evidence
	request      string // the push's id, should iVALT ever give one
	former       string // that of the push which this login renews
	course       course.Course
	times        pace.Times       // how long this person takes
	next, begins step             // what is due, at next.At or, a poll, later; and the first one of a login that has the phone
	place        [laneCount]int32 // in the queues; -1: not in
	hold         *hold            // what the memory gave for it; nil: nothing was asked for
	awaits       *login           // the lapsed one whose poll under way comes before that; nil: none
	told         *claim.Told      // that the one which it renews was approved, while it asked for the phone
	heir         *login           // the very same login that came meanwhile
	contact      instant          // when the memory was last told how far the push has come
	credit       instant          // until when its push is looked after once it was answered; 0: it is not
	reserved     uint8            // places in the budget
	pays         payment          // for the call that waits for a caller
	claim        stand            // how it stands with its phone
	late         bool             // answered, and its push is still looked after
	doubted      bool             // the phone was dirty or spent, and no poll has said better
	approved     bool             // and the memory has yet to confirm it
	over         bool             // answered; see stage
}

// payment is what a call is paid with.
type payment uint8

const (
	fromReserve payment = iota // its place was set aside before the push
	fromRest                   // what the budget has left
	payments
)

// scheduler owns all waiting logins: their timers, the API budget, and the callers that do the HTTP. One mutex guards it; a
// caller that has an answer takes the login's next step itself, and its own next call with it. The loop goroutine
// serves the clock and new logins, so that a login's own goroutine parks with a shallow stack.
type scheduler struct {
	began     time.Time
	memory    cluster.Phones // of all nodes
	desk      *claim.Desk    // that asks it
	newBudget func(state.Limits) state.Allowance
	budget    state.Allowance // of the key
	voice     *voice.Voice
	approvals func(standing.Approval)
	base      context.Context //nolint:containedctx // the life of the service, which ends its calls
	cancel    context.CancelFunc
	wake      chan struct{}
	eased     atomic.Bool // the budget says that asking again may succeed
	jobs      chan job
	work      sync.WaitGroup

	mu        sync.Mutex
	closed    bool
	paused    bool // no call leaves any more
	plan      *plan
	client    *gateway.Client
	realm     string // of the client
	addresses *addresses.Book
	arrived   []*login
	open      map[*login]struct{}
	lastID    uint64
	timers    line
	waiting   [payments]line
	blocked   [payments]instant // the budget lets no such call go before
	phones    phones
	asking    map[string]*login // that have a phone, or have asked for one, by attempt
	breaker   *breaker.Breaker
	why       [gateway.Endpoints]gateway.Why // the latest trouble
	poor      instant                        // no budget for a probe before
	throttles int                            // 429s in a row
	learner   *pace.Learner
	skew      clock.Skew
	rule      pace.Rule
	running   int // callers
	idle      int // of them, without a job
	armed     instant
	said      []func() // to be recorded, logged and answered outside the lock, in this order
}

func newScheduler(p *plan, c *gateway.Client, l state.Limits, d Deps) *scheduler {
	base, cancel := context.WithCancel(context.Background())
	s := &scheduler{
		began:  time.Now(),
		memory: d.Phones,
		desk:   claim.NewDesk(),
		base:   base,
		cancel: cancel,
		wake:   make(chan struct{}, 1),
		jobs:   make(chan job, gateway.MostConnections),
		plan:   p,
		client: c, realm: c.Realm(),
		addresses: addresses.New(),
		open:      map[*login]struct{}{},
		timers:    line{Lane: timers},
		phones:    phones{},
		asking:    map[string]*login{},
		breaker:   breaker.New(),
		learner:   pace.NewLearner(),
		rule:      d.Rule,
		approvals: d.Approved,
	}
	s.voice = voice.New(d.Recorder, d.Log, voice.Hooks{Now: s.now, Say: func(say func()) { s.said = append(s.said, say) }})
	s.newBudget = func(l state.Limits) state.Allowance { return d.Budget(l, s.ease) }
	s.budget = s.newBudget(l)
	if s.memory == nil {
		s.memory, s.desk = cmp.Or(d.Alone, cluster.NewMemory(nil)).Join("", s.notice), claim.NewQuickDesk()
	}
	s.waiting[fromReserve].Lane, s.waiting[fromRest].Lane = ready, ready
	s.work.Add(1)
	go s.loop()
	return s
}

func (s *scheduler) now() instant { return time.Since(s.began) }

// newLogin makes the record of a push; enter then takes it in.
func newLogin(p *auth.Push) *login {
	return &login{push: p, mobile: p.Person.Mobile, answer: make(chan auth.Answer, 1), place: [laneCount]int32{-1, -1}}
}

// enter takes a login in; the loop begins it.
func (s *scheduler) enter(l *login) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.admit(l)
}

// admit is enter with the lock held.
func (s *scheduler) admit(l *login) {
	if s.closed {
		l.over = true
		l.answer <- auth.Answer{Outcome: auth.Stopping, Mobile: l.mobile}
		return
	}
	s.lastID++
	l.id, l.plan = s.lastID, s.plan
	s.open[l] = struct{}{}
	s.arrived = append(s.arrived, l)
	if len(s.arrived) == 1 {
		s.poke()
	}
}

// withdraw ends a login that nobody waits for any more.
func (s *scheduler) withdraw(l *login) {
	s.mu.Lock()
	defer s.unlock()
	if !l.over {
		s.finish(l, withdrawn(), s.now())
		s.dispatch()
	}
}

// loop serves the clock and new logins until the service ends.
func (s *scheduler) loop() {
	defer s.work.Done()
	clock := time.NewTimer(time.Hour)
	defer clock.Stop()
	for {
		clock.Reset(s.turn())
		select {
		case <-s.wake:
		case <-clock.C:
		case <-s.base.Done():
			return
		}
	}
}

// turn does what is due and says when to come again.
func (s *scheduler) turn() time.Duration {
	s.mu.Lock()
	defer s.unlock()
	if s.eased.Swap(false) {
		s.blocked, s.poor = [payments]instant{}, 0
	}
	arrived := s.arrived
	s.arrived = nil
	for _, l := range arrived {
		if !l.over {
			s.start(l, s.now())
		}
	}
	now := s.now()
	for head := s.timers.First(); head != nil && head.At <= now; head = s.timers.First() {
		s.ring(head.Of, now)
	}
	s.probe()
	s.dispatch()
	s.armed = s.nextWake()
	return max(0, s.armed-s.now())
}

// never is a wake that needs no timer of its own.
const never = instant(1 << 62)

// nextWake is when the loop must come again: a timer, or the end of what blocks waiting calls.
func (s *scheduler) nextWake() instant {
	at := never
	if head := s.timers.First(); head != nil {
		at = head.At
	}
	now := s.now()
	for t := range s.waiting {
		if s.waiting[t].Len() == 0 {
			continue
		}
		if s.blocked[t] > now {
			at = min(at, s.blocked[t])
		}
	}
	if due := s.breaker.Wake(); !due.IsZero() {
		at = min(at, max(due.Sub(s.began), s.poor))
	}
	return min(at, now+time.Hour)
}

// unlock lets go, wakes the loop where something is due earlier than it knows, and says what was held back: evidence
// first, then the answers that it is about.
func (s *scheduler) unlock() {
	if s.nextWake() < s.armed {
		s.poke()
	}
	said := s.said
	s.said = nil
	s.mu.Unlock()
	for _, say := range said {
		say()
	}
}

// ease is told by a budget that asking again may succeed now.
func (s *scheduler) ease() {
	s.eased.Store(true)
	s.poke()
}

func (s *scheduler) poke() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// closing bounds how long the ends of claims are waited for.
const closing = 2 * time.Second

// close answers everybody, has the phones given up, ends the calls and waits for every goroutine.
func (s *scheduler) close() {
	s.mu.Lock()
	first := !s.closed
	s.closed = true
	for l := range s.open {
		s.finish(l, course.Ended(auth.Stopping, "the server stops"), s.now())
	}
	s.arrived = nil
	s.unlock()
	s.desk.Close(closing)
	s.cancel()
	s.work.Wait()
	if first {
		s.client.Retire()
		s.addresses.Close()
		s.learner.Close()
	}
}

// adopt takes new settings. Open logins keep their plan; their next calls go to the new address with the new key.
func (s *scheduler) adopt(p *plan, c *gateway.Client, l state.Limits) {
	s.mu.Lock()
	if s.closed {
		s.unlock()
		c.Retire()
		return
	}
	old, forgotten := s.client, s.addresses
	s.plan, s.client, s.realm = p, c, c.Realm()
	s.breaker = breaker.New()
	s.voice.Reset()
	s.blocked = [payments]instant{}
	var moved []booking
	before := s.budget
	if c.SamePeople(old) {
		s.budget.SetLimits(l)
		forgotten = nil
	} else {
		s.addresses = addresses.New()
		moved = s.renewBudget(l)
		for m, e := range s.phones {
			s.void(e, nil) // an approval at another iVALT, or of another customer's
			s.phones.drop(m)
		}
	}
	s.dispatch()
	if len(moved) > 0 {
		s.work.Go(func() { // each may take a round trip, and a reload waits for none
			for _, b := range moved {
				s.book(b.login, b.places, s.rebooked)
			}
		})
	}
	ends, _ := before.(interface{ Close() })
	if before == s.budget {
		ends = nil
	}
	s.unlock()
	old.Retire()
	if forgotten != nil {
		forgotten.Close()
	}
	if ends != nil {
		ends.Close()
	}
}

// booking is places that a login needs in a budget.
type booking struct {
	login  *login
	places int
}

// renewBudget begins the budget of another key: what the old one used, and what was said of it, counts no more. Open logins are to get their
// places in it again.
func (s *scheduler) renewBudget(l state.Limits) (moved []booking) {
	s.budget = s.newBudget(l)
	for l := range s.open {
		if l.reserved > 0 {
			moved = append(moved, booking{l, int(l.reserved)})
			l.reserved = 0 // what the new limits cannot hold waits for what is left
			s.requeue(l)
		}
	}
	return moved
}

// rebooked goes on with a login whose places moved to another budget.
func (s *scheduler) rebooked(l *login, _ int, _ instant) { s.requeue(l) }

// requeue puts a login's call that waits for a caller where it belongs now.
func (s *scheduler) requeue(l *login) {
	if l.place[ready] >= 0 {
		s.queue(l, s.now())
	}
}
