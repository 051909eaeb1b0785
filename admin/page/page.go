package page

import (
	"bytes"
	"embed"
	"errors"
	"html/template"
	"io/fs"
	"net/http"
	"time"

	"ivalt-radius/admin/access"
	"ivalt-radius/admin/kept"
	"ivalt-radius/admin/page/live"
	"ivalt-radius/admin/view"
)

//go:embed templates/*.html
var templates embed.FS

// Deps is what the pages work with.
type Deps struct {
	Desk view.Desk
	Door access.Door
	Now  func() time.Time

	// Sessions are those of the window that somebody may see: their own, or everybody's. nil: nobody may see any.
	Sessions func(who access.Principal) []Session
	// End ends one of them. Its error says why not, in words for people.
	End func(handle string, by access.Principal) error
}

// Pages are all pages.
type Pages struct {
	Deps

	assets *assetSet
	shown  func() nowShown // what *Now* shows, rendered once a second for page loads and streams alike
	stream *live.Stream
	sets   map[string]*template.Template // by view
}

// Views are the pages in the order of the navigation, by their path's last part.
func Views() []string {
	return []string{"now", "logins", "people", "incidents", "clients", "settings", "rehearse"}
}

// New makes the pages.
func New(d Deps) *Pages {
	p := &Pages{Deps: d, assets: newAssets(), sets: map[string]*template.Template{}}
	p.shown = kept.For(kept.Fresh, time.Now, p.now) // not by Deps.Now, which need not go on
	p.stream = live.New(p.liveParts)
	names, err := fs.Glob(templates, "templates/*.html")
	if err != nil {
		panic(err) // the pattern is a constant
	}
	shell := template.Must(template.New("layout.html").Funcs(p.functions()).ParseFS(templates, "templates/layout.html", "templates/parts.html"))
	for _, name := range names {
		if name == "templates/layout.html" || name == "templates/parts.html" {
			continue
		}
		view := name[len("templates/") : len(name)-len(".html")]
		p.sets[view] = template.Must(template.Must(shell.Clone()).ParseFS(templates, name))
	}
	return p
}

// Close ends all live streams, which a server that shuts down would wait for.
func (p *Pages) Close() { p.stream.Close() }

// sheet is what every page is made of.
type sheet struct {
	View string // as in Views
	Who  access.Principal
	Data any    // the view's own
	Said string // what became of the last action; empty: nothing to say
	Bad  bool   // it went wrong
}

// show writes a page; where htmx asks for a part of one, its "body" alone: what was said, and the view's "main".
func (p *Pages) show(w http.ResponseWriter, r *http.Request, status int, s sheet) {
	name := "layout.html"
	if r.Header.Get("HX-Request") == "true" {
		name = "body"
	}
	p.write(w, status, s.View, name, s)
}

// write writes one template of a view.
func (p *Pages) write(w http.ResponseWriter, status int, view, name string, data any) {
	var out bytes.Buffer
	if err := p.sets[view].ExecuteTemplate(&out, name, data); err != nil {
		http.Error(w, "the page cannot be shown", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = out.WriteTo(w)
}

// Handle serves all pages and what they are made of.
func (p *Pages) Handle(mux *http.ServeMux) {
	mux.Handle("GET /assets/{digest}/{name}", p.assets)
	p.handleNow(mux)
	p.handleLogins(mux)
	p.handlePeople(mux)
	p.handleIncidents(mux)
	p.handleClients(mux)
	p.handleSettings(mux)
	p.handleRehearse(mux)
	p.handleAccount(mux)
}

// refused is what a Desk's error means for a page: a status, and the words.
func refused(err error) (status int, words string) {
	var r view.Refusal
	if !errors.As(err, &r) {
		return http.StatusBadRequest, err.Error()
	}
	switch r.Kind {
	case view.Invalid:
		return http.StatusBadRequest, r.Words
	case view.Missing:
		return http.StatusNotFound, r.Words
	case view.Conflicting:
		return http.StatusConflict, r.Words
	case view.Unavailable:
		return http.StatusServiceUnavailable, r.Words
	case view.Failed:
	}
	return http.StatusInternalServerError, r.Words
}
