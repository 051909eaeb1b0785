package page

import (
	"net/http"

	"ivalt-radius/admin/access"
)

func (p *Pages) handleNow(mux *http.ServeMux) {
	mux.Handle("GET /now", p.Door.Page(access.Read, func(w http.ResponseWriter, r *http.Request, who access.Principal) {
		p.show(w, r, http.StatusOK, sheet{View: "now", Who: who})
	}))
}
