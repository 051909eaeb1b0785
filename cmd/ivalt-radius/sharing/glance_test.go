package sharing

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"ivalt-radius/state/cluster"
	"ivalt-radius/state/redis"
)

// TestGlance: what is known already is told without asking the memory, which is out of reach here.
func TestGlance(t *testing.T) {
	if _, shared := (*Sharing)(nil).Glance(); shared {
		t.Error("a node that is alone shares a memory")
	}
	s := settings(t, "")
	synctest.Test(t, func(t *testing.T) {
		h := newHouse()
		n, err := Open(t.Context(), s, h.deps())
		if err != nil {
			t.Fatal(err)
		}
		self := cluster.Node{Name: "radius-1", Self: true, Alive: true, Seen: time.Now()}
		dead := cluster.Node{Name: "b", Seen: time.Now()}
		h.engine.see(self, dead)
		n.Start(t.Context())
		r, shared := n.Glance()
		if !shared || !r.Memory.Reachable || !r.Memory.Hears || r.Memory.Alone || len(r.Nodes) != 2 || r.Nodes[0].State != Dead {
			t.Errorf("at first: %v, %+v", shared, r)
		}
		h.engine.mu.Lock()
		h.engine.failure = cluster.ErrUnreachable
		h.engine.mu.Unlock()
		h.engine.hooks.Changed(redis.Event{Kind: redis.Unreachable, Why: errors.New("refused")})
		if r, _ = n.Glance(); r.Memory.Reachable || r.Memory.Why == "" || r.Memory.Since == nil || len(r.Nodes) != 2 {
			t.Errorf("out of reach: %+v", r)
		}
		h.engine.mu.Lock()
		h.engine.failure = nil
		h.engine.mu.Unlock()
		if err := n.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}
