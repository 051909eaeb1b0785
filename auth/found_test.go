package auth

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"ivalt-radius/policy"
)

// found is a defect that the random worlds of test/model showed, played once by hand.
type found struct {
	name   string
	play   func(t *testing.T, h *house) Verdict
	want   Reason
	kind   Kind
	pushes int
}

func allFound() []found {
	return slices.Concat(foundInQuestions(), foundInMemory(), foundInCopies())
}

func foundInQuestions() []found {
	return []found{
		{"a reload turns questions off while one is open: its answer does not outwait the NAS", func(t *testing.T, h *house) Verdict {
			t.Helper()
			h.phone = after(50*time.Second, Approved)
			v := h.run(ask("bob", "pw", asks(ConfirmPhone)))
			began := time.Now()
			v = h.run(ask("bob", "", asks(NeverAsk), answer(v, "")))
			if took := time.Since(began); took > 12*time.Second {
				t.Errorf("took %v", took)
			}
			return v
		}, Challenged, Challenge, 1},
		{"a copy of the answer from another NAS", func(_ *testing.T, h *house) Verdict {
			h.phone = after(2*time.Second, Approved)
			v := h.run(ask("bob", "pw", asks(ConfirmPhone)))
			h.run(ask("bob", "", asks(ConfirmPhone), answer(v, "")))
			return h.run(ask("bob", "", asks(ConfirmPhone), answer(v, ""), func(r *Request) { r.NAS = "nas-2" }))
		}, BadRequest, Reject, 1},
		{"a chosen phone that the directory took away", choosing(1), ApprovedByPerson, Accept, 2},
		{"a chosen phone that the directory has yet", choosing(2), Remembered, Accept, 1},
		{"a denial behind a question that nobody answers", func(_ *testing.T, h *house) Verdict {
			h.decide = under(remembering)
			h.run(ask("bob", "pw"))
			pass(11 * time.Second)
			h.phone = after(10*time.Second, Denied)
			h.run(ask("bob", "pw", asks(ConfirmPhone), from("203.0.113.77")))
			pass(2 * time.Minute)
			h.phone = after(time.Second, TimedOut)
			return h.run(ask("bob", "pw"))
		}, PushTimeout, Reject, 3},
	}
}

// choosing approves the second of two phones, and then the directory shows so many of them.
func choosing(left int) func(*testing.T, *house) Verdict {
	return func(t *testing.T, h *house) Verdict {
		t.Helper()
		shown := phones(t)[:2]
		h.decide = under(remembering)
		h.rules.Directory = DirectoryFunc(func(context.Context, Username) (Person, error) {
			return Person{Mobile: shown[0], Phones: shown}, nil
		})
		v := h.run(ask("bob", "pw", asks(ChoosePhone)))
		h.run(ask("bob", "", asks(ChoosePhone), answer(v, "2")))
		pass(11 * time.Second)
		shown = shown[:left]
		return h.run(ask("bob", "pw", asks(ChoosePhone)))
	}
}

func foundInMemory() []found {
	open := func(end time.Duration) func(policy.Facts) policy.Decision {
		until := time.Now().Add(end)
		return under(func(d *policy.Decision) {
			d.Remember, d.Fail = time.Hour, policy.Fail{Mode: policy.FailOpen, Until: until, Why: "ticket 7"}
		})
	}
	forgotten := func(_ *testing.T, h *house) Verdict {
		h.run(ask("bob", "pw"))
		pass(11 * time.Second)
		h.commitFor = 2 * time.Second
		v := h.start(ask("bob", "pw"))
		pass(time.Second)
		u, _ := ParseUsername("bob")
		h.Forget(u)
		return <-v
	}
	return []found{
		{"forgotten while the record is written", func(t *testing.T, h *house) Verdict {
			t.Helper()
			h.decide = under(remembering)
			return forgotten(t, h)
		}, Unavailable, Reject, 1},
		{"and what is forgotten is no outage", func(t *testing.T, h *house) Verdict {
			t.Helper()
			h.decide = open(time.Hour)
			return forgotten(t, h)
		}, Unavailable, Reject, 1},
		{"a copy behind the end of insecure_allow", func(_ *testing.T, h *house) Verdict {
			h.decide = open(5 * time.Second)
			h.phone = func(context.Context, *Push) Answer { return Answer{Outage: true} }
			h.run(ask("bob", "pw"))
			pass(6 * time.Second)
			return h.run(ask("bob", "pw"))
		}, OutsideHours, Reject, 1},
		{"no time for a push is no outage", func(_ *testing.T, h *house) Verdict {
			h.decide = open(time.Hour)
			h.phone = func(context.Context, *Push) Answer { return Answer{Outcome: NoAnswer} }
			return h.run(ask("bob", "pw"))
		}, Unavailable, Reject, 1},
	}
}

func foundInCopies() []found {
	return []found{
		{"a copy whose first factor took longer outwaits neither its NAS", func(t *testing.T, h *house) Verdict {
			t.Helper()
			h.phone = after(58*time.Second, Approved)
			h.rules.Waits, h.rules.Primaries = true, with(&slow{after: 10 * time.Second})
			early := h.start(ask("bob", "pw"))
			pass(5 * time.Second)
			h.rules = &Rules{Policy: h, Directory: h.rules.Directory, Primaries: with(checked{}), MaxAttempts: 100}
			began := time.Now()
			later := h.start(ask("bob", "pw"))
			if v := <-early; !v.Silent || v.Kind != Reject || time.Since(began) != 54*time.Second+oneMoment {
				t.Errorf("the early copy got %+v after %v", v, time.Since(began))
			}
			return <-later
		}, PushTimeout, Reject, 1},
		{"of two copies at one moment, the one that does not lead is answered as well", func(t *testing.T, h *house) Verdict {
			t.Helper()
			h.phone = after(59*time.Second, TimedOut)
			h.rules.Waits, h.rules.Primaries = true, with(&slow{after: 2 * time.Millisecond})
			early := h.start(ask("bob", "pw"))
			pass(time.Millisecond)
			h.rules = &Rules{Policy: h, Directory: h.rules.Directory, Primaries: with(checked{}), MaxAttempts: 100}
			want(t, h.run(ask("bob", "pw")), Reject, PushTimeout)
			v := <-early
			if v.Silent {
				t.Error("the other one gets no answer")
			}
			return v
		}, PushTimeout, Reject, 1},
	}
}

// TestWhatTheModelFound: each of them let somebody in, or kept a NAS waiting, once.
func TestWhatTheModelFound(t *testing.T) {
	for _, c := range allFound() {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := prompting(t)
				v := c.play(t, h)
				want(t, v, c.kind, c.want)
				h.wantPushes(t, c.pushes)
			})
		})
	}
}
