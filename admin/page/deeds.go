package page

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"ivalt-radius/admin/access"
	"ivalt-radius/admin/page/deed"
	"ivalt-radius/admin/page/phrase"
)

// mostForm bounds what somebody sends, in octets.
const mostForm = 16 << 10

// confirm is the page of a deed: what will happen, and why it is to be done; or what is to be read now that it is done.
type confirm struct {
	deed.Deed
	Form   deed.Form
	Action string // where the form goes
	Return string // where one goes on
	Facts  []string
	Offer  bool     // fields that are Offered are there
	Lines  []string // what became of it; the form is gone
}

// known says what is known of what a deed is about, and whether that gives reason to offer more.
type known func(r *http.Request, who access.Principal, f deed.Form) (facts []string, offer bool)

// handleDeed has a deed asked for, then done: the first page says what will happen, so that nothing is done by one touch, nor by a link.
func (p *Pages) handleDeed(mux *http.ServeMux, d deed.Deed, about known) {
	sheetOf := func(r *http.Request, who access.Principal, f deed.Form) sheet {
		c := confirm{Deed: d, Form: f, Action: r.URL.EscapedPath()}
		path, q := d.Back(f)
		c.Return = address(path, q)
		switch {
		case about == nil:
		case who.May(access.Read):
			c.Facts, c.Offer = about(r, who, f)
		default: // a token that may do it, and look at nothing
			c.Offer = true
		}
		return sheet{View: d.View, Who: who, Data: c}
	}
	mux.Handle("GET "+d.At, p.Door.Page(d.Need, func(w http.ResponseWriter, r *http.Request, who access.Principal) {
		p.showAs(w, r, http.StatusOK, "confirm", sheetOf(r, who, form(r, r.URL.Query())))
	}))
	mux.Handle("POST "+d.At, p.Door.Page(d.Need, func(w http.ResponseWriter, r *http.Request, who access.Principal) {
		r.Body = http.MaxBytesReader(w, r.Body, mostForm)
		err := r.ParseForm()
		f := form(r, r.PostForm)
		var told deed.Outcome
		if err == nil {
			told, err = p.do(r, who, d, f)
		}
		switch {
		case err != nil:
			s := sheetOf(r, who, f)
			status := s.refuse(err)
			p.showAs(w, r, status, "confirm", s)
		case len(told.Lines) > 0:
			s := sheetOf(r, who, f)
			c, _ := s.Data.(confirm)
			c.Lines = told.Lines
			s.Data, s.Said = c, deed.Said(told.Code)
			p.showAs(w, r, http.StatusOK, "confirm", s)
		default:
			path, q := d.Back(f)
			q.Set("said", told.Code)
			if told.Count > 0 {
				q.Set("sessions", strconv.Itoa(told.Count))
			}
			http.Redirect(w, r, address(path, q), http.StatusSeeOther)
		}
	}))
}

// showAs writes a page that is none of the navigation, but belongs to one.
func (p *Pages) showAs(w http.ResponseWriter, r *http.Request, status int, view string, s sheet) {
	name := "layout.html"
	if r.Header.Get("HX-Request") == "true" {
		name = "body"
	}
	p.write(w, status, view, name, s)
}

// form is what somebody sent, with what stands in the path.
func form(r *http.Request, values url.Values) deed.Form {
	f := deed.Form{Values: url.Values{}}
	for name := range values {
		f.Set(name, values.Get(name))
	}
	f.Del("csrf")
	if id := r.PathValue("id"); id != "" {
		f.Set("id", id)
	}
	return f
}

// do has the Desk do it.
func (p *Pages) do(r *http.Request, who access.Principal, d deed.Deed, f deed.Form) (deed.Outcome, error) {
	if err := d.Check(f); err != nil {
		return deed.Outcome{}, err //nolint:wrapcheck // words for people
	}
	order, err := d.Order(f)
	if err != nil {
		return deed.Outcome{}, err //nolint:wrapcheck // words for people
	}
	var answer json.RawMessage
	if err := p.Desk.Ask(r.Context(), who.Actor(), d.Path, order, &answer); err != nil {
		return deed.Outcome{}, err //nolint:wrapcheck // the server's words
	}
	return d.Told(answer), nil
}

// refuse has the page say why something was not done or cannot be shown, and returns the status. The words may tell what came from outside.
func (s *sheet) refuse(err error) int {
	status, text := refused(err)
	s.Said, s.Bad = phrase.Plain(strings.ReplaceAll(text, "\n", " · ")), true
	return status
}

// said has the page say what became of the deed before it: by a code of a closed list, never by a text of the address.
func (s *sheet) said(q url.Values) {
	const most = 10_000
	s.Said = deed.Said(q.Get("said"))
	if n, err := strconv.Atoi(q.Get("sessions")); s.Said != "" && err == nil && n > 0 && n < most {
		s.Said += " " + phrase.Count(n, "session") + " of theirs."
	}
}

// address is a path with a query, where there is one.
func address(path string, q url.Values) string {
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}
