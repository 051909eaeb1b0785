package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ivalt-radius/admin/access"
	"ivalt-radius/admin/api"
	"ivalt-radius/admin/view"
)

// TestAnswersAreAsDescribed: of documents that say all there is, and of such that say nothing.
func TestAnswersAreAsDescribed(t *testing.T) {
	s, c := newScene(t), newContract(t)
	for _, bare := range []bool{false, true} {
		s.desk.bare = bare
		for _, r := range api.Routes() {
			if r.Path == "/api/v1/events" {
				continue // TestStream
			}
			got := s.ask(t, "admin", r.Method, r.Target, r.Body, nil)
			if got.status != r.Status {
				t.Errorf("%s %s: %d %s", r.Method, r.Target, got.status, got.text)
			}
			if err := c.answer(t, r.Method, r.Target, r.Body, got); err != nil {
				t.Errorf("%s %s: %v\n%s", r.Method, r.Target, err, got.text)
			}
			asked := s.desk.last()
			if r.Asks == "" && len(asked) == 0 {
				continue
			}
			if len(asked) != 1 || asked[0].path != r.Asks || asked[0].actor != "account=ada address=192.0.2.9" {
				t.Errorf("%s %s asks for %+v", r.Method, r.Target, asked)
			}
		}
	}
}

// TestContractSeesBadAnswers: the document says enough that an answer can be wrong.
func TestContractSeesBadAnswers(t *testing.T) {
	s, c := newScene(t), newContract(t)
	good := s.ask(t, "admin", http.MethodGet, "/api/v1/logins", "", nil)
	for name, edit := range map[string]func(a *answer){
		"null for a list":  func(a *answer) { a.text = `{"logins":null,"more":0}` },
		"a missing member": func(a *answer) { a.text = `{"logins":[]}` },
		"another type":     func(a *answer) { a.text = `{"logins":[],"more":"0"}` },
		"another status":   func(a *answer) { a.status = http.StatusTeapot },
		"another kind":     func(a *answer) { a.header = http.Header{"Content-Type": {"text/html"}} },
	} {
		bad := good
		edit(&bad)
		if c.answer(t, http.MethodGet, "/api/v1/logins", "", bad) == nil {
			t.Errorf("%s is no finding", name)
		}
	}
}

// TestPermissions: each route by each role and by tokens with one permission.
func TestPermissions(t *testing.T) {
	s, c := newScene(t), newContract(t)
	known := people()
	for _, r := range api.Routes() {
		method := r.Method
		if method == http.MethodGet {
			method = http.MethodHead // no stream goes on
		}
		for name, who := range known {
			got := s.ask(t, name, method, r.Target, r.Body, nil)
			asked := s.desk.last()
			if allowed := who.May(r.Need); allowed != (got.status != http.StatusForbidden) {
				t.Errorf("%s %s by %s: %d", r.Method, r.Path, name, got.status)
			} else if !allowed && len(asked) > 0 {
				t.Errorf("%s %s by %s reaches the server", r.Method, r.Path, name)
			}
		}
		for _, name := range []string{"", "stranger"} {
			got := s.ask(t, name, r.Method, r.Target, r.Body, nil)
			if asked := s.desk.last(); got.status != http.StatusUnauthorized || len(asked) > 0 {
				t.Errorf("%s %s by a stranger: %d", r.Method, r.Path, got.status)
			}
			if err := c.answer(t, r.Method, r.Target, r.Body, got); err != nil {
				t.Errorf("%s %s: %v", r.Method, r.Target, err)
			}
		}
	}
}

// TestRolesAreThoseOfTheGuide: who may what, word by word, so that a change of the table is seen.
func TestRolesAreThoseOfTheGuide(t *testing.T) {
	least := map[access.Permission]string{access.Read: "viewer", access.Write: "operator", access.Delete: "admin", access.Configure: "admin"}
	got := map[string][]string{}
	for _, r := range api.Routes() {
		if r.Method != http.MethodGet {
			got[least[r.Need]] = append(got[least[r.Need]], r.Method+" "+strings.TrimPrefix(r.Path, api.Base))
		} else if r.Need != access.Read {
			t.Errorf("%s: looking needs %v", r.Path, r.Need)
		}
	}
	want := map[string][]string{
		"viewer": {"POST /explain", "DELETE /window-sessions/{handle}"},
		"operator": {
			"POST /sessions/disconnect", "POST /people/release", "POST /blocks", "POST /blocks/lift", "POST /incidents/{id}/acknowledge",
			"POST /incidents/{id}/close", "POST /rehearsals",
		},
		"admin": {"POST /clients/{name}/enforce", "POST /clients/{name}/forget", "POST /reload"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestOrders: what the server is asked, as its own commands ask it.
func TestOrders(t *testing.T) {
	const why = `"reason":"as it is"`
	cases := []struct{ method, target, body, want string }{
		{"GET", "/logins", "", `{}`},
		{"GET", "/logins?user=Al%20ice&limit=200&before=9&since=2026-01-31T08:00:00Z&client=a&calling_station=02-00&verdict=reject&reason=push_denied", "", `{"since":"2026-01-31T08:00:00Z","user":"Al ice","client":"a","calling_station":"02-00","verdict":"reject","reason":"push_denied","limit":200,"before":9}`},
		{"GET", "/logins/abc", "", `{"id":"abc"}`},
		{"POST", "/explain", `{"user":"alice","client":"a","at":"2026-01-31T08:00:00+01:00"}`, `{"user":"alice","client":"a","at":"2026-01-31T08:00:00+01:00"}`},
		{"GET", "/sessions", "", `{}`},
		{"GET", "/sessions?address=::ffff:192.0.2.1&user=a&client=b", "", `{"user":"a","client":"b","address":"192.0.2.1"}`},
		{"POST", "/sessions/disconnect", `{"user":"alice",` + why + `}`, `{"user":"alice","address":"",` + why + `}`},
		{"POST", "/sessions/disconnect", `{"address":"2001:db8::1",` + why + `}`, `{"user":"","address":"2001:db8::1",` + why + `}`},
		{"GET", "/people", "", `null`},
		{"POST", "/people/release", `{"user":"alice","lockouts":true,` + why + `}`, `{"user":"alice","lockouts":true,"remembered":false,` + why + `}`},
		{"POST", "/blocks", `{"user":"alice",` + why + `}`, `{"user":"alice","for":86400000000000,` + why + `}`},
		{"POST", "/blocks", `{"address":"192.0.2.0/24","for":"1h30m","disconnect":false,` + why + `}`, `{"address":"192.0.2.0/24","for":5400000000000,` + why + `}`},
		{"POST", "/blocks/lift", `{"address":"192.0.2.0/24",` + why + `}`, `{"address":"192.0.2.0/24",` + why + `}`},
		{"GET", "/incidents", "", `{"all":false,"severity":"low"}`},
		{"GET", "/incidents?all=true&severity=critical", "", `{"all":true,"severity":"critical"}`},
		{"GET", "/incidents/20261126-k7m3", "", `{"id":"20261126-k7m3"}`},
		{"POST", "/incidents/2026/acknowledge", `{` + why + `}`, `{"id":"2026",` + why + `}`},
		{"POST", "/clients/a.b/enforce", `{"force":true,` + why + `}`, `{"client":"a.b",` + why + `,"force":true}`},
		{"POST", "/clients/a/forget", `{"address":"192.0.2.1",` + why + `}`, `{"client":"a","address":"192.0.2.1",` + why + `}`},
		{"POST", "/reload", `{` + why + `}`, `{` + why + `}`},
		{"POST", "/rehearsals", `{"cloud":"configured","user":"alice","client":"a","password":" pass wörd",` + why + `}`, `{"cloud":"configured","user":"alice","client":"a","password":" pass wörd",` + why + `}`},
		{"GET", "/rehearsals/r1", "", `{"id":"r1"}`},
	}
	s := newScene(t)
	for _, c := range cases {
		got := s.ask(t, "ci", c.method, api.Base+c.target, c.body, nil)
		if asked := s.desk.last(); got.status/100 != 2 || len(asked) != 1 || asked[0].in != c.want || asked[0].actor != "token=ci address=192.0.2.9" {
			t.Errorf("%s %s %s: %d %s\nasks %+v\nwant %s", c.method, c.target, c.body, got.status, got.text, asked, c.want)
		}
	}
}

// TestRefusals: what the server says why not, and what stays here.
func TestRefusals(t *testing.T) {
	s, c := newScene(t), newContract(t)
	for _, test := range []struct {
		name   string
		err    error
		status int
		detail string
	}{
		{"invalid", view.Refusal{Kind: view.Invalid, Words: "say more"}, 400, "say more"},
		{"missing", fmt.Errorf("asking: %w", view.Refusal{Kind: view.Missing, Words: "no such thing"}), 404, "no such thing"},
		{"conflicting", view.Refusal{Kind: view.Conflicting, Words: "closed already"}, 409, "closed already"},
		{"unavailable", view.Refusal{Kind: view.Unavailable, Words: "the disk is full"}, 503, "the disk is full"},
		{"failed", view.Refusal{Kind: view.Failed, Words: "it broke"}, 500, "it broke"},
		{"the zero refusal", view.Refusal{}, 500, ""},
		{"a fault of ours", errors.New("open /var/lib/ivalt-radius: hunter2"), 500, "something went wrong here; the server's log may say more"},
		{"too slow", context.DeadlineExceeded, 503, "it took too long: ask again"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s.desk.fails = test.err
			for _, r := range api.Routes() {
				if r.Asks == "" || r.Path == "/api/v1/events" {
					continue
				}
				got := s.ask(t, "admin", r.Method, r.Target, r.Body, nil)
				if got.status != test.status || got.problem.Detail != test.detail {
					t.Errorf("%s %s: %d %s", r.Method, r.Path, got.status, got.text)
				}
				if err := c.answer(t, r.Method, r.Target, r.Body, got); err != nil {
					t.Errorf("%s %s: %v", r.Method, r.Target, err)
				}
			}
		})
	}
}

// TestNothingHere: unknown paths and methods, for those who may look, and for strangers.
func TestNothingHere(t *testing.T) {
	s := newScene(t)
	for _, c := range []struct {
		who, method, path string
		status            int
		allow             string
	}{
		{"viewer", "GET", "/nope", 404, ""},
		{"viewer", "GET", "", 404, ""},
		{"viewer", "GET", "/", 404, ""},
		{"viewer", "GET", "/now/", 404, ""},
		{"viewer", "POST", "/nope", 404, ""},
		{"viewer", "GET", "/logins/a/b", 404, ""},
		{"viewer", "POST", "/now", 405, "GET, HEAD"},
		{"viewer", "GET", "/reload", 405, "POST"},
		{"viewer", "HEAD", "/reload", 405, "POST"},
		{"viewer", "PATCH", "/blocks", 405, "GET, HEAD, POST"},
		{"viewer", "OPTIONS", "/window-sessions/s-1", 405, "DELETE"},
		{"stranger", "GET", "/nope", 401, ""},
		{"stranger", "POST", "/now", 401, ""},
		{"none", "GET", "/nope", 403, ""},
		{"scope-e", "GET", "/nope", 403, ""}, // metrics alone
		{"scope-e", "POST", "/now", 403, ""},
	} {
		got := s.ask(t, c.who, c.method, api.Base+c.path, "", nil)
		if got.status != c.status || got.header.Get("Allow") != c.allow {
			t.Errorf("%s %s by %s: %d, Allow %q", c.method, c.path, c.who, got.status, got.header.Get("Allow"))
		}
	}
	if asked := s.desk.last(); len(asked) > 0 {
		t.Errorf("the server is asked: %+v", asked)
	}
}

// TestHeaders: no answer is kept, or taken for a page.
func TestHeaders(t *testing.T) {
	s := newScene(t)
	for _, r := range api.Routes() {
		if r.Path == "/api/v1/events" {
			continue
		}
		for target, body := range map[string]string{r.Target: r.Body, strings.TrimSuffix(r.Target, "?") + "?x=<script>": r.Body} {
			got := s.ask(t, "admin", r.Method, target, body, nil)
			kind := got.header.Get("Content-Type")
			if ok := kind == "application/json" || kind == "application/problem+json" || got.status == http.StatusNoContent; !ok ||
				got.header.Get("Cache-Control") != "no-store" || got.status != http.StatusNoContent && got.header.Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("%s %s: %d %v", r.Method, target, got.status, got.header)
			}
			if strings.Contains(got.text, "<script>") {
				t.Errorf("%s repeats what was asked: %s", target, got.text)
			}
		}
		if r.Method == http.MethodGet {
			is, head := s.ask(t, "admin", http.MethodGet, r.Target, "", nil), s.ask(t, "admin", http.MethodHead, r.Target, "", nil)
			if head.text != "" || head.status != is.status || head.header.Get("Content-Length") != fmt.Sprint(len(is.text)) {
				t.Errorf("HEAD %s: %d %v", r.Target, head.status, head.header)
			}
		}
	}
	begun := s.ask(t, "admin", http.MethodPost, "/api/v1/rehearsals", `{"cloud":"simulator","user":"a","client":"b","reason":"c"}`, nil)
	if begun.header.Get("Location") != "/api/v1/rehearsals/word" {
		t.Errorf("a rehearsal is at %q", begun.header.Get("Location"))
	}
}

// TestAccept: an answer that nobody wants is not made.
func TestAccept(t *testing.T) {
	s := newScene(t)
	for accept, want := range map[string]int{
		"": 200, "*/*": 200, "application/*": 200, "application/json": 200, "APPLICATION/JSON; q=0.5": 200, "text/html, */*;q=0.1": 200, "text/html": 406,
		"text/html, application/xml;q=0.9": 406, "application/json;q=0": 406, ";;;": 406, " , ": 200,
	} {
		got := s.ask(t, "viewer", http.MethodGet, "/api/v1/budget", "", func(r *http.Request) { r.Header.Set("Accept", accept) })
		if got.status != want {
			t.Errorf("Accept %q: %d", accept, got.status)
		}
	}
}

// TestWhoami says who asks.
func TestWhoami(t *testing.T) {
	s := newScene(t)
	for who, want := range map[string]string{
		"admin":  `{"name":"ada","machine":false,"role":"admin","permissions":["read","write","delete","configure","metrics"],"session_ends":"2026-11-26T13:00:00Z","version":"v9"}`,
		"ci":     `{"name":"ci","machine":true,"role":"admin","permissions":["read","write","delete","configure","metrics"],"version":"v9"}`,
		"viewer": `{"name":"vera","machine":false,"role":"viewer","permissions":["read","metrics"],"session_ends":"2026-11-26T13:00:00Z","version":"v9"}`,
	} {
		if got := s.ask(t, who, http.MethodGet, "/api/v1/whoami", "", nil); strings.TrimSpace(got.text) != want {
			t.Errorf("%s: %s", who, got.text)
		}
	}
}

// TestHealth is ready where all is well.
func TestHealth(t *testing.T) {
	s := newScene(t)
	if got := s.ask(t, "viewer", http.MethodGet, "/api/v1/health", "", nil); !strings.HasPrefix(got.text, `{"ready":true,`) {
		t.Error(got.text)
	}
	bad := view.DeskFunc(func(_ context.Context, _, _ string, _, out any) error {
		return json.Unmarshal([]byte(`{"checks":[{"name":"a","ok":true},{"name":"disk","ok":false},{"name":"b","ok":true}]}`), out)
	})
	mux := http.NewServeMux()
	api.New(api.Deps{Desk: bad, Door: people(), Sessions: s.sessions}).Handle(mux)
	s.Config.Handler = mux
	if got := s.ask(t, "viewer", http.MethodGet, "/api/v1/health", "", nil); !strings.HasPrefix(got.text, `{"ready":false,`) {
		t.Error(got.text)
	}
}

// TestEndSession: the sessions say who may.
func TestEndSession(t *testing.T) {
	s := newScene(t)
	for _, c := range []struct {
		who, handle string
		status      int
		ended       []string
	}{
		{"viewer", "s-2", 204, []string{"account=vera address=192.0.2.9 s-2"}},
		{"viewer", "s-1", 404, nil},
		{"viewer", "s-9", 404, nil},
		{"admin", "s-2", 204, []string{"account=ada address=192.0.2.9 s-2"}},
		{"ci", "s-1", 204, []string{"token=ci address=192.0.2.9 s-1"}},
		{"admin", "s%0A2", 400, nil},
		{"stranger", "s-2", 401, nil},
		{"none", "s-2", 403, nil},
	} {
		got := s.ask(t, c.who, http.MethodDelete, "/api/v1/window-sessions/"+c.handle, "", nil)
		if got.status != c.status || !reflect.DeepEqual(s.sessions.ended, c.ended) {
			t.Errorf("%s ends %s: %d %s, ended %v", c.who, c.handle, got.status, got.text, s.sessions.ended)
		}
		s.sessions.ended = nil
	}
}
