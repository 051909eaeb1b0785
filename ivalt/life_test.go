package ivalt

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/sirupsen/logrus"

	"ivalt-radius/auth"
	"ivalt-radius/ivalt/ivalttest/gatewaytest"
	"ivalt-radius/secret"
	"ivalt-radius/state"
)

func TestWithdrawal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, settings(), script(sent(), wait(), after(3*time.Second, said())))
		h.age()
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		if a := h.push(ctx, pushTo(t, "a1", testMobile)); a.Outcome != auth.Withdrawn || !a.Pushed {
			t.Errorf("%+v", a)
		}
		// The poll that was under way finds the approval while the next login has just pushed: it is nobody's.
		h.fake.mu.Lock()
		h.fake.answer = script(sent(), wait())
		h.fake.mu.Unlock()
		if a := h.push(t.Context(), pushTo(t, "a2", testMobile)); a.Outcome != auth.TimedOut {
			t.Errorf("the next login: %+v", a)
		}
		gone, stop := context.WithCancel(t.Context())
		stop()
		before := h.fake.count(pushPath)
		a := h.push(gone, pushTo(t, "a3", otherPhone))
		synctest.Wait()
		if sent := h.fake.count(pushPath) > before; a.Outcome != auth.Withdrawn || (sent && !a.Pushed) {
			t.Errorf("withdrawn at once: %+v; a push left: %v", a, sent)
		}
	})
}

// TestAWithdrawnLoginCollidesWithNobody is auth's order of things: the older login of a NAS slot is withdrawn, and the newer one of the
// same phone asks at once, before the older one's goroutine has read its answer.
func TestAWithdrawnLoginCollidesWithNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, settings(), script(sent(), wait(), wait(), wait(), said()))
		h.age()
		older := h.Begin(pushTo(t, "a1", testMobile))
		<-time.After(2 * time.Second)
		older.Withdraw()
		if a := h.push(t.Context(), pushTo(t, "a2", testMobile)); a.Outcome != auth.Approved {
			t.Errorf("the newer login: %s, %+v", a.Outcome.String(), a)
		}
		if a := <-older.Answer(); a.Outcome != auth.Withdrawn || !a.Pushed {
			t.Errorf("the older login: %s, %+v", a.Outcome.String(), a)
		}
		// The older push may still be answered, so the newer one drains: sentinel; drain, sentinel, two polls.
		if diff := cmp.Diff(ms(0, 2000, 2000, 6500), h.fake.times(resultPath)); diff != "" {
			t.Errorf("polls (-want +got):\n%s", diff)
		}
		if words := h.notes.security(); len(words) != 0 {
			t.Errorf("security events %v", words)
		}
	})
}

func TestALoginThatIsWithdrawnBeforeItsClaim(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, settings(), script(sent(), wait(), wait(), said()))
		h.age()
		time.AfterFunc(2*time.Second, func() {
			s, l := h.scheduler, newLogin(pushTo(t, "a2", testMobile))
			s.mu.Lock() // so that the loop, which claims, cannot come between
			s.admit(l)
			s.finish(l, withdrawn(), s.now())
			s.unlock()
		})
		if a := h.push(t.Context(), pushTo(t, "a1", testMobile)); a.Outcome != auth.Approved || h.fake.count(pushPath) != 1 {
			t.Errorf("%s after %d pushes", a.Outcome.String(), h.fake.count(pushPath))
		}
	})
}

func TestClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, settings(), script(after(5*time.Second, sent()), wait()))
		h.age()
		time.AfterFunc(2*time.Second, h.Close)
		got := h.answers(t, pushTo(t, "a1", testMobile), pushTo(t, "a2", otherPhone))
		if diff := cmp.Diff([]string{"stopping", "stopping"}, outcomes(got)); diff != "" {
			t.Error(diff)
		}
		if a := h.push(t.Context(), pushTo(t, "a3", testMobile)); a.Outcome != auth.Stopping || a.Pushed {
			t.Errorf("after Close: %+v", a)
		}
		h.Close()
		if faults := h.Reload(settings()); len(faults) > 0 {
			t.Error(faults)
		}
	})
}

func TestReload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := settings()
		h := newHouse(t, s, script(sent(), wait()))
		h.age()
		time.AfterFunc(5*time.Second, func() {
			bad := s
			bad.API.URL = "ftp://x"
			if len(h.Reload(bad).Fatal()) == 0 {
				t.Error("a bad URL was taken")
			}
			next := s
			next.API.URL, next.ApprovalTimeout, next.API.APIKey = "https://other.example/v2/", 10*time.Second, secret.New(strings.Repeat("k", 32))
			next.Limits, next.API.Connections = state.Limits{PerMinute: 3}, 1
			if faults := h.Reload(next); len(faults.Fatal()) > 0 {
				t.Error(faults)
			}
		})
		began := time.Now()
		if a := h.push(t.Context(), pushTo(t, "a1", testMobile)); a.Outcome != auth.TimedOut || time.Since(began) != 57*time.Second {
			t.Errorf("%+v after %s: the login did not keep its time", a, time.Since(began))
		}
		old, moved := h.fake.count(resultPath), h.fake.count("/v2"+resultPath)
		if old != 2 || moved == 0 {
			t.Errorf("%d polls at the old address, %d at the new one", old, moved)
		}
		if a := h.push(t.Context(), pushTo(t, "a2", otherPhone)); a.Outcome != auth.NoBudget {
			t.Errorf("the new limits do not hold: %+v", a)
		}
	})
}

// TestNothingOfAPersonIsLogged runs logins at debug level through approvals, drift and collisions.
func TestNothingOfAPersonIsLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		canary := `{"data":{"status":true,"message":"CANARY","details":{"mobile":"1","name":"CANARY","email":"CANARY"}},"debug":{"activityId":"CAN ARY"}}`
		h := newHouse(t, settings(), script(sent(), wait(), reply{status: 200, body: canary}, no(), said()))
		h.age()
		h.answers(t, pushTo(t, "a1", testMobile), pushTo(t, "a2", testMobile))
		h.push(t.Context(), pushTo(t, "a3", testMobile))
		text := h.log.String() + fmt.Sprintf("%+v", h.notes.all())
		for _, word := range []string{"CANARY", "CAN ARY", testMobile[1:8], testKey, "Denied -"} {
			if strings.Contains(text, word) {
				t.Errorf("%q in the log:\n%s", word, text)
			}
		}
		if !strings.Contains(text, "without the full proof") || !strings.Contains(text, "7Vun") {
			t.Errorf("the log lacks the drift or the activity:\n%s", text)
		}
	})
}

func TestTenThousandLogins(t *testing.T) { synctest.Test(t, tenThousand) }

func tenThousand(t *testing.T) {
	const many = 10_000
	s := settings()
	s.API.Connections = 64
	polls := map[string]int{}
	h := newHouse(t, s, func(r request) reply {
		if r.path == pushPath {
			return after(10*time.Millisecond, sent())
		}
		if polls[r.mobile]++; polls[r.mobile] < 2 {
			return after(10*time.Millisecond, wait())
		}
		return after(10*time.Millisecond, reply{status: 200, body: gatewaytest.Approved(r.mobile)})
	})
	h.level(logrus.InfoLevel)
	h.age()
	var all sync.WaitGroup
	var wrong atomic.Int64
	for i := range many {
		p := pushTo(t, "a", fmt.Sprintf("+4915112%06d", i))
		all.Go(func() {
			if a := h.push(t.Context(), p); a.Outcome != auth.Approved || a.Mobile != p.Person.Mobile {
				wrong.Add(1)
			}
		})
	}
	all.Wait()
	if wrong.Load() != 0 || h.fake.count(pushPath) != many {
		t.Errorf("%d wrong answers, %d pushes", wrong.Load(), h.fake.count(pushPath))
	}
}

func TestCallersAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := settings()
		s.API.Connections = 3
		var busy, most atomic.Int64
		h := newHouse(t, s, script(after(time.Second, sent()), after(time.Second, outside())))
		h.age()
		h.fake.watch = func(n int64) { most.Store(max(most.Load(), busy.Add(n))) }
		var pushes []*auth.Push
		for i := range 12 {
			pushes = append(pushes, pushTo(t, "a", fmt.Sprintf("+4915112345%03d", i)))
		}
		h.answers(t, pushes...)
		if most.Load() != 3 || h.fake.count(pushPath) != 12 {
			t.Errorf("%d calls at once, %d pushes", most.Load(), h.fake.count(pushPath))
		}
	})
}

func TestAnApprovalNamesItsActivity(t *testing.T) {
	for name, c := range map[string]struct{ body, want string }{
		"named":      {strings.Replace(gatewaytest.Approved(testMobile), `"debug":{`, `"debug":{"activityId":"7VunVY",`, 1), "approved on the phone, iVALT activity 7VunVY"},
		"not named":  {gatewaytest.Approved(testMobile), "approved on the phone"},
		"not a name": {strings.Replace(gatewaytest.Approved(testMobile), `"debug":{`, `"debug":{"activityId":"a b",`, 1), "approved on the phone"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHouse(t, settings(), script(sent(), wait(), reply{status: 200, body: c.body}))
				h.age()
				if a := h.push(t.Context(), pushTo(t, "a1", testMobile)); a.Outcome != auth.Approved || a.Detail != c.want {
					t.Errorf("%s: %q", a.Outcome.String(), a.Detail)
				}
			})
		})
	}
}
