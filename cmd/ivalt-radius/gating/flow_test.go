package gating

import (
	"context"
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ivalt-radius/audit"
	"ivalt-radius/auth"
	"ivalt-radius/guard/gate"
	"ivalt-radius/policy"
	"ivalt-radius/secret"
)

// house is a real flow behind a real gate; the phone and the password check are the test's.
type house struct {
	*gate.Gate
	flow *auth.Flow

	mu     sync.Mutex
	pushes int
	ended  []auth.End
	noted  []audit.Event
	phone  func() auth.Answer // at once, or after a while
	listed string             // the directory's name for everybody
	slow   time.Duration      // the password check
}

// Ended implements auth.Gate, and keeps what it is told.
func (h *house) Ended(v auth.Visit, e auth.End) {
	h.mu.Lock()
	h.ended = append(h.ended, e)
	h.mu.Unlock()
	h.Gate.Ended(v, e)
}

// Begin implements auth.Pusher.
func (h *house) Begin(*auth.Push) auth.Asked {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.pushes++
	a := make(asked, 1)
	phone := h.phone
	go func() { a <- phone() }()
	return a
}

type asked chan auth.Answer

func (a asked) Answer() <-chan auth.Answer { return a }
func (asked) Withdraw()                    {}

// Commit implements auth.Recorder.
func (*house) Commit(context.Context, audit.Event) error { return nil }

// Note implements auth.Recorder.
func (*house) Note(audit.Event) {}

// Decide implements auth.Decider.
func (*house) Decide(policy.Facts) policy.Decision {
	return policy.Decision{Action: policy.RequirePush, Rule: "default"}
}

// Person implements auth.Directory.
func (h *house) Person(context.Context, auth.Username) (auth.Person, error) {
	name, _ := auth.ParseUsername(h.listed)
	return auth.Person{Name: name}, nil
}

// Verify implements auth.Primary: "right" is right, "" nobody typed.
func (h *house) Verify(_ context.Context, _ auth.Subject, req *auth.Request) (auth.Checked, error) {
	<-time.After(h.slow)
	if err := auth.Plausible(req.Password.Reveal()); err != nil {
		return auth.Checked{}, err
	}
	if req.Password.Reveal() != "right" {
		return auth.Checked{}, auth.ErrBadPassword
	}
	return auth.Checked{Password: true}, nil
}

func after(d time.Duration, o auth.Outcome) func() auth.Answer {
	return func() auth.Answer {
		<-time.After(d)
		return auth.Answer{Outcome: o, Pushed: true}
	}
}

// defaults are those of the settings.
func defaults(t *testing.T) gate.Settings {
	t.Helper()
	return Settings(loaded(t, ""))
}

func newHouse(t *testing.T, s gate.Settings) *house {
	t.Helper()
	h := &house{phone: after(5*time.Second, auth.Approved)}
	g, err := gate.New(s, gate.Deps{Now: time.Now, Note: func(e audit.Event) { h.noted = append(h.noted, e) }})
	if err != nil {
		t.Fatal(err)
	}
	h.Gate = g
	h.flow = auth.New(auth.Options{Pusher: h, Gate: h, Recorder: h, Now: time.Now, Concluded: func(audit.Attempt) {}})
	return h
}

// station is where everybody is.
const station = "192.0.2.1"

// run takes a login through the flow.
func (h *house) run(user, password string) auth.Verdict {
	from := netip.MustParseAddr(station)
	return h.flow.Run(context.Background(), &auth.Request{
		Client: auth.Client{
			Name: "vpn", AnswerWithin: time.Minute, Factor: policy.FileFactor, SilentTimeout: true,
			Rules: &auth.Rules{
				Policy: h, Directory: h, Primaries: map[policy.Factor]auth.Primary{policy.FileFactor: h}, MaxAttempts: 1000, Waits: true,
			},
		},
		NAS: "nas", Received: time.Now(), Username: user, Method: auth.PAP, Password: secret.New(password), CallingStation: station, From: from,
	})
}

// copies runs a login as several exchanges, one a while after the other, and returns their verdicts.
func (h *house) copies(n int, between time.Duration, user string) []auth.Verdict {
	all := make([]auth.Verdict, n)
	var done sync.WaitGroup
	for i := range n {
		done.Go(func() { all[i] = h.run(user, "right") })
		<-time.After(between)
	}
	done.Wait()
	return all
}

func TestARetryIsNoSecondAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := defaults(t)
		s.Attempts.PerUser, s.Pushes.PerUser, s.Lockout.After = 1, 1, 1
		h := newHouse(t, s)
		h.phone = after(15*time.Second, auth.Approved)
		for i, v := range h.copies(10, time.Second, "bob") {
			if v.Kind != auth.Accept {
				t.Errorf("copy %d: %+v", i, v)
			}
		}
		if v := h.run("bob", "right"); v.Kind != auth.Accept { // joins its Accept
			t.Errorf("a late copy: %+v", v)
		}
		if h.pushes != 1 || len(h.ended) != 1 {
			t.Errorf("%d pushes, ended %+v", h.pushes, h.ended)
		}
		if v := h.run("bob", "other"); v.Reason != auth.BadPassword {
			t.Errorf("nothing is left over: %+v", v)
		}
	})
}

// TestCopiesThatCross come while the first of them is being checked: they are no logins of their own.
func TestCopiesThatCross(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, defaults(t))
		h.slow = time.Second
		for range 3 {
			h.ended, h.pushes = nil, 0
			for i, v := range h.copies(3, 100*time.Millisecond, "bob") {
				if v.Kind != auth.Accept {
					t.Errorf("copy %d: %+v", i, v)
				}
			}
			if h.pushes != 1 || len(h.ended) != 1 {
				t.Errorf("%d pushes, ended %+v", h.pushes, h.ended)
			}
			<-time.After(time.Minute)
		}
		bob, err := auth.ParseUsername("bob")
		if err != nil {
			t.Fatal(err)
		}
		for range 4 {
			if a := h.Admit(auth.Visit{User: bob, Station: station}, auth.Arriving); !a.Open {
				t.Errorf("a copy still counts: %+v", a)
			}
		}
	})
}

func TestTheFlowLocksOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, defaults(t))
		for range 3 {
			h.run("bob", "wrong")
			h.run("bob", "") // nobody typed it: no guess
		}
		if v := h.run("bob", "right"); v.Kind != auth.Accept {
			t.Fatalf("three wrong ones: %+v", v)
		}
		<-time.After(20 * time.Second) // its Accept is not joined any more
		for range 4 {
			h.run("bob", "wrong")
		}
		if v := h.run("bob", "right"); v.Reason != auth.LockedOut || h.pushes != 1 {
			t.Errorf("%+v, %d pushes", v, h.pushes)
		}
		if len(h.noted) != 1 || len(h.Lockouts()) != 1 {
			t.Errorf("noted %+v", h.noted)
		}
	})
}

func TestTheFlowInParallel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, defaults(t))
		h.slow, h.listed = time.Second, "bob"
		var done sync.WaitGroup
		for i := range 200 {
			done.Go(func() { h.run(fmt.Sprint("bob", i), "wrong") })
		}
		done.Wait()
		guesses := 0
		for _, e := range h.ended {
			if e.Guess {
				guesses++
			}
		}
		if guesses != 4 {
			t.Errorf("%d guesses for one person from one place", guesses)
		}
	})
}

func TestTheFlowStopsPushing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, defaults(t))
		h.phone = after(50*time.Second, auth.TimedOut)
		for range 2 {
			if v := h.run("bob", "right"); v.Reason != auth.PushTimeout {
				t.Fatalf("%+v", v)
			}
		}
		if v := h.run("bob", "right"); v.Reason != auth.RateLimited || !v.Silent || h.pushes != 2 {
			t.Errorf("%+v, %d pushes", v, h.pushes)
		}
		h.phone = after(time.Second, auth.Approved)
		h.Answered("bob", station)
		if v := h.run("bob", "right"); v.Kind != auth.Accept || h.pushes != 3 {
			t.Errorf("%+v, %d pushes", v, h.pushes)
		}
		<-time.After(5 * time.Minute)
		h.phone = after(time.Second, auth.Denied)
		if v := h.run("bob", "right"); v.Reason != auth.PushDenied {
			t.Errorf("%+v", v)
		}
		if v := h.run("bob", "right"); v.Reason != auth.RateLimited || v.Silent || h.pushes != 4 {
			t.Errorf("%+v, %d pushes", v, h.pushes)
		}
	})
}
