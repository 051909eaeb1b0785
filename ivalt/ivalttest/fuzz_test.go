package ivalttest

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// FuzzAPI throws bodies at every endpoint: whatever comes, the answer is JSON of a status that the API has, and the log
// and the state stay readable.
func FuzzAPI(f *testing.F) {
	f.Add(uint8(0), "application/json", `{"email":"alice@example.com"}`)
	f.Add(uint8(1), "application/json", `{"mobile":"+919876543210","requestFrom":"\u202e<b>"}`)
	f.Add(uint8(2), "application/x-www-form-urlencoded", `mobile=%2B919876543210`)
	f.Add(uint8(3), "", `{"mobile":null}`)
	paths := []string{pathLookUp, pathPush, pathResult, pathPolicy}
	c := New(Options{Default: Step{Behaviour: Approve}})
	f.Fuzz(func(t *testing.T, endpoint uint8, kind, body string) {
		req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, paths[int(endpoint)%len(paths)], strings.NewReader(body))
		req.Header.Set("Content-Type", kind)
		req.Header.Set("X-Api-Key", testKey)
		w := httptest.NewRecorder()
		c.ServeHTTP(w, req)
		switch w.Code {
		case 200, 404, 413, 422:
		default:
			t.Errorf("status %d", w.Code)
		}
		if !json.Valid(w.Body.Bytes()) {
			t.Errorf("no JSON: %q", w.Body)
		}
		w = httptest.NewRecorder()
		c.getState(w, nil)
		if !json.Valid(w.Body.Bytes()) {
			t.Errorf("state: %q", w.Body)
		}
	})
}

// FuzzControl throws bodies at the control endpoint; no order may leave options that Check refuses.
func FuzzControl(f *testing.F) {
	f.Add(uint8(0), `{"email":"eve@example.com","mobile":"+919876543210","does":"deny","after":"1s","next":[{"does":"ignore"}]}`)
	f.Add(uint8(1), `{"mobile":"+919876543210"}`)
	f.Add(uint8(2), `{"push":1}`)
	f.Add(uint8(3), `{"kind":"html-200","endpoint":"result","requests":3,"delay":"2s","delivered":true}`)
	f.Add(uint8(4), `{"sticky":true,"pending":"422","limits":{"per_second":20}}`)
	f.Add(uint8(5), `{}`)
	paths := []string{"person", "approve", "deny", "fault", "options", "reset"}
	f.Fuzz(func(t *testing.T, which uint8, body string) {
		c := New(Options{Default: Step{Behaviour: Manual}})
		req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, pathControl+paths[int(which)%len(paths)], strings.NewReader(body))
		req.Header.Set("Content-Type", "application/json")
		req.RemoteAddr, req.Host = "127.0.0.1:1", "localhost"
		w := httptest.NewRecorder()
		c.ServeHTTP(w, req)
		switch w.Code {
		case 200, 400, 409, 413:
		default:
			t.Errorf("status %d", w.Code)
		}
		if !json.Valid(w.Body.Bytes()) {
			t.Errorf("no JSON: %q", w.Body)
		}
		if err := c.Options().Check(); err != nil {
			t.Error(err)
		}
		w = httptest.NewRecorder()
		c.getState(w, nil)
		if !json.Valid(w.Body.Bytes()) {
			t.Errorf("state: %q", w.Body)
		}
	})
}

// BenchmarkLogin is a look-up, a push and five polls without the network: what the simulator itself costs.
func BenchmarkLogin(b *testing.B) {
	c := New(Options{Default: Step{Behaviour: Approve}, Sticky: true})
	mobile := DerivedMobile("alice@example.com")
	call := func(path, body string) {
		req := httptest.NewRequestWithContext(b.Context(), http.MethodPost, path, strings.NewReader(body))
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("X-Api-Key", testKey)
		w := httptest.NewRecorder()
		c.ServeHTTP(w, req)
		if w.Code != http.StatusOK {
			b.Fatal(w.Code, w.Body)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		call(pathLookUp, `{"email":"alice@example.com"}`)
		call(pathPush, `{"mobile":"`+mobile+`","requestFrom":"VPN office 203.0.113.7 #47"}`)
		for range 5 {
			call(pathPolicy, `{"mobile":"`+mobile+`"}`)
		}
	}
}
