package auth

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"ivalt-radius/auth/conclusion"
	"ivalt-radius/auth/judgement"
	"ivalt-radius/policy"
	"ivalt-radius/secret"
)

// slow is a first factor that takes its time, and then says what it is told to.
type slow struct {
	after time.Duration
	err   error
	asked int
}

func (s *slow) Verify(ctx context.Context, _ Subject, _ *Request) (Checked, error) {
	s.asked++
	select {
	case <-time.After(s.after):
		return Checked{Password: s.err == nil}, s.err
	case <-ctx.Done():
		return Checked{}, fmt.Errorf("asking: %w", ctx.Err())
	}
}

// TestSlowFirstFactorsAreAskedApart: Open returns at once, whatever the first factor takes, and what is being asked is bounded.
func TestSlowFirstFactorsAreAskedApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse()
		factor := &slow{after: 3 * time.Second}
		h.rules.Primaries, h.rules.Waits, h.rules.MaxAttempts = with(factor), true, 2
		began := time.Now()
		var waits []func() Verdict
		for _, name := range []string{"bob", "eve", "mallory"} {
			r := ask(name, "pw")
			r.Client.Rules = h.rules
			v, wait := h.Open(context.Background(), &r)
			if wait == nil {
				want(t, v, Reject, Busy)
				continue
			}
			waits = append(waits, wait)
		}
		if len(waits) != 2 || factor.asked != 0 || !time.Now().Equal(began) {
			t.Fatalf("%d logins wait, %d were asked, after %v", len(waits), factor.asked, time.Since(began))
		}
		for _, wait := range waits {
			want(t, wait(), Accept, ApprovedByPerson)
		}
		if h.opening.Load() != 0 {
			t.Errorf("%d logins are being opened", h.opening.Load())
		}
		want(t, h.run(ask("mallory", "pw")), Accept, ApprovedByPerson)
	})
}

// TestACopyFindsNoRoom: where no more logins can be opened a copy of one that waits is not answered, since a Reject would end that one.
func TestACopyFindsNoRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse()
		factor := &slow{}
		h.rules.Primaries, h.rules.Waits, h.rules.MaxAttempts = with(factor), true, 1
		waiting := h.start(ask("bob", "pw"))
		factor.after = 3 * time.Second
		other := h.start(ask("eve", "pw"))
		if v := h.run(ask("bob", "pw")); !v.Silent || v.Reason != Busy {
			t.Errorf("the copy: %+v", v)
		}
		want(t, h.run(ask("bob", "other")), Reject, Busy)
		want(t, h.run(ask("b\x00b", "pw")), Reject, BadRequest)
		want(t, <-waiting, Accept, ApprovedByPerson)
		want(t, <-other, Reject, Busy)
	})
}

// TestAFirstFactorThatNeverAnswers: the login ends while the NAS still listens.
func TestAFirstFactorThatNeverAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse()
		h.rules.Primaries, h.rules.Waits = with(&slow{after: time.Hour}), true
		began := time.Now()
		want(t, h.run(ask("bob", "pw")), Reject, Unavailable)
		if took := time.Since(began); took != 59*time.Second {
			t.Errorf("took %v", took)
		}
		h.rules.Primaries = with(NoPrimary{})
		h.rules.Directory = DirectoryFunc(func(ctx context.Context, _ Username) (Person, error) {
			<-ctx.Done()
			return Person{}, ctx.Err()
		})
		want(t, h.run(ask("bob", "pw")), Reject, Unavailable)
		h.wantPushes(t, 0)
	})
}

// TestACopyThatCannotBeJudgedIsNotAnswered: a Reject would end the login that it copies, and that one still waits.
func TestACopyThatCannotBeJudgedIsNotAnswered(t *testing.T) {
	for _, c := range []struct {
		name   string
		err    error
		silent bool
	}{
		{"too many are being checked", fmt.Errorf("queue: %w", ErrBusy), true},
		{"the directory is down", errors.New("connection refused"), true},
		{"the password is wrong by now", ErrBadPassword, false},
		{"the set-up is wrong", ErrMisconfigured, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHouse()
				factor := &slow{}
				h.rules.Primaries, h.rules.Waits = with(factor), true
				waiting := h.start(ask("bob", "pw"))
				factor.err = c.err
				v := h.run(ask("bob", "pw"))
				if v.Silent != c.silent || v.Kind != Reject {
					t.Errorf("the copy: %+v", v)
				}
				if v = h.run(ask("eve", "pw")); v.Silent || v.Kind != Reject {
					t.Errorf("another login: %+v", v)
				}
				want(t, <-waiting, Accept, ApprovedByPerson)
				h.wantPushes(t, 1)
			})
		})
	}
}

// TestWhichFirstFactor: the rule's, else the client's; one that is not there denies.
func TestWhichFirstFactor(t *testing.T) {
	for _, c := range []struct {
		rule, client policy.Factor
		reason       Reason
	}{
		{"", policy.FileFactor, ApprovedByPerson},
		{policy.FileFactor, policy.LDAPFactor, ApprovedByPerson},
		{policy.LDAPFactor, policy.FileFactor, BadPassword},
		{"", policy.LDAPFactor, BadPassword},
		{policy.RADIUSFactor, policy.FileFactor, MisconfiguredReason},
		{"", "", MisconfiguredReason},
	} {
		synctest.Test(t, func(t *testing.T) {
			h := newHouse()
			h.rules.Primaries = map[policy.Factor]Primary{policy.FileFactor: checked{}, policy.LDAPFactor: passwords{"another"}}
			h.decide = under(func(d *policy.Decision) { d.Factor = c.rule })
			if v := h.run(ask("bob", "pw", func(r *Request) { r.Client.Factor = c.client })); v.Reason != c.reason {
				t.Errorf("rule %q, client %q: %v", c.rule, c.client, v.Reason)
			}
		})
	}
}

// TestMethodsAreOffUntilTheClientHasThem: whatever the first factor could check.
func TestMethodsAreOffUntilTheClientHasThem(t *testing.T) {
	for _, m := range []Method{CHAP, MSCHAPv2} {
		for _, on := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				h := newHouse()
				h.rules.Primaries = with(&slow{})
				v := h.run(ask("bob", "", func(r *Request) {
					r.Method, r.Password = m, secret.Secret{}
					r.Client.CHAP, r.Client.MSCHAPv2 = on && m == CHAP, on && m == MSCHAPv2
				}))
				if v.Reason != map[bool]Reason{false: MisconfiguredReason, true: ApprovedByPerson}[on] {
					t.Errorf("method %d, on %v: %v", m, on, v.Reason)
				}
			})
		}
	}
}

// TestEnrolment: where to enrol is told behind a checked first factor, to one whom iVALT does not know, and to nobody else.
func TestEnrolment(t *testing.T) {
	for _, c := range []struct {
		name    string
		primary Primary
		phone   Outcome
		pw      string
		told    bool
	}{
		{"not enrolled", checked{}, NotEnrolled, "pw", true},
		{"a wrong password", checked{}, NotEnrolled, "no", false},
		{"no first factor", NoPrimary{}, NotEnrolled, "pw", false},
		{"enrolled", checked{}, Denied, "pw", false},
		{"let in", checked{}, Approved, "pw", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHouse()
				h.rules.Primaries, h.rules.Enrolment, h.phone = with(c.primary), "Enrol at the desk.", after(time.Second, c.phone)
				if v := h.run(ask("bob", c.pw)); (v.Message == "Enrol at the desk.") != c.told || !c.told && v.Message != "" {
					t.Errorf("told %q", v.Message)
				}
			})
		})
	}
}

// TestRepliesOfAnUpstream: they stand behind the operator's own, and the operator's of the same name win.
func TestRepliesOfAnUpstream(t *testing.T) {
	own := []policy.Attribute{{Name: "Class", Value: "own", Wire: []byte{25, 5, 'o', 'w', 'n'}}}
	upstream := []policy.Attribute{{Name: "class", Value: "theirs"}, {Name: "Filter-Id", Value: "staff"}, {Name: "Filter-Id", Value: "vpn"}}
	for _, action := range []policy.Action{policy.RequirePush, policy.Exempt} {
		d := policy.Decision{Action: action, Reply: own}
		v := conclusion.Conclude(d, Proof{Password: true, Answer: Answer{Outcome: Approved}, Reply: upstream}, nil, moment{LeaveBy: time.Unix(1, 0)})
		got := ""
		for _, a := range v.Reply {
			got += a.Name + "=" + a.Value + " "
		}
		if got != "Class=own Filter-Id=staff Filter-Id=vpn " || len(own) != 1 {
			t.Errorf("%v: %s", action, got)
		}
	}
}

// TestTheListedNamesRuleDecides: where both names meet rules of the same word, and the hours of both bound the session.
func TestTheListedNamesRuleDecides(t *testing.T) {
	early, late := time.Unix(100, 0), time.Unix(200, 0)
	for _, c := range []struct{ written, listed, want time.Time }{
		{time.Time{}, time.Time{}, time.Time{}},
		{early, time.Time{}, early},
		{time.Time{}, late, late},
		{early, late, early},
		{late, early, early},
	} {
		p := deciderFunc(func(f policy.Facts) policy.Decision {
			if f.User == "carol" {
				return policy.Decision{Action: policy.RequirePush, Rule: "listed", Until: c.listed, Factor: policy.LDAPFactor}
			}
			return policy.Decision{Action: policy.RequirePush, Rule: "written", Until: c.written}
		})
		d := judgement.Of(p, policy.Facts{User: `corp\carol`}, "carol")
		if d.Rule != "listed" || d.Factor != policy.LDAPFactor || !d.Until.Equal(c.want) {
			t.Errorf("%v and %v: %+v", c.written, c.listed, d)
		}
		if d = judgement.Of(p, policy.Facts{User: `corp\carol`}, ""); d.Rule != "written" {
			t.Errorf("nobody is listed: %+v", d)
		}
	}
}

// TestAnotherRuleByTheEndDenies: what was checked was checked for the rule of then.
func TestAnotherRuleByTheEndDenies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse()
		began := time.Now()
		h.decide = func(f policy.Facts) policy.Decision {
			rule := "then"
			if f.At.After(began) {
				rule = "now"
			}
			return policy.Decision{Action: policy.RequirePush, Rule: rule}
		}
		want(t, h.run(ask("bob", "pw")), Reject, PolicyDenied)
	})
}

// TestWhatTheCheckTellsOfThePerson: it fills what the directory left open, and takes the place of an e-mail made of the name.
func TestWhatTheCheckTellsOfThePerson(t *testing.T) {
	one, _ := ParseMobile("+491701111111")
	two, _ := ParseMobile("+491702222222")
	late := Person{Email: secret.New("late@example.com"), Mobile: two, Groups: []string{"late"}}
	for _, c := range []struct {
		name   string
		before Person
		email  string
		mobile Mobile
	}{
		{"nothing known", Person{}, "late@example.com", two},
		{"an e-mail that is made", Person{Email: secret.New("bob@example.com"), EmailMade: true}, "late@example.com", two},
		{"an e-mail that is stated", Person{Email: secret.New("b@example.com")}, "b@example.com", two},
		{"a mobile", Person{Mobile: one}, "late@example.com", one},
	} {
		got := c.before.With(late)
		if got.Email.Reveal() != c.email || got.Mobile != c.mobile || got.Groups != nil {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}
