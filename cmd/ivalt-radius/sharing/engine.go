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

// Membership is who shares the memory. The node's lease begins with the engine.
type Membership interface {
	// SetSettings says what the digest of this node's settings is.
	SetSettings(digest string)
	// Nodes are all that are alive, and those that were of late.
	Nodes(ctx context.Context) ([]shared.Node, error)
	// Servers is what the servers say of themselves.
	Servers(ctx context.Context) (redis.Servers, error)
	// Close gives the lease back.
	Close(ctx context.Context) error
}

// Copies are what each node has a copy of, and the budget that they divide.
type Copies interface {
	Feed() shared.Feed
	Follow(kind string, do func(shared.Heard))
	Table(name string, r shared.Replica) shared.Table
	Budget(l state.Limits, apiKeyDigest string, wake func()) state.Allowance
}

// Kind is what happened to the memory, or between its nodes.
type Kind uint8

// The kinds, in the order of package redis, which tells each once when it begins, and logs it.
const (
	NoKind        Kind = iota
	Unreachable        // Why
	Reachable          // For after it could not be asked; 0: at the start
	Emptied            // it was restarted empty
	SameName           // Nodes has the name that several have
	SettingsApart      // Nodes have other settings than this one
	SettingsAlike      // all have the same again
	Evicts             // it forgets what it likes when it is full: Detail is its policy
	Old                // its version, Detail, is too old
	FeedLost           // Count things were not told to other nodes
	Unreadable         // Count values could not be opened
)

// Event is for the operator.
type Event struct {
	Kind   Kind
	Why    error // without a secret
	For    time.Duration
	Nodes  []string
	Count  uint64
	Detail string
}

// Hooks are what the engine asks of the server, and tells it. None of them blocks.
type Hooks struct {
	Changed func(Event)
	Notice  func(shared.Notice)
	Leads   func() int // attempts that this node leads
}

// Opener makes an engine. It does not fail because the memory cannot be asked: that is an Event.
type Opener func(ctx context.Context, o redis.Options, h Hooks) (Engine, error)

// Outsider looks into a memory without a lease of its own.
type Outsider func(ctx context.Context, o redis.Options) ([]shared.Node, redis.Servers, error)

var errNoEngine = errors.New("this build shares no memory")

// openRedis is the Opener of the server.
func openRedis(context.Context, redis.Options, Hooks) (Engine, error) { return nil, errNoEngine }

// lookRedis is the Outsider of the commands.
func lookRedis(context.Context, redis.Options) ([]shared.Node, redis.Servers, error) {
	return nil, redis.Servers{}, errNoEngine
}

// within bounds what is asked of the memory at leisure.
const within = 5 * time.Second
