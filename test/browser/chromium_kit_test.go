//go:build interop

package browser

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

//go:embed axe/axe.min.js
var axe string

// patience is how long a test waits for something that ought to come.
const (
	patience = 40 * time.Second
	pause    = 50 * time.Millisecond
)

// browser is one Chromium, for all people of a test.
type browser struct{ ctx context.Context }

// newBrowser starts Chromium. It ends with the test.
func newBrowser(t *testing.T) *browser {
	t.Helper()
	allocator, stop := chromedp.NewExecAllocator(context.WithoutCancel(t.Context()), append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath("chromium"), chromedp.NoSandbox, chromedp.Flag("disable-dev-shm-usage", true), chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("force-color-profile", "srgb"), chromedp.Flag("lang", "en-GB"), chromedp.WSURLReadTimeout(patience))...)
	t.Cleanup(stop)
	ctx, end := chromedp.NewContext(allocator)
	t.Cleanup(end)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("starting chromium: %v", err)
	}
	return &browser{ctx: ctx}
}

// tab is one tab of a browser, with what its console said.
type tab struct {
	*testing.T

	ctx  context.Context
	base string

	mu      sync.Mutex
	trouble []string         // errors of scripts, refusals of the content security policy
	status  map[string]int64 // by URL, of documents
}

// open opens a tab for somebody new, whose cookies are their own.
func (b *browser) open(t *testing.T, base string) *tab {
	t.Helper()
	ctx, end := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext())
	t.Cleanup(end)
	x := &tab{T: t, ctx: ctx, base: base, status: map[string]int64{}}
	if err := errors.Join(
		chromedp.Listen(ctx, x.listen), command(ctx, log.Enable, cdp.Empty{}), command(ctx, network.Enable, network.EnableParams{}),
		command(ctx, runtime.Enable, cdp.Empty{}),
		command(ctx, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: "Europe/Berlin"}),
	); err != nil {
		t.Fatalf("opening a tab: %v", err)
	}
	x.size(1280, 900)
	return x
}

// command has the browser do something that answers nothing.
func command[P any](ctx context.Context, c cdp.Command[P, cdp.Empty], p P) error {
	_, err := chromedp.Call(ctx, c, p)
	return err
}

// listen keeps what the console says. A status of the server's is no trouble by itself: tests ask for refusals.
func (x *tab) listen(event any) {
	x.mu.Lock()
	defer x.mu.Unlock()
	switch e := event.(type) {
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError && e.Entry.Source != log.EntrySourceNetwork {
			x.trouble = append(x.trouble, fmt.Sprint(e.Entry.Source, ": ", e.Entry.Text))
		}
	case *runtime.EventExceptionThrown:
		x.trouble = append(x.trouble, "script: "+thrown(e.ExceptionDetails))
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError {
			x.trouble = append(x.trouble, "console: an error")
		}
	case *network.EventResponseReceived:
		if e.Type == network.ResourceTypeDocument {
			x.status[e.Response.URL] = e.Response.Status
		}
	}
}

// run does something in the tab, within patience.
func (x *tab) run(actions ...chromedp.Action[chromedp.Void]) {
	x.Helper()
	if err := x.try(actions...); err != nil {
		x.shoot(filepath.Join(os.TempDir(), "browser-"+strings.ReplaceAll(x.Name(), "/", "-")+".png"))
		x.Fatalf("%v\nat %s:\n%s\n%v", err, x.eval("location.href"), x.text(), x.trouble)
	}
}

func (x *tab) try(actions ...chromedp.Action[chromedp.Void]) error {
	ctx, cancel := context.WithTimeout(x.ctx, patience)
	defer cancel()
	return chromedp.Do(ctx, actions...)
}

// eval is what an expression comes to, as text; promises are waited for.
func (x *tab) eval(expression string) string {
	out, err := evaluate[any](x, expression)
	if err != nil {
		return "?" + err.Error()
	}
	if text, ok := out.(string); ok {
		return text
	}
	raw, _ := json.Marshal(out)
	return string(raw)
}

func evaluate[T any](x *tab, expression string) (T, error) {
	ctx, cancel := context.WithTimeout(x.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// thrown is what a script threw, in words.
func thrown(e *runtime.ExceptionDetails) string {
	if e.Exception != nil {
		return e.Text + " " + e.Exception.Description
	}
	return e.Text
}

// size makes the window so large.
func (x *tab) size(width, height int64) {
	x.Helper()
	x.run(chromedp.EmulateViewport(width, height))
}

// scheme asks for dark or light.
func (x *tab) scheme(name string) {
	x.Helper()
	if err := command(x.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: name}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}}); err != nil {
		x.Fatal(err)
	}
}

// goTo opens a path, and gives the status of what came in the end.
func (x *tab) goTo(path string) int64 {
	x.Helper()
	x.run(chromedp.Navigate(x.base + path))
	at := x.eval("location.href")
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.status[at]
}

// goes opens an address, of whatever origin.
func goes(address string) chromedp.Action[chromedp.Void] { return chromedp.Navigate(address) }

// path is where the tab is.
func (x *tab) path() string { return x.eval("location.pathname") }

// text is what a person reads.
func (x *tab) text() string { return x.eval("document.body ? document.body.innerText : ''") }

// sees waits until a person can read all of some texts.
func (x *tab) sees(texts ...string) {
	x.Helper()
	for _, text := range texts {
		raw, _ := json.Marshal(strings.ToLower(text))
		x.until("document.body.innerText.toLowerCase().includes("+string(raw)+")", "nobody can read "+text)
	}
}

// until waits until an expression is true.
func (x *tab) until(expression, otherwise string) {
	x.Helper()
	deadline := time.Now().Add(patience)
	for x.eval("Boolean("+expression+")") != "true" { // a page that is left meanwhile is asked again when the next one is there
		if time.Now().Before(deadline) {
			<-time.After(pause)
			continue
		}
		x.shoot(filepath.Join(os.TempDir(), "browser-"+strings.ReplaceAll(x.Name(), "/", "-")+".png"))
		x.Fatalf("%s, at %s:\n%s\n%v", otherwise, x.path(), x.text(), x.trouble)
	}
}

// click clicks on what a selector finds.
func (x *tab) click(selector string) {
	x.Helper()
	x.run(chromedp.ScrollIntoView(chromedp.CSS(selector)), chromedp.Click(chromedp.CSS(selector)))
}

// press clicks on the visible button or link with a text.
func (x *tab) press(text string) {
	x.Helper()
	raw, _ := json.Marshal(strings.ToLower(text))
	find := `[...document.querySelectorAll("button, a, summary, input[type=submit]")].find(e => (e.innerText || e.value || "").trim().replace(/\s+/g, " ").toLowerCase().startsWith(` + string(raw) + `) && e.checkVisibility())`
	x.until(find, "there is nothing to press that says "+text)
	x.eval("void " + find + ".click()")
}

// fill puts a text where a label says.
func (x *tab) fill(label, text string) {
	x.Helper()
	raw, _ := json.Marshal(strings.ToLower(label))
	value, _ := json.Marshal(text)
	find := `[...document.querySelectorAll("input, select, textarea")].find(e => e.checkVisibility() && [...(e.labels || [])].some(l => l.innerText.trim().toLowerCase().startsWith(` + string(raw) + `)))`
	x.until(find, "there is no field "+label)
	x.eval(`(e => { e.focus(); e.value = ` + string(value) + `; e.dispatchEvent(new Event("input", {bubbles: true})); e.dispatchEvent(new Event("change", {bubbles: true})) })(` + find + `)`)
}

// signIn signs in, and ends at the page that was asked for.
func (x *tab) signIn(name, password string) {
	x.Helper()
	x.goTo("/")
	x.sees("sign in")
	x.fill("name", name)
	x.fill("password", password)
	x.press("sign in")
	x.until(`location.pathname === "/now"`, "signing in does not lead to the page")
}

// fetch asks the server as a script of the page would; its answer's status and text.
func (x *tab) fetch(method, path string, headers map[string]string, body string) (status int, text string) {
	x.Helper()
	request := map[string]any{"method": method, "redirect": "manual"}
	if headers != nil {
		request["headers"] = headers
	}
	if body != "" {
		request["body"] = body
	}
	options, _ := json.Marshal(request)
	where, _ := json.Marshal(path)
	answer := x.eval(`fetch(` + string(where) + `, ` + string(options) + `).then(async r => r.status + " " + await r.text())`)
	if _, err := fmt.Sscanf(answer, "%d", &status); err != nil {
		x.Fatalf("asking %s: %s", path, answer)
	}
	return status, answer
}

// csrf is the token that the page has for its forms.
func (x *tab) csrf() string {
	return x.eval(`JSON.parse(document.querySelector("[hx-headers]")?.getAttribute("hx-headers") ?? "{}")["X-CSRF-Token"] ?? ""`)
}

// finding is one of axe's.
type finding struct {
	ID     string `json:"id"`
	Impact string `json:"impact"`
	Help   string `json:"help"`
	Nodes  []struct {
		HTML    string `json:"html"`
		Summary string `json:"failureSummary"`
	} `json:"nodes"`
}

// axe is what axe-core finds wrong, of serious or critical impact.
func (x *tab) axe() []finding {
	x.Helper()
	if x.eval("typeof axe") == "undefined" {
		if _, err := evaluate[chromedp.Void](x, axe); err != nil {
			x.Fatal(err)
		}
	}
	found, err := evaluate[[]finding](x, `axe.run(document, {resultTypes: ["violations"], preload: false}).then(r => r.violations)`)
	if err != nil {
		x.Fatalf("axe: %v", err)
	}
	return slices.DeleteFunc(found, func(f finding) bool { return f.Impact != "serious" && f.Impact != "critical" })
}

// accessible has axe look at the page, and sees that it fits the screen.
func (x *tab) accessible(what string) {
	x.Helper()
	for _, f := range x.axe() {
		for _, n := range f.Nodes[:min(3, len(f.Nodes))] {
			x.Errorf("%s: %s (%s): %s\n%s\n%s", what, f.ID, f.Impact, f.Help, n.HTML, n.Summary)
		}
	}
	x.fits(what)
}

// fits says that nothing scrolls sideways.
func (x *tab) fits(what string) {
	x.Helper()
	if wide := x.eval("document.documentElement.scrollWidth > document.documentElement.clientWidth"); wide != "false" {
		x.Errorf("%s: the page is wider than the screen: %s", what, x.eval(widest))
	}
}

// widest names the elements that reach out of the screen, outside a part that scrolls by itself.
const widest = `[...document.querySelectorAll("main *")].filter(e => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1).slice(0, 3).map(e => e.outerHTML.slice(0, 120)).join(" | ")`

// quiet says that no script failed, and that the content security policy had nothing to refuse.
func (x *tab) quiet() {
	x.Helper()
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, text := range x.trouble {
		x.Errorf("the console says %s", text)
	}
}

// shoot takes a picture of what the screen shows.
func (x *tab) shoot(file string) {
	ctx, cancel := context.WithTimeout(x.ctx, patience)
	defer cancel()
	picture, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		x.Logf("no picture: %v", err)
		return
	}
	if err := os.WriteFile(file, picture, 0o600); err != nil {
		x.Errorf("no picture: %v", err)
	}
}
