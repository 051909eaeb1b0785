package page

import (
	"net/http"
	"net/netip"
	"strings"

	"ivalt-radius/admin/access"
	"ivalt-radius/admin/page/deed"
	"ivalt-radius/admin/page/phrase"
	"ivalt-radius/admin/view"
	"ivalt-radius/guard/block"
	"ivalt-radius/guard/gate"
)

func (p *Pages) handlePeople(mux *http.ServeMux) {
	mux.Handle("GET /people", p.Door.Page(access.Read, p.people))
	for _, d := range []deed.Deed{deed.Block(), deed.Unblock(), deed.Unlock(), deed.Forget(), deed.Disconnect()} {
		p.handleDeed(mux, d, nil)
	}
}

// crowd is the page of the people.
type crowd struct {
	view.People

	User     string         // that somebody looks for, as typed; empty: all
	Sessions *view.Sessions // of that person; nil: nobody is looked for, or NoSessions says why not
	Sorry    string         // why there are no sessions
}

func (p *Pages) people(w http.ResponseWriter, r *http.Request, who access.Principal) {
	const most = 300 // octets of a name
	s, status := sheet{View: "people", Who: who}, http.StatusOK
	s.said(r.URL.Query())
	var data crowd
	data.User = strings.TrimSpace(r.URL.Query().Get("user"))
	data.User = data.User[:min(len(data.User), most)]
	if err := p.Desk.Ask(r.Context(), who.Actor(), view.PathPeople, nil, &data.People); err != nil {
		status = s.refuse(err)
	}
	if data.User != "" {
		data.People = named(data.People, data.User)
		var sessions view.Sessions
		if err := p.Desk.Ask(r.Context(), who.Actor(), view.PathSessions, view.SessionFilter{User: data.User}, &sessions); err != nil {
			data.Sorry = phrase.Plain(err.Error())
		} else {
			data.Sessions = &sessions
		}
	}
	s.Data = data
	p.show(w, r, status, s)
}

// named are those whose name has a text in it; of blocks, also of addresses.
func named(all view.People, text string) view.People {
	text = strings.ToLower(text)
	like := func(name string) bool { return strings.Contains(strings.ToLower(name), text) }
	all.Lockouts = only(all.Lockouts, func(l gate.Lockout) bool { return like(l.User) })
	all.Paused = only(all.Paused, func(l gate.Pause) bool { return like(l.User) })
	all.Blocks = only(all.Blocks, func(b block.Block) bool { return like(b.Subject()) })
	all.Remembered = only(all.Remembered, func(l view.Remembered) bool { return like(l.User) })
	return all
}

func only[T any](all []T, wanted func(T) bool) []T {
	var some []T
	for _, one := range all {
		if wanted(one) {
			some = append(some, one)
		}
	}
	return some
}

// addressOf is a calling station where it is an IP address, else empty.
func addressOf(station string) string {
	if a, err := netip.ParseAddr(station); err == nil {
		return a.Unmap().WithZone("").String()
	}
	return ""
}
