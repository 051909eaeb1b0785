package sessions

import (
	"time"
)

// What a NAS may say of octets.
const (
	mostOctets = 1 << 50 // of one session; more is not believed
	wrapAbove  = 3 << 30 // a counter of 32 bits has wrapped where it stood above this
	wrapBelow  = 1 << 30 // and now stands below this
	low32      = 1<<32 - 1
)

// begunAnew is how much later a second start of an Acct-Session-Id is another session's: its NAS has begun anew without a word. Earlier it is the
// first start told again.
const begunAnew = 2 * time.Minute

// advance takes what the packets before told of the same session, and counts on. start reports a packet that begins a session. It is false where the packet
// begins another one under the same name.
func (s *Session) advance(old *Session, status string) bool {
	if status == start && !old.Started.IsZero() && s.at().Sub(old.Started) > begunAnew {
		return false
	}
	s.Grant, s.Started, s.Until, s.Overrun = old.Grant, old.Started, old.Until, old.Overrun
	s.Use = old.Use
	if s.Started.IsZero() {
		s.Started = s.began(status)
	}
	m := &s.Measure
	if m.Time < old.Use.Time && m.Time > 0 || status == start { // an older packet, or none that counts
		return true
	}
	s.Use.Time = max(m.Time, old.Use.Time)
	if m.Counted {
		s.Use.In = s.Use.counted(old.Use.In, m.In, m.Wide)
		s.Use.Out = s.Use.counted(old.Use.Out, m.Out, m.Wide)
	}
	return true
}

// begin takes the first packet of a session.
func (s *Session) begin(status string) {
	s.Started = s.began(status)
	s.Use.Time = s.Measure.Time
	if s.Measure.Counted {
		s.Use.In = s.Use.counted(0, s.Measure.In, true)
		s.Use.Out = s.Use.counted(0, s.Measure.Out, true)
	}
}

// began is when the session started, by what its packet tells; zero where it does not. A start tells it by itself.
func (s *Session) began(status string) time.Time {
	if status == start || s.Measure.Time > 0 {
		return s.at().Add(-s.Measure.Time)
	}
	return time.Time{}
}

// counted is a counter that goes on. One of 32 bits that wraps is counted on (RFC 2866 section 5.3, from before RFC 2869); one that goes back
// otherwise, or too far, stays where it was.
func (u *Use) counted(before, told uint64, wide bool) uint64 { //nolint:revive // flag-parameter: what the NAS sent
	if !wide {
		low := before & low32
		told |= before &^ low32
		if low > wrapAbove && told&low32 < wrapBelow {
			told += low32 + 1
		}
	}
	if told < before || told > mostOctets {
		u.Unsure = true
		return before
	}
	return told
}

// Total is what the sessions of one client come to, since the table was made.
type Total struct {
	Client    string
	Accounted int    // sessions of which accounting tells
	Logins    int    // sessions of which their login alone told
	In, Out   uint64 // octets from the people and to them, that this node was told of
	Overruns  uint64 // sessions that went on behind their end
}

// total is a client's figures.
type total struct {
	Total

	stops bool // its NAS tells when a session stops
}

// mostTotals is how many clients have figures of their own: far more than settings have.
const mostTotals = 4096

// of is a client's figures; nil where there are too many clients.
func (t *Table) of(client string) *total {
	is := t.totals[client]
	if is == nil && len(t.totals) < mostTotals {
		is = &total{Total: Total{Client: client}}
		t.totals[client] = is
	}
	return is
}

// count adds what a session has used since before.
func (t *Table) count(s *Session, before Use) {
	if is := t.of(s.Client); is != nil && !s.elsewhere {
		is.In += s.Use.In - before.In
		is.Out += s.Use.Out - before.Out
	}
}

// weigh counts a session of its client as there, by 1, or as gone, by -1.
func (t *Table) weigh(s *Session, by int) {
	switch is := t.of(s.Client); {
	case is == nil:
	case s.accounted:
		is.Accounted += by
	default:
		is.Logins += by
	}
}

// Totals are the figures of all clients that a session was heard of, in no order.
func (t *Table) Totals() []Total {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.expire()
	out := make([]Total, 0, len(t.totals))
	for _, is := range t.totals {
		out = append(out, is.Total)
	}
	return out
}
