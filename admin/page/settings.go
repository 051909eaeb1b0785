package page

import (
	"net/http"
	"strings"

	"ivalt-radius/admin/access"
	"ivalt-radius/admin/view"
)

// settingsData are the settings as the view shows them.
type settingsData struct {
	view.Settings

	Sections []section
	Query    string         // what a key, a value or a meaning is to contain
	Set      bool           // those alone that are not the default
	Reloaded *view.Reloaded // what a reload came to; nil: nobody asked for one
	Trouble  string         // why the settings are not known
}

// section are the keys with the same first word.
type section struct {
	Name    string
	Entries []view.Entry
}

func (p *Pages) handleSettings(mux *http.ServeMux) {
	mux.Handle("GET /settings", p.Door.Page(access.Read, func(w http.ResponseWriter, r *http.Request, who access.Principal) {
		data, status := p.settings(r, who)
		p.show(w, r, status, sheet{View: "settings", Who: who, Data: data})
	}))
	mux.Handle("POST /settings/reload", p.Door.Page(access.Configure, p.reload))
}

// settings asks for the settings, and takes those that the request wants.
func (p *Pages) settings(r *http.Request, who access.Principal) (settingsData, int) {
	data := settingsData{Query: strings.TrimSpace(r.URL.Query().Get("q")), Set: r.URL.Query().Get("set") == "yes"}
	if err := p.Desk.Ask(r.Context(), who.Actor(), view.PathSettings, nil, &data.Settings); err != nil {
		status, words := refused(err)
		data.Trouble = words
		return data, status
	}
	data.Sections = sections(data.Entries, func(e view.Entry) bool {
		text := strings.ToLower(e.Key + "\n" + e.Value + "\n" + e.Meaning)
		return (!data.Set || !e.Default) && strings.Contains(text, strings.ToLower(data.Query))
	})
	return data, http.StatusOK
}

// sections are the entries that are wanted, in their order, by the first word of their key.
func sections(entries []view.Entry, wanted func(view.Entry) bool) []section {
	var list []section
	for _, e := range entries {
		if !wanted(e) {
			continue
		}
		name, _, _ := strings.Cut(e.Key, ".")
		name, _, _ = strings.Cut(name, "[")
		if len(list) == 0 || list[len(list)-1].Name != name {
			list = append(list, section{Name: name})
		}
		last := &list[len(list)-1]
		last.Entries = append(last.Entries, e)
	}
	return list
}

// reload has the server read its file again, and shows what that came to.
func (p *Pages) reload(w http.ResponseWriter, r *http.Request, who access.Principal) {
	var done view.Reloaded
	s := sheet{View: "settings", Who: who, Said: "The settings of the file are in force."}
	status := http.StatusOK
	err := p.Desk.Ask(r.Context(), who.Actor(), view.PathReload, view.Reason{Reason: r.PostFormValue("reason")}, &done)
	if err != nil {
		status, s.Said = refused(err)
		s.Bad = true
	}
	data, _ := p.settings(r, who)
	switch {
	case err != nil:
	case !done.Taken:
		s.Said, s.Bad = "The file has faults; the settings in force stay as they were. Correct what is listed below, and reload again.", true
		data.Reloaded = &done
	default:
		if len(done.Changes) == 0 {
			s.Said = "The file says what is in force already: nothing has changed."
		}
		data.Reloaded = &done
	}
	s.Data = data
	p.show(w, r, status, s)
}

// Shown is how many entries are listed.
func (d settingsData) Shown() int {
	n := 0
	for _, s := range d.Sections {
		n += len(s.Entries)
	}
	return n
}
