package page_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"ivalt-radius/admin/access"
	"ivalt-radius/admin/page"
	"ivalt-radius/admin/view"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func paths() []string {
	return []string{"/now", "/settings", "/settings?q=%3Cscript%3E&set=yes", "/settings?q=nothing-has-this", "/rehearse", "/rehearse?user=%22%3E%3Cb%3E&client=x", "/rehearse/r1", "/account"}
}

// TestPagesAreSound: every page, for every role, over a desk that is full of traps, one that has nothing and one that refuses: well-formed,
// nothing unescaped, nothing inline, nothing elsewhere, each field with its label, each form with its token.
func TestPagesAreSound(t *testing.T) {
	t.Parallel()
	trouble := &desk{answers: map[string]any{}}
	for _, path := range []string{view.PathNow, view.PathSettings, view.PathRehearsed} {
		trouble.answers[path] = view.Refusal{Kind: view.Unavailable, Words: breaks + script}
	}
	empty := &desk{answers: map[string]any{
		view.PathNow: view.Now{}, view.PathSettings: view.Settings{}, view.PathRehearsed: view.Rehearsed{ID: breaks}, view.PathClients: map[string]any{},
	}}
	for name, d := range map[string]*desk{"rich": rich(), "empty": empty, "trouble": trouble} {
		for _, role := range []access.Role{access.Viewer, access.Operator, access.Admin} {
			t.Run(name+" for a "+role.String(), func(t *testing.T) {
				t.Parallel()
				who := person(role)
				h := window(t, d, who)
				for _, path := range paths() {
					if role.May(access.Write) || !strings.HasPrefix(path, "/rehearse/") {
						sound(t, path, who, get(t, h, path).Body.String())
					}
				}
			})
		}
	}
}

// sound holds a whole page to the rules.
func sound(t *testing.T, path string, who access.Principal, body string) {
	t.Helper()
	if got := parse(body, who.CSRF); len(got.faults) > 0 || !strings.HasPrefix(body, "<!doctype html>") || !strings.Contains(body, "<h1>") {
		t.Errorf("%s: %q", path, got.faults)
	}
	for _, bad := range []string{script, breaks, "<img", "ZgotmplZ"} {
		if strings.Contains(body, bad) {
			t.Errorf("%s has %q", path, bad)
		}
	}
}

// TestPartsForHTMX: htmx gets what is said and the view, and nothing around it.
func TestPartsForHTMX(t *testing.T) {
	t.Parallel()
	h := window(t, rich(), person(access.Admin))
	for _, path := range paths() {
		body := get(t, h, path, "HX-Request").Body.String()
		if strings.Contains(body, "<html") || strings.Contains(body, "<nav") || body == "" {
			t.Errorf("%s: %.80s", path, body)
		}
	}
}

// TestWhatTheRoleMayNot is not shown, and refused where it is tried.
func TestWhatTheRoleMayNot(t *testing.T) {
	t.Parallel()
	cases := []struct {
		path, mark, action string
		least              access.Role
	}{
		{"/settings", `data-open="reload"`, "/settings/reload", access.Admin},
		{"/rehearse", `<form method="post" action="/rehearse"`, "/rehearse", access.Operator},
	}
	if got := get(t, window(t, rich(), person(access.Viewer)), "/rehearse/r1").Code; got != http.StatusForbidden {
		t.Errorf("a viewer sees a rehearsal: %d", got)
	}
	for _, c := range cases {
		for _, role := range []access.Role{access.Viewer, access.Operator, access.Admin} {
			who := person(role)
			h := window(t, rich(), who)
			if got := strings.Contains(get(t, h, c.path).Body.String(), c.mark); got != (role >= c.least) {
				t.Errorf("%s for a %v: shown %v", c.path, role, got)
			}
			want := http.StatusOK
			if role < c.least {
				want = http.StatusForbidden
			}
			if got := post(t, h, c.action, who, url.Values{"reason": {"x"}}).Code; got != want {
				t.Errorf("%s by a %v: %d", c.action, role, got)
			}
		}
	}
}

// TestDeskRefuses: its words are shown, with the status that its kind has.
func TestDeskRefuses(t *testing.T) {
	t.Parallel()
	for status, err := range map[int]error{
		http.StatusBadRequest:          errors.New("plain <words>"),
		http.StatusNotFound:            view.Refusal{Kind: view.Missing, Words: "plain <words>"},
		http.StatusConflict:            view.Refusal{Kind: view.Conflicting, Words: "plain <words>"},
		http.StatusServiceUnavailable:  view.Refusal{Kind: view.Unavailable, Words: "plain <words>"},
		http.StatusInternalServerError: view.Refusal{Words: "plain <words>"},
	} {
		d := rich()
		who := person(access.Admin)
		for _, path := range []string{view.PathNow, view.PathReload, view.PathRehearse, view.PathRehearsed, view.PathSettings} {
			d.set(path, err)
		}
		h := window(t, d, who)
		for name, w := range map[string]*httptest.ResponseRecorder{
			"now": get(t, h, "/now"), "settings": get(t, h, "/settings"), "reload": post(t, h, "/settings/reload", who, url.Values{}),
			"rehearse": post(t, h, "/rehearse", who, url.Values{}), "step": get(t, h, "/rehearse/r1"), "step again": get(t, h, "/rehearse/r1", "HX-Request"),
		} {
			if w.Code != status || strings.Count(w.Body.String(), "plain &lt;words&gt;") != 1 || strings.Contains(w.Body.String(), "hx-trigger=\"load") {
				t.Errorf("%s: %d, want %d: %s", name, w.Code, status, w.Body)
			}
		}
	}
	invalid := rich()
	invalid.set(view.PathNow, view.Refusal{Kind: view.Invalid, Words: "x"})
	if got := get(t, window(t, invalid, person(access.Viewer)), "/now").Code; got != http.StatusBadRequest {
		t.Errorf("invalid: %d", got)
	}
}

func TestSettingsSearch(t *testing.T) {
	t.Parallel()
	h := window(t, rich(), person(access.Viewer))
	for query, want := range map[string]string{
		"":                    "6 of 6 keys",
		"?q=LISTEN":           "2 of 6 keys",
		"?q=operator":         "1 of 6 keys",
		"?set=yes":            "4 of 6 keys",
		"?q=ivalt&set=yes":    "1 of 6 keys",
		"?q=nothing-has-this": "No key is like that.",
	} {
		if body := get(t, h, "/settings"+query).Body.String(); !strings.Contains(body, want) {
			t.Errorf("%s: no %q", query, want)
		}
	}
}

func TestReload(t *testing.T) {
	t.Parallel()
	who := person(access.Admin)
	for name, c := range map[string]struct {
		answer view.Reloaded
		want   string
		bad    bool
	}{
		"taken":   {view.Reloaded{Taken: true, Changes: set().Pending}, "are in force", false},
		"nothing": {view.Reloaded{Taken: true}, "nothing has changed", false},
		"faulty":  {view.Reloaded{Faults: set().Faults}, "stay as they were", true},
	} {
		d := rich()
		d.set(view.PathReload, c.answer)
		w := post(t, window(t, d, who), "/settings/reload", who, url.Values{"reason": {"new gateway"}})
		body := w.Body.String()
		if w.Code != http.StatusOK || !strings.Contains(body, c.want) || strings.Contains(body, "said-bad\" role") != c.bad || !strings.Contains(body, "What the reload came to") {
			t.Errorf("%s: %d %s", name, w.Code, body)
		}
		if got := d.last(view.PathReload); got.in != `{"reason":"new gateway"}` || got.actor != who.Actor() {
			t.Errorf("%s: asked %+v", name, got)
		}
		if got := parse(body, who.CSRF); len(got.faults) > 0 {
			t.Errorf("%s: %q", name, got.faults)
		}
	}
}

// TestRehearse: what the form says goes to the desk, the password never comes back, and the steps are asked for until it is over.
func TestRehearse(t *testing.T) {
	t.Parallel()
	d, who := rich(), person(access.Operator)
	running := rehearsed()
	running.Over, running.Verdict = false, ""
	d.set(view.PathRehearse, running)
	h := window(t, d, who)
	form := url.Values{
		"cloud": {"simulator"}, "user": {"alice"}, "client": {"vpn-berlin"}, "calling_station": {"192.0.2.1"}, "password": {"pass-word-1"}, "answer": {"deny"}, "reason": {"try"},
	}
	body := post(t, h, "/rehearse", who, form).Body.String()
	const want = `{"cloud":"simulator","user":"alice","client":"vpn-berlin","calling_station":"192.0.2.1","password":"pass-word-1","answer":"deny","reason":"try"}`
	if got := d.last(view.PathRehearse); got.in != want || got.actor != who.Actor() {
		t.Errorf("asked %+v", got)
	}
	if strings.Contains(body, "pass-word-1") || !strings.Contains(body, `hx-get="/rehearse/r1" hx-trigger="load delay:500ms"`) || !strings.Contains(body, `value="alice"`) {
		t.Errorf("%s", body)
	}
	if !strings.Contains(body, "<option selected>vpn-berlin") || !strings.Contains(body, `<option value="deny" selected>`) || !strings.Contains(body, "phone rings.") {
		t.Errorf("%s", body)
	}
	d.set(view.PathRehearse, view.Refusal{Kind: view.Conflicting, Words: "one runs already"})
	if body := post(t, h, "/rehearse", who, form).Body.String(); strings.Contains(body, "pass-word-1") || !strings.Contains(body, "one runs already") {
		t.Errorf("%s", body)
	}
	form.Set("cloud", "configured")
	post(t, h, "/rehearse", who, form)
	if got := d.last(view.PathRehearse).in; strings.Contains(got, "answer") || !strings.Contains(got, `"cloud":"configured"`) {
		t.Errorf("asked %s", got)
	}
	part := get(t, h, "/rehearse/r1", "HX-Request").Body.String()
	if !strings.HasPrefix(part, `<div class="run">`) || !strings.Contains(part, "badge-bad\">reject") || d.last(view.PathRehearsed).in != `{"id":"r1"}` {
		t.Errorf("%s", part)
	}
}

func TestAccount(t *testing.T) {
	t.Parallel()
	for role, want := range map[access.Role]string{access.Viewer: "Your sessions", access.Admin: "Everybody’s sessions"} {
		who := person(role)
		h := window(t, rich(), who)
		body := get(t, h, "/account").Body.String()
		if !strings.Contains(body, want) || strings.Count(body, `action="/account/end"`) != 1 || !strings.Contains(body, `action="/signout"`) {
			t.Errorf("%s", body)
		}
		if w := post(t, h, "/account/end", who, url.Values{"handle": {"h1"}}); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "The session has ended.") {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		if w := post(t, h, "/account/end", who, url.Values{"handle": {"<h2>"}}); w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), "no session &lt;h2&gt;") {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	}
	who := person(access.Viewer)
	alone := page.New(page.Deps{Desk: rich(), Door: door{who}, Now: moment})
	t.Cleanup(alone.Close)
	mux := http.NewServeMux()
	alone.Handle(mux)
	if body := get(t, mux, "/account").Body.String(); !strings.Contains(body, "No session is known.") {
		t.Errorf("%s", body)
	}
	if w := post(t, mux, "/account/end", who, url.Values{"handle": {"h1"}}); w.Code != http.StatusNotFound {
		t.Errorf("status %d", w.Code)
	}
}

func TestSignInAndProblem(t *testing.T) {
	t.Parallel()
	pages := page.New(deps(rich(), person(access.Viewer)))
	t.Cleanup(pages.Close)
	for want, s := range map[string]page.SignIn{
		`name="next" value="/logins?q=&#34;&gt;`:     {Next: `/logins?q=">`},
		"The settings have no account yet.":          {NoAccounts: true},
		"Wrong &lt;b&gt;.</p>":                       {Failed: "Wrong <b>.", RetryAfter: 4100 * time.Millisecond, Name: breaks},
		`autocomplete="current-password" autofocus>`: {Name: "kim"},
	} {
		w := httptest.NewRecorder()
		pages.RenderSignIn(w, http.StatusUnauthorized, s)
		body := w.Body.String()
		d := parse(strings.ReplaceAll(body, `<form method="post"`, `<form`), "") // there is no session yet
		if len(d.faults) > 0 || w.Code != http.StatusUnauthorized || !strings.Contains(body, want) || strings.Contains(body, "<nav") {
			t.Errorf("%+v: %q %s", s, d.faults, body)
		}
		if got := w.Header().Get("Retry-After"); (s.RetryAfter > 0) != (got == "5") {
			t.Errorf("Retry-After %q", got)
		}
	}
	w := httptest.NewRecorder()
	who := person(access.Viewer)
	pages.RenderProblem(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/x", nil), http.StatusForbidden, page.Problem{Title: "Not for a viewer", Words: "Ask " + script, Who: who})
	if d := parse(w.Body.String(), who.CSRF); len(d.faults) > 0 || w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), "Ask &lt;script&gt;") {
		t.Errorf("%q %s", d.faults, w.Body)
	}
}
