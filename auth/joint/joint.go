package joint

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"ivalt-radius/auth/identity"
	"ivalt-radius/auth/naming"
	"ivalt-radius/auth/outcome"
	"ivalt-radius/auth/reason"
	"ivalt-radius/auth/stage"
	"ivalt-radius/state"
	"ivalt-radius/state/cluster"
)

const (
	patience = 3 * time.Second        // how long the memory may be out of reach for one step of a login; who waits bears cluster.Patience
	pause    = 200 * time.Millisecond // before it is asked again

	// repeatedFor is how long the very same packet gets its answer at another node: as long as a node repeats its own (RFC 5080 section 2.2.2).
	repeatedFor = 30 * time.Second

	untoldFor  = 10 * time.Minute // behind that the memory has forgotten the attempt by itself
	mostUntold = 1 << 12
)

// Part is this node's. New makes one. Its methods are safe for concurrent use.
type Part struct {
	attempts cluster.Attempts

	mu     sync.Mutex
	seats  map[cluster.Digest]*Seat // taken, and not yet given up: one of each attempt
	untold *state.Cache[untold]     // ends of attempts that the memory was out of reach for, by key
}

// untold is an end that could not be told.
type untold struct {
	id     string
	answer []byte
}

// New makes a node's part in the attempts.
func New(attempts cluster.Attempts) *Part {
	return &Part{attempts: attempts, seats: map[cluster.Digest]*Seat{}, untold: state.NewCache[untold](untoldFor, mostUntold)}
}

// Seat is a login's in its attempt. It belongs to one goroutine, which gives it up with Conclude or Leave. A nil Seat is given up already.
type Seat struct {
	Place cluster.Place

	part  *Part
	entry cluster.Entry
	given bool
	to    cluster.Leaving // whom it is left to
	led   bool            // this node leads the attempt, did so, or does not know
	freed chan struct{}   // closed once it is given up, and that is told
}

// Enter takes a seat. An earlier end of this node's own, in an attempt with the same key, is told first. It takes 3 s at most, and no longer than
// ctx; the error is ErrUnreachable then, or that of the memory. The seat is to be given up also where there is an error.
func (p *Part) Enter(ctx context.Context, e cluster.Entry) (*Seat, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	s := &Seat{part: p, entry: e, freed: make(chan struct{}), Place: cluster.Place{ID: e.ID}}
	for former := p.sit(s); former != nil; former = p.sit(s) {
		select {
		case <-former.freed:
		case <-ctx.Done():
			return nil, cluster.ErrUnreachable
		}
	}
	s.led = true
	err := patiently(ctx, func() error { return s.enter(ctx) })
	if err != nil && ctx.Err() != nil {
		err = cluster.ErrUnreachable
	}
	return s, err
}

// sit has the seat taken, or returns the one that is there.
func (p *Part) sit(s *Seat) (former *Seat) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if former = p.seats[s.entry.Key]; former == nil {
		p.seats[s.entry.Key] = s
	}
	return former
}

// enter asks the memory for the place, once. An attempt that ended here, which the memory was not told, is ended first: nobody may take its
// answer for that of another login. One that this node made a moment ago, and did not hear of, is no other node's.
func (s *Seat) enter(ctx context.Context) error {
	place, err := s.part.attempts.Enter(ctx, s.entry)
	if err != nil {
		return err
	}
	former, found := s.part.untold.Get(string(s.entry.Key[:]))
	if found && place.Role == cluster.Leads && place.ID == former.id {
		if err = s.part.attempts.Conclude(ctx, s.entry.Key, former.id, cluster.Conclusion{Answer: former.answer}); err == nil || errors.Is(err, cluster.ErrLost) {
			place, err = s.part.attempts.Enter(ctx, s.entry)
		}
		if err != nil {
			return err
		}
	}
	s.part.untold.Delete(string(s.entry.Key[:]))
	place.Taken = place.Taken && place.ID != s.entry.ID
	s.Place, s.led = place, place.Role == cluster.Leads
	return nil
}

// Await waits until the attempt is over, or this node's to lead: the Place says which. The error is that of ctx, ErrUnreachable where the memory
// was out of reach for cluster.Patience, or ErrLost where it no longer knows the attempt.
func (s *Seat) Await(ctx context.Context) error {
	s.Place.Role = cluster.Follows
	place, err := s.part.attempts.Await(ctx, s.entry.Key, s.Place.ID)
	switch {
	case err == nil:
		place.ID = s.Place.ID
		s.Place, s.led = place, s.led || place.Role == cluster.Leads
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	}
	return err
}

// Told is the answer of the node that led the attempt, for a person who has these phones here. An approval on another one is none. The error is
// the stage.RefusalError of a gate that kept the phone from ringing.
func (s *Seat) Told(phones ...identity.Mobile) (outcome.Answer, error) {
	t := outcome.Parse(s.Place.Answer, s.Place.ID)
	phones = slices.DeleteFunc(phones, identity.Mobile.Empty)
	switch {
	case t.Refused != reason.Unavailable:
		return outcome.Answer{}, stage.RefusalError{Admission: stage.Admission{Reason: t.Refused, Detail: t.Answer.Detail, Asleep: t.Asleep}}
	case t.Answer.Outcome == outcome.Approved && len(phones) > 0 && !slices.Contains(phones, t.Answer.Mobile):
		return outcome.Answer{Pushed: t.Answer.Pushed, Detail: "approved at another node, on a phone that is not the person's here"}, nil
	}
	return t.Answer, nil
}

// Joined tells the memory of an exchange that joined an attempt at this node, so that the very same packet at another node is none of its own where this
// one dies. id is what the attempt is called by now; one of another login is never joined. It asks again, ever more seldom, until the memory can be
// asked, or ctx ends. An attempt that the memory does not know may be about to be told to it for 3 s, and is gone then.
func (p *Part) Joined(ctx context.Context, key, exchange cluster.Digest, id func() string) {
	began := time.Now()
	for wait := pause; ; wait = min(2*wait, time.Second) {
		_, err := p.attempts.Enter(ctx, cluster.Entry{Key: key, ID: id(), Exchange: exchange})
		away := errors.Is(err, cluster.ErrUnreachable)
		gone := !errors.Is(err, cluster.ErrLost) || time.Since(began) > patience
		if !away && gone || !rest(ctx, wait) {
			return
		}
	}
}

// Conclude gives the seat up, and returns at once. Where this node leads, the others are told the answer, or the stage.RefusalError that kept the phone
// from ringing; of an attempt that was withdrawn here it is for those who follow to go on with, of one that was stopped for anybody. joinable and renewed are those of
// cluster.Conclusion; below zero they are none.
func (s *Seat) Conclude(a outcome.Answer, err error, joinable, renewed time.Duration) {
	switch {
	case s == nil:
		return
	case a.Outcome == outcome.Withdrawn:
		s.to = cluster.ToFollowers
		s.Leave()
		return
	case a.Outcome == outcome.Stopping:
		s.Leave()
		return
	}
	t := outcome.Told{Attempt: s.Place.ID, Answer: a}
	var gate stage.RefusalError
	if errors.As(err, &gate) {
		t.Refused, t.Asleep, t.Answer.Detail = gate.Reason, gate.Asleep, gate.Detail
	}
	s.end(&cluster.Conclusion{Answer: t.Form(), Joinable: max(0, joinable), Repeated: repeatedFor, Renewed: max(0, renewed)})
}

// Leave gives the seat up without a conclusion, unless it is given up already, and returns at once: what this node leads is left to the others.
func (s *Seat) Leave() {
	if s != nil {
		s.end(nil)
	}
}

func (s *Seat) end(c *cluster.Conclusion) {
	switch {
	case s.given:
	case s.led:
		go s.tell(c)
	default:
		s.free()
	}
	s.given = true
}

// tell tells the memory how the attempt ended here. It bears 3 s without it; then who follows finds out by this node's lease, or by its claim.
func (s *Seat) tell(c *cluster.Conclusion) {
	defer s.free()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	entered, leads := s.Place.Role != cluster.NoRole, s.Place.Role == cluster.Leads
	err := patiently(ctx, func() error {
		if c != nil && leads {
			return s.part.attempts.Conclude(ctx, s.entry.Key, s.Place.ID, *c)
		}
		return s.part.attempts.Leave(ctx, s.entry.Key, s.Place.ID, s.to)
	})
	if err == nil || errors.Is(err, cluster.ErrLost) {
		return
	}
	switch {
	case !entered: // no phone rang for it
		s.part.untold.Set(string(s.entry.Key[:]), untold{id: s.Place.ID, answer: outcome.Told{Attempt: s.Place.ID}.Form()})
	case c != nil && leads:
		s.part.untold.Set(string(s.entry.Key[:]), untold{id: s.Place.ID, answer: c.Answer})
	}
}

// free lets the next attempt of the key have the seat.
func (s *Seat) free() {
	s.part.mu.Lock()
	defer s.part.mu.Unlock()
	delete(s.part.seats, s.entry.Key)
	close(s.freed)
}

// Finish waits until every seat is given up, and what there was to tell is told; no longer than ctx, and 3 s.
func (p *Part) Finish(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for s := p.any(); s != nil; s = p.any() {
		select {
		case <-s.freed:
		case <-ctx.Done():
			return
		}
	}
}

// any is a seat that is taken; nil: none is.
func (p *Part) any() *Seat {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range p.seats {
		return s
	}
	return nil
}

// patiently does it again while the memory cannot be asked, until ctx ends.
func patiently(ctx context.Context, ask func() error) error {
	for {
		err := ask()
		if !errors.Is(err, cluster.ErrUnreachable) || !Rest(ctx) {
			return err
		}
	}
}

// Rest waits a moment before the memory is asked again. It is false where ctx has ended.
func Rest(ctx context.Context) bool { return rest(ctx, pause) }

func rest(ctx context.Context, wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// Waits is a login's wait for other nodes in the form of a push, so that who withdraws the login ends it. Nothing answers it.
type Waits context.CancelFunc

// Answer gives the zero Answer at once.
func (Waits) Answer() <-chan outcome.Answer {
	none := make(chan outcome.Answer)
	close(none)
	return none
}

// Withdraw ends the wait.
func (w Waits) Withdraw() { w() }

// Exchange digests the very same packet of the same sender. The zero packet is like no other one.
func Exchange(names *naming.Names, packet [17]byte, sender ...string) cluster.Digest {
	same := string(packet[:])
	if packet == ([17]byte{}) {
		same = names.ID()
	}
	return names.Digest(append(sender, "exchange", same)...)
}
