package ivalt

import (
	"context"
	"errors"
	"time"

	"ivalt-radius/auth"
	"ivalt-radius/ivalt/claim"
	"ivalt-radius/ivalt/course"
	"ivalt-radius/ivalt/gateway"
	"ivalt-radius/state/cluster"
)

// phone is what this process alone knows of a mobile: what is left there by earlier pushes, and whose it is, all nodes know together
// (cluster.Phones).
type phone struct {
	holder *login // the login that has it, or has asked for it; nil: none of this process
	lapsed *login // the login that was answered and whose push is still looked after; nil: none
}

// phones are the mobiles of the logins that wait, and of those that are still looked after. Not safe for concurrent use: the scheduler owns
// them.
type phones map[auth.Mobile]*phone

// of is the mobile's entry, made where there is none.
func (p phones) of(m auth.Mobile) *phone {
	e := p[m]
	if e == nil {
		e = &phone{}
		p[m] = e
	}
	return e
}

// drop forgets an entry that says nothing.
func (p phones) drop(m auth.Mobile) {
	if e := p[m]; e != nil && *e == (phone{}) {
		delete(p, m)
	}
}

// hold is what the memory gave for a phone. Only operations on that phone, which are done one after the other, read and write it.
type hold struct{ token cluster.Token }

// stand is where a login stands with its phone.
type stand uint8

const (
	unasked stand = iota // it has not asked for it, or must ask again
	bidding              // it has asked
	granted              // it alone may push
)

// memoryAway is said of a login that needs the shared memory, which cannot be asked.
const memoryAway = "the shared memory cannot be asked"

// claim asks for the login's phone, or finds that another one of this process has it.
func (s *scheduler) claim(l *login, now instant) {
	if l.claim == granted {
		l.awaits = nil // it took too long
		s.goOn(l, now)
		return
	}
	e := s.phones.of(l.mobile)
	if e.holder != nil {
		s.collide(l, e.holder, now)
		return
	}
	s.void(e, l)
	e.holder, l.claim, l.hold, l.next = l, bidding, &hold{}, step{}
	s.asking[l.push.Attempt] = l
	s.obey(l, l.course, order{Do: course.Rest}, now)
	h, bid := l.hold, cluster.Bid{
		Phone: l.mobile.E164(), Attempt: l.push.Attempt, Renews: l.push.Renews, Collision: l.plan.collision, Life: time.Until(l.push.Deadline),
	}
	s.desk.Do(bid.Phone, func(ctx context.Context) { s.bid(ctx, l, h, bid) })
}

// letGo has a login not hold its phone, here.
func (s *scheduler) letGo(l *login) {
	if s.asking[l.push.Attempt] == l {
		delete(s.asking, l.push.Attempt)
	}
	if e := s.phones[l.mobile]; e != nil && e.holder == l {
		e.holder = nil
		s.phones.drop(l.mobile)
	}
}

// bid asks the memory, and the budget behind it.
func (s *scheduler) bid(ctx context.Context, l *login, h *hold, b cluster.Bid) {
	c, err := s.memory.Claim(ctx, b)
	if h.token = c.Token; errors.Is(err, cluster.ErrUnreachable) {
		s.desk.Owe(b.Phone, l.push.Deadline.Add(cluster.Grace), claim.GiveBack(s.memory, b), nil)
	}
	s.mu.Lock()
	books := false
	if l.stage() == isAsked {
		books = s.claimed(l, &c, err, s.now())
	}
	places := l.course.Cost() - int(l.reserved)
	s.dispatch()
	s.unlock()
	if books {
		s.book(l, places, s.booked)
	}
}

// claimed takes what came of asking for the phone. It reports that places in the budget must be set aside now.
func (s *scheduler) claimed(l *login, c *cluster.Claim, err error, now instant) (books bool) {
	if err == nil && c.Kind == cluster.Granted {
		return s.granted(l, c, now)
	}
	s.letGo(l)
	l.claim, l.hold = unasked, nil
	switch {
	case err != nil:
		s.refused(l, err, now)
	case c.Kind == cluster.Held:
		s.obey(l, l.course, order{Do: course.Claim, At: now + max(c.Wait, time.Millisecond)}, now)
	case c.Kind == cluster.Taken:
		s.taken(l, c.Other, now)
	case c.Kind == cluster.Concluded:
		s.concluded(l, c.Answer, now)
	case c.Kind == cluster.Late:
		s.inherits(l, c.Answer, now)
	default:
		s.finish(l, course.Ended(auth.NoAnswer, memoryAway), now)
	}
	return false
}

// granted has a login begin that alone may push now, or go on with a push that rings already.
func (s *scheduler) granted(l *login, c *cluster.Claim, now instant) (books bool) {
	l.claim = granted
	next, o := l.course, order{}
	mark, err := course.ParseMark(c.Progress)
	known := err == nil && mark.Realm == s.realm
	switch own := c.Of == l.push.Attempt; {
	case own && c.Rang && !known:
		next.Delivery = course.Doubtful
		o = course.Ended(auth.NoAnswer, "another node sent the push, and what it kept of it cannot be used here")
	case own && c.Rang:
		l.request = mark.Request
		next, o = next.TakenOver(&mark, claim.History(c.History), s.theirs(), now)
	case known && c.Of != "" && c.Of == l.push.Renews:
		l.former = mark.Request
		next.Renew(&mark, now+c.LateFor, s.theirs(), now)
		next, o = next.Claimed(claim.History(c.History), now)
	default:
		next, o = next.Claimed(claim.History(c.History), now)
	}
	l.doubted = next.History == course.Dirty || next.History == course.Spent
	if o.Do == course.Finish {
		s.obey(l, next, o, now)
		return false
	}
	l.course, l.begins = next, o.Step()
	if l.told != nil && now < next.Credit {
		l.activity = l.told.Activity
		s.finish(l, renewed(l.push.Renews), now)
		return false
	}
	if n := next.Cost(); n <= int(l.reserved) {
		s.release(l, int(l.reserved)-n)
		s.goOn(l, now)
		return false
	}
	return true
}

// booked goes on with a login that has its places in the budget. A push that rings already is polled for without them too.
func (s *scheduler) booked(l *login, got int, now instant) {
	if got == 0 && l.course.Delivery == course.Unpushed {
		s.finish(l, s.noBudget(), now)
		return
	}
	s.goOn(l, now)
}

// goOn has a login that has its phone take its first step.
func (s *scheduler) goOn(l *login, now instant) {
	if l.awaits != nil && l.awaits.course.Out != course.NoCall {
		// A poll is under way for the login that it renews: no second push before its answer is there.
		s.obey(l, l.course, order{Do: course.Claim, At: now + gateway.Timeout}, now)
		return
	}
	o := l.begins.Order()
	l.begins = step{}
	l.times = s.learner.Of(l.mobile.E164())
	s.obey(l, l.course, o, now)
}

// theirs is iVALT's time, by which nodes whose clocks differ tell each other when something was.
func (s *scheduler) theirs() time.Time { return time.Now().Add(s.skew.Ahead()) }

// collide answers a login whose mobile another one of this process holds. By default that one ends too: an approval that comes now could
// be meant for either.
func (s *scheduler) collide(l, holder *login, now instant) {
	rule := l.plan.collision
	s.voice.Collision(l.push, holder.push.Attempt, rule)
	s.finish(l, course.Ended(auth.Collided, "another login waits for this phone"), now)
	if rule == cluster.DenyBoth {
		s.finish(holder, outbid(), now)
	}
}

func outbid() order { return course.Ended(auth.Collided, "another login asked for this phone") }

// taken answers a login whose phone another attempt has. Where that one is of this node, its notice ends it, or its own end.
func (s *scheduler) taken(l *login, other string, now instant) {
	if other == l.push.Attempt { // that was so before this node took it over
		s.outbid(l, now)
		return
	}
	s.voice.Collision(l.push, other, l.plan.collision)
	s.finish(l, course.Ended(auth.Collided, "another login waits for this phone"), now)
}

// outbid ends a login whose phone another one asked for.
func (s *scheduler) outbid(l *login, now instant) {
	s.voice.Outbid(l.push)
	s.finish(l, outbid(), now)
}

// concluded answers a login that another node has ended, as it did.
func (s *scheduler) concluded(l *login, answer []byte, now instant) {
	t, err := claim.Parse(answer)
	if err != nil || t.Attempt != l.push.Attempt {
		s.finish(l, course.Ended(auth.NoAnswer, "another node has ended the login, and how cannot be read"), now)
		return
	}
	if t.Pushed {
		l.course.Delivery = course.Pushed
	}
	s.deliver(l, course.Ended(t.Outcome, t.Detail+" (at another node)"), now)
}

// inherits approves a login whose former one was approved behind its answer. One at another iVALT, or of another customer's, does not
// count: the login asks again, and the memory has forgotten it by then.
func (s *scheduler) inherits(l *login, answer []byte, now instant) {
	t, err := claim.Parse(answer)
	if err != nil || t.Attempt != l.push.Renews || t.Outcome != auth.Approved || t.Realm != s.realm {
		s.claim(l, now)
		return
	}
	l.activity = t.Activity
	s.deliver(l, renewed(l.push.Renews), now)
}

// notice takes what other nodes do to this one's logins.
func (s *scheduler) notice(n cluster.Notice) {
	s.mu.Lock()
	defer s.unlock()
	l, now := s.asking[n.Attempt], s.now()
	if l == nil || l.stage() != isAsked {
		return
	}
	switch n.Kind {
	case cluster.Collided:
		s.outbid(l, now)
	case cluster.Approved:
		t, err := claim.Parse(n.Answer)
		switch {
		case err != nil, l.push.Renews == "", t.Attempt != l.push.Renews, t.Outcome != auth.Approved, t.Realm != s.realm:
		case l.claim == bidding:
			l.told = &t // what it asked for says whether that counts
		case now < l.course.Credit:
			l.activity = t.Activity
			s.finish(l, renewed(l.push.Renews), now)
		}
	case cluster.NoNotice:
	}
	s.dispatch()
}
