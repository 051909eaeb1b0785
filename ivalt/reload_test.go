package ivalt

import (
	"testing"
	"testing/synctest"
	"time"

	"ivalt-radius/auth"
	"ivalt-radius/secret"
	"ivalt-radius/state"
)

// TestAReloadJudgesNoOldAnswer: the key was wrong and is set right while a call with the old one is under way; its refusal says
// nothing of the new one.
func TestAReloadJudgesNoOldAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		refuse := after(2*time.Second, wrongKey())
		h := newHouse(t, settings(), script(refuse, wait()))
		h.age()
		old := h.Begin(pushTo(t, "a1", otherPhone))
		<-time.After(time.Second)
		s := settings()
		s.API.APIKey = secret.New(testKey + "-new")
		if faults := h.Reload(s); len(faults) != 0 {
			t.Fatal(faults)
		}
		h.fake.mu.Lock()
		h.fake.answer = script(sent(), wait(), said())
		h.fake.mu.Unlock()
		if a := <-old.Answer(); a.Outcome != auth.Misconfigured {
			t.Errorf("the old call: %s", a.Outcome)
		}
		if a := h.push(t.Context(), pushTo(t, "a2", testMobile)); a.Outcome != auth.Approved {
			t.Errorf("with the new key: %s, %s", a.Outcome, a.Detail)
		}
	})
}

// TestASecondWrongKeyIsLoudToo: each set of settings has its own alarm.
func TestASecondWrongKeyIsLoudToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, settings(), script(wrongKey(), wrongKey()))
		h.age()
		for range 2 {
			h.push(t.Context(), pushTo(t, "a1", testMobile))
			if faults := h.Reload(settings()); len(faults) != 0 {
				t.Fatal(faults)
			}
		}
		if n := len(h.notes.systems("ivalt_misconfigured")); n != 2 {
			t.Errorf("%d alarms for two wrong keys", n)
		}
	})
}

// TestANewKeyHasABudgetOfItsOwn: what the old key used, and what was said of it, is over; who waits keeps the places.
func TestANewKeyHasABudgetOfItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := settings()
		s.Limits = state.Limits{PerMinute: 20}
		h := newHouse(t, s, script(sent(), wait(), wait(), wait(), said()))
		h.age()
		waiting := h.Begin(pushTo(t, "a1", testMobile))
		<-time.After(2 * time.Second)
		h.scheduler.budget.Penalise(time.Now().Add(10 * time.Minute))
		s.API.APIKey = secret.New(testKey + "-new")
		if faults := h.Reload(s); len(faults) != 0 {
			t.Fatal(faults)
		}
		if a := <-waiting.Answer(); a.Outcome != auth.Approved {
			t.Errorf("who waited: %s, %s", a.Outcome, a.Detail)
		}
		if faults := h.Reload(s); len(faults) != 0 {
			t.Fatal(faults)
		}
		if used := h.scheduler.budget.Use().Minute; used == 0 {
			t.Error("a reload with the same key forgets what it used")
		}
	})
}

// ended is a budget that notes its end.
type ended struct {
	*state.Budget
	over bool
}

func (e *ended) Close() { e.over = true }

// TestTheBudgetOfAnOldKeyEnds, and no other one: the places that it holds at other nodes would stay taken.
func TestTheBudgetOfAnOldKeyEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, settings(), script(sent()))
		var all []*ended
		h.scheduler.newBudget = func(l state.Limits) state.Allowance {
			all = append(all, &ended{Budget: state.NewBudget(l, nil)})
			return all[len(all)-1]
		}
		s := settings()
		for i, key := range []string{"-new", "-new", "-newer"} {
			s.API.APIKey = secret.New(testKey + key)
			if faults := h.Reload(s); len(faults) != 0 {
				t.Fatal(faults)
			}
			if want := i / 2; len(all) != 1+want || all[0].over != (want == 1) || all[want].over && want == 1 {
				t.Errorf("reload %d: %d budgets, the first has ended: %v", i, len(all), all[0].over)
			}
		}
	})
}
