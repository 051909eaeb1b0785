package ivalt

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ivalt-radius/auth"
	"ivalt-radius/ivalt/ivalttest/gatewaytest"
	"ivalt-radius/secret"
	"ivalt-radius/state"
)

// TestOneOddHeaderStopsNobodyForLong: whatever an answer says of limits, logins go on, or do so a quarter of an hour later.
func TestOneOddHeaderStopsNobodyForLong(t *testing.T) {
	for _, header := range []http.Header{
		{"X-Ratelimit-Limit": {"3"}, "X-Ratelimit-Remaining": {"3"}, "X-Ratelimit-Reset": {"3600"}},
		{"X-Ratelimit-Limit": {"1"}, "X-Ratelimit-Remaining": {"0"}, "X-Ratelimit-Reset": {"1"}},
		{"X-Ratelimit-Limit": {"1000"}, "X-Ratelimit-Remaining": {"0"}, "X-Ratelimit-Reset": {"3600"}},
		{"X-Ratelimit-Limit": {"100"}, "X-Ratelimit-Remaining": {"0"}, "X-Ratelimit-Reset": {"99999999999"}},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := settings()
			s.Limits = state.Limits{PerSecond: 20, PerMinute: 100, PerHour: 1000}
			odd := true
			h := newHouse(t, s, func(r request) reply {
				a := script(sent(), wait(), said())(r)
				if odd {
					a.header = header
				}
				return a
			})
			h.age()
			h.push(t.Context(), pushTo(t, "a1", otherPhone))
			h.fake.mu.Lock()
			odd = false
			h.fake.mu.Unlock()
			<-time.After(15 * time.Minute)
			if a := h.push(t.Context(), pushTo(t, "a2", testMobile)); a.Outcome == auth.NoBudget {
				t.Errorf("%v: a quarter of an hour later %s", header, a.Outcome)
			}
		})
	}
}

// TestANameClosesNothing: a name that a firewall refuses, or that iVALT's answer repeats as script, is its owner's trouble alone.
func TestANameClosesNothing(t *testing.T) {
	for name, odd := range map[string]reply{
		"refused as with a wrong key": wrongKey(),
		"echoed as script":            {status: 404, body: `{"data":null,"error":{"detail":"eval(@example.com not found"}}`},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHouse(t, settings(), func(r request) reply {
					switch {
					case r.path == lookUpPath && strings.HasPrefix(r.email, "eval("):
						return odd
					case r.path == lookUpPath && r.email == "":
						return reply{status: 422, body: `{"message":"The email field is required.","errors":{}}`}
					case r.path == lookUpPath:
						return reply{status: 200, body: `{"data":{"status":true,"details":{"mobile_with_country_code":"` + testMobile + `"}},"error":null}`}
					}
					return script(sent(), wait(), said())(r)
				})
				h.age()
				for i := range 5 {
					h.push(t.Context(), byEmail(t, "evil", "eval(@example.com"))
					<-time.After(time.Second)
					if a := h.push(t.Context(), byEmail(t, "a1", fmt.Sprintf("ada%d@example.com", i))); a.Outcome == auth.NoAnswer || a.Outcome == auth.Misconfigured {
						t.Errorf("ada: %s, %s", a.Outcome, a.Detail)
					}
				}
			})
		})
	}
}

// TestAPushInDoubtBorrowsNoApproval: a login whose own push may never have rung is not let in by the answer to an earlier one that is
// still on the phone.
func TestAPushInDoubtBorrowsNoApproval(t *testing.T) {
	for _, tc := range []struct {
		name  string
		first bool // an earlier push is on the phone
		want  auth.Outcome
	}{{"an earlier push", true, auth.Stale}, {"none", false, auth.Approved}} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				fails := false
				h := newHouse(t, settings(), func(r request) reply {
					switch {
					case r.path == pushPath && fails:
						return down()
					case r.path == pushPath:
						return sent()
					case fails && r.at > 20*time.Second:
						return said()
					}
					return wait()
				})
				h.age()
				if tc.first {
					h.push(t.Context(), h.short("victim", ""))
				}
				<-time.After(time.Until(time.Now().Add(14*time.Second - time.Since(h.fake.began))))
				h.fake.mu.Lock()
				fails = true
				h.fake.mu.Unlock()
				p := pushTo(t, "stranger", testMobile)
				p.Deadline = time.Now().Add(11 * time.Second)
				if a := h.push(t.Context(), p); a.Outcome != tc.want {
					t.Errorf("%s: %s", a.Outcome, a.Detail)
				}
			})
		})
	}
}

// TestALateApprovalStaysAtItsIVALT: another key, or another address, knows nothing of it.
func TestALateApprovalStaysAtItsIVALT(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pocket{approves: 15 * time.Second}
		h := newHouse(t, settings(), p.answer)
		h.age()
		first := h.short("a1", "")
		first.LateCredit = 30 * time.Second
		h.push(t.Context(), first)
		h.taken(&p)
		<-time.After(time.Second)
		s := settings()
		s.API.APIKey = secret.New(testKey + "-new")
		if faults := h.Reload(s); len(faults) != 0 {
			t.Fatal(faults)
		}
		if a := h.push(t.Context(), h.short("a2", "a1")); a.Outcome == auth.Approved {
			t.Errorf("%+v", a)
		}
	})
}

// TestASlowClockMakesNoPauseLonger: a date to come back at is held against the clock that wrote it.
func TestASlowClockMakesNoPauseLonger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, settings(), func(request) reply {
			theirs := time.Now().Add(time.Hour).UTC()
			return reply{status: 429, body: gatewaytest.Throttle, header: http.Header{
				"Date": {theirs.Format(http.TimeFormat)}, "Retry-After": {theirs.Add(5 * time.Second).Format(http.TimeFormat)},
			}}
		})
		h.age()
		h.push(t.Context(), pushTo(t, "a1", testMobile))
		<-time.After(6 * time.Second)
		if h.scheduler.budget.Take() != 0 {
			t.Error("nothing leaves though five seconds are over")
		}
	})
}

// TestNoPushBehindTheAnswer: a push in doubt is sent once more only while its login waits, however long its late credit lasts.
func TestNoPushBehindTheAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, settings(), func(r request) reply {
			if r.path == pushPath {
				return down()
			}
			return wait()
		})
		h.age()
		p := pushTo(t, "a1", testMobile)
		p.Deadline, p.LateCredit = time.Now().Add(11*time.Second), 30*time.Second
		h.push(t.Context(), p)
		<-time.After(time.Minute)
		if n := h.fake.count(pushPath); n != 1 {
			t.Errorf("pushes at %v; the answer left after 9 s", h.fake.times(pushPath))
		}
	})
}

// TestAnOddLookUpIsNotAskedAgain: asking again does not help, and somebody else may need the call.
func TestAnOddLookUpIsNotAskedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, settings(), func(request) reply {
			return reply{status: 200, body: `{"data":{"status":true,"message":"<script>"}}`}
		})
		h.age()
		if a := h.push(t.Context(), byEmail(t, "a1", "ada@example.com")); a.Outcome != auth.NoAnswer || !strings.Contains(a.Detail, "odd") {
			t.Errorf("%+v", a)
		}
		if n := h.fake.count(lookUpPath); n != 1 {
			t.Errorf("%d look-ups", n)
		}
	})
}

// TestStickyAndAnOddSentinel: what is no approval at all is looked at again, also where results are known to be sticky.
func TestStickyAndAnOddSentinel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := settings()
		s.Result = ResultSticky
		h := newHouse(t, s, script(sent(), reply{status: 200, body: `{"data":{"status":true,"details":null},"error":null}`}, wait(), said()))
		h.age()
		if a := h.push(t.Context(), pushTo(t, "a1", testMobile)); a.Outcome != auth.Approved {
			t.Errorf("%s: %s", a.Outcome, a.Detail)
		}
	})
}
