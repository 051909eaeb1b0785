package ivalttest

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"time"
)

// Endpoint is one of the calls of the API. The zero Endpoint stands for all of them.
type Endpoint uint8

// The endpoints; both result paths are one.
const (
	AnyEndpoint    Endpoint = iota
	LookUpEndpoint          // "look-up": /get-user-by-email
	PushEndpoint            // "push": /biometric-auth-request
	ResultEndpoint          // "result": /biometric-auth-result and /biometric-geo-fence-auth-results
)

// String is the word that the control endpoint uses; empty for AnyEndpoint.
func (e Endpoint) String() string {
	switch e {
	case AnyEndpoint:
		return ""
	case LookUpEndpoint:
		return "look-up"
	case PushEndpoint:
		return "push"
	case ResultEndpoint:
		return "result"
	}
	return ""
}

// MarshalText implements encoding.TextMarshaler.
func (e Endpoint) MarshalText() ([]byte, error) { return []byte(e.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (e *Endpoint) UnmarshalText(text []byte) error {
	for _, known := range []Endpoint{AnyEndpoint, LookUpEndpoint, PushEndpoint, ResultEndpoint} {
		if known.String() == string(text) {
			*e = known
			return nil
		}
	}
	return fmt.Errorf("no endpoint %q (known: look-up, push, result)", text)
}

// Request is one call as the log keeps it.
type Request struct {
	Time     time.Time `json:"time"`
	Path     string    `json:"path"`
	Endpoint Endpoint  `json:"endpoint"` // AnyEndpoint: refused before it reached one
	Email    string    `json:"email,omitempty"`
	Mobile   string    `json:"mobile,omitempty"`
	Status   int       `json:"status"` // 0: no answer was sent
	Fault    FaultKind `json:"fault,omitempty"`
}

// Requests are the calls of the API, newest first, the last 4,096 at most. Page and control endpoint are not among them.
func (c *Cloud) Requests() []Request { return c.requests.last(keptRequests) }

// Counters are what happened since New or Reset.
type Counters struct {
	Requests  int64 `json:"requests"`  // calls of the API, refused ones included
	LookUps   int64 `json:"look_ups"`  // people looked up
	Pushes    int64 `json:"pushes"`    // pushes that reached a phone
	Polls     int64 `json:"polls"`     // results asked for
	Approvals int64 `json:"approvals"` // genuine approvals handed out
	Throttled int64 `json:"throttled"` // calls over the limits
	Refused   int64 `json:"refused"`   // wrong paths and wrong keys
	Faults    int64 `json:"faults"`    // answers that a fault replaced or delayed
	Redirects int64 `json:"redirects"` // redirects that a client followed, as it never should
}

// Counters returns the counts; each is exact, but they are not all read in one moment.
func (c *Cloud) Counters() Counters {
	n := &c.counts
	return Counters{
		Requests: n.requests.Load(), LookUps: n.lookUps.Load(), Pushes: n.pushes.Load(), Polls: n.polls.Load(),
		Approvals: n.approvals.Load(), Throttled: n.throttled.Load(), Refused: n.refused.Load(), Faults: n.faults.Load(),
		Redirects: n.redirects.Load(),
	}
}

type counts struct {
	requests, lookUps, pushes, polls, approvals, throttled, refused, faults, redirects atomic.Int64
}

func (n *counts) reset() {
	for _, c := range []*atomic.Int64{
		&n.requests, &n.lookUps, &n.pushes, &n.polls, &n.approvals, &n.throttled, &n.refused, &n.faults, &n.redirects,
	} {
		c.Store(0)
	}
}

// header makes an http.Header of pairs.
func header(pairs ...string) http.Header {
	h := make(http.Header, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		h.Set(pairs[i], pairs[i+1])
	}
	return h
}
