//go:build interop

package browser

import (
	"strings"
	"testing"
	"time"

	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/test/blackbox"
)

// eventful is a window over a site where each kind of thing has happened: somebody came in, refused, guessed and is locked out, is blocked.
type eventful struct {
	*window

	attempt, incident string
}

func newEventful(t *testing.T) *eventful {
	t.Helper()
	w := &eventful{window: plan(t, "")}
	w.guarded(t, "alice", "bob", "carol")
	w.Enrol("bob", ivalttest.Deny, time.Second)
	w.Start(t)
	w.comes(t, "alice", password, station)
	w.comes(t, "bob", password, station)
	for range 3 {
		w.comes(t, "carol", "a guess", elsewhere)
	}
	if out, code := blackbox.Run(t, "block", "--user", "mallory", "--reason", "a stolen phone", "--config", w.Config()); code != 0 {
		t.Fatalf("exit %d: %s", code, out)
	}
	w.attempt = w.AwaitAttempts(t, "alice", 1)[0].Text("attempt")
	for _, opened := range w.AwaitEvents(t, "incident_opened", 3) { // bob's refusal, the guesses at carol, and those from one place
		if id, rule, _ := strings.Cut(opened.Text("detail"), ": "); opened.Text("calling_station") == elsewhere && strings.HasPrefix(rule, "brute_force") {
			w.incident = id
		}
	}
	if w.attempt == "" || w.incident == "" {
		t.Fatal("no attempt, or no incident")
	}
	return w
}

// stop is a view, and what anybody reads there.
type stop struct {
	path string
	says []string
}

// tour are all views.
func (w *eventful) tour() []stop {
	return []stop{
		{"/now", []string{"No login waits", "Brute force", "alice", "bob", "carol", "calls left", "checks pass", "live"}},
		{"/logins", []string{"5 logins", "alice", "bob", "carol", station, elsewhere}},
		{"/logins/" + w.attempt, []string{"Login of alice", "What happened", "Explain", "Require push", station}},
		{"/people", []string{"Locked out", "carol", elsewhere, "mallory", "a stolen phone", "bob"}},
		{"/people?user=alice", []string{"alice", "Sessions"}},
		{"/incidents", []string{"Brute force", "medium", w.incident}},
		{"/incidents/" + w.incident, []string{"What to do", "Evidence", "3 records", "History", "Facts"}},
		{"/clients", []string{"gateway", blackbox.Source, "1 accepted", "Nobody unknown has asked"}},
		{"/settings", []string{"The file, against what is in force", "Nothing has changed", "listen.admin", "admin.accounts", "All keys"}},
		{"/rehearse", []string{"Nobody is let in by it"}},
		{"/account", []string{"What you may do", "this one", "Sign out"}},
	}
}

// TestWholePage: every view says what it should to each role, light and dark, at a desk and on a phone; what a viewer reads offers nothing to
// do, and all that an admin may do is done and stands in the trail.
func TestWholePage(t *testing.T) {
	t.Parallel()
	for _, name := range []string{viewer, admin} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newEventful(t)
			b := newBrowser(t)
			x := w.enter(t, b, name)
			for _, s := range w.tour() {
				x.visit(s)
				if name == viewer {
					x.nothingToDo(s.path)
				}
			}
			if name == admin {
				w.act(t, b, x)
			}
			x.quiet()
		})
	}
}

// visit reads a view light at a desk, and dark on a phone: so each colour and each layout is looked at.
func (x *tab) visit(s stop) {
	x.Helper()
	if status := x.goTo(s.path); status != 200 {
		x.Errorf("%s: status %d", s.path, status)
	}
	x.sees(s.says...)
	for _, look := range []struct {
		scheme string
		width  int64
	}{{"light", 1280}, {"dark", 390}} {
		x.scheme(look.scheme)
		x.size(look.width, 900)
		x.accessible(s.path + " " + look.scheme)
	}
	x.scheme("light")
	x.size(1280, 900)
}

// nothingToDo says that a view has no form and no link that changes anything but one's own session.
func (x *tab) nothingToDo(path string) {
	x.Helper()
	if left := x.eval(`[...document.querySelectorAll("main form[method=post]")].map(f => new URL(f.action).pathname).filter(p => p !== "/signout" && p !== "/account/end").join(" ")`); left != "" {
		x.Errorf("%s offers a viewer the forms %s", path, left)
	}
	const deeds = `["/people/", "/clients/enforce", "/clients/forget", "/settings/reload"]`
	if left := x.eval(`[...document.querySelectorAll("main a, main [data-open]")].map(a => a.getAttribute("href") ?? a.dataset.open).filter(h => ` + deeds + `.some(d => h.startsWith(d)) || h === "reload").join(" ")`); left != "" {
		x.Errorf("%s offers a viewer %s", path, left)
	}
}

// act does all that an admin may do.
func (w *eventful) act(t *testing.T, b *browser, x *tab) {
	t.Helper()
	x.goTo("/people")
	x.press("block a person")
	x.fill("person", "dave")
	x.confirm("block", "Blocked.", "dave")
	x.press("unblock dave")
	x.confirm("unblock", "Unblocked.")
	x.goTo("/people")
	x.press("unlock carol")
	x.confirm("unlock", "Unlocked:")

	x.goTo("/incidents/" + w.incident)
	x.confirm("acknowledge", "Acknowledged:")
	x.confirm("close", "Closed.")

	x.goTo("/clients")
	x.press("enforce now")
	x.fill("reason", "tried out")
	x.press("enforce now")
	x.sees("not ready")
	x.click("#field-force")
	x.confirm("enforce now", "Enforced:")
	x.press("forget " + blackbox.Source)
	x.press("forget")
	x.sees("Forgotten.")

	w.reloads(t, x)
	w.rehearses(x)

	other := w.enter(t, b, viewer)
	x.goTo("/account")
	x.click(`main button[aria-label$="of ` + viewer + `"]`)
	x.sees("The session has ended.")
	other.press("logins")
	other.until(`location.pathname === "/signin"`, "a session that was ended goes on")

	w.did(t, admin, "window_signed_in", "block", "unblock", "release", "acknowledge_incident", "close_incident", "enforce_message_authenticator",
		"forget_message_authenticator", "reload", "rehearse", "rehearsed", "window_session_ended")
}

// confirm gives a reason, presses, and reads what became of it.
func (x *tab) confirm(button string, says ...string) {
	x.Helper()
	x.fill("reason", "tried out")
	x.press(button)
	x.sees(says...)
}

// reloads changes a setting in the file, looks at the difference, and takes it over.
func (w *eventful) reloads(t *testing.T, x *tab) {
	t.Helper()
	w.Settings.Reject = "150ms"
	w.Write(t)
	x.goTo("/settings")
	x.sees("A reload takes them", "reject_delay", "100ms", "150ms")
	x.press("reload")
	x.fill("reason", "tried out")
	x.click("#reload button[type=submit]")
	x.sees("What the reload came to", "reject_delay", "150ms")
	x.press("reload") // the part that has come has a dialog that opens
	x.press("cancel")
}

// rehearses plays a login to its end.
func (w *eventful) rehearses(x *tab) {
	x.Helper()
	x.goTo("/rehearse")
	x.fill("user", "alice")
	x.fill("password", password)
	x.confirm("begin", "How it goes", "The rehearsal is over")
	if text := x.text(); !strings.Contains(strings.ToLower(text), "accept") {
		x.Errorf("the rehearsal ends so:\n%s", text)
	}
}
