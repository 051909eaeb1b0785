package course

import (
	"testing"
	"time"

	"ivalt-radius/auth"
	"ivalt-radius/ivalt/gateway"
)

// at builds a course in one phase: a clean sheet whose push (where there was one) was answered at 10 s.
type phase struct {
	name string
	make func() Course
}

const pushTime = 10 * time.Second

func phases() []phase {
	after := func(k Call, change func(*Course)) func() Course {
		return func() Course {
			c := Course{
				approval: time.Minute, Sent: pushTime, Zero: pushTime, Left: pushTime, Out: k, Delivery: Pushed, History: Clean,
				Last: 57 * time.Second, End: 57*time.Second + LastPollWaits,
			}
			change(&c)
			return c
		}
	}
	before := func(k Call) func() Course {
		return func() Course {
			return Course{approval: time.Minute, Out: k, Left: pushTime, Last: 57 * time.Second, End: 57 * time.Second}
		}
	}
	return []phase{
		{"look-up", before(LookUp)},
		{"drain", before(Drain)},
		{"push", after(Push, func(c *Course) { c.Delivery, c.Zero = Doubtful, 0 })},
		{"trusted push", after(Push, func(c *Course) { c.Delivery, c.Zero, c.Trusted = Doubtful, 0, true })},
		{"second push", after(Push, func(c *Course) { c.Delivery, c.resent, c.Trusted = Doubtful, true, true })},
		{"sentinel", after(Sentinel, func(*Course) {})},
		{"second look", after(Again, func(c *Course) { c.suspect = true })},
		{"poll", after(Poll, func(c *Course) { c.Trusted = true })},
		{"last poll", after(Poll, func(c *Course) { c.Trusted, c.Left = true, c.Last })},
		{"poll without trust", after(Poll, func(*Course) {})},
	}
}

// TestEveryStep is the whole machine: each phase against each class of answer.
func TestEveryStep(t *testing.T) {
	f := func(o auth.Outcome) string { return "end " + o.String() }
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
				_, o := c.Answered(gateway.Result{Class: k, Resend: true}, c.Left+300*time.Millisecond)
				if got := orderWord(o); got != want[p.name][k] {
					t.Errorf("%s (%s), want %s", got, o.Detail, want[p.name][k])
				}
				if o.Do == Finish && o.Detail == "" {
					t.Error("an end without a word for the operator")
				}
			})
		}
	}
}

func orderWord(o Order) string {
	switch o.Do {
	case Claim:
		return "claim"
	case Ask:
		return o.Call.String()
	case Finish:
		return "end " + o.Outcome.String()
	case Rest:
	}
	return "rest"
}

func TestBeforeThePush(t *testing.T) {
	number, err := auth.ParseMobile("+919876543210")
	if err != nil {
		t.Fatal(err)
	}
	fresh := func(rule SentinelRule) Course {
		return Begin(59*time.Second, Rules{Approval: time.Minute, Sentinel: rule})
	}
	t.Run("a known mobile is claimed", func(t *testing.T) {
		if _, o := fresh(EveryTime).Started(number, 0); o.Do != Claim {
			t.Errorf("%+v", o)
		}
	})
	t.Run("an unknown one is looked up", func(t *testing.T) {
		if _, o := fresh(EveryTime).Started(auth.Mobile{}, 0); o.Call != LookUp {
			t.Errorf("%+v", o)
		}
	})
	t.Run("too late to start", func(t *testing.T) {
		if _, o := fresh(EveryTime).Started(number, 56*time.Second); o.Outcome != auth.NoTime || o.Do != Finish {
			t.Errorf("%+v", o)
		}
	})
	t.Run("too late to push", func(t *testing.T) {
		c, _ := fresh(EveryTime).Claimed(Clean, 0)
		if c, o := c.Leaves(Push, 56*time.Second); o.Do != Finish || c.Delivery != Unpushed {
			t.Errorf("%+v", o)
		}
	})
	for _, tc := range []struct {
		name    string
		rule    SentinelRule
		History History
		Call    Call
		trusted bool
	}{
		{"always, clean", EveryTime, Clean, Push, false},
		{"always, dirty", EveryTime, Dirty, Drain, false},
		{"always, unseen", EveryTime, Unseen, Drain, false},
		{"auto, clean", WhereDoubtful, Clean, Push, true},
		{"auto, dirty", WhereDoubtful, Dirty, Drain, false},
		{"auto, unseen", WhereDoubtful, Unseen, Drain, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, o := fresh(tc.rule).Claimed(tc.History, time.Second)
			if o.Call != tc.Call || c.Trusted != tc.trusted {
				t.Errorf("first %s, trusted %v", o.Call, c.Trusted)
			}
		})
	}
}

func TestTheEndRings(t *testing.T) {
	for _, tc := range []struct {
		name string
		c    Course
		want auth.Outcome
	}{
		{"before the push", Course{}, auth.NoTime},
		{"a call is under way", Course{Delivery: Pushed, Out: Poll}, auth.NoAnswer},
		{"nothing is under way", Course{Delivery: Pushed}, auth.TimedOut},
	} {
		if _, o := tc.c.Rings(); o.Outcome != tc.want || o.Do != Finish {
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
		var o Order
		c.Out = Poll
		c, o = c.Answered(gateway.Result{Class: s.k}, c.Left+s.at)
		if got := orderWord(o); got != s.want {
			t.Fatalf("step %d: %s, want %s", i, got, s.want)
		}
		c.Left = o.At
	}
	t.Run("two that took longer than 10 s", func(t *testing.T) {
		c := phases()[7].make()
		c, o := c.Answered(gateway.Result{Class: gateway.Failed}, c.Left+gateway.Timeout)
		if o.Do != Ask {
			t.Fatalf("%+v", o)
		}
		c.Out = Poll
		if _, o = c.Answered(gateway.Result{Class: gateway.Failed}, c.Left+gateway.Timeout+time.Millisecond); o.Outcome != auth.NoAnswer || o.Do != Finish {
			t.Errorf("%+v", o)
		}
	})
}

// TestWalk goes every way of up to six answers after a push, and holds the rules that no way may break.
func TestWalk(t *testing.T) {
	for _, rule := range []SentinelRule{EveryTime, WhereDoubtful} {
		for _, h := range []History{Clean, Dirty} {
			c, o := Begin(59*time.Second, Rules{Approval: time.Minute, Sentinel: rule}).Claimed(h, 0)
			walk(t, c, o, &trail{rule: rule, History: h}, 6)
		}
	}
}

// trail is what a walk remembers, apart from the course.
type trail struct {
	rule    SentinelRule
	History History
	pushes  []time.Duration
	cleared bool // a poll after the push found no approval
	late    time.Duration
}

func walk(t *testing.T, c Course, o Order, tr *trail, depth int) {
	t.Helper()
	if depth == 0 || o.Do == Finish {
		return
	}
	now := max(o.At, tr.late)
	if now > c.End {
		t.Fatalf("%s at %s, after the end at %s", o.Call, now, c.End)
	}
	k := o.Call
	if c, o = c.Leaves(k, now); o.Do != Rest {
		return
	}
	next := tr.with(k, now)
	if complaint := next.complain(k); complaint != "" {
		t.Fatal(complaint)
	}
	for class := range gateway.Classes {
		step, Order := c.Answered(gateway.Result{Class: class, Resend: true}, next.late)
		if Order.Outcome == auth.Approved && (k != Poll || class != gateway.Approved) {
			t.Fatalf("approved by %s at a %s", class, k)
		}
		here := next
		if k > Push && class != gateway.Approved && class != gateway.Drift && !class.Trouble() {
			here.cleared = true
		}
		walk(t, step, Order, &here, depth-1)
	}
}

func (tr *trail) with(k Call, now time.Duration) trail {
	next := *tr
	next.late = now + 250*time.Millisecond
	if k == Push {
		next.pushes = append(append([]time.Duration(nil), tr.pushes...), now)
	}
	return next
}

func (tr *trail) complain(k Call) string {
	n := len(tr.pushes)
	switch {
	case n > 2 || (n == 2 && tr.pushes[1]-tr.pushes[0] < ResendAfter):
		return "a push too many or too soon"
	case k == Poll && !tr.cleared && (tr.rule != WhereDoubtful || tr.History != Clean):
		return "a regular poll before the sentinel phase was over"
	}
	return ""
}
