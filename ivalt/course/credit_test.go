package course

import (
	"testing"
	"time"

	"ivalt-radius/auth"
	"ivalt-radius/ivalt/gateway"
)

// TestANoTakesALateCreditAway: the poll before a renewal's push finds a no, and the sentinel behind it an approval, which can only be
// of a push that is older still.
func TestANoTakesALateCreditAway(t *testing.T) {
	for k, want := range map[gateway.Class]auth.Outcome{
		gateway.Pending: auth.Approved, gateway.Denied: auth.NoAnswer, gateway.Fence: auth.NoAnswer, gateway.Window: auth.NoAnswer,
	} {
		c := Begin(time.Minute, Rules{Approval: time.Minute})
		c.Credit = 30 * time.Second
		c, _ = c.Claimed(Dirty, 0)
		for _, step := range []struct {
			call   Call
			answer gateway.Class
		}{{Drain, k}, {Push, gateway.Accepted}, {Sentinel, gateway.Approved}} {
			c, _ = c.Leaves(step.call, time.Second)
			var o Order
			c, o = c.Answered(gateway.Result{Class: step.answer}, time.Second)
			if step.call == Sentinel && o.Outcome != want {
				t.Errorf("the drain found %s: %s, want %s", k.String(), o.Outcome.String(), want.String())
			}
		}
	}
}
