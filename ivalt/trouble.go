package ivalt

import (
	"time"

	"ivalt-radius/auth"
	"ivalt-radius/ivalt/breaker"
	"ivalt-radius/ivalt/course"
	"ivalt-radius/ivalt/gateway"
)

// hopeless ends a login that has not pushed and needs an endpoint that is closed off: a push without polls is the worst of all.
func (s *scheduler) hopeless(l *login) (order, bool) {
	if l.course.Delivery != course.Unpushed {
		return order{}, false
	}
	for _, e := range []gateway.Endpoint{gateway.Pushes, gateway.Results, gateway.LookUps} {
		if e == gateway.LookUps && !l.mobile.Empty() {
			continue
		}
		if state := s.breaker.State(e); state != breaker.Closed {
			return s.closedOff(e, state), true
		}
	}
	return order{}, false
}

// closedOff is the end of a login that a closed endpoint causes.
func (s *scheduler) closedOff(e gateway.Endpoint, state breaker.State) order {
	if state == breaker.Refused {
		return course.Ended(auth.Misconfigured, "iVALT refused the API key or the path a moment ago")
	}
	end := course.Ended(auth.NoAnswer, s.why[e].String())
	end.Outage = true
	return end
}

// endsAll ends the logins that wait to be asked in vain.
func (s *scheduler) endsAll(now instant) {
	var all []*login // finishing them changes the queues
	for t := range s.waiting {
		for _, item := range s.waiting[t].Items() {
			all = append(all, item.Of)
		}
	}
	for _, l := range all {
		if end, is := s.hopeless(l); is {
			s.finish(l, end, now)
		}
	}
}

// judge tells the breaker what came of a call, or of a probe, and everybody what that changes.
func (s *scheduler) judge(e gateway.Endpoint, r gateway.Result, change breaker.Change, now instant) {
	if r.Why != gateway.Answered && r.Why != gateway.GivenUp {
		s.why[e] = r.Why
	}
	switch change {
	case breaker.None:
	case breaker.Mended:
		s.voice.Mended(e)
	case breaker.Opened:
		s.voice.Opened(e, r)
		s.endsAll(now)
	case breaker.Refusal:
		s.voice.Alarm(e)
		s.endsAll(now)
	}
}

// probe looks, where something is closed off, whether it still fails. The caller holds the lock.
func (s *scheduler) probe() {
	at := s.breaker.Wake()
	if s.closed || at.IsZero() || time.Now().Before(at) {
		return
	}
	if wait := s.budget.Take(); wait > 0 {
		s.poor = s.now() + wait
		return
	}
	e, due := s.breaker.Probe(time.Now())
	if !due {
		return
	}
	s.work.Add(1)
	go s.look(s.breaker, s.client, e)
}

// look sends one probe.
func (s *scheduler) look(b *breaker.Breaker, c *gateway.Client, e gateway.Endpoint) {
	defer s.work.Done()
	r := c.Probe(s.base, e)
	s.voice.Probed(e, r)
	s.mu.Lock()
	defer s.unlock()
	if b != s.breaker || s.closed {
		return // of settings that are gone
	}
	now := s.now()
	s.voice.Outage(c.Host(), r)
	s.heed(r)
	s.judge(e, r, b.Probed(e, r), now)
	s.dispatch()
}
