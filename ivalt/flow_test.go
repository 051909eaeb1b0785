package ivalt

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/sirupsen/logrus"
	"go.uber.org/goleak"

	"ivalt-radius/auth"
	"ivalt-radius/secret"
	"ivalt-radius/state"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func ms(n ...int) []time.Duration {
	var out []time.Duration
	for _, v := range n {
		out = append(out, time.Duration(v)*time.Millisecond)
	}
	return out
}

// after answers later.
func after(d time.Duration, r reply) reply {
	r.after = d
	return r
}

// oneLogin is a whole login on a virtual clock: what iVALT says, what comes of it, and when which polls left.
type oneLogin struct {
	name     string
	settings func(*Settings)
	answer   func(request) reply
	push     func(*auth.Push)
	young    bool // the process has just started
	want     auth.Outcome
	unpushed bool
	pushes   []time.Duration
	polls    []time.Duration
	takes    time.Duration // exactly, where not 0
}

func TestWholeLogins(t *testing.T) {
	quick := func(p *auth.Push) { p.Deadline = time.Now().Add(12 * time.Second) }
	auto := func(s *Settings) { s.Sentinel = SentinelAuto }
	always := ms(0, 4500, 6000, 7800, 9960, 12552, 15662, 19395, 23874, 29249, 35698, 43438, 51438, 57000)
	for _, tc := range []oneLogin{
		{name: "nobody answers", answer: script(sent(), wait()), want: auth.TimedOut, pushes: ms(0), polls: always, takes: 57 * time.Second},
		{name: "approved", answer: script(sent(), wait(), wait(), said()), want: auth.Approved, pushes: ms(0), polls: ms(0, 4500, 6000)},
		{name: "approved at the last poll", answer: script(sent(), wait(), wait(), wait(), wait(), said()), push: quick, want: auth.Approved, pushes: ms(0), polls: ms(0, 4500, 6000, 7800, 10000)},
		{name: "denied", answer: script(sent(), wait(), no()), want: auth.Denied, pushes: ms(0), polls: ms(0, 4500)},
		{name: "geofence", answer: script(sent(), wait(), outside()), want: auth.OutsideFence, pushes: ms(0), polls: ms(0, 4500)},
		{name: "time window", answer: script(sent(), wait(), wait(), offHours()), want: auth.OutsideTime, pushes: ms(0), polls: ms(0, 4500, 6000)},
		{name: "geofence at the sentinel", answer: script(sent(), outside()), want: auth.OutsideFence, pushes: ms(0), polls: ms(0)},
		{name: "an old denial at the sentinel", answer: script(sent(), no(), wait(), said()), want: auth.Approved, pushes: ms(0), polls: ms(0, 4500, 6000)},
		{name: "a sticky approval", answer: script(sent(), said()), want: auth.Stale, pushes: ms(0), polls: ms(0, 1500)},
		{name: "a consumed old approval", answer: script(sent(), said(), wait(), said()), want: auth.Approved, pushes: ms(0), polls: ms(0, 1500, 4500)},
		{name: "an old approval and nothing more", answer: script(sent(), said(), wait()), push: quick, want: auth.TimedOut, pushes: ms(0), polls: ms(0, 1500, 4500, 6000, 7800, 10000)},
		{name: "a denial behind an old approval", answer: script(sent(), said(), no()), want: auth.Denied, pushes: ms(0), polls: ms(0, 1500)},
		{name: "unknown at the push", answer: script(wait(), said()), want: auth.NotEnrolled, unpushed: true, pushes: ms(0)},
		{name: "push throttled", answer: script(tooMany(), said()), want: auth.Throttled, unpushed: true, pushes: ms(0)},
		{name: "push denied", answer: script(no(), said()), want: auth.Denied, unpushed: true, pushes: ms(0)},
		{name: "wrong key", answer: script(wrongKey(), said()), want: auth.Misconfigured, unpushed: true, pushes: ms(0)},
		{name: "redirect", answer: script(reply{status: 307, header: http.Header{"Location": {"https://elsewhere.example"}}}, said()), want: auth.Misconfigured, unpushed: true, pushes: ms(0)},
		{name: "outage", answer: script(down(), down()), want: auth.NoAnswer, pushes: ms(0), polls: ms(0, 4500)},
		{
			name: "outage that hangs", answer: script(after(time.Hour, sent()), after(time.Hour, wait())),
			want: auth.NoAnswer, pushes: ms(0), polls: ms(10000), takes: 20 * time.Second,
		},
		{name: "outage after the push", answer: script(sent(), wait(), broken()), want: auth.NoAnswer, pushes: ms(0), polls: ms(0, 4500, 6000, 7800)},
		{name: "a short outage", answer: script(sent(), wait(), down(), broken(), said()), want: auth.Approved, pushes: ms(0), polls: ms(0, 4500, 6000, 7800)},
		{name: "nobody saw the sentinel", answer: script(sent(), down(), said()), want: auth.Stale, pushes: ms(0), polls: ms(0, 4500, 6000)},
		{
			name: "nobody knows of the push: it is sent once more", answer: script(down(), wait()), push: quickTo(30 * time.Second), want: auth.TimedOut,
			pushes: ms(0, 10000), polls: ms(0, 4500, 6000, 7800, 9960, 12592, 15702, 19435, 23914, 28000),
		},
		{
			name: "nobody knows of the push: approved all the same", answer: script(broken(), wait(), said()), want: auth.Approved,
			pushes: ms(0), polls: ms(0, 4500),
		},
		{name: "a page instead of the push's answer: never sent again", answer: script(reply{status: 200, body: "<html>"}, wait()), push: quickTo(30 * time.Second), want: auth.TimedOut, pushes: ms(0), polls: append(always[:8:8], ms(23874, 28000)...)},
		{name: "auto trusts a clean mobile", settings: auto, answer: script(sent(), said()), want: auth.Approved, pushes: ms(0), polls: ms(4500)},
		{name: "auto in a young process", settings: auto, young: true, answer: script(sent(), wait(), wait(), said()), want: auth.Approved, pushes: ms(0), polls: ms(0, 0, 4500)},
		{name: "a young process drains", young: true, answer: script(sent(), said(), wait(), said()), want: auth.Approved, pushes: ms(0), polls: ms(0, 0, 4500)},
		{name: "an old verdict is drained", young: true, answer: script(sent(), outside(), wait(), said()), want: auth.Approved, pushes: ms(0), polls: ms(0, 0, 4500)},
		{name: "no push into an outage that the drain sees", young: true, answer: script(sent(), down()), want: auth.NoAnswer, unpushed: true, polls: ms(0, 1000, 2000)},
		{name: "throttled drain", young: true, answer: script(sent(), tooMany()), want: auth.Throttled, unpushed: true, polls: ms(0)},
		{name: "no time for a push", answer: script(sent(), said()), push: quickTo(3 * time.Second), want: auth.NoAnswer, unpushed: true},
		{name: "slow answers", answer: script(after(2*time.Second, sent()), after(time.Second, wait()), wait(), said()), want: auth.Approved, pushes: ms(0), polls: ms(2000, 6500, 8000)},
		{
			name: "the approval timeout is shorter", settings: func(s *Settings) { s.ApprovalTimeout = 8 * time.Second }, answer: script(sent(), wait()),
			want: auth.TimedOut, pushes: ms(0), polls: ms(0, 4500, 6000, 8000), takes: 8 * time.Second,
		},
		{
			name: "the last poll hangs", answer: script(sent(), wait(), wait(), wait(), wait(), after(time.Hour, wait())), push: quick,
			want: auth.NoAnswer, pushes: ms(0), polls: ms(0, 4500, 6000, 7800, 10000), takes: 11900 * time.Millisecond,
		},
		{name: "no details", answer: script(sent(), wait(), reply{status: 200, body: `{"data":{"status":true,"details":null}}`}), push: quick, want: auth.TimedOut, pushes: ms(0), polls: ms(0, 4500, 6000, 7800, 10000)},
		{
			name: "no details, allowed", settings: func(s *Settings) { s.AllowMissingDetails = true },
			answer: script(sent(), wait(), reply{status: 200, body: `{"data":{"status":true,"details":null}}`}), want: auth.Approved, pushes: ms(0), polls: ms(0, 4500),
		},
	} {
		t.Run(tc.name, func(t *testing.T) { synctest.Test(t, tc.run) })
	}
}

func quickTo(d time.Duration) func(*auth.Push) {
	return func(p *auth.Push) { p.Deadline = time.Now().Add(d) }
}

func (tc *oneLogin) run(t *testing.T) {
	s := settings()
	if tc.settings != nil {
		tc.settings(&s)
	}
	h := newHouse(t, s, tc.answer)
	if !tc.young {
		h.age()
	}
	p := pushTo(t, "a1", testMobile)
	if tc.push != nil {
		tc.push(&p)
	}
	began := time.Now()
	a := h.Push(t.Context(), p)
	if a.Outcome != tc.want || a.Pushed == tc.unpushed || a.Detail == "" {
		t.Errorf("answer %s %+v, want %s", outcomeWord(a.Outcome), a, outcomeWord(tc.want))
	}
	if diff := cmp.Diff(tc.pushes, h.fake.times(pushPath)); diff != "" {
		t.Errorf("pushes (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(tc.polls, h.fake.times(resultPath)); diff != "" {
		t.Errorf("polls (-want +got):\n%s", diff)
	}
	if took := time.Since(began); tc.takes != 0 && took != tc.takes {
		t.Errorf("took %s, want %s", took, tc.takes)
	}
}

// answers runs pushes at once and returns what came of them, in their order.
func (h *house) answers(t *testing.T, pushes ...auth.Push) []auth.Answer {
	t.Helper()
	out := make([]auth.Answer, len(pushes))
	var all sync.WaitGroup
	for i, p := range pushes {
		all.Go(func() { out[i] = h.Push(t.Context(), p) })
		synctest.Wait() // one after the other
	}
	all.Wait()
	return out
}

func outcomes(answers []auth.Answer) (words []string) {
	for _, a := range answers {
		words = append(words, outcomeWord(a.Outcome))
	}
	return words
}

func TestCollisions(t *testing.T) {
	for _, tc := range []struct {
		rule         string
		want         []string
		next         []time.Duration // polls of the login after the collision
		nextPolls    int
		wantSecurity int
	}{
		{rule: DenyBoth, want: []string{"collided", "collided"}, nextPolls: 3},
		{rule: KeepFirst, want: []string{"approved", "collided"}, nextPolls: 2},
	} {
		t.Run(tc.rule, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := settings()
				s.OnCollision = tc.rule
				polls := map[int]reply{1: said()}
				n := -1
				h := newHouse(t, s, func(r request) reply {
					if r.path == pushPath {
						n = -1
						return sent()
					}
					n++
					return polls[n].or(wait())
				})
				h.age()
				got := h.answers(t, pushTo(t, "a1", testMobile), pushTo(t, "a2", testMobile))
				if diff := cmp.Diff(tc.want, outcomes(got)); diff != "" {
					t.Errorf("outcomes (-want +got):\n%s", diff)
				}
				if got[0].Pushed != true || got[1].Pushed != false || h.fake.count(pushPath) != 1 {
					t.Errorf("%+v, %d pushes", got, h.fake.count(pushPath))
				}
				if words := h.notes.security(); len(words) != 1 || words[0] != "collision" {
					t.Errorf("security events %v", words)
				}
				// The next one is not held off, and drains where both ended.
				<-time.After(holdFor)
				before := h.fake.count(resultPath)
				if a := h.Push(t.Context(), pushTo(t, "a3", testMobile)); a.Outcome != auth.Approved {
					t.Errorf("the next login: %+v", a)
				}
				if n := h.fake.count(resultPath) - before; n != tc.nextPolls {
					t.Errorf("%d polls, want %d", n, tc.nextPolls)
				}
			})
		})
	}
}

func (r reply) or(other reply) reply {
	if r.status == 0 && r.err == nil {
		return other
	}
	return r
}

// TestDirtyMobiles holds what each end leaves behind: a drain before the next push, or none.
func TestDirtyMobiles(t *testing.T) {
	for _, tc := range []struct {
		name   string
		first  func(request) reply
		pause  time.Duration
		drains bool
	}{
		{"after an accept", script(sent(), wait(), said()), holdFor, false},
		{"after a timeout", script(sent(), wait()), 0, true},
		{"after a timeout, late", script(sent(), wait()), dirtyFor - time.Second, true},
		{"after a timeout, later", script(sent(), wait()), dirtyFor, false},
		{"after a stale approval", script(sent(), said()), 0, true},
		{"long after a stale approval", script(sent(), said()), 10 * dirtyFor, true},
		{"after a denial", script(sent(), wait(), no()), 0, true},
		{"after an outage", script(sent(), broken()), 0, true},
		{"after a refused push", script(wait(), wait()), 0, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHouse(t, settings(), tc.first)
				h.age()
				h.Push(t.Context(), pushTo(t, "a1", testMobile))
				<-time.After(tc.pause)
				var paths []string
				h.fake.mu.Lock()
				h.fake.answer = func(r request) reply {
					paths = append(paths, r.path)
					return script(sent(), wait())(r)
				}
				h.fake.mu.Unlock()
				h.Push(t.Context(), pushTo(t, "a2", testMobile))
				if drained := paths[0] == resultPath; drained != tc.drains {
					t.Errorf("drained %v, want %v", drained, tc.drains)
				}
			})
		})
	}
}

func TestStaleUntilAPollSaysOtherwise(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, settings(), script(sent(), said()))
		h.age()
		for range 2 {
			if a := h.Push(t.Context(), pushTo(t, "a1", testMobile)); a.Outcome != auth.Stale {
				t.Errorf("%+v", a)
			}
		}
		if words := h.notes.security(); len(words) != 2 || words[0] != "stale_approval" {
			t.Errorf("security events %v", words)
		}
		h.fake.mu.Lock()
		h.fake.answer = script(sent(), wait())
		h.fake.mu.Unlock()
		h.Push(t.Context(), pushTo(t, "a1", testMobile))
		<-time.After(dirtyFor)
		before := h.fake.count(resultPath)
		h.fake.mu.Lock()
		h.fake.answer = script(sent(), wait(), said())
		h.fake.mu.Unlock()
		if a := h.Push(t.Context(), pushTo(t, "a1", testMobile)); a.Outcome != auth.Approved || h.fake.count(resultPath)-before != 2 {
			t.Errorf("%+v after %d polls", a, h.fake.count(resultPath)-before)
		}
	})
}

func TestTheClaimIsHeldForAMomentAfterAnAccept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, settings(), script(sent(), wait(), said()))
		h.age()
		h.Push(t.Context(), pushTo(t, "a1", testMobile))
		h.Push(t.Context(), pushTo(t, "a2", testMobile))
		if diff := cmp.Diff(ms(0, 5500), h.fake.times(pushPath)); diff != "" {
			t.Errorf("pushes (-want +got):\n%s", diff)
		}
	})
}

func TestWithdrawal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, settings(), script(sent(), wait(), after(3*time.Second, said())))
		h.age()
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		if a := h.Push(ctx, pushTo(t, "a1", testMobile)); a.Outcome != auth.Withdrawn || !a.Pushed {
			t.Errorf("%+v", a)
		}
		// The poll that was under way finds the approval while the next login has just pushed: it is nobody's.
		h.fake.mu.Lock()
		h.fake.answer = script(sent(), wait())
		h.fake.mu.Unlock()
		if a := h.Push(t.Context(), pushTo(t, "a2", testMobile)); a.Outcome != auth.TimedOut {
			t.Errorf("the next login: %+v", a)
		}
		gone, stop := context.WithCancel(t.Context())
		stop()
		if a := h.Push(gone, pushTo(t, "a3", otherPhone)); a.Outcome != auth.Withdrawn || a.Pushed {
			t.Errorf("withdrawn before it began: %+v", a)
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
		if a := h.Push(t.Context(), pushTo(t, "a3", testMobile)); a.Outcome != auth.Stopping || a.Pushed {
			t.Errorf("after Close: %+v", a)
		}
		h.Close()
		if faults := h.Reload(settings()); len(faults) > 0 {
			t.Error(faults)
		}
	})
}

func TestThrottledPollsWaitTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := reply{status: 429, body: bodyThrottle, header: http.Header{"Retry-After": {"7"}}}
		h := newHouse(t, settings(), script(sent(), wait(), asked, said()))
		h.age()
		a := h.Push(t.Context(), pushTo(t, "a1", testMobile))
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
		h.Push(t.Context(), pushTo(t, "a1", testMobile))
		if a := h.Push(t.Context(), pushTo(t, "a2", otherPhone)); a.Outcome != auth.NoBudget || a.Pushed {
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
		var pushes []auth.Push
		for i := range 20 {
			pushes = append(pushes, pushTo(t, "a", fmt.Sprintf("+4915112345%03d", i)))
		}
		h.answers(t, pushes...)
		per := map[time.Duration]int{}
		for _, r := range h.fake.requests() {
			per[r.at.Truncate(time.Second)]++
		}
		for second, n := range per {
			if n > 5 {
				t.Errorf("%d requests in second %s", n, second)
			}
		}
		if n := h.fake.count(pushPath); n != 20 {
			t.Errorf("%d pushes", n)
		}
	})
}

func TestWrongKeyIsNotHammered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, settings(), script(wrongKey(), wait()))
		h.age()
		var pushes []auth.Push
		for i := range 50 {
			pushes = append(pushes, pushTo(t, "a", fmt.Sprintf("+4915112345%03d", i)))
		}
		for range 3 {
			for _, a := range h.answers(t, pushes...) {
				if a.Outcome != auth.Misconfigured || a.Pushed {
					t.Fatalf("%+v", a)
				}
			}
			<-time.After(breakerPause)
		}
		if n := len(h.fake.requests()); n != 3 {
			t.Errorf("%d requests, want one for each time that the breaker was half open", n)
		}
		if n := strings.Count(h.log.String(), "level=error"); n != 1 {
			t.Errorf("%d alarms:\n%s", n, h.log)
		}
		h.fake.mu.Lock()
		h.fake.answer = script(sent(), wait(), said())
		h.fake.mu.Unlock()
		if a := h.Push(t.Context(), pushTo(t, "a", testMobile)); a.Outcome != auth.Approved {
			t.Errorf("the key is right again: %+v", a)
		}
	})
}

func TestBreakerHoldsOpenLogins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, settings(), func(r request) reply {
			switch {
			case r.path == pushPath && r.mobile == otherPhone:
				return wrongKey()
			case r.path == pushPath:
				return sent()
			case r.at > 6*time.Second:
				return said()
			}
			return wait()
		})
		h.age()
		time.AfterFunc(4*time.Second, func() { h.Push(t.Context(), pushTo(t, "a2", otherPhone)) })
		a := h.Push(t.Context(), pushTo(t, "a1", testMobile))
		if a.Outcome != auth.Approved {
			t.Errorf("%+v", a)
		}
		if diff := cmp.Diff(ms(0, 9000), h.fake.times(resultPath)); diff != "" {
			t.Errorf("polls (-want +got):\n%s", diff)
		}
	})
}

func TestLookUpAndItsMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		known := map[string]reply{
			"ada@example.com": {status: 200, body: `{"data":{"status":true,"details":{"mobile_with_country_code":"` + testMobile + `"}},"error":null}`},
			"two@example.com": {status: 200, body: `{"data":{"status":true,"details":[{"mobile_with_country_code":"` + testMobile + `"},{"mobile_with_country_code":"` + otherPhone + `"}]},"error":null}`},
			"out@example.com": down(),
			"bad@example.com": wrongKey(),
		}
		n := 0
		h := newHouse(t, settings(), func(r request) reply {
			switch r.path {
			case lookUpPath:
				return known[r.email].or(wait())
			case pushPath:
				n = 0
				return sent()
			}
			if n++; n > 1 {
				return said()
			}
			return wait()
		})
		h.age()
		push := func(email string, want auth.Outcome, lookUps int) {
			t.Helper()
			before := h.fake.count(lookUpPath)
			a := h.Push(t.Context(), byEmail(t, "a", email))
			if got := h.fake.count(lookUpPath) - before; a.Outcome != want || got != lookUps {
				t.Errorf("%s: %s after %d look-ups, want %s after %d", email, outcomeWord(a.Outcome), got, outcomeWord(want), lookUps)
			}
		}
		push("ada@example.com", auth.Approved, 1)
		push("Ada@Example.com", auth.Approved, 0)
		<-time.After(addressLives)
		push("ada@example.com", auth.Approved, 1)
		push("eve@example.com", auth.NotEnrolled, 1)
		push("eve@example.com", auth.NotEnrolled, 0)
		<-time.After(strangerLives)
		push("eve@example.com", auth.NotEnrolled, 1)
		push("two@example.com", auth.NotEnrolled, 1)
		push("out@example.com", auth.NoAnswer, 3)
		push("", auth.NotEnrolled, 0)
		push("bad@example.com", auth.Misconfigured, 1)
		<-time.After(breakerPause)
		if strings.Contains(h.log.String(), "example.com") || strings.Contains(h.log.String(), testMobile[1:8]) {
			t.Errorf("the log names a person:\n%s", h.log)
		}
	})
}

func TestCollisionOfTwoPeopleWithOnePhone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, settings(), func(r request) reply {
			if r.path == lookUpPath {
				return reply{status: 200, body: `{"data":{"status":true,"details":{"mobile_with_country_code":"` + testMobile + `"}},"error":null}`}
			}
			return script(sent(), wait())(r)
		})
		h.age()
		got := h.answers(t, byEmail(t, "a1", "ada@example.com"), byEmail(t, "a2", "eve@example.com"))
		if diff := cmp.Diff([]string{"collided", "collided"}, outcomes(got)); diff != "" || h.fake.count(pushPath) != 1 {
			t.Errorf("%s%d pushes", diff, h.fake.count(pushPath))
		}
	})
}

func TestAPushThatIsUnknownForgetsTheAddress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, settings(), func(r request) reply {
			if r.path == lookUpPath {
				return reply{status: 200, body: `{"data":{"details":{"mobile_with_country_code":"` + testMobile + `"}}}`}
			}
			return wait()
		})
		h.age()
		for range 2 {
			if a := h.Push(t.Context(), byEmail(t, "a1", "ada@example.com")); a.Outcome != auth.NotEnrolled {
				t.Errorf("%+v", a)
			}
		}
		if n := h.fake.count(lookUpPath); n != 2 {
			t.Errorf("%d look-ups", n)
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
			bad.URL = "ftp://x"
			if len(h.Reload(bad).Fatal()) == 0 {
				t.Error("a bad URL was taken")
			}
			next := s
			next.URL, next.ApprovalTimeout, next.APIKey = "https://other.example/v2/", 10*time.Second, secret.New(strings.Repeat("k", 32))
			next.Limits, next.Connections = state.Limits{PerMinute: 3}, 1
			if faults := h.Reload(next); len(faults.Fatal()) > 0 {
				t.Error(faults)
			}
		})
		began := time.Now()
		if a := h.Push(t.Context(), pushTo(t, "a1", testMobile)); a.Outcome != auth.TimedOut || time.Since(began) != 57*time.Second {
			t.Errorf("%+v after %s: the login did not keep its time", a, time.Since(began))
		}
		old, moved := h.fake.count(resultPath), h.fake.count("/v2"+resultPath)
		if old != 2 || moved == 0 {
			t.Errorf("%d polls at the old address, %d at the new one", old, moved)
		}
		if a := h.Push(t.Context(), pushTo(t, "a2", otherPhone)); a.Outcome != auth.NoBudget {
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
		h.Push(t.Context(), pushTo(t, "a3", testMobile))
		text := h.log.String() + fmt.Sprintf("%+v", h.notes.events)
		for _, word := range []string{"CANARY", "CAN ARY", testMobile[1:8], testKey, "Denied -"} {
			if strings.Contains(text, word) {
				t.Errorf("%q in the log:\n%s", word, text)
			}
		}
		if !bytes.Contains(h.log.Bytes(), []byte("without the full proof")) || !strings.Contains(text, "7Vun") {
			t.Errorf("the log lacks the drift or the activity:\n%s", text)
		}
	})
}

func TestTenThousandLogins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const logins = 10_000
		s := settings()
		s.Connections = 64
		var mu sync.Mutex
		polls := map[string]int{}
		h := newHouse(t, s, func(r request) reply {
			if r.path == pushPath {
				return after(10*time.Millisecond, sent())
			}
			mu.Lock()
			defer mu.Unlock()
			if polls[r.mobile]++; polls[r.mobile] < 4 {
				return after(10*time.Millisecond, wait())
			}
			return after(10*time.Millisecond, reply{status: 200, body: bodyApproved(r.mobile)})
		})
		h.level(logrus.InfoLevel)
		h.age()
		var all sync.WaitGroup
		wrong := make(chan auth.Answer, logins)
		for i := range logins {
			p := pushTo(t, "a", fmt.Sprintf("+4915112%06d", i))
			all.Go(func() {
				if a := h.Push(t.Context(), p); a.Outcome != auth.Approved || a.Mobile != p.Person.Mobile {
					wrong <- a
				}
			})
		}
		all.Wait()
		close(wrong)
		for a := range wrong {
			t.Fatalf("%+v, %d wrong", a, len(wrong)+1)
		}
		if n := h.fake.count(pushPath); n != logins {
			t.Errorf("%d pushes", n)
		}
	})
}
