package main

import (
	"time"

	"ivalt-radius/auth"
	"ivalt-radius/radius/dynauth/sessions"
	"ivalt-radius/state"
	"ivalt-radius/state/cluster"
)

// leads is how many attempts this node leads.
func (a *app) leads() int {
	if is := a.live.Load(); is != nil {
		return is.flow.Waiting()
	}
	return 0
}

// notice hands on what other nodes do to the attempts of this one, which has none before it lives.
func (a *app) notice(n cluster.Notice) {
	if is := a.live.Load(); is != nil {
		is.phone.Notice(n)
	}
}

// budget is that of the API key in force.
func (a *app) budget(l state.Limits, wake func()) state.Allowance {
	if a.sharing == nil {
		return a.spending(l)
	}
	return a.sharing.Budget(l, *a.apiKey.Load(), wake)
}

// together has logins shared with the other nodes, where there are any.
func (a *app) together(o auth.Options) auth.Options {
	o.Attempts, o.Names, o.Current, o.Tell = a.sharing.Attempts(), a.sharing.Names(), a.sharing.Current(), a.sharing.Teller("approvals")
	if opened := a.sharing.Opened(); opened != nil {
		o.Elsewhere, o.Opened = opened.Has, opened.Lead
	}
	return o
}

// know makes the table of who is in, with what a run before has kept, and shares it.
func (a *app) know() error {
	a.in = sessions.New(time.Now)
	failing := func(err error) { a.log.WithError(err).Warn("who is in cannot be kept over a restart") }
	if err := a.in.Open(a.store, failing); err != nil {
		return err
	}
	a.share(a.in)
	return nil
}

// share has what this node counts, blocks, learns and hears of sessions told to the others, and takes what they tell. It is called once, when all of
// it is there, and before the server hears a packet.
func (a *app) share(in *sessions.Table) {
	a.live.Store(&live{phone: a.phone, flow: a.flow})
	in.Tell = a.sharing.Teller("sessions")
	a.sharing.Follow("gate", func(_ string, age time.Duration, payload []byte) error { return a.guard.Gate.Apply(age, payload) })
	a.sharing.Follow("approvals", func(_ string, age time.Duration, payload []byte) error { return a.flow.Hear(age, payload) })
	a.sharing.Follow("sessions", func(node string, age time.Duration, payload []byte) error {
		return in.Apply(node, time.Now().Add(-age), payload)
	})
	a.guard.Share(func(r cluster.Replica) cluster.Table { return a.sharing.Table("blocks", r) })
	if learned, enforced := a.sharing.Table("learned", a.clients.Learned), a.sharing.Table("enforced", a.clients.Enforced); learned != nil {
		a.clients.Share(learned, enforced)
	}
}
