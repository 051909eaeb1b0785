package ivalt

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"ivalt-radius/auth"
	"ivalt-radius/ivalt/ivalttest/gatewaytest"
)

// TestPause: it waits for the answer that is under way, and no call leaves from then on. An approval among them counts.
func TestPause(t *testing.T) {
	for name, c := range map[string]struct {
		push    time.Duration // that its answer takes; that of a poll behind the fourth second approves, and takes 1 s
		at      time.Duration // when the server pauses
		patient time.Duration
		want    bool
		took    time.Duration
	}{
		"nothing is under way":           {0, time.Second, time.Second, true, 0},
		"a push is under way":            {2 * time.Second, time.Second, 5 * time.Second, true, time.Second},
		"an answer takes too long":       {2 * time.Second, time.Second, 500 * time.Millisecond, false, 500 * time.Millisecond},
		"an approval is confirmed first": {0, 5 * time.Second, 5 * time.Second, true, 500 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHouse(t, settings(), func(r request) reply {
					switch {
					case r.path == pushPath:
						return reply{status: 200, body: gatewaytest.Sent, after: c.push}
					case r.at < 4*time.Second:
						return wait()
					}
					return reply{status: 200, body: gatewaytest.Approved(testMobile), after: time.Second}
				})
				h.age()
				asked := h.Begin(pushTo(t, "a1", testMobile))
				<-time.After(c.at)
				ctx, cancel := context.WithTimeout(t.Context(), c.patient)
				defer cancel()
				began, calls := time.Now(), len(h.fake.requests())
				paused := h.Pause(ctx)
				if took := time.Since(began).Round(10 * time.Millisecond); paused != c.want || took != c.took {
					t.Errorf("%v after %v; polls at %v", paused, took, h.fake.times(resultPath))
				}
				<-time.After(20 * time.Second)
				if late := h.fake.requests()[calls:]; len(late) > 0 {
					t.Errorf("calls leave: %+v", late)
				}
				if c.at > 4*time.Second {
					if a := <-asked.Answer(); a.Outcome != auth.Approved {
						t.Errorf("%+v", a)
					}
				}
			})
		})
	}
}
