package access

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"ivalt-radius/secret"
)

func TestSignIn(t *testing.T) {
	bubble(t, func(h *house) {
		t := h.t
		form := url.Values{"name": {"olga"}, "password": {rightOf + "olga"}, "next": {"/people?a=b"}}.Encode()
		r := h.ask("POST", "/signin", bob, form, "Content-Type", formType+"; charset=utf-8", "Sec-Fetch-Site", "same-origin")
		h.want(http.StatusSeeOther, r)
		if to := r.Header.Get("Location"); to != "/people?a=b" {
			t.Errorf("to %q", to)
		}
		cookie := r.Header.Get("Set-Cookie")
		value, attributes, _ := strings.Cut(cookie, "; ")
		if attributes != "Path=/; HttpOnly; Secure; SameSite=Strict" || !strings.HasPrefix(value, "__Host-ivalt_radius=") {
			t.Errorf("cookie %q", cookie)
		}
		if id := strings.TrimPrefix(value, "__Host-ivalt_radius="); len(id) != 43 || h.find(id, watching) == nil {
			t.Errorf("identifier of %d characters", len(id))
		}
		h.wantLine(`"action":"window_signed_in"`, `"actor":"account=olga address=192.0.2.2"`, `"target":"session=`)
		got := h.ask("GET", "/api/write", bob, "", "Cookie", value)
		h.want(http.StatusOK, got)
		if who := got.Body; who != "account=olga address=192.0.2.2" {
			t.Errorf("it is %q", who)
		}
		if c := h.Counts(); c.SignedIn != 1 || c.Sessions != 1 || c.Failed != 0 {
			t.Errorf("%+v", c)
		}
		if r := h.ask("GET", "/signin?next=/logins", bob, "", "Cookie", value); r.StatusCode != http.StatusSeeOther || r.Header.Get("Location") != "/logins" {
			t.Errorf("who is signed in gets %d", r.StatusCode)
		}
	})
}

// find is the table's.
func (h *house) find(id string, u use) *session { return h.table.find(id, u) }

// TestNoFixation: an identifier that a browser brings along is never taken, and the session that it had ends.
func TestNoFixation(t *testing.T) {
	bubble(t, func(h *house) {
		t := h.t
		planted := []string{"Cookie", cookieName + "=" + strings.Repeat("A", idLength)}
		r := h.try("olga", rightOf+"olga", bob, planted...)
		h.want(http.StatusSeeOther, r)
		first := []string{"Cookie", cookieName + "=" + r.Cookies()[0].Value}
		if planted[1] == first[1] {
			t.Error("the planted identifier was taken")
		}
		h.want(http.StatusUnauthorized, h.ask("GET", "/api/read", bob, "", planted...))
		h.want(http.StatusOK, h.ask("GET", "/api/read", bob, "", first...))
		h.trail.lines()
		r = h.try("olga", rightOf+"olga", bob, first...)
		h.want(http.StatusSeeOther, r)
		if again := cookieName + "=" + r.Cookies()[0].Value; again == first[1] {
			t.Error("the same identifier twice")
		}
		h.want(http.StatusUnauthorized, h.ask("GET", "/api/read", bob, "", first...))
		if lines := h.trail.lines(); len(lines) != 2 || !strings.Contains(lines[1], "signed in anew") {
			t.Errorf("%q", lines)
		}
	})
}

// TestFailuresAreAlike: nobody can tell whether an account is there. What was typed as a name stands nowhere, where it is no account's.
func TestFailuresAreAlike(t *testing.T) {
	bubble(t, func(h *house) {
		t := h.t
		const typedPassword = "cAnArY-typed-as-a-name"
		known := h.try("olga", "wrong", bob)
		h.wantLine(`"event":"window_sign_in_failed"`, `"user":"olga"`, `"calling_station":"192.0.2.2"`, "the password was wrong")
		unknown := h.try(typedPassword, "wrong", eve)
		lines := h.trail.lines()
		if len(lines) != 1 || strings.Contains(lines[0], "cAnArY") || !strings.Contains(lines[0], `"user":""`) {
			t.Errorf("%q", lines)
		}
		a, b := known.Body, unknown.Body
		if known.StatusCode != http.StatusForbidden || unknown.StatusCode != known.StatusCode || a != b || !strings.Contains(a, wrong) {
			t.Errorf("%d %s\n%d %s", known.StatusCode, a, unknown.StatusCode, b)
		}
		if len(h.checked) != 2 || !strings.HasPrefix(h.checked[1], hashOf) {
			t.Errorf("checked %q", h.checked)
		}
		if len(known.Cookies())+len(unknown.Cookies()) != 0 || h.Counts().Failed != 2 || h.Counts().Sessions != 0 {
			t.Errorf("%+v", h.Counts())
		}
		// The decoy's own password opens nothing, and is the same for a name each time.
		h.during = func() {}
		decoy := strings.TrimPrefix(h.checked[1], hashOf)
		h.want(http.StatusForbidden, h.try(typedPassword, decoy, eve))
		if h.checked[2] != h.checked[1] {
			t.Errorf("checked %q", h.checked)
		}
	})
}

func TestNoSessionWithoutItsRecord(t *testing.T) {
	bubble(t, func(h *house) {
		t := h.t
		h.trail.full = true
		r := h.try("olga", rightOf+"olga", bob)
		h.want(http.StatusServiceUnavailable, r)
		if len(r.Cookies()) != 0 || h.Counts().Sessions != 0 || r.Header.Get("Retry-After") == "" || !strings.Contains(r.Body, "audit trail") {
			t.Error("signed in all the same")
		}
		h.trail.full = false
		h.in("olga", bob)
	})
}

// TestReloadWhileThePasswordIsChecked: what was right a moment ago is not any more.
func TestReloadWhileThePasswordIsChecked(t *testing.T) {
	for name, change := range map[string]func(a *Account){
		"password": func(a *Account) { a.Password = secret.New("another") },
		"role":     func(a *Account) { a.Role = Viewer },
		"gone":     func(a *Account) { a.Name = "other" },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(h *house) {
				t := h.t
				s, _ := settings(t)
				i := slices.IndexFunc(s.Accounts, func(a Account) bool { return a.Name == "olga" })
				change(&s.Accounts[i])
				h.during = func() { h.Adopt(s) }
				h.want(http.StatusForbidden, h.try("olga", rightOf+"olga", bob))
				if h.Counts().Sessions != 0 {
					t.Error("a session began")
				}
			})
		})
	}
}

func TestFormsThatAreNone(t *testing.T) {
	good := url.Values{"name": {"olga"}, "password": {rightOf + "olga"}}.Encode()
	var parts bytes.Buffer
	m := multipart.NewWriter(&parts)
	_ = m.WriteField("name", "olga")
	_ = m.WriteField("password", rightOf+"olga")
	_ = m.Close()
	for name, c := range map[string]struct {
		body   string
		header []string
		status int
	}{
		"multipart":          {parts.String(), []string{"Content-Type", m.FormDataContentType()}, http.StatusUnsupportedMediaType},
		"json":               {`{"name":"olga"}`, []string{"Content-Type", "application/json"}, http.StatusUnsupportedMediaType},
		"no type":            {good, nil, http.StatusUnsupportedMediaType},
		"too long":           {good + "&x=" + strings.Repeat("x", mostSignIn), []string{"Content-Type", formType}, http.StatusBadRequest},
		"broken":             {"name=%zz", []string{"Content-Type", formType}, http.StatusBadRequest},
		"no password":        {"name=olga", []string{"Content-Type", formType}, http.StatusBadRequest},
		"no name":            {"password=x", []string{"Content-Type", formType}, http.StatusBadRequest},
		"long name":          {"password=x&name=" + strings.Repeat("n", longestTyped+1), []string{"Content-Type", formType}, http.StatusBadRequest},
		"long password":      {"name=olga&password=" + strings.Repeat("n", longestPassword+1), []string{"Content-Type", formType}, http.StatusBadRequest},
		"cross-site":         {good, []string{"Content-Type", formType, "Sec-Fetch-Site", "cross-site"}, http.StatusForbidden},
		"same site":          {good, []string{"Content-Type", formType, "Sec-Fetch-Site", "same-site"}, http.StatusForbidden},
		"another origin":     {good, []string{"Content-Type", formType, "Origin", "https://evil.example"}, http.StatusForbidden},
		"no origin":          {good, []string{"Content-Type", formType, "Origin", "null"}, http.StatusForbidden},
		"the window's own":   {good, []string{"Content-Type", formType, "Origin", "http://example.com"}, http.StatusSeeOther},
		"own by fetch's say": {good, []string{"Content-Type", formType, "Sec-Fetch-Site", "same-origin"}, http.StatusSeeOther},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(h *house) {
				t := h.t
				r := h.ask("POST", "/signin", bob, c.body, c.header...)
				h.want(c.status, r)
				if ok := c.status == http.StatusSeeOther; (h.Counts().Sessions == 1) != ok || (len(h.checked) == 1) != ok {
					t.Errorf("%+v, checked %d", h.Counts(), len(h.checked))
				}
			})
		})
	}
}

func TestNobodyYet(t *testing.T) {
	bubble(t, func(h *house) {
		cookie := h.in("olga", bob)
		h.Adopt(Settings{Idle: time.Hour, Absolute: time.Hour})
		for _, r := range []answer{h.ask("GET", "/signin", bob, "", cookie...), h.try("olga", rightOf+"olga", bob)} {
			text := r.Body
			if len(r.Cookies()) > 0 || !strings.Contains(text, "hash-password") || !strings.Contains(text, "admin.accounts") || strings.Contains(text, "<form") {
				h.t.Errorf("%d: %s", r.StatusCode, text)
			}
		}
		if len(h.checked) != 1 {
			h.t.Error("passwords of nobody are checked")
		}
	})
}

func TestBusy(t *testing.T) {
	bubble(t, func(h *house) {
		t := h.t
		h.busy = true
		for range 10 {
			r := h.try("olga", rightOf+"olga", bob)
			h.want(http.StatusServiceUnavailable, r)
			if r.Header.Get("Retry-After") != "5" {
				t.Error("no Retry-After")
			}
		}
		h.busy = false
		h.in("olga", bob) // what was not checked counts as no failure
	})
}

func TestSignOut(t *testing.T) {
	bubble(t, func(h *house) {
		t := h.t
		cookie := h.in("olga", bob)
		h.trail.lines()
		h.want(http.StatusForbidden, h.ask("POST", "/signout", bob, "", cookie...))
		h.wantLine("window_request_forged", `"user":"olga"`)
		h.want(http.StatusOK, h.ask("GET", "/api/read", bob, "", cookie...))
		r := h.ask("POST", "/signout", bob, "", append(cookie, csrfHeader, h.csrfOf(cookie))...)
		h.want(http.StatusSeeOther, r)
		if r.Header.Get("Location") != "/signin" || len(r.Cookies()) != 1 || r.Cookies()[0].MaxAge != -1 || !r.Cookies()[0].Secure {
			t.Errorf("%+v", r.Header)
		}
		h.wantLine("window_signed_out", "account=olga address=192.0.2.2")
		h.want(http.StatusUnauthorized, h.ask("GET", "/api/read", bob, "", cookie...))
		r = h.ask("POST", "/signout", bob, "", append(cookie, "HX-Request", "true")...)
		if r.StatusCode != http.StatusNoContent || r.Header.Get("HX-Redirect") != "/signin" {
			t.Errorf("htmx: %d", r.StatusCode)
		}
	})
}

func TestNext(t *testing.T) {
	for next, want := range map[string]string{
		"": "/", "/": "/", "/now": "/now", "/logins?user=a%20b&x=1": "/logins?user=a%20b&x=1", "/logins/%2Fa": "/logins/%2Fa", "/a:b": "/a:b",
		"//evil.example": "/", "https://evil.example/": "/", `/\evil.example`: "/", `\/evil.example`: "/", "/\t/evil.example": "/",
		"/\n/evil.example": "/", " //evil.example": "/", "evil.example": "/", "javascript:alert(1)": "/", "/%2fevil.example": "/",
		"/signin?next=/now": "/", "/signout": "/", "/a\x00": "/", "/ü": "/", "/%zz": "/", "/" + strings.Repeat("a", longestNext): "/", "/a#b": "/a",
	} {
		if got := local(next); got != want {
			t.Errorf("%q leads to %q, want %q", next, got, want)
		}
	}
}

// TestRenderHooks: the page package shows its own pages, with what it needs for them.
func TestRenderHooks(t *testing.T) {
	bubble(t, func(h *house) {
		h.deps.Render = func(w http.ResponseWriter, _ *http.Request, p SignInPage) {
			w.WriteHeader(p.Status)
			_, _ = fmt.Fprintf(w, "sign in: %s %q", p.Next, p.Words)
		}
		h.deps.Refused = func(w http.ResponseWriter, _ *http.Request, p RefusedPage) {
			w.WriteHeader(p.Status)
			_, _ = fmt.Fprintf(w, "refused: %s %s", p.Missing, p.Who.Name)
		}
		if got := h.ask("GET", "/signin?next=%2Fnow", bob, "").Body; got != `sign in: /now ""` {
			h.t.Error(got)
		}
		if got := h.try("olga", "wrong", bob).Body; got != `sign in: / "`+wrong+`"` {
			h.t.Error(got)
		}
		if got := h.ask("GET", "/page/configure", bob, "", h.in("olga", bob)...).Body; got != "refused: configure olga" {
			h.t.Error(got)
		}
	})
}
