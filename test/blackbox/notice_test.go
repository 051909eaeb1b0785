package blackbox_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"ivalt-radius/test/blackbox"
)

const signing = "hK4mQ9tW2xZ7bN5cV8dF3gJ6"

// notice is one of a webhook's message.
type notice struct {
	ID, Incident, Rule, Severity, Subject, Summary, Do, Runbook string

	Count int
	Time  time.Time
	Steps []string
}

// hook is a webhook's other side. It takes what is signed alone.
type hook struct {
	*httptest.Server

	mu      sync.Mutex
	down    bool
	asked   int
	forged  []string // what is wrong with messages
	notices []notice
}

func newHook(t *testing.T) *hook {
	t.Helper()
	r := &hook{}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

// ServeHTTP implements http.Handler.
func (r *hook) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked++
	if r.down {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	body, err := io.ReadAll(request.Body)
	at := request.Header.Get("X-IVALT-RADIUS-Timestamp")
	mac := hmac.New(sha256.New, []byte(signing))
	mac.Write([]byte(at + "." + string(body)))
	if want := "sha256=" + hex.EncodeToString(mac.Sum(nil)); err != nil || request.Header.Get("X-IVALT-RADIUS-Signature") != want {
		r.forged = append(r.forged, "not signed: "+string(body))
	}
	seconds, err := strconv.ParseInt(at, 10, 64)
	if age := time.Since(time.Unix(seconds, 0)); err != nil || age < -time.Minute || age > time.Minute {
		r.forged = append(r.forged, "of another time: "+at)
	}
	var message struct {
		Version int
		Notices []notice
	}
	if err := json.Unmarshal(body, &message); err != nil || message.Version != 1 || request.Header.Get("X-IVALT-RADIUS-ID") == "" {
		r.forged = append(r.forged, "no message: "+string(body))
	}
	r.notices = append(r.notices, message.Notices...)
}

// fails makes it answer 503, or take messages again.
func (r *hook) fails(down bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.down, r.asked = down, 0
}

func (r *hook) wasAsked() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.asked > 0
}

// settings are those of a receiver, below guard.
func (r *hook) settings() string {
	return "notify: [{name: hook, kind: webhook, url: " + r.URL + ", signing_secret: " + signing + ", digest: 0s}]"
}

// of waits for the notice of an incident's severity, and gives it. All messages must be signed.
func (r *hook) of(t *testing.T, id, severity string) (found notice) {
	t.Helper()
	blackbox.Eventually(t, "the notice of "+id+", "+severity, func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		i := slices.IndexFunc(r.notices, func(n notice) bool { return n.Incident == id && n.Severity == severity })
		if i >= 0 {
			found = r.notices[i]
		}
		return i >= 0
	})
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, wrong := range r.forged {
		t.Error(wrong)
	}
	return found
}

// many takes the notices of an incident and severity together.
func (r *hook) many(id, severity string) (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, notice := range r.notices {
		if notice.Incident == id && notice.Severity == severity {
			n++
		}
	}
	return n
}

// TestANoticeOutlivesAKill: it waits on disk while its receiver takes nothing, and comes after the restart, signed and once.
func TestANoticeOutlivesAKill(t *testing.T) {
	t.Parallel()
	admins := newHook(t)
	admins.fails(true)
	site := guarded(t, attacked+"respond: {medium: [notify, block], dry_run: false}\n"+admins.settings(), "svc-bob")
	site.Start(t)
	guesses(t, site, "svc-bob", elsewhere, 3)
	found := awaitIncident(t, site, "brute_force", func(i incidentFile) bool { return i.Subject.Address == elsewhere && i.step("notify") != nil })
	blackbox.Eventually(t, "a try to deliver", admins.wasAsked)
	site.Server.AwaitLines(t, "notices do not reach a receiver", 1)
	site.Server.Kill()
	admins.fails(false)
	site.Start(t)
	told := admins.of(t, found.ID, "medium")
	if told.Rule != "brute_force" || told.Subject != "address "+elsewhere || told.Count != 3 || told.Do == "" || told.ID == "" ||
		!strings.HasPrefix(told.Runbook, "docs/operations.md#brute_force") || len(told.Steps) != 1 || !strings.HasPrefix(told.Steps[0], "block done") {
		t.Errorf("told %+v", told)
	}
	if text := told.Summary; !strings.Contains(text, "address "+elsewhere+": 3 wrong passwords") || strings.Contains(text, password) {
		t.Errorf("the summary is %q", text)
	}
	rejected(t, comes(t, site, "svc-bob", password, elsewhere), "Access denied.")
	ended(t, site, "svc-bob", 4, "blocked", "")
	again := awaitIncident(t, site, "brute_force", func(i incidentFile) bool { return i.ID == found.ID })
	if again.Count != 3 || len(again.Evidence) != 3 || len(blocks(t, site)) != 1 {
		t.Errorf("after the kill: %+v, blocked %v", again, blocks(t, site))
	}
	does(t, site, []string{"incidents", "close", found.ID, "--reason", "over"}, "closed")
	guesses(t, site, "svc-bob", station, 3)
	second := awaitIncident(t, site, "brute_force", func(i incidentFile) bool { return i.Subject.Address == station })
	admins.of(t, second.ID, "medium")
	if n := admins.many(found.ID, "medium"); n != 1 {
		t.Errorf("told %d times", n)
	}
}
