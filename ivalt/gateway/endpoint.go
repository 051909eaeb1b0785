package gateway

import (
	"context"
	"time"
)

// Endpoint is one kind of call to iVALT. Outages are told apart by it.
type Endpoint uint8

// The endpoints.
const (
	LookUps   Endpoint = iota // who has which mobile
	Pushes                    // ask a person
	Results                   // what the person said
	Endpoints                 // how many there are
)

// String is the endpoint's word in the log.
func (e Endpoint) String() string {
	words := [Endpoints]string{"look-up", "push", "result"}
	if e < Endpoints {
		return words[e]
	}
	return words[Results]
}

// Probe asks whether an endpoint answers at all. It names nobody, so that no phone rings and no result is read: an endpoint
// that works refuses it as a bad request. Failed, Unsent and BadKey mean that calls cannot succeed now; everything else
// means that they can. It waits ProbeTimeout at most.
func (c *Client) Probe(ctx context.Context, e Endpoint) Result {
	return c.post(ctx, call{endpoint: e, payload: []byte(`{}`), within: ProbeTimeout}, func(r response, now time.Time) Result {
		res, _, settled := common(r, now)
		if !settled {
			res.Class = Refused
		}
		return res
	})
}
