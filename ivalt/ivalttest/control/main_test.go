package control

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/secret"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	alice = "+919876543210"
	bob   = "+491701234567"

	pathPush, pathPolicy = "/biometric-auth-request", "/biometric-geo-fence-auth-results"

	textApproved = "Biometric Authentication successfully done."
	textDenied   = "Denied - User denied biometric authentication."
)

// rig is a deck behind a real server, with a clock that the test turns.
type rig struct {
	*ivalttest.Cloud

	t      *testing.T
	passed atomic.Int64 // nanoseconds since the test's noon
	url    string
	client *http.Client
}

func newRig(t *testing.T, usual ivalttest.Behaviour) *rig {
	t.Helper()
	r := &rig{t: t}
	noon := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	r.Cloud = ivalttest.New(ivalttest.Options{
		Now:     func() time.Time { return noon.Add(time.Duration(r.passed.Load())) },
		APIKey:  secret.New(testKey),
		Default: ivalttest.Step{Behaviour: usual},
	})
	server := httptest.NewServer(New(r.Cloud, ThisMachine))
	t.Cleanup(server.Close)
	r.url, r.client = server.URL, server.Client()
	return r
}

func (r *rig) pass(d time.Duration) { r.passed.Add(int64(d)) }

const testKey = "rehearsal_key_of_32_characters_0"

// answer is what came over the wire.
type answer struct {
	status int
	header http.Header
	body   string
}

func (r *rig) do(method, path, body string) answer {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), method, r.url+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("X-Api-Key", testKey)
	req.Header.Set("Content-Type", "application/json")
	resp, err := r.client.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return answer{status: resp.StatusCode, header: resp.Header, body: string(b)}
}

// want fails the test unless the status is right and the body holds the text.
func (a answer) want(t *testing.T, status int, text string) {
	t.Helper()
	if a.status != status || !strings.Contains(a.body, text) {
		t.Fatalf("got %d %s\nwant %d with %q", a.status, a.body, status, text)
	}
}

func (r *rig) post(path, body string) answer {
	r.t.Helper()
	return r.do(http.MethodPost, path, body)
}

func (r *rig) get(path string) answer {
	r.t.Helper()
	return r.do(http.MethodGet, path, "")
}

func (r *rig) push(mobile string) answer {
	r.t.Helper()
	return r.post(pathPush, `{"mobile":"`+mobile+`","requestFrom":"VPN office 203.0.113.7 #47"}`)
}

func (r *rig) poll(mobile string) answer {
	r.t.Helper()
	return r.post(pathPolicy, `{"mobile":"`+mobile+`"}`)
}

func (r *rig) state() stateJSON {
	r.t.Helper()
	a := r.get("/control/state")
	a.want(r.t, 200, "")
	var s stateJSON
	if err := json.Unmarshal([]byte(a.body), &s); err != nil {
		r.t.Fatal(err)
	}
	return s
}
