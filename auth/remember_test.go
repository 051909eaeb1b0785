package auth

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ivalt-radius/auth/conclusion"
	"ivalt-radius/policy"
	"ivalt-radius/secret"
)

// passwords is a first factor under which each of them is right.
type passwords []string

func (p passwords) Verify(_ context.Context, _ Subject, req *Request) (Checked, error) {
	for _, right := range p {
		if req.Method == MSCHAPv2 || req.Password.Equal(secret.New(right)) {
			return Checked{Password: true}, nil
		}
	}
	return Checked{}, ErrBadPassword
}

// under asks for a push with a rule's further words.
func under(change func(*policy.Decision)) func(policy.Facts) policy.Decision {
	return func(policy.Facts) policy.Decision {
		d := policy.Decision{Action: policy.RequirePush, Rule: "r"}
		change(&d)
		return d
	}
}

func remembering(d *policy.Decision) { d.Remember = time.Hour }

func from(station string) func(*Request) {
	return func(r *Request) {
		r.CallingStation = station
		r.From, _ = netip.ParseAddr(station)
	}
}

// again logs the same person in once more.
func again(change ...func(*Request)) func(h *house) Verdict {
	return func(h *house) Verdict { return h.run(ask("bob", "pw", change...)) }
}

func elsewhere(h *house) Verdict { return h.run(ask("bob", "pw", from("203.0.113.77"))) }

// answers has the phone say something to one login before the next.
func answers(o Outcome, r func(h *house) Verdict) func(h *house) Verdict {
	return func(h *house) Verdict {
		h.phone = after(time.Second, o)
		r(h)
		h.phone = after(time.Second, Approved)
		return h.run(ask("bob", "pw"))
	}
}

// next is what comes after an approval, and how it ends.
type next struct {
	name   string
	before func(h *house)
	next   func(h *house) Verdict
	reason Reason
	pushes int
}

func nexts() []next {
	return []next{
		{"the same login", nil, again(), Remembered, 1},
		{"another spelling that is rewritten to the same name", nil, again(func(r *Request) { r.Username = `CORP\Bob` }), Remembered, 1},
		{"a storm of them", nil, func(h *house) Verdict {
			for range 50 {
				h.run(ask("bob", "pw"))
				pass(time.Minute)
			}
			return h.run(ask("bob", "pw"))
		}, Remembered, 1},
		{"after the time, which nothing prolongs", nil, func(h *house) Verdict {
			pass(59 * time.Minute)
			h.run(ask("bob", "pw"))
			pass(time.Minute)
			return h.run(ask("bob", "pw"))
		}, ApprovedByPerson, 2},
		{"another calling station", nil, elsewhere, ApprovedByPerson, 2},
		{"no calling station", nil, again(from("")), ApprovedByPerson, 2},
		{"another client", nil, again(func(r *Request) { r.Client.Name = "wlan" }), ApprovedByPerson, 2},
		{"another person", nil, func(h *house) Verdict { return h.run(ask("eve", "pw")) }, ApprovedByPerson, 2},
		{"a wrong password", nil, func(h *house) Verdict { return h.run(ask("bob", "no")) }, BadPassword, 1},
		{"a changed password", nil, func(h *house) Verdict { return h.run(ask("bob", "new")) }, ApprovedByPerson, 2},
		{"the old password once it was changed", nil, func(h *house) Verdict {
			h.run(ask("bob", "new", from("203.0.113.77")))
			return h.run(ask("bob", "pw"))
		}, ApprovedByPerson, 3},
		{"a denial elsewhere", nil, answers(Denied, elsewhere), ApprovedByPerson, 3},
		{"a collision elsewhere", nil, answers(Collided, elsewhere), ApprovedByPerson, 3},
		{"nobody answered elsewhere", nil, answers(TimedOut, elsewhere), Remembered, 2},
		{"forgotten by hand", nil, func(h *house) Verdict {
			u, _ := ParseUsername("bob")
			h.Forget(u)
			return h.run(ask("bob", "pw"))
		}, ApprovedByPerson, 2},
		{"another phone in the directory", nil, func(h *house) Verdict {
			m, _ := ParseMobile("+491701234567")
			h.rules.Directory = DirectoryFunc(func(context.Context, Username) (Person, error) { return Person{Mobile: m}, nil })
			return h.run(ask("bob", "pw"))
		}, ApprovedByPerson, 2},
		{"the rule remembers no more", nil, func(h *house) Verdict {
			h.decide = push
			return h.run(ask("bob", "pw"))
		}, ApprovedByPerson, 2},
		{"the rule denies now", nil, func(h *house) Verdict {
			h.decide = under(func(d *policy.Decision) { d.Action, d.Remember = policy.Deny, time.Hour })
			return h.run(ask("bob", "pw"))
		}, PolicyDenied, 1},
		{"no first factor", func(h *house) { h.rules.Primaries = with(NoPrimary{}) }, again(), ApprovedByPerson, 2},
		{"a method that shows no password", nil, again(func(r *Request) { r.Method, r.Client.MSCHAPv2 = MSCHAPv2, true }), ApprovedByPerson, 2},
		{"the first was never approved", func(h *house) { h.phone = after(time.Second, TimedOut) }, func(h *house) Verdict {
			h.phone = after(time.Second, Approved)
			return h.run(ask("bob", "pw"))
		}, ApprovedByPerson, 2},
	}
}

// TestRemembered: after an approval the very same login needs no push for a while, and whatever differs needs one.
func TestRemembered(t *testing.T) {
	for _, c := range nexts() {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHouse()
				h.rules.Primaries, h.decide = with(passwords{"pw", "new"}), under(remembering)
				h.rules.Rewrite = func(u Username) (Username, error) { return ParseUsername(u.Local()) }
				if c.before != nil {
					c.before(h)
				}
				h.run(ask("bob", "pw"))
				pass(11 * time.Second) // the first Accept can no longer be joined
				v := c.next(h)
				if v.Reason != c.reason {
					t.Errorf("got %+v", v)
				}
				h.wantPushes(t, c.pushes)
				if v.Reason == Remembered {
					e := h.concluded[len(h.concluded)-1]
					if fmt.Sprint(e.Factors) != "[password]" || !strings.Contains(e.Detail, "approved at") || len(h.committed) < 2 {
						t.Errorf("evidence: %+v", e)
					}
				}
			})
		})
	}
}

// TestFailModes: what a login gets for which iVALT cannot be asked, by the rule's mode and by what was shown.
func TestFailModes(t *testing.T) {
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	m := moment{Now: now, LeaveBy: now.Add(time.Minute)}
	down := Answer{Outcome: NoAnswer, Detail: "the breaker is open", Outage: true}
	remembered, open := policy.Fail{Mode: policy.FailRemembered, For: time.Hour}, policy.Fail{Mode: policy.FailOpen, Until: now.Add(10 * time.Minute), Why: "ticket 7"}
	ago := func(d time.Duration) Proof { return Proof{Password: true, Answer: down, SameStation: now.Add(-d)} }
	cases := []struct {
		name   string
		fail   policy.Fail
		proof  Proof
		reason Reason
		accept bool
	}{
		{"deny is the default", policy.Fail{}, ago(time.Minute), Unavailable, false},
		{"remembered", remembered, ago(time.Minute), Remembered, true},
		{"remembered just now", remembered, ago(0), Remembered, true},
		{"remembered too long ago", remembered, ago(time.Hour), Unavailable, false},
		{"nothing to remember", remembered, Proof{Password: true, Answer: down}, Unavailable, false},
		{"remembered without a first factor", remembered, Proof{Answer: down, SameStation: now}, Unavailable, false},
		{"open", open, Proof{Password: true, Answer: down}, ExemptByRule, true},
		{"open without a first factor", open, Proof{Answer: down}, Unavailable, false},
		{"open, over by now", policy.Fail{Mode: policy.FailOpen, Until: now}, Proof{Password: true, Answer: down}, Unavailable, false},
		{"open without an end", policy.Fail{Mode: policy.FailOpen}, Proof{Password: true, Answer: down}, Unavailable, false},
		{"a mode that nobody knows", policy.Fail{Mode: 9, For: time.Hour, Until: now.Add(time.Hour)}, ago(0), Unavailable, false},
		{"a push may have left", open, Proof{Password: true, Answer: Answer{Outcome: NoAnswer, Outage: true, Pushed: true}}, Unavailable, false},
		{"too little time, and no outage", open, Proof{Password: true, SameStation: now, Answer: Answer{Outcome: NoAnswer}}, Unavailable, false},
		{"remembered, too little time, and no outage", remembered, Proof{Password: true, SameStation: now, Answer: Answer{Outcome: NoAnswer}}, Unavailable, false},
		{"open, but iVALT was not asked", open, Proof{Password: true}, Unavailable, false},
		{"remembered, but iVALT was not asked", remembered, Proof{Password: true, SameStation: now}, Unavailable, false},
	}
	for o := Approved; o <= Stopping; o++ {
		if o != Approved {
			cases = append(cases, struct {
				name   string
				fail   policy.Fail
				proof  Proof
				reason Reason
				accept bool
			}{"open, but the phone: " + o.String(), open, Proof{Password: true, SameStation: now, Answer: Answer{Outcome: o, Outage: true}}, o.Reason(), false})
		}
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			d := policy.Decision{Action: policy.RequirePush, Rule: "r", Fail: c.fail}
			v := conclusion.Conclude(d, c.proof, nil, m)
			if v.Reason != c.reason || (v.Kind == Accept) != c.accept || v.FailMode != c.accept {
				t.Errorf("got %+v", v)
			}
			if c.accept && c.fail.Mode == policy.FailOpen && !v.Until.Equal(c.fail.Until) {
				t.Errorf("the session outlives the mode: %v", v.Until)
			}
			d.Action = policy.Deny
			if v = conclusion.Conclude(d, c.proof, nil, m); v.Kind != Reject || v.Reason != PolicyDenied {
				t.Errorf("a denied login: %+v", v)
			}
			d.Action = policy.RequirePush
			if v = conclusion.Conclude(d, c.proof, errors.New("broken"), m); v.Kind != Reject {
				t.Errorf("a broken login: %+v", v)
			}
		})
	}
}

// TestFailModeIsShouted: each login that one lets in is a security event, with the operator's reason, and durable first.
func TestFailModeIsShouted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse()
		h.rules.Primaries = with(checked{})
		h.decide = under(func(d *policy.Decision) {
			d.Fail = policy.Fail{Mode: policy.FailOpen, Until: time.Now().Add(time.Hour), Why: "ticket 7"}
		})
		h.phone = func(context.Context, *Push) Answer { return Answer{Detail: "no route", Outage: true} }
		v := h.run(ask("bob", "pw"))
		want(t, v, Accept, ExemptByRule)
		noted := fmt.Sprintf("%+v", h.noted)
		if !strings.Contains(noted, "fail_mode_used") || !strings.Contains(noted, "ticket 7") || !strings.Contains(noted, "no route") {
			t.Errorf("noted %s", noted)
		}
		if len(h.committed) != 1 || !strings.Contains(h.committed[0].Detail, "ticket 7") || fmt.Sprint(h.committed[0].Factors) != "[password]" {
			t.Errorf("committed %+v", h.committed)
		}
		copied := h.run(ask("bob", "pw"))
		want(t, copied, Accept, ExemptByRule) // never told as approved
		if !copied.Until.Equal(v.Until) && copied.Until.After(v.Until) {
			t.Errorf("a copy's session ends %v, the first one's %v", copied.Until, v.Until)
		}
		h.rules.Primaries = with(NoPrimary{})
		pass(11 * time.Second)
		want(t, h.run(ask("bob", "pw")), Reject, Unavailable)
	})
}

// TestFailRememberedThroughTheFlow: an approval of an hour ago from this calling station counts, from another one not.
func TestFailRememberedThroughTheFlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse()
		h.rules.Primaries = with(checked{})
		h.decide = under(func(d *policy.Decision) { d.Fail = policy.Fail{Mode: policy.FailRemembered, For: 2 * time.Hour} })
		h.run(ask("bob", "pw"))
		pass(time.Hour)
		h.phone = func(context.Context, *Push) Answer { return Answer{Outage: true} }
		want(t, h.run(ask("bob", "pw", func(r *Request) { r.Client.Name = "other gateway" })), Accept, Remembered)
		want(t, h.run(ask("bob", "pw", from("203.0.113.77"))), Reject, Unavailable)
		want(t, h.run(ask("eve", "pw")), Reject, Unavailable)
		h.wantPushes(t, 4)
		pass(time.Hour)
		want(t, h.run(ask("bob", "pw")), Reject, Unavailable)
	})
}

// named is a first factor that alone knows the listed name of whoever shows it.
type named struct{ name string }

func (n named) Verify(context.Context, Subject, *Request) (Checked, error) {
	name, err := ParseUsername(n.name)
	return Checked{Password: true, Person: Person{Name: name}}, err
}

// TestANameThatTheFirstFactorTells: a directory takes two spellings for one person; the rule that names the other one holds, and no phone rings.
func TestANameThatTheFirstFactorTells(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse()
		h.rules.Primaries = with(named{"bob"})
		h.decide = only("bob", policy.Decision{Rule: "banned"})
		h.phone = func(context.Context, *Push) Answer {
			t.Error("the phone rings")
			return Answer{Outcome: Approved, Pushed: true}
		}
		want(t, h.run(ask("böb", "pw")), Reject, PolicyDenied)
		h.decide = only("bob", policy.Decision{Action: policy.RequirePush, Factor: "none"})
		want(t, h.run(ask("böb", "pw")), Reject, PolicyDenied)
		h.rules.Primaries, h.phone = with(named{"carol"}), after(time.Second, Approved)
		want(t, h.run(ask("böb", "pw")), Accept, ApprovedByPerson)
	})
}

// TestAPhoneTakenAwayIsForgotten: what was approved with a phone that the directory no longer lists is not remembered; another order of the
// phones changes nothing.
func TestAPhoneTakenAwayIsForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse()
		h.rules.Primaries = with(checked{})
		h.decide = under(remembering)
		first, second := mobile("+4917012345"), mobile("+4917012346")
		has := func(phones ...Mobile) {
			h.rules.Directory = DirectoryFunc(func(context.Context, Username) (Person, error) { return Person{Mobile: phones[0], Phones: phones}, nil })
		}
		has(first, second)
		want(t, h.run(ask("bob", "pw")), Accept, ApprovedByPerson)
		pass(time.Minute)
		has(second, first)
		want(t, h.run(ask("bob", "pw")), Accept, Remembered)
		has(second)
		want(t, h.run(ask("bob", "pw")), Accept, ApprovedByPerson)
	})
}
