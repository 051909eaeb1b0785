package claim

import (
	"context"
	"errors"
	"testing"
	"time"

	"ivalt-radius/state/cluster"
)

// TestGiveBack: a phone that was granted to nobody's knowledge is free again, and one that another login has stays as it is.
func TestGiveBack(t *testing.T) {
	memory := cluster.NewMemory(time.Now)
	here, there := memory.Join("a", nil), memory.Join("b", nil)
	bid := cluster.Bid{Phone: "+15550100001", Attempt: "a1", Life: time.Minute}
	claims := func(n *cluster.Member, attempt string) cluster.ClaimKind {
		b := bid
		b.Attempt = attempt
		c, err := n.Claim(t.Context(), b)
		if err != nil {
			t.Fatal(err)
		}
		return c.Kind
	}
	claims(here, "a1")
	back := GiveBack(here, bid)
	memory.Cut()
	if err := back(t.Context()); !errors.Is(err, cluster.ErrUnreachable) {
		t.Error(err)
	}
	memory.Mend()
	for range 2 {
		if err := back(context.Background()); err != nil {
			t.Error(err)
		}
	}
	if kind := claims(there, "a2"); kind != cluster.Granted {
		t.Error("behind it the phone is", kind)
	}
	if err := GiveBack(here, bid)(t.Context()); err != nil {
		t.Error(err)
	}
	if kind := claims(there, "a2"); kind != cluster.Granted {
		t.Error("of another one's phone:", kind)
	}
}
