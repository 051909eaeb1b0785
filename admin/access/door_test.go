package access

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestRoles is the guide's table, through the door, for people and for machines.
func TestRoles(t *testing.T) {
	may := map[Role][]Permission{
		NoRole: nil, Viewer: {Read, Metrics}, Operator: {Read, Write, Metrics}, Admin: {Read, Write, Delete, Configure, Metrics}, Admin + 1: nil,
	}
	bubble(t, func(h *house) {
		t := h.t
		s, tokens := settings(t)
		h.Adopt(s)
		cookies := map[Role][]string{Viewer: h.in("vera", alice), Operator: h.in("olga", bob), Admin: h.in("alice", eve)}
		for r, granted := range may {
			for _, p := range append(Permissions(), Nothing, Metrics+1) {
				want := slices.Contains(granted, p)
				if r.May(p) != want || (Principal{Role: r}).May(p) != want {
					t.Errorf("%s, %s: %t", r, p, r.May(p))
				}
				if cookies[r] == nil || p > Metrics {
					continue
				}
				status := map[bool]int{true: http.StatusOK, false: http.StatusForbidden}[want]
				h.want(status, h.ask("GET", "/api/"+p.String(), bob, "", cookies[r]...))
				h.want(status, h.ask("GET", "/page/"+p.String(), bob, "", cookies[r]...))
				h.want(status, h.ask("POST", "/api/"+p.String(), bob, "", "Authorization", "Bearer "+tokens[r]))
			}
		}
	})
	for _, r := range Roles() {
		if got, ok := RoleOf(r.String()); got != r || !ok {
			t.Errorf("%s is %s", r, got)
		}
	}
	for _, p := range Permissions() {
		if got, ok := PermissionOf(p.String()); got != p || !ok {
			t.Errorf("%s is %s", p, got)
		}
	}
	if r, ok := RoleOf("none"); ok || r != NoRole {
		t.Error("none is a role")
	}
	if p, ok := PermissionOf("nothing"); ok || p != Nothing {
		t.Error("nothing is a permission")
	}
}

func TestWhoMayNot(t *testing.T) {
	bubble(t, func(h *house) {
		t := h.t
		cookie := h.in("olga", bob)
		h.trail.lines()
		r := h.ask("GET", "/api/configure", bob, "", cookie...)
		h.want(http.StatusForbidden, r)
		var p problem
		if err := json.Unmarshal([]byte(r.Body), &p); err != nil || r.Header.Get("Content-Type") != "application/problem+json" {
			t.Fatal(err)
		}
		if p.Status != 403 || p.Title != "Forbidden" || p.Permission != "configure" || !slices.Equal(p.Roles, []string{"admin"}) || p.Detail == "" {
			t.Errorf("%+v", p)
		}
		h.wantLine(`"action":"window_refused"`, "account=olga address=192.0.2.2", "GET /api/configure", "the permission configure is missing")
		h.trail.lines()
		h.want(http.StatusForbidden, h.ask(strings.Repeat("M", 500), "/api/configure", bob, "", append(cookie, csrfHeader, h.csrfOf(cookie))...))
		h.wantLine(`"target":"` + strings.Repeat("M", longestMethod) + ` /api/configure"`)
		text := h.ask("GET", "/page/delete", bob, "", cookie...).Body
		if !strings.Contains(text, "the role admin has") || !strings.Contains(text, "<h1>Forbidden") {
			t.Error(text)
		}
		h.trail.lines()
		for range 3 * mostRecords {
			h.ask("GET", "/api/"+strings.Repeat("a", 3000)+"/../configure", bob, "", cookie...)
			h.want(http.StatusForbidden, h.ask("GET", "/api/configure", bob, "", cookie...))
		}
		if n := len(h.trail.lines()); n > mostRecords {
			t.Errorf("%d records", n)
		}
		pass(time.Minute)
		h.wantLine("more within a minute")
		if n := h.Counts().Refused; n != 3+3*mostRecords {
			t.Errorf("%d counted", n)
		}
	})
}

func TestWhoIsNotSignedIn(t *testing.T) {
	bubble(t, func(h *house) {
		t := h.t
		api := h.ask("GET", "/api/read", bob, "")
		h.want(http.StatusUnauthorized, api)
		if api.Header.Get("WWW-Authenticate") != `Bearer realm="ivalt-radius"` || api.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%+v", api.Header)
		}
		for name, c := range map[string]struct {
			method string
			header []string
			status int
			to     string // Location, or HX-Redirect
		}{
			"a page":               {"GET", nil, http.StatusSeeOther, "/signin?next=%2Fpage%2Fread%3Fa%3Db"},
			"a form":               {"POST", nil, http.StatusSeeOther, "/signin"},
			"htmx":                 {"GET", []string{"HX-Request", "true", "HX-Current-URL", "http://example.com/people?x=1"}, http.StatusUnauthorized, "/signin?next=%2Fpeople%3Fx%3D1"},
			"htmx from elsewhere":  {"GET", []string{"HX-Request", "true", "HX-Current-URL", "http://evil.example/people"}, http.StatusUnauthorized, "/signin"},
			"htmx without a page":  {"POST", []string{"HX-Request", "true"}, http.StatusUnauthorized, "/signin"},
			"an EventSource":       {"GET", []string{"Accept", "text/event-stream"}, http.StatusUnauthorized, ""},
			"a machine at a page":  {"GET", []string{"Authorization", "Bearer ivr_no"}, http.StatusUnauthorized, ""},
			"a dead session":       {"GET", []string{"Cookie", cookieName + "=" + strings.Repeat("x", idLength)}, http.StatusSeeOther, "/signin?next=%2Fpage%2Fread%3Fa%3Db"},
			"a session of nothing": {"GET", []string{"Cookie", cookieName + "="}, http.StatusSeeOther, "/signin?next=%2Fpage%2Fread%3Fa%3Db"},
		} {
			r := h.ask(c.method, "/page/read?a=b", bob, "", c.header...)
			if to := r.Header.Get("Location") + r.Header.Get("HX-Redirect"); r.StatusCode != c.status || to != c.to || r.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s: %d to %q", name, r.StatusCode, to)
			}
		}
	})
}

// TestCSRF: a session changes nothing without its own token, in the header or in the body of a plain form, and never for another web site.
func TestCSRF(t *testing.T) {
	bubble(t, func(h *house) {
		t := h.t
		cookie, other := h.in("olga", bob), h.in("olga", bob)
		own, others := h.csrfOf(cookie), h.csrfOf(other)
		if own == others || len(own) != idLength {
			t.Fatal("two sessions have one CSRF token")
		}
		form := []string{"Content-Type", formType}
		for name, c := range map[string]struct {
			target, body string
			header       []string
			good         bool
		}{
			"header":               {"", "", []string{csrfHeader, own}, true},
			"form":                 {"", "csrf=" + own, form, true},
			"none":                 {"", "", nil, false},
			"empty":                {"", "csrf=", append([]string{csrfHeader, ""}, form...), false},
			"another session's":    {"", "", []string{csrfHeader, others}, false},
			"a part of it":         {"", "", []string{csrfHeader, own[:len(own)-1]}, false},
			"query":                {"?csrf=" + own, "", form, false},
			"a form that is JSON":  {"", "csrf=" + own, []string{"Content-Type", "application/json"}, false},
			"multipart":            {"", "--b\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n" + own + "\r\n--b--\r\n", []string{"Content-Type", "multipart/form-data; boundary=b"}, false},
			"long form":            {"", "a=" + strings.Repeat("a", mostForm) + "&csrf=" + own, form, false},
			"another site":         {"", "", []string{csrfHeader, own, "Sec-Fetch-Site", "cross-site"}, false},
			"another origin":       {"", "", []string{csrfHeader, own, "Origin", "https://evil.example"}, false},
			"another port":         {"", "", []string{csrfHeader, own, "Origin", "http://example.com:81"}, false},
			"the window's own":     {"", "", []string{csrfHeader, own, "Sec-Fetch-Site", "same-origin"}, true},
			"header wrong, form's": {"", "csrf=" + own, append([]string{csrfHeader, others}, form...), false},
		} {
			for _, method := range []string{"POST", "PUT", "PATCH", "DELETE", "PURGE"} {
				if !c.good || c.body == "" || method == "POST" { // Go reads a form's body of POST, PUT and PATCH alone
					status := map[bool]int{true: http.StatusOK, false: http.StatusForbidden}[c.good]
					r := h.ask(method, "/api/write"+c.target, bob, c.body, append(slices.Clone(c.header), cookie...)...)
					if r.StatusCode != status {
						t.Errorf("%s %s: %d", method, name, r.StatusCode)
					}
				}
			}
		}
		for _, method := range []string{"GET", "HEAD"} {
			h.want(http.StatusOK, h.ask(method, "/api/write", bob, "", cookie...))
		}
		h.want(http.StatusForbidden, h.ask("POST", "/page/write", bob, "", cookie...))
		h.want(http.StatusForbidden, h.ask("OPTIONS", "/api/write", bob, "", cookie...))
		if h.Counts().Forged == 0 {
			t.Error("not counted")
		}
	})
}

func TestForwardedAddressesAreNotBelieved(t *testing.T) {
	bubble(t, func(h *house) {
		t := h.t
		r := h.ask("GET", "/api/read", "[::ffff:192.0.2.2]:7", "", append(h.in("olga", bob),
			"X-Forwarded-For", "198.51.100.1", "Forwarded", "for=198.51.100.1", "X-Real-IP", "198.51.100.1")...)
		if who := r.Body; who != "account=olga address=192.0.2.2" {
			t.Errorf("it is %q", who)
		}
		for range freeOfPlace {
			h.try("olga", "wrong", eve, "X-Forwarded-For", "198.51.100.1")
		}
		h.want(http.StatusTooManyRequests, h.try("olga", "wrong", eve, "X-Forwarded-For", "198.51.100.2"))
	})
}

func TestTwoCookiesAreNone(t *testing.T) {
	bubble(t, func(h *house) {
		cookie, other := h.in("olga", bob), h.in("vera", bob)
		h.want(http.StatusUnauthorized, h.ask("GET", "/api/read", bob, "", append(cookie, other...)...))
		h.want(http.StatusUnauthorized, h.ask("GET", "/api/read", bob, "", "Cookie", cookie[1]+"; "+cookie[1]))
		h.want(http.StatusOK, h.ask("GET", "/api/read", bob, "", "Cookie", "a=b; "+cookie[1]+"; c=d"))
	})
}

// TestTheTokenCounts, not the session beside it.
func TestTheTokenCounts(t *testing.T) {
	bubble(t, func(h *house) {
		t := h.t
		s, tokens := settings(t)
		h.Adopt(s)
		cookie := h.in("alice", alice)
		h.want(http.StatusUnauthorized, h.ask("GET", "/api/read", alice, "", append(cookie, "Authorization", "Bearer ivr_no")...))
		h.want(http.StatusUnauthorized, h.ask("GET", "/api/read", alice, "", append(cookie, "Authorization", "Basic YTpi")...))
		h.want(http.StatusForbidden, h.ask("GET", "/api/write", alice, "", append(cookie, "Authorization", "Bearer "+tokens[Viewer])...))
		r := h.ask("POST", "/api/write", alice, "", append(cookie, "Authorization", "Bearer "+tokens[Operator])...)
		h.want(http.StatusOK, r)
		if who := r.Body; who != "token=t-operator address=192.0.2.1" {
			t.Errorf("it is %q", who)
		}
	})
}

func TestTokens(t *testing.T) {
	bubble(t, func(h *house) {
		t := h.t
		s, tokens := settings(t)
		metrics, digest := DrawToken()
		s.Tokens = append(s.Tokens, Token{Name: "prometheus", Role: Admin, Scopes: []Permission{Metrics}, Digest: digest, Expires: time.Now().Add(time.Hour)})
		h.Adopt(s)
		use := func(token, path string) answer {
			return h.ask("POST", path, bob, "", "Authorization", "bearer "+token)
		}
		h.want(http.StatusOK, use(metrics.Reveal(), "/api/metrics"))
		r := use(metrics.Reveal(), "/api/read")
		h.want(http.StatusForbidden, r)
		if !strings.Contains(r.Header.Get("WWW-Authenticate"), "insufficient_scope") || !strings.Contains(r.Body, "token's scopes") {
			t.Errorf("%+v", r.Header)
		}
		h.wantLine("window_refused", "token=prometheus")
		pass(time.Hour - time.Nanosecond)
		h.want(http.StatusOK, use(metrics.Reveal(), "/api/metrics"))
		pass(time.Nanosecond)
		r = use(metrics.Reveal(), "/api/metrics")
		h.want(http.StatusUnauthorized, r)
		if !strings.Contains(r.Header.Get("WWW-Authenticate"), "invalid_token") || !strings.Contains(r.Body, "expired") {
			t.Error("it does not say so")
		}
		h.wantLine("window_token_refused", `"user":"prometheus"`, "expired")
		for _, bad := range []string{"", "ivr_", tokens[Admin] + "a", tokens[Admin][:len(tokens[Admin])-1], strings.ToUpper(tokens[Admin]), "x" + tokens[Admin], tokens[Admin] + " "} {
			h.want(http.StatusUnauthorized, use(bad, "/api/read"))
		}
		h.want(http.StatusUnauthorized, h.ask("GET", "/api/read", bob, "", "Authorization", "Bearer "+tokens[Admin], "Authorization", "Bearer "+tokens[Admin]))
		s.Tokens = slices.DeleteFunc(s.Tokens, func(t Token) bool { return t.Role == Admin })
		h.Adopt(s)
		h.want(http.StatusUnauthorized, use(tokens[Admin], "/api/read"))
		h.want(http.StatusOK, use(tokens[Viewer], "/api/read"))
	})
}

// TestTokenThrottle: bad ones are throttled and recorded so many times a minute; a good one is not throttled, whatever else its address tries.
func TestTokenThrottle(t *testing.T) {
	bubble(t, func(h *house) {
		t := h.t
		s, tokens := settings(t)
		h.Adopt(s)
		bad := func(from string) answer {
			return h.ask("GET", "/api/read", from, "", "Authorization", "Bearer ivr_guess")
		}
		for range freeOfTokens {
			h.want(http.StatusUnauthorized, bad(eve))
		}
		r := bad(eve)
		h.want(http.StatusTooManyRequests, r)
		if r.Header.Get("Retry-After") != "30" || !strings.Contains(r.Body, `"retry_after":30`) {
			t.Errorf("%+v", r.Header)
		}
		h.want(http.StatusUnauthorized, bad(bob))
		h.want(http.StatusOK, h.ask("GET", "/api/read", eve, "", "Authorization", "Bearer "+tokens[Viewer]))
		if n := len(h.trail.lines()); n != freeOfTokens+1 {
			t.Errorf("%d records", n)
		}
		pass(30 * time.Second)
		h.want(http.StatusUnauthorized, bad(eve))
		if r := bad(eve); r.Header.Get("Retry-After") != "60" {
			t.Errorf("then %+v", r.Header)
		}
		if n := h.Counts().TokensRefused; n != freeOfTokens+4 {
			t.Errorf("%d counted", n)
		}
	})
}

func TestDrawToken(t *testing.T) {
	a, digest := DrawToken()
	b, _ := DrawToken()
	if a.Equal(b) || !strings.HasPrefix(a.Reveal(), "ivr_") || a.Len() != 56 || digest == [32]byte{} || url.QueryEscape(a.Reveal()) != a.Reveal() {
		t.Error("no token")
	}
}
