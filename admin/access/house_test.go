package access

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sirupsen/logrus"
	"go.uber.org/goleak"

	"ivalt-radius/audit"
	"ivalt-radius/secret"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// trail remembers what is recorded.
type trail struct {
	mu     sync.Mutex
	events []audit.Event
	full   bool // nothing is durable
}

var errFull = errors.New("no space left")

func (t *trail) Note(e audit.Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.events = append(t.events, e)
}

func (t *trail) Commit(_ context.Context, e audit.Event) error {
	if t.full {
		return errFull
	}
	t.Note(e)
	return nil
}

// lines are the fields of all that was recorded, and are forgotten then.
func (t *trail) lines() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var lines []string
	for _, e := range t.events {
		lines = append(lines, string(e.AppendFields(nil)))
	}
	t.events = nil
	return lines
}

// house is a window with its door, in virtual time.
type house struct {
	*Keeper

	t       testing.TB
	trail   *trail
	mux     *http.ServeMux
	checked []string // hashes that passwords were checked against
	during  func()   // while one is checked
	busy    bool
	mu      sync.Mutex
}

const (
	alice, bob, eve = "192.0.2.1:1000", "192.0.2.2:1000", "203.0.113.9:1000"

	rightOf = "right of "
	hashOf  = "hash of "
)

// settings have a person and a token of each role; the password of alice is "right of alice".
func settings(tb testing.TB) (s Settings, tokens map[Role]string) {
	tb.Helper()
	s = Settings{Idle: time.Hour, Absolute: 12 * time.Hour}
	tokens = map[Role]string{}
	for name, r := range map[string]Role{"vera": Viewer, "olga": Operator, "alice": Admin} {
		s.Accounts = append(s.Accounts, Account{Name: name, Role: r, Password: secret.New(hashOf + rightOf + name)})
		token, digest := DrawToken()
		tokens[r] = token.Reveal()
		s.Tokens = append(s.Tokens, Token{Name: "t-" + r.String(), Role: r, Digest: digest, Expires: time.Now().Add(24 * time.Hour)})
	}
	return s, tokens
}

func newHouse(tb testing.TB, s Settings) *house {
	tb.Helper()
	h := &house{t: tb, trail: &trail{}, mux: http.NewServeMux()}
	log := logrus.New()
	log.SetOutput(io.Discard)
	h.Keeper = New(s, Deps{Verify: h.verifyPassword, Recorder: h.trail, Now: time.Now, Log: log})
	h.Handle(h.mux)
	ok := func(w http.ResponseWriter, _ *http.Request, who Principal) { _, _ = io.WriteString(w, who.Actor()) } //nolint:gosec // G705: nobody shows it
	for _, p := range append(Permissions(), Nothing) {
		h.mux.Handle("/api/"+p.String(), h.API(p, ok))
		h.mux.Handle("/page/"+p.String(), h.Page(p, ok))
	}
	tb.Cleanup(h.Close)
	return h
}

func (h *house) verifyPassword(ctx context.Context, hash, password secret.Secret) (bool, error) {
	h.mu.Lock()
	h.checked = append(h.checked, hash.Reveal())
	h.mu.Unlock()
	if h.busy {
		return false, errFull
	}
	if h.during != nil {
		h.during()
	}
	return hash.Reveal() == hashOf+password.Reveal(), ctx.Err()
}

// ask is one request; header has names and values by turns.
func (h *house) ask(method, target, from, body string, header ...string) answer {
	h.t.Helper()
	r := httptest.NewRequestWithContext(context.Background(), method, target, strings.NewReader(body))
	r.RemoteAddr = from
	for pair := range slices.Chunk(header, 2) {
		r.Header.Add(pair[0], pair[1])
	}
	w := httptest.NewRecorder()
	h.mux.ServeHTTP(w, r)
	return answer{StatusCode: w.Code, Header: w.Header(), Body: w.Body.String()}
}

// answer is what came back.
type answer struct {
	StatusCode int
	Header     http.Header
	Body       string
}

// Cookies are those that it sets.
func (a answer) Cookies() []*http.Cookie { return (&http.Response{Header: a.Header}).Cookies() }

// try tries to sign in.
func (h *house) try(name, password, from string, header ...string) answer {
	h.t.Helper()
	form := url.Values{"name": {name}, "password": {password}}.Encode()
	return h.ask(http.MethodPost, SignInPath, from, form, append([]string{"Content-Type", formType}, header...)...)
}

// in signs somebody in, and is the header of the cookie.
func (h *house) in(name, from string) []string {
	h.t.Helper()
	r := h.try(name, rightOf+name, from)
	if r.StatusCode != http.StatusSeeOther || len(r.Cookies()) != 1 {
		h.t.Fatalf("%s cannot sign in: %d %s", name, r.StatusCode, r.Body)
	}
	return []string{"Cookie", cookieName + "=" + r.Cookies()[0].Value}
}

// csrfOf is the CSRF token of a session.
func (h *house) csrfOf(cookie []string) string {
	r := &http.Request{Header: http.Header{"Cookie": {cookie[1]}}}
	if s := h.session(r, watching); s != nil {
		return s.csrf
	}
	return ""
}

// want checks a status.
func (h *house) want(status int, r answer) {
	h.t.Helper()
	if r.StatusCode != status {
		h.t.Errorf("%d, want %d: %s", r.StatusCode, status, r.Body)
	}
}

// wantLine checks that the only line of the trail has all these texts.
func (h *house) wantLine(parts ...string) {
	h.t.Helper()
	lines := h.trail.lines()
	if len(lines) != 1 {
		h.t.Errorf("%d lines: %q", len(lines), lines)
		return
	}
	for _, p := range parts {
		if !strings.Contains(lines[0], p) {
			h.t.Errorf("no %s in %s", p, lines[0])
		}
	}
}

// bubble runs a test in virtual time.
func bubble(t *testing.T, test func(h *house)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s, _ := settings(t)
		test(newHouse(t, s))
		synctest.Wait()
	})
}

// pass lets virtual time pass.
func pass(d time.Duration) {
	time.Sleep(d) //nolint:forbidigo // in a bubble
	synctest.Wait()
}
