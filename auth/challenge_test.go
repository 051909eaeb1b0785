package auth

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ivalt-radius/audit"
	"ivalt-radius/policy"
	"ivalt-radius/secret"
)

// phones of a person who has three.
func phones(t *testing.T) []Mobile {
	t.Helper()
	var out []Mobile
	for _, text := range []string{"+491701111167", "+491702222289", "+491703333311"} {
		m, err := ParseMobile(text)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, m)
	}
	return out
}

// has lists these phones for everybody.
func (h *house) has(all []Mobile) {
	h.rules.Directory = DirectoryFunc(func(context.Context, Username) (Person, error) { return Person{Mobile: all[0], Phones: all}, nil })
}

// prompting is a house whose NAS asks people to come back.
func prompting(t *testing.T) *house {
	t.Helper()
	h := newHouse()
	h.rules.Primaries, h.rules.ChallengeFor = with(checked{}), time.Minute
	t.Cleanup(func() { pass(2 * time.Minute) }) // open questions and withdrawn pushes end
	return h
}

// asks makes the client's NAS put questions, and wait 12 s in all for an answer.
func asks(how Prompting) func(*Request) {
	return func(r *Request) { r.Client.Prompts, r.Client.AnswerWithin = how, 12*time.Second }
}

// answer makes a request the answer to a challenge.
func answer(v Verdict, text string) func(*Request) {
	return func(r *Request) { r.State, r.Password = []byte(v.State), secret.New(text) }
}

// challenged demands a question.
func challenged(t *testing.T, v Verdict, message string) {
	t.Helper()
	want(t, v, Challenge, Challenged)
	if len(v.State) < 26 || v.Message != message || v.Reply != nil {
		t.Errorf("challenge: %q, State %q, reply %v; want %q", v.Message, v.State, v.Reply, message)
	}
}

func confirm(number string) string {
	return "Approve request " + number + " on your phone, then press Enter."
}

func TestConfirmOnThePhone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := prompting(t)
		h.phone = after(20*time.Second, Approved)
		first := h.run(ask("bob", "pw", asks(ConfirmPhone)))
		challenged(t, first, confirm(h.pushes[0].Number))
		if h.Waiting() != 0 {
			t.Errorf("%d logins wait while the person looks for the phone", h.Waiting())
		}
		pass(4 * time.Second)
		second := h.run(ask("bob", "", asks(ConfirmPhone), answer(first, ""))) // Enter, too early
		challenged(t, second, "Not approved yet. "+confirm(h.pushes[0].Number))
		pass(5 * time.Second)
		last := h.run(ask("bob", "", asks(ConfirmPhone), answer(second, "yes?"), func(r *Request) { r.Method = CHAP }))
		want(t, last, Accept, ApprovedByPerson)
		h.wantPushes(t, 1)
		e := h.committed[0]
		if !slices.Equal(e.Factors, []string{"password", "push"}) || !strings.Contains(e.Detail, second.Attempt) || e.Attempt != last.Attempt {
			t.Errorf("evidence: %+v", e)
		}
		if len(h.concluded) != 3 || h.concluded[0].Verdict != "challenge" || h.concluded[0].Reason != "challenged" {
			t.Errorf("concluded: %+v", h.concluded)
		}
		if got := h.run(ask("bob", "", asks(ConfirmPhone), answer(second, "again"))); got.Kind != Reject || got.Reason != BadRequest {
			t.Errorf("a used State: %+v", got)
		}
		h.wantPushes(t, 1)
	})
}

func TestAPhoneThatAnswersAtOnceNeedsNoQuestion(t *testing.T) {
	for outcome, reason := range map[Outcome]Reason{Approved: ApprovedByPerson, NotEnrolled: UnknownUser, NoBudget: Busy, Denied: PushDenied} {
		synctest.Test(t, func(t *testing.T) {
			h := prompting(t)
			h.phone = after(500*time.Millisecond, outcome)
			if v := h.run(ask("bob", "pw", asks(ConfirmPhone))); v.Reason != reason || v.Kind == Challenge {
				t.Errorf("%v: %+v", outcome, v)
			}
		})
	}
}

func TestChoosingAPhone(t *testing.T) {
	const list = "Which phone? Type its number. 1: **********67, 2: **********89, 3: **********11"
	cases := []struct {
		name    string
		how     Prompting
		answers []string
		reason  Reason
		chosen  int // -1: nobody was asked
	}{
		{"the second", ChoosePhone, []string{"2"}, ApprovedByPerson, 1},
		{"blanks around", ChoosePhone, []string{" 3 "}, ApprovedByPerson, 2},
		{"a slip, then one", ChoosePhone, []string{"4", "1"}, ApprovedByPerson, 0},
		{"three slips", ChoosePhone, []string{"0", "x", ""}, BadRequest, -1},
		{"no number at all", ChoosePhone, []string{"-1", "+", "99999999999999999999"}, BadRequest, -1},
		{"and confirmed", ConfirmPhone, []string{"2", ""}, ApprovedByPerson, 1},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := prompting(t)
				all := phones(t)
				h.has(all)
				v := h.run(ask("bob", "pw", asks(c.how)))
				challenged(t, v, list)
				h.wantPushes(t, 0)
				for _, text := range c.answers {
					pass(time.Second)
					v = h.run(ask("bob", "", asks(c.how), answer(v, text)))
				}
				if v.Reason != c.reason {
					t.Errorf("got %+v", v)
				}
				if c.chosen < 0 {
					h.wantPushes(t, 0)
					return
				}
				if len(h.pushes) != 1 || h.pushes[0].Person.Mobile != all[c.chosen] {
					t.Errorf("pushes: %+v", h.pushes)
				}
			})
		})
	}
}

// TestPhonesAreNotShownToStrangers: without a checked first factor, or with nothing to choose, the first phone is asked.
func TestPhonesAreNotShownToStrangers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := prompting(t)
		all := phones(t)
		h.has(all)
		h.rules.Primaries = with(NoPrimary{})
		want(t, h.run(ask("bob", "pw", asks(ChoosePhone))), Accept, ApprovedByPerson)
		h.rules.Primaries = with(checked{})
		want(t, h.run(ask("eve", "pw", asks(NeverAsk))), Accept, ApprovedByPerson)
		want(t, h.run(ask("bob", "wrong", asks(ChoosePhone))), Reject, BadPassword)
		if h.wantPushes(t, 2); h.pushes[0].Person.Mobile != all[0] {
			t.Errorf("pushes: %+v", h.pushes)
		}
	})
}

// TestStateIsBound: an answer from elsewhere is rejected, rings no phone, and closes the question.
func TestStateIsBound(t *testing.T) {
	cases := []struct {
		name   string
		change func(*Request)
		good   bool
	}{
		{"the same", func(*Request) {}, true},
		{"another spelling of the name", func(r *Request) { r.Username = "BOB" }, true},
		{"another name", func(r *Request) { r.Username = "eve" }, false},
		{"another client", func(r *Request) { r.Client.Name = "wlan" }, false},
		{"another NAS", func(r *Request) { r.NAS = "nas-2" }, false},
		{"another calling station", func(r *Request) { r.CallingStation = "203.0.113.10" }, false},
		{"no calling station", func(r *Request) { r.CallingStation = "" }, false},
		{"a State cut short", func(r *Request) { r.State = r.State[1:] }, false},
		{"a State that nobody gave", func(r *Request) { r.State = []byte(strings.Repeat("A", 26)) }, false},
		{"an octet more", func(r *Request) { r.State = append(r.State, 0) }, false},
		{"too late", func(*Request) { pass(time.Minute) }, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := prompting(t)
				h.phone = after(5*time.Second, Approved)
				first := h.run(ask("bob", "pw", asks(ConfirmPhone)))
				r := ask("bob", "", asks(ConfirmPhone), answer(first, ""))
				c.change(&r)
				r.Received = time.Now()
				v := h.run(r)
				if c.good {
					want(t, v, Accept, ApprovedByPerson)
				} else {
					want(t, v, Reject, BadRequest)
				}
				h.wantPushes(t, 1)
			})
		})
	}
}

// TestAForeignAnswerClosesTheQuestion: whoever holds somebody's State has one guess, and the person begins anew.
func TestAForeignAnswerClosesTheQuestion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := prompting(t)
		h.phone = after(5*time.Second, Approved)
		first := h.run(ask("bob", "pw", asks(ConfirmPhone)))
		want(t, h.run(ask("eve", "", asks(ConfirmPhone), answer(first, ""))), Reject, BadRequest)
		want(t, h.run(ask("bob", "", asks(ConfirmPhone), answer(first, ""))), Reject, BadRequest)
		if len(h.noted) == 0 || !strings.Contains(fmt.Sprintf("%+v", h.noted), "challenge_abandoned") {
			t.Errorf("no evidence: %+v", h.noted)
		}
	})
}

// TestCopiesAroundAChallenge: whatever the network repeats, one push.
func TestCopiesAroundAChallenge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := prompting(t)
		h.phone = after(20*time.Second, Approved)
		original := h.start(ask("bob", "pw", asks(ConfirmPhone)))
		copied := h.start(ask("bob", "pw", asks(ConfirmPhone))) // before the question
		first := <-original
		if v := <-copied; v.State != first.State {
			t.Errorf("a copy got another question: %+v", v)
		}
		pass(3 * time.Second)
		if v := h.run(ask("bob", "pw", asks(ConfirmPhone))); v.State != first.State || v.Message != first.Message {
			t.Errorf("a late copy got another question: %+v", v)
		}
		want(t, h.run(ask("bob", "wrong", asks(ConfirmPhone))), Reject, BadPassword)
		pass(7 * time.Second)
		second := h.start(ask("bob", "", asks(ConfirmPhone), answer(first, "")))
		third := h.start(ask("bob", "", asks(ConfirmPhone), answer(first, ""))) // its copy
		fresh := h.start(ask("bob", "pw", asks(ConfirmPhone)))                  // the person begins anew meanwhile
		for _, got := range []<-chan Verdict{second, third, fresh} {
			want(t, <-got, Accept, ApprovedByPerson)
		}
		want(t, h.run(ask("bob", "", asks(ConfirmPhone), answer(first, ""))), Accept, ApprovedByPerson) // a copy that crossed the answer
		h.wantPushes(t, 1)
	})
}

// TestNobodyComesBack: the push is withdrawn, the evidence says so, and nothing is left behind.
func TestNobodyComesBack(t *testing.T) {
	for _, how := range []string{"approves and never comes back", "never answers", "the server stops"} {
		t.Run(how, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := prompting(t)
				h.phone = after(10*time.Second, Approved)
				if how == "never answers" {
					h.phone = after(time.Hour, TimedOut)
				}
				h.run(ask("bob", "pw", asks(ConfirmPhone)))
				if how == "the server stops" {
					h.Stop()
				} else {
					pass(2 * time.Minute)
				}
				synctest.Wait()
				e, ok := h.noted[len(h.noted)-1].(audit.Security)
				if !ok || e.Event != "challenge_abandoned" || e.User != "bob" || (how == "approves and never comes back") != strings.Contains(e.Detail, "the phone: approved") {
					t.Errorf("evidence: %+v", h.noted)
				}
				if h.challenges.Len() != 0 || len(h.attempts.open) != 0 || len(h.committed) != 0 {
					t.Errorf("left behind: %d questions, %d attempts; committed %+v", h.challenges.Len(), len(h.attempts.open), h.committed)
				}
			})
		})
	}
}

func TestTooManyQuestions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := prompting(t)
		h.rules.MaxAttempts = 1
		h.phone = after(20*time.Second, Approved)
		want(t, h.run(ask("bob", "pw", asks(ConfirmPhone))), Challenge, Challenged)
		v := h.run(ask("eve", "pw", asks(ConfirmPhone)))
		want(t, v, Reject, Busy)
		if h.Waiting() != 0 || v.State != "" {
			t.Errorf("waiting %d, %+v", h.Waiting(), v)
		}
	})
}

// TestHoursEndWhileThePersonLooksForThePhone: policy is asked again before the Accept.
func TestHoursEndWhileThePersonLooksForThePhone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := prompting(t)
		end := time.Now().Add(10 * time.Second)
		h.decide = func(f policy.Facts) policy.Decision {
			if f.At.Before(end) {
				return policy.Decision{Action: policy.RequirePush, Rule: "office"}
			}
			return policy.Decision{Rule: "office", Denial: policy.ByHours}
		}
		h.phone = after(5*time.Second, Approved)
		first := h.run(ask("bob", "pw", asks(ConfirmPhone)))
		pass(15 * time.Second)
		want(t, h.run(ask("bob", "", asks(ConfirmPhone), answer(first, ""))), Reject, OutsideHours)
	})
}

// TestARefusalCountsThoughNobodyComesBack: what is remembered of a person who says no is forgotten, whether the NAS asks again or
// not.
func TestARefusalCountsThoughNobodyComesBack(t *testing.T) {
	for outcome, reason := range map[Outcome]Reason{Denied: ApprovedByPerson, Collided: ApprovedByPerson, TimedOut: Remembered} {
		t.Run(outcome.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := prompting(t)
				h.decide = under(remembering)
				h.phone = after(0, Approved)
				want(t, h.run(ask("bob", "pw")), Accept, ApprovedByPerson)
				pass(11 * time.Second) // the first Accept can no longer be joined
				h.phone = after(10*time.Second, outcome)
				want(t, h.run(ask("bob", "pw", asks(ConfirmPhone), from("203.0.113.77"))), Challenge, Challenged)
				pass(2 * time.Minute)
				h.phone = after(0, Approved)
				if v := h.run(ask("bob", "pw")); v.Reason != reason {
					t.Errorf("got %+v", v)
				}
			})
		})
	}
}

// TestAReloadBetweenQuestionAndAnswer: the login goes on as its client was when it began, and without a chosen phone no fail mode takes it
// for one that iVALT could not be asked about.
func TestAReloadBetweenQuestionAndAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := prompting(t)
		all := phones(t)
		h.has(all)
		h.decide = under(func(d *policy.Decision) {
			d.Fail = policy.Fail{Mode: policy.FailOpen, Until: time.Now().Add(time.Hour), Why: "ticket 7"}
		})
		first := h.run(ask("bob", "pw", asks(ChoosePhone)))
		want(t, first, Challenge, Challenged)
		v := first
		for v.Kind == Challenge {
			v = h.run(ask("bob", "", asks(NeverAsk), answer(v, "none of them")))
		}
		want(t, v, Reject, BadRequest)
		h.wantPushes(t, 0)
	})
}
