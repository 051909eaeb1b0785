package incident

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"ivalt-radius/audit"
	"ivalt-radius/guard"
)

// ErrNone says that no incident has an identifier. Of what is done by hand: ErrAlready says that it cannot be, since an incident has come that far; ErrEvidence that there is no evidence of it, so that it was not
// done; ErrUnwritten that it was done, and is not on disk yet.
var (
	ErrNone      = errors.New("there is no such incident: see ivalt-radius incidents list --all")
	ErrAlready   = errors.New("already")
	ErrEvidence  = errors.New("keeping the evidence")
	ErrUnwritten = errors.New("what was done is in the trail, and could not be written to the incident: it is tried again")
)

// Order is what somebody wants done to an incident.
type Order struct {
	ID     string // a beginning that only one incident has is enough
	Actor  string
	Reason string
}

// List are all incidents without their evidence, by identifier.
func (b *Book) List() []Incident {
	all := b.some(func(*entry) bool { return true })
	for n := range all {
		all[n].Evidence = nil
	}
	return all
}

// Unclosed are the incidents that are not closed, in few words: without evidence, actions and history, and in no order.
func (b *Book) Unclosed() []Incident {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []Incident
	for _, e := range b.all {
		if e.State != Closed {
			i := e.Incident
			i.Evidence, i.Actions, i.History = nil, nil, nil
			out = append(out, i)
		}
	}
	return out
}

// Find is the incident whose identifier begins so, with its evidence. ErrNone where there is none; where there are several, the error
// names some; another error says that the evidence cannot be read.
func (b *Book) Find(beginning string) (Incident, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e, err := b.find(beginning)
	if err != nil {
		return Incident{}, err
	}
	if err := b.recall(e); err != nil {
		return Incident{}, err
	}
	found := e.clone()
	if e.State == Closed && !e.dirty {
		e.Evidence = nil
	}
	return found, nil
}

// find is Find without evidence. mu is held.
func (b *Book) find(beginning string) (*entry, error) {
	const named = 5
	if e := b.all[beginning]; e != nil {
		return e, nil
	}
	var found []string
	for id := range b.all {
		if beginning != "" && strings.HasPrefix(id, beginning) {
			found = append(found, id)
		}
	}
	switch len(found) {
	case 0:
		return nil, ErrNone
	case 1:
		return b.all[found[0]], nil
	}
	return nil, fmt.Errorf("%d incidents begin so: %s", len(found), strings.Join(found[:min(named, len(found))], ", "))
}

// Acknowledge says that somebody looks after an incident. Only one that is open can be acknowledged.
func (b *Book) Acknowledge(ctx context.Context, o Order) (Incident, error) {
	return b.byHand(ctx, o, Acknowledged, audit.Action{Action: "acknowledge_incident"})
}

// Close ends an incident: what comes afterwards is a new one. It need not be acknowledged before. Its hold is released; blocks stay.
func (b *Book) Close(ctx context.Context, o Order) (Incident, error) {
	return b.byHand(ctx, o, Closed, audit.Action{Action: "close_incident"})
}

// byHand takes an incident on to a state, once there is evidence of who did it and why.
func (b *Book) byHand(ctx context.Context, o Order, to State, a audit.Action) (Incident, error) {
	if err := guard.CheckReason(o.Reason); err != nil {
		return Incident{}, fmt.Errorf("the reason: %w", err)
	}
	b.hand.Lock()
	defer b.hand.Unlock()
	i, err := b.Find(o.ID)
	if err == nil {
		err = i.leads(to)
	}
	if err != nil {
		return i, err
	}
	a.Actor, a.Target, a.Detail = o.Actor, i.ID, fmt.Sprintf("%s, %s: %s", i.Rule, i.Severity, o.Reason)
	if err := b.deps.Recorder.Commit(ctx, a); err != nil {
		return i, fmt.Errorf("%w: %w", ErrEvidence, err)
	}
	return b.advance(i.ID, Change{What: to.String(), By: clean(o.Actor, mostText), Reason: o.Reason}, to)
}

// leads says why an incident cannot come to a state.
func (i *Incident) leads(to State) error {
	if i.State < to {
		return nil
	}
	for _, c := range i.History {
		if c.What == i.State.String() {
			return fmt.Errorf("incident %s is %s %w, by %s: %s", i.ID, i.State, ErrAlready, c.By, c.Reason)
		}
	}
	return fmt.Errorf("incident %s is %s %w", i.ID, i.State, ErrAlready)
}

// advance takes an incident on. hand is held.
func (b *Book) advance(id string, c Change, to State) (Incident, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e := b.all[id]
	if e == nil {
		return Incident{}, ErrNone
	}
	c.At = b.now()
	e.change(c)
	e.State = to
	if to == Closed {
		e.Closed = c.At
		b.leave(e)
	}
	after := e.clone()
	b.save(e)
	wake(b.keep)
	if e.dirty {
		return after, ErrUnwritten
	}
	return after, nil
}

// leave takes an incident out of what alerts grow. mu is held.
func (b *Book) leave(e *entry) {
	b.count[e.Rule]--
	if b.open[e.key()] == e {
		delete(b.open, e.key())
	}
}
