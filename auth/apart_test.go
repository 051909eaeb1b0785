package auth

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"ivalt-radius/policy"
)

// crowded is a first factor before which so many logins stand that it takes no more.
type crowded struct {
	slow
	full bool
}

func (c *crowded) Full(_ Subject, m Method) bool { return c.full && m == PAP }

// open opens a login by a first factor.
func (h *house) openBy(name string, f policy.Factor) (Verdict, func() Verdict) {
	r := ask(name, "pw", func(r *Request) { r.Client.Factor, r.Client.Rules = f, h.rules })
	return h.Open(context.Background(), &r)
}

// TestACrowdedFirstFactorRefusesAtOnce: such a login costs no goroutine, is asked of nobody, and no copy of one that waits is answered.
func TestACrowdedFirstFactorRefusesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse()
		factor := &crowded{}
		h.rules.Primaries, h.rules.Waits = with(factor), true
		waiting := h.start(ask("bob", "pw"))
		factor.full = true
		v, wait := h.openBy("eve", policy.FileFactor)
		if wait != nil || v.Silent {
			t.Fatalf("eve: %+v, waits %v", v, wait != nil)
		}
		want(t, v, Reject, Busy)
		if v, wait = h.openBy("bob", policy.FileFactor); wait != nil || !v.Silent {
			t.Errorf("bob's copy: %+v, waits %v", v, wait != nil)
		}
		if factor.asked != 1 || h.opening.Load() != 0 {
			t.Errorf("asked %d times, %d are being opened", factor.asked, h.opening.Load())
		}
		want(t, <-waiting, Accept, ApprovedByPerson)
	})
}

// TestWhoWaitsForNobodyOpensAtOnce: beside a first factor that takes its time, logins without one ring, and logins that policy denies end,
// on the caller's goroutine.
func TestWhoWaitsForNobodyOpensAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse()
		factor := &crowded{slow: slow{after: time.Hour}}
		h.rules.Primaries = map[policy.Factor]Primary{policy.FileFactor: factor, policy.NoFactor: NoPrimary{}}
		h.rules.Waits = true
		h.decide = only("mallory", policy.Decision{Denial: policy.ByRule})
		_, wait := h.openBy("bob", policy.NoFactor)
		synctest.Wait()
		h.wantPushes(t, 1)
		v, none := h.openBy("mallory", policy.FileFactor)
		if none != nil {
			t.Error("mallory waits")
		}
		want(t, v, Reject, PolicyDenied)
		if v, none = h.openBy("eve", policy.LDAPFactor); none != nil {
			t.Error("eve waits for a first factor that is not there")
		}
		want(t, v, Reject, MisconfiguredReason)
		want(t, wait(), Accept, ApprovedByPerson)
		if factor.asked != 0 {
			t.Error("the first factor was asked")
		}
	})
}

// TestASlowDirectoryIsAskedApart: nothing of a login happens on the caller's goroutine, and what is being opened is bounded.
func TestASlowDirectoryIsAskedApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse()
		asked := 0
		h.rules.Directory = DirectoryFunc(func(context.Context, Username) (Person, error) {
			asked++
			pass(3 * time.Second)
			return Person{}, nil
		})
		h.rules.Waits, h.rules.DirectoryWaits, h.rules.MaxAttempts = true, true, 1
		began := time.Now()
		_, wait := h.openBy("bob", policy.FileFactor)
		v, none := h.openBy("eve", policy.FileFactor)
		if asked != 0 || wait == nil || none != nil || !time.Now().Equal(began) {
			t.Fatalf("asked %d times after %v", asked, time.Since(began))
		}
		want(t, v, Reject, Busy)
		want(t, wait(), Accept, ApprovedByPerson)
		if h.opening.Load() != 0 {
			t.Errorf("%d logins are being opened", h.opening.Load())
		}
	})
}
