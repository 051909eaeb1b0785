package standing

import (
	"time"

	"ivalt-radius/ivalt/breaker"
	"ivalt-radius/ivalt/course"
	"ivalt-radius/ivalt/gateway"
)

// Stage is how far a push has come: a closed list.
type Stage uint8

// The stages, in their order. The zero Stage is of a push that is not known here.
const (
	Unknown   Stage = iota
	LookingUp       // iVALT is asked for the mobile or for what an earlier push left, or the phone is still another login's
	Queued          // its call waits for the API budget, or for a connection
	Pushing         // the push is on its way
	Ringing         // the phone rings, and is polled for
	Answering       // there is an answer, and it is on its way
)

// String is the stage's word.
func (s Stage) String() string {
	return [...]string{"unknown", "looking_up", "queued", "pushing", "ringing", "answering"}[min(s, Answering)]
}

// Push is one that is asked about.
type Push struct {
	Stage Stage
	Polls int // regular ones that left; 255 at most
}

// Of is how a push stands whose course is this. ended says that its answer is known, queued that its next call waits.
func Of(c *course.Course, ended, queued bool) Push {
	p := Push{Stage: LookingUp, Polls: int(c.Polls)}
	switch {
	case ended:
		p.Stage = Answering
	case c.Out == course.Push:
		p.Stage = Pushing
	case c.Delivery != course.Unpushed:
		p.Stage = Ringing
	case queued:
		p.Stage = Queued
	}
	return p
}

// Shut is an endpoint that is closed off, since it fails.
type Shut struct {
	Endpoint gateway.Endpoint
	Refused  bool      // key or path are refused; else there was no usable answer
	Since    time.Time // when that began
	Why      string    // constant words
}

// Outages are the endpoints that a breaker has closed off; why is the latest trouble of each.
func Outages(b *breaker.Breaker, why *[gateway.Endpoints]gateway.Why) (shut []Shut) {
	for e := range gateway.Endpoints {
		switch b.State(e) {
		case breaker.Closed:
		case breaker.Failing:
			shut = append(shut, Shut{Endpoint: e, Since: b.Since(e), Why: why[e].String()})
		case breaker.Refused:
			shut = append(shut, Shut{Endpoint: e, Refused: true, Since: b.Since(e), Why: "iVALT refuses the API key or the path"})
		}
	}
	return shut
}

// Approval is one that was found by a poll for the push of its own login.
type Approval struct {
	Attempt string
	Client  string
	Took    time.Duration // from the push to the approval
	At      time.Time     // when the poll's answer was there
}
