package page

import (
	"net/http"

	"ivalt-radius/admin/access"
	"ivalt-radius/admin/view"
)

// rehearseData is the form and, once one has begun, the rehearsal.
type rehearseData struct {
	Asked   view.Rehearsal // what the form says; its password is never shown again
	Clients []string       // by name; empty: they are not known, and are typed
	Run     *view.Rehearsed
}

// Answers are what the simulated person may do.
func (rehearseData) Answers() []string {
	return []string{"approve", "deny", "silent", "geofence", "timezone", "unknown_user"}
}

func (p *Pages) handleRehearse(mux *http.ServeMux) {
	mux.Handle("GET /rehearse", p.Door.Page(access.Read, func(w http.ResponseWriter, r *http.Request, who access.Principal) {
		q := r.URL.Query()
		asked := view.Rehearsal{Cloud: view.Simulator, User: q.Get("user"), Client: q.Get("client"), CallingStation: q.Get("calling_station")}
		p.show(w, r, http.StatusOK, sheet{View: "rehearse", Who: who, Data: p.rehearsing(r, who, asked)})
	}))
	mux.Handle("POST /rehearse", p.Door.Page(access.Write, p.rehearse))
	mux.Handle("GET /rehearse/{id}", p.Door.Page(access.Write, p.rehearsed))
}

// rehearsing is the form with what was asked.
func (p *Pages) rehearsing(r *http.Request, who access.Principal, asked view.Rehearsal) rehearseData {
	data := rehearseData{Asked: asked}
	data.Asked.Password = ""
	var known struct {
		Clients []struct {
			Name string `json:"name"`
		} `json:"clients"`
	}
	if err := p.Desk.Ask(r.Context(), who.Actor(), view.PathClients, nil, &known); err != nil {
		return data // the name is typed
	}
	for _, c := range known.Clients {
		data.Clients = append(data.Clients, c.Name)
	}
	return data
}

// rehearse begins one.
func (p *Pages) rehearse(w http.ResponseWriter, r *http.Request, who access.Principal) {
	asked := view.Rehearsal{
		Cloud:          view.Cloud(r.PostFormValue("cloud")),
		User:           r.PostFormValue("user"),
		Client:         r.PostFormValue("client"),
		CallingStation: r.PostFormValue("calling_station"),
		Password:       r.PostFormValue("password"),
		Answer:         r.PostFormValue("answer"),
		Reason:         r.PostFormValue("reason"),
	}
	if asked.Cloud != view.Simulator {
		asked.Answer = "" // a person answers
	}
	var run view.Rehearsed
	if err := p.Desk.Ask(r.Context(), who.Actor(), view.PathRehearse, asked, &run); err != nil {
		status, words := refused(err)
		p.show(w, r, status, sheet{View: "rehearse", Who: who, Data: p.rehearsing(r, who, asked), Said: words, Bad: true})
		return
	}
	data := p.rehearsing(r, who, asked)
	data.Run = &run
	p.show(w, r, http.StatusOK, sheet{View: "rehearse", Who: who, Data: data})
}

// rehearsed shows how one goes: to htmx that part of the page alone.
func (p *Pages) rehearsed(w http.ResponseWriter, r *http.Request, who access.Principal) {
	var run view.Rehearsed
	err := p.Desk.Ask(r.Context(), who.Actor(), view.PathRehearsed, view.Named{ID: r.PathValue("id")}, &run)
	s := sheet{View: "rehearse", Who: who}
	status := http.StatusOK
	if err != nil {
		status, s.Said = refused(err)
		s.Bad = true
	}
	if r.Header.Get("HX-Request") == "true" {
		if err != nil {
			p.write(w, status, "rehearse", "gone", s) // nothing is asked again
			return
		}
		p.write(w, status, "rehearse", "rehearsal", run)
		return
	}
	data := p.rehearsing(r, who, view.Rehearsal{Cloud: view.Simulator, User: run.User, Client: run.Client})
	if err == nil {
		data.Run = &run
	}
	s.Data = data
	p.show(w, r, status, s)
}
