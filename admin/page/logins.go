package page

import (
	"cmp"
	"net/http"
	"strings"
	"time"

	"ivalt-radius/admin/access"
	"ivalt-radius/admin/page/phrase"
	"ivalt-radius/admin/page/search"
	"ivalt-radius/admin/view"
)

func (p *Pages) handleLogins(mux *http.ServeMux) {
	mux.Handle("GET /logins", p.Door.Page(access.Read, p.logins))
	mux.Handle("GET /logins/{attempt}", p.Door.Page(access.Read, p.login))
}

// found is the page of the logins that somebody looked for.
type found struct {
	Search   search.Search
	Presets  []search.Preset
	Clients  []string // nil: not known
	Verdicts []string
	Reasons  []string
	Logins   []view.Login
	Older    string // the address of those before; empty: there are none
}

func (p *Pages) logins(w http.ResponseWriter, r *http.Request, who access.Principal) {
	typed, filter, err := search.Parse(r.URL.Query(), p.Now())
	data := found{
		Search: typed, Presets: search.Presets(), Clients: p.clientNames(r, who), Verdicts: phrase.Verdicts(), Reasons: phrase.Reasons(),
	}
	var out view.Logins
	if err == nil {
		err = p.Desk.Ask(r.Context(), who.Actor(), view.PathLogins, filter, &out)
	}
	s, status := sheet{View: "logins", Who: who}, http.StatusOK
	if err != nil {
		status = s.refuse(err)
	}
	data.Logins = out.Logins
	if out.More > 0 {
		data.Older = typed.Older(out.More)
	}
	s.Data = data
	p.show(w, r, status, s)
}

// clientNames are those of the settings; nil where the server does not tell.
func (p *Pages) clientNames(r *http.Request, who access.Principal) []string {
	o, err := p.overview(r, who)
	if err != nil {
		return nil
	}
	names := make([]string, len(o.Clients))
	for i := range o.Clients {
		names[i] = o.Clients[i].Name
	}
	return names
}

// told is the page of one login.
type told struct {
	view.Story

	Asked     view.Question     // of the rules
	At        string            // the time of it, as its field holds it
	Explained *view.Explanation // nil: Why says why not
	Why       string
}

func (p *Pages) login(w http.ResponseWriter, r *http.Request, who access.Principal) {
	s, status := sheet{View: "logins", Who: who}, http.StatusOK
	var data told
	err := p.Desk.Ask(r.Context(), who.Actor(), view.PathStory, view.Named{ID: r.PathValue("attempt")}, &data.Story)
	if err != nil {
		status = s.refuse(err)
	} else {
		p.explain(r, who, &data)
	}
	data.Attempt = cmp.Or(data.Attempt, r.PathValue("attempt"))
	s.Data = data
	p.showAs(w, r, status, "login", s)
}

// explain asks how the login would be decided: at its own time, or at one that somebody typed. What goes wrong with it stands beside the story.
func (p *Pages) explain(r *http.Request, who access.Principal, data *told) {
	q := &data.Asked
	switch {
	case data.Login != nil:
		*q = view.Question{User: data.Login.User, Client: data.Login.Client, CallingStation: data.Login.CallingStation, At: data.Login.Time}
	case data.InFlight != nil:
		*q = view.Question{User: data.InFlight.User, Client: data.InFlight.Client, CallingStation: data.InFlight.CallingStation, At: data.InFlight.Since}
	default:
		data.Why = "Who logs in, and where, is not known yet."
		return
	}
	typed := strings.TrimSpace(r.URL.Query().Get("at"))
	at, err := search.Time("Time", typed)
	data.At = cmp.Or(typed, search.Field(q.At.Truncate(time.Second)))
	if err == nil && typed != "" {
		q.At = at
	}
	var out view.Explanation
	if err == nil {
		err = p.Desk.Ask(r.Context(), who.Actor(), view.PathExplain, *q, &out)
	}
	if err != nil {
		data.Why = phrase.Plain(err.Error())
		return
	}
	data.Explained = &out
}
