package auth

import (
	"context"
	"errors"
	"time"

	"ivalt-radius/auth/joint"
	"ivalt-radius/state/cluster"
)

// shares reports that other nodes may have the login as well. Who puts questions (Access-Challenge) keeps them to itself: their State is known
// to one node.
func (f *Flow) shares(req *Request) bool {
	return f.joint != nil && req.Method == PAP && req.Client.Prompts == NeverAsk
}

// together is lead, of a login that other nodes may have as well: one of them leads it, and each concludes from its answer by its own
// decision, hours and gate, with a record of its own.
func (f *Flow) together(ctx context.Context, p *pending) Verdict {
	waiting, cancel := context.WithDeadline(ctx, p.leaveBy())
	defer cancel()
	waits := joint.Waits(cancel)
	f.attempts.adopt(p.attempt, waits)
	seat, err := f.joint.Enter(waiting, cluster.Entry{
		Key: p.key, ID: p.attempt.id, Life: p.leaveBy().Sub(f.Now()),
		Exchange: f.exchange(p.req),
	})
	defer seat.Leave() //nolint:contextcheck // where something panics the others take over; they are told behind its back
	again := err == nil && seat.Place.Role == cluster.Over
	if err == nil {
		f.attempts.placed(p.attempt, seat.Place.ID, seat.Place.Renews)
		err = f.answered(waiting, waits, p, seat)
	}
	f.unanswered(ctx, p, err)
	v := f.concludeAttempt(ctx, p)
	if v.Left {
		return v // and so is its seat
	}
	if again {
		f.attempts.forget(p.attempt) // what was told again is not told once more: the memory says for how long
	}
	left := p.leaveBy().Sub(f.Now())
	var joinable, renewed time.Duration
	if v.Kind == Accept {
		joinable = min(acceptJoinable, left)
	}
	if credit := p.lateCredit(); credit > 0 && p.proof.Answer.Lapsed() {
		renewed = left + credit
	}
	seat.Conclude(p.proof.Answer, p.err, joinable, renewed) //nolint:contextcheck // the others are told behind the answer's back
	return v
}

// exchange names a packet to the other nodes.
func (f *Flow) exchange(req *Request) cluster.Digest {
	return joint.Exchange(f.attempts.names, req.Packet, req.Client.Name, req.CallingStation)
}

// accompanied tells the other nodes, behind the copy's back, of one that joined here: until its gateway may send it to them no more. The copy
// itself goes on meanwhile, so nothing of it is read there. The very same packet is told once, and no more of an attempt than the memory keeps.
func (f *Flow) accompanied(ctx context.Context, p *pending) {
	key, exchange, a, until := p.key, f.exchange(p.req), p.attempt, p.leaveBy().Add(answerMargin)
	if !f.attempts.tells(a, exchange) {
		return
	}
	go func() {
		ctx, cancel := context.WithDeadline(ctx, until)
		defer cancel()
		f.joint.Joined(ctx, key, exchange, func() string { return f.attempts.nameOf(a) })
	}()
}

// answered waits for the phone's answer, from whichever node. The error says why there is none.
func (f *Flow) answered(ctx context.Context, waits joint.Waits, p *pending, seat *joint.Seat) error {
	for {
		p.follows = seat.Place.Role != cluster.Leads
		switch seat.Place.Role {
		case cluster.Leads:
			f.leadTogether(p, seat.Place)
			if p.listen().proof.Answer.Outcome != Elsewhere {
				return nil
			}
			joint.Rest(ctx) // this node was cut off, and another one took over
			p.follows = true
		case cluster.Over:
			p.told(seat)
			return nil
		case cluster.Follows, cluster.NoRole:
		}
		f.attempts.adopt(p.attempt, waits)
		if err := seat.Await(ctx); err != nil {
			return err
		}
	}
}

// leadTogether has the phone asked at this node. Where it is taken over, the node that led it was let ring already: that counts once.
func (f *Flow) leadTogether(p *pending, place cluster.Place) {
	if f.Opened != nil {
		f.Opened(p.key, p.leaveBy())
	}
	if p.rings = place.Taken; p.rings {
		f.ask(p)
		return
	}
	f.ring(p)
}

// told takes the answer of the node that led the attempt.
func (p *pending) told(seat *joint.Seat) {
	person := p.subject.Person
	p.note = "another node asked the phone"
	p.proof.Answer, p.err = seat.Told(append([]Mobile{person.Mobile}, person.Phones...)...)
	var gate refusal
	p.asleep = errors.As(p.err, &gate) && gate.Asleep
}

// unanswered says why a login has no answer. One that was withdrawn, or stopped, says so itself.
func (f *Flow) unanswered(ctx context.Context, p *pending, err error) {
	switch {
	case err == nil || f.attempts.ended(p.attempt) != nil:
	case ctx.Err() != nil:
		p.err = errShutdown
	case errors.Is(err, context.DeadlineExceeded):
		p.proof.Answer = Answer{Outcome: TimedOut, Detail: "another node asked the phone, and told no answer in time"}
	default:
		p.err = err
	}
}
