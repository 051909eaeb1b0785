package sharing

import (
	"context"
	"errors"
	"time"

	"ivalt-radius/state"
	"ivalt-radius/state/redis"
	"ivalt-radius/state/shared"
)

// Engine is a memory that several nodes share, as package redis makes it. It is safe for concurrent use.
type Engine interface {
	shared.Attempts
	shared.Phones
	Membership
	Copies
}

// Membership is who shares the memory.
type Membership interface {
	// Start takes the node's lease, and renews it until Close. An engine that was not started reads alone.
	Start()
	// Nodes are all that are alive, and those that were of late.
	Nodes(ctx context.Context) ([]shared.Node, error)
	// Look is what the servers say of themselves.
	Look(ctx context.Context) (redis.Look, error)
	// Close gives the lease back, and says that the node left in order.
	Close(ctx context.Context) error
}

// Copies are what each node has a copy of, and the budget that they divide.
type Copies interface {
	Feed() shared.Feed
	Follow(kind string, do func(shared.Heard))
	Table(name string, r shared.Replica) shared.Table
	Budget(l state.Limits, apiKeyDigest string, wake func()) state.Allowance
}

// Kind is what became of the memory.
type Kind uint8

// The kinds. The zero Kind is nothing.
const (
	NoKind Kind = iota
	Unreachable
	Reachable
	Emptied // it was restarted empty: it has forgotten claims and phones
)

// Event is a change of the memory's.
type Event struct {
	Kind Kind
	Why  string // of Unreachable: an error's words, without a secret
}

// Hooks are what the engine asks of the server, and tells it. None of them blocks.
type Hooks struct {
	Changed  func(Event)
	Notice   func(shared.Notice)
	Leads    func() int    // attempts that this node leads
	Settings func() string // the digest of those in force
}

// Opener makes an engine. It does not fail because the memory cannot be asked: that is an Event.
type Opener func(ctx context.Context, o redis.Options, h Hooks) (Engine, error)

var errNoEngine = errors.New("this build shares no memory")

// openRedis is the Opener of the server.
func openRedis(context.Context, redis.Options, Hooks) (Engine, error) { return nil, errNoEngine }

// within bounds what is asked of the memory at leisure.
const within = 5 * time.Second
