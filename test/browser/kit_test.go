//go:build interop

package browser

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestTheKitSees: what tests of the window rely on: axe finds what is wrong, a policy's refusal is heard, a page that is too wide is seen.
func TestTheKitSees(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'self'")
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(`<!doctype html><html lang="en"><title>x</title><main><h1>Hello</h1><form><input name="nameless"></form><label>Name <input id="n"></label><button>Go on</button><img src="data:," ><script>alert(1)</script></main>`))
	}))
	defer server.Close()
	x := newBrowser(t).open(t, server.URL)
	if status := x.goTo("/"); status != http.StatusOK {
		t.Errorf("status %d", status)
	}
	x.sees("hello")
	x.fill("name", "vera")
	if got := x.eval("document.getElementById('n').value"); got != "vera" {
		t.Errorf("the field has %q", got)
	}
	x.press("go on")
	if status, text := x.fetch(http.MethodGet, "/", nil, ""); status != http.StatusOK || !strings.Contains(text, "Hello") {
		t.Errorf("%d %s", status, text)
	}
	if heard := strings.Join(x.trouble, "\n"); !strings.Contains(strings.ToLower(heard), "content security policy") {
		t.Errorf("the console says %q", heard)
	}
	found := x.axe()
	if len(found) == 0 {
		t.Error("axe finds nothing")
	}
}
