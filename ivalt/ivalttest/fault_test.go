package ivalttest

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"ivalt-radius/ivalt/ivalttest/answers"
)

// TestNoHostileAnswerIsAProof asks a stranger's judgement of every hostile answer: the narrow reading in answer.proof.
func TestNoHostileAnswerIsAProof(t *testing.T) {
	seen := map[string]bool{}
	for _, hostile := range Hostile() {
		if seen[hostile.Name] {
			t.Errorf("%s twice", hostile.Name)
		}
		seen[hostile.Name] = true
		t.Run(hostile.Name, func(t *testing.T) {
			t.Parallel()
			suffer(t, hostile.Fault)
		})
	}
	if len(seen) < 100 {
		t.Errorf("only %d hostile answers", len(seen))
	}
}

// suffer is a login under a fault.
func suffer(t *testing.T, f Fault) {
	t.Helper()
	r := newRig(t, Options{Sticky: true})
	if stalls(f.Kind) {
		f.Delay = time.Millisecond
	}
	r.Set(Person{Email: "alice@example.com", Mobile: alice, Behaviour: Manual})
	if err := r.Inject(f); err != nil {
		t.Fatal(err)
	}
	found, pushed, polled := r.lookUp("alice@example.com"), r.push(alice), r.poll(alice)
	if polled.proof(alice) != (f.Kind == StaleApproval) {
		t.Errorf("the result: %s", polled.body)
	}
	switch f.Endpoint {
	case AnyEndpoint, LookUpEndpoint, answers.SubmitEndpoint:
	case PushEndpoint:
		if r.Pushes(alice) != 0 {
			t.Error("a push that failed has rung")
		}
	case ResultEndpoint:
		found.want(t, 200, alice)
		pushed.want(t, 200, textSent)
	}
	if r.Counters().Faults == 0 {
		t.Error("the fault never showed")
	}
}

func stalls(k FaultKind) bool { return k == Stall || k == answers.StallBody }

func TestFaultsAreLogged(t *testing.T) {
	r := newRig(t, Options{Default: Step{Behaviour: Ignore}})
	for kind, status := range map[FaultKind]int{WrongKey: 403, answers.StatusOne: 200, Closed: 0, answers.ClosedHalfway: 200} {
		r.ClearFaults()
		if err := r.Inject(Fault{Kind: kind, Endpoint: ResultEndpoint}); err != nil {
			t.Fatal(err)
		}
		r.poll(alice)
		if got := r.Requests()[0]; got.Fault != kind || got.Status != status || got.Mobile != alice {
			t.Errorf("%s logged as %+v", kind, got)
		}
	}
}

func TestBodiesThatHurt(t *testing.T) {
	r := newRig(t, Options{Default: Step{Behaviour: Ignore}})
	inject := func(k FaultKind) {
		r.ClearFaults()
		if err := r.Inject(Fault{Kind: k, Endpoint: ResultEndpoint, Delay: time.Millisecond}); err != nil {
			t.Fatal(err)
		}
	}
	for _, k := range []FaultKind{answers.HugeBody, answers.HugeTail, answers.GzipBomb} {
		inject(k)
		if a := r.poll(alice); len(a.body) < 1<<20 || a.status != 200 || a.err != nil {
			t.Errorf("%s: %d octets, %v", k, len(a.body), a.err)
		}
	}
	for _, k := range []FaultKind{Closed, answers.ClosedHalfway, Stall, answers.StallBody} {
		inject(k)
		if a := r.poll(alice); a.err == nil {
			t.Errorf("%s: %d %s", k, a.status, a.body)
		}
	}
	inject(Stall)
	r.ClearFaults()
	if err := r.Inject(Fault{Kind: Stall}); err != nil { // for a minute, so the client's patience ends it
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if a := r.do(r.request(pathPolicy, `{"mobile":"`+alice+`"}`).WithContext(ctx)); a.err == nil {
		t.Errorf("stall: %d", a.status)
	}
}

func TestRedirectWaitsForWhoeverFollows(t *testing.T) {
	r := newRig(t, Options{Default: Step{Behaviour: Ignore}})
	if err := r.Inject(Fault{Kind: Redirect, Endpoint: ResultEndpoint}); err != nil {
		t.Fatal(err)
	}
	a := r.poll(alice)
	a.want(t, http.StatusTemporaryRedirect, "")
	if !strings.HasPrefix(a.header.Get("Location"), answers.PathRedirected) || r.Counters().Redirects != 0 {
		t.Errorf("to %q", a.header.Get("Location"))
	}
	r.client.CheckRedirect = nil
	if a := r.poll(alice); !a.proof(alice) {
		t.Errorf("a client that follows finds no approval: %s", a.body)
	}
	if r.Counters().Redirects != 1 {
		t.Error("nobody noticed")
	}
}

func TestFaultsChooseTheirCalls(t *testing.T) {
	r := newRig(t, Options{Default: Step{Behaviour: Approve}})
	inject := func(f Fault) {
		t.Helper()
		if err := r.Inject(f); err != nil {
			t.Fatal(err)
		}
	}
	inject(Fault{Kind: ServerError, Mobile: "+91 98765 43210", Requests: 2})
	inject(Fault{Kind: answers.Unavailable, Endpoint: PushEndpoint, Mobile: DerivedMobile("eve@example.com")})
	inject(Fault{Kind: answers.BadGateway, Endpoint: LookUpEndpoint, Mobile: DerivedMobile("eve@example.com")})
	r.push(bob).want(t, 200, "")
	r.push(alice).want(t, 500, "")
	if got := r.Faults(); len(got) != 3 || got[0].Requests != 1 {
		t.Errorf("in force: %+v", got)
	}
	r.poll(alice).want(t, 500, "")
	r.push(alice).want(t, 200, "")
	r.push(DerivedMobile("eve@example.com")).want(t, 503, "")
	r.lookUp("eve@example.com").want(t, 502, "")
	r.lookUp("mallory@example.com").want(t, 200, "")
	if got := r.Faults(); len(got) != 2 {
		t.Errorf("in force: %+v", got)
	}
	r.ClearFaults()
	inject(Fault{Kind: Closed})
	if a := r.do(r.request("/nowhere", "")); a.err == nil {
		t.Errorf("an outage answers %d", a.status)
	}
}

func TestDelivered(t *testing.T) {
	r := newRig(t, Options{Default: Step{Behaviour: Approve}})
	if err := r.Inject(Fault{Kind: answers.GatewayTimeout, Delivered: true, Requests: 1}); err != nil {
		t.Fatal(err)
	}
	r.push(alice).want(t, 504, "")
	if r.Pushes(alice) != 1 {
		t.Error("the push has not rung")
	}
	if err := r.Inject(Fault{Kind: answers.GatewayTimeout, Delivered: true, Requests: 1}); err != nil {
		t.Fatal(err)
	}
	r.poll(alice).want(t, 504, "")
	r.poll(alice).want(t, 404, "") // the lost answer has consumed the result
}

func TestSlowIsGenuine(t *testing.T) {
	r := newRig(t, Options{Default: Step{Behaviour: Approve}})
	if err := r.Inject(Fault{Kind: Slow, Delay: 20 * time.Millisecond}); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	r.push(alice).want(t, 200, textSent)
	if took := time.Since(start); took < 20*time.Millisecond {
		t.Errorf("took %s", took)
	}
	if a := r.poll(alice); !a.proof(alice) {
		t.Errorf("no approval: %s", a.body)
	}
}

func TestFaultsThatMakeNoSense(t *testing.T) {
	c := New(Options{})
	for name, f := range map[string]Fault{
		"zero":         {},
		"unknown":      {Kind: "comet"},
		"below zero":   {Kind: Closed, Requests: -1},
		"delay":        {Kind: Slow, Delay: -1},
		"other's home": {Kind: answers.StatusOne, Endpoint: PushEndpoint},
	} {
		if c.Inject(f) == nil {
			t.Errorf("%s was taken", name)
		}
	}
	for _, k := range FaultKinds() {
		if err := c.Inject(Fault{Kind: k}); err != nil {
			t.Error(err)
		}
	}
}
