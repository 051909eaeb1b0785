package page_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"ivalt-radius/admin/access"
	"ivalt-radius/admin/page/deed"
	"ivalt-radius/admin/view"
	"ivalt-radius/guard"
	"ivalt-radius/guard/block"
	"ivalt-radius/guard/gate"
	"ivalt-radius/guard/incident"
)

// listsViews are all pages that only show.
func listsViews() []string {
	return []string{"/logins", "/logins/a41", "/people", "/people?user=bob", "/incidents", "/incidents/20260304-k7m3", "/clients"}
}

// TestRolesSeeWhatTheyMayDo: nobody is offered what would be refused.
func TestRolesSeeWhatTheyMayDo(t *testing.T) {
	deeds := map[access.Permission][]string{
		access.Write:     {"/people/block", "/people/unblock", "/people/unlock", "/people/forget", "/people/disconnect", "/ack", "/close"},
		access.Configure: {"/clients/enforce"},
		access.Delete:    {"/clients/forget"},
	}
	for _, role := range []access.Role{access.Viewer, access.Operator, access.Admin} {
		l := newLists(t, role, sample())
		all := ""
		for _, target := range listsViews() {
			all += l.get(target, http.StatusOK)
		}
		for need, paths := range deeds {
			for _, path := range paths {
				if got := strings.Contains(all, path+`"`) || strings.Contains(all, path+`?`); got != role.May(need) {
					t.Errorf("%s is offered %s: %t", role, path, got)
				}
			}
		}
		if got := strings.Contains(all, `method="post"`); got != role.May(access.Write) {
			t.Errorf("%s sees forms: %t", role, got)
		}
	}
}

// TestDeedsNeedTheirPermission: neither asked for nor done by whoever may not.
func TestDeedsNeedTheirPermission(t *testing.T) {
	for _, d := range deed.All() {
		for _, role := range []access.Role{access.NoRole, access.Viewer, access.Operator, access.Admin} {
			if role.May(d.Need) {
				continue
			}
			l := newLists(t, role, sample())
			target := strings.Replace(d.At, "{id}", "20260304-k7m3", 1)
			l.get(target, http.StatusForbidden)
			l.post(target, url.Values{"user": {"bob"}, "client": {"vpn"}, "for": {"24h"}, "reason": {"x"}}, http.StatusForbidden)
			if len(l.desk.asked) != 0 {
				t.Errorf("%s: %s was asked for %s", d.At, d.Path, role)
			}
		}
	}
}

// TestDeedsNeedTheToken: and the form has it.
func TestDeedsNeedTheToken(t *testing.T) {
	for _, d := range deed.All() {
		l := newLists(t, access.Admin, sample())
		target := strings.Replace(d.At, "{id}", "20260304-k7m3", 1)
		l.has(l.get(target, http.StatusOK), `<input type="hidden" name="csrf" value="to&#34;ken&lt;">`)
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, target, strings.NewReader("user=bob&client=vpn&for=24h&reason=x&csrf=guess"))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		l.http.ServeHTTP(w, r)
		if w.Code != http.StatusForbidden || len(l.of(d.Path)) != 0 {
			t.Errorf("%s: status %d, asked %v", d.At, w.Code, l.of(d.Path))
		}
	}
}

// TestHtmxGetsAPart: what stands between the shell, of these pages as well.
func TestHtmxGetsAPart(t *testing.T) {
	l := newLists(t, access.Operator, sample())
	for _, target := range append(listsViews(), "/people/block") {
		body := get(t, l.http, target, "HX-Request").Body.String()
		if strings.Contains(body, "<html") || !strings.Contains(body, "<h1") {
			t.Errorf("%s: %s", target, body)
		}
	}
}

var listsValues = regexp.MustCompile(` value="[^"]*"`)

// evil is a text that would leave its place in HTML, in an attribute, in an address, or in the order of what is read.
const evil = script + breaks + turns + jinja + "javascript:alert(1)//../%2e%2e"

// hostile is a server all of whose texts are evil.
func hostile() map[string]any {
	record, _ := json.Marshal(map[string]string{"user": evil})
	login := view.Login{
		Attempt: evil, Client: evil, NAS: evil, User: evil, CallingStation: evil, Decision: evil, Rule: evil, Factors: []string{evil}, Verdict: evil, Reason: evil, Mobile: evil, Detail: evil,
	}
	rows := []view.Row{{Name: evil, Text: evil}}
	trouble := incident.Incident{
		ID: evil, Rule: guard.Rule(evil), Subject: guard.Subject{User: evil, Client: evil, Station: evil}, Detail: evil, Evidence: []guard.Line{{Record: record}},
		Actions: []incident.Action{{Step: evil, Outcome: incident.Outcome(evil), Detail: evil}}, History: []incident.Change{{What: evil, By: evil, Reason: evil}},
	}
	blocks := []block.Block{{User: evil, Reason: evil, By: evil, Incident: evil}}
	tally := map[string]any{"count": 1}
	return map[string]any{
		view.PathLogins:  view.Logins{Logins: []view.Login{login}, More: 7},
		view.PathStory:   view.Story{Attempt: evil, Login: &login, Steps: []view.Step{{Type: evil, What: evil, Words: evil, Record: record}}},
		view.PathExplain: view.Explanation{Decision: evil, Reason: evil, Rows: rows},
		view.PathPeople: view.People{
			Lockouts: []gate.Lockout{{User: evil, Station: evil}}, Paused: []gate.Pause{{User: evil, Station: evil}}, Blocks: blocks, Remembered: []view.Remembered{{User: evil}},
		},
		view.PathSessions:  view.Sessions{Sessions: []view.Session{{ID: evil, User: evil, Client: evil, NAS: evil, CallingStation: evil, FramedIP: evil, Node: evil, Ends: true}}},
		view.PathIncidents: []incident.Incident{trouble}, view.PathIncident: trouble, view.PathBlocks: blocks,
		view.PathClients: map[string]any{
			"clients": []map[string]any{{
				"name": evil, "networks": []string{evil}, "message_authenticator": evil, "methods": []string{evil}, "first_factor": evil, "profile": evil, "secrets": []map[string]any{{"key": evil}},
				"addresses": []map[string]any{{"address": "fe80::1%" + evil, "state": evil, "enforced_by": []string{evil}, "signed": tally, "unsigned": tally, "advice": evil}},
			}},
			"strangers": []map[string]any{{"address": "fe80::1%" + evil}},
		},
	}
}

// TestHostileTexts: every text of the server, and every one of the address, is a text and nothing else.
func TestHostileTexts(t *testing.T) {
	q := url.QueryEscape(evil)
	targets := append(listsViews(),
		"/logins?user="+q+"&client="+q+"&calling_station="+q, "/logins?since="+q+"&until="+q, "/logins?verdict="+q+"&reason="+q+"&within="+q+"&before="+q, "/logins/"+url.PathEscape(evil)+"?at="+q,
		"/people?user="+q+"&said="+q, "/incidents?severity="+q, "/incidents/"+url.PathEscape(evil), "/people/block?user="+q+"&address="+q+"&for="+q+"&reason="+q+"&csrf="+q,
		"/clients/enforce?client="+q, "/clients/enforce?client="+q+"&address="+q, "/incidents/"+url.PathEscape(evil)+"/close")
	l := newLists(t, access.Admin, hostile())
	for _, target := range targets {
		w := get(t, l.http, target)
		body := listsValues.ReplaceAllString(w.Body.String(), "") // what one typed stays as it was typed
		if w.Code >= http.StatusInternalServerError {
			t.Errorf("%s: %d", target, w.Code)
		}
		l.sound(w.Body.String())
		for _, bad := range []string{"<script>alert", "<img", `"javascript:`, "\u202e", "\u2066", "to\"ken", "href=\"//", `href="."`, l.who.CSRF} {
			if strings.Contains(body, bad) {
				t.Errorf("%s has %q:\n%s", target, bad, listsMain(body))
			}
		}
	}
	for _, d := range deed.All() {
		l.desk.set(d.Path, view.Refusal{Kind: view.Invalid, Words: evil})
		body, _ := l.post(strings.Replace(d.At, "{id}", url.PathEscape(evil), 1), url.Values{"user": {"u"}, "client": {evil}, "address": {}, "for": {"24h"}, "reason": {"x"}}, http.StatusBadRequest)
		l.lacks(listsValues.ReplaceAllString(body, ""), "<script>alert", "<img", "\u202e")
	}
}
