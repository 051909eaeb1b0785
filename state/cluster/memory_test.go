package cluster_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"ivalt-radius/state/cluster"
	"ivalt-radius/state/cluster/clustertest"
	"ivalt-radius/state/statetest"
)

func world(*testing.T) clustertest.World {
	c := statetest.NewClock(time.Unix(1_000_000_000, 0))
	m := cluster.NewMemory(c.Now)
	members := map[string]*cluster.Member{}
	return clustertest.World{
		Join: func(name string, notice func(cluster.Notice)) clustertest.Member {
			members[name] = m.Join(name, notice)
			return members[name]
		},
		Die: func(name string) { members[name].Die() },
		Cut: m.Cut, Mend: m.Mend, Empty: m.Empty, Pass: c.Pass,
	}
}

func TestMemoryConforms(t *testing.T) { clustertest.Run(t, world) }

func TestMemoryWalk(t *testing.T) { clustertest.Walk(t, 100, world) }

// TestAwaitLosesPatience: a memory that cannot be asked for long ends an Await, and its context ends one before.
func TestAwaitLosesPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := cluster.NewMemory(nil)
		a, b := m.Join("a", nil), m.Join("b", nil)
		key := cluster.Digest{1}
		for _, n := range []*cluster.Member{a, b} {
			if _, err := n.Enter(t.Context(), cluster.Entry{Key: key, ID: "A", Life: time.Hour}); err != nil {
				t.Fatal(err)
			}
		}
		began := time.Now()
		m.Cut()
		if _, err := b.Await(t.Context(), key, "A"); !errors.Is(err, cluster.ErrUnreachable) {
			t.Fatal(err)
		}
		if passed := time.Since(began); passed != cluster.Patience {
			t.Fatalf("after %v", passed)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := b.Await(ctx, key, "A"); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
	})
}

// TestMemoryForgets: what nobody asks for any more makes room.
func TestMemoryForgets(t *testing.T) {
	c := statetest.NewClock(time.Unix(1_000_000_000, 0))
	m := cluster.NewMemory(c.Now)
	n := m.Join("a", nil)
	for i := range 10_000 {
		name := fmt.Sprint(i)
		if _, err := n.Enter(t.Context(), cluster.Entry{Key: cluster.Digest([]byte(fmt.Sprintf("%032d", i))), ID: name, Life: time.Second}); err != nil {
			t.Fatal(err)
		}
		claim, err := n.Claim(t.Context(), cluster.Bid{Phone: name, Attempt: name, Life: time.Second})
		if err != nil {
			t.Fatal(err)
		}
		if err := n.End(t.Context(), claim.Token, cluster.Ending{Taint: time.Second}); err != nil {
			t.Fatal(err)
		}
		c.Pass(time.Second)
	}
	attempts, phones := m.Size()
	if attempts > 2048 || phones > 2048 {
		t.Errorf("%d attempts and %d phones are remembered of 10,000", attempts, phones)
	}
}
