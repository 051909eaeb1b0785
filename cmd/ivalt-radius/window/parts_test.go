package window

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"ivalt-radius/admin/access"
	"ivalt-radius/config"
)

// machine is the token of `peopled`, which may read metrics and nothing else.
const machine = "ivr_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"

// peopled are settings with accounts of a password's hash, and a token; metrics is the word of admin.metrics.
func peopled(t *testing.T, metrics, hashed string) *config.Settings {
	t.Helper()
	digest := sha256.Sum256([]byte(machine))
	return settings(t, `listen: {admin: "127.0.0.1:0"}
admin:
  metrics: `+metrics+`
  accounts:
    - {name: ada, role: admin, password_hash: "`+hashed+`"}
    - {name: vera, role: viewer, password_hash: "`+hashed+`"}
  tokens: [{name: grafana, role: viewer, scopes: [metrics], digest: `+hex.EncodeToString(digest[:])+`, expires: 2999-01-01}]
`)
}

// person is a browser at a window.
type person struct {
	*testing.T

	at     string
	cookie *http.Cookie
}

// signIn is somebody of the settings, with the password of hash.
func signIn(t *testing.T, w *Window, name string) person {
	t.Helper()
	a := send(t, http.MethodPost, "http://"+w.Address()+"/signin", url.Values{"name": {name}, "password": {"correct horse"}}.Encode(), nil)
	if a.status != http.StatusSeeOther {
		t.Fatalf("%+v", a)
	}
	cookies := (&http.Response{Header: a.header}).Cookies()
	if len(cookies) != 1 {
		t.Fatal(cookies)
	}
	return person{t, w.Address(), cookies[0]}
}

// get asks for a page, with the session where there is one.
func (p person) get(path string) answer {
	p.Helper()
	return send(p.T, http.MethodGet, "http://"+p.at+path, "", func(r *http.Request) {
		if p.cookie != nil {
			r.Header.Set("Cookie", p.cookie.Name+"="+p.cookie.Value)
		}
	})
}

// TestMetrics are for this host itself, or for whoever has the permission, as the settings say.
func TestMetrics(t *testing.T) {
	hashed := hash()
	w, err := open(t, peopled(t, "loopback", hashed), well(), nil)
	if err != nil {
		t.Fatal(err)
	}
	vera := signIn(t, w, "vera")
	var (
		none    = func(*http.Request) {}
		bearing = func(token string) func(*http.Request) {
			return func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) }
		}
		behind   = func(header string) func(*http.Request) { return func(r *http.Request) { r.Header.Set(header, "x") } }
		signedIn = func(r *http.Request) { r.Header.Set("Cookie", vera.cookie.Name+"="+vera.cookie.Value) }
	)
	try := func(setting, title string, change func(*http.Request), want int) {
		t.Helper()
		status, body := get(t, w.Address(), "/metrics", change)
		if status != want || (body == "figures\n") != (want == http.StatusOK) {
			t.Errorf("%s, %s: %d %q", setting, title, status, body)
		}
	}
	try("loopback", "nobody", none, 200)
	for _, header := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via"} {
		try("loopback", "behind a proxy that says "+header, behind(header), 401)
	}
	try("loopback", "a token behind a proxy", func(r *http.Request) { behind("Via")(r); bearing(machine)(r) }, 200)

	w.Adopt(peopled(t, "token", hashed))
	try("token", "nobody", none, 401)
	try("token", "another token", bearing(machine+"x"), 401)
	try("token", "a token", bearing(machine), 200)
	try("token", "a session", signedIn, 200)
	if status, _ := get(t, w.Address(), "/api/v1/now", bearing(machine)); status != http.StatusForbidden {
		t.Errorf("a token of metrics reads: %d", status)
	}
}

// TestTheWayIn: the front door leads to Now, who is nobody is asked to sign in, and what is not there is said to those who may read.
func TestTheWayIn(t *testing.T) {
	w, err := open(t, peopled(t, "loopback", hash()), well(), nil)
	if err != nil {
		t.Fatal(err)
	}
	stranger := person{t, w.Address(), nil}
	if a := stranger.get("/"); a.status != http.StatusSeeOther || a.header.Get("Location") != "/now" {
		t.Errorf("%+v", a)
	}
	if a := stranger.get("/nowhere"); a.status != http.StatusSeeOther || a.header.Get("Location") != "/signin?next=%2Fnowhere" {
		t.Errorf("a stranger learns what is there: %+v", a)
	}
	if a := stranger.get("/signin?next=/people"); a.status != 200 || !strings.Contains(a.body, `name="next" value="/people"`) || !strings.Contains(a.body, `name="password"`) {
		t.Errorf("%+v", a)
	}
	a := send(t, http.MethodPost, "http://"+w.Address()+"/signin", url.Values{"name": {"ada"}, "password": {"wrong horse"}}.Encode(), nil)
	if a.status != http.StatusForbidden || !strings.Contains(a.body, "The name or the password is wrong.") || len(a.header["Set-Cookie"]) > 0 {
		t.Errorf("%+v", a)
	}
	ada := signIn(t, w, "ada")
	if a := ada.get("/nowhere"); a.status != http.StatusNotFound || !strings.Contains(a.body, "There is no such page") || !strings.Contains(a.body, "ada") {
		t.Errorf("%+v", a)
	}
	if want := map[string]uint64{"succeeded": 1, "failed": 1, "throttled": 0, "busy": 0}; !maps.Equal(w.SignIns(), want) {
		t.Error(w.SignIns())
	}
}

// TestNobody: without accounts the page says how to make one.
func TestNobody(t *testing.T) {
	w, err := open(t, settings(t, "listen: {admin: \"127.0.0.1:0\"}\n"), well(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if status, body := get(t, w.Address(), "/signin", nil); status != 200 || !strings.Contains(body, "hash-password") || strings.Contains(body, "<form") {
		t.Errorf("%d %s", status, body)
	}
}

// TestSessions are one's own, or everybody's; another password ends them by a reload, which the same one does not.
func TestSessions(t *testing.T) {
	hashed := hash()
	w, err := open(t, peopled(t, "loopback", hashed), well(), nil)
	if err != nil {
		t.Fatal(err)
	}
	ada, vera := signIn(t, w, "ada"), signIn(t, w, "vera")
	if n := w.Sessions(); n != 2 {
		t.Errorf("%d sessions", n)
	}
	for _, c := range []struct {
		who  person
		rows int // of sessions that are not the own one, each with a button
		not  string
	}{{ada, 1, "nobody"}, {vera, 0, "ada"}} {
		a := c.who.get("/account")
		if a.status != 200 || strings.Count(a.body, ">this one<") != 1 || strings.Count(a.body, `name="handle"`) != c.rows || strings.Contains(a.body, c.not) {
			t.Errorf("%+v", a)
		}
		if strings.Contains(a.body, c.who.cookie.Value) {
			t.Error("the page has the cookie")
		}
	}
	if a := vera.get("/account"); !strings.Contains(a.body, `<td data-label="Role">viewer</td>`) || !strings.Contains(a.body, `class="mono">127.0.0.1<`) {
		t.Errorf("%+v", a)
	}
	w.Adopt(peopled(t, "token", hashed))
	if a := ada.get("/account"); a.status != 200 {
		t.Errorf("a reload that changes no account ends a session: %+v", a)
	}
	w.Adopt(peopled(t, "token", hash())) // the same password under another salt is another hash
	for _, p := range []person{ada, vera} {
		if a := p.get("/account"); a.status != http.StatusSeeOther || w.Sessions() != 0 {
			t.Errorf("a session outlives its password: %+v", a)
		}
	}
}

// TestProbesRenewNothing: whoever asks all day for readiness, with a session, is told the notes and stays signed in no longer for it.
func TestProbesRenewNothing(t *testing.T) {
	w, err := open(t, peopled(t, "loopback", hash()), well(), nil)
	if err != nil {
		t.Fatal(err)
	}
	vera := signIn(t, w, "vera")
	status, body := get(t, w.Address(), "/readyz", func(r *http.Request) {
		r.Header.Set("Via", "a proxy")
		r.Header.Set("Cookie", vera.cookie.Name+"="+vera.cookie.Value)
	})
	all := w.keeper.Sessions(access.Principal{Role: access.Admin})
	if status != http.StatusOK || !strings.Contains(body, "2 of 2 are read") || len(all) != 1 || !all[0].Seen.Equal(all[0].Begun) {
		t.Errorf("%d %s, %+v", status, body, all)
	}
}
