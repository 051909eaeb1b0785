package claims

import (
	"context"
	"errors"
	"maps"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	goredis "github.com/redis/go-redis/v9"

	"ivalt-radius/secret"
	"ivalt-radius/state/cluster"
	"ivalt-radius/state/cluster/clustertest"
	"ivalt-radius/state/redis/link"
)

var errCut = errors.New("cut")

// stand is a server, and what a test does to it and to the nodes that ask it.
type stand struct {
	t       *testing.T
	options link.Settings
	empties func()
	passes  func(time.Duration)
	clock   func() time.Time // the server's

	patience time.Duration // of an Await, which asks by itself then

	mu    sync.Mutex
	cut   bool
	ahead time.Duration
	dead  map[string]bool
}

// newStand is a stand of miniredis, whose clock stands still but for passes.
func newStand(t *testing.T) (*stand, *miniredis.Miniredis) {
	t.Helper()
	m := miniredis.RunT(t)
	now := time.Unix(1_800_000_000, 0)
	m.SetTime(now)
	m.ClockTTL(true)
	s := standAt(t, link.Settings{Addresses: []string{m.Addr()}}, m.FlushAll)
	s.patience = time.Hour
	s.passes = func(d time.Duration) {
		s.mu.Lock()
		defer s.mu.Unlock()
		now = now.Add(d)
		m.SetTime(now)
	}
	s.clock = func() time.Time { return now }
	return s, m
}

func standAt(t *testing.T, o link.Settings, empties func()) *stand {
	t.Helper()
	o.Key, o.Prefix, o.Timeout = secret.New("0123456789abcdef0123456789abcdef"), "test", 5*time.Second
	s := &stand{t: t, options: o, empties: empties, patience: time.Second, clock: time.Now, dead: map[string]bool{}}
	s.passes = func(d time.Duration) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.ahead += d
	}
	return s
}

// DialHook, ProcessHook and ProcessPipelineHook have nothing pass while the server is cut off.
func (s *stand) DialHook(next goredis.DialHook) goredis.DialHook {
	return func(ctx context.Context, network, addr string) (net.Conn, error) { return next(ctx, network, addr) }
}

func (s *stand) ProcessHook(next goredis.ProcessHook) goredis.ProcessHook {
	return func(ctx context.Context, cmd goredis.Cmder) error {
		if s.isCut() {
			cmd.SetErr(errCut)
			return errCut
		}
		return next(ctx, cmd)
	}
}

func (s *stand) ProcessPipelineHook(next goredis.ProcessPipelineHook) goredis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []goredis.Cmder) error {
		if s.isCut() {
			for _, cmd := range cmds {
				cmd.SetErr(errCut)
			}
			return errCut
		}
		return next(ctx, cmds)
	}
}

// now is the server's clock, as nodes know it.
func (s *stand) now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.clock().Add(s.ahead)
}

func (s *stand) isCut() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cut
}

func (s *stand) cuts(cut bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cut = cut
}

func (s *stand) whoIsDead() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Keys(s.dead))
}

func (s *stand) isAhead() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ahead
}

// node joins a node, which listens.
func (s *stand) node(name string, notice func(cluster.Notice)) *Claims {
	s.t.Helper()
	c, err := link.New(s.options)
	if err != nil {
		s.t.Fatal(err)
	}
	c.Client.AddHook(s)
	if whole, ok := c.Client.(*goredis.ClusterClient); ok {
		whole.OnNewNode(func(node *goredis.Client) { node.AddHook(s) }) // scripts go to the node that has the key
	}
	c.SetClock(s.now)
	n := New(c, name, s.whoIsDead, notice)
	n.ahead, n.look, n.patience = s.isAhead, 50*time.Millisecond, s.patience
	ctx, cancel := context.WithCancel(context.Background())
	var runs sync.WaitGroup
	runs.Go(func() { n.Run(ctx) })
	s.t.Cleanup(func() {
		cancel()
		runs.Wait()
		_ = c.Client.Close()
	})
	s.listens(n)
	return n
}

// listens waits until the node hears messages: a notice that nobody hears is lost.
func (s *stand) listens(n *Claims) {
	s.t.Helper()
	w := n.watch("ready", "")
	defer n.unwatch(w)
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	for {
		if err := n.core.Client.Publish(s.t.Context(), n.channels()+n.self, "attempt\nready").Err(); err != nil {
			s.t.Fatal(err)
		}
		select {
		case <-w.changed:
			return
		case <-again.C:
		}
	}
}

// world is the stand as the suite sees it.
func (s *stand) world() clustertest.World {
	return clustertest.World{
		Join: func(name string, notice func(cluster.Notice)) clustertest.Member { return s.node(name, notice) },
		Die: func(name string) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.dead[name] = true
		},
		Cut: func() { s.cuts(true) }, Mend: func() { s.cuts(false) }, Empty: s.empties,
		Pass: s.passes,
	}
}

func TestClaimsConform(t *testing.T) {
	t.Parallel()
	clustertest.Run(t, func(t *testing.T) clustertest.World {
		t.Helper()
		s, _ := newStand(t)
		return s.world()
	})
}

func TestClaimsWalk(t *testing.T) {
	t.Parallel()
	clustertest.Walk(t, 20, func(t *testing.T) clustertest.World {
		t.Helper()
		s, _ := newStand(t)
		return s.world()
	})
}
