package sessions

import "time"

// Grace is how far behind its end a session may be heard of, or not heard of: clocks, networks, and NAS that look now and then.
const Grace = 2 * time.Minute

// Proof is how it is known that a session went on behind its end.
type Proof string

// The proofs.
const (
	Updated Proof = "updated" // an update tells of it from behind its end
	NoStop  Proof = "no_stop" // its end is over, and its NAS, which tells of stops, has told of none
	Late    Proof = "late"    // it has stopped by now, too late
)

// Overrun is a session that goes on behind the end that its login was given, or went.
type Overrun struct {
	Session

	Proof Proof
}

// mostLate is how many sessions that stopped too late wait to be said.
const mostLate = 1024

// Overruns finds sessions that go on behind their end, limit of them at most, each once: those of which this node heard last. A session that no accounting tells of is none of
// them: nobody knows whether it is there.
func (t *Table) Overruns(limit int) []Overrun {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	out := t.late[:min(limit, len(t.late))]
	t.late = t.late[len(out):]
	for e := range t.order.All() {
		if len(out) >= limit {
			break
		}
		s := &e.Session
		if s.Until.IsZero() || !s.Overrun.IsZero() || s.elsewhere || !s.accounted || now.Sub(s.Until) <= Grace {
			continue
		}
		proof := Updated
		if s.at().Sub(s.Until) <= Grace {
			// A stop may have been told while nobody here listened.
			if is := t.of(s.Client); is == nil || !is.stops || s.Until.Before(t.opened) {
				continue
			}
			proof = NoStop
		}
		s.Overrun = now
		t.overran(s)
		out = append(out, Overrun{*s, proof})
	}
	return out
}

// stopped late is a session's end that came too late, where nobody has said so.
func (t *Table) stoppedLate(s *Session) {
	if s.Until.IsZero() || !s.Overrun.IsZero() || s.elsewhere || s.at().Sub(s.Until) <= Grace || len(t.late) >= mostLate {
		return
	}
	s.Overrun = t.now()
	t.overran(s)
	t.late = append(t.late, Overrun{*s, Late})
}

func (t *Table) overran(s *Session) {
	if is := t.of(s.Client); is != nil {
		is.Overruns++
	}
}
