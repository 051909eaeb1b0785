package page

import (
	"net/http"
	"time"

	"ivalt-radius/admin/access"
	"ivalt-radius/admin/view"
)

// Session is somebody who is signed in to the window.
type Session struct {
	Handle  string // names it, and opens nothing
	Account string
	Role    access.Role
	Address string
	Began   time.Time
	Used    time.Time // its last request
	Ends    time.Time // at the latest
	This    bool      // the one that asks
}

// accountData is who somebody is.
type accountData struct {
	This     *Session // nil: it is not known
	Sessions []Session
	Grants   []grant
}

// grant is one permission, and whether somebody has it.
type grant struct {
	Name, Meaning string
	Has           bool
}

// grants are all permissions of people, for one of them.
func grants(who access.Principal) []grant {
	return []grant{
		{"read", "see everything but secrets", who.May(access.Read)},
		{"write", "incidents, blocks, lockouts, people’s sessions, rehearsals", who.May(access.Write)},
		{"delete", "have the server forget what it learned of a client; end other people’s sessions of this window", who.May(access.Delete)},
		{"configure", "reload the settings; enforce Message-Authenticator", who.May(access.Configure)},
	}
}

func (p *Pages) handleAccount(mux *http.ServeMux) {
	mux.Handle("GET /account", p.Door.Page(access.Read, func(w http.ResponseWriter, r *http.Request, who access.Principal) {
		p.show(w, r, http.StatusOK, sheet{View: "account", Who: who, Data: p.account(who)})
	}))
	mux.Handle("POST /account/end", p.Door.Page(access.Read, func(w http.ResponseWriter, r *http.Request, who access.Principal) {
		s := sheet{View: "account", Who: who, Said: "The session has ended."}
		status := http.StatusOK
		if err := p.end(r.PostFormValue("handle"), who); err != nil {
			status, s.Said = refused(err)
			s.Bad = true
		}
		s.Data = p.account(who)
		p.show(w, r, status, s)
	}))
}

// end ends a session where there is somebody to do it.
func (p *Pages) end(handle string, by access.Principal) error {
	if p.End == nil {
		return view.Refusal{Kind: view.Missing, Words: "there is no such session"}
	}
	return p.End(handle, by)
}

// account is what is known of somebody.
func (p *Pages) account(who access.Principal) accountData {
	data := accountData{Grants: grants(who)}
	if p.Sessions == nil {
		return data
	}
	data.Sessions = p.Sessions(who)
	for i := range data.Sessions {
		if data.Sessions[i].This {
			data.This = &data.Sessions[i]
		}
	}
	return data
}
