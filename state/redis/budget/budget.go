package budget

import (
	"context"
	"crypto/rand"
	_ "embed"
	"encoding/hex"
	"sync"
	"sync/atomic"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"ivalt-radius/state"
	"ivalt-radius/state/redis/link"
)

//go:embed budget.lua
var budgetScript string

const (
	// A permit is good for some round trips, and at least and at most so long from when it was asked for. It counts for that much longer.
	leastPermit, mostPermit = 50 * time.Millisecond, 500 * time.Millisecond
	// budgetLease is how long behind the last word of a node its reserved places are held.
	budgetLease = time.Minute
	// askAgain is the longest that a call is told to wait: other nodes may give room back at any time.
	askAgain = time.Second
	// together is how long what waits for nothing is gathered before it is told.
	together = 200 * time.Millisecond
	// exactUpTo is how many calls of a window are remembered one by one.
	exactUpTo = 10_000
	// mostHeeded is that of package state: how long one notice of the API counts.
	mostHeeded = 15 * time.Minute
	// mostBatch bounds the permits of one round trip, mostWaiting the reservations, mostLimit a limit: larger ones are none.
	mostBatch, mostWaiting, mostLimit = 64, 1000, 1_000_000_000
)

// Budget is the state.Allowance of all nodes that use one API key: the windows of state.Budget, kept in Redis by its clock. One script, one round
// trip, decides.
//
// Take and TakeReserved never block: where there is no permit they say to wait, and a goroutine, the teller, asks for one; then wake says that asking
// again may succeed. A permit is spent when Redis grants it, and good for 50 to 500 ms (four round trips) from when it was asked for. Since its call
// may leave at the end of that, it counts in each window for that much longer: no window of the API holds more calls than it may, at the price of
// 5 % of the second on a near server. A permit of a reserved place that nobody used is a reserved place again; any other one is lost. With large limits
// permits are asked for in batches of a 50th of the second, a 500th of the minute and a 5000th of the hour at most.
//
// A window of up to 10,000 calls is exact. A larger one is counted in slots of a 200th of its length, each as of its end: a call counts for up to
// that much too long.
//
// Reserved places belong to one Budget, under a name drawn by lot. Those of a node that has said nothing for a minute are free again; where it comes
// back, it gets them back as far as there is room, and its other reserved calls are calls like any other.
//
// Where Redis cannot be asked, Reserve reports false and calls wait. Limits that are all unlimited ask for nothing; then a penalty is this node's
// alone. A failover may lose the calls of its last moment. All methods are safe for concurrent use.
type Budget struct {
	core   *link.Link
	script *goredis.Script
	keys   []string
	holder string
	wake   func()
	cut    atomic.Bool // Redis could not be asked
	now    func() time.Time

	kick, nudge chan struct{} // ask now, or soon
	stop        context.CancelFunc
	stopped     chan struct{}

	mu       sync.Mutex
	limits   state.Limits
	closed   bool
	forget   bool // the limits are new
	reserved int  // places that this node holds, permits for them included
	reserve  purse
	rest     purse
	waiting  []*reservation
	penalty  time.Time
	told     time.Time // the penalty that Redis knows of
	notices  [3]*budgetNotice
	use      state.Use
	asked    time.Time     // the last answer
	due      time.Time     // what waits for nothing is told then; zero: there is none
	trip     time.Duration // the last round trip
}

// purse has the permits of one kind.
type purse struct {
	permits int
	until   time.Time // they are good until then
	wanted  bool
	again   time.Time // asking before is in vain
	batch   int       // to ask for next
}

// reservation is a Reserve that waits.
type reservation struct {
	n      int
	gone   bool
	answer chan bool // has room for it
}

// Commands are those that the script has Redis do.
func Commands() []string { return link.Called(budgetScript) }

// New makes the budget of an API key, which key names (a digest of it), and begins to ask. wake is called from its goroutine, and may ask the
// Budget.
func New(c *link.Link, limits state.Limits, key string, wake func()) *Budget {
	return startBudget(c, limits, key, wake, time.Now)
}

func startBudget(c *link.Link, limits state.Limits, key string, wake func(), now func() time.Time) *Budget {
	d := c.Digest("budget", key)
	place := "{" + c.Prefix + ":budget}:" + hex.EncodeToString(d[:])
	ctx, stop := context.WithCancel(context.Background())
	b := &Budget{
		core: c, script: goredis.NewScript(budgetScript), holder: rand.Text(), wake: wake, now: now,
		keys: []string{place + ":state", place + ":second", place + ":minute", place + ":hour", place + ":held"},
		kick: make(chan struct{}, 1), nudge: make(chan struct{}, 1), stop: stop, stopped: make(chan struct{}),
		limits: limits, reserve: purse{batch: 1}, rest: purse{batch: 1},
	}
	go b.tell(ctx)
	return b
}

// Close gives back what is reserved, and ends the goroutine: no call leaves any more. It takes as long as two operations may.
func (b *Budget) Close() {
	b.mu.Lock()
	b.closed, b.reserved = true, 0
	b.reserve, b.rest = purse{}, purse{}
	b.mu.Unlock()
	b.stop()
	<-b.stopped
}

// Closed reports that Close was called.
func (b *Budget) Closed() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.closed
}

func (b *Budget) unlimited() bool {
	return b.limits.PerSecond <= 0 && b.limits.PerMinute <= 0 && b.limits.PerHour <= 0
}

// Reserve implements state.Spender. It blocks for a round trip, and no longer than Options.Timeout.
func (b *Budget) Reserve(n int) bool {
	if n <= 0 {
		return true
	}
	b.mu.Lock()
	switch {
	case b.closed || b.now().Before(b.penalty) || len(b.waiting) >= mostWaiting:
		b.mu.Unlock()
		return false
	case b.unlimited():
		b.reserved += n
		b.mu.Unlock()
		return true
	}
	r := &reservation{n: n, answer: make(chan bool, 1)}
	b.waiting = append(b.waiting, r)
	b.mu.Unlock()
	poke(b.kick)
	timeout := time.NewTimer(b.core.Timeout)
	defer timeout.Stop()
	select {
	case ok := <-r.answer:
		return ok
	case <-timeout.C:
	case <-b.stopped:
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	select {
	case ok := <-r.answer: // it came meanwhile
		return ok
	default:
		r.gone = true
		return false
	}
}

// Reachable implements state.Reachable, of the latest round trip.
func (b *Budget) Reachable() bool { return !b.cut.Load() }

// Release implements state.Spender.
func (b *Budget) Release(n int) {
	if n <= 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.reserved = max(0, b.reserved-n)
	b.soon()
}

// TakeReserved implements state.Spender.
func (b *Budget) TakeReserved() (wait time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.reserved == 0 {
		return b.take(&b.rest)
	}
	if wait := b.take(&b.reserve); wait > 0 {
		return wait
	}
	b.reserved--
	return 0
}

// Take implements state.Spender.
func (b *Budget) Take() (wait time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.take(&b.rest)
}

// take spends a permit, or has one asked for.
func (b *Budget) take(p *purse) time.Duration {
	now := b.now()
	switch {
	case b.closed:
		return askAgain
	case now.Before(b.penalty):
		return b.penalty.Sub(now)
	case b.unlimited():
		return 0
	case p.permits > 0 && now.Before(p.until):
		p.permits--
		return 0
	case now.Before(p.again):
		return p.again.Sub(now)
	}
	p.wanted = true
	poke(b.kick)
	return askAgain
}

// SetLimits implements state.Plan. The nodes of a cluster have the same limits: a window that is unlimited here counts no call of this node for the
// others.
func (b *Budget) SetLimits(l state.Limits) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.limits, b.forget, b.notices = l, true, [3]*budgetNotice{}
	b.reserve.again, b.rest.again = time.Time{}, time.Time{}
	b.soon()
}

// Penalise implements state.Plan: for this node at once, for the others a moment later.
func (b *Budget) Penalise(until time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if until.After(b.penalty) {
		b.penalty = until
		poke(b.kick)
	}
}

// Heed implements state.Plan. What is told last within 200 ms counts.
func (b *Budget) Heed(n state.Notice) {
	b.mu.Lock()
	defer b.mu.Unlock()
	w := b.limits.Window(n)
	if w < 0 {
		return
	}
	if n.Reset <= 0 {
		n.Reset = time.Minute
	}
	b.notices[w] = &budgetNotice{Window: w + 1, Limit: min(n.Limit, mostLimit), Remaining: max(0, min(n.Remaining, n.Limit, mostLimit)), Reset: n.Reset.Microseconds()}
	b.soon()
}

// Use implements state.Plan. It is of the last answer; where that is older than a second another one is asked for.
func (b *Budget) Use() state.Use {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.now().Sub(b.asked) > askAgain {
		b.soon()
	}
	return b.use
}

// Gauge implements state.Gauge, as of the last answer: minute and hour, which are all that is told of. Where that is older than a second another one is
// asked for.
func (b *Budget) Gauge() state.Room {
	use := b.Use()
	b.mu.Lock()
	defer b.mu.Unlock()
	r := state.Room{Minute: state.Part(b.limits.PerMinute, use.Minute), Hour: state.Part(b.limits.PerHour, use.Hour), Shared: true}
	if b.now().Before(b.penalty) {
		r.Held = b.penalty
	}
	return r
}

// soon has something told that waits for nothing.
func (b *Budget) soon() {
	if b.due.IsZero() && !b.unlimited() {
		b.due = b.now().Add(together)
		poke(b.nudge)
	}
}

func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
