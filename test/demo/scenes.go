package main

import (
	"context"
	"fmt"
	"time"

	"ivalt-radius/radius/radiustest"
	"ivalt-radius/secret"
)

// scene is one login and what must come of it.
type scene struct {
	user, story     string
	verdict, reason string
	pushes          int

	phone string // how the simulator's person behaves: --person
	prove func(ctx context.Context, s *stage, user string) (radiustest.Result, error)
	alone bool // plays after all the others, since it takes the cloud down

	got outcome
}

// outcome is what came of it.
type outcome struct {
	verdict, reason string
	pushes          int
	took            time.Duration
	packets         int
	err             error
}

// scenes are the six that every operator should have seen.
func scenes() []*scene {
	return []*scene{
		{
			user: "alice", story: "approves after 3 s", verdict: "accept", reason: "approved", pushes: 1,
			phone: "does=approve,after=3s", prove: once,
		},
		{
			user: "bob", story: "refuses after 2 s", verdict: "reject", reason: "push_denied", pushes: 1,
			phone: "does=deny,after=2s", prove: once,
		},
		{
			user: "carol", story: "is outside the geofence", verdict: "reject", reason: "geofence", pushes: 1,
			phone: "does=geofence,after=2s", prove: once,
		},
		{
			user: "ext-dora", story: "comes outside her hours", verdict: "reject", reason: "outside_hours",
			phone: "does=approve,after=1s", prove: once,
		},
		{
			user: "erin", story: "is retransmitted, also anew", verdict: "accept", reason: "approved", pushes: 1,
			phone: "does=approve,after=5s", prove: retransmitted,
		},
		{
			user: "frank", story: "meets an iVALT outage", verdict: "reject", reason: "unavailable",
			phone: "does=approve,after=1s", prove: duringOutage, alone: true,
		},
	}
}

func credentials(user string) radiustest.Credentials {
	return radiustest.Credentials{User: user, Password: secret.New("correct horse"), CallingStation: "203.0.113.9"}
}

// once sends one packet and waits.
func once(ctx context.Context, s *stage, user string) (radiustest.Result, error) {
	return s.nas(1, 30*time.Second).Login(ctx, credentials(user))
}

// retransmitted sends the same packet each second, and after two seconds a second gateway port asks for the same login with a
// new identifier and authenticator. Both must be answered, with one push between them.
func retransmitted(ctx context.Context, s *stage, user string) (radiustest.Result, error) {
	type reply struct {
		r   radiustest.Result
		err error
	}
	second := make(chan reply, 1)
	go func() {
		select {
		case <-time.After(2 * time.Second):
		case <-ctx.Done():
		}
		r, err := s.nas(12, time.Second).Login(ctx, credentials(user))
		second <- reply{r, err}
	}()
	first, err := s.nas(12, time.Second).Login(ctx, credentials(user))
	other := <-second
	switch {
	case err != nil:
		return first, err
	case other.err != nil:
		return first, fmt.Errorf("the second copy: %w", other.err)
	case other.r.Code != first.Code:
		return first, fmt.Errorf("two answers to one login: %v and %v", first.Code, other.r.Code)
	}
	first.Sent += other.r.Sent
	return first, nil
}

// duringOutage takes the cloud down first.
func duringOutage(ctx context.Context, s *stage, user string) (radiustest.Result, error) {
	if err := s.control(ctx, "/control/fault", map[string]any{"kind": s.outage}); err != nil {
		return radiustest.Result{}, err
	}
	return once(ctx, s, user)
}
