package control

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"ivalt-radius/ivalt/ivalttest"
)

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
		c := ivalttest.New(ivalttest.Options{Default: ivalttest.Step{Behaviour: ivalttest.Manual}})
		h := New(c, ThisMachine)
		req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/control/"+paths[int(which)%len(paths)], strings.NewReader(body))
		req.Header.Set("Content-Type", "application/json")
		req.RemoteAddr, req.Host = "127.0.0.1:1", "localhost"
		w := httptest.NewRecorder()
		h.ServeHTTP(w, req)
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
		req = httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/control/state", nil)
		req.RemoteAddr, req.Host = "127.0.0.1:1", "localhost"
		h.ServeHTTP(w, req)
		if !json.Valid(w.Body.Bytes()) {
			t.Errorf("state: %q", w.Body)
		}
	})
}
