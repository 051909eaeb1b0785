package ivalt

import (
	"math"
	"time"

	"ivalt-radius/auth"
	"ivalt-radius/ivalt/gateway"
)

// call is one kind of request to iVALT.
type call uint8

const (
	noCall call = iota
	lookUp
	drain    // a poll before the push, for what an earlier push left behind
	push     // the push itself, or its one repetition
	sentinel // the poll right after the push, which no person can have answered
	again    // the second look where the sentinel saw an approval
	poll
)

func (c call) String() string {
	return [...]string{"none", "look-up", "drain", "push", "sentinel", "second look", "poll"}[c]
}

// history is what is known of a mobile before a push. The zero history trusts nothing.
type history uint8

const (
	unseen history = iota // this process is too young to know
	dirty                 // an approval may come late, or was found where none belongs
	spent                 // an approval was counted a while ago, and may still be readable
	clean
)

// resultRule is what is known of iVALT's results, by the operator's word.
type resultRule uint8

const (
	unknownResult  resultRule = iota // a read may leave them there, or not
	stickyResult                     // a read leaves them there
	consumedResult                   // a read takes them
)

// delivery is what became of the push.
type delivery uint8

const (
	unpushed delivery = iota
	doubtful          // it left, but nobody said that it was taken
	pushed
)

// sentinelRule says when the sentinel is asked.
type sentinelRule uint8

const (
	everyTime sentinelRule = iota
	whereDoubtful
)

// course is where one login stands: everything that its next step depends on. The zero course is not begun.
type course struct {
	out      call     // the call that is under way
	delivery delivery // of the push
	history  history  // of the mobile
	rule     sentinelRule
	result   resultRule
	trusted  bool // the sentinel phase is over: an approval may count from here on
	suspect  bool // the sentinel saw an approval
	mayPush  bool // one more push may be sent
	resent   bool
	failures uint8       // in a row
	polls    uint8       // regular ones that left, 255 at most
	why      gateway.Why // of the latest call, where it had no usable answer

	approval time.Duration // how long the person has
	sent     instant       // when the first push left
	zero     instant       // its response: the schedule counts from here
	left     instant       // when the latest call left
	failing  instant       // when the first failing call of the row left
	seen     instant       // when the latest poll left that found nothing yet, or the push's response
	credit   instant       // an approval that is older than the push counts before, since it is this login's own; 0: none does
	last     instant       // the final poll leaves
	end      instant       // the answer is given, whatever is under way
}

// begin makes the course of a login whose verdict must leave at the deadline.
func begin(deadline instant, p *plan) course {
	last := deadline - lastPollBefore
	return course{rule: p.sentinel, result: p.result, approval: p.approval, last: last, end: last}
}

// drains reports that a poll goes before the push. Where a read leaves results there it would change nothing, but for a login
// whose own earlier approval counts.
func (c *course) drains() bool {
	return (c.history == unseen || c.history == dirty) && (c.result != stickyResult || c.credit > 0)
}

// verb is what the scheduler does next.
type verb uint8

const (
	rest   verb = iota // something is under way; only the end can ring
	claim              // ask for the mobile
	ask                // send a call when its time comes
	finish             // answer
)

// order is a step's outcome.
type order struct {
	do      verb
	call    call
	at      instant
	outcome auth.Outcome
	detail  string
}

// started is the first step. known says whether the directory knew the mobile.
func (c course) started(m auth.Mobile, now instant) (course, order) {
	switch {
	case now+humanTime > c.last:
		return c, ended(auth.NoAnswer, "too little time left for a push")
	case m.Empty():
		return c, order{do: ask, call: lookUp, at: now}
	}
	return c, order{do: claim, at: now}
}

// claimed is the step that follows once this login alone may push to its mobile.
func (c course) claimed(h history, now instant) (course, order) {
	c.history = h
	c.failures = 0
	c.trusted = h == clean && c.rule == whereDoubtful
	if c.drains() {
		return c, order{do: ask, call: drain, at: now}
	}
	return c, order{do: ask, call: push, at: now}
}

// leaves is the step of a call at the moment it goes out. Where it orders anything but rest, the call must not go.
func (c course) leaves(k call, now instant) (course, order) {
	if k == push && c.delivery == unpushed {
		if now+humanTime > c.last {
			return c, ended(auth.NoAnswer, "too little time left for a push")
		}
		c.sent = now
		c.last = min(c.last, now+c.approval)
		c.end = c.last + lastPollWaits
	}
	if k == push {
		if c.resent = c.delivery != unpushed; c.resent && now+humanTime > c.last {
			c.mayPush = false
			return c.pollOn(now)
		}
		c.delivery = doubtful
	}
	if k == poll && c.polls < math.MaxUint8 {
		c.polls++
	}
	c.out, c.left = k, now
	return c, order{}
}

// rings is the step at c.end.
func (c course) rings() (course, order) {
	switch {
	case c.out != noCall:
		return c, ended(auth.NoAnswer, gateway.Late.String())
	case c.delivery == unpushed && c.why != gateway.Answered:
		return c, c.unasked()
	case c.delivery == unpushed:
		return c, ended(auth.NoAnswer, "too little time left for a push")
	}
	return c, ended(auth.TimedOut, "nobody answered")
}

// answered is the step of a call's answer.
func (c course) answered(r gateway.Result, now instant) (course, order) {
	out := c.out
	c.out, c.why = noCall, r.Why
	if !r.Class.Trouble() {
		c.failures = 0
	}
	switch out {
	case lookUp:
		return c.lookedUp(r.Class, now)
	case drain:
		return c.drained(r.Class, now)
	case push:
		return c.pushAnswered(r, now)
	case sentinel, again, poll:
		return c.polled(out, r.Class, now)
	case noCall:
	}
	return c, order{}
}

func (c course) lookedUp(k gateway.Class, now instant) (course, order) {
	switch end := lookUpEnd(k); {
	case end.do == finish:
		return c, c.because(end)
	case k == gateway.Found:
		return c, order{do: claim, at: now}
	}
	return c.retry(lookUp, now)
}

// drained goes on to the push, whatever an old push's result was; only trouble that the push would meet too ends here.
func (c course) drained(k gateway.Class, now instant) (course, order) {
	switch end := drainEnd(k); {
	case end.do == finish:
		return c, end
	case k == gateway.Approved && c.left < c.credit:
		return c, ownLate()
	case k.Trouble():
		return c.retry(drain, now)
	}
	return c, order{do: ask, call: push, at: now}
}

// retry asks again for what costs nobody anything, until iVALT is held to be out of reach.
func (c course) retry(k call, now instant) (course, order) {
	if c.fails(now) {
		return c, c.unasked()
	}
	return c, order{do: ask, call: k, at: now + retryBefore}
}

// fails counts one more failure and reports that it is one too many.
func (c *course) fails(now instant) bool {
	if c.failures == 0 {
		c.failing = c.left
	}
	c.failures++
	return c.failures >= mostFailures || (c.failures > 1 && now-c.failing > longFailure)
}

func (c course) pushAnswered(r gateway.Result, now instant) (course, order) {
	first := !c.resent
	switch {
	case r.Class == gateway.Accepted:
		c.delivery = pushed
	case r.Class == gateway.Failed:
		// Nobody knows whether the phone rings. Polls go on, and after a while one more push may go.
		c.mayPush = r.Resend
		if c.fails(now) {
			return c, c.unasked()
		}
	case first:
		c.delivery = unpushed
		return c, c.because(pushEnd(r.Class))
	case !r.Class.Trouble():
		return c, pushEnd(r.Class) // the first push stays in doubt
	}
	if first {
		c.zero, c.seen = now, now
		return c.afterPush(now)
	}
	return c.pollOn(now)
}

func (c course) afterPush(now instant) (course, order) {
	if c.trusted {
		return c.pollOn(now)
	}
	return c, order{do: ask, call: sentinel, at: now}
}
