package ivalt

import (
	"time"

	"ivalt-radius/auth"
	"ivalt-radius/ivalt/breaker"
	"ivalt-radius/ivalt/course"
	"ivalt-radius/ivalt/gateway"
	"ivalt-radius/ivalt/pace"
	"ivalt-radius/state"
)

// job is one call, as a caller needs it. It is tied to its login's record, so no answer can reach another one.
type job struct {
	login   *login
	call    call
	client  *gateway.Client
	mobile  auth.Mobile
	request string    // the push's id
	sent    time.Time // when the first push left
	skew    time.Duration
	hold    *hold       // of a push
	mark    course.Mark // of a push, as others must know it before it leaves
}

// queue puts a login's due call among those that wait for a caller.
func (s *scheduler) queue(l *login, now instant) {
	if end, is := s.hopeless(l); is {
		s.finish(l, end, now)
		return
	}
	if l.next.Call == course.Push && s.breaker.State(gateway.Pushes) != breaker.Closed {
		// The one more push cannot go, and must not stand in the way of polls.
		c, o := l.course.WithoutPush(now)
		s.obey(l, c, o, now)
		return
	}
	s.waiting[l.pays].Remove(l)
	l.pays = fromRest
	if int(l.reserved) > l.course.Keeps(l.next.Call, now) {
		l.pays = fromReserve
	}
	rank := l.course.Rank(l.next.Call, now)
	if l.late {
		rank = course.RankLate
	}
	s.waiting[l.pays].Put(l, rank, l.next.At)
	// A poll that the budget holds back becomes the final one when its time comes, and may spend the place kept for it.
	ring := l.course.End
	if now < l.course.Last {
		ring = l.course.Last
	}
	s.timers.Put(l, 0, ring)
}

// head is the login whose call goes next, and the queue it waits in; nil where none may.
func (s *scheduler) head(now instant) (*login, *line) {
	if s.breaker.State(gateway.Results) != breaker.Closed {
		return nil, nil // whoever waits now waits for a poll
	}
	var best *line
	for t := range s.waiting {
		q := &s.waiting[t]
		if q.Len() == 0 || s.blocked[t] > now {
			continue
		}
		if best == nil || q.First().Before(best.First()) {
			best = q
		}
	}
	if best == nil {
		return nil, nil
	}
	return s.likeliest(best, now), best
}

// take is the next call that may leave now. The budget has counted it.
func (s *scheduler) take() (job, bool) {
	for !s.closed && !s.paused {
		now := s.now()
		l, q := s.head(now)
		if l == nil {
			break
		}
		if wait := s.spend(l); wait > 0 {
			s.blocked[l.pays] = now + wait
			continue
		}
		q.Remove(l)
		k := l.next.Call
		c, o := l.course.Leaves(k, now)
		s.obey(l, c, o, now)
		if o.Do != course.Rest {
			continue
		}
		return s.job(l, k, now), true
	}
	return job{}, false
}

// job is a login's call as a caller needs it.
func (s *scheduler) job(l *login, k call, now instant) job {
	j := job{
		login: l, call: k, client: s.client, mobile: l.mobile, request: l.request,
		sent: s.began.Add(l.course.Oldest(now)), skew: s.skew.Ahead(),
	}
	if now < l.course.Credit && (k == course.Drain || k == course.Sentinel) {
		j.request = l.former // what is found there is the former push's
	}
	if k == course.Push {
		j.hold, j.mark, l.contact = l.hold, s.mark(l, now), now
	}
	return j
}

func (s *scheduler) spend(l *login) time.Duration {
	if l.pays == fromRest || l.reserved == 0 {
		return s.budget.Take()
	}
	wait := s.budget.TakeReserved()
	if wait == 0 {
		l.reserved--
	}
	return wait
}

// dispatch hands waiting calls to callers, idle ones first, as long as there are both.
func (s *scheduler) dispatch() {
	for s.idle > 0 || s.running < s.plan.connections {
		j, ok := s.take()
		if !ok {
			return
		}
		if s.idle > 0 {
			s.idle--
			s.jobs <- j // has room for all idle callers
			continue
		}
		s.running++
		s.work.Add(1)
		go s.serve(j)
	}
}

// serve is a caller: it does one call after the other, and waits where there is none.
func (s *scheduler) serve(j job) {
	defer s.work.Done()
	for more := true; more; {
		r, err := s.perform(&j)
		if j, more = s.settle(&j, r, err); more {
			continue
		}
		select {
		case j, more = <-s.jobs:
		case <-s.base.Done():
		}
	}
}

// perform does the call, outside the lock. A push leaves only behind its record in the memory: with an error nothing was sent.
func (s *scheduler) perform(j *job) (r gateway.Result, err error) {
	l := j.login
	if j.call == course.Push {
		if err := s.record(j); err != nil {
			return r, err
		}
	}
	switch j.call {
	case course.LookUp:
		r = j.client.LookUp(s.base, l.push.Person.Email.Reveal())
	case course.Push:
		r = j.client.Push(s.base, gateway.Order{Mobile: j.mobile, Label: l.plan.label.Render(l.push), Address: l.push.CallingStation})
	case course.Drain, course.Sentinel, course.Again, course.Poll, course.NoCall:
		r = j.client.Poll(s.base, gateway.Question{
			Mobile: j.mobile, Sent: j.sent, Request: j.request, Skew: j.skew, Proof: l.plan.proof, Address: l.push.CallingStation,
		})
	}
	s.voice.Call(l.push.Attempt, j.call.String(), j.mobile, r)
	return r, nil
}

// settle takes a call's answer, or why it was not made, then the caller's next call where one waits.
func (s *scheduler) settle(j *job, r gateway.Result, err error) (next job, more bool) {
	s.mu.Lock()
	defer s.unlock()
	if err != nil {
		s.unrecorded(j.login, err, s.now())
	} else {
		s.answered(j, r, s.now())
	}
	if s.closed || s.running > s.plan.connections {
		s.running--
		// The place is gone: a full channel of jobs is never read by this caller, so it must not wait for one.
		return job{}, false
	}
	if next, more = s.take(); !more {
		s.idle++
	}
	s.dispatch()
	return next, more
}

// answered draws from a call's answer what concerns everybody, and has its login take its next step.
func (s *scheduler) answered(j *job, r gateway.Result, now instant) {
	s.voice.Violation(j.login.push, j.call.String(), r)
	if j.client == s.client { // what the settings before a reload met says nothing of today's
		s.voice.Outage(j.client.Host(), r)
		s.skew.Measure(r.Clock, time.Now(), now-j.login.course.Left)
		if ahead, is := s.skew.Notable(now); is {
			s.voice.Skew(ahead)
		}
		s.heed(r)
		s.judge(j.call.Endpoint(), r, s.breaker.Saw(j.call.Endpoint(), r), now)
	}
	s.learn(j, r)
	switch l := j.login; l.stage() {
	case isAsked:
		l.activity = r.Activity
		before := l.course
		c, o := l.course.Answered(r, now)
		s.obey(l, c, o, now)
		s.keepUp(l, &before, now)
	case isLapsed, isInherited:
		s.settleLate(l, r, now)
	case isGone:
	}
}

// heed draws from an answer what concerns every login.
func (s *scheduler) heed(r gateway.Result) {
	s.budget.Heed(state.Notice(r.Rate))
	if r.Class != gateway.Throttled {
		if r.Class != gateway.Failed && r.Class != gateway.Unsent {
			s.throttles = 0
		}
		return
	}
	s.throttles++
	wait := r.Pause
	if wait == 0 {
		wait = pace.Backoff(s.throttles)
	}
	s.budget.Penalise(time.Now().Add(wait))
}

// learn draws from an answer what concerns the mobile and the address.
func (s *scheduler) learn(j *job, r gateway.Result) {
	l := j.login
	switch {
	case j.call == course.LookUp && (r.Class == gateway.Found || r.Class == gateway.Unknown):
		if j.client == s.client {
			s.addresses.Set(l.push.Person.Email.Reveal(), r.Mobile)
		}
		if !l.over {
			l.mobile = r.Mobile
		}
	case j.call == course.Push && r.Class == gateway.Unknown:
		s.addresses.Forget(l.push.Person.Email.Reveal())
	case j.call == course.Push && r.Request != "":
		l.request = r.Request
	case j.call > course.Push || j.call == course.Drain:
		if r.Class == gateway.Drift {
			s.voice.Drift(l.push.Attempt, j.call.String())
		}
		if !r.Class.Trouble() && r.Class != gateway.Drift && r.Class != gateway.Approved {
			s.polled(l)
		}
	}
}
