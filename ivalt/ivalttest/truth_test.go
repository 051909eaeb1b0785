package ivalttest

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestAnswersAreTheTruth: everything that was said, in the order in which it was said, whatever the API made of it.
func TestAnswersAreTheTruth(t *testing.T) {
	r := newRig(t, Options{})
	start := r.clock.Now()
	at := func(d time.Duration) time.Time { return start.Add(d) }
	r.Set(Person{Mobile: alice, Behaviour: Approve, After: 9 * time.Second, Next: []Step{{Deny, 2 * time.Second}, {DenySilent, 0}}})
	r.Set(Person{Mobile: bob, Behaviour: Geofence, After: 3 * time.Second, Next: []Step{{Manual, 0}}})
	r.push(alice) // 1: denied, and overwritten
	r.push(bob)   // 2: by hand
	r.clock.Pass(time.Second)
	r.push(alice) // 3: never
	r.push(alice) // 4: approves at 10 s, and nobody reads it
	r.push(bob)   // 5: approves at 4 s, elsewhere
	r.clock.Pass(time.Second)
	r.ApprovePush(2)
	if got := r.Answers(); len(got) != 2 || got[0].Push+got[1].Push != 3 {
		t.Fatalf("after two seconds: %+v", got)
	}
	r.clock.Pass(20 * time.Second)
	want := []Answer{
		{alice, 1, "denied", at(2 * time.Second), OwnAccord},
		{bob, 2, "approved", at(2 * time.Second), ByHand},
		{bob, 5, "outside geofence", at(4 * time.Second), OwnAccord},
		{alice, 4, "approved", at(10 * time.Second), OwnAccord},
	}
	if diff := cmp.Diff(want, sortedTies(r.Answers())); diff != "" {
		t.Error(diff)
	}
	for _, tt := range []struct {
		mobile string
		since  time.Duration
		want   bool
	}{
		{alice, 0, true},
		{"+91 98765 43210", 10 * time.Second, true},
		{alice, 10*time.Second + 1, false},
		{bob, 4 * time.Second, true},
		{bob, 4*time.Second + 1, false},
		{"+15550001111", 0, false},
	} {
		if got := r.ApprovedSince(tt.mobile, at(tt.since)); got != tt.want {
			t.Errorf("%s since %s: %v", tt.mobile, tt.since, got)
		}
	}
	r.Reset()
	if got := r.Answers(); len(got) != 0 {
		t.Errorf("after Reset: %+v", got)
	}
}

// sortedTies puts answers of one moment in the order of their pushes.
func sortedTies(all []Answer) []Answer {
	for i := 1; i < len(all); i++ {
		if all[i].At.Equal(all[i-1].At) && all[i].Push < all[i-1].Push {
			all[i], all[i-1] = all[i-1], all[i]
		}
	}
	return all
}

// TestAnswersAreBounded: the last ones stay.
func TestAnswersAreBounded(t *testing.T) {
	c := New(Options{Default: Step{Behaviour: Approve}})
	r := newRig(t, Options{})
	r.Cloud = c
	for i := range keptAnswers + 3 {
		p := &push{id: uint64(i + 1), mobile: alice}
		ph := phone{answers: c.answered, open: []*push{p}}
		ph.answer(0, reply{approved, r.clock.Now().Add(time.Duration(i)), OwnAccord}, time.Minute)
	}
	got := c.Answers()
	if len(got) != keptAnswers || got[0].Push != 4 || got[len(got)-1].Push != keptAnswers+3 {
		t.Errorf("%d answers, from %d", len(got), got[0].Push)
	}
}

// TestExpirySwitch: what is said once the push, or its unread answer, is too old; the next push makes it pending again.
func TestExpirySwitch(t *testing.T) {
	for _, does := range []Behaviour{Ignore, DenySilent, Approve, Deny} {
		t.Run(fmt.Sprint(does), func(t *testing.T) {
			r := newRig(t, Options{PushLifetime: time.Minute})
			r.Set(Person{Mobile: alice, Behaviour: does, After: time.Second})
			expired := func(status int, text string) {
				t.Helper()
				r.poll(alice).want(t, status, text)
				if err := r.Change(func(o *Options) { o.Expiry = 1 - o.Expiry }); err != nil {
					t.Fatal(err)
				}
			}
			r.push(alice)
			expired(404, "was not found.")
			r.clock.Pass(time.Minute)
			expired(403, "expired")
			expired(404, "was not found.")
			r.push(alice)
			expired(404, "was not found.")
		})
	}
	t.Run("not while another push is open", func(t *testing.T) {
		r := newRig(t, Options{PushLifetime: time.Minute, Expiry: 1})
		r.Set(Person{Mobile: alice, Behaviour: Ignore})
		r.push(alice)
		r.clock.Pass(30 * time.Second)
		r.push(alice)
		r.clock.Pass(30 * time.Second)
		r.poll(alice).want(t, 404, "")
		r.clock.Pass(30 * time.Second)
		r.poll(alice).want(t, 403, "expired")
	})
	t.Run("not after the answer was read", func(t *testing.T) {
		r := newRig(t, Options{PushLifetime: time.Minute, Expiry: 1})
		r.Set(Person{Mobile: alice, Behaviour: Approve, Next: []Step{{Ignore, 0}}})
		r.push(alice)
		r.clock.Pass(time.Minute)
		r.poll(alice).want(t, 403, "expired")
		r.push(alice)
		r.poll(alice).want(t, 200, textApproved)
		r.poll(alice).want(t, 404, "")
		r.clock.Pass(time.Hour)
		r.poll(alice).want(t, 404, "")
	})
}
