//go:build interop

package browser

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// TestSessions: what ends a session, and what its cookie is.
func TestSessions(t *testing.T) {
	t.Parallel()
	const idle = "  session: {idle: 1m}\n"
	w := open(t, idle)
	b := newBrowser(t)
	left, began := w.enter(t, b, admin), time.Now()
	left.sees("live")
	t.Run("cookie", func(t *testing.T) { w.enter(t, b, admin).cookie(t) })
	t.Run("sign-out", func(t *testing.T) {
		x := w.enter(t, b, viewer)
		kept := x.cookies(t)[0].Value
		x.goTo("/account")
		x.press("sign out")
		x.sees("sign in")
		x.goTo("/now")
		x.signedOut("/now")
		if kept == "" || len(x.cookies(t)) != 0 {
			t.Error("the cookie stays")
		}
		w.did(t, viewer, "window_signed_out")
	})
	t.Run("revoked", func(t *testing.T) { w.revokes(t, b) })
	t.Run("another password", func(t *testing.T) {
		x := w.enter(t, b, operator)
		x.sees("live")
		w.accounts(idle, "-has-another")
		w.Write(t)
		w.terminal(t, nil, "reload", "--reason", "olga lost her notebook")
		x.signedOut("/now")
		x.fill("name", operator)
		x.fill("password", operator+rest)
		x.press("sign in")
		x.sees("password is wrong")
		w.entersWith(x, operator+"-has-another")
	})

	// The page that was left alone has refreshed itself all the time.
	left.signedOut("/now")
	if after := time.Since(began); after < 55*time.Second {
		t.Errorf("a session is over after %s", after)
	}
	revoked := w.Said(t, "window_session_revoked")
	if len(revoked) != 1 || !strings.Contains(revoked[0].Text("detail"), "account="+operator) {
		t.Errorf("revoked: %v", revoked)
	}
	eventually(t, "the end of who did nothing", func() bool { return len(w.Said(t, "window_session_expired")) > 0 })
}

// revokes has the admin end two sessions of somebody: one goes to the sign-in page with the next click, the other, which is live, by itself.
func (w *window) revokes(t *testing.T, b *browser) {
	t.Helper()
	live, next := w.enter(t, b, viewer), w.enter(t, b, viewer)
	live.sees("live")
	next.goTo("/logins")
	boss := w.enter(t, b, admin)
	for range 2 {
		boss.goTo("/account")
		boss.click(`main button[aria-label$="of ` + viewer + `"]`)
		boss.sees("The session has ended.")
	}
	next.press("people")
	next.signedOut("/people")
	live.signedOut("/now")
	w.did(t, admin, "window_session_ended")
}

// signedOut waits for the sign-in page, from which one would come back to a path.
func (x *tab) signedOut(from string) {
	x.Helper()
	deadline := time.Now().Add(2 * patience) // idle time is real time
	for x.path() != "/signin" && time.Now().Before(deadline) {
		<-time.After(pause)
	}
	x.until(`location.pathname === "/signin" && new URLSearchParams(location.search).get("next") === "`+from+`"`, "the session goes on")
}

// entersWith signs in again from where one was signed out.
func (w *window) entersWith(x *tab, password string) {
	x.Helper()
	x.fill("name", operator)
	x.fill("password", password)
	x.press("sign in")
	x.until(`location.pathname === "/now"`, "the new password opens nothing")
}

// cookies are those that the browser would send to the window.
func (x *tab) cookies(t *testing.T) []*network.Cookie {
	t.Helper()
	got, err := chromedp.Call(x.ctx, network.GetCookies, network.GetCookiesParams{URLs: []string{x.base + "/"}})
	if err != nil {
		t.Fatal(err)
	}
	return got.Cookies
}

// cookie looks at the session's.
func (x *tab) cookie(t *testing.T) {
	t.Helper()
	all := x.cookies(t)
	if len(all) != 1 {
		t.Fatalf("%d cookies", len(all))
	}
	c := all[0]
	if c.Name != "__Host-ivalt_radius" || !c.HTTPOnly || !c.Secure || c.SameSite != network.CookieSameSiteStrict || c.Path != "/" || strings.HasPrefix(c.Domain, ".") || !c.Session || len(c.Value) < 43 {
		t.Errorf("the cookie %s of %s%s: HttpOnly %t, Secure %t, SameSite %s, %d characters", c.Name, c.Domain, c.Path, c.HTTPOnly, c.Secure, c.SameSite, len(c.Value))
	}
	if seen := x.eval("document.cookie + JSON.stringify(localStorage) + JSON.stringify(sessionStorage)"); strings.Contains(seen, c.Value) || strings.Contains(seen, "__Host") {
		t.Errorf("a script reads %s", seen)
	}
	if strings.Contains(x.eval("document.documentElement.outerHTML"), c.Value) {
		t.Error("the page has the cookie in it")
	}
}
