package main

import (
	"context"
	"time"

	"ivalt-radius/admin/view"
	"ivalt-radius/auth"
	"ivalt-radius/cmd/ivalt-radius/measuring"
	"ivalt-radius/cmd/ivalt-radius/rehearsing"
	"ivalt-radius/ivalt"
	"ivalt-radius/ivalt/standing"
)

// measure has the metrics read the running rooms. It is called once, when all of them are there.
func (a *app) measure() {
	sources := measuring.Sources(measuring.Rooms{
		Settings: a.inForce, Version: version, Server: a.server, Flow: a.flow, Trail: a.trail, Shipping: a.ship, Guard: a.guard, Nodes: a.sharing,
		Phone: a.phone, Oldest: a.oldest,
		Ready:    func() []view.Check { return a.window.Checks(context.Background()) }, // each check has a bound of its own
		Sessions: a.window.Sessions, Online: a.in.Totals, Files: a.certificates, Upstream: a.upstream,
		Unreachable: func(what string, err error) {
			a.log.WithError(err).WithField("what", what).Warn("a metric cannot be read")
		},
	})
	sources.SignIns = a.window.SignIns
	a.metrics.Read(sources)
}

// oldest is how long the login waits that waits longest.
func (a *app) oldest() time.Duration {
	if first := a.flow.Look(1).Oldest; !first.IsZero() {
		return time.Since(first)
	}
	return 0
}

// certificates are files that end one day, by their use.
func (a *app) certificates() map[string]string {
	if file := a.inForce().Admin.TLS.Certificate; file != "" {
		return map[string]string{"window": file}
	}
	return nil
}

// approved counts an approval, unless it is a rehearsal's.
func (a *app) approved(it standing.Approval) {
	if !a.stage.Load().Owns(it.Attempt) {
		a.tally.Approved(it)
	}
}

// noting has handshakes with iVALT tell when its certificate ends.
func (a *app) noting(s ivalt.Settings) ivalt.Settings {
	s.API.Ends = &a.ends
	return s
}

// upstream is when iVALT's certificate ends.
func (a *app) upstream() (until time.Time, seen bool) {
	ends := a.ends.Load()
	return time.Unix(ends, 0), ends != 0
}

// rehearse makes the place where logins are tried.
func (a *app) rehearse() *rehearsing.Stage {
	return rehearsing.New(rehearsing.Deps{
		Client: func(name string) (auth.Client, bool) {
			if c := a.server.ClientNamed(name); c != nil {
				return c.Auth, true
			}
			return auth.Client{}, false
		},
		Phone: a.phone, IVALT: func() ivalt.Settings { return ivaltSettings(a.inForce()) }, Gate: a.guard.Gate, Recorder: a, Log: a.log, Now: time.Now,
	})
}
