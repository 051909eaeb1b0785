package page

import (
	"net/http"

	"ivalt-radius/admin/access"
	"ivalt-radius/admin/page/clientele"
	"ivalt-radius/admin/page/deed"
	"ivalt-radius/admin/view"
)

func (p *Pages) handleClients(mux *http.ServeMux) {
	mux.Handle("GET /clients", p.Door.Page(access.Read, p.clients))
	p.handleDeed(mux, deed.Enforce(), p.readiness)
	p.handleDeed(mux, deed.Unlearn(), nil)
}

func (p *Pages) clients(w http.ResponseWriter, r *http.Request, who access.Principal) {
	s, status := sheet{View: "clients", Who: who}, http.StatusOK
	s.said(r.URL.Query())
	o, err := p.overview(r, who)
	if err != nil {
		status = s.refuse(err)
	}
	s.Data = o
	p.show(w, r, status, s)
}

// overview is what the server knows of its clients.
func (p *Pages) overview(r *http.Request, who access.Principal) (clientele.Overview, error) {
	var o clientele.Overview
	err := p.Desk.Ask(r.Context(), who.Actor(), view.PathClients, nil, &o)
	return o, err //nolint:wrapcheck // the server's words
}

// readiness says whether what is to be enforced would refuse requests that come now. Force is offered where it would.
func (p *Pages) readiness(r *http.Request, who access.Principal, f deed.Form) (facts []string, offer bool) {
	o, err := p.overview(r, who)
	if err != nil {
		return nil, false
	}
	return o.Readiness(f.Get("client"), f.Get("address"))
}
