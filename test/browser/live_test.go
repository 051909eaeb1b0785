//go:build interop

package browser

import (
	"testing"

	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/test/blackbox"
)

// TestLive: a login comes, waits and goes before the eyes of somebody who touches nothing.
func TestLive(t *testing.T) {
	t.Parallel()
	w := open(t, "")
	w.Enrol("dora", ivalttest.Manual, 0)
	x := w.enter(t, newBrowser(t), viewer)
	x.sees("live", "No login waits", "No login has ended since the start")
	x.eval("void (window.untouched = true)")

	nas := w.NAS(t)
	r := nas.Request(blackbox.Login{User: "dora", Password: password, CallingStation: station})
	nas.Send(r)
	const flight = `document.querySelector("[sse-swap=flight]").innerText.toLowerCase()`
	const age = `document.querySelector('[sse-swap=flight] [data-label="Age"]')?.innerText`
	x.until(flight+`.includes("dora") && `+flight+`.includes("ringing") && `+flight+`.includes(" left")`, "the login does not appear")
	x.until(`window.seen === undefined ? (window.seen = `+age+`, false) : `+age+` !== window.seen`, "its clock stands still")
	x.accessible("a login in flight")
	x.until(`document.querySelector("[sse-swap=numbers]").innerText.includes("1 of")`, "nobody is said to wait")

	w.Approve(t, ivalttest.DerivedMobile(blackbox.Email("dora")))
	if reply := nas.Answer(t, r); reply.Code != blackbox.AccessAccept {
		t.Errorf("code %d", reply.Code)
	}
	x.until(flight+`.includes("no login waits")`, "the login stays")
	const recent = `document.querySelector("[sse-swap=recent]").innerText.toLowerCase()`
	x.until(recent+`.includes("dora") && `+recent+`.includes("accept")`, "it is not among those that ended")
	x.until(`/since the start\s*1 accepted/i.test(document.querySelector("[sse-swap=numbers]").innerText)`, "it is not counted")
	x.until(`[...document.querySelectorAll("#minutes td.number")].some(c => c.innerText === "1" || c.textContent === "1")`, "its minute does not count it")
	if x.eval("window.untouched") != "true" {
		t.Error("the page was loaded anew")
	}
	x.quiet()
}
