package clienting

import (
	"context"
	"net/http"
	"time"

	"ivalt-radius/cmd/ivalt-radius/control"
	"ivalt-radius/cmd/ivalt-radius/secretage"
	"ivalt-radius/config"
	"ivalt-radius/radius/sighting"
)

// Where the running server is asked.
const (
	listPath    = "/clients"
	enforcePath = "/clients/enforce"
	forgetPath  = "/clients/forget"
)

// Running is a server that runs.
type Running struct {
	Settings func() *config.Settings // those in force
	Memory   *Memory
	Trail    Committer
	Waiting  func() map[sighting.Peer]int
}

// Handle serves the running server's side of the commands.
func Handle(mux *http.ServeMux, r Running) {
	mux.HandleFunc("POST "+listPath, func(w http.ResponseWriter, _ *http.Request) {
		f := facts{settings: r.Settings(), memory: r.Memory, waiting: r.Waiting()}
		f.secrets, _ = secretage.List(f.settings, time.Now()) // without them the rest is told
		o := f.overview()
		o.Running = true
		control.Answer(w, o, nil)
	})
	for path, do := range map[string]func(desk, context.Context, string, Order) (Outcome, error){
		enforcePath: desk.enforce, forgetPath: desk.forget,
	} {
		control.Serve(mux, path, func(ctx context.Context, actor string, in Order) (Outcome, error) {
			return do(desk{r.Settings(), r.Memory, r.Trail}, ctx, actor, in)
		})
	}
}
