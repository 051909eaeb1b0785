package page_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
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

// sound reports what breaks a rule for pages: those that parse knows, and that a table tells of what its heads are the heads.
func (l *lists) sound(body string) {
	l.Helper()
	if d := parse(body, l.who.CSRF); len(d.faults) > 0 {
		l.Errorf("%q in %s", d.faults, listsMain(body))
	}
	if strings.Count(body, "<th ") != strings.Count(body, "<th scope=") || strings.Contains(body, "<th>") || strings.Count(body, "<table") != strings.Count(body, "<caption") {
		l.Errorf("a table without a caption, or a head without a scope: %s", listsMain(body))
	}
}
