package breaker

import (
	"errors"
	"time"

	"github.com/sony/gobreaker/v2"

	"ivalt-radius/ivalt/gateway"
)

const (
	// Pause is how long nothing is asked after a failure; then a probe may go. With gateway.ProbeTimeout it bounds how late an
	// answering service is noticed.
	Pause = 10 * time.Second
	// RefusedPause is Pause where the key or the path was refused: only the operator or iVALT's own people mend that.
	RefusedPause = time.Minute

	mostFailures = 3 // in a row
)

// State is what can be expected of an endpoint. The zero State is that calls may go.
type State uint8

// The states.
const (
	Closed  State = iota // calls go
	Failing              // no usable answer lately
	Refused              // key or path refused
)

// Change is what an answer did to its endpoint. The zero Change is none.
type Change uint8

// The changes.
const (
	None    Change = iota
	Opened         // calls stop
	Mended         // calls go again
	Refusal        // calls stop, since key or path are refused
)

// What gobreaker is told of a call.
var (
	errFailed  = errors.New("no usable answer")
	errRefused = errors.New("key or path refused")
	errGivenUp = errors.New("given up by ourselves")
)

// Breaker is one for each endpoint. Not safe for concurrent use. Its clock is time.Now.
type Breaker struct {
	gates   [gateway.Endpoints]*gate
	shut    int // gates that are not closed: while there is none nobody need be asked
	probing bool
	next    time.Time // no probe before
}

// gate is one endpoint's.
type gate struct {
	circuit *gobreaker.TwoStepCircuitBreaker[struct{}]
	shut    bool      // as counted
	refused bool      // why it is, or would be
	since   time.Time // when it was shut
	until   time.Time
	probed  time.Time
	done    func(error) // of the probe that is under way
}

// New is a Breaker that lets everything through.
func New() *Breaker {
	b := &Breaker{}
	for i := range b.gates {
		g := &gate{}
		g.circuit = gobreaker.NewTwoStepCircuitBreaker[struct{}](gobreaker.Settings{
			MaxRequests: 1,
			Timeout:     settling, // gate.until says when to probe
			ReadyToTrip: func(n gobreaker.Counts) bool { return g.refused || n.ConsecutiveFailures >= mostFailures },
			IsExcluded:  func(err error) bool { return errors.Is(err, errGivenUp) },
		})
		b.gates[i] = g
	}
	return b
}

// State is what to expect of an endpoint now.
func (b *Breaker) State(e gateway.Endpoint) State {
	g := b.gates[e]
	switch {
	case b.shut == 0:
		return Closed
	case g.circuit.State() == gobreaker.StateClosed:
		return Closed
	case g.refused:
		return Refused
	}
	return Failing
}

// Since is when an endpoint was closed off; the zero time where it is not.
func (b *Breaker) Since(e gateway.Endpoint) time.Time {
	if b.State(e) == Closed {
		return time.Time{}
	}
	return b.gates[e].since
}

// Saw takes the answer to a call. One that left before its endpoint was closed off changes nothing.
func (b *Breaker) Saw(e gateway.Endpoint, r gateway.Result) Change {
	done, err := b.gates[e].circuit.Allow()
	if err != nil {
		return None
	}
	return b.note(e, r, done)
}

// Probe is the endpoint to be probed now; false where none is. Its answer must come to Probed.
func (b *Breaker) Probe(now time.Time) (gateway.Endpoint, bool) {
	if b.probing || now.Before(b.next) {
		return 0, false
	}
	var best *gate
	var which gateway.Endpoint
	for e := range gateway.Endpoints {
		g := b.gates[e]
		if g.circuit.State() == gobreaker.StateHalfOpen && !now.Before(g.until) && (best == nil || g.probed.Before(best.probed)) {
			best, which = g, e
		}
	}
	if best == nil {
		return 0, false
	}
	done, err := best.circuit.Allow()
	if err != nil {
		return 0, false
	}
	b.probing, best.done, best.probed = true, done, now
	return which, true
}

// Probed takes the answer to a probe.
func (b *Breaker) Probed(e gateway.Endpoint, r gateway.Result) Change {
	done := b.gates[e].done
	b.probing = false
	b.next = time.Now().Add(Pause)
	change := b.note(e, r, done)
	if change == Mended {
		b.next = time.Time{} // where one endpoint works again, others may too
	}
	return change
}

// Wake is when Probe may have something to do; the zero time where nothing is closed off, or a probe is under way.
func (b *Breaker) Wake() (at time.Time) {
	if b.shut == 0 || b.probing {
		return at
	}
	for e, g := range b.gates {
		if b.State(gateway.Endpoint(e)) == Closed {
			continue
		}
		due := g.until
		if due.Before(b.next) {
			due = b.next
		}
		if at.IsZero() || due.Before(at) {
			at = due
		}
	}
	return at
}

// note tells an endpoint's circuit what came of a call, and says what that changed.
func (b *Breaker) note(e gateway.Endpoint, r gateway.Result, done func(error)) Change {
	g, before := b.gates[e], b.State(e)
	verdict := verdictOf(r)
	if !errors.Is(verdict, errGivenUp) {
		g.refused = errors.Is(verdict, errRefused)
	}
	done(verdict)
	b.count(g)
	after := b.State(e)
	if after != Closed && verdict != nil && !errors.Is(verdict, errGivenUp) {
		g.until = time.Now().Add(b.pause(e, before))
	}
	switch {
	case before == after:
	case after == Closed:
		return Mended
	case after == Refused:
		return Refusal
	case before == Closed:
		return Opened
	}
	return None
}

// count keeps how many gates are shut.
func (b *Breaker) count(g *gate) {
	switch open := g.circuit.State() == gobreaker.StateClosed; {
	case open && g.shut:
		b.shut--
	case !open && !g.shut:
		b.shut++
		g.since = time.Now()
	}
	g.shut = g.circuit.State() != gobreaker.StateClosed
}

// settling is how soon a closed endpoint may be probed.
const settling = 10 * time.Millisecond

// pause is how long an endpoint that failed is left alone. Look-ups carry what a stranger typed, and something before iVALT may have
// refused that alone: so the first probe, which carries nothing, goes at once.
func (b *Breaker) pause(e gateway.Endpoint, before State) time.Duration {
	switch {
	case e == gateway.LookUps && before == Closed:
		return 2 * settling
	case b.gates[e].refused:
		return RefusedPause
	}
	return Pause
}

// verdictOf is what a call's answer says of its endpoint; nil where it works.
func verdictOf(r gateway.Result) error {
	switch {
	case r.Why == gateway.GivenUp:
		return errGivenUp
	case r.Class == gateway.BadKey:
		return errRefused
	case r.Violation.OfContent():
		// an endpoint is not closed off for everybody because of somebody's name
		return nil
	case r.Class == gateway.Failed || r.Class == gateway.Unsent || r.Why != gateway.Answered:
		return errFailed
	}
	return nil
}
