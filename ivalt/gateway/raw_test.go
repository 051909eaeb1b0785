package gateway

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"ivalt-radius/secret"
)

// TestRaw: the exchange comes whole, is read as the calls would read it, and prints nothing of itself.
func TestRaw(t *testing.T) {
	var asked string
	c := plain(t, func(w http.ResponseWriter, r *http.Request) {
		asked = r.URL.Path + " " + r.Header.Get("X-Api-Key")
		w.Header().Set("X-Odd", "1")
		answer(w, http.StatusForbidden, `{"message":"canary"}`)
	})
	raw := c.Raw(t.Context(), "/anywhere", map[string]string{"a": "b"})
	if asked != "/anywhere "+testKey || raw.Status != http.StatusForbidden || raw.Header.Get("X-Odd") != "1" || string(raw.Body) != `{"message":"canary"}` {
		t.Errorf("asked %q, got %v", asked, raw)
	}
	if raw.Left.IsZero() || raw.Came.Before(raw.Left) {
		t.Errorf("left %v, came %v", raw.Left, raw.Came)
	}
	for name, got := range map[string]Result{
		"look-up": raw.LookedUp("ada@example.com"), "push": raw.Pushed(), "poll": raw.Polled(Question{Mobile: ourMobile(t)}),
	} {
		if got.Class != BadKey || got.Status != http.StatusForbidden {
			t.Errorf("%s: %s, %d", name, got.Class, got.Status)
		}
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x"} {
		if text := fmt.Sprintf(verb, raw); text != "status 403" {
			t.Errorf("%s prints %q", verb, text)
		}
	}
}

func TestRawWithoutAnswer(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	c := newTestClient(t, Options{URL: server.URL})
	raw := c.Raw(t.Context(), "/anywhere", nil)
	if got := raw.Pushed(); got.Class != Unsent || raw.Why != NoListener || got.Status != 0 {
		t.Errorf("%s, %s, %d", got.Class, raw.Why, got.Status)
	}
}

// TestNothingIsSubmitted: under the application's base the path that reads a result at the gateway is asked by no call at all.
func TestNothingIsSubmitted(t *testing.T) {
	calls := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		calls++
		answer(w, http.StatusOK, `{}`)
	}))
	t.Cleanup(server.Close)
	for base, want := range map[string]bool{
		"": false, "/api": false,
		"/admin/public/api": true, "/Admin/Public/api/": true, "/x/../admin//public/api": true,
	} {
		// Settings refuse such a base with this dialect: here is the last line behind them.
		c := newTestClient(t, Options{URL: server.URL + base, Dialect: DialectGateway})
		for _, path := range []string{resultPath, strings.ToUpper(resultPath), resultPath + "/"} {
			calls = 0
			raw := c.Raw(t.Context(), path, nil)
			if c.Submits(path) != want || (calls == 0) != want || (raw.Status == 0) != want {
				t.Errorf("%s below %q: %d calls, status %d", path, base, calls, raw.Status)
			}
		}
		calls = 0
		c.Poll(t.Context(), Question{Mobile: ourMobile(t)})
		if (calls == 0) != want {
			t.Errorf("a poll below %q: %d calls", base, calls)
		}
		if c.Submits(plainPath) || c.Submits(laravelResultPath) {
			t.Errorf("below %q paths that read are refused", base)
		}
	}
}

func TestPaths(t *testing.T) {
	if PathsOf("") != PathsOf(DialectGateway) || PathsOf("latin") != (Paths{}) {
		t.Error("a dialect's word")
	}
	for _, dialect := range []string{DialectGateway, DialectLaravel} {
		p := PathsOf(dialect)
		if pathsOf(dialect, "") != [Endpoints]string{p.LookUp, p.Push, p.Geofence} || pathsOf(dialect, EndpointPlain) != [Endpoints]string{p.LookUp, p.Push, p.Plain} {
			t.Errorf("%s: the two tables differ", dialect)
		}
	}
	if pathsOf(DialectGateway, "moon") != [Endpoints]string{} {
		t.Error("an endpoint that is none has paths")
	}
	c := New(Options{URL: "http://127.0.0.1", APIKey: secret.New(testKey)})
	if raw := c.Raw(t.Context(), "", nil); raw.Status != 0 {
		t.Error("a call without a path")
	}
}
