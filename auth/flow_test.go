package auth

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
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
	rules     *Rules
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

func (h *house) Begin(p *Push) Asked { return PusherFunc(h.ask).Begin(p) }

func (h *house) ask(ctx context.Context, p *Push) Answer {
	h.mu.Lock()
	h.pushes = append(h.pushes, *p)
	phone := h.phone
	h.mu.Unlock()
	return phone(ctx, p)
}

func (h *house) Commit(_ context.Context, e audit.Event) error {
	pass(h.commitFor)
	if h.commitErr != nil {
		return h.commitErr
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if a, ok := e.(audit.Attempt); ok {
		h.committed = append(h.committed, a)
		return nil
	}
	h.noted = append(h.noted, e)
	return nil
}

func (h *house) Note(e audit.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.noted = append(h.noted, e)
}

func (h *house) Decide(f policy.Facts) policy.Decision { return h.decide(f) }

// pass lets the bubble's time go on.
func pass(d time.Duration) { <-time.After(d) }

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

// with has a login's first factor checked by p.
func with(p Primary) map[policy.Factor]Primary {
	return map[policy.Factor]Primary{policy.FileFactor: p}
}

func newHouse() *house {
	h := &house{phone: after(5*time.Second, Approved), decide: push}
	nobody := DirectoryFunc(func(context.Context, Username) (Person, error) { return Person{}, nil })
	h.rules = &Rules{Policy: h, Directory: nobody, Primaries: with(NoPrimary{}), MaxAttempts: 100}
	h.Flow = New(Options{
		Gate:   open{},
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
		Client: Client{Name: "vpn", AnswerWithin: 60 * time.Second, Factor: policy.FileFactor}, NAS: "nas-1", Received: time.Now(),
		Username: user, Method: PAP, Password: secret.New(password),
		CallingStation: "203.0.113.9", From: netip.MustParseAddr("203.0.113.9"),
	}
	for _, c := range change {
		c(&r)
	}
	return r
}

func (h *house) run(r Request) Verdict { return h.runUntil(context.Background(), r) }

// runUntil runs a request under the rules of now.
func (h *house) runUntil(ctx context.Context, r Request) Verdict {
	r.Client.Rules = h.rules
	return h.Run(ctx, &r)
}

// start runs a request in a goroutine of its own.
func (h *house) start(r Request) <-chan Verdict {
	out := make(chan Verdict, 1)
	r.Client.Rules = h.rules
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

// ending is a login and how it must end.
type ending struct {
	name   string
	decide func(policy.Facts) policy.Decision
	phone  Outcome
	change func(*Request)
	kind   Kind
	reason Reason
	pushes int
}

func endings() []ending {
	deny := func(d policy.Denial) func(policy.Facts) policy.Decision {
		return func(policy.Facts) policy.Decision { return policy.Decision{Rule: "r", Denial: d} }
	}
	exempt := func(policy.Facts) policy.Decision { return policy.Decision{Action: policy.Exempt, Rule: "r"} }
	return []ending{
		{"approved", push, Approved, nil, Accept, ApprovedByPerson, 1},
		{"denied on the phone", push, Denied, nil, Reject, PushDenied, 1},
		{"nobody answers", push, TimedOut, nil, Reject, PushTimeout, 1},
		{"geofence", push, OutsideFence, nil, Reject, Geofence, 1},
		{"time window", push, OutsideTime, nil, Reject, Timezone, 1},
		{"not enrolled", push, NotEnrolled, nil, Reject, UnknownUser, 1},
		{"collision", push, Collided, nil, Reject, Collision, 1},
		{"stale", push, Stale, nil, Reject, StaleApproval, 1},
		{"another node asks", push, Elsewhere, nil, Reject, Unavailable, 1},
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
}

func TestRunEndsWithOneVerdict(t *testing.T) {
	for _, c := range endings() {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHouse()
				h.decide, h.phone = c.decide, after(3*time.Second, c.phone)
				r := ask("bob", "pw")
				if c.change != nil {
					c.change(&r)
				}
				v := h.run(r)
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

func TestTheStricterNameCounts(t *testing.T) {
	cases := []struct {
		name          string
		login, listed policy.Action
		kind          Kind
		pushes        int
	}{
		{"the listed name is denied", policy.RequirePush, policy.Deny, Reject, 0},
		{"the written name is denied", policy.Deny, policy.Exempt, Reject, 0},
		{"the listed name needs a push", policy.Exempt, policy.RequirePush, Accept, 1},
		{"both are exempt", policy.Exempt, policy.Exempt, Accept, 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHouse()
				dave, err := ParseUsername("dave")
				if err != nil {
					t.Fatal(err)
				}
				rules := *h.rules
				rules.Directory = DirectoryFunc(func(context.Context, Username) (Person, error) { return Person{Name: dave}, nil })
				h.rules = &rules
				h.decide = func(f policy.Facts) policy.Decision {
					if f.User == "dave" {
						return policy.Decision{Action: c.listed, Rule: "dave"}
					}
					return policy.Decision{Action: c.login, Rule: "address"}
				}
				if v := h.run(ask("d.smith@example.com", "pw")); v.Kind != c.kind || len(h.pushes) != c.pushes {
					t.Errorf("got %v %v, %d pushes", v.Kind, v.Reason, len(h.pushes))
				}
			})
		})
	}
}

func TestDirectoryThatCannotBeAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse()
		rules := *h.rules
		rules.Directory = DirectoryFunc(func(context.Context, Username) (Person, error) {
			return Person{Groups: []string{"staff"}}, errors.New("down")
		})
		h.rules = &rules
		want(t, h.run(ask("bob", "pw")), Reject, Unavailable)
		h.wantPushes(t, 0)
	})
}
