package auth

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ivalt-radius/policy"
	"ivalt-radius/secret"
)

// TestThePushOfAQuestion: it may be answered until the whole login ends, and no approval behind that is looked for.
func TestThePushOfAQuestion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := prompting(t)
		h.rules.LateCredit = 30 * time.Second
		h.phone = after(time.Hour, TimedOut)
		began := time.Now()
		h.run(ask("bob", "pw", asks(ConfirmPhone)))
		if p := h.pushes[0]; p.LateCredit != 0 || !p.Deadline.Equal(began.Add(time.Minute)) {
			t.Errorf("late credit %v, deadline after %v", p.LateCredit, p.Deadline.Sub(began))
		}
		h.rules.ChallengeFor = time.Second
		h.run(ask("eve", "pw", asks(ConfirmPhone)))
		if p := h.pushes[1]; !p.Deadline.Equal(time.Now().Add(10 * time.Second)) { // 11 s of the NAS, one is over
			t.Errorf("deadline in %v", time.Until(p.Deadline))
		}
	})
}

// TestQuestionsEndWithTheLogin: however often the person presses Enter, the login ends when it was to end from its first packet on.
func TestQuestionsEndWithTheLogin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := prompting(t)
		h.phone = func(ctx context.Context, _ *Push) Answer { // a cloud that says nothing, not even that time is over
			<-ctx.Done()
			return Answer{Outcome: Withdrawn, Pushed: true}
		}
		began := time.Now()
		v := h.run(ask("bob", "pw", asks(ConfirmPhone)))
		for v.Kind == Challenge {
			v = h.run(ask("bob", "", asks(ConfirmPhone), answer(v, "")))
		}
		want(t, v, Reject, PushTimeout)
		if took := time.Since(began); took < time.Minute || took > 72*time.Second {
			t.Errorf("took %v", took)
		}
	})
}

// TestStopBetweenPacketAndQuestion: nobody is asked which phone by a server that stops.
func TestStopBetweenPacketAndQuestion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := prompting(t)
		all := phones(t)
		h.has(all)
		r := ask("bob", "pw", asks(ChoosePhone))
		r.Client.Rules = h.rules
		_, wait := h.Open(context.Background(), &r)
		h.Stop()
		want(t, wait(), Reject, ShuttingDown)
		if h.challenges.Len() != 0 {
			t.Error("a question is open")
		}
	})
}

// TestAPushWithoutAQuestionIsWithdrawn: where no question can be put any more, the phone does not go on ringing.
func TestAPushWithoutAQuestionIsWithdrawn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := prompting(t)
		h.rules.MaxAttempts = 1
		withdrawn := map[string]bool{}
		h.phone = func(ctx context.Context, p *Push) Answer {
			<-ctx.Done()
			h.mu.Lock()
			defer h.mu.Unlock()
			withdrawn[p.User.String()] = true
			return Answer{Outcome: Withdrawn, Pushed: true}
		}
		h.run(ask("bob", "pw", asks(ConfirmPhone)))
		want(t, h.run(ask("eve", "pw", asks(ConfirmPhone))), Reject, Busy)
		synctest.Wait()
		h.mu.Lock()
		defer h.mu.Unlock()
		if !withdrawn["eve"] || withdrawn["bob"] {
			t.Errorf("withdrawn: %v", withdrawn)
		}
	})
}

// TestAnAnswerReusesAnIdentifier: the older exchange of that identifier is withdrawn, as for a first packet.
func TestAnAnswerReusesAnIdentifier(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := prompting(t)
		h.phone = after(5*time.Second, Approved)
		first := h.run(ask("bob", "pw", asks(ConfirmPhone)))
		h.phone = after(20*time.Second, Approved)
		older := h.start(ask("eve", "pw", id(7)))
		want(t, h.run(ask("bob", "", asks(ConfirmPhone), answer(first, ""), id(8, 7))), Accept, ApprovedByPerson)
		if v := <-older; !v.Silent {
			t.Errorf("the older exchange: %+v", v)
		}
	})
}

// TestManyPhones: a question shows nine at most.
func TestManyPhones(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := prompting(t)
		all := phones(t)
		for len(all) < 12 {
			all = append(all, all[0])
		}
		h.has(all)
		v := h.run(ask("bob", "pw", asks(ChoosePhone)))
		if !strings.Contains(v.Message, "9: ") || strings.Contains(v.Message, "10: ") {
			t.Errorf("asked %q", v.Message)
		}
		want(t, h.run(ask("bob", "", asks(ChoosePhone), answer(v, "10"))), Challenge, Challenged)
	})
}

// TestACopyBehindAWithdrawnLogin: the login that took the withdrawn one's place is joined, though that one ends later.
func TestACopyBehindAWithdrawnLogin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse()
		h.phone = func(ctx context.Context, _ *Push) Answer {
			select {
			case <-time.After(20 * time.Second):
				return Answer{Outcome: Approved, Pushed: true}
			case <-ctx.Done():
				pass(5 * time.Second) // iVALT takes its time to let go
				return Answer{Outcome: Withdrawn, Pushed: true}
			}
		}
		older := h.start(ask("bob", "pw", id(1)))
		other := h.start(ask("eve", "pw", id(2, 1))) // the identifier of bob's exchange, which is over
		again := h.start(ask("bob", "pw", id(3)))
		pass(10 * time.Second)
		copied := h.start(ask("bob", "pw", id(4)))
		for _, v := range []Verdict{<-other, <-again, <-copied} {
			want(t, v, Accept, ApprovedByPerson)
		}
		if v := <-older; !v.Silent {
			t.Errorf("the withdrawn exchange: %+v", v)
		}
		h.wantPushes(t, 3)
	})
}

// TestACopyOfAnAnsweredQuestion: the question is over, and a copy of its answer under a new State's login gets nothing of it.
func TestACopyOfAnAnsweredQuestion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := prompting(t)
		h.phone = after(50*time.Second, Approved)
		first := h.run(ask("bob", "pw", asks(ConfirmPhone)))
		second := h.run(ask("bob", "", asks(ConfirmPhone), answer(first, "")))
		third := h.start(ask("bob", "", asks(ConfirmPhone), answer(second, "")))
		want(t, h.run(ask("bob", "", asks(ConfirmPhone), answer(first, ""))), Reject, BadRequest)
		fresh := h.run(ask("bob", "pw", asks(ConfirmPhone))) // joins the one that waits
		if v := <-third; v.Kind != Challenge || fresh.State != v.State {
			t.Errorf("third %+v, fresh %+v", v, fresh)
		}
		h.wantPushes(t, 1)
	})
}

// told is a first factor with everything to tell.
type told struct{}

func (told) Verify(context.Context, Subject, *Request) (Checked, error) {
	return Checked{
		Password: true, Reply: []policy.Attribute{{Name: "Class", Value: "upstream"}}, MSCHAP: MSCHAPSuccess{Success: []byte("m"), SendKey: secret.New("s")},
	}, nil
}

// TestWhatAFirstFactorTellsReachesTheReply: on every way in, and the person's own reply reaches policy.
func TestWhatAFirstFactorTellsReachesTheReply(t *testing.T) {
	for _, c := range []struct {
		name   string
		decide func(policy.Facts) policy.Decision
		asks   Prompting
	}{
		{"push", push, NeverAsk},
		{"exempt", under(func(d *policy.Decision) { d.Action = policy.Exempt }), NeverAsk},
		{"challenge", push, ConfirmPhone},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := prompting(t)
				h.rules.Primaries = with(told{})
				h.rules.Directory = DirectoryFunc(func(context.Context, Username) (Person, error) {
					return Person{Reply: []policy.Attribute{{Name: "Filter-Id"}}}, nil
				})
				h.decide = func(f policy.Facts) policy.Decision {
					d := c.decide(f)
					d.Reply = f.Reply
					return d
				}
				v := h.run(ask("bob", "pw", asks(c.asks)))
				if c.asks == ConfirmPhone {
					pass(5 * time.Second)
					v = h.run(ask("bob", "", asks(c.asks), answer(v, "")))
				}
				if v.Kind != Accept || len(v.Reply) != 2 || v.Reply[0].Name != "Filter-Id" || v.Reply[1].Value != "upstream" || string(v.MSCHAP.Success) != "m" || v.MSCHAP.SendKey.Empty() {
					t.Errorf("got %+v", v)
				}
			})
		})
	}
}
