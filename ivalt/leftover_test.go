package ivalt

import (
	"testing"
	"testing/synctest"
	"time"

	"ivalt-radius/auth"
)

// TestAnApprovalOfAnotherPushThatWasLeftOver: somebody's phone shows two pushes and they approve both. The second approval lies at iVALT
// when the next login pushes, and counts for nobody, although reading consumes and a clean phone would get no sentinel.
func TestAnApprovalOfAnotherPushThatWasLeftOver(t *testing.T) {
	for _, tc := range []struct {
		name  string
		first func(h *house) // what leaves a second push on the phone
		lost  int            // of the first pushes' answers
	}{
		{name: "of a login that timed out", first: func(h *house) { h.push(h.t.Context(), h.short("a1", "")) }},
		{name: "of the same login, whose push was sent twice", first: func(*house) {}, lost: 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				approvals, pushes := 0, 0
				set := settings()
				set.Sentinel, set.Result = SentinelAuto, ResultConsumed
				h := newHouse(t, set, func(r request) reply {
					switch {
					case r.path == pushPath:
						if pushes++; pushes <= tc.lost {
							return broken()
						}
						return sent()
					case r.mobile != "" && approvals > 0:
						approvals--
						return said()
					}
					return wait()
				})
				h.age()
				tc.first(h)
				second := h.Begin(pushTo(t, "a2", testMobile))
				<-time.After(15 * time.Second)
				h.approve(&approvals)
				if a := <-second.Answer(); a.Outcome != auth.Approved {
					t.Fatalf("the login that was approved: %s (%s)", a.Outcome.String(), a.Detail)
				}
				h.approve(&approvals)
				<-time.After(2 * holdFor)
				if a := h.push(t.Context(), h.short("b1", "")); a.Outcome != auth.TimedOut {
					t.Errorf("the next login: %s (%s)", a.Outcome.String(), a.Detail)
				}
			})
		})
	}
}

// approve has the person approve once.
func (h *house) approve(n *int) {
	h.fake.mu.Lock()
	defer h.fake.mu.Unlock()
	*n++
}
