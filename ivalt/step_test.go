package ivalt

import (
	"testing"
	"time"

	"ivalt-radius/auth"
	"ivalt-radius/ivalt/gateway"
)

// at builds a course in one phase: a clean sheet whose push (where there was one) was answered at 10 s.
type phase struct {
	name string
	make func() course
}

const pushTime = 10 * time.Second

func phases() []phase {
	after := func(k call, change func(*course)) func() course {
		return func() course {
			c := course{
				approval: time.Minute, sent: pushTime, zero: pushTime, left: pushTime, out: k, delivery: pushed, history: clean,
				last: 57 * time.Second, end: 57*time.Second + lastPollWaits,
			}
			change(&c)
			return c
		}
	}
	before := func(k call) func() course {
		return func() course {
			return course{approval: time.Minute, out: k, left: pushTime, last: 57 * time.Second, end: 57 * time.Second}
		}
	}
	return []phase{
		{"look-up", before(lookUp)},
		{"drain", before(drain)},
		{"push", after(push, func(c *course) { c.delivery, c.zero = doubtful, 0 })},
		{"trusted push", after(push, func(c *course) { c.delivery, c.zero, c.trusted = doubtful, 0, true })},
		{"second push", after(push, func(c *course) { c.delivery, c.resent, c.trusted = doubtful, true, true })},
		{"sentinel", after(sentinel, func(*course) {})},
		{"second look", after(again, func(c *course) { c.suspect = true })},
		{"poll", after(poll, func(c *course) { c.trusted = true })},
		{"last poll", after(poll, func(c *course) { c.trusted, c.left = true, c.last })},
		{"poll without trust", after(poll, func(*course) {})},
	}
}

// TestEveryStep is the whole machine: each phase against each class of answer.
func TestEveryStep(t *testing.T) {
	f := func(o auth.Outcome) string { return "end " + outcomeWord(o) }
	noAnswer, wrong, slow := f(auth.NoAnswer), f(auth.Misconfigured), f(auth.Throttled)
	// In the order of the classes: failed unsent refused throttled badKey badRequest fence window denied expired unknown
	// pending accepted found drift approved.
	want := map[string][gateway.Classes]string{
		"look-up": {
			"look-up", "look-up", noAnswer, slow, wrong, wrong, noAnswer, noAnswer, noAnswer, noAnswer, f(auth.NotEnrolled),
			noAnswer, noAnswer, "claim", noAnswer, noAnswer,
		},
		"drain": {
			"drain", "drain", "drain", slow, wrong, wrong, "push", "push", "push", "push", "push",
			"push", "push", "push", "push", "push",
		},
		"push": {
			"sentinel", noAnswer, noAnswer, slow, wrong, wrong, f(auth.OutsideFence), f(auth.OutsideTime), f(auth.Denied), f(auth.Denied), f(auth.NotEnrolled),
			noAnswer, "sentinel", noAnswer, noAnswer, noAnswer,
		},
		"trusted push": {
			"poll", noAnswer, noAnswer, slow, wrong, wrong, f(auth.OutsideFence), f(auth.OutsideTime), f(auth.Denied), f(auth.Denied), f(auth.NotEnrolled),
			noAnswer, "poll", noAnswer, noAnswer, noAnswer,
		},
		"second push": {
			"poll", "poll", "poll", "poll", wrong, wrong, f(auth.OutsideFence), f(auth.OutsideTime), f(auth.Denied), f(auth.Denied), f(auth.NotEnrolled),
			noAnswer, "poll", noAnswer, noAnswer, noAnswer,
		},
		"sentinel": {
			"sentinel", "sentinel", "sentinel", "sentinel", wrong, wrong, f(auth.OutsideFence), f(auth.OutsideTime), "poll", "poll", "poll",
			"poll", "poll", "poll", "second look", "second look",
		},
		"second look": {
			"second look", "second look", "second look", "second look", wrong, wrong, f(auth.OutsideFence), f(auth.OutsideTime), f(auth.Denied), f(auth.TimedOut), "poll",
			"poll", "poll", "poll", f(auth.Stale), f(auth.Stale),
		},
		"poll": {
			"poll", "poll", "poll", "poll", wrong, wrong, f(auth.OutsideFence), f(auth.OutsideTime), f(auth.Denied), f(auth.TimedOut), "poll",
			"poll", "poll", "poll", "poll", f(auth.Approved),
		},
		"last poll": {
			noAnswer, noAnswer, noAnswer, noAnswer, wrong, wrong, f(auth.OutsideFence), f(auth.OutsideTime), f(auth.Denied), f(auth.TimedOut), f(auth.TimedOut),
			f(auth.TimedOut), f(auth.TimedOut), f(auth.TimedOut), f(auth.TimedOut), f(auth.Approved),
		},
		"poll without trust": {
			"sentinel", "sentinel", "sentinel", "sentinel", wrong, wrong, f(auth.OutsideFence), f(auth.OutsideTime), f(auth.Denied), f(auth.TimedOut), "sentinel",
			"sentinel", "sentinel", "sentinel", "sentinel", f(auth.Stale),
		},
	}
	for _, p := range phases() {
		for k := range gateway.Classes {
			t.Run(p.name+"/"+k.String(), func(t *testing.T) {
				c := p.make()
				_, o := c.answered(gateway.Result{Class: k, Resend: true}, c.left+300*time.Millisecond)
				if got := orderWord(o); got != want[p.name][k] {
					t.Errorf("%s (%s), want %s", got, o.detail, want[p.name][k])
				}
				if o.do == finish && o.detail == "" {
					t.Error("an end without a word for the operator")
				}
			})
		}
	}
}

func orderWord(o order) string {
	switch o.do {
	case claim:
		return "claim"
	case ask:
		return o.call.String()
	case finish:
		return "end " + outcomeWord(o.outcome)
	case rest:
	}
	return "rest"
}

func outcomeWord(o auth.Outcome) string {
	return [...]string{
		"no answer", "approved", "denied", "timed out", "fence", "time", "not enrolled", "collided", "stale", "no budget",
		"throttled", "misconfigured", "withdrawn", "stopping",
	}[o]
}

func TestBeforeThePush(t *testing.T) {
	number := mobile(t, testMobile)
	fresh := func(rule sentinelRule) course {
		return begin(59*time.Second, &plan{approval: time.Minute, sentinel: rule})
	}
	t.Run("a known mobile is claimed", func(t *testing.T) {
		if _, o := fresh(everyTime).started(number, 0); o.do != claim {
			t.Errorf("%+v", o)
		}
	})
	t.Run("an unknown one is looked up", func(t *testing.T) {
		if _, o := fresh(everyTime).started(auth.Mobile{}, 0); o.call != lookUp {
			t.Errorf("%+v", o)
		}
	})
	t.Run("too late to start", func(t *testing.T) {
		if _, o := fresh(everyTime).started(number, 56*time.Second); o.outcome != auth.NoAnswer || o.do != finish {
			t.Errorf("%+v", o)
		}
	})
	t.Run("too late to push", func(t *testing.T) {
		c, _ := fresh(everyTime).claimed(clean, 0)
		if c, o := c.leaves(push, 56*time.Second); o.do != finish || c.delivery != unpushed {
			t.Errorf("%+v", o)
		}
	})
	for _, tc := range []struct {
		name    string
		rule    sentinelRule
		history history
		call    call
		trusted bool
	}{
		{"always, clean", everyTime, clean, push, false},
		{"always, dirty", everyTime, dirty, drain, false},
		{"always, unseen", everyTime, unseen, drain, false},
		{"auto, clean", whereDoubtful, clean, push, true},
		{"auto, dirty", whereDoubtful, dirty, drain, false},
		{"auto, unseen", whereDoubtful, unseen, drain, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, o := fresh(tc.rule).claimed(tc.history, time.Second)
			if o.call != tc.call || c.trusted != tc.trusted {
				t.Errorf("first %s, trusted %v", o.call, c.trusted)
			}
		})
	}
}

func TestTheEndRings(t *testing.T) {
	for _, tc := range []struct {
		name string
		c    course
		want auth.Outcome
	}{
		{"before the push", course{}, auth.NoAnswer},
		{"a call is under way", course{delivery: pushed, out: poll}, auth.NoAnswer},
		{"nothing is under way", course{delivery: pushed}, auth.TimedOut},
	} {
		if _, o := tc.c.rings(); o.outcome != tc.want || o.do != finish {
			t.Errorf("%s: %+v", tc.name, o)
		}
	}
}

func TestFailuresInARow(t *testing.T) {
	c := phases()[7].make()
	steps := []struct {
		k    gateway.Class
		at   time.Duration
		want string
	}{
		{gateway.Failed, 300 * time.Millisecond, "poll"},
		{gateway.Failed, 300 * time.Millisecond, "poll"},
		{gateway.Pending, 300 * time.Millisecond, "poll"},
		{gateway.Failed, 300 * time.Millisecond, "poll"},
		{gateway.Throttled, 300 * time.Millisecond, "poll"},
		{gateway.Failed, 300 * time.Millisecond, "poll"},
		{gateway.Refused, 300 * time.Millisecond, "end no answer"},
	}
	for i, s := range steps {
		var o order
		c.out = poll
		c, o = c.answered(gateway.Result{Class: s.k}, c.left+s.at)
		if got := orderWord(o); got != s.want {
			t.Fatalf("step %d: %s, want %s", i, got, s.want)
		}
		c.left = o.at
	}
	t.Run("two that took longer than 10 s", func(t *testing.T) {
		c := phases()[7].make()
		c, o := c.answered(gateway.Result{Class: gateway.Failed}, c.left+gateway.Timeout)
		if o.do != ask {
			t.Fatalf("%+v", o)
		}
		c.out = poll
		if _, o = c.answered(gateway.Result{Class: gateway.Failed}, c.left+gateway.Timeout+time.Millisecond); o.outcome != auth.NoAnswer || o.do != finish {
			t.Errorf("%+v", o)
		}
	})
}

// TestWalk goes every way of up to six answers after a push, and holds the rules that no way may break.
func TestWalk(t *testing.T) {
	for _, rule := range []sentinelRule{everyTime, whereDoubtful} {
		for _, h := range []history{clean, dirty} {
			c, o := begin(59*time.Second, &plan{approval: time.Minute, sentinel: rule}).claimed(h, 0)
			walk(t, c, o, &trail{rule: rule, history: h}, 6)
		}
	}
}

// trail is what a walk remembers, apart from the course.
type trail struct {
	rule    sentinelRule
	history history
	pushes  []time.Duration
	cleared bool // a poll after the push found no approval
	late    time.Duration
}

func walk(t *testing.T, c course, o order, tr *trail, depth int) {
	t.Helper()
	if depth == 0 || o.do == finish {
		return
	}
	now := max(o.at, tr.late)
	if now > c.end {
		t.Fatalf("%s at %s, after the end at %s", o.call, now, c.end)
	}
	k := o.call
	if c, o = c.leaves(k, now); o.do != rest {
		return
	}
	next := tr.with(k, now)
	if complaint := next.complain(k); complaint != "" {
		t.Fatal(complaint)
	}
	for class := range gateway.Classes {
		step, order := c.answered(gateway.Result{Class: class, Resend: true}, next.late)
		if order.outcome == auth.Approved && (k != poll || class != gateway.Approved) {
			t.Fatalf("approved by %s at a %s", class, k)
		}
		here := next
		if k > push && class != gateway.Approved && class != gateway.Drift && !class.Trouble() {
			here.cleared = true
		}
		walk(t, step, order, &here, depth-1)
	}
}

func (tr *trail) with(k call, now time.Duration) trail {
	next := *tr
	next.late = now + 250*time.Millisecond
	if k == push {
		next.pushes = append(append([]time.Duration(nil), tr.pushes...), now)
	}
	return next
}

func (tr *trail) complain(k call) string {
	n := len(tr.pushes)
	switch {
	case n > 2 || (n == 2 && tr.pushes[1]-tr.pushes[0] < resendAfter):
		return "a push too many or too soon"
	case k == poll && !tr.cleared && (tr.rule != whereDoubtful || tr.history != clean):
		return "a regular poll before the sentinel phase was over"
	}
	return ""
}
