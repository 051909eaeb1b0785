package ivalt

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ivalt-radius/auth"
)

func ms(n ...int) []time.Duration {
	var out []time.Duration
	for _, v := range n {
		out = append(out, time.Duration(v)*time.Millisecond)
	}
	return out
}

func TestScheduleOfOneLogin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, settings(), script(sent(), wait()))
		h.age()
		a := h.Push(t.Context(), pushTo(t, "a1", testMobile))
		if a.Outcome != auth.TimedOut || !a.Pushed {
			t.Errorf("answer %+v, want timed out and pushed", a)
		}
		want := ms(0, 4500, 6000, 7800, 9960, 12552, 15662, 19395, 23874, 29249, 35698, 43438, 51438, 57000)
		if diff := cmp.Diff(want, h.fake.times(resultPath)); diff != "" {
			t.Errorf("polls (-want +got):\n%s", diff)
		}
		if n := h.fake.count(pushPath); n != 1 {
			t.Errorf("%d pushes", n)
		}
	})
}

func TestApproval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, settings(), script(sent(), wait(), wait(), said()))
		h.age()
		a := h.Push(t.Context(), pushTo(t, "a1", testMobile))
		if a.Outcome != auth.Approved || a.Mobile != mobile(t, testMobile) {
			t.Errorf("answer %+v, want approved", a)
		}
		if diff := cmp.Diff(ms(0, 4500, 6000), h.fake.times(resultPath)); diff != "" {
			t.Errorf("polls (-want +got):\n%s", diff)
		}
		if got := h.fake.requests()[0].label; got != "VPN gate 203.0.113.7" {
			t.Errorf("label %q", got)
		}
	})
}
