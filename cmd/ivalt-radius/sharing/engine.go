package sharing

import (
	"context"
	"time"

	"ivalt-radius/state"
	"ivalt-radius/state/cluster"
	"ivalt-radius/state/redis"
)

// Engine is a memory that several nodes share, as package redis makes it. It is safe for concurrent use.
type Engine interface {
	cluster.Logins
	Life
	Membership
	Copies
}

// Life is the node's part in the memory. Its lease begins with the engine.
type Life interface {
	// Start has the node hear what the others tell, behind the last Follow and Table.
	Start(ctx context.Context)
	// Time is the memory's clock; the zero time before the first contact.
	Time() time.Time
	// Close gives the lease back.
	Close(ctx context.Context) error
}

// Membership is who shares the memory.
type Membership interface {
	// SetSettings says what the digest of this node's settings is.
	SetSettings(digest string)
	// Nodes are all that are alive, and those that were of late.
	Nodes(ctx context.Context) ([]cluster.Node, error)
	// Servers is what the servers say of themselves.
	Servers(ctx context.Context) (redis.Servers, error)
}

// Copies are what each node has a copy of, and the budget that they divide.
type Copies interface {
	Feed() cluster.Feed
	Follow(kind string, do func(cluster.Heard))
	Table(name string, r cluster.Replica) cluster.Table
	Budget(l state.Limits, apiKeyDigest string, wake func()) state.Allowance
}

// Hooks are what the engine asks of the server, and tells it. None of them blocks.
type Hooks struct {
	Changed func(redis.Event)
	Notice  func(cluster.Notice)
	Leads   func() int // attempts that this node leads
}

// Opener makes an engine. It does not fail because the memory cannot be asked: that is a redis.Event.
type Opener func(ctx context.Context, o redis.Options, h Hooks) (Engine, error)

// Outsider looks into a memory without a lease of its own.
type Outsider func(ctx context.Context, o redis.Options) ([]cluster.Node, redis.Servers, error)

// openRedis is the Opener of the server.
func openRedis(ctx context.Context, o redis.Options, h Hooks) (Engine, error) {
	o.Changed, o.Notice, o.Leads = h.Changed, h.Notice, h.Leads
	e, err := redis.Open(ctx, o)
	if err != nil {
		return nil, err //nolint:wrapcheck // Open says what it is about
	}
	return e, nil
}

// lookRedis is the Outsider of the commands.
func lookRedis(ctx context.Context, o redis.Options) ([]cluster.Node, redis.Servers, error) {
	nodes, err := redis.Members(ctx, o)
	if err != nil {
		return nil, redis.Servers{}, err //nolint:wrapcheck // a look of package redis
	}
	servers, err := redis.Inspect(ctx, o)
	return nodes, servers, err //nolint:wrapcheck // a look of package redis
}

// within bounds what is asked of the memory at leisure.
const within = 5 * time.Second
