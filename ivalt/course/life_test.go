package course

import (
	"testing"
	"time"

	"ivalt-radius/auth"
	"ivalt-radius/ivalt/gateway"
)

// TestWhatALoginSetsAside: push, sentinel and two polls, the drain where one goes before, no sentinel where none is asked.
func TestWhatALoginSetsAside(t *testing.T) {
	for _, tc := range []struct {
		name    string
		rules   Rules
		history History
		cost    int
	}{
		{"always, clean", Rules{}, Clean, 4},
		{"always, an accept before", Rules{}, Spent, 4},
		{"always, dirty", Rules{}, Dirty, 5},
		{"always, unseen", Rules{}, Unseen, 5},
		{"auto, clean", Rules{Sentinel: WhereDoubtful}, Clean, 3},
		{"auto, an accept before", Rules{Sentinel: WhereDoubtful}, Spent, 4},
		{"auto, dirty", Rules{Sentinel: WhereDoubtful}, Dirty, 5},
		{"a drain that would change nothing", Rules{Result: StickyResult}, Dirty, 4},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, _ := Begin(time.Minute, tc.rules).Claimed(tc.history, 0)
			if got := c.Cost(); got != tc.cost {
				t.Errorf("%d calls, want %d", got, tc.cost)
			}
		})
	}
}

// TestOnePlaceIsKeptForTheFinalPoll: whatever is spent before.
func TestOnePlaceIsKeptForTheFinalPoll(t *testing.T) {
	c := Course{Last: time.Minute}
	trusted := Course{Last: time.Minute, Trusted: true}
	again := Course{Last: time.Minute, Delivery: Doubtful}
	for _, tc := range []struct {
		name  string
		c     Course
		call  Call
		now   Instant
		keeps int
	}{
		{"a look-up keeps all", c, LookUp, 0, 4},
		{"a drain too", c, Drain, 0, 4},
		{"a push keeps the sentinel and two polls", c, Push, 0, 3},
		{"a push without a sentinel two polls", trusted, Push, 0, 2},
		{"a second push one", again, Push, 0, 1},
		{"a poll one", c, Poll, 0, 1},
		{"the final poll none", c, Poll, time.Minute, 0},
	} {
		if got := tc.c.Keeps(tc.call, tc.now); got != tc.keeps {
			t.Errorf("%s: %d, want %d", tc.name, got, tc.keeps)
		}
	}
}

// TestDoubtEndsTenSecondsBehindTheLastPush: the first one's answer or the second one's leaving, whichever was later.
func TestDoubtEndsTenSecondsBehindTheLastPush(t *testing.T) {
	c := Begin(time.Minute, Rules{Approval: time.Minute})
	if c.DoubtUntil() != 0 {
		t.Error("a login without a push leaves doubt")
	}
	c, _ = c.Leaves(Push, time.Second)
	c, _ = c.Answered(gateway.Result{Class: gateway.Failed, Resend: true}, 2*time.Second)
	if got := c.DoubtUntil(); got != 12*time.Second {
		t.Errorf("until %v", got)
	}
	c, _ = c.Leaves(Push, 13*time.Second)
	if got := c.DoubtUntil(); got != 23*time.Second {
		t.Errorf("until %v behind the second push", got)
	}
	c, _ = c.Answered(gateway.Result{Class: gateway.Accepted}, 14*time.Second)
	if c.DoubtUntil() != 0 || !c.Shares() {
		t.Error("a push that was taken leaves doubt, or two pushes are one")
	}
}

// TestLapse: the last look's answer is there when the credit ends, and no push leaves any more.
func TestLapse(t *testing.T) {
	c := Course{Delivery: Doubtful, mayPush: true, Trusted: true, Last: 10 * time.Second, Left: 10 * time.Second, Zero: 0}
	later, o := c.Lapse(42*time.Second, 10*time.Second)
	if o.Do != Ask || o.Call != Poll || later.Last != 40*time.Second || later.End >= 42*time.Second {
		t.Errorf("%+v, last poll at %v, end at %v", o, later.Last, later.End)
	}
	if _, more := later.Repush(); more {
		t.Error("one more push may leave behind the answer")
	}
	c.Out = Poll
	if _, o := c.Lapse(42*time.Second, 10*time.Second); o.Do != Rest {
		t.Errorf("%+v while a poll is under way", o)
	}
}

// TestRenew: while the credit lasts, what the former push found counts; then only the login's own.
func TestRenew(t *testing.T) {
	now := 55 * time.Second
	theirs := time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)
	mark := func(c *Course) *Mark {
		m := c.Mark(now)
		m.Made = theirs
		return &m
	}
	former := Course{Sent: 3 * time.Second, Left: 30 * time.Second}
	c := Course{Sent: 50 * time.Second}
	c.Renew(mark(&former), time.Minute, theirs, now)
	if c.Oldest(59*time.Second) != 3*time.Second || c.Oldest(time.Minute) != 50*time.Second {
		t.Errorf("oldest %v and %v", c.Oldest(59*time.Second), c.Oldest(time.Minute))
	}
	heirs := Course{Sent: 70 * time.Second}
	heirs.Renew(mark(&c), 100*time.Second, theirs, now)
	if got := heirs.Oldest(80 * time.Second); got != 3*time.Second {
		t.Errorf("an heir's heir reaches back to %v", got)
	}
	later := Course{Sent: 70 * time.Second}
	later.Renew(mark(&c), 100*time.Second, theirs.Add(10*time.Second), now+10*time.Second)
	if got := later.Oldest(80 * time.Second); got != 50*time.Second {
		t.Errorf("behind the credit an heir's heir reaches back to %v", got)
	}
}

// TestWithoutPush goes on with polls alone.
func TestWithoutPush(t *testing.T) {
	c := Course{Delivery: Doubtful, mayPush: true, Zero: time.Second, Left: 9900 * time.Millisecond, Last: time.Minute}
	if _, o := c.PollOn(9900 * time.Millisecond); o.Call != Push {
		t.Fatalf("%+v: no push is due", o)
	}
	if _, o := c.WithoutPush(9900 * time.Millisecond); o.Call != Sentinel {
		t.Errorf("%+v", o)
	}
}

// TestTheSpellingOfCalls is the log's.
func TestTheSpellingOfCalls(t *testing.T) {
	seen := map[string]bool{}
	for k := NoCall; k <= Poll; k++ {
		if word := k.String(); word == "" || seen[word] {
			t.Errorf("call %d is %q", k, word)
		}
		seen[k.String()] = true
	}
}

// TestThrottledAtTheEnd: the final poll was throttled, so nobody knows what the person said.
func TestThrottledAtTheEnd(t *testing.T) {
	c := Course{Delivery: Pushed, Trusted: true, Out: Poll, Left: time.Minute, Last: time.Minute}
	if _, o := c.Answered(gateway.Result{Class: gateway.Throttled}, time.Minute+time.Second); o.Outcome != auth.NoAnswer || o.Do != Finish {
		t.Errorf("%+v", o)
	}
}
