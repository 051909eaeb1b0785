package auth

import (
	"errors"

	"ivalt-radius/auth/credential"
	"ivalt-radius/auth/stage"
)

// Stage is how far a login has come when the gate is asked about it.
type Stage = stage.Stage

// Visit is a login as the gate sees it.
type Visit = stage.Visit

// Admission is the gate's word. The zero Admission refuses, as unavailable.
type Admission = stage.Admission

// refusal is a gate's word as the error that ends a login.
type refusal = stage.RefusalError

// The stages, in their order. Each is asked once for a login; a retry of one that waits is asked about at Entering alone.
const (
	Arriving   = stage.Arriving
	Recognised = stage.Recognised
	Ringing    = stage.Ringing
	Entering   = stage.Entering
)

// End is how a login ended that was let in at Arriving.
type End = stage.End

// Gate stands before the logins.
type Gate = stage.Gate

// visit is the login as the gate sees it.
func (l *login) visit() Visit {
	v := Visit{Client: l.req.Client.Name, User: l.name, Station: l.req.CallingStation, From: l.req.From}
	if l.listed != l.name.String() {
		v.Person = l.listed
	}
	return v
}

// admit asks the gate.
func (f *Flow) admit(l *login, s Stage) error {
	a := f.Gate.Admit(l.visit(), s)
	l.asleep, l.familiar = a.Asleep, l.familiar || a.Familiar
	if !a.Open {
		return refusal{Admission: a}
	}
	return nil
}

// arrive asks the gate about a login, unless it is a retry of one that waits or is being checked.
func (f *Flow) arrive(l *login, err error) error {
	if was := f.attempts.before.Find(l.key, f.Now()); was != nil {
		l.familiar = was.Familiar
	}
	if err != nil || f.attempts.waits(l.key, f.Now()) || f.Elsewhere != nil && f.Elsewhere(l.key) || f.checks.Copy(l.key, f.Now()) {
		return err
	}
	if err = f.admit(l, Arriving); err == nil {
		l.arrived = true
		f.checks.Begin(l.key, f.Now(), l.leaveBy())
	}
	return err
}

// depart tells the gate how a login ended, once. Of one that follows another node it says no more than that its first factor was right: the node
// that leads tells the gates of all nodes of the phone, so that one login counts once.
func (f *Flow) depart(l *login, e End) {
	if l.follows {
		e = End{Passed: e.Passed}
	}
	if l.arrived {
		l.arrived = false
		f.checks.End(l.key)
		f.Gate.Ended(l.visit(), e)
	}
}

// handOver leaves a login's end to the attempt that it joined, where the one that leads it was not let in by the gate itself: two copies
// were checked at once, and the second one was the faster.
func (f *Flow) handOver(p *pending) {
	if !p.arrived || p.attempt == nil || !f.attempts.owes(p.attempt) {
		f.depart(&p.login, End{})
	}
}

// endOf is a login's end as the gate counts it.
func endOf(p Proof, why Reason, err error) End {
	guess := errors.Is(err, ErrBadPassword) && !errors.As(err, new(credential.ImplausibleError))
	return End{Reason: why, Guess: guess, Passed: p.Password, Pushed: p.Answer.Pushed}
}

// name makes the login's name, and the key of its attempt.
func (f *Flow) name(l *login) (Username, error) {
	user, err := l.identity()
	if err == nil {
		l.key = f.attempts.key(user, l.req)
	}
	return user, err
}
