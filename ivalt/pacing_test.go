package ivalt

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"ivalt-radius/auth"
	"ivalt-radius/ivalt/breaker"
	"ivalt-radius/ivalt/clock"
	"ivalt-radius/ivalt/course"
	"ivalt-radius/ivalt/ivalttest/gatewaytest"
	"ivalt-radius/ivalt/pace"
	"ivalt-radius/state"
)

// TestPollsLeaveWhenTheyAreWorthIt holds the scheduler to package pace: the product's rule decides, and nothing else.
func TestPollsLeaveWhenTheyAreWorthIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, settings(), script(sent(), wait()))
		h.scheduler.rule = pace.ByWorth
		h.age()
		h.push(t.Context(), pushTo(t, "a1", testMobile))
		polls := h.fake.times(resultPath)[1:] // the sentinel comes first
		since := time.Duration(0)
		for _, at := range polls[:len(polls)-1] {
			price := pace.Price(state.Use{})
			if worth := pace.Prior().Worth(since, at); worth < price || worth > price*6/5 {
				t.Errorf("the poll at %v is worth %v, at a price of %v", at, worth, price)
			}
			if at-since < pollFloor {
				t.Errorf("polls at %v and %v, within the floor", since, at)
			}
			since = at
		}
		if last := polls[len(polls)-1]; last != 57*time.Second {
			t.Errorf("the final poll at %v", last)
		}
	})
}

const pollFloor = 1500 * time.Millisecond // docs/ivalt.md

// TestNeverWithinTheFloor: whatever a rule says, and however cheap polls are.
func TestNeverWithinTheFloor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, settings(), script(sent(), wait()))
		h.scheduler.rule = func(w pace.Wait, _ state.Use) time.Duration { return w.Floor }
		h.age()
		h.push(t.Context(), pushTo(t, "a1", testMobile))
		polls := h.fake.times(resultPath)[1:]
		if polls[0] != 4500*time.Millisecond {
			t.Errorf("the first poll at %v, however cheap", polls[0])
		}
		last := time.Duration(0)
		for _, at := range polls {
			if at-last < pollFloor {
				t.Errorf("polls at %v and %v", last, at)
			}
			last = at
		}
	})
}

// TestADearPollIsLookedAtAgain: while the budget is full a poll is put off, and once it is not, it leaves without waiting for
// the moment that the full budget gave it.
func TestADearPollIsLookedAtAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := settings()
		s.Limits = state.Limits{PerMinute: 100}
		h := newHouse(t, s, script(sent(), wait()))
		h.scheduler.rule = pace.ByWorth
		h.age()
		if !h.scheduler.budget.Reserve(80) {
			t.Fatal("no room")
		}
		time.AfterFunc(7*time.Second, func() { h.scheduler.budget.Release(80) })
		h.push(t.Context(), pushTo(t, "a1", testMobile))
		first := h.fake.times(resultPath)[1]
		if first < 7*time.Second || first > 7*time.Second+reviewEvery {
			t.Errorf("the first poll at %v; the budget was full until 7 s", first)
		}
	})
}

// TestTheLikeliestPollGoesFirst: of the polls that wait for the budget, the one that most likely finds an answer.
func TestTheLikeliestPollGoesFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := settings()
		s.Limits = state.Limits{PerMinute: 100}
		h := newHouse(t, s, script(sent(), wait()))
		sch := h.scheduler
		if !sch.budget.Reserve(80) {
			t.Fatal("no room")
		}
		sch.mu.Lock()
		defer sch.mu.Unlock()
		var all []*login
		for i, seen := range []time.Duration{9 * time.Second, 2 * time.Second, 6 * time.Second} {
			l := newLogin(pushTo(t, fmt.Sprint(i), fmt.Sprintf("+4915112345%03d", i)))
			l.id, l.plan, l.times = uint64(i), sch.plan, pace.Prior()
			l.course.Seen, l.course.Delivery = seen, course.Pushed
			sch.waiting[fromRest].Put(l, course.RankPoll, instant(i)) // the first one is due first
			all = append(all, l)
		}
		q := &sch.waiting[fromRest]
		if best := sch.likeliest(q, 10*time.Second); best != all[1] {
			t.Errorf("login %d goes first", best.id)
		}
		q.Put(all[2], course.RankLast, 0)
		if best := sch.likeliest(q, 10*time.Second); best != all[2] {
			t.Errorf("login %d goes before a final poll", best.id)
		}
		for _, l := range all {
			q.Remove(l)
		}
	})
}

// TestTimesAreLearned: somebody whose approvals always come late is polled for late.
func TestTimesAreLearned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rang := time.Duration(0)
		h := newHouse(t, settings(), func(r request) reply {
			switch {
			case r.path == pushPath:
				rang = r.at
				return sent()
			case r.at-rang > 20*time.Second:
				return said()
			}
			return wait()
		})
		h.scheduler.rule = pace.ByWorth
		h.age()
		gaps := func() (first time.Duration, n int) {
			before := len(h.fake.times(resultPath))
			if a := h.push(t.Context(), pushTo(t, "a", testMobile)); a.Outcome != auth.Approved {
				t.Fatalf("%+v", a)
			}
			<-time.After(time.Minute)
			polls := h.fake.times(resultPath)[before+1:]
			return polls[0] - rang, len(polls)
		}
		early, many := gaps()
		for range 15 {
			gaps()
		}
		late, few := gaps()
		if late < early+2*time.Second || few >= many {
			t.Errorf("the first poll at %v of %d, then at %v of %d", early, many, late, few)
		}
	})
}

// TestAShortOutageSparesWhoWaits: the endpoint is closed off by the failures of some, and those that wait are polled for again as
// soon as a probe is answered.
func TestAShortOutageSparesWhoWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, settings(), func(r request) reply {
			switch {
			case r.path == pushPath:
				return sent()
			case r.at > 5*time.Second && r.at < 14*time.Second:
				return down()
			case r.at > 14*time.Second && r.mobile == testMobile:
				return said()
			}
			return wait()
		})
		h.age()
		var pushes []*auth.Push
		for i := range 3 {
			pushes = append(pushes, pushTo(t, fmt.Sprint(i), fmt.Sprintf("+4915112345%03d", i)))
		}
		pushes = append(pushes, pushTo(t, "a1", testMobile))
		<-time.After(0)
		got := h.answers(t, pushes...)
		if a := got[3]; a.Outcome != auth.Approved {
			t.Errorf("%s: %s", a.Outcome, a.Detail)
		}
		if n := h.fake.count(resultPath); n > 60 {
			t.Errorf("%d polls", n)
		}
	})
}

// TestNobodyIsAskedInVain: with the results closed off no push leaves, since nobody could look for its answer.
func TestNobodyIsAskedInVain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := true
		h := newHouse(t, settings(), func(r request) reply {
			if r.path == resultPath && out {
				return down()
			}
			return script(sent(), wait(), said())(r)
		})
		h.age()
		h.push(t.Context(), pushTo(t, "a1", otherPhone)) // three polls fail
		before := h.fake.count(pushPath)
		if a := h.push(t.Context(), pushTo(t, "a2", testMobile)); a.Outcome != auth.NoAnswer || a.Pushed || a.Detail != "iVALT: server error" {
			t.Errorf("%+v", a)
		}
		if n := h.fake.count(pushPath); n != before {
			t.Errorf("%d pushes without a way to their results", n-before)
		}
		h.fake.mu.Lock()
		out = false
		h.fake.mu.Unlock()
		<-time.After(15 * time.Second)
		if a := h.push(t.Context(), pushTo(t, "a3", testMobile)); a.Outcome == auth.NoAnswer {
			t.Errorf("15 s after it is back: %+v", a)
		}
	})
}

// TestTheDeadlineOfAClosedEndpoint: who waits while nothing can be asked ends in time, and is told why.
func TestTheDeadlineOfAClosedEndpoint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, settings(), func(r request) reply {
			if r.path == pushPath || r.at < 5*time.Second {
				return script(sent(), wait())(r)
			}
			return down()
		})
		h.age()
		var pushes []*auth.Push
		for i := range 4 {
			pushes = append(pushes, pushTo(t, fmt.Sprint(i), fmt.Sprintf("+4915112345%03d", i)))
		}
		began := time.Now()
		for _, a := range h.answers(t, pushes...) {
			if a.Outcome != auth.NoAnswer || a.Detail != "iVALT: server error" {
				t.Errorf("%s: %s", a.Outcome, a.Detail)
			}
		}
		if took := time.Since(began); took > 59*time.Second {
			t.Errorf("took %v", took)
		}
	})
}

// TestAPushInDoubtHoldsThePhone: ten seconds pass from a push whose fate is unknown to the next one, whoever asks.
func TestAPushInDoubtHoldsThePhone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, settings(), func(r request) reply {
			if r.path == pushPath && r.at < time.Second {
				return down()
			}
			return script(sent(), wait(), wait(), said())(r)
		})
		h.age()
		first := h.Begin(pushTo(t, "a1", testMobile))
		<-time.After(2 * time.Second)
		first.Withdraw()
		h.push(t.Context(), pushTo(t, "a2", testMobile))
		pushes := h.fake.times(pushPath)
		if len(pushes) != 2 || pushes[1]-pushes[0] < course.ResendAfter {
			t.Errorf("pushes at %v", pushes)
		}
	})
}

// TestAutoAfterAnAccept: what was approved a moment ago may still be readable, so the next login of the phone has a sentinel, unless
// the operator knows that a read takes it.
func TestAutoAfterAnAccept(t *testing.T) {
	for _, tc := range []struct {
		result string
		pause  time.Duration
		want   auth.Outcome
		polls  int // of the second login
	}{
		{"", holdFor, auth.Stale, 2},
		{ResultUnknown, dirtyFor - time.Second, auth.Stale, 2},
		{ResultSticky, holdFor, auth.Stale, 1},
		{ResultUnknown, dirtyFor, auth.Approved, 1}, // longer than a result lives
		{ResultConsumed, holdFor, auth.Approved, 1}, // the operator's word against the fake's ways
	} {
		t.Run(tc.result+" "+tc.pause.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := settings()
				s.Sentinel, s.Result = SentinelAuto, tc.result
				h := newHouse(t, s, script(sent(), wait(), said()))
				h.age()
				h.push(t.Context(), pushTo(t, "a1", testMobile))
				<-time.After(tc.pause)
				before := h.fake.count(resultPath)
				if a := h.push(t.Context(), pushTo(t, "a2", testMobile)); a.Outcome != tc.want {
					t.Errorf("%s", a.Outcome)
				}
				if n := h.fake.count(resultPath) - before; n != tc.polls {
					t.Errorf("%d polls, want %d", n, tc.polls)
				}
			})
		})
	}
}

// TestHeadersMoveTheBudget: what iVALT counts holds for who comes next.
func TestHeadersMoveTheBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := settings()
		s.Limits = state.Limits{PerMinute: 100}
		h := newHouse(t, s, func(r request) reply {
			a := script(sent(), wait(), said())(r)
			a.header = http.Header{"X-Ratelimit-Limit": {"100"}, "X-Ratelimit-Remaining": {"1"}, "X-Ratelimit-Reset": {"30"}}
			return a
		})
		h.age()
		h.push(t.Context(), pushTo(t, "a1", otherPhone))
		if a := h.push(t.Context(), pushTo(t, "a2", testMobile)); a.Outcome != auth.NoBudget || a.Pushed {
			t.Errorf("%+v with one call left", a)
		}
		<-time.After(31 * time.Second)
		if a := h.push(t.Context(), pushTo(t, "a3", testMobile)); a.Outcome == auth.NoBudget {
			t.Errorf("%+v once there are more", a)
		}
	})
}

// TestAProbeWaitsForTheBudget: probes count like every other call.
func TestAProbeWaitsForTheBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := settings()
		s.Limits = state.Limits{PerMinute: 8} // 7 usable
		h := newHouse(t, s, script(down(), down()))
		h.age()
		for range 3 {
			h.push(t.Context(), pushTo(t, "a1", otherPhone))
			<-time.After(2 * breaker.Pause)
		}
		<-time.After(10 * time.Minute)
		for i := range h.fake.requests() {
			all := h.fake.requests()
			if i >= 7 && all[i].at-all[i-7].at < time.Minute {
				t.Fatalf("eight calls within %v", all[i].at-all[i-7].at)
			}
		}
	})
}

// TestOddAnswersAreSecurityEvents: each violation leaves one, and nobody is approved by it.
func TestOddAnswersAreSecurityEvents(t *testing.T) {
	for _, tc := range []struct {
		name string
		odd  reply
		word string
	}{
		{"not JSON", page(), "not JSON"},
		{"status", reply{status: 418, body: gatewaytest.Approved(testMobile)}, "unexpected status"},
		{"another phone", reply{status: 200, body: gatewaytest.Approved(otherPhone)}, "approval of another mobile"},
		{"a name twice", reply{status: 200, body: `{"data":{"status":false},"DATA":{}}`}, "a name twice"},
		{"script", reply{status: 200, body: `{"data":{"status":true,"message":"<ScRipt>"}}`}, "script-like content"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHouse(t, settings(), script(sent(), wait(), tc.odd, wait()))
				h.age()
				p := pushTo(t, "a1", testMobile)
				p.Deadline = time.Now().Add(12 * time.Second)
				if a := h.push(t.Context(), p); a.Outcome == auth.Approved {
					t.Errorf("%+v", a)
				}
				details := h.notes.details("odd_answer")
				if !slices.Equal(details, []string{"iVALT's answer to a poll is odd, and not counted: " + tc.word}) {
					t.Errorf("security events %q", details)
				}
			})
		})
	}
}

// TestClockSkewIsSaid: a clock that differs is said once, and what iVALT says of times is held against its own.
func TestClockSkewIsSaid(t *testing.T) {
	for _, ahead := range []time.Duration{0, 10 * time.Second, 2 * time.Hour, -45 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			h := newHouse(t, settings(), func(r request) reply {
				a := script(sent(), wait())(r)
				a.header = http.Header{"Date": {time.Now().Add(ahead).UTC().Format(http.TimeFormat)}}
				return a
			})
			h.age()
			h.push(t.Context(), pushTo(t, "a1", testMobile))
			if got := h.scheduler.skew.Ahead(); (got - ahead).Abs() > time.Second {
				t.Errorf("skew %v, want %v", got, ahead)
			}
			want := 0
			if ahead.Abs() > clock.NotableFrom {
				want = 1
			}
			if n := len(h.notes.systems("clock_skew")); n != want {
				t.Errorf("%d notes of a skew of %v", n, ahead)
			}
		})
	}
}
