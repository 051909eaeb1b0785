package conclusion

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"ivalt-radius/auth/asking"
	"ivalt-radius/auth/identity"
	"ivalt-radius/auth/outcome"
	"ivalt-radius/auth/reason"
	"ivalt-radius/auth/stage"
	"ivalt-radius/policy"
)

func now() time.Time { return time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC) }

func inTime() Moment { return Moment{Now: now(), LeaveBy: now().Add(time.Minute)} }

func pushed(o outcome.Outcome) Proof { return Proof{Answer: outcome.Answer{Outcome: o, Pushed: true}} }

func outage(change ...func(*Proof)) Proof {
	p := Proof{Password: true, Answer: outcome.Answer{Outage: true}}
	for _, c := range change {
		c(&p)
	}
	return p
}

// conclusion is what is known at a login's end, and what follows.
type conclusion struct {
	name   string
	d      policy.Decision
	p      Proof
	err    error
	m      Moment
	kind   reason.Kind
	reason reason.Reason
	until  time.Time
	fail   bool
}

func conclusions() []conclusion {
	push := policy.Decision{Action: policy.RequirePush, Remember: time.Hour}
	remembered, open := push, push
	remembered.Fail = policy.Fail{Mode: policy.FailRemembered, For: time.Hour}
	open.Fail = policy.Fail{Mode: policy.FailOpen, Until: now().Add(30 * time.Minute)}
	hours := func(d policy.Decision, left time.Duration) policy.Decision {
		d.Until = now().Add(left)
		return d
	}
	known := func(p *Proof) { p.SameStation = now().Add(-time.Minute) }
	same := func(age time.Duration) func(*Proof) { return func(p *Proof) { p.SameLogin = now().Add(-age) } }
	unchecked := func(p *Proof) { p.Password = false }
	rings := func(p *Proof) { p.Answer.Pushed = true }
	late := Moment{Now: now(), LeaveBy: now()}
	return []conclusion{
		{"nothing at all", policy.Decision{}, Proof{}, nil, Moment{}, reason.Reject, reason.PolicyDenied, time.Time{}, false},
		{"approved", push, pushed(outcome.Approved), nil, inTime(), reason.Accept, reason.Approved, time.Time{}, false},
		{"approved, with an error", push, pushed(outcome.Approved), ErrTrail, inTime(), reason.Reject, reason.Unavailable, time.Time{}, false},
		{"approved, but denied", policy.Decision{Denial: policy.ByHours}, pushed(outcome.Approved), nil, inTime(), reason.Reject, reason.OutsideHours, time.Time{}, false},
		{"approved too late", push, pushed(outcome.Approved), nil, late, reason.Reject, reason.PushTimeout, time.Time{}, false},
		{"approved as the hours end", hours(push, time.Second-1), pushed(outcome.Approved), nil, inTime(), reason.Reject, reason.OutsideHours, time.Time{}, false},
		{"approved within the hours", hours(push, time.Second), pushed(outcome.Approved), nil, inTime(), reason.Accept, reason.Approved, now().Add(time.Second), false},
		{"refused", push, pushed(outcome.Denied), nil, inTime(), reason.Reject, reason.PushDenied, time.Time{}, false},
		{"exempt", policy.Decision{Action: policy.Exempt}, Proof{}, nil, inTime(), reason.Accept, reason.Exempt, time.Time{}, false},
		{"remembered", push, outage(same(time.Minute)), nil, inTime(), reason.Accept, reason.Remembered, time.Time{}, false},
		{"remembered too long ago", push, outage(same(time.Hour)), nil, inTime(), reason.Reject, reason.Unavailable, time.Time{}, false},
		{"remembered, but it rings", push, outage(same(time.Minute), rings), nil, inTime(), reason.Reject, reason.Unavailable, time.Time{}, false},
		{"remembered without a factor", push, outage(same(time.Minute), unchecked), nil, inTime(), reason.Reject, reason.Unavailable, time.Time{}, false},
		{"outage, no fail mode", push, outage(known), nil, inTime(), reason.Reject, reason.Unavailable, time.Time{}, false},
		{"outage, known here", remembered, outage(known), nil, inTime(), reason.Accept, reason.Remembered, time.Time{}, true},
		{"outage, known here, too late", remembered, outage(known), nil, late, reason.Reject, reason.PushTimeout, time.Time{}, false},
		{"outage, unknown here", remembered, outage(), nil, inTime(), reason.Reject, reason.Unavailable, time.Time{}, false},
		{"outage, known, no factor", remembered, outage(known, unchecked), nil, inTime(), reason.Reject, reason.Unavailable, time.Time{}, false},
		{"outage, open", open, outage(), nil, inTime(), reason.Accept, reason.Exempt, open.Fail.Until, true},
		{"outage, open, hours end first", hours(open, time.Minute), outage(), nil, inTime(), reason.Accept, reason.Exempt, now().Add(time.Minute), true},
		{"outage, open, mode ends first", hours(open, time.Hour), outage(), nil, inTime(), reason.Accept, reason.Exempt, open.Fail.Until, true},
		{"outage, open, no factor", open, outage(unchecked), nil, inTime(), reason.Reject, reason.Unavailable, time.Time{}, false},
		{"outage, open, it rings", open, outage(rings), nil, inTime(), reason.Reject, reason.Unavailable, time.Time{}, false},
		{"outage, open, over", open, outage(), nil, Moment{Now: open.Fail.Until, LeaveBy: open.Fail.Until.Add(time.Minute)}, reason.Reject, reason.Unavailable, time.Time{}, false},
		{"no outage, open", open, outage(func(p *Proof) { p.Answer.Outage = false }), nil, inTime(), reason.Reject, reason.Unavailable, time.Time{}, false},
	}
}

// TestConclude: only what was shown lets in.
func TestConclude(t *testing.T) {
	for _, c := range conclusions() {
		v := Conclude(c.d, c.p, c.err, c.m)
		if v.Kind != c.kind || v.Reason != c.reason || !v.Until.Equal(c.until) || v.FailMode != c.fail {
			t.Errorf("%s: %v, %v, until %v, fail mode %v", c.name, v.Kind, v.Reason, v.Until, v.FailMode)
		}
	}
}

// TestRejoin: a copy has what its login had, unless it is denied by now, and no longer session.
func TestRejoin(t *testing.T) {
	push := policy.Decision{Action: policy.RequirePush}
	early := now().Add(time.Minute)
	before := Verdict{Kind: reason.Accept, Reason: reason.Approved, Until: early}
	longer := push
	longer.Until = now().Add(time.Hour)
	for _, d := range []policy.Decision{push, longer} {
		if v := Rejoin(d, Proof{}, before, inTime()); v.Kind != reason.Accept || v.Reason != reason.Approved || !v.Until.Equal(early) {
			t.Errorf("%+v", v)
		}
	}
	if v := Rejoin(policy.Decision{Denial: policy.ByRule}, Proof{}, before, inTime()); v.Kind != reason.Reject || v.Reason != reason.PolicyDenied {
		t.Errorf("denied by now: %+v", v)
	}
	if v := Rejoin(push, Proof{}, Verdict{Kind: reason.Challenge}, inTime()); v.Kind != reason.Reject {
		t.Errorf("a question is rejoined: %+v", v)
	}
	if v := Rejoin(push, Proof{}, before, Moment{Now: now(), LeaveBy: now()}); v.Kind != reason.Reject || v.Reason != reason.PushTimeout {
		t.Errorf("too late: %+v", v)
	}
}

// TestReasonOf: an error that nobody foresaw is "unavailable".
func TestReasonOf(t *testing.T) {
	for err, want := range map[error]reason.Reason{
		stage.RefusalError{Admission: stage.Admission{Reason: reason.LockedOut}}: reason.LockedOut,
		identity.ErrUsername:        reason.BadRequest,
		ErrState:                    reason.BadRequest,
		ErrChoice:                   reason.BadRequest,
		DefectError("no User-Name"): reason.BadRequest,
		asking.ErrBadPassword:       reason.BadPassword,
		asking.ErrMisconfigured:     reason.Misconfigured,
		ErrBusy:                     reason.Busy,
		asking.ErrBusy:              reason.Busy,
		ErrShutdown:                 reason.ShuttingDown,
		ErrNoRules:                  reason.Unavailable,
		ErrPanic:                    reason.Unavailable,
		ErrWithdrawn:                reason.Unavailable,
		errors.New("any other"):     reason.Unavailable,
	} {
		if got := ReasonOf(fmt.Errorf("wrapped: %w", err)); got != want {
			t.Errorf("%v is %v, want %v", err, got, want)
		}
	}
}

// TestFactors: a factor is named where it was shown.
func TestFactors(t *testing.T) {
	approved := pushed(outcome.Approved)
	both := approved
	both.Password = true
	for name, c := range map[string]struct {
		p    Proof
		want []string
	}{
		"none":       {pushed(outcome.Denied), nil},
		"a password": {Proof{Password: true}, []string{"password"}},
		"a push":     {approved, []string{"push"}},
		"both":       {both, []string{"password", "push"}},
	} {
		if got := c.p.Factors(); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v", name, got)
		}
	}
}
