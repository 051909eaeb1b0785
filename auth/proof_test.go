package auth

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"ivalt-radius/auth/conclusion"
	"ivalt-radius/policy"
)

// TestRemembersNeedsAFirstFactorAndAPushRule: whatever is known of earlier approvals.
func TestRemembersNeedsAFirstFactorAndAPushRule(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	for _, action := range []policy.Action{policy.Deny, policy.RequirePush, policy.Exempt, 77} {
		for _, checked := range []bool{false, true} {
			p := Proof{Password: checked, SameLogin: now.Add(-time.Minute), SameStation: now.Add(-time.Minute)}
			got := p.Remembers(policy.Decision{Action: action, Remember: time.Hour}, now)
			if got != (checked && action == policy.RequirePush) {
				t.Errorf("action %v, checked %v: %v", action, checked, got)
			}
		}
	}
}

// TestRejoin: a further copy gets what the login got, unless policy denies by now, and never a longer session.
func TestRejoin(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	early, late := now.Add(time.Hour), now.Add(2*time.Hour)
	m := moment{Now: now, LeaveBy: now.Add(time.Minute)}
	push := policy.Decision{Action: policy.RequirePush}
	until := func(d policy.Decision, at time.Time) policy.Decision {
		d.Until = at
		return d
	}
	accepted := func(why Reason, until time.Time) Verdict { return Verdict{Kind: Accept, Reason: why, Until: until} }
	for _, c := range []struct {
		name   string
		d      policy.Decision
		before Verdict
		kind   Kind
		reason Reason
		until  time.Time
	}{
		{"approved", push, accepted(ApprovedByPerson, time.Time{}), Accept, ApprovedByPerson, time.Time{}},
		{"by a fail mode", push, accepted(ExemptByRule, early), Accept, ExemptByRule, early},
		{"the rule's hours end first", until(push, early), accepted(Remembered, late), Accept, Remembered, early},
		{"the mode ends first", until(push, late), accepted(ExemptByRule, early), Accept, ExemptByRule, early},
		{"denied by now", policy.Decision{Denial: policy.ByHours}, accepted(ApprovedByPerson, time.Time{}), Reject, OutsideHours, time.Time{}},
		{"was not let in", push, Verdict{Reason: PushDenied}, Reject, PolicyDenied, time.Time{}},
		{"was asked something", push, Verdict{Kind: Challenge, Reason: Challenged}, Reject, PolicyDenied, time.Time{}},
	} {
		if v := conclusion.Rejoin(c.d, Proof{}, c.before, m); v.Kind != c.kind || v.Reason != c.reason || !v.Until.Equal(c.until) {
			t.Errorf("%s: %+v", c.name, v)
		}
	}
}

// TestAdoptedPushesEndWithTheirAttempt: one that is over lets the push go.
func TestAdoptedPushesEndWithTheirAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newAttempts()
		push := PusherFunc(after(time.Hour, Approved)).Begin(&Push{})
		s.adopt(&attempt{over: errShutdown}, push)
		if a := <-push.Answer(); a.Outcome != Withdrawn {
			t.Errorf("the push goes on: %+v", a)
		}
	})
}

// TestAQuestionStaysOpenForItsCopies: as long as the login lasts, not for the ten seconds of an Accept.
func TestAQuestionStaysOpenForItsCopies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := prompting(t)
		h.phone = after(50*time.Second, Approved)
		first := h.run(ask("bob", "pw", asks(ConfirmPhone)))
		pass(30 * time.Second)
		if v := h.run(ask("bob", "pw", asks(ConfirmPhone))); v.State != first.State {
			t.Errorf("another question: %+v", v)
		}
		h.wantPushes(t, 1)
	})
}

// TestWhatIsNotRemembered: an approval without a first factor, without a calling station, or under a rule that remembers nothing
// does not count later; a refusal under another spelling of the name forgets.
func TestWhatIsNotRemembered(t *testing.T) {
	carol, err := ParseUsername("carol")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name          string
		first, second func(h *house) Verdict
		reason        Reason
	}{
		{"approved without a first factor", func(h *house) Verdict {
			h.rules.Primaries = with(NoPrimary{})
			return h.run(ask("carol", "pw"))
		}, carolAgain(), ApprovedByPerson},
		{"approved without a calling station", carolAgain(from("")), carolAgain(from("")), ApprovedByPerson},
		{"approved under a rule that remembers nothing", func(h *house) Verdict {
			h.decide = push
			return h.run(ask("carol", "pw"))
		}, carolAgain(), ApprovedByPerson},
		{"another spelling of a listed name", carolAgain(), carolAgain(func(r *Request) { r.Username = `CORP\carol` }), Remembered},
		{"refused under another spelling", carolAgain(), func(h *house) Verdict {
			h.phone = after(time.Second, Denied)
			h.run(ask(`corp\carol`, "pw", from("203.0.113.77")))
			h.phone = after(time.Second, Approved)
			return h.run(ask("carol", "pw"))
		}, ApprovedByPerson},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHouse()
				h.rules.Directory = DirectoryFunc(func(context.Context, Username) (Person, error) { return Person{Name: carol}, nil })
				h.rules.Primaries, h.decide = with(checked{}), under(remembering)
				want(t, c.first(h), Accept, ApprovedByPerson)
				pass(11 * time.Second)
				h.rules.Primaries, h.decide = with(checked{}), under(remembering)
				if v := c.second(h); v.Reason != c.reason {
					t.Errorf("got %+v", v)
				}
			})
		})
	}
}

// carolAgain logs carol in.
func carolAgain(change ...func(*Request)) func(h *house) Verdict {
	return func(h *house) Verdict { return h.run(ask("carol", "pw", change...)) }
}
