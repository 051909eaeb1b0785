package ivalttest

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"
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
	case AnyEndpoint, LookUpEndpoint:
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

func stalls(k FaultKind) bool { return k == Stall || k == StallBody }

func TestFaultsAsTheyLook(t *testing.T) {
	tests := []struct {
		kind   FaultKind
		status int
		text   string
	}{
		{ServerError, 500, `{"message":"Internal server error"}`},
		{BadGateway, 502, "<h1>502 Bad Gateway</h1>"},
		{Unavailable, 503, `{"message":"Service Unavailable"}`},
		{GatewayTimeout, 504, `{"message":"Endpoint request timed out"}`},
		{HTML200, 200, "<html>"},
		{TwoDocuments, 200, `}{"data":null`},
		{EmptyBody, 200, ""},
		{DeepNesting, 200, "[[[["},
		{WrongKey, 403, bodyForbidden},
		{WrongKeyApp, 403, `{"message":"Invalid secret key"}`},
		{WrongPath, 403, bodyNoRoute},
		{Throttled, 429, `{"message":"Too Many Requests"}`},
		{QuotaExceeded, 429, `{"message":"Limit Exceeded"}`},
		{ThrottledHeader, 429, `"retry_after":60`},
		{Misconfigured, 422, `"errors":{"mobile"`},
		{OtherMobile, 200, `"country_code":"+999","mobile":"000000000000"`},
		{LongerMobile, 200, `"mobile":"98765432100"`},
		{LocalMobile, 200, `"details":{"mobile":"9876543210"}`},
		{NoDetails, 200, `"details":null`},
		{MissingDetails, 200, `"message":"` + textApproved + `" },"error":null`},
		{EmptyDetails, 200, `"details":{}`},
		{StatusText, 200, `"status":"true","message"`},
		{StatusOne, 200, `"status":1,"message"`},
		{StatusNull, 200, `"status":null,"message"`},
		{StatusFalse, 200, `"status":false,"message"`},
		{StatusMissing, 200, `{"data":{ "message"`},
		{ApprovedError, 200, `"error":{"type"`},
		{PushMessage, 200, textSent},
		{DuplicateStatus, 200, `"status":false,"status":true`},
		{DuplicateData, 200, `{"data":null,"data":{"status":true`},
		{DuplicateError, 200, `,"error":null,"debug"`},
		{OtherCase, 200, `{"Data":{"STATUS":true`},
		{ListedData, 200, `[{"data"`},
		{ApprovedStatus, 201, textApproved},
		{ApprovedRefusal, 403, textApproved},
		{ApprovedOutage, 500, textApproved},
		{InventedStatus, 200, `"status":"success"`},
		{InventedSuccess, 200, `"success":true`},
		{InventedVerified, 200, `"authenticated":true`},
		{Expired, 403, "expired"},
	}
	r := newRig(t, Options{})
	r.Set(Person{Mobile: alice, Behaviour: Ignore})
	for _, tt := range tests {
		t.Run(string(tt.kind), func(t *testing.T) {
			if err := r.Inject(Fault{Kind: tt.kind, Endpoint: ResultEndpoint}); err != nil {
				t.Fatal(err)
			}
			defer r.ClearFaults()
			r.poll(alice).want(t, tt.status, tt.text)
			if got := r.Requests()[0]; got.Fault != tt.kind || got.Status != tt.status {
				t.Errorf("logged as %+v", got)
			}
		})
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
	for _, k := range []FaultKind{HugeBody, HugeTail, GzipBomb} {
		inject(k)
		if a := r.poll(alice); len(a.body) < 1<<20 || a.status != 200 || a.err != nil {
			t.Errorf("%s: %d octets, %v", k, len(a.body), a.err)
		}
	}
	for _, k := range []FaultKind{Closed, ClosedHalfway, Stall, StallBody} {
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
	if !strings.HasPrefix(a.header.Get("Location"), pathRedirected) || r.Counters().Redirects != 0 {
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
	inject(Fault{Kind: Unavailable, Endpoint: PushEndpoint, Mobile: DerivedMobile("eve@example.com")})
	inject(Fault{Kind: BadGateway, Endpoint: LookUpEndpoint, Mobile: DerivedMobile("eve@example.com")})
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
	if err := r.Inject(Fault{Kind: GatewayTimeout, Delivered: true, Requests: 1}); err != nil {
		t.Fatal(err)
	}
	r.push(alice).want(t, 504, "")
	if r.Pushes(alice) != 1 {
		t.Error("the push has not rung")
	}
	if err := r.Inject(Fault{Kind: GatewayTimeout, Delivered: true, Requests: 1}); err != nil {
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
		"other's home": {Kind: StatusOne, Endpoint: PushEndpoint},
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
