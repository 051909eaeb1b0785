package main

import (
	"context"
	"net/http"

	"ivalt-radius/admin/view"
	"ivalt-radius/audit/query"
	"ivalt-radius/cmd/ivalt-radius/backup"
	"ivalt-radius/cmd/ivalt-radius/clienting"
	"ivalt-radius/cmd/ivalt-radius/disconnecting"
	"ivalt-radius/cmd/ivalt-radius/explaining"
	"ivalt-radius/cmd/ivalt-radius/healthing"
	"ivalt-radius/cmd/ivalt-radius/inforce"
	"ivalt-radius/cmd/ivalt-radius/logins"
	"ivalt-radius/cmd/ivalt-radius/now"
	"ivalt-radius/cmd/ivalt-radius/people"
	"ivalt-radius/cmd/ivalt-radius/sessioning"
	"ivalt-radius/cmd/ivalt-radius/trail"
	"ivalt-radius/config"
)

// handlers answer the commands that come over the control socket. What outlives its command ends with ctx.
func (a *app) handlers(ctx context.Context) http.Handler {
	mux := http.NewServeMux()
	clienting.Handle(mux, clienting.Running{Settings: a.inForce, Memory: a.clients, Trail: a.trail, Waiting: a.server.Waiting})
	trail.Handle(mux, a.trail)
	trail.HandleForget(ctx, mux, a.trail, a.auditSettings, a.keeping.keeper, sessioning.Forgetting{Sessions: a.in, Incidents: a.guard})
	backup.Handle(mux, a.store)
	disconnecting.Handle(mux, a.disconnector, a.trail)
	a.guard.Handle(mux)
	a.sharing.Handle(mux)
	board := now.NewBoard(a.tally, now.Server{
		Node: a.sharing.Node(), Version: version, Settings: a.inForce, Logins: a.flow, Phone: a.phone, Packets: a.server, Incidents: a.guard.Incidents,
		Checks: func(ctx context.Context) []view.Check { return a.window.Checks(ctx) }, // it is there before anybody asks
	})
	now.Handle(mux, board)
	a.stage.Load().Handle(mux)
	inforce.Handle(mux, a.settingsCommands())
	trail.HandleHolds(mux, a.inForce().State.Directory, a.trail, a.keeping.keeper.Holds())
	logins.Handle(mux, logins.Running{Settings: a.inForce, Trail: a.trail, InFlight: board.InFlight})
	people.Handle(mux, people.Running{Gate: a.guard.Gate, Approvals: a.flow, Blocks: a.guard.Blocks, Trail: a.trail})
	sessioning.Handle(mux, sessioning.Running{Table: a.in, Clients: a.server, Trail: a.trail, Records: a.records})
	explaining.Handle(mux, explaining.Running{Rules: a.rules, Trail: a.trail})
	healthing.Handle(mux, healthing.Running{ // the window is there before anybody asks
		Ready: func(ctx context.Context) []view.Check { return a.window.Checks(ctx) },
		Live:  func(ctx context.Context) []view.Check { return a.window.Lives(ctx) },
	})
	a.upgrades(mux)
	return mux
}

// records are where the trail lies.
func (a *app) records() query.Trail {
	s := a.inForce()
	return query.Trail{Live: s.Audit.File, Archive: s.Audit.Archive}
}

// rules are what logins are decided by now.
func (a *app) rules() explaining.Rules { return *a.deciding.Load() }

// inForce are the settings of now. It waits for no reload.
func (a *app) inForce() *config.Settings { return a.settings.Load() }
