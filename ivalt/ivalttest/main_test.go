package ivalttest

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"ivalt-radius/ivalt/ivalttest/habit"
	"ivalt-radius/secret"
	"ivalt-radius/state/statetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	textSent     = "Biometric Auth Request successfully sent."
	textApproved = "Biometric Authentication successfully done."
	textDenied   = "Denied - User denied biometric authentication."
	textHours    = "You are not within the timezone."
	textGeofence = "You are not within the geofencing location."

	bodyForbidden = `{"message":"Forbidden"}`
	bodyNoRoute   = `{"message":"Missing Authentication Token"}`

	pathLookUp = habit.PathLookUp
	pathPush   = habit.PathPush
	pathResult = habit.PathResult
	pathPolicy = habit.PathPolicy

	testKey = "rehearsal_key_of_32_characters_0"
	alice   = "+919876543210"
	bob     = "+491701234567"
)

// rig is a Cloud behind a real server, with a clock.
type rig struct {
	*Cloud

	t      *testing.T
	clock  *statetest.Clock
	url    string
	client *http.Client
}

func newRig(t *testing.T, o Options) *rig {
	t.Helper()
	r := &rig{t: t, clock: statetest.NewClock(time.Date(2026, 11, 23, 9, 0, 0, 471373000, time.UTC))}
	o.Now = r.clock.Now
	o.APIKey = secret.New(testKey)
	r.Cloud = New(o)
	server := httptest.NewServer(r.Cloud)
	t.Cleanup(server.Close)
	r.url = server.URL
	r.client = server.Client()
	r.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	r.client.Timeout = time.Minute
	return r
}

// answer is what came over the wire.
type answer struct {
	status int
	header http.Header
	body   string
	err    error // of the exchange or of reading the body
}

func (r *rig) do(req *http.Request) answer {
	r.t.Helper()
	resp, err := r.client.Do(req)
	if err != nil {
		return answer{err: err}
	}
	b, err := io.ReadAll(io.LimitReader(resp.Body, 3<<20))
	return answer{status: resp.StatusCode, header: resp.Header, body: string(b), err: errors.Join(err, resp.Body.Close())}
}

func (r *rig) request(path, body string) *http.Request {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), http.MethodPost, r.url+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("X-Api-Key", testKey)
	req.Header.Set("Content-Type", "application/json")
	return req
}

func (r *rig) call(path string, fields map[string]string) answer {
	r.t.Helper()
	b, err := json.Marshal(fields)
	if err != nil {
		r.t.Fatal(err)
	}
	return r.do(r.request(path, string(b)))
}

func (r *rig) lookUp(email string) answer {
	r.t.Helper()
	return r.call(pathLookUp, map[string]string{"email": email})
}

func (r *rig) push(mobile string) answer {
	r.t.Helper()
	return r.call(pathPush, map[string]string{"mobile": mobile, "requestFrom": "VPN office 203.0.113.7 #47"})
}

func (r *rig) poll(mobile string) answer {
	r.t.Helper()
	return r.call(pathPolicy, map[string]string{"mobile": mobile})
}

func (r *rig) pollPlain(mobile string) answer {
	r.t.Helper()
	return r.call(pathResult, map[string]string{"mobile": mobile})
}

// want fails the test unless the status is right and the body holds the text.
func (a answer) want(t *testing.T, status int, text string) {
	t.Helper()
	if a.err != nil {
		t.Fatal(a.err)
	}
	if a.status != status || !strings.Contains(a.body, text) {
		t.Fatalf("got %d %s\nwant %d with %q", a.status, a.body, status, text)
	}
}

// proof is the whole of what a bridge must see before it lets anybody in, written as narrowly as the API's description
// has it and without the client's code, so that the hostile answers are judged by somebody else.
func (a answer) proof(mobile string) bool {
	if a.err != nil || a.status != http.StatusOK || len(a.body) > 64<<10 || repeats(a.body) || !a.plain() {
		return false
	}
	var raw map[string]json.RawMessage
	if json.Unmarshal([]byte(a.body), &raw) != nil || string(raw["error"]) != "null" {
		return false
	}
	var data, details map[string]any
	if json.Unmarshal(raw["data"], &data) != nil || data["status"] != true || data["message"] != textApproved {
		return false
	}
	details, _ = data["details"].(map[string]any)
	country, _ := details["country_code"].(string)
	local, _ := details["mobile"].(string)
	return country+local == mobile
}

// plain reports an answer that says it is JSON and holds nothing odd: no script, no depth, no crowd, no time of approval,
// which no capture has.
func (a answer) plain() bool {
	var whole any
	if a.header.Get("Content-Type") != "application/json" || json.Unmarshal([]byte(a.body), &whole) != nil {
		return false
	}
	return plainValue(whole, 16)
}

func plainValue(v any, depth int) bool {
	switch v := v.(type) {
	case string:
		text := strings.ToLower(v)
		return !strings.Contains(text, "<script") && !strings.Contains(text, "javascript:")
	case []any:
		return false // no proof has one
	case map[string]any:
		if _, timed := v["approved_at"]; timed || depth == 0 || len(v) > 32 {
			return false
		}
		for _, inner := range v {
			if !plainValue(inner, depth-1) {
				return false
			}
		}
	}
	return true
}

// repeats reports whether a key occurs twice in one object.
func repeats(body string) bool {
	return repeatsIn(json.NewDecoder(strings.NewReader(body)))
}

// repeatsIn reads one value; one that cannot be read is somebody else's to judge.
func repeatsIn(d *json.Decoder) bool {
	token, err := d.Token()
	open, isOpen := token.(json.Delim)
	if err != nil || !isOpen {
		return false
	}
	seen := map[string]bool{}
	for d.More() {
		if open == '{' {
			key, err := d.Token()
			name, _ := key.(string)
			if err != nil || seen[strings.ToLower(name)] {
				return true
			}
			seen[strings.ToLower(name)] = true
		}
		if repeatsIn(d) {
			return true
		}
	}
	_, err = d.Token()
	return err != nil
}
