package sharing

import (
	"context"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/sirupsen/logrus"

	"ivalt-radius/audit"
	"ivalt-radius/config"
	"ivalt-radius/secret"
	"ivalt-radius/state"
	"ivalt-radius/state/cluster"
)

// Deps are what sharing needs from the house.
type Deps struct {
	Log     logrus.FieldLogger
	Note    func(audit.Event) // into the trail; it does not block
	Version string
	Leads   func() int           // attempts that this node leads; nil: none
	Notice  func(cluster.Notice) // what others do to this node's attempts; nil: nobody is told

	Open     Opener                 // nil: that of package redis
	Look     Outsider               // nil: that of package redis
	Hostname func() (string, error) // nil: os.Hostname
	Now      func() time.Time       // nil: time.Now
}

// complete fills in what is nil.
func (d Deps) complete() Deps {
	if d.Open == nil {
		d.Open = openRedis
	}
	if d.Look == nil {
		d.Look = lookRedis
	}
	if d.Hostname == nil {
		d.Hostname = os.Hostname
	}
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.Leads == nil {
		d.Leads = func() int { return 0 }
	}
	if d.Notice == nil {
		d.Notice = func(cluster.Notice) {}
	}
	return d
}

// Sharing is this node's part in the memory of all nodes. A nil one is that of a node that is alone. It is safe for concurrent use, but for
// Start and Close.
type Sharing struct {
	deps   Deps
	name   string
	redis  config.Redis
	names  []byte
	engine Engine
	alone  *cluster.Alone // nil: reject

	mu     sync.Mutex
	digest string // of the settings in force
	reach  reach
	view   view
	said   time.Time // that something could not be read

	unwatch context.CancelFunc
	work    sync.WaitGroup
}

// reach is whether the memory can be asked.
type reach struct {
	since time.Time // when that became so; zero: nothing is known yet
	gone  bool
	why   string
}

// Open connects to the memory that the settings name; nil where they name none. It does not wait for the memory: where that cannot be asked
// now, the server starts all the same and says so.
func Open(ctx context.Context, s *config.Settings, d Deps) (*Sharing, error) {
	if len(s.State.Redis.Addresses) == 0 {
		return nil, nil //nolint:nilnil // a nil Sharing is a node that is alone
	}
	d = d.complete()
	name, err := named(s, d.Hostname)
	if err != nil {
		return nil, err
	}
	o, err := options(s, name, d)
	if err != nil {
		return nil, err
	}
	names, err := hkdf.Key(sha256.New, []byte(o.Key.Reveal()), nil, "ivalt-radius logins "+o.Prefix, sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("state.redis.cluster_key: %w", err)
	}
	n := &Sharing{deps: d, name: name, redis: s.State.Redis, names: names, digest: s.ClusterDigest()}
	if n.engine, err = d.Open(ctx, o, Hooks{Changed: n.changed, Notice: d.Notice, Leads: d.Leads}); err != nil {
		return nil, fmt.Errorf("state.redis: %w", err)
	}
	n.engine.SetSettings(n.digest)
	if s.State.Redis.InsecureAlone() {
		n.alone = cluster.NewAlone(n.engine, cluster.NewMemory(d.Now).Join(name, d.Notice), d.Now, n.turned)
	}
	return n, nil
}

// Node is this node's name; the host's, where it is alone. Empty where the host has none.
func (n *Sharing) Node() string {
	if n != nil {
		return n.name
	}
	name, _ := os.Hostname()
	return plain(name)
}

// Start hears the other nodes and watches them until Close. Whatever follows them is there by then.
func (n *Sharing) Start(ctx context.Context) {
	if n == nil {
		return
	}
	n.engine.Start(ctx)
	ctx, n.unwatch = context.WithCancel(context.WithoutCancel(ctx))
	n.look(ctx)
	if n.alone != nil {
		n.deps.Log.Warn("INSECURE: state.redis.on_failure is insecure_alone: while the shared memory cannot be asked, a login may ring once for each node")
	}
	n.work.Go(func() { n.watch(ctx, time.Tick(watchEvery), time.Tick(shoutEvery)) })
}

// Close leaves the other nodes.
func (n *Sharing) Close(ctx context.Context) error {
	if n == nil {
		return nil
	}
	if n.unwatch != nil {
		n.unwatch()
		n.work.Wait()
	}
	if err := n.engine.Close(ctx); err != nil && !errors.Is(err, cluster.ErrUnreachable) {
		return fmt.Errorf("leaving the shared memory: %w", err)
	}
	return nil
}

// Adopt takes what a reload changes: how this node's settings are known to the others.
func (n *Sharing) Adopt(s *config.Settings) {
	if n == nil {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.digest = s.ClusterDigest()
	n.engine.SetSettings(n.digest)
}

// Attempts are the logins of all nodes; nil: this node's own are all there are.
func (n *Sharing) Attempts() cluster.Attempts {
	switch {
	case n == nil:
		return nil
	case n.alone != nil:
		return n.alone
	}
	return n.engine
}

// Phones are the phones of all nodes; nil: this node's own are all there are.
func (n *Sharing) Phones() cluster.Phones {
	switch {
	case n == nil:
		return nil
	case n.alone != nil:
		return n.alone
	}
	return n.engine
}

// Budget is the budget of an API key over all nodes. wake is told when a call that had to wait may be tried again; it does not block.
// Of a nil Sharing it is this node's own.
func (n *Sharing) Budget(l state.Limits, apiKey secret.Secret, wake func()) state.Allowance {
	if n == nil {
		return state.NewBudget(l, nil)
	}
	mac := hmac.New(sha256.New, n.names)
	_, _ = mac.Write([]byte("api key\x00" + apiKey.Reveal()))
	all := n.engine.Budget(l, hex.EncodeToString(mac.Sum(nil)), wake)
	if n.alone == nil {
		return all
	}
	return newDivided(all, l, n.redis.Nodes, n.deps.Now, func() bool { return n.alone.Now().Alone || n.unreachable() })
}

// Standing is how the shared memory is, as far as is known without asking it; false: there is none. Where it is gone, why says so, and alone that
// the node goes on by itself.
func (n *Sharing) Standing() (gone, alone bool, why string, shared bool) {
	if n == nil {
		return false, false, "", false
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.reach.gone, n.alone != nil, n.reach.why, true
}

func (n *Sharing) unreachable() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.reach.gone
}
