package blackbox

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// DefaultAdmin is for Settings.Admin: the settings do not name listen.admin.
const DefaultAdmin = "default"

// admin is the line of listen.admin.
func (s *Site) admin() string {
	if s.Settings.Admin == DefaultAdmin {
		return ""
	}
	return fmt.Sprintf("admin: %q", s.Settings.Admin)
}

// OpenWindow has the operator's window listen at the Site's own address, with an account for each role, named as the role is, whose password
// is that of Hashed. more are further keys below `admin:`, each on lines of its own.
func (s *Site) OpenWindow(more string) {
	s.Settings.Admin = s.Address + ":8814"
	s.Settings.More += "\nadmin:\n" + more + "  accounts:\n"
	for _, role := range []string{"viewer", "operator", "admin"} {
		s.Settings.More += fmt.Sprintf("    - {name: %s, role: %s, password_hash: %q}\n", role, role, Hashed)
	}
}

// StartCloud has iVALT back where it was before StopCloud.
func (s *Site) StartCloud(t *testing.T) {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", strings.TrimPrefix(s.CloudURL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	s.cloud = httptest.NewUnstartedServer(http.Handler(s.Cloud))
	_ = s.cloud.Listener.Close()
	s.cloud.Listener = listener
	s.cloud.Start()
	t.Cleanup(s.cloud.Close)
}

// Visitor is somebody at the operator's window. Redirections are not followed. It may be used by several goroutines once it is signed in.
type Visitor struct {
	Base  string // http://HOST:PORT
	Token string // shown as a machine does; empty: none

	cookie, csrf string
}

// shown is where a page tells its own scripts the CSRF token.
const shown = `X-CSRF-Token&#34;:&#34;`

// Visitor is somebody whom the Site's window does not know.
func (s *Site) Visitor() *Visitor { return &Visitor{Base: "http://" + s.Settings.Admin} }

// Answer is what came back.
type Answer struct {
	Status int
	Header http.Header
	Body   string
}

// JSON reads the answer, whose status must be 200.
func (a Answer) JSON(t *testing.T, to any) {
	t.Helper()
	if a.Status != http.StatusOK {
		t.Fatalf("status %d: %s", a.Status, a.Body)
	}
	if err := json.Unmarshal([]byte(a.Body), to); err != nil {
		t.Fatalf("%v in %s", err, a.Body)
	}
}

// Get asks for a path.
func (v *Visitor) Get(t *testing.T, path string) Answer {
	t.Helper()
	return v.ask(t, http.MethodGet, path, "", "")
}

// Post sends a document to the API.
func (v *Visitor) Post(t *testing.T, path, document string) Answer {
	t.Helper()
	return v.ask(t, http.MethodPost, path, "application/json", document)
}

// SignIn is done by the page's form. It must succeed.
func (v *Visitor) SignIn(t *testing.T, name, password string) {
	t.Helper()
	form := url.Values{"name": {name}, "password": {password}}.Encode()
	a := v.ask(t, http.MethodPost, "/signin", "application/x-www-form-urlencoded", form)
	v.cookie, _, _ = strings.Cut(a.Header.Get("Set-Cookie"), ";")
	if a.Status != http.StatusSeeOther || v.cookie == "" {
		t.Fatalf("signing in: status %d: %s", a.Status, a.Body)
	}
	_, rest, _ := strings.Cut(v.Get(t, "/account").Body, shown)
	if v.csrf, _, _ = strings.Cut(rest, "&"); v.csrf == "" {
		t.Fatal("the page has no CSRF token")
	}
}

func (v *Visitor) ask(t *testing.T, method, path, kind, body string) Answer {
	t.Helper()
	a, err := v.try(t.Context(), method, path, kind, body)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	return a
}

// Try asks for a path of a window that may not be there.
func (v *Visitor) Try(t *testing.T, path string) (Answer, error) {
	t.Helper()
	return v.try(t.Context(), http.MethodGet, path, "", "")
}

func (v *Visitor) try(ctx context.Context, method, path, kind, body string) (Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	resp, err := v.send(ctx, method, path, kind, body)
	if err != nil {
		return Answer{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return Answer{}, fmt.Errorf("reading the window's answer: %w", err)
	}
	return Answer{Status: resp.StatusCode, Header: resp.Header, Body: string(text)}, nil
}

func (v *Visitor) send(ctx context.Context, method, path, kind, body string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, method, v.Base+path, strings.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("asking the window: %w", err)
	}
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	if v.Token != "" {
		r.Header.Set("Authorization", "Bearer "+v.Token)
	}
	if v.cookie != "" {
		r.Header.Set("Cookie", v.cookie)
	}
	if v.csrf != "" {
		r.Header.Set("X-CSRF-Token", v.csrf)
	}
	alone := &http.Transport{DisableKeepAlives: true, DisableCompression: true}
	resp, err := alone.RoundTrip(r)
	if err != nil {
		return nil, fmt.Errorf("asking the window: %w", err)
	}
	return resp, nil
}

// First is the first event of a stream, and those that came with it.
func (v *Visitor) First(t *testing.T, path string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), Patience)
	defer cancel()
	resp, err := v.send(ctx, http.MethodGet, path, "", "")
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	defer func() { _ = resp.Body.Close() }()
	var text strings.Builder
	for lines := bufio.NewScanner(io.LimitReader(resp.Body, 1<<20)); lines.Scan(); {
		_, _ = fmt.Fprintln(&text, lines.Text())
		if lines.Text() == "" && strings.Contains(text.String(), "data:") {
			return text.String()
		}
	}
	t.Fatalf("%s: status %d, and no event: %s", path, resp.StatusCode, text.String())
	return ""
}

// Series are the figures of a scrape, by the series as it is written: name{label="value",…}.
func (a Answer) Series(t *testing.T) map[string]float64 {
	t.Helper()
	if a.Status != http.StatusOK {
		t.Fatalf("status %d: %s", a.Status, a.Body)
	}
	all := map[string]float64{}
	for line := range strings.Lines(a.Body) {
		line = strings.TrimSpace(line)
		at := strings.LastIndexByte(line, ' ')
		if at < 0 || strings.HasPrefix(line, "#") {
			continue
		}
		var figure float64
		if _, err := fmt.Sscan(line[at+1:], &figure); err != nil {
			t.Fatalf("no figure in %q", line)
		}
		all[line[:at]] = figure
	}
	return all
}

// Cookie is the session that somebody has who is signed in: name=value.
func (v *Visitor) Cookie() string { return v.cookie }
