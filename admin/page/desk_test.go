package page_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"ivalt-radius/admin/access"
	"ivalt-radius/admin/page"
	"ivalt-radius/admin/view"
)

// Texts of whoever is up to no good.
const (
	script = `<script>alert("1")</script>`
	breaks = `"><img src=x onerror=alert(1)>'` + "\r\nevent: x\r\n\r\n"
	turns  = "al\u202eice\u2066"
	jinja  = "{{.Who.CSRF}}"
)

// moment is when all tests happen.
func moment() time.Time { return time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC) }

// desk answers what the window asks.
type desk struct {
	mu      sync.Mutex
	answers map[string]any // by path; an error is given back as one
	asked   []asked
}

type asked struct{ actor, path, in string }

// Ask implements view.Desk, over JSON as the real one does.
func (d *desk) Ask(_ context.Context, actor, path string, in, out any) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	question, err := json.Marshal(in)
	if err != nil {
		return err
	}
	d.asked = append(d.asked, asked{actor, path, string(question)})
	switch answer := d.answers[path].(type) {
	case nil:
		return view.Refusal{Kind: view.Missing, Words: "nobody knows " + path}
	case error:
		return answer
	default:
		text, err := json.Marshal(answer)
		if err != nil {
			return err
		}
		return json.Unmarshal(text, out)
	}
}

func (d *desk) last(path string) asked {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := len(d.asked) - 1; i >= 0; i-- {
		if d.asked[i].path == path {
			return d.asked[i]
		}
	}
	return asked{}
}

func (d *desk) set(path string, answer any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.answers[path] = answer
}

// door lets one person in, as far as they may.
type door struct{ who access.Principal }

func (d door) API(need access.Permission, next access.Handler) http.Handler {
	return d.Page(need, next)
}

func (d door) Page(need access.Permission, next access.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !d.who.May(need) || r.Method == http.MethodPost && r.PostFormValue("csrf") != d.who.CSRF {
			http.Error(w, "no", http.StatusForbidden)
			return
		}
		next(w, r, d.who)
	})
}

func person(role access.Role) access.Principal {
	return access.Principal{Name: "kim" + script, Role: role, Address: netip.MustParseAddr("192.0.2.7"), CSRF: `to"ken<`}
}

// window is the pages over a desk, for one person.
func window(t *testing.T, d *desk, who access.Principal) http.Handler {
	t.Helper()
	pages := page.New(deps(d, who))
	t.Cleanup(pages.Close)
	mux := http.NewServeMux()
	pages.Handle(mux)
	return mux
}

func deps(d *desk, who access.Principal) page.Deps {
	return page.Deps{
		Desk: d, Door: door{who}, Now: moment,
		Sessions: func(by access.Principal) []page.Session {
			return []page.Session{
				{Handle: "h1", Account: by.Name, Role: by.Role, Address: "192.0.2.7", Began: moment().Add(-time.Hour), Used: moment(), Ends: moment().Add(11 * time.Hour), This: true},
				{Handle: breaks, Account: script, Role: access.Viewer, Address: "2001:db8::1", Began: moment().Add(-3 * time.Hour), Used: moment().Add(-time.Minute), Ends: moment().Add(9 * time.Hour)},
			}
		},
		End: func(handle string, _ access.Principal) error {
			if handle != "h1" {
				return view.Refusal{Kind: view.Missing, Words: "there is no session " + handle}
			}
			return nil
		},
	}
}

// rich is a desk with much to tell, all of it hostile.
func rich() *desk {
	return &desk{answers: map[string]any{
		view.PathNow: busy(), view.PathSettings: set(), view.PathClients: map[string]any{"clients": []map[string]any{{"name": "vpn-berlin"}, {"name": breaks}}},
		view.PathReload:    view.Reloaded{Taken: true, Digest: "d2", Changes: set().Pending},
		view.PathRehearse:  rehearsed(),
		view.PathRehearsed: rehearsed(),
	}}
}

func busy() view.Now {
	now := view.Now{
		At: moment(), Node: turns, Version: script, Started: moment().Add(-50 * time.Hour), Digest: "4f1d3c5b7a9e", Draining: true, Waiting: 205, MaxAttempts: 300, OldestMS: 48_700,
		Budget:   view.Budget{Windows: []view.Window{{Per: "second", Limit: 20, Left: 14}, {Per: "minute", Limit: 600, Left: 130}, {Per: "hour", Limit: 9000, Left: 400}}, Held: moment().Add(20 * time.Second), Shared: true, Alone: true},
		IVALT:    view.Upstream{Open: []string{"/notification"}, Since: moment().Add(-9 * time.Minute), Why: breaks},
		Approval: view.Histogram{BoundsMS: []int64{1000, 2500, 5000, 10000, 20000, 30000, 60000}, Counts: []uint64{2, 41, 380, 610, 190, 44, 9, 1}, Sum: 9_100_000},
		Totals:   view.Totals{Accepted: 18_204, Rejected: 911, Challenged: 12, Pushes: 19_002, Polls: 61_000, Joined: 40, Duplicates: 77},
		Alerts: []view.Alert{
			{ID: "inc-1", Rule: "push_flood", Severity: "critical", State: "open", Subject: script, Count: 12, Last: moment().Add(-time.Minute)},
			{ID: breaks, Rule: "password_spray", Severity: "medium", State: "acknowledged", Subject: "203.0.113.9", Count: 2000, Last: moment().Add(-3 * time.Hour)},
		},
		Checks: []view.Check{{Name: "sockets", OK: true, Note: "2 sockets listen"}, {Name: "ivalt", OK: false, Note: breaks}, {Name: "trail", OK: true, Note: "the last record was written 2 s ago"}, {Name: "disk", OK: true, Note: "41 GB free"}},
	}
	stages := []view.Stage{view.StageRinging, view.StagePushing, view.StageQueued, view.StageLookup, view.StageAnswering, view.StageElsewhere}
	users := []string{"alice", script, turns, strings.Repeat("n", 253), breaks, jinja}
	for i, stage := range stages {
		now.InFlight = append(now.InFlight, view.InFlight{
			Attempt: fmt.Sprintf("a%d", i), Client: "vpn-berlin", User: users[i], CallingStation: "198.51.100." + fmt.Sprint(i), Stage: stage,
			Since: moment().Add(-time.Duration(48-7*i) * time.Second), LeftMS: int64(9_000 + 7_000*i), Exchanges: i, Polls: i * 3,
		})
		verdict := []string{"accept", "reject", "challenge"}[i%3]
		now.Recent = append(now.Recent, view.Login{
			Seq: uint64(i), Time: moment().Add(-time.Duration(i*37) * time.Second), Attempt: fmt.Sprintf("b%d", i), Client: "vpn-berlin", User: users[i], CallingStation: "2001:db8::" + fmt.Sprint(i),
			Verdict: verdict, Reason: "push_timeout", DurationMS: int64(800 + 9000*i), Mobile: "*********37",
		})
	}
	for i := range view.Minutes {
		now.Minutes = append(now.Minutes, view.Minute{At: moment().Truncate(time.Minute).Add(time.Duration(i-59) * time.Minute), Accepted: (i * 7) % 23, Rejected: (i * 3) % 5, Challenged: i % 3, Pushes: i})
	}
	return now
}

func set() view.Settings {
	changes := []view.Change{{Key: "ivalt.poll", Before: "2s", After: script}, {Key: "listen.admin", Before: "127.0.0.1:8443", After: "[::]:8443", Restart: true}}
	return view.Settings{
		Digest: "4f1d3c5b7a9e4f1d3c5b7a9e", File: "/etc/ivalt-radius/" + script, Since: moment().Add(-time.Hour), Started: moment().Add(-50 * time.Hour),
		Entries: []view.Entry{
			{Key: "listen.authentication", Value: "[0.0.0.0:1812]", Default: true, Origin: "default", Meaning: "where gateways ask"},
			{Key: "listen.admin", Value: "127.0.0.1:8443", Default: false, Origin: "file", Meaning: "the operator's window"},
			{Key: "clients[0].name", Value: breaks, Default: false, Origin: "file", Meaning: "what the client is called"},
			{Key: "clients[0].secrets", Value: "(redacted)", Default: false, Origin: "environment", Meaning: "shared with the gateway"},
			{Key: "ivalt.api_key", Value: "(redacted)", Default: false, Origin: "file", Meaning: "of the account at iVALT"},
			{Key: "ivalt.poll", Value: "", Default: true, Origin: "default", Meaning: script},
		},
		Changes: changes[:1], Pending: changes,
		Faults: []view.Fault{{Key: "policy.rules[0]", File: "main.yaml", Line: 12, Message: breaks}, {Key: "ivalt.url", Message: "it is no https", Warning: true}},
	}
}

func rehearsed() view.Rehearsed {
	return view.Rehearsed{
		ID: "r1", Cloud: view.Configured, User: script, Client: turns, Begun: moment().Add(-4 * time.Second), Over: true, Verdict: "reject", Reason: "geofence",
		Reply: []view.Row{{Name: "Reply-Message", Text: breaks}},
		Steps: []view.RehearsalStep{{AfterMS: 12, Name: "packet", Text: "Access-Request of 92 octets", OK: true}, {AfterMS: 130, Name: "push", Text: "the phone rings", OK: true}, {AfterMS: 4100, Name: "answer", Text: script, OK: false}},
	}
}

// get asks for a page; hx names a header that htmx would send.
func get(t *testing.T, h http.Handler, path string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
	for _, name := range header {
		r.Header.Set(name, "true")
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// post sends a form, with the session's token.
func post(t *testing.T, h http.Handler, path string, who access.Principal, form url.Values) *httptest.ResponseRecorder {
	t.Helper()
	form.Set("csrf", who.CSRF)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}
