package password

import (
	"context"
	"fmt"
	"runtime"

	"ivalt-radius/auth"
	"ivalt-radius/secret"
)

// waitingPerCore is how many checks may wait for each derivation that runs. At the standard cost, some 30 ms, the last of them waits about 4 s:
// within the patience of every NAS, with the time for a push behind it. A longer queue would only hold logins that nobody waits for.
const waitingPerCore = 128

// Line says where a login stands in the queue. The zero Line is the one for strangers.
type Line uint8

// The lines.
const (
	Strangers Line = iota
	Familiar       // logins from places where the person was let in before
)

// strangersShare is the part of the queue that strangers may fill, so that no flood of guesses takes the place of those who come as always.
const strangersShare = 2

// Verifier checks passwords: a bounded number of derivations at a time, and a bounded number that wait their turn. Strangers fill half
// of the queue at most, and no more of them than run stand before somebody familiar. There is one for a process. It is safe for
// concurrent use.
type Verifier struct {
	room    chan struct{} // as many as may run or wait
	strange chan struct{} // as many strangers as may
	front   chan struct{} // the strangers whose turn is next
	running chan struct{} // as many as may run
	matches func(Hash, secret.Secret) bool
}

// NewVerifier makes a Verifier for the cores that the process may use now (GOMAXPROCS), all but one of them. With a derivation on every
// core whoever waits for a phone's answer would get it only when the scheduler takes a core away from one of them, tens of milliseconds later,
// and again for every step (BenchmarkBeside). On a single core that cannot be helped.
func NewVerifier() *Verifier {
	return newVerifier(max(1, runtime.GOMAXPROCS(0)-1), waitingPerCore, Hash.matches)
}

func newVerifier(cores, waiting int, matches func(Hash, secret.Secret) bool) *Verifier {
	all := cores * (1 + waiting)
	return &Verifier{
		room: make(chan struct{}, all), strange: make(chan struct{}, max(1, all/strangersShare)),
		front: make(chan struct{}, cores), running: make(chan struct{}, cores), matches: matches,
	}
}

// Verify reports whether the password is the hash's. Every hash is derived, the zero one too. The error is auth.ErrBusy, at once, where
// too many wait already, or that of ctx where it ends before the turn comes; the password is not checked then.
func (v *Verifier) Verify(ctx context.Context, l Line, h Hash, password secret.Secret) (bool, error) {
	places, turns := []chan struct{}{v.room}, []chan struct{}{v.running}
	if l == Strangers {
		places, turns = []chan struct{}{v.strange, v.room}, []chan struct{}{v.front, v.running}
	}
	for _, place := range places {
		select {
		case place <- struct{}{}:
			defer func() { <-place }()
		default:
			return false, auth.ErrBusy
		}
	}
	for _, turn := range turns {
		select {
		case turn <- struct{}{}:
			defer func() { <-turn }()
		case <-ctx.Done():
		}
		if err := ctx.Err(); err != nil {
			return false, fmt.Errorf("waiting to check the password: %w", err)
		}
	}
	return v.matches(h, password), nil
}

// Full reports that Verify would refuse now. It takes no place, so that Verify may still refuse where it does not.
func (v *Verifier) Full(l Line) bool {
	return len(v.room) == cap(v.room) || l == Strangers && len(v.strange) == cap(v.strange)
}
