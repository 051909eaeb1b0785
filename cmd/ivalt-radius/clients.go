package main

import (
	"context"
	"net/http"

	"ivalt-radius/cmd/ivalt-radius/backup"
	"ivalt-radius/cmd/ivalt-radius/clienting"
	"ivalt-radius/cmd/ivalt-radius/disconnecting"
	"ivalt-radius/cmd/ivalt-radius/inforce"
	"ivalt-radius/cmd/ivalt-radius/trail"
	"ivalt-radius/config"
)

// handlers answer the commands that come over the control socket. What outlives its command ends with ctx.
func (a *app) handlers(ctx context.Context) http.Handler {
	mux := http.NewServeMux()
	clienting.Handle(mux, clienting.Running{Settings: a.inForce, Memory: a.clients, Trail: a.trail, Waiting: a.server.Waiting})
	trail.Handle(mux, a.trail)
	trail.HandleForget(ctx, mux, a.trail, a.auditSettings, a.keeping.keeper, a.guard)
	backup.Handle(mux, a.store)
	disconnecting.Handle(mux, a.disconnector, a.trail)
	a.guard.Handle(mux)
	a.sharing.Handle(mux)
	inforce.Handle(mux, a.settingsCommands())
	trail.HandleHolds(mux, a.settings.State.Directory, a.trail, a.keeping.keeper.Holds())
	return mux
}

// inForce are the settings of now.
func (a *app) inForce() *config.Settings {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.settings
}
