package ivalt

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ivalt-radius/auth"
	"ivalt-radius/ivalt/breaker"
)

// answers runs pushes at once and returns what came of them, in their order.
func (h *house) answers(t *testing.T, pushes ...*auth.Push) []auth.Answer {
	t.Helper()
	out := make([]auth.Answer, len(pushes))
	var all sync.WaitGroup
	for i, p := range pushes {
		all.Go(func() { out[i] = h.push(t.Context(), p) })
		synctest.Wait() // one after the other
	}
	all.Wait()
	return out
}

func outcomes(answers []auth.Answer) (words []string) {
	for _, a := range answers {
		words = append(words, a.Outcome.String())
	}
	return words
}

func TestCollisions(t *testing.T) {
	for _, tc := range []collision{
		{rule: DenyBoth, want: []string{"collided", "collided"}, nextPolls: 3},
		{rule: KeepFirst, want: []string{"approved", "collided"}, nextPolls: 2},
	} {
		t.Run(tc.rule, func(t *testing.T) { synctest.Test(t, tc.run) })
	}
}

type collision struct {
	rule      string
	want      []string
	nextPolls int // of the login after the collision: with a drain where both ended
}

func (tc *collision) run(t *testing.T) {
	s := settings()
	s.OnCollision = tc.rule
	h := newHouse(t, s, approveAtOnce())
	h.age()
	got := h.answers(t, pushTo(t, "a1", testMobile), pushTo(t, "a2", testMobile))
	if diff := cmp.Diff(tc.want, outcomes(got)); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
	if !got[0].Pushed || got[1].Pushed || h.fake.count(pushPath) != 1 {
		t.Errorf("%+v, %d pushes", got, h.fake.count(pushPath))
	}
	if words := h.notes.security(); len(words) != 1 || words[0] != "collision" {
		t.Errorf("security events %v", words)
	}
	// The next one is not held off.
	<-time.After(holdFor)
	before := h.fake.count(resultPath)
	if a := h.push(t.Context(), pushTo(t, "a3", testMobile)); a.Outcome != auth.Approved {
		t.Errorf("the next login: %+v", a)
	}
	if n := h.fake.count(resultPath) - before; n != tc.nextPolls {
		t.Errorf("%d polls, want %d", n, tc.nextPolls)
	}
}

// approveAtOnce finds an approval at the second poll after each push.
func approveAtOnce() func(request) reply {
	n := 9
	return func(r request) reply {
		if r.path == pushPath {
			n = 0
			return sent()
		}
		if n++; n == 2 {
			return said()
		}
		return wait()
	}
}

func (r reply) or(other reply) reply {
	if r.status == 0 && r.err == nil {
		return other
	}
	return r
}

// TestDirtyMobiles holds what each end leaves behind: a drain before the next push, or none.
func TestDirtyMobiles(t *testing.T) {
	for _, tc := range []struct {
		name   string
		first  func(request) reply
		pause  time.Duration
		drains bool
	}{
		{"after an accept", script(sent(), wait(), said()), holdFor, false},
		{"after a timeout", script(sent(), wait()), 0, true},
		{"after a timeout, late", script(sent(), wait()), dirtyFor - time.Second, true},
		{"after a timeout, later", script(sent(), wait()), dirtyFor, false},
		{"after a stale approval", script(sent(), said()), 0, true},
		{"long after a stale approval", script(sent(), said()), 10 * dirtyFor, true},
		{"after a denial", script(sent(), wait(), no()), 0, true},
		{"after an outage", script(sent(), broken()), breaker.RefusedPause, true},
		{"after a refused push", script(wait(), wait()), 0, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHouse(t, settings(), tc.first)
				h.age()
				h.push(t.Context(), pushTo(t, "a1", testMobile))
				var paths []string
				h.fake.mu.Lock()
				h.fake.answer = func(r request) reply {
					paths = append(paths, r.path)
					return script(sent(), wait())(r)
				}
				h.fake.mu.Unlock()
				<-time.After(tc.pause)
				h.fake.mu.Lock()
				paths = nil // a probe
				h.fake.mu.Unlock()
				h.push(t.Context(), pushTo(t, "a2", testMobile))
				if drained := paths[0] == resultPath; drained != tc.drains {
					t.Errorf("drained %v, want %v", drained, tc.drains)
				}
			})
		})
	}
}

func TestStaleUntilAPollSaysOtherwise(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, settings(), script(sent(), said()))
		h.age()
		for range 2 {
			if a := h.push(t.Context(), pushTo(t, "a1", testMobile)); a.Outcome != auth.Stale {
				t.Errorf("%+v", a)
			}
		}
		if words := h.notes.security(); len(words) != 2 || words[0] != "stale_approval" {
			t.Errorf("security events %v", words)
		}
		h.fake.mu.Lock()
		h.fake.answer = script(sent(), wait())
		h.fake.mu.Unlock()
		h.push(t.Context(), pushTo(t, "a1", testMobile))
		<-time.After(dirtyFor)
		before := h.fake.count(resultPath)
		h.fake.mu.Lock()
		h.fake.answer = script(sent(), wait(), said())
		h.fake.mu.Unlock()
		if a := h.push(t.Context(), pushTo(t, "a1", testMobile)); a.Outcome != auth.Approved || h.fake.count(resultPath)-before != 2 {
			t.Errorf("%+v after %d polls", a, h.fake.count(resultPath)-before)
		}
	})
}

func TestTheClaimIsHeldForAMomentAfterAnAccept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, settings(), script(sent(), wait(), said()))
		h.age()
		h.push(t.Context(), pushTo(t, "a1", testMobile))
		h.push(t.Context(), pushTo(t, "a2", testMobile))
		if diff := cmp.Diff(ms(0, 5500), h.fake.times(pushPath)); diff != "" {
			t.Errorf("pushes (-want +got):\n%s", diff)
		}
	})
}

func TestCollisionOfTwoPeopleWithOnePhone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, settings(), func(r request) reply {
			if r.path == lookUpPath {
				return reply{status: 200, body: `{"data":{"status":true,"details":{"mobile_with_country_code":"` + testMobile + `"}},"error":null}`}
			}
			return script(sent(), wait())(r)
		})
		h.age()
		got := h.answers(t, byEmail(t, "a1", "ada@example.com"), byEmail(t, "a2", "eve@example.com"))
		if diff := cmp.Diff([]string{"collided", "collided"}, outcomes(got)); diff != "" || h.fake.count(pushPath) != 1 {
			t.Errorf("%s%d pushes", diff, h.fake.count(pushPath))
		}
	})
}
