package api_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"ivalt-radius/admin/access"
	"ivalt-radius/admin/api"
	"ivalt-radius/admin/view"
	"ivalt-radius/admin/view/viewtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// at is when everything is.
func at() time.Time { return time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC) }

// door knows people by the name in "Authorization: Bearer".
type door map[string]access.Principal

func (d door) API(need access.Permission, next access.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who, known := d[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")]
		status := http.StatusForbidden
		if !known {
			status = http.StatusUnauthorized
		}
		if !who.May(need) {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(status)
			_ = json.NewEncoder(w).Encode(api.Problem{Type: "about:blank", Title: http.StatusText(status), Status: status})
			return
		}
		next(w, r, who)
	})
}

func (d door) Page(access.Permission, access.Handler) http.Handler { panic("no page here") }

// asked is one thing that the Desk was asked.
type asked struct{ actor, path, in string }

// desk answers with documents whose every field says something, or nothing.
type desk struct {
	mu    sync.Mutex
	asked []asked
	bare  bool  // documents that say nothing
	fails error // nil: it does not
}

func (d *desk) Ask(ctx context.Context, actor, path string, in, out any) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	text, err := json.Marshal(in)
	if err != nil {
		return err
	}
	d.asked = append(d.asked, asked{actor, path, string(text)})
	if err := ctx.Err(); err != nil {
		return err
	}
	if d.fails != nil {
		return d.fails
	}
	document := reflect.New(reflect.TypeOf(out).Elem()).Elem()
	if !d.bare {
		viewtest.Say(document)
	} else if r, ok := document.Addr().Interface().(*view.Rehearsed); ok {
		r.Cloud = view.Configured // of a closed list
	}
	if text, err = json.Marshal(document.Interface()); err != nil {
		return err
	}
	return json.Unmarshal(text, out)
}

// last is what it was asked since the last time.
func (d *desk) last() []asked {
	d.mu.Lock()
	defer d.mu.Unlock()
	was := d.asked
	d.asked = nil
	return was
}

// signedIn are the sessions of the window; the first is the one that asks, where an account does.
type signedIn struct{ ended []string }

func (*signedIn) Sessions(who access.Principal) []access.SessionInfo {
	home := netip.MustParseAddr("192.0.2.9")
	return []access.SessionInfo{
		{Handle: "s-1", Account: who.Name, Role: "admin", Address: home, UserAgent: "<b>", Begun: at(), Seen: at(), Ends: at().Add(time.Hour), Current: !who.Machine},
		{Handle: "s-2", Account: "vera", Role: "viewer", Address: home, Begun: at(), Seen: at(), Ends: at().Add(2 * time.Hour)},
	}
}

// End knows two sessions, of which vera may end the second alone.
func (s *signedIn) End(handle string, by access.Principal) error {
	if handle != "s-2" && (handle != "s-1" || by.Name == "vera") {
		return view.Refusal{Kind: view.Missing, Words: "there is no such session"}
	}
	s.ended = append(s.ended, by.Actor()+" "+handle)
	return nil
}

// scene is an API on a socket.
type scene struct {
	*httptest.Server

	desk     *desk
	sessions *signedIn
}

// people are those whom the door knows: the roles, tokens with one permission, and one with no role.
func people() door {
	home := netip.MustParseAddr("192.0.2.9")
	d := door{
		"viewer": {Name: "vera", Role: access.Viewer, Address: home}, "operator": {Name: "olaf", Role: access.Operator, Address: home},
		"admin": {Name: "ada", Role: access.Admin, Address: home}, "none": {Name: "nobody", Address: home},
		"ci":     {Name: "ci", Machine: true, Role: access.Admin, Address: home},
		"narrow": {Name: "narrow", Machine: true, Role: access.Admin, Scopes: []access.Permission{}, Address: home},
	}
	for i, p := range access.Permissions() {
		d["scope-"+string(rune('a'+i))] = access.Principal{Name: "scoped", Machine: true, Role: access.Admin, Scopes: []access.Permission{p}, Address: home}
		d["viewer-scope-"+string(rune('a'+i))] = access.Principal{Name: "scoped", Machine: true, Role: access.Viewer, Scopes: []access.Permission{p}, Address: home}
	}
	return d
}

func newScene(t *testing.T) *scene {
	t.Helper()
	s := &scene{desk: &desk{}, sessions: &signedIn{}}
	mux := http.NewServeMux()
	api.New(api.Deps{Desk: s.desk, Door: people(), Sessions: s.sessions, Version: "v9"}).Handle(mux)
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

// answer is what came back.
type answer struct {
	status  int
	header  http.Header
	text    string
	problem api.Problem // where it is one
}

// ask sends a request as somebody; a body is JSON. edit may be nil.
func (s *scene) ask(t *testing.T, who, method, target, body string, edit func(*http.Request)) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, s.URL+target, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+who)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if edit != nil {
		edit(req)
	}
	resp, err := s.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return understood(t, answer{status: resp.StatusCode, header: resp.Header, text: string(text)})
}

// understood reads the problem where it is one, which must be whole.
func understood(t *testing.T, a answer) answer {
	t.Helper()
	if a.status < 400 || a.text == "" {
		return a
	}
	d := json.NewDecoder(strings.NewReader(a.text))
	d.DisallowUnknownFields()
	if err := d.Decode(&a.problem); err != nil || a.header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("%d %s %q: %v", a.status, a.header.Get("Content-Type"), a.text, err)
	}
	if p := a.problem; p.Status != a.status || p.Title != http.StatusText(a.status) || p.Type != "about:blank" {
		t.Errorf("%d: %+v", a.status, p)
	}
	return a
}

// quiet is a scene without a socket.
func quiet() *scene {
	s := &scene{desk: &desk{}, sessions: &signedIn{}}
	mux := http.NewServeMux()
	api.New(api.Deps{Desk: s.desk, Door: people(), Sessions: s.sessions, Version: "v9"}).Handle(mux)
	s.Server = &httptest.Server{Config: &http.Server{Handler: mux}} //nolint:gosec // it never listens
	return s
}

// direct has a request answered without a socket.
func direct(s *scene, req *http.Request) answer {
	w := httptest.NewRecorder()
	s.Config.Handler.ServeHTTP(w, req)
	return answer{status: w.Code, header: w.Header(), text: w.Body.String()}
}
