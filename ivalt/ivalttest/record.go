package ivalttest

import (
	"sync/atomic"
	"time"

	"ivalt-radius/ivalt/ivalttest/answers"
	"ivalt-radius/ivalt/ivalttest/plan"
)

// Endpoint is one of the calls of the API. The zero Endpoint stands for all of them.
type Endpoint = answers.Endpoint

// The endpoints; the result's paths, with policy and without, are one.
const (
	AnyEndpoint    = answers.AnyEndpoint
	LookUpEndpoint = answers.LookUpEndpoint
	PushEndpoint   = answers.PushEndpoint
	ResultEndpoint = answers.ResultEndpoint
	SubmitEndpoint = answers.SubmitEndpoint
)

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

// Requests are the calls of the API, newest first, the last 4,096 at most.
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
	Unsigned  int64 `json:"unsigned"`  // calls whose signature was missing, wrong, stale or used before
	Faults    int64 `json:"faults"`    // answers that a fault replaced or delayed
	Redirects int64 `json:"redirects"` // redirects that a client followed, as it never should

	// Calls, whatever became of them, to the path at which phones submit their results: no client has business there.
	Submissions int64 `json:"submissions"`

	// With Options.CountPeaks, the most calls of any sliding second, minute and hour, refused ones included. The hour's tells
	// of up to plan.MaxRemembered.
	PeakSecond int `json:"peak_second"`
	PeakMinute int `json:"peak_minute"`
	PeakHour   int `json:"peak_hour"`
}

// Counters returns the counts; each is exact, but they are not all read in one moment.
func (c *Cloud) Counters() Counters {
	n := &c.counts
	return Counters{
		Requests: n.requests.Load(), LookUps: n.lookUps.Load(), Pushes: n.pushes.Load(), Polls: n.polls.Load(),
		Approvals: n.approvals.Load(), Throttled: n.throttled.Load(), Refused: n.refused.Load(), Faults: n.faults.Load(),
		Redirects: n.redirects.Load(), Unsigned: n.unsigned.Load(), Submissions: n.submissions.Load(),
		PeakSecond: c.peaks.Most(plan.Second), PeakMinute: c.peaks.Most(plan.Minute), PeakHour: c.peaks.Most(plan.Hour),
	}
}

type counts struct {
	requests, lookUps, pushes, polls, approvals, throttled, refused, faults, redirects, submissions, unsigned atomic.Int64
}

func (n *counts) reset() {
	for _, c := range []*atomic.Int64{
		&n.requests, &n.lookUps, &n.pushes, &n.polls, &n.approvals, &n.throttled, &n.refused, &n.faults, &n.redirects,
		&n.submissions, &n.unsigned,
	} {
		c.Store(0)
	}
}
