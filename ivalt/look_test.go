package ivalt

import (
	"io"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sirupsen/logrus"

	"ivalt-radius/auth"
	"ivalt-radius/ivalt/standing"
	"ivalt-radius/state"
)

// stranger is a push that somebody else began.
type stranger struct{}

func (stranger) Answer() <-chan auth.Answer { return nil }
func (stranger) Withdraw()                  {}

// TestStanding follows a login from its push to its answer.
func TestStanding(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		push := sent()
		push.after = 2 * time.Second
		h := newHouse(t, settings(), script(push, wait(), wait(), said()))
		h.age()
		a := h.Begin(pushTo(t, "a", testMobile))
		seen := []standing.Stage{}
		for range 200 {
			synctest.Wait()
			got := h.Standing([]auth.Asked{stranger{}, a, nil})
			if len(got) != 3 || got[0].Stage != standing.Unknown || got[2].Stage != standing.Unknown {
				t.Fatalf("%+v", got)
			}
			if stage := got[1].Stage; len(seen) == 0 || seen[len(seen)-1] != stage {
				seen = append(seen, stage)
			}
			<-time.After(100 * time.Millisecond)
		}
		if answer := <-a.Answer(); answer.Outcome != auth.Approved {
			t.Errorf("%+v", answer)
		}
		if want := []standing.Stage{standing.Pushing, standing.Ringing, standing.Answering}; !slices.Equal(seen, want) {
			t.Errorf("stages %v, want %v", seen, want)
		}
		if got := h.Standing([]auth.Asked{a}); got[0].Polls < 2 {
			t.Errorf("%+v", got)
		}
	})
}

func TestRoomAndOutages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := settings()
		s.Limits = state.Limits{PerMinute: 100}
		h := newHouse(t, s, func(request) reply { return down() })
		h.age()
		if r := h.Room(); r.Minute != (state.Window{Limit: 97, Left: 97}) || r.Second != (state.Window{}) {
			t.Errorf("%+v", r)
		}
		if shut := h.Outages(); shut != nil {
			t.Errorf("%+v", shut)
		}
		for _, n := range []string{"+491701111111", "+491701111112", "+491701111113"} {
			h.push(t.Context(), pushTo(t, n, n))
		}
		if r := h.Room(); r.Minute.Left >= 97 {
			t.Errorf("calls were made, and %+v", r)
		}
		if shut := h.Outages(); len(shut) == 0 || shut[0].Since.IsZero() || shut[0].Why != "iVALT: server error" {
			t.Errorf("%+v", shut)
		}
	})
}

// unknown is a budget that cannot be looked at.
type unknown struct{ state.Allowance }

func TestRoomOfABudgetThatCannotTell(t *testing.T) {
	log := logrus.New()
	log.SetOutput(io.Discard)
	s, faults := New(settings(), Deps{Recorder: &notes{}, Log: log, Budget: func(l state.Limits, _ func()) state.Allowance { return unknown{state.NewBudget(l, nil)} }})
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if r := s.Room(); r != (state.Room{}) {
		t.Errorf("%+v", r)
	}
}

// TestApproved: an approval is told of once, with its time from the push and the moment at which the poll's answer was there.
func TestApproved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, settings(), script(sent(), wait(), wait(), said()))
		var told []standing.Approval
		h.scheduler.approvals = func(a standing.Approval) { told = append(told, a) }
		h.age()
		begun := time.Now()
		if a := h.push(t.Context(), pushTo(t, "a", testMobile)); a.Outcome != auth.Approved {
			t.Fatalf("%+v", a)
		}
		h.fake.mu.Lock()
		h.fake.answer = script(sent(), wait(), no())
		h.fake.mu.Unlock()
		if a := h.push(t.Context(), pushTo(t, "b", "+491701111112")); a.Outcome != auth.Denied {
			t.Fatalf("%+v", a)
		}
		if len(told) != 1 || told[0].Attempt != "a" || told[0].Client != "gate" || told[0].Took < 4*time.Second || !told[0].At.Equal(begun.Add(told[0].Took)) {
			t.Errorf("%+v", told)
		}
	})
}
