package claim

import (
	"context"

	"ivalt-radius/state/cluster"
)

// GiveBack is what a Desk is owed for a bid whose answer was lost: the phone, where it was granted all the same, is left, so that the person's next
// login does not collide with one that nobody knows of. The very same bid finds that out, and what rings already goes on to ring. Another
// login that has the phone meanwhile keeps it.
func GiveBack(memory cluster.Phones, b cluster.Bid) func(context.Context) error {
	b.Collision = cluster.KeepFirst
	var left cluster.Token
	return func(ctx context.Context) error {
		if left == (cluster.Token{}) {
			c, err := memory.Claim(ctx, b)
			if left = c.Token; err != nil || c.Kind != cluster.Granted {
				return err //nolint:wrapcheck // the desk looks at it
			}
		}
		return memory.End(ctx, left, cluster.Ending{Kind: cluster.Left}) //nolint:wrapcheck // the desk looks at it
	}
}
