//go:build interop

package browser

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

const form = "application/x-www-form-urlencoded"

// blocking is a form that would block somebody.
func blocking(csrf string) string {
	v := url.Values{"user": {"zoe"}, "for": {"1h"}, "reason": {"forged"}}
	if csrf != "" {
		v.Set("csrf", csrf)
	}
	return v.Encode()
}

// TestRefusals: what a page elsewhere, a forged form, or somebody without the role asks for is refused, and nothing comes of it.
func TestRefusals(t *testing.T) {
	t.Parallel()
	w := open(t, "")
	b := newBrowser(t)
	ada, vera := w.enter(t, b, admin), w.enter(t, b, viewer)
	for _, c := range []struct {
		name, path, body string
		who              *tab
		headers          map[string]string
		says             string
	}{
		{"no token", "/people/block", blocking(""), ada, map[string]string{"Content-Type": form}, "csrf token is missing"},
		{"a wrong token", "/people/block", blocking("guessed"), ada, map[string]string{"Content-Type": form}, "csrf token is missing or another"},
		{"another session's token", "/people/block", blocking(vera.csrf()), ada, map[string]string{"Content-Type": form}, "csrf token is missing or another"},
		{"no token, API", "/api/v1/blocks", `{"user": "zoe", "reason": "forged"}`, ada, map[string]string{"Content-Type": "application/json"}, "csrf token is missing"},
		{"a viewer", "/people/block", blocking(vera.csrf()), vera, map[string]string{"Content-Type": form}, "this needs the permission write, which the roles operator and admin have; the role here is viewer"},
		{"a viewer, API", "/api/v1/blocks", `{"user": "zoe", "reason": "forged"}`, vera, map[string]string{"Content-Type": "application/json", "X-CSRF-Token": vera.csrf()}, `"permission":"write"`},
		{"a viewer, reload", "/settings/reload", "reason=forged&csrf=" + vera.csrf(), vera, map[string]string{"Content-Type": form}, "this needs the permission configure, which the role admin has"},
	} {
		status, text := c.who.fetch(http.MethodPost, c.path, c.headers, c.body)
		if status != http.StatusForbidden || !strings.Contains(strings.ToLower(text), strings.ToLower(c.says)) {
			t.Errorf("%s: %s", c.name, text)
		}
	}
	if all := w.blocked(t); all != "[]" {
		t.Errorf("blocked are %s", all)
	}
	w.did(t, viewer, "window_refused")
	w.AwaitEvents(t, "window_request_forged", 1)
	if n := len(w.Actions(t, "reload")); n != 0 {
		t.Errorf("%d reloads", n)
	}
	// The same with what the page sends is done.
	if status, text := ada.fetch(http.MethodPost, "/api/v1/blocks", map[string]string{"Content-Type": "application/json", "X-CSRF-Token": ada.csrf()}, `{"user": "yara", "reason": "meant"}`); status >= 300 {
		t.Errorf("an admin with the token: %s", text)
	}
	if all := w.blocked(t); !strings.Contains(all, "yara") || strings.Contains(all, "zoe") {
		t.Errorf("blocked are %s", all)
	}
}

// TestOtherOrigins: a page of another origin, be it at the same address, neither does anything in somebody's name nor shows the window in a frame.
func TestOtherOrigins(t *testing.T) {
	t.Parallel()
	w := open(t, "")
	b := newBrowser(t)
	for _, at := range []string{w.Address, "127.0.0.1"} { // of the same site, whose cookies are sent, and of another
		t.Run(at, func(t *testing.T) {
			x := w.enter(t, b, admin)
			elsewhere := hostile(t, at, w.base, x.csrf())
			x.run(goes(elsewhere + "/form"))
			x.press("win a prize")
			x.until(`location.href.startsWith(`+fmt.Sprintf("%q", w.base)+`)`, "the form goes nowhere")
			x.until(`/another web site made it|sign in/i.test(document.body.innerText)`, "the answer is another")
			if all := w.blocked(t); all != "[]" {
				t.Errorf("blocked are %s", all)
			}
			x.run(goes(elsewhere + "/frame"))
			x.sees("framed")
			eventually(t, "the refusal of the frame", func() bool {
				x.mu.Lock()
				defer x.mu.Unlock()
				return strings.Contains(strings.Join(x.trouble, "\n"), "frame-ancestors")
			})
			x.run(goes(w.base + "/now"))
			x.sees("in flight") // the session is as it was
		})
	}
}

// hostile is a web server of somebody else, at an address.
func hostile(t *testing.T, address, window, csrf string) string {
	t.Helper()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		if r.URL.Path == "/frame" {
			_, _ = fmt.Fprintf(w, `<!doctype html><title>x</title><p>framed</p><iframe src="%s/now"></iframe>`, window)
			return
		}
		_, _ = fmt.Fprintf(w, `<!doctype html><title>x</title><form method="post" action="%s/people/block"><input type="hidden" name="user" value="zoe"><input type="hidden" name="for" value="1h"><input type="hidden" name="reason" value="forged"><input type="hidden" name="csrf" value="%s"><button>Win a prize</button></form>`, window, csrf)
	}))
	_ = server.Listener.Close()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", address+":0")
	if err != nil {
		t.Fatal(err)
	}
	server.Listener = listener
	server.Start()
	t.Cleanup(server.Close)
	return server.URL
}

// TestHostileNames: whatever a login calls itself is text wherever it is shown, and breaks no page.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	w := plan(t, "")
	w.guarded(t, "alice")
	w.Start(t)
	long := strings.Repeat("w", 200)
	names := []string{`<img src=x onerror="window.pwned=1">`, `"><script>window.pwned=1</script>`, "eve\u202egnp.exe", `{{.}}'-${1}`, long}
	for _, name := range names {
		for range 3 {
			w.comes(t, name, "a guess", "<b>"+station)
		}
	}
	w.AwaitEvents(t, "incident_opened", 3)
	x := w.enter(t, newBrowser(t), operator)
	attempts := w.AwaitAttempts(t, long, 3)
	paths := []string{"/now", "/logins", "/people", "/incidents", "/incidents?all=yes", "/logins/" + attempts[0].Text("attempt")}
	for _, name := range names {
		paths = append(paths, "/people?user="+url.QueryEscape(name), "/logins?user="+url.QueryEscape(name), "/people/block?user="+url.QueryEscape(name))
	}
	for _, path := range paths {
		// A search for what no name can be is refused in words.
		if status := x.goTo(path); status != http.StatusOK && (status != http.StatusBadRequest || !strings.Contains(path, "%E2%80%AE")) {
			t.Errorf("%s: status %d", path, status)
		}
		x.size(390, 844)
		x.fits(path)
		x.size(1280, 900)
		x.fits(path)
		if got := x.eval(`String(window.pwned) + document.querySelectorAll("main img, main script, main b").length`); got != "undefined0" {
			t.Errorf("%s: a name is more than text: %s", path, got)
		}
	}
	x.goTo("/logins")
	x.sees(names[0], names[1], names[3])
	if strings.ContainsRune(x.text(), '\u202e') {
		t.Error("a name turns around what follows it")
	}
	x.goTo("/now")
	x.sees("live", names[0], names[1]) // those that came by the stream too
	if got := x.eval(`String(window.pwned)`); got != "undefined" {
		t.Error("a name that came by the stream is more than text")
	}
	x.quiet()
}
