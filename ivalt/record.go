package ivalt

import (
	"context"
	"errors"
	"time"

	"ivalt-radius/auth"
	"ivalt-radius/ivalt/claim"
	"ivalt-radius/ivalt/course"
	"ivalt-radius/state/cluster"
)

// mark is how far a login's push has come, for other nodes.
func (s *scheduler) mark(l *login, now instant) course.Mark {
	m := l.course.Mark(now)
	m.Made, m.Realm, m.Request = s.theirs().UTC(), s.realm, l.request
	return m
}

// record has the memory know that a push is about to leave, and waits for that. The caller holds no lock.
func (s *scheduler) record(j *job) error {
	state := j.mark.Encode()
	return s.desk.Await(j.mobile.E164(), func(ctx context.Context) error {
		return s.memory.Record(ctx, j.hold.token, cluster.Progress{State: state, Rang: true})
	})
}

// unrecorded ends a login whose push must not leave, since the memory did not take its record.
func (s *scheduler) unrecorded(l *login, err error, now instant) {
	l.course = l.course.Unsent()
	if l.stage() == isAsked {
		s.refused(l, err, now)
	}
}

// refused ends a login whose claim the memory has ended, or cannot confirm.
func (s *scheduler) refused(l *login, err error, now instant) {
	switch {
	case errors.Is(err, cluster.ErrLost):
		s.finish(l, elsewhere(), now)
	case errors.Is(err, cluster.ErrCollided):
		s.outbid(l, now)
	default:
		s.finish(l, course.Ended(auth.NoAnswer, memoryAway), now)
	}
}

func elsewhere() order { return course.Ended(auth.Elsewhere, "another node has taken the login over") }

// note has the memory know how far a push has come, and does not wait.
func (s *scheduler) note(l *login, now instant) {
	if l.stage() != isAsked || l.course.Delivery == course.Unpushed {
		return
	}
	l.contact = now
	h, m := l.hold, s.mark(l, now)
	s.desk.Do(l.mobile.E164(), func(ctx context.Context) {
		err := s.memory.Record(ctx, h.token, cluster.Progress{State: m.Encode(), Rang: true})
		if !errors.Is(err, cluster.ErrLost) && !errors.Is(err, cluster.ErrCollided) {
			return // a node that takes over then knows less, and trusts less
		}
		s.mu.Lock()
		defer s.unlock()
		if l.stage() == isAsked {
			s.refused(l, err, s.now())
			s.dispatch()
		}
	})
}

// contactEvery is how long a login whose phone rings goes without asking whether its claim still stands. A node that comes back too late
// stops asking iVALT then, so that it takes no approval away from the one that has taken over.
const contactEvery = 5 * time.Second

// keepUp has the memory know how far a push has come, where that has changed or was not said for a while.
func (s *scheduler) keepUp(l *login, before *course.Course, now instant) {
	c := &l.course
	if c.Delivery != before.Delivery || c.Trusted != before.Trusted || now-l.contact >= contactEvery {
		s.note(l, now)
	}
}

// polled has the memory know that a poll found no approval, where that says more than it knows. A lapsed login whose phone another node
// has asked for learns it so.
func (s *scheduler) polled(l *login) {
	lapsed := l.stage() == isLapsed
	if l.hold == nil || !lapsed && (!l.doubted || l.stage() != isAsked) {
		return
	}
	l.doubted = false
	h := l.hold
	s.desk.Do(l.mobile.E164(), func(ctx context.Context) {
		err := s.memory.Polled(ctx, h.token, claim.DirtyFor)
		if !lapsed || !errors.Is(err, cluster.ErrLost) {
			return
		}
		s.mu.Lock()
		defer s.unlock()
		if e := s.phones[l.mobile]; e != nil && e.lapsed == l {
			s.void(e, nil)
			s.phones.drop(l.mobile)
		}
	})
}
