package redis

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"ivalt-radius/state"
	"ivalt-radius/state/cluster"
	"ivalt-radius/state/redis/budget"
	"ivalt-radius/state/redis/claims"
	"ivalt-radius/state/redis/link"
)

// Engine is one node's part of the memory. Open makes it; all methods are safe for concurrent use, but for those that say that they come before
// Start.
type Engine struct {
	cluster.Attempts
	cluster.Phones

	options Options
	link    *link.Link
	claims  *claims.Claims
	events  sync.Mutex // over each event that is told
	mu      sync.Mutex

	aside       goredis.UniversalClient // for signs of life and for the feed, which wait behind no login
	scripts     scripts
	incarnation string
	started     time.Time
	feed        *feed

	stop context.CancelFunc
	runs sync.WaitGroup

	at struct { // what is known of the memory
		sync.Mutex
		contact contact
		health  Health
		epoch   string // the last one seen
		twins   standing
		apart   standing
		sights  int // since the servers were last inspected
	}
	budgets  []*budget.Budget // guarded by mu
	settings string           // guarded by mu, as judged is
	judged   Servers          // what was last said of one
	tables   []*table         // none is added behind Start
	again    chan struct{}
}

// Health is whether the memory is in reach.
type Health struct {
	Reachable bool
	Since     time.Time // when that began, by this node's clock
	Why       error     // why it is not
}

// incarnationSize is the length of an incarnation, which is Base32 text: 80 random bits.
const incarnationSize = 16

// inspectEvery is how many signs of life apart the servers are asked for their replicas.
const inspectEvery = 20

// silent is a logger that says nothing: what go-redis logs is in its errors as well.
type silent struct{}

// Printf does nothing.
func (silent) Printf(context.Context, string, ...any) {}

// Open begins a node's life in the memory. It does not fail where the memory is out of reach: then Health says so, and the life begins when it is
// reached. The error is that of Check. go-redis has one logger for the process, which is silent from now on.
func Open(ctx context.Context, o Options) (*Engine, error) {
	if err := Check(o).Err(); err != nil {
		return nil, err
	}
	goredis.SetLogger(silent{})
	c, err := link.New(o.Settings)
	if err != nil {
		return nil, err
	}
	run, stop := context.WithCancel(context.WithoutCancel(ctx))
	e := &Engine{
		link: c, options: o, aside: link.Connect(o.Settings), scripts: newScripts(), incarnation: rand.Text()[:incarnationSize], started: time.Now(), stop: stop,
		again: make(chan struct{}, 1),
	}
	e.at.health = Health{Reachable: true, Since: e.started}
	c.SetClock(e.Time)
	e.claims = claims.New(c, e.incarnation, e.dead, o.Notice)
	e.Attempts, e.Phones = e.claims, e.claims
	e.feed = newFeed(e)
	e.beat(ctx)
	e.runs.Go(func() { e.live(run) })
	e.runs.Go(func() { e.claims.Run(run) })
	return e, nil
}

// Start has the node follow the feed and keep its tables in step; it is called once, behind the last Follow and Table.
func (e *Engine) Start(ctx context.Context) {
	run, stop := context.WithCancel(context.WithoutCancel(ctx))
	before := e.stop
	e.stop = func() {
		stop()
		before()
	}
	e.feed.done = make(chan struct{})
	e.runs.Go(func() { e.feed.write(run) })
	e.runs.Go(func() { e.feed.read(run) })
	e.runs.Go(func() { e.keep(run) })
}

// Close ends the node's life: what it told is written, as far as ctx lets it, and its lease ends at once. It is called once.
func (e *Engine) Close(ctx context.Context) error {
	e.feed.close(ctx)
	e.mu.Lock()
	budgets := e.budgets
	e.budgets = nil
	e.mu.Unlock()
	for _, b := range budgets {
		b.Close()
	}
	e.stop()
	e.runs.Wait()
	var err error
	if e.Health().Reachable {
		err = e.leave(ctx)
	}
	_ = e.aside.Close()
	_ = e.link.Client.Close()
	if err != nil {
		return fmt.Errorf("end the node's lease: %w", err)
	}
	return nil
}

// leave ends the lease, in order.
func (e *Engine) leave(ctx context.Context) error {
	last := e.record(time.Now())
	last.Left, last.Leads = true, 0
	text, err := json.Marshal(last)
	if err == nil {
		_, err = e.link.Run(ctx, e.scripts.end, memberKeys(e.link)[1:], e.incarnation, string(text))
	}
	return err //nolint:wrapcheck // the caller says what it is about
}

// SetSettings says what the digest of this node's settings is, from the next sign of life on.
func (e *Engine) SetSettings(digest string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.settings = digest
}

// Health is whether the memory was in reach a moment ago. It becomes unreachable when no sign of life passes for 1.5 s.
func (e *Engine) Health() Health {
	e.at.Lock()
	defer e.at.Unlock()
	return e.at.health
}

// dead are the incarnations whose lease has expired; none while this node may not judge that.
func (e *Engine) dead() []string {
	e.at.Lock()
	defer e.at.Unlock()
	return e.at.contact.dead(time.Now())
}

// Time is the memory's clock, as this node believes it; the zero time before the first contact.
func (e *Engine) Time() time.Time {
	e.at.Lock()
	defer e.at.Unlock()
	return e.at.contact.clock(time.Now())
}

// live gives signs of life.
func (e *Engine) live(ctx context.Context) {
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			e.beat(ctx)
		case <-ctx.Done():
			return
		}
	}
}

// record is what this node says of itself.
func (e *Engine) record(now time.Time) record {
	e.mu.Lock()
	defer e.mu.Unlock()
	self := record{Name: e.options.Node, Version: e.options.Version, Settings: e.settings, Up: now.Sub(e.started).Milliseconds()}
	if e.options.Leads != nil {
		self.Leads = e.options.Leads()
	}
	return self
}

func (e *Engine) beat(ctx context.Context) {
	sent := time.Now()
	text, err := json.Marshal(e.record(sent))
	if err != nil {
		return // a record has no value that could fail
	}
	s, err := look(ctx, e.link, e.aside, e.scripts.beat, e.incarnation, string(text))
	if err != nil {
		if ctx.Err() == nil {
			e.missed(time.Now(), err)
		}
		return
	}
	e.seen(ctx, sent, s)
}

// missed notes that a sign of life failed.
func (e *Engine) missed(now time.Time, why error) {
	e.at.Lock()
	out := e.at.health.Reachable && now.Sub(e.at.contact.at) > gap
	switch {
	case out:
		e.at.health = Health{Since: now, Why: why}
	case !e.at.health.Reachable:
		e.at.health.Why = why // another one than before, perhaps
	}
	e.at.Unlock()
	if out {
		e.tell(Event{Kind: Unreachable, Why: why})
	}
}

// seen notes what a sign of life showed.
func (e *Engine) seen(ctx context.Context, sent time.Time, s sight) {
	var events []Event
	e.at.Lock()
	first := e.at.contact.at.IsZero()
	broken := e.at.contact.saw(sent, s)
	if first || !e.at.health.Reachable {
		was := e.at.health
		e.at.health = Health{Reachable: true, Since: time.Now()}
		back := Event{Kind: Reachable}
		if !was.Reachable {
			back.For = time.Since(was.Since)
		}
		events = append(events, back)
	}
	emptied := !first && s.epoch != e.at.epoch
	e.at.epoch = s.epoch
	if emptied {
		e.at.contact.since = sent
		events = append(events, Event{Kind: Emptied})
	}
	events = append(events, e.company(s)...)
	e.at.sights++
	inspect := broken || e.at.sights%inspectEvery == 0
	e.at.Unlock()

	e.tell(events...)
	if first || emptied {
		e.touch(ctx, s)
	}
	if inspect {
		e.inspect(ctx)
	}
	if emptied {
		e.feed.restart()
	}
	if broken || emptied {
		e.feed.rewind(s.now)
		e.resync()
	}
}

// company compares this node with the others; the caller holds the lock.
func (e *Engine) company(s sight) (events []Event) {
	e.mu.Lock()
	settings := e.settings
	e.mu.Unlock()
	twins, apart := s.unlike(settings)
	if e.at.twins.became(e.at.contact.at, twins) && len(twins) > 0 {
		events = append(events, Event{Kind: SameName, Nodes: twins})
	}
	if e.at.apart.became(e.at.contact.at, apart) {
		kind := SettingsApart
		if len(apart) == 0 {
			kind = SettingsAlike
		}
		events = append(events, Event{Kind: kind, Nodes: apart})
	}
	return events
}

// touch has all buckets remember from now on, where they have forgotten. What it does not reach the next claim there does.
func (e *Engine) touch(ctx context.Context, s sight) {
	ctx, cancel := context.WithTimeout(ctx, e.link.Timeout)
	defer cancel()
	since := strconv.FormatInt(time.UnixMicro(s.now).UnixMilli(), 10)
	_, _ = e.link.Client.Pipelined(ctx, func(p goredis.Pipeliner) error {
		for b := range link.Buckets {
			var d [link.DigestSize]byte
			d[0] = byte(b)
			_, epoch := e.link.Key("", d)
			p.SetArgs(ctx, epoch, since, goredis.SetArgs{Mode: "NX"})
		}
		return nil
	})
}

// Budget is the budget of an API key over all nodes; apiKey is a digest of it that tells nobody the key. wake is told when a call that had to wait may be
// tried again; it does not block. It ends with the Engine, or by its own Close.
func (e *Engine) Budget(l state.Limits, apiKey string, wake func()) state.Allowance {
	b := budget.New(e.link, l, apiKey, wake)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.budgets = append(slices.DeleteFunc(e.budgets, (*budget.Budget).Closed), b)
	return b
}
