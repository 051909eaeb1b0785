package claims

import (
	"context"
	"strings"
	"sync"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"ivalt-radius/state/cluster"
	"ivalt-radius/state/redis/link"
)

// Claims are one node's attempts and phones: cluster.Attempts and cluster.Phones. All methods are safe for concurrent use. While Run does not
// run, Await hears nothing and nothing is noticed.
type Claims struct {
	core    *link.Link
	scripts scripts
	self    string               // this node's incarnation
	dead    func() []string      // the incarnations whose leases are over; never this one
	notice  func(cluster.Notice) // may not block

	// acknowledged is Link.RunAcknowledged, for what must not be lost with one server.
	acknowledged func(ctx context.Context, s *goredis.Script, keys []string, args ...any) (any, error)
	ahead        func() time.Duration // added to the server's time: tests pass time so
	look         time.Duration        // cluster.Look
	patience     time.Duration        // cluster.Patience

	mu      sync.Mutex
	watches map[string]map[*watch]struct{} // by the attempt's key
}

// New makes a node's part. notice is told what others do to its attempts; nil: nobody is. It is called by Run.
func New(c *link.Link, self string, dead func() []string, notice func(cluster.Notice)) *Claims {
	if notice == nil {
		notice = func(cluster.Notice) {}
	}
	return &Claims{
		core: c, scripts: newScripts(), self: self, dead: dead, notice: notice, acknowledged: c.RunAcknowledged, ahead: func() time.Duration { return 0 },
		look: cluster.Look, patience: cluster.Patience, watches: map[string]map[*watch]struct{}{},
	}
}

// channels is what the channels of nodes begin with.
func (c *Claims) channels() string { return c.core.Prefix + ":node:" }

// withDead appends who is dead to a script's arguments.
func (c *Claims) withDead(args ...any) []any {
	for _, d := range c.dead() {
		args = append(args, d)
	}
	return args
}

// ms is a duration in whole milliseconds, never shorter than it is.
func ms(d time.Duration) int64 { return int64((d + time.Millisecond - 1) / time.Millisecond) }

func flag(set bool) string { //nolint:revive // a bool is what is told
	if set {
		return "1"
	}
	return "0"
}

// Run hears what other nodes tell this one, and looks at the attempts that are awaited, until ctx ends. The subscription is made again
// whenever its connection is lost.
func (c *Claims) Run(ctx context.Context) {
	heard := c.core.Client.Subscribe(ctx, c.channels()+c.self)
	defer func() { _ = heard.Close() }()
	messages := heard.Channel()
	ticker := time.NewTicker(c.look)
	defer ticker.Stop()
	looked := make(chan struct{}, 1)
	looked <- struct{}{}
	var looking sync.WaitGroup
	defer looking.Wait()
	for {
		select {
		case <-ctx.Done():
			return
		case m, open := <-messages:
			if !open {
				return
			}
			c.hear(m.Payload)
		case <-ticker.C:
			select {
			case <-looked: // one look at a time, and never in the way of a message
				looking.Go(func() {
					c.lookAtAll(ctx)
					looked <- struct{}{}
				})
			default:
			}
		}
	}
}

// mostHeard bounds a message: one sealed answer and four short texts.
const mostHeard = cluster.MostSize + 1024

// hear takes a message of another node, or of anybody who can publish: a collision only denies, and an approval is sealed.
func (c *Claims) hear(message string) {
	if len(message) > mostHeard {
		return
	}
	kind, rest, _ := strings.Cut(message, "\n")
	switch kind {
	case "attempt":
		c.wake(rest)
	case "collided":
		if named(rest) {
			c.notice(cluster.Notice{Kind: cluster.Collided, Attempt: rest})
		}
	case "approved":
		f := strings.SplitN(rest, "\n", 4)
		if len(f) != 4 || !named(f[0]) {
			return
		}
		plain, err := c.core.Open(foundAt(f[2], f[1]), f[3])
		if err != nil {
			return
		}
		c.notice(cluster.Notice{Kind: cluster.Approved, Attempt: f[0], Renews: f[1], Answer: plain})
	}
}
