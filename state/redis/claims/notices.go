package claims

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"ivalt-radius/state/cluster"
)

// runs is what runs a script: core.Run.
type runs func(ctx context.Context, s *goredis.Script, keys []string, args ...any) (any, error)

func unreachable(err error) bool { return errors.Is(err, cluster.ErrUnreachable) }

// watch is one Await.
type watch struct {
	key, id string
	changed chan struct{} // holds one: look now

	mu     sync.Mutex
	leader string    // who led at the last answer
	seen   time.Time // when the memory could last be asked
}

// reached notes that the memory could be asked, and who led.
func (w *watch) reached(leader string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.leader, w.seen = leader, time.Now()
}

// away is how long the memory could not be asked.
func (w *watch) away() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return time.Since(w.seen)
}

func (w *watch) wake() {
	select {
	case w.changed <- struct{}{}:
	default:
	}
}

func (c *Claims) watch(key, id string) *watch {
	w := &watch{key: key, id: id, changed: make(chan struct{}, 1), seen: time.Now()}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.watches[key] == nil {
		c.watches[key] = map[*watch]struct{}{}
	}
	c.watches[key][w] = struct{}{}
	return w
}

func (c *Claims) unwatch(w *watch) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.watches[w.key], w)
	if len(c.watches[w.key]) == 0 {
		delete(c.watches, w.key)
	}
}

// wake has those look that await an attempt.
func (c *Claims) wake(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for w := range c.watches[key] {
		w.wake()
	}
}

// mostLooks is how many attempts are looked at with one pipeline.
const mostLooks = 256

// lookAtAll looks at every attempt that is awaited: a message may be lost, and a dead leader sends none.
func (c *Claims) lookAtAll(ctx context.Context) {
	c.mu.Lock()
	all := make([]*watch, 0, len(c.watches))
	for _, same := range c.watches {
		for w := range same {
			all = append(all, w)
		}
	}
	c.mu.Unlock()
	dead := c.dead()
	for some := range slices.Chunk(all, mostLooks) {
		c.lookAt(ctx, some, dead)
	}
}

// lookAt wakes those of whose attempts something has changed. One that cannot be read stays as it is.
func (c *Claims) lookAt(ctx context.Context, some []*watch, dead []string) {
	ctx, cancel := context.WithTimeout(ctx, c.core.Timeout)
	defer cancel()
	reads := make([]*goredis.SliceCmd, len(some))
	_, _ = c.core.Client.Pipelined(ctx, func(p goredis.Pipeliner) error { // each read has its own error
		for i, w := range some {
			reads[i] = p.HMGet(ctx, w.key, "i", "n", "v")
		}
		return nil
	})
	for i, w := range some {
		f, err := reads[i].Result()
		if err != nil || len(f) != 3 {
			continue
		}
		leader, _ := f[1].(string)
		if f[0] != w.id || f[2] != nil || slices.Contains(dead, leader) || !w.still(leader) {
			w.wake()
		}
	}
}

// still notes that the memory could be asked, and reports that the same node leads.
func (w *watch) still(leader string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen = time.Now()
	return w.leader == leader
}
