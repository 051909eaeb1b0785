package course

import (
	"math"
	"time"

	"ivalt-radius/auth"
	"ivalt-radius/ivalt/gateway"
)

// Call is one kind of request to iVALT.
type Call uint8

// The calls, in their order.
const (
	NoCall Call = iota
	LookUp
	Drain    // a poll before the push, for what an earlier push left behind
	Push     // the push itself, or its one repetition
	Sentinel // the poll right after the push, which no person can have answered
	Again    // the second look where the sentinel saw an approval
	Poll
)

func (c Call) String() string {
	return [...]string{"none", "look-up", "drain", "push", "sentinel", "second look", "poll"}[c]
}

// Endpoint is where a call goes.
func (c Call) Endpoint() gateway.Endpoint {
	switch c {
	case LookUp:
		return gateway.LookUps
	case Push:
		return gateway.Pushes
	case Drain, Sentinel, Again, Poll, NoCall:
	}
	return gateway.Results
}

// History is what is known of a mobile before a push. The zero history trusts nothing.
type History uint8

// The histories.
const (
	Unseen History = iota // this process is too young to know
	Dirty                 // an approval may come late, or was found where none belongs
	Spent                 // an approval was counted a while ago, and may still be readable
	Clean
)

// ResultRule is what is known of iVALT's results, by the operator's word.
type ResultRule uint8

// The ways of results.
const (
	UnknownResult  ResultRule = iota // a read may leave them there, or not
	StickyResult                     // a read leaves them there
	ConsumedResult                   // a read takes them
)

// Delivery is what became of the push.
type Delivery uint8

// The fates of a push. The zero Delivery is none.
const (
	Unpushed Delivery = iota
	Doubtful          // it left, but nobody said that it was taken
	Pushed
)

// SentinelRule says when the sentinel is asked.
type SentinelRule uint8

// The rules of the sentinel.
const (
	EveryTime SentinelRule = iota
	WhereDoubtful
)

// Course is where one login stands: everything that its next step depends on. The zero course is not begun.
type Course struct {
	Out      Call     // the call that is under way
	Delivery Delivery // of the push
	History  History  // of the mobile
	rule     SentinelRule
	result   ResultRule
	Trusted  bool // the sentinel phase is over: an approval may count from here on
	suspect  bool // the sentinel saw an approval
	mayPush  bool // one more push may be sent
	resent   bool
	rings    bool        // it may ring already
	Failures uint8       // in a row
	Polls    uint8       // regular ones that left, 255 at most
	why      gateway.Why // of the latest call, where it had no usable answer

	approval time.Duration // how long the person has
	Sent     Instant       // when the first push left
	Zero     Instant       // its response: the schedule counts from here
	Left     Instant       // when the latest call left
	failing  Instant       // when the first failing call of the row left
	Seen     Instant       // when the latest poll left that found nothing yet, or the push's response
	rang     Instant       // when the latest push left
	former   Instant       // when the push left that this login renews
	Credit   Instant       // an approval that is older than the push counts before, since it is this login's own; 0: none does
	Last     Instant       // the final poll leaves
	End      Instant       // the answer is given, whatever is under way
}

// Rules are what a login keeps of the settings that it began with.
type Rules struct {
	Sentinel SentinelRule
	Result   ResultRule
	Approval time.Duration // how long the person has, from the push on
}

// Begin makes the course of a login whose verdict must leave at the deadline.
func Begin(deadline Instant, r Rules) Course {
	last := deadline - LastPollBefore
	return Course{rule: r.Sentinel, result: r.Result, approval: r.Approval, Last: last, End: last}
}

// Cost is how many calls are set aside before the push.
func (c *Course) Cost() int {
	n := LeastCalls
	if c.Trusted {
		n--
	}
	switch {
	case c.Delivery != Unpushed: // another node has sent it
		n--
	case c.Drains():
		n++
	}
	return n
}

// Keeps is how many reserved places must outlast the call: one always for the final poll.
func (c *Course) Keeps(k Call, now Instant) int {
	switch {
	case k == LookUp || k == Drain:
		return LeastCalls
	case k == Push && c.Delivery == Unpushed && c.Trusted:
		return LeastCalls - 2
	case k == Push && c.Delivery == Unpushed:
		return LeastCalls - 1
	case k != Push && now >= c.Last:
		return 0
	}
	return 1
}

// DoubtUntil is until when no other push may go to the phone, since nobody knows whether the last one rings; 0 where that is known.
func (c *Course) DoubtUntil() Instant {
	if c.Delivery != Doubtful {
		return 0
	}
	return max(c.Zero, c.rang) + ResendAfter
}

// Shares reports that the phone may show another push beside the one that was answered: an earlier login's, or this one's second.
func (c *Course) Shares() bool { return c.resent || c.History == Unseen || c.History == Dirty }

// Oldest is when the oldest push left whose approval counts at a moment: this login's own, or, while its credit lasts, the one that
// it renews.
func (c *Course) Oldest(now Instant) Instant {
	if now < c.Credit {
		return c.former
	}
	return c.Sent
}

// Lapse has the login polled for after its answer, so that the last poll's answer is there at a moment. No push leaves any more. It
// gives the first such step; rest where a call is under way.
func (c Course) Lapse(until, now Instant) (Course, Order) {
	c.mayPush = false
	c.Last = until - LastPollBefore
	c.End = c.Last + LastPollWaits
	if c.Out != NoCall {
		return c, Order{}
	}
	return c.PollOn(now)
}

// WithoutPush goes on without the one more push, which cannot be sent now.
func (c Course) WithoutPush(now Instant) (Course, Order) {
	c.mayPush = false
	return c.PollOn(now)
}

// Drains reports that a poll goes before the push. Where a read leaves results there it would change nothing, but for a login
// whose own earlier approval counts.
func (c *Course) Drains() bool {
	return (c.History == Unseen || c.History == Dirty) && (c.result != StickyResult || c.Credit > 0)
}

// Verb is what the scheduler does next.
type Verb uint8

// The verbs.
const (
	Rest   Verb = iota // something is under way; only the end can ring
	Claim              // ask for the mobile
	Ask                // send a call when its time comes
	Finish             // answer
)

// Order is a step's outcome.
type Order struct {
	Do      Verb
	Call    Call
	At      Instant
	Outcome auth.Outcome
	Detail  string
	Late    bool // approved by the answer to the push that this login renews
	Outage  bool // iVALT is out of reach
}

// Step is an order that a login waits for, small since each login has it: to claim or to ask.
type Step struct {
	At   Instant
	Do   Verb
	Call Call
}

// Step is the order without its end.
func (o *Order) Step() Step { return Step{At: o.At, Do: o.Do, Call: o.Call} }

// Order is the step as an order.
func (s Step) Order() Order { return Order{Do: s.Do, Call: s.Call, At: s.At} }

// Ringing is a login whose push may ring already: another node, or an earlier process, has begun it.
func (c Course) Ringing() Course {
	c.rings = true
	return c
}

// Started is the first step. known says whether the directory knew the mobile.
func (c Course) Started(m auth.Mobile, now Instant) (Course, Order) {
	switch {
	case now+humanTime > c.Last && !c.rings:
		return c, Ended(auth.NoAnswer, "too little time left for a push")
	case m.Empty():
		return c, Order{Do: Ask, Call: LookUp, At: now}
	}
	return c, Order{Do: Claim, At: now}
}

// Claimed is the step that follows once this login alone may push to its mobile.
func (c Course) Claimed(h History, now Instant) (Course, Order) {
	c.History = h
	c.Failures = 0
	c.Trusted = h == Clean && c.rule == WhereDoubtful
	if c.Drains() {
		return c, Order{Do: Ask, Call: Drain, At: now}
	}
	return c, Order{Do: Ask, Call: Push, At: now}
}

// Leaves is the step of a call at the moment it goes out. Where it orders anything but rest, the call must not go.
func (c Course) Leaves(k Call, now Instant) (Course, Order) {
	if k == Push && c.Delivery == Unpushed {
		if now+humanTime > c.Last {
			return c, Ended(auth.NoAnswer, "too little time left for a push")
		}
		c.Sent = now
		c.Last = min(c.Last, now+c.approval)
		c.End = c.Last + LastPollWaits
	}
	if k == Push {
		if c.resent = c.Delivery != Unpushed; c.resent && now+humanTime > c.Last {
			c.mayPush = false
			return c.PollOn(now)
		}
		c.Delivery, c.rang = Doubtful, now
	}
	if k == Poll && c.Polls < math.MaxUint8 {
		c.Polls++
	}
	c.Out, c.Left = k, now
	return c, Order{}
}

// Rings is the step at c.End.
func (c Course) Rings() (Course, Order) {
	switch {
	case c.Out != NoCall:
		end := Ended(auth.NoAnswer, gateway.Late.String())
		end.Outage = c.End-c.Left >= longWait // a login that came late has less, and says nothing of iVALT
		return c, end
	case c.Delivery == Unpushed && c.why != gateway.Answered:
		return c, c.unasked()
	case c.Delivery == Unpushed:
		return c, Ended(auth.NoAnswer, "too little time left for a push")
	}
	return c, Ended(auth.TimedOut, "nobody answered")
}

// Answered is the step of a call's answer.
func (c Course) Answered(r gateway.Result, now Instant) (Course, Order) {
	out := c.Out
	c.Out, c.why = NoCall, r.Why
	if !r.Class.Trouble() {
		c.Failures = 0
	}
	switch out {
	case LookUp:
		return c.lookedUp(r, now)
	case Drain:
		return c.drained(r.Class, now)
	case Push:
		return c.pushAnswered(r, now)
	case Sentinel, Again, Poll:
		return c.polled(out, r.Class, now)
	case NoCall:
	}
	return c, Order{}
}

func (c Course) lookedUp(r gateway.Result, now Instant) (Course, Order) {
	k := r.Class
	switch end := lookUpEnd(k); {
	case end.Do == Finish:
		return c, c.because(end)
	case k == gateway.Found:
		return c, Order{Do: Claim, At: now}
	case r.Violation.OfContent():
		return c, Ended(auth.NoAnswer, "the look-up's answer is odd: "+r.Violation.String())
	}
	return c.retry(LookUp, now)
}

// drained goes on to the push, whatever an old push's result was; only trouble that the push would meet too ends here. A no takes
// a late credit away: what is approved behind it is another push.
func (c Course) drained(k gateway.Class, now Instant) (Course, Order) {
	if k == gateway.Denied || k == gateway.Fence || k == gateway.Window {
		c.Credit = 0
	}
	switch end := drainEnd(k); {
	case end.Do == Finish:
		return c, end
	case k == gateway.Approved && c.Left < c.Credit:
		return c, ownLate()
	case k.Trouble():
		return c.retry(Drain, now)
	}
	return c, Order{Do: Ask, Call: Push, At: now}
}

// retry asks again for what costs nobody anything, until iVALT is held to be out of reach.
func (c Course) retry(k Call, now Instant) (Course, Order) {
	if c.fails(now) {
		return c, c.unasked()
	}
	return c, Order{Do: Ask, Call: k, At: now + retryBefore}
}

// fails counts one more failure and reports that it is one too many.
func (c *Course) fails(now Instant) bool {
	if c.Failures == 0 {
		c.failing = c.Left
	}
	c.Failures++
	return c.Failures >= mostFailures || (c.Failures > 1 && now-c.failing > longFailure)
}

func (c Course) pushAnswered(r gateway.Result, now Instant) (Course, Order) {
	first := !c.resent
	switch {
	case r.Class == gateway.Accepted:
		c.Delivery = Pushed
	case r.Class == gateway.Failed:
		// Nobody knows whether the phone rings. Polls go on, and after a while one more push may go.
		c.mayPush = r.Resend
		if c.fails(now) {
			return c, c.unasked()
		}
	case first:
		c.Delivery = Unpushed
		return c, c.because(pushEnd(r.Class))
	case !r.Class.Trouble():
		return c, pushEnd(r.Class) // the first push stays in doubt
	}
	if first {
		c.Zero, c.Seen = now, now
		return c.afterPush(now)
	}
	return c.PollOn(now)
}

func (c Course) afterPush(now Instant) (Course, Order) {
	if c.Trusted {
		return c.PollOn(now)
	}
	return c, Order{Do: Ask, Call: Sentinel, At: now}
}
