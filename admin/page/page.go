package page

import (
	"bytes"
	"embed"
	"html/template"
	"io/fs"
	"net/http"
	"time"

	"ivalt-radius/admin/access"
	"ivalt-radius/admin/view"
)

//go:embed templates/*.html
var templates embed.FS

//go:embed assets
var assets embed.FS

// Deps is what the pages work with.
type Deps struct {
	Desk view.Desk
	Door access.Door
	Now  func() time.Time
}

// Pages are all pages.
type Pages struct {
	Deps

	sets map[string]*template.Template // by view
}

// Views are the pages in the order of the navigation, by their path's last part.
func Views() []string {
	return []string{"now", "logins", "people", "incidents", "clients", "settings", "rehearse"}
}

// New makes the pages.
func New(d Deps) *Pages {
	p := &Pages{Deps: d, sets: map[string]*template.Template{}}
	names, err := fs.Glob(templates, "templates/*.html")
	if err != nil {
		panic(err) // the pattern is a constant
	}
	for _, name := range names {
		if name == "templates/layout.html" {
			continue
		}
		view := name[len("templates/") : len(name)-len(".html")]
		p.sets[view] = template.Must(template.New("layout.html").Funcs(functions()).ParseFS(templates, "templates/layout.html", name))
	}
	return p
}

// sheet is what every page is made of.
type sheet struct {
	View string // as in Views
	Who  access.Principal
	Data any    // the view's own
	Said string // what became of the last action; empty: nothing to say
	Bad  bool   // it went wrong
}

// show writes a page; where htmx asks for a part of one, its "main" alone.
func (p *Pages) show(w http.ResponseWriter, r *http.Request, status int, s sheet) {
	name := "layout.html"
	if r.Header.Get("HX-Request") == "true" {
		name = "main"
	}
	var out bytes.Buffer
	if err := p.sets[s.View].ExecuteTemplate(&out, name, s); err != nil {
		http.Error(w, "the page cannot be shown", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = out.WriteTo(w)
}

// Handle serves all pages and what they are made of.
func (p *Pages) Handle(mux *http.ServeMux) {
	files, err := fs.Sub(assets, "assets")
	if err != nil {
		panic(err) // the directory is there
	}
	mux.Handle("GET /assets/", http.StripPrefix("/assets/", http.FileServerFS(files)))
	p.handleNow(mux)
	p.handleLogins(mux)
	p.handlePeople(mux)
	p.handleIncidents(mux)
	p.handleClients(mux)
	p.handleSettings(mux)
	p.handleRehearse(mux)
}
