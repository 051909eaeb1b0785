package access

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// hostile is a window that takes whatever comes, and its only session.
func hostile(f *testing.F) (h *house, id string, tokens map[Role]string) {
	f.Helper()
	s, tokens := settings(f)
	h = newHouse(f, s)
	h.trail.full = false
	cookie := h.in("olga", bob)
	return h, strings.TrimPrefix(cookie[1], cookieName+"="), tokens
}

// FuzzSignIn: no form signs anybody in but with the right name and password, and none leads elsewhere.
func FuzzSignIn(f *testing.F) {
	h, _, _ := hostile(f)
	now := time.Now()
	f.Add("name=olga&password=right+of+olga&next=%2Fnow", formType)
	f.Add("name=olga&password=wrong", formType)
	f.Add("name=olga;password=x&next=//evil.example", formType+"; charset=utf-8")
	f.Add("name=%zz&name=olga&password=%00", formType)
	f.Add("--b\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nolga\r\n--b--", "multipart/form-data; boundary=b")
	f.Add(`{"name":"olga"}`, "application/json")
	f.Fuzz(func(t *testing.T, body, kind string) {
		h.throttle = newThrottle(func() time.Time { return now })
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, SignInPath, strings.NewReader(body))
		r.Header["Content-Type"] = []string{kind}
		w := httptest.NewRecorder()
		h.mux.ServeHTTP(w, r)
		cookies := answer{Header: w.Header()}.Cookies()
		form, err := url.ParseQuery(body)
		name := form.Get("name")
		right := err == nil && name != "" && form.Get("password") == rightOf+name && (name == "olga" || name == "vera" || name == "alice")
		if in := w.Code == http.StatusSeeOther; in != (len(cookies) > 0) || in && !right {
			t.Fatalf("%d with %d cookies", w.Code, len(cookies))
		}
		if w.Code >= 500 {
			t.Fatalf("%d: %s", w.Code, w.Body)
		}
		h.trail.lines()
	})
}

// FuzzHeaders: no cookie and no Authorization opens the door but the session's and the tokens' own.
func FuzzHeaders(f *testing.F) {
	h, id, tokens := hostile(f)
	const own = "OWN" // stands for what is drawn at each start, so that a finding can be played again
	f.Add(cookieName+"="+own, "", "Mozilla")
	f.Add(cookieName+"="+own+"; "+cookieName+"=x", "", "")
	f.Add("", "Bearer "+own, "")
	f.Add("", "bearer  "+own, "\x00")
	f.Add(cookieName+"=\""+own+"\"", "Basic "+own, "")
	f.Add("a=b", "Bearer ivr_", strings.Repeat("x", 300))
	f.Fuzz(func(t *testing.T, cookie, authorization, agent string) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/read", nil)
		r.Header.Set("User-Agent", agent)
		if cookie != "" {
			r.Header["Cookie"] = []string{strings.ReplaceAll(cookie, own, id)}
		}
		if authorization != "" {
			r.Header["Authorization"] = []string{strings.ReplaceAll(authorization, own, tokens[Viewer])}
		}
		w := httptest.NewRecorder()
		h.mux.ServeHTTP(w, r)
		if w.Code == http.StatusOK && !strings.Contains(cookie+authorization, own) {
			t.Fatal("let in")
		}
		if w.Code == http.StatusOK && authorization != "" && !strings.Contains(authorization, own) {
			t.Fatal("let in by the cookie behind a token that is none")
		}
		if w.Code != http.StatusOK && w.Code != http.StatusUnauthorized && w.Code != http.StatusTooManyRequests {
			t.Fatalf("%d", w.Code)
		}
		if text := clean(agent); clean(text) != text && len(text) <= longestAgent || len(text) > 3*longestAgent || strings.ContainsFunc(text, hiddenRune) {
			t.Fatalf("%q", text)
		}
	})
}

// FuzzNext: whatever a link to the sign-in page says, the way back leads to this host.
func FuzzNext(f *testing.F) {
	for _, next := range []string{"/now", "//evil.example", `/\evil.example`, "/%2f%2fevil.example", "https://evil.example", "/logins?a=b#c", "/\t//e", "/./\\e", "/a/..//e", "/?//e"} {
		f.Add(next)
	}
	base, err := url.Parse("https://window.example/signin")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, next string) {
		to := local(next)
		u, err := base.Parse(to)
		if err != nil || u.Host != "window.example" || u.Scheme != "https" || u.User != nil {
			t.Fatalf("%q leads to %q", next, to)
		}
		if !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.ContainsAny(to, "\\\t\r\n") || local(to) != to && len(to) <= longestNext {
			t.Fatalf("%q leads to %q", next, to)
		}
		if u.Path == SignInPath || u.Path == SignOutPath {
			t.Fatal("it leads back here")
		}
	})
}
