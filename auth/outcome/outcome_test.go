package outcome

import (
	"testing"

	"ivalt-radius/auth/reason"
)

// TestWords: every outcome has one of its own, by which it is found again; any other word is no answer.
func TestWords(t *testing.T) {
	seen := map[string]bool{}
	for o := range count {
		if seen[o.String()] || o.String() == "" || of(o.String()) != o {
			t.Errorf("%d is %q, which is %d", o, o, of(o.String()))
		}
		seen[o.String()] = true
	}
	for _, word := range []string{"", "accept", "Approved", "approved ", "1"} {
		if of(word) != NoAnswer {
			t.Errorf("%q is %v", word, of(word))
		}
	}
	if Outcome(200).String() != NoAnswer.String() || count.String() != NoAnswer.String() {
		t.Error("an unknown outcome sounds like an answer")
	}
}

// TestReasons: what is no approval has a reason that rejects, and what nobody foresaw is unavailable.
func TestReasons(t *testing.T) {
	for o := range count + 2 {
		if r := o.Reason(); r == reason.Approved || r == reason.Remembered || r == reason.Exempt || r == reason.Challenged {
			t.Errorf("%v: %v", o, r)
		}
	}
	for o, want := range map[Outcome]reason.Reason{
		Denied: reason.PushDenied, TimedOut: reason.PushTimeout, Withdrawn: reason.PushTimeout, OutsideFence: reason.Geofence,
		OutsideTime: reason.Timezone, NotEnrolled: reason.UnknownUser, Collided: reason.Collision, Stale: reason.StaleApproval,
		NoBudget: reason.Busy, Throttled: reason.Busy, Misconfigured: reason.Misconfigured, Stopping: reason.ShuttingDown,
		NoAnswer: reason.Unavailable, Elsewhere: reason.Unavailable, Outcome(200): reason.Unavailable,
	} {
		if o.Reason() != want {
			t.Errorf("%v: %v, want %v", o, o.Reason(), want)
		}
	}
}

// TestLapsed: only what rang, and nobody answered, may be answered late.
func TestLapsed(t *testing.T) {
	for o := range count {
		if (Answer{Outcome: o, Pushed: true}).Lapsed() != (o == TimedOut || o == NoAnswer) || (Answer{Outcome: o}).Lapsed() {
			t.Errorf("%v", o)
		}
	}
}
