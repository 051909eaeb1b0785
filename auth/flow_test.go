package auth

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ivalt-radius/audit"
	"ivalt-radius/policy"
	"ivalt-radius/secret"
)

// house is a Flow with everything around it under the test's hand. Time is the synctest bubble's.
type house struct {
	*Flow
	mu        sync.Mutex
	pushes    []Push
	committed []audit.Attempt
	noted     []audit.Event
	concluded []audit.Attempt

	phone     func(ctx context.Context, p *Push) Answer // what the person does
	decide    func(f policy.Facts) policy.Decision
	commitErr error
	commitFor time.Duration
}

func (h *house) Push(ctx context.Context, p *Push) Answer {
	h.mu.Lock()
	h.pushes = append(h.pushes, *p)
	phone := h.phone
	h.mu.Unlock()
	return phone(ctx, p)
}

func (h *house) Commit(_ context.Context, e audit.Event) error {
	time.Sleep(h.commitFor)
	if h.commitErr != nil {
		return h.commitErr
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.committed = append(h.committed, e.(audit.Attempt))
	return nil
}

func (h *house) Note(e audit.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.noted = append(h.noted, e)
}

func (h *house) Decide(f policy.Facts) policy.Decision { return h.decide(f) }

// after makes a phone that answers once d has passed, unless the attempt ends first.
func after(d time.Duration, o Outcome) func(context.Context, *Push) Answer {
	return func(ctx context.Context, _ *Push) Answer {
		select {
		case <-time.After(d):
			return Answer{Outcome: o, Pushed: true}
		case <-ctx.Done():
			return Answer{Outcome: Withdrawn, Pushed: true}
		}
	}
}

func push(policy.Facts) policy.Decision {
	return policy.Decision{Action: policy.RequirePush, Rule: "default"}
}

// only decides d for one person, and asks everyone else for a push.
func only(user string, d policy.Decision) func(policy.Facts) policy.Decision {
	return func(f policy.Facts) policy.Decision {
		if f.User == user {
			return d
		}
		return push(f)
	}
}

func newHouse() *house {
	h := &house{phone: after(5*time.Second, Approved), decide: push}
	nobody := DirectoryFunc(func(context.Context, Username) (Person, error) { return Person{}, nil })
	h.Flow = New(Rules{Policy: h, Directory: nobody, Primary: NoPrimary{}, MaxAttempts: 100}, Options{
		Pusher: h, Recorder: h, Now: time.Now,
		Concluded: func(e audit.Attempt) {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.concluded = append(h.concluded, e)
		},
	})
	return h
}

// ask makes a plain PAP request; each call is a new exchange.
func ask(user, password string, change ...func(*Request)) Request {
	r := Request{
		Client: Client{Name: "vpn", AnswerWithin: 60 * time.Second}, NAS: "nas-1", Received: time.Now(),
		Username: user, Method: PAP, Password: secret.New(password),
		CallingStation: "203.0.113.9", From: netip.MustParseAddr("203.0.113.9"),
	}
	for _, c := range change {
		c(&r)
	}
	return r
}

func (h *house) run(r Request) Verdict { return h.Run(context.Background(), &r) }

// start runs a request in a goroutine of its own.
func (h *house) start(r Request) <-chan Verdict {
	out := make(chan Verdict, 1)
	go func() { out <- h.Run(context.Background(), &r) }()
	synctest.Wait()
	return out
}

func (h *house) wantPushes(t *testing.T, n int) {
	t.Helper()
	if len(h.pushes) != n {
		t.Errorf("pushes: got %d, want %d", len(h.pushes), n)
	}
}

func want(t *testing.T, v Verdict, kind Kind, reason Reason) {
	t.Helper()
	if v.Kind != kind || v.Reason != reason {
		t.Errorf("verdict: got %v %v, want %v %v", v.Kind, v.Reason, kind, reason)
	}
}

func TestRunEndsWithOneVerdict(t *testing.T) {
	deny := func(d policy.Denial) func(policy.Facts) policy.Decision {
		return func(policy.Facts) policy.Decision { return policy.Decision{Rule: "r", Denial: d} }
	}
	exempt := func(policy.Facts) policy.Decision { return policy.Decision{Action: policy.Exempt, Rule: "r"} }
	cases := []struct {
		name   string
		decide func(policy.Facts) policy.Decision
		phone  Outcome
		change func(*Request)
		kind   Kind
		reason Reason
		pushes int
	}{
		{"approved", push, Approved, nil, Accept, ApprovedByPerson, 1},
		{"denied on the phone", push, Denied, nil, Reject, PushDenied, 1},
		{"nobody answers", push, TimedOut, nil, Reject, PushTimeout, 1},
		{"geofence", push, OutsideFence, nil, Reject, Geofence, 1},
		{"time window", push, OutsideTime, nil, Reject, Timezone, 1},
		{"not enrolled", push, NotEnrolled, nil, Reject, UnknownUser, 1},
		{"collision", push, Collided, nil, Reject, Collision, 1},
		{"stale", push, Stale, nil, Reject, StaleApproval, 1},
		{"no budget", push, NoBudget, nil, Reject, Busy, 1},
		{"throttled", push, Throttled, nil, Reject, Busy, 1},
		{"misconfigured", push, Misconfigured, nil, Reject, MisconfiguredReason, 1},
		{"no answer", push, NoAnswer, nil, Reject, Unavailable, 1},
		{"an outcome that nobody knows", push, Outcome(200), nil, Reject, Unavailable, 1},
		{"exempt", exempt, NoAnswer, nil, Accept, ExemptByRule, 0},
		{"denied by rule", deny(policy.ByRule), Approved, nil, Reject, PolicyDenied, 0},
		{"denied by network", deny(policy.ByNetwork), Approved, nil, Reject, NetworkDenied, 0},
		{"denied by hours", deny(policy.ByHours), Approved, nil, Reject, OutsideHours, 0},
		{"the zero decision", func(policy.Facts) policy.Decision { return policy.Decision{} }, Approved, nil, Reject, PolicyDenied, 0},
		{"an action that nobody knows", func(policy.Facts) policy.Decision { return policy.Decision{Action: 77} }, Approved, nil, Reject, PolicyDenied, 0},
		{"no name", push, Approved, func(r *Request) { r.Username = "" }, Reject, BadRequest, 0},
		{"control character in the name", push, Approved, func(r *Request) { r.Username = "bob\n" }, Reject, BadRequest, 0},
		{"foreign State", push, Approved, func(r *Request) { r.State = []byte("x") }, Reject, BadRequest, 0},
		{"defect", push, Approved, func(r *Request) { r.Defect = "two User-Name" }, Reject, BadRequest, 0},
		{"empty password", push, Approved, func(r *Request) { r.Password = secret.Secret{} }, Reject, BadPassword, 0},
		{"password no UTF-8", push, Approved, func(r *Request) { r.Password = secret.New("a\xff") }, Reject, BadPassword, 0},
		{"password with control characters", push, Approved, func(r *Request) { r.Password = secret.New("a\x01") }, Reject, BadPassword, 0},
		{"no credential", push, Approved, func(r *Request) { r.Method = NoCredential }, Reject, BadPassword, 0},
		{"CHAP", push, Approved, func(r *Request) { r.Method = CHAP }, Reject, MisconfiguredReason, 0},
		{"MS-CHAP", push, Approved, func(r *Request) { r.Method = MSCHAP }, Reject, MisconfiguredReason, 0},
		{"EAP", push, Approved, func(r *Request) { r.Method = EAP }, Reject, MisconfiguredReason, 0},
		{"exempt with an empty password", exempt, Approved, func(r *Request) { r.Password = secret.Secret{} }, Reject, BadPassword, 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHouse()
				h.decide, h.phone = c.decide, after(3*time.Second, c.phone)
				r := ask("bob", "pw")
				if c.change != nil {
					c.change(&r)
				}
				v := h.Run(context.Background(), &r)
				want(t, v, c.kind, c.reason)
				h.wantPushes(t, c.pushes)
				if len(h.concluded) != 1 || h.concluded[0].Verdict != c.kind.String() || h.concluded[0].Reason != c.reason.String() {
					t.Errorf("concluded: %+v", h.concluded)
				}
				if got := len(h.committed) == 1; got != (c.kind == Accept) {
					t.Errorf("committed: %+v", h.committed)
				}
				if v.Attempt == "" || h.concluded[0].Attempt != v.Attempt || h.Waiting() != 0 {
					t.Errorf("attempt %q, waiting %d", v.Attempt, h.Waiting())
				}
			})
		})
	}
}

func TestEvidence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse()
		h.run(ask("Bob@Example.COM", "pw"))
		e := h.concluded[0]
		e.Attempt = ""
		got := fmt.Sprintf("%+v", e)
		for _, part := range []string{
			"Client:vpn", "NAS:nas-1", "User:bob@example.com", "CallingStation:203.0.113.9", "Decision:require_push",
			"Rule:default", "Factors:[push]", "Verdict:accept", "Reason:approved", "Duration:5s", "Exchanges:1",
		} {
			if !strings.Contains(got, part) {
				t.Errorf("%s is not in %s", part, got)
			}
		}
	})
}

func TestNoAcceptWithoutEvidence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse()
		h.commitErr = errors.New("disk full")
		want(t, h.run(ask("bob", "pw")), Reject, Unavailable)
		if len(h.concluded) != 1 || h.concluded[0].Verdict != "reject" {
			t.Errorf("concluded: %+v", h.concluded)
		}
	})
}

func TestNoAcceptAfterTheNASGaveUp(t *testing.T) {
	cases := []struct {
		name          string
		approve, disk time.Duration
		kind          Kind
	}{
		{"in time", 58 * time.Second, 0, Accept},
		{"at the deadline", 59 * time.Second, 0, Reject},
		{"the disk took too long", 50 * time.Second, 9 * time.Second, Reject},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHouse()
				h.phone, h.commitFor = after(c.approve, Approved), c.disk
				v := h.run(ask("bob", "pw"))
				if v.Kind != c.kind || c.kind == Reject && v.Reason != PushTimeout {
					t.Errorf("got %v %v", v.Kind, v.Reason)
				}
			})
		})
	}
}

func TestHoursAreJudgedAgain(t *testing.T) {
	cases := []struct {
		name   string
		left   time.Duration // of the window, at the request; the approval comes after 5 s
		kind   Kind
		reason Reason
	}{
		{"open", time.Hour, Accept, ApprovedByPerson},
		{"one second left", 6 * time.Second, Accept, ApprovedByPerson},
		{"less than a second left", 6*time.Second - 1, Reject, OutsideHours},
		{"over", 4 * time.Second, Reject, OutsideHours},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHouse()
				until := time.Now().Add(c.left)
				h.decide = func(f policy.Facts) policy.Decision {
					if !f.At.Before(until) {
						return policy.Decision{Rule: "office", Denial: policy.ByHours}
					}
					return policy.Decision{Action: policy.RequirePush, Rule: "office", Until: until}
				}
				v := h.run(ask("bob", "pw"))
				want(t, v, c.kind, c.reason)
				if c.kind == Accept && !v.Until.Equal(until) {
					t.Errorf("until: %v", v.Until)
				}
			})
		})
	}
}

func TestDirectoryThatCannotBeAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse()
		rules := *h.rules.Load()
		rules.Directory = DirectoryFunc(func(context.Context, Username) (Person, error) {
			return Person{Groups: []string{"staff"}}, errors.New("down")
		})
		h.Reload(rules)
		want(t, h.run(ask("bob", "pw")), Reject, Unavailable)
		h.wantPushes(t, 0)
	})
}

func TestJoining(t *testing.T) {
	station := func(s string) func(*Request) { return func(r *Request) { r.CallingStation = s } }
	scope := func(s string) func(*Request) {
		return func(r *Request) { r.CallingStation, r.JoinScope = "", s }
	}
	cases := []struct {
		name          string
		first, second Request
		pushes        int
	}{
		{"the same login", ask("bob", "pw"), ask("bob", "pw"), 1},
		{"another spelling of the name", ask("bob", "pw"), ask("BOB", "pw"), 1},
		{"another password", ask("bob", "pw"), ask("bob", "pw2"), 2},
		{"another person", ask("bob", "pw"), ask("eve", "pw"), 2},
		{"another calling station", ask("bob", "pw"), ask("bob", "pw", station("203.0.113.10")), 2},
		{"another client", ask("bob", "pw"), ask("bob", "pw", func(r *Request) { r.Client.Name = "vpn2" }), 2},
		{"name and password cut elsewhere", ask("bob", "pw"), ask("bo", "bpw"), 2},
		{"no calling station, another source", ask("bob", "pw", scope("a:1#7")), ask("bob", "pw", scope("a:2#7")), 2},
		{"no calling station, the same source and identifier", ask("bob", "pw", scope("a:1#7")), ask("bob", "pw", scope("a:1#7")), 1},
		{"no calling station, opted in", ask("bob", "pw", scope("")), ask("bob", "pw", scope("")), 1},
		{"a scope that looks like a station", ask("bob", "pw", station("x")), ask("bob", "pw", scope("x")), 2},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHouse()
				c.first.Received, c.second.Received = time.Now(), time.Now()
				one := h.start(c.first)
				time.Sleep(2 * time.Second)
				two := h.start(c.second)
				v1, v2 := <-one, <-two
				want(t, v1, Accept, ApprovedByPerson)
				want(t, v2, Accept, ApprovedByPerson)
				h.wantPushes(t, c.pushes)
				if (v1.Attempt == v2.Attempt) != (c.pushes == 1) {
					t.Errorf("attempts %q and %q", v1.Attempt, v2.Attempt)
				}
				if len(h.concluded) != c.pushes {
					t.Errorf("%d lines for %d attempts", len(h.concluded), c.pushes)
				}
			})
		})
	}
}

func TestJoiningIsForThoseWhoPass(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse()
		h.decide = func(f policy.Facts) policy.Decision {
			if !f.CallingStation.IsValid() {
				return policy.Decision{Rule: "closed"}
			}
			return push(f)
		}
		one := h.start(ask("bob", "pw"))
		nowhere := func(r *Request) { r.From = netip.Addr{} }
		want(t, h.run(ask("bob", "pw", nowhere)), Reject, PolicyDenied)
		want(t, h.run(ask("bob", "pw", func(r *Request) { r.State = []byte("captured") })), Reject, BadRequest)
		want(t, <-one, Accept, ApprovedByPerson)
		h.wantPushes(t, 1)
	})
}

func TestConcludedAttempts(t *testing.T) {
	cases := []struct {
		name   string
		phone  Outcome
		wait   time.Duration
		pushes int
	}{
		{"an Accept joins for ten seconds", Approved, 9 * time.Second, 1},
		{"and no longer", Approved, 10 * time.Second, 2},
		{"a Reject does not join", Denied, time.Second, 2},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHouse()
				h.phone = after(5*time.Second, c.phone)
				first := h.run(ask("bob", "pw"))
				time.Sleep(c.wait)
				second := h.run(ask("bob", "pw"))
				h.wantPushes(t, c.pushes)
				if second.Kind != first.Kind || (c.pushes == 1) != (first.Attempt == second.Attempt) {
					t.Errorf("got %+v after %+v", second, first)
				}
				joined := slices.ContainsFunc(h.noted, func(e audit.Event) bool {
					s, ok := e.(audit.Security)
					return ok && s.Event == "accept_joined"
				})
				if joined != (c.pushes == 1) {
					t.Errorf("the joined Accept left evidence: %v", joined)
				}
			})
		})
	}
}

func TestAnAcceptIsNotJoinedPastAnswerWithin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse()
		h.phone = after(55*time.Second, Approved)
		want(t, h.run(ask("bob", "pw")), Accept, ApprovedByPerson)
		time.Sleep(5 * time.Second) // 60 s after the first packet: its NAS has given up
		h.phone = after(time.Second, Denied)
		want(t, h.run(ask("bob", "pw")), Reject, PushDenied)
		h.wantPushes(t, 2)
	})
}

func TestAnAcceptIsNotJoinedOutsideTheHours(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse()
		want(t, h.run(ask("bob", "pw")), Accept, ApprovedByPerson)
		h.decide = func(policy.Facts) policy.Decision { return policy.Decision{Rule: "office", Denial: policy.ByHours} }
		want(t, h.run(ask("bob", "pw")), Reject, OutsideHours)
		h.wantPushes(t, 1)
	})
}

func TestReplacedExchanges(t *testing.T) {
	id := func(id, replaces uint64) func(*Request) {
		return func(r *Request) { r.ID, r.Replaces = id, replaces }
	}
	t.Run("another login with the same identifier ends the older one", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			h := newHouse()
			old := h.start(ask("bob", "wrong", id(1, 0)))
			fresh := h.start(ask("bob", "right", id(2, 1)))
			v := <-old
			want(t, v, Reject, PushTimeout)
			if !v.Silent {
				t.Error("the late answer is not dropped")
			}
			want(t, <-fresh, Accept, ApprovedByPerson)
		})
	})
	t.Run("a copy of the same login joins first, and both are answered", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			h := newHouse()
			old, fresh := h.start(ask("bob", "pw", id(1, 0))), h.start(ask("bob", "pw", id(2, 1)))
			for _, v := range []Verdict{<-old, <-fresh} {
				want(t, v, Accept, ApprovedByPerson)
				if v.Silent {
					t.Error("a copy is not answered")
				}
			}
			h.wantPushes(t, 1)
		})
	})
	t.Run("a login that policy refuses disturbs nobody", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			h := newHouse()
			h.decide = only("eve", policy.Decision{})
			old := h.start(ask("bob", "pw", id(1, 0)))
			want(t, h.run(ask("eve", "pw", id(2, 1))), Reject, PolicyDenied)
			want(t, h.run(ask("carol", "", id(3, 1))), Reject, BadPassword)
			want(t, <-old, Accept, ApprovedByPerson)
		})
	})
	t.Run("the attempt goes on while another exchange waits for it", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			h := newHouse()
			lead, joined := h.start(ask("bob", "pw", id(1, 0))), h.start(ask("bob", "pw", id(2, 0)))
			other := h.start(ask("eve", "pw", id(3, 1)))
			v := <-lead
			if !v.Silent {
				t.Error("the withdrawn exchange is answered")
			}
			want(t, <-joined, Accept, ApprovedByPerson)
			want(t, <-other, Accept, ApprovedByPerson)
			if len(h.attempts.waiters) != 0 {
				t.Errorf("waiters left: %d", len(h.attempts.waiters))
			}
		})
	})
	t.Run("an exempt login ends the older one too", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			h := newHouse()
			h.decide = only("svc", policy.Decision{Action: policy.Exempt, Rule: "r"})
			old := h.start(ask("bob", "pw", id(1, 0)))
			want(t, h.run(ask("svc", "pw", id(2, 1))), Accept, ExemptByRule)
			want(t, <-old, Reject, PushTimeout)
		})
	})
}

func TestFullHouse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse()
		rules := *h.rules.Load()
		rules.MaxAttempts = 2
		h.Reload(rules)
		a, b := h.start(ask("a", "pw")), h.start(ask("b", "pw"))
		want(t, h.run(ask("c", "pw")), Reject, Busy)
		joined := h.start(ask("a", "pw"))
		for _, v := range []<-chan Verdict{a, b, joined} {
			want(t, <-v, Accept, ApprovedByPerson)
		}
		want(t, h.run(ask("c", "pw")), Accept, ApprovedByPerson)
	})
}

func TestSilentTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse()
		silent := func(r *Request) { r.Client.SilentTimeout = true }
		h.phone = after(50*time.Second, TimedOut)
		v := h.run(ask("bob", "pw", silent))
		want(t, v, Reject, PushTimeout)
		if !v.Silent {
			t.Error("on_push_timeout: silence is answered")
		}
		h.phone = after(time.Second, Denied)
		if v := h.run(ask("bob", "pw", silent)); v.Silent {
			t.Error("a denial is silent")
		}
	})
}

func TestDrain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse()
		waiting := h.start(ask("bob", "pw"))
		h.Drain()
		for name, r := range map[string]Request{
			"a new login":            ask("eve", "pw"),
			"an unreadable name":     ask("\x00", "pw"),
			"a login without a name": ask("", ""),
		} {
			if v := h.Run(context.Background(), &r); !v.Silent || v.Kind != Reject {
				t.Errorf("%s while draining: %+v", name, v)
			}
		}
		retry := h.start(ask("bob", "pw"))
		want(t, <-waiting, Accept, ApprovedByPerson)
		want(t, <-retry, Accept, ApprovedByPerson)
		if len(h.concluded) != 1 {
			t.Errorf("lines: %d", len(h.concluded))
		}
	})
}

func TestStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse()
		one, two := h.start(ask("bob", "pw")), h.start(ask("bob", "pw"))
		h.Stop()
		want(t, <-one, Reject, ShuttingDown)
		want(t, <-two, Reject, ShuttingDown)
	})
}

func TestServerEndsWhileAnExchangeFollows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse()
		one := h.start(ask("bob", "pw"))
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		bob := ask("bob", "pw")
		if v := h.Run(ctx, &bob); !v.Silent || v.Kind != Reject {
			t.Errorf("got %+v", v)
		}
		want(t, <-one, Accept, ApprovedByPerson)
	})
}

func TestAPanicRejectsAndFreesTheAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse()
		h.phone = func(context.Context, *Push) Answer { time.Sleep(time.Second); panic("boom") }
		died := make(chan any, 1)
		go func() {
			defer func() { died <- recover() }()
			h.run(ask("bob", "pw"))
		}()
		synctest.Wait()
		joined := h.start(ask("bob", "pw"))
		want(t, <-joined, Reject, Unavailable)
		if <-died == nil || h.Waiting() != 0 {
			t.Error("the panic is swallowed, or its attempt still waits")
		}
	})
}

func TestReloadKeepsTheRulesOfWaitingLogins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse()
		one := h.start(ask("bob", "pw"))
		rules := *h.rules.Load()
		rules.Policy = deciderFunc(func(policy.Facts) policy.Decision { return policy.Decision{} })
		h.Reload(rules)
		want(t, <-one, Accept, ApprovedByPerson)
		want(t, h.run(ask("eve", "pw")), Reject, PolicyDenied)
	})
}

type deciderFunc func(policy.Facts) policy.Decision

func (f deciderFunc) Decide(facts policy.Facts) policy.Decision { return f(facts) }

func TestManyLoginsLeaveNothingBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse()
		rules := *h.rules.Load()
		rules.MaxAttempts = 10000
		h.Reload(rules)
		var all []<-chan Verdict
		for i := range 2000 {
			r := ask(fmt.Sprintf("user%d", i%1000), "pw", func(r *Request) { r.ID = uint64(i + 1) })
			out := make(chan Verdict, 1)
			go func() { out <- h.Run(context.Background(), &r) }()
			all = append(all, out)
		}
		for _, v := range all {
			want(t, <-v, Accept, ApprovedByPerson)
		}
		h.wantPushes(t, 1000)
		time.Sleep(acceptJoinable)
		h.run(ask("last", "pw", func(r *Request) { r.ID = 1 }))
		if n := len(h.attempts.open); n != 1 || len(h.attempts.waiters) != 0 || len(h.attempts.accepted) != 1 {
			t.Errorf("open %d, waiters %d, accepted %d", n, len(h.attempts.waiters), len(h.attempts.accepted))
		}
	})
}
