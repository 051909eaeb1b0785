package ivalttest

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"ivalt-radius/ivalt/ivalttest/habit"
)

// FuzzAPI throws bodies at every endpoint: whatever comes, the answer is JSON of a status that the API has, and the log
// stays bounded.
func FuzzAPI(f *testing.F) {
	f.Add(uint8(0), "application/json", `{"email":"alice@example.com"}`)
	f.Add(uint8(1), "application/json", `{"mobile":"+919876543210","requestFrom":"\u202e<b>"}`)
	f.Add(uint8(2), "application/x-www-form-urlencoded", `mobile=%2B919876543210`)
	f.Add(uint8(3), "", `{"mobile":null}`)
	f.Add(uint8(4), "application/json", `{"country_code":"+91","mobile":"9876543210","status":1}`)
	f.Add(uint8(4), "application/x-www-form-urlencoded", `country_code=&mobile=1&status=`)
	f.Add(uint8(4), "application/json", `{"country_code":"+1","mobile":"+2025550123","status":0}`)
	f.Add(uint8(2), "application/json", `{"mobile":"+2025550123"}`) // which finds the denial that was submitted
	paths := []string{pathLookUp, pathPush, pathResult, pathPolicy, habit.LaravelSubmit, habit.LaravelPush}
	c := New(Options{Default: Step{Behaviour: Approve}, Dialect: habit.Both, Mobiles: habit.MobilesDigits, RequestIDs: true})
	f.Fuzz(func(t *testing.T, endpoint uint8, kind, body string) {
		req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, paths[int(endpoint)%len(paths)], strings.NewReader(body))
		req.Header.Set("Content-Type", kind)
		req.Header.Set("X-Api-Key", testKey)
		w := httptest.NewRecorder()
		c.ServeHTTP(w, req)
		switch w.Code {
		case 200, 401, 404, 413, 422:
		default:
			t.Errorf("status %d", w.Code)
		}
		if !json.Valid(w.Body.Bytes()) {
			t.Errorf("no JSON: %q", w.Body)
		}
		if pushes := c.PushLog(keptPushes); len(pushes) > keptPushes {
			t.Errorf("%d pushes remembered", len(pushes))
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
