package auth

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"ivalt-radius/audit"
)

// TestARefusalBeginsTheCoolDownThoughNobodyComesBack: who lets a phone ring and does not answer the NAS's question hides no "it was not me".
func TestARefusalBeginsTheCoolDownThoughNobodyComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, k := kept("")
		h.rules.ChallengeFor = time.Minute
		h.phone = after(5*time.Second, Denied)
		want(t, h.run(ask("bob", "pw", asks(ConfirmPhone))), Challenge, Challenged)
		pass(2 * time.Minute)
		synctest.Wait()
		if ends := k.told(); len(ends) != 1 || ends[0].Reason != PushDenied {
			t.Errorf("the gate is told %+v: it counts as unanswered, and no cool-down begins", ends)
		}
		found := false
		for _, e := range h.noted {
			a, ok := e.(audit.Attempt)
			found = found || ok && a.Reason == "push_denied"
		}
		if !found {
			t.Errorf("no push_denied in the evidence, so the watch raises no push_refused: %+v", h.noted)
		}
	})
}

// TestAChosenPhoneRingsOnlyWhereTheGateStillLets: who has several questions open before a refusal, a block or a pause rings with none of them behind it.
func TestAChosenPhoneRingsOnlyWhereTheGateStillLets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, k := kept("")
		h.rules.ChallengeFor = time.Minute
		h.has(phones(t))
		h.phone = after(time.Second, Approved)
		v := h.run(ask("bob", "pw", asks(ChoosePhone)))
		want(t, v, Challenge, Challenged)
		k.mu.Lock()
		k.says[Ringing] = Admission{Reason: Blocked, Detail: "blocked"}
		k.says[Arriving], k.says[Entering] = k.says[Ringing], k.says[Ringing]
		k.mu.Unlock()
		before := len(h.pushes)
		got := h.run(ask("bob", "2", asks(ChoosePhone), answer(v, "2")))
		if got.Reason != Blocked || len(h.pushes) != before {
			t.Errorf("verdict %+v, and %d phones rang for somebody who is blocked", got, len(h.pushes)-before)
		}
		pass(2 * time.Minute)
	})
}

// TestACopyThatFindsNoRoomEnds: who was let in, and is not answered since a copy of the login waits already, is no longer being checked.
func TestACopyThatFindsNoRoomEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, k := kept("")
		h.rules.Waits = true
		first := true
		h.rules.Primaries = with(factorFunc(func() error {
			if first {
				first = false
				pass(2 * time.Second)
				return ErrBusy
			}
			return nil
		}))
		slow := h.start(ask("bob", "pw"))
		quick := h.start(ask("bob", "pw"))
		if v := <-slow; !v.Silent {
			t.Errorf("%+v", v)
		}
		want(t, <-quick, Accept, ApprovedByPerson)
		if ends := k.told(); !slices.Equal(ends, []End{{}}) {
			t.Errorf("told of %+v", ends)
		}
	})
}

// TestALoginThatADrainOvertakesEnds: it was let in, and no attempt begins any more.
func TestALoginThatADrainOvertakesEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, k := kept("")
		h.rules.Waits = true
		h.rules.Primaries = with(PrimaryFunc(func() { pass(time.Second) }))
		v := h.start(ask("bob", "pw"))
		h.Drain()
		if got := <-v; !got.Silent || got.Reason != ShuttingDown || !slices.Equal(k.told(), []End{{}}) {
			t.Errorf("%+v, told of %+v", got, k.told())
		}
	})
}

// factorFunc is a first factor that everybody passes for whom the function has no error.
type factorFunc func() error

// Verify implements Primary.
func (f factorFunc) Verify(context.Context, Subject, *Request) (Checked, error) {
	err := f()
	return Checked{Password: err == nil}, err
}
