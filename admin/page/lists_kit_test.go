package page_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"ivalt-radius/admin/access"
)

// lists is a window with its Desk, as one role sees it.
type lists struct {
	*testing.T

	desk *desk
	who  access.Principal
	http http.Handler
}

func newLists(t *testing.T, role access.Role, answers map[string]any) *lists {
	t.Helper()
	d := &desk{answers: answers}
	who := person(role)
	return &lists{T: t, desk: d, who: who, http: window(t, d, who)}
}

// get is what a view has written, without the shell. The status must be the one that is named, and the HTML sound.
func (l *lists) get(target string, status int) string {
	l.Helper()
	return l.checked("GET "+target, get(l.T, l.http, target), status)
}

// post sends a form, and tells where one is sent on to.
func (l *lists) post(target string, form url.Values, status int) (body, location string) {
	l.Helper()
	w := post(l.T, l.http, target, l.who, form)
	return l.checked("POST "+target, w, status), w.Header().Get("Location")
}

func (l *lists) checked(what string, w *httptest.ResponseRecorder, status int) string {
	l.Helper()
	body := listsMain(w.Body.String())
	if w.Code != status {
		l.Fatalf("%s: status %d, want %d: %s", what, w.Code, status, body)
	}
	if status != http.StatusForbidden && status != http.StatusSeeOther {
		if got := w.Header().Get("Content-Type"); got != "text/html; charset=utf-8" {
			l.Errorf("%s: Content-Type %q", what, got)
		}
		l.sound(w.Body.String())
	}
	return body
}

// of are the bodies that were asked at a path.
func (l *lists) of(path string) []string {
	var bodies []string
	for _, a := range l.desk.asked {
		if a.path == path {
			bodies = append(bodies, a.in)
		}
	}
	return bodies
}

// listsMain is what a view has written, without the shell.
func listsMain(body string) string {
	if _, rest, ok := strings.Cut(body, `<main id="main"`); ok {
		inner, _, _ := strings.Cut(rest, "</main>")
		return inner
	}
	return body
}

// has reports texts that a page lacks.
func (l *lists) has(body string, texts ...string) {
	l.Helper()
	for _, text := range texts {
		if !strings.Contains(body, text) {
			l.Errorf("the page lacks %q:\n%s", text, body)
		}
	}
}

// lacks reports texts that a page must not have.
func (l *lists) lacks(body string, texts ...string) {
	l.Helper()
	for _, text := range texts {
		if strings.Contains(body, text) {
			l.Errorf("the page has %q:\n%s", text, body)
		}
	}
}

var (
	listsTags  = regexp.MustCompile(`<(/?)([a-zA-Z][a-zA-Z0-9]*)((?:\s+[^\s"'<>/=]+(?:=(?:"[^"]*"|'[^']*'))?)*)\s*(/?)>`)
	listsAttrs = regexp.MustCompile(`([^\s"'<>/=]+)(?:=(?:"([^"]*)"|'([^']*)'))?`)
)

// sound checks a page: every element ends where it must, ids are unique, what names an id names one that is there, every field has a label, every
// column of a table a scope, headings go down by one level at most, nothing is inline script or style.
func (l *lists) sound(body string) {
	l.Helper()
	s := soundness{lists: l, ids: map[string]bool{}}
	rest := listsTags.ReplaceAllStringFunc(body, func(tag string) string {
		m := listsTags.FindStringSubmatch(tag)
		s.tag(m[1] == "/", strings.ToLower(m[2]), m[3], m[4] == "/")
		return ""
	})
	if left := strings.ReplaceAll(strings.ReplaceAll(rest, "<!doctype html>", ""), "&lt;", ""); strings.ContainsAny(left, "<") {
		l.Errorf("what looks like a tag and is none: %q", left[strings.Index(left, "<"):][:min(60, len(left)-strings.Index(left, "<"))])
	}
	s.end()
}

type soundness struct {
	*lists

	open    []string
	ids     map[string]bool
	refs    []string
	level   int
	headers int
}

func (s *soundness) tag(end bool, name, list string, closed bool) {
	void := slices.Contains([]string{"meta", "link", "input", "br", "hr", "img"}, name)
	switch {
	case end:
		if len(s.open) == 0 || s.open[len(s.open)-1] != name {
			s.Errorf("</%s> ends %v", name, s.open)
			return
		}
		s.open = s.open[:len(s.open)-1]
		return
	case !void && !closed:
		s.open = append(s.open, name)
	}
	at := map[string]string{}
	for _, m := range listsAttrs.FindAllStringSubmatch(list, -1) {
		if _, twice := at[m[1]]; twice {
			s.Errorf("<%s> has %s twice", name, m[1])
		}
		at[m[1]] = m[2] + m[3]
	}
	s.attributes(name, at)
}

func (s *soundness) attributes(name string, at map[string]string) {
	if id, ok := at["id"]; ok {
		if s.ids[id] || id == "" {
			s.Errorf("the id %q is there twice, or empty", id)
		}
		s.ids[id] = true
	}
	for _, ref := range []string{"for", "aria-labelledby", "aria-describedby"} {
		if at[ref] != "" {
			s.refs = append(s.refs, at[ref])
		}
	}
	for key, value := range at {
		if key == "style" || strings.HasPrefix(key, "on") || strings.HasPrefix(strings.ToLower(value), "javascript:") {
			s.Errorf("<%s> has %s=%q", name, key, value)
		}
	}
	switch level := strings.Index("h1h2h3h4", name) / 2; {
	case len(name) == 2 && name[0] == 'h' && name != "hr":
		if level+1 > s.level+1 {
			s.Errorf("<%s> after a heading of level %d", name, s.level)
		}
		s.level = level + 1
	case name == "th" && at["scope"] == "":
		s.Error("a <th> without scope")
	case name == "script" && at["src"] == "":
		s.Error("an inline script")
	case (name == "input" && at["type"] != "hidden" || name == "select" || name == "textarea") && at["id"] == "" && !slices.Contains(s.open, "label"):
		s.Errorf("a field without a label: %v", at)
	case name == "table" && !slices.Contains(s.open, "table"):
		s.Error("a table outside")
	}
	if name == "input" && at["id"] != "" && at["type"] != "hidden" && !slices.Contains(s.refs, at["id"]) {
		s.Errorf("no label is for %q", at["id"])
	}
}

func (s *soundness) end() {
	s.Helper()
	if len(s.open) > 0 {
		s.Errorf("these do not end: %v", s.open)
	}
	for _, ref := range s.refs {
		if !s.ids[ref] {
			s.Errorf("nothing has the id %q", ref)
		}
	}
}
