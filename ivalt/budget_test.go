package ivalt

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ivalt-radius/auth"
	"ivalt-radius/ivalt/breaker"
	"ivalt-radius/ivalt/ivalttest/gatewaytest"
	"ivalt-radius/state"
)

func TestThrottledPollsWaitTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := reply{status: 429, body: gatewaytest.Throttle, header: http.Header{"Retry-After": {"7"}}}
		h := newHouse(t, settings(), script(sent(), wait(), asked, said()))
		h.age()
		a := h.push(t.Context(), pushTo(t, "a1", testMobile))
		if a.Outcome != auth.Approved {
			t.Errorf("%+v", a)
		}
		if diff := cmp.Diff(ms(0, 4500, 11500), h.fake.times(resultPath)); diff != "" {
			t.Errorf("polls (-want +got):\n%s", diff)
		}
	})
}

func TestPenaltyRefusesNewLogins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, settings(), script(tooMany(), wait()))
		h.age()
		h.push(t.Context(), pushTo(t, "a1", testMobile))
		if a := h.push(t.Context(), pushTo(t, "a2", otherPhone)); a.Outcome != auth.NoBudget || a.Pushed {
			t.Errorf("%+v", a)
		}
	})
}

func TestBudgetAdmission(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := settings()
		s.Limits = state.Limits{PerMinute: 10} // 9 usable: two logins of four
		s.ApprovalTimeout = 20 * time.Second
		h := newHouse(t, s, script(sent(), wait()))
		h.age()
		third := pushTo(t, "a3", "+33123456789")
		byMail := byEmail(t, "a4", "ada@example.com")
		got := h.answers(t, pushTo(t, "a1", testMobile), pushTo(t, "a2", otherPhone), third, byMail)
		if diff := cmp.Diff([]string{"timed out", "timed out", "no budget", "no budget"}, outcomes(got)); diff != "" {
			t.Error(diff)
		}
		if n := len(h.fake.requests()); n != 9 {
			t.Errorf("%d requests of 9", n)
		}
		// Each had its sentinel, its first and its last poll, whatever the other took.
		last := 0
		for _, at := range h.fake.times(resultPath) {
			if at == 20*time.Second {
				last++
			}
		}
		if last != 2 {
			t.Errorf("%d last polls: %v", last, h.fake.times(resultPath))
		}
	})
}

func TestSecondsArePaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := settings()
		s.Limits = state.Limits{PerSecond: 5}
		h := newHouse(t, s, script(sent(), wait(), wait(), wait(), wait(), wait(), wait(), wait(), wait(), wait(), wait(), wait()))
		h.age()
		var pushes []*auth.Push
		for i := range 20 {
			pushes = append(pushes, pushTo(t, "a", fmt.Sprintf("+4915112345%03d", i)))
		}
		h.answers(t, pushes...)
		per := map[int64]int{}
		for _, r := range h.fake.requests() {
			per[int64(r.at/time.Second)]++
		}
		for second, n := range per {
			if n > 5 {
				t.Errorf("%d requests in second %d", n, second)
			}
		}
		if n := h.fake.count(pushPath); n != 20 {
			t.Errorf("%d pushes", n)
		}
	})
}

func TestWrongKeyIsNotHammered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, settings(), script(wrongKey(), wrongKey()))
		h.age()
		for range 5 {
			var pushes []*auth.Push
			for i := range 50 {
				pushes = append(pushes, pushTo(t, "a", fmt.Sprintf("+4915112345%03d", i)))
			}
			got := h.answers(t, pushes...)
			if slices.ContainsFunc(got, func(a auth.Answer) bool { return a.Outcome != auth.Misconfigured || a.Pushed }) {
				t.Fatalf("%+v", got)
			}
			<-time.After(breaker.RefusedPause)
		}
		if n := len(h.fake.requests()); n < 4 || n > 6 {
			t.Errorf("%d requests in five minutes, want the first and one a minute", n)
		}
		if n := strings.Count(h.log.String(), "level=error"); n != 1 {
			t.Errorf("%d alarms:\n%s", n, h.log)
		}
		h.fake.mu.Lock()
		h.fake.answer = script(sent(), wait(), said())
		h.fake.mu.Unlock()
		<-time.After(breaker.RefusedPause + breaker.Pause)
		if a := h.push(t.Context(), pushTo(t, "a", testMobile)); a.Outcome != auth.Approved {
			t.Errorf("the key is right again: %+v", a)
		}
	})
}

// TestAReloadForgetsARefusedKey: the operator need not wait for a probe.
func TestAReloadForgetsARefusedKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, settings(), script(wrongKey(), wrongKey()))
		h.age()
		h.push(t.Context(), pushTo(t, "a", testMobile))
		h.fake.mu.Lock()
		h.fake.answer = script(sent(), wait(), said())
		h.fake.mu.Unlock()
		if faults := h.Reload(settings()); len(faults) != 0 {
			t.Fatal(faults)
		}
		if a := h.push(t.Context(), pushTo(t, "a", testMobile)); a.Outcome != auth.Approved {
			t.Errorf("%+v", a)
		}
	})
}

// TestARefusedPushPathLeavesOpenLoginsAlone: who was asked already is still polled for.
func TestARefusedPushPathLeavesOpenLoginsAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, settings(), func(r request) reply {
			switch {
			case r.path == pushPath && r.mobile != testMobile:
				return wrongKey()
			case r.path == pushPath:
				return sent()
			case r.at > 6*time.Second:
				return said()
			}
			return wait()
		})
		h.age()
		time.AfterFunc(4*time.Second, func() { h.push(t.Context(), pushTo(t, "a2", otherPhone)) })
		a := h.push(t.Context(), pushTo(t, "a1", testMobile))
		if a.Outcome != auth.Approved {
			t.Errorf("%+v", a)
		}
		if diff := cmp.Diff(ms(0, 4500, 6000, 7800), h.fake.times(resultPath)); diff != "" {
			t.Errorf("polls (-want +got):\n%s", diff)
		}
	})
}
