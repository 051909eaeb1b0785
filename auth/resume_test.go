package auth

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"ivalt-radius/auth/carried"
	"ivalt-radius/auth/waiting"
	"ivalt-radius/policy"
)

// TestAQuestionStaysOpen: its answer finds it by its State, and the push that rings is not rung again.
func TestAQuestionStaysOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := prompting(t)
		h.phone = after(20*time.Second, Approved)
		req := ask("bob", "pw", asks(ConfirmPhone), carriedBy)
		first := h.run(req)
		second := h.run(ask("bob", "", asks(ConfirmPhone), answer(first, "")))
		challenged(t, second, "Not approved yet. "+confirm(h.pushes[0].Number))
		all := h.leave(t)
		if len(all.Questions) != 1 || len(all.Attempts) != 0 || all.Questions[0].State != second.State || len(all.Questions[0].Packet.Octets) != 1 {
			t.Fatalf("left: %+v", all)
		}
		next, gate := h.heir(all)
		next.resume(t.Context(), req, &all.Questions[0])
		next.wantPushes(t, 1)
		if !next.pushes[0].Rings || next.pushes[0].Number != h.pushes[0].Number || next.pushes[0].Attempt != h.pushes[0].Attempt {
			t.Errorf("push %+v", next.pushes[0])
		}
		if seen := next.Look(9); len(seen.Logins) != 1 || seen.Logins[0].For != waiting.Question || seen.Logins[0].User != "bob" {
			t.Errorf("who looks sees %+v", seen)
		}
		copied := next.run(req) // a copy of its first packet has the question again
		if copied.Kind != Challenge || copied.State != second.State {
			t.Errorf("a copy: %+v", copied)
		}
		next.phone = after(0, Approved)
		pass(20 * time.Second)
		last := next.run(ask("bob", "", asks(ConfirmPhone), answer(second, "")))
		want(t, last, Accept, ApprovedByPerson)
		next.wantPushes(t, 1)
		if v := next.run(ask("bob", "", asks(ConfirmPhone), answer(second, ""))); v.Attempt != last.Attempt {
			t.Errorf("a copy of the answer: %+v", v)
		}
		if len(gate.told()) != 1 || !gate.told()[0].Pushed {
			t.Errorf("the gate is told %+v", gate.told())
		}
	})
}

// TestAChoiceStaysOpen: nobody is rung before it, the one that is chosen is rung once, and too many wrong answers are too many in both together.
func TestAChoiceStaysOpen(t *testing.T) {
	for name, c := range map[string]struct {
		text   string
		reason Reason
		pushes int
	}{"a phone": {"2", ApprovedByPerson, 1}, "none": {"9", BadRequest, 0}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := prompting(t)
				h.has(phones(t))
				req := ask("bob", "pw", asks(ChoosePhone), carriedBy)
				v := h.run(req)
				for range mostWrong - 1 {
					v = h.run(ask("bob", "", asks(ChoosePhone), answer(v, "no phone")))
				}
				want(t, v, Challenge, Challenged)
				all := h.leave(t)
				next, _ := h.heir(all)
				next.resume(t.Context(), req, &all.Questions[0])
				next.wantPushes(t, 0)
				v = next.run(ask("bob", "", asks(ChoosePhone), answer(v, c.text)))
				if next.wantPushes(t, c.pushes); v.Reason != c.reason || (v.Kind == Accept) != (c.pushes == 1) {
					t.Errorf("%+v", v)
				}
				if c.pushes == 1 && next.pushes[0].Person.Mobile != phones(t)[1] {
					t.Error("another phone rings")
				}
			})
		})
	}
}

// TestALoginBehindItsChoiceGoesOn: the phone that was chosen is not asked for again.
func TestALoginBehindItsChoiceGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := prompting(t)
		h.has(phones(t))
		req := ask("bob", "pw", asks(ChoosePhone), carriedBy)
		asked := h.run(req)
		last := ask("bob", "2", asks(ChoosePhone), answer(asked, "2"))
		one := h.start(last)
		pass(2 * time.Second)
		all := h.leave(t)
		if v := <-one; !v.Left || len(all.Attempts) != 1 || len(all.Questions) != 1 {
			t.Fatalf("%+v; left %+v", v, all)
		}
		next, _ := h.heir(all)
		next.resume(t.Context(), req, &all.Questions[0])
		v := next.run(last)
		want(t, v, Accept, ApprovedByPerson)
		if next.wantPushes(t, 1); !next.pushes[0].Rings || next.pushes[0].Person.Mobile != phones(t)[1] || v.Attempt != h.pushes[0].Attempt {
			t.Errorf("%+v; push %+v, it was %+v", v, next.pushes[0], h.pushes[0])
		}
	})
}

// TestAQuestionIsJudgedAnew: where its login would not come as far today its answer finds no question, and no phone rings.
func TestAQuestionIsJudgedAnew(t *testing.T) {
	deny := func(policy.Facts) policy.Decision { return policy.Decision{Rule: "blocked"} }
	for name, change := range map[string]func(h *house, req *Request, q *carried.Question){
		"policy denies":      func(h *house, _ *Request, _ *carried.Question) { h.decide = deny },
		"the password":       func(h *house, _ *Request, _ *carried.Question) { h.rules.Primaries = with(passwords{"new"}) },
		"no name":            func(_ *house, req *Request, _ *carried.Question) { req.Username = "" },
		"a phone too many":   func(_ *house, _ *Request, q *carried.Question) { q.Chosen = 4 },
		"its time is over":   func(_ *house, _ *Request, q *carried.Question) { q.Ends = time.Now() },
		"no key":             func(_ *house, _ *Request, q *carried.Question) { q.Key = nil },
		"no room":            func(h *house, _ *Request, _ *carried.Question) { h.rules.MaxAttempts = 0 },
		"the directory fell": func(h *house, _ *Request, _ *carried.Question) { h.rules.Directory = DirectoryFunc(failing) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := prompting(t)
				h.has(phones(t))
				req := ask("bob", "pw", asks(ChoosePhone), carriedBy)
				asked := h.run(req)
				all := h.leave(t)
				next, gate := h.heir(all)
				change(next, &req, &all.Questions[0])
				next.resume(t.Context(), req, &all.Questions[0])
				next.rules.MaxAttempts = 100
				want(t, next.run(ask("bob", "", asks(ChoosePhone), answer(asked, "2"))), Reject, BadRequest)
				next.wantPushes(t, 0)
				for _, e := range gate.told() {
					if e.Passed && name == "policy denies" {
						t.Errorf("the gate is told %+v", e)
					}
				}
			})
		})
	}
}

func failing(context.Context, Username) (Person, error) { return Person{}, context.DeadlineExceeded }

// TestAQuestionWithoutItsPacketIsNotKept: nobody could judge it anew.
func TestAQuestionWithoutItsPacketIsNotKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := prompting(t)
		h.has(phones(t))
		asked := h.run(ask("bob", "pw", asks(ChoosePhone)))
		want(t, asked, Challenge, Challenged)
		if all := h.leave(t); len(all.Questions) != 0 {
			t.Errorf("%+v", all.Questions)
		}
	})
}
