package rehearsing

import (
	"net/http"

	"ivalt-radius/admin/view"
	"ivalt-radius/cmd/ivalt-radius/control"
)

// Handle serves the running server's side.
func (s *Stage) Handle(mux *http.ServeMux) {
	mux.HandleFunc("POST "+view.PathRehearse, func(w http.ResponseWriter, r *http.Request) {
		var in view.Rehearsal
		var out view.Rehearsed
		err := control.Decode(w, r, &in)
		if err == nil {
			out, err = s.Begin(r.Context(), control.Actor(r.Context()), in)
		}
		control.Answer(w, out, err)
	})
	mux.HandleFunc("POST "+view.PathRehearsed, func(w http.ResponseWriter, r *http.Request) {
		var in view.Named
		var out view.Rehearsed
		err := control.Decode(w, r, &in)
		if err == nil {
			out, err = s.Show(in.ID)
		}
		control.Answer(w, out, err)
	})
}
