package page_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"ivalt-radius/admin/access"
	"ivalt-radius/admin/view"
	"ivalt-radius/guard"
	"ivalt-radius/guard/incident"
)

func TestIncidentsAreListed(t *testing.T) {
	l := newLists(t, access.Viewer, sample())
	body := l.get("/incidents", http.StatusOK)
	l.has(body, `<a href="/incidents/20260304-k7m3">brute force</a>`, "address 198.51.100.9", `badge-bad">high`, "user carla", `badge-bad">critical`, "2 incidents")
	if strings.Index(body, "k7m3") > strings.Index(body, "aaaa") {
		t.Error("what nobody looks after stands behind")
	}
	for query, want := range map[string]string{
		"": `{"all":false,"severity":"low"}`, "?all=yes&severity=high": `{"all":true,"severity":"high"}`, "?severity=terrible&all=1": `{"all":false,"severity":"low"}`,
	} {
		l.get("/incidents"+query, http.StatusOK)
		if got := l.desk.last(view.PathIncidents); got.in != want || got.actor != l.who.Actor() {
			t.Errorf("%s: asked %+v", query, got)
		}
	}
	l.desk.set(view.PathIncidents, []incident.Incident{})
	l.has(l.get("/incidents", http.StatusOK), "Nothing is open.", `href="/incidents?all=yes"`)
	l.has(l.get("/incidents?all=yes", http.StatusOK), "There is no incident of this kind.")
	l.desk.set(view.PathIncidents, view.Refusal{Kind: view.Unavailable, Words: "no evidence"})
	l.lacks(l.get("/incidents", http.StatusServiceUnavailable), "Nothing is open.")
	var many []incident.Incident
	for i := range 230 {
		many = append(many, incident.Incident{ID: fmt.Sprintf("20260304-%04d", i), Rule: guard.BruteForce, Last: moment()})
	}
	l.desk.set(view.PathIncidents, many)
	l.has(l.get("/incidents", http.StatusOK), "200 incidents", "30 incidents more are not shown")
}

func TestOneIncident(t *testing.T) {
	l := newLists(t, access.Operator, sample())
	body := l.get("/incidents/20260304-k7m3", http.StatusOK)
	l.has(body, "<h1>brute force</h1>", "12 wrong passwords from one address", "Ask the person. Is it a forgotten device", "<code>audit tail --user NAME</code>", "to operations",
		`badge-good">done`, `badge-info">dry run`, "escalated", "by automatic: high", "&#34;reason&#34;: &#34;bad_password&#34;", "4 records between", "<summary>1 record of the trail</summary>",
		"198.51.100.0/24", "They stay when the incident is closed", `href="/people/unblock?address=198.51.100.0%2F24"`, `action="/incidents/20260304-k7m3/ack"`, `action="/incidents/20260304-k7m3/close"`,
		`href="/people/block?address=198.51.100.9"`, `href="/logins?calling_station=198.51.100.9"`)
	l.lacks(body, "203.0.113.9", "stolen phone") // blocks of others
	if got := l.desk.last(view.PathIncident); got.in != `{"id":"20260304-k7m3"}` || got.actor != l.who.Actor() {
		t.Errorf("asked %+v", got)
	}
	i := sampleIncident()
	i.State, i.Rule, i.Subject, i.Evidence, i.LeftOut = incident.Closed, "new_rule", guard.Subject{User: "bob"}, nil, 0
	l.desk.set(view.PathIncident, i)
	l.desk.set(view.PathBlocks, view.Refusal{Words: "no blocks today"})
	body = l.get("/incidents/20260304-k7m3", http.StatusOK)
	l.has(body, "This version has no advice for the rule new_rule.", "no blocks today", "No record is kept with it", `href="/people?user=bob"`)
	l.lacks(body, "<form")
	i.State = incident.Acknowledged
	l.desk.set(view.PathIncident, i)
	l.desk.set(view.PathBlocks, []any{})
	body = l.get("/incidents/20260304-k7m3", http.StatusOK)
	l.has(body, "Nobody is blocked because of it.", "/close")
	l.lacks(body, "/ack")
	l.desk.set(view.PathIncident, view.Refusal{Kind: view.Missing, Words: "there is no such incident"})
	l.has(l.get("/incidents/nope", http.StatusNotFound), "there is no such incident", "This incident cannot be shown.")
}

func TestDeedsOfIncidents(t *testing.T) {
	for at, path := range map[string]string{"ack": view.PathAck, "close": view.PathClose} {
		answers := sample()
		answers[path] = map[string]any{"blocks": []any{}}
		l := newLists(t, access.Operator, answers)
		target := "/incidents/20260304-k7m3/" + at
		l.has(l.get(target, http.StatusOK), `<strong>20260304-k7m3</strong>`, `action="`+target+`"`)
		_, then := l.post(target, url.Values{"reason": {"I look"}, "id": {"another"}}, http.StatusSeeOther)
		if got := l.desk.last(path); got.in != `{"id":"20260304-k7m3","reason":"I look"}` || got.actor != l.who.Actor() {
			t.Errorf("asked %+v", got)
		}
		if !strings.HasPrefix(then, "/incidents/20260304-k7m3?said=") {
			t.Errorf("then %s", then)
		}
		l.has(l.get(then, http.StatusOK), `class="said" role="status"`)
		n := len(l.of(path))
		body, _ := l.post(target, url.Values{}, http.StatusBadRequest)
		l.has(body, "Reason: say why")
		if len(l.of(path)) != n {
			t.Error("asked without a reason")
		}
	}
}

func TestClientsAreShown(t *testing.T) {
	l := newLists(t, access.Admin, sample())
	body := l.get("/clients", http.StatusOK)
	l.has(body, "vpn-berlin", "192.0.2.0/28", "openvpn", "25.0 s (its profile: 30.0 s)", "pap, mschapv2; first factor: ldap", "694 days old", "old: change it", "age not known yet",
		`badge-good">ready`, "all of its latest requests were signed: enforce it now", "12,345 signed, 0 unsigned", "2 with a bad signature", "gives up after 10.0 s", "learned from 12 logins",
		"asks again every 5.0 s", "12 of 100 approvals late (12 %)", "gives up after 10 s, 12 % of approvals come later", "900 accepted, 41 rejected, 3 questions, 1 without an answer", "2 logins in flight",
		`badge-warn">observe`, "7 signed, 31 unsigned", "not learned yet", `badge-good">enforced`, "learned, by hand", "5 refused as unsigned",
		`href="/clients/enforce?address=192.0.2.1&amp;client=vpn-berlin"`, `href="/clients/forget?address=192.0.2.3&amp;client=vpn-berlin"`, `href="/clients/forget?client=wifi"`,
		"enforced by hand for every address", "Nothing has come from it yet.", "Unknown senders", "203.0.113.77", "1,432")
	l.lacks(body, `href="/clients/enforce?address=192.0.2.3`, `href="/clients/forget?address=192.0.2.1`)
	l.desk.set(view.PathClients, map[string]any{})
	l.has(l.get("/clients", http.StatusOK), "There are no clients.", "Nobody unknown has asked.")
	l.desk.set(view.PathClients, view.Refusal{Words: "broken"})
	l.lacks(l.get("/clients", http.StatusInternalServerError), "There are no clients.", "Nobody unknown has asked.")
}

// TestEnforce: force is offered where requests of now would be refused, and never before.
func TestEnforce(t *testing.T) {
	const of = "/clients/enforce?client=vpn-berlin&address="
	answers := sample()
	answers[view.PathEnforce] = map[string]any{"said": []string{"done"}}
	l := newLists(t, access.Admin, answers)
	body := l.get(of+"192.0.2.1", http.StatusOK)
	l.has(body, "192.0.2.1: 12,345 with Message-Authenticator in a row (ready)", "is dropped from now on")
	l.lacks(body, `name="force"`)
	l.has(l.get(of+"192.0.2.2", http.StatusOK), "0 with Message-Authenticator in a row; 31 came without it, the last at 2026-03-04 04:05:00 UTC (not ready)", `name="force"`, "Nobody can log in over a gateway that does not send")
	l.has(l.get("/clients/enforce?client=vpn-berlin", http.StatusOK), "every address of the client", "(ready)", "(not ready)", "(enforced already)", `name="force"`)
	l.has(l.get("/clients/enforce?client=wifi", http.StatusOK), "No request was seen", `name="force"`)
	l.lacks(l.get("/clients/enforce?client=nobody", http.StatusOK), `name="force"`)

	blind := l.who
	blind.Machine, blind.Scopes = true, []access.Permission{access.Configure}
	asked := len(l.desk.asked)
	if body := get(t, window(t, l.desk, blind), of+"192.0.2.1").Body.String(); strings.Contains(body, "in a row") || !strings.Contains(body, `name="force"`) || len(l.desk.asked) != asked {
		t.Errorf("who may not look sees facts: %s", body)
	}
	_, then := l.post("/clients/enforce", url.Values{"client": {"vpn-berlin"}, "address": {"192.0.2.1"}, "reason": {"ready"}}, http.StatusSeeOther)
	if got := l.desk.last(view.PathEnforce); got.in != `{"client":"vpn-berlin","address":"192.0.2.1","reason":"ready"}` || got.actor != l.who.Actor() || then != "/clients?said=enforced" {
		t.Errorf("asked %+v, then %s", got, then)
	}
	l.post("/clients/enforce", url.Values{"client": {"vpn-berlin"}, "force": {"yes"}, "reason": {"so be it"}}, http.StatusSeeOther)
	if got := l.desk.last(view.PathEnforce).in; got != `{"client":"vpn-berlin","reason":"so be it","force":true}` {
		t.Errorf("asked %s", got)
	}
	l.desk.set(view.PathEnforce, view.Refusal{Kind: view.Invalid, Words: "vpn-berlin 192.0.2.2 is not ready\nnothing was enforced"})
	body, _ = l.post("/clients/enforce", url.Values{"client": {"vpn-berlin"}, "address": {"192.0.2.2"}, "reason": {"now"}}, http.StatusBadRequest)
	l.has(body, "192.0.2.2 is not ready · nothing was enforced", `name="force"`, `value="now"`)
	l.desk.set(view.PathClients, view.Refusal{Words: "gone"})
	l.lacks(l.get(of+"192.0.2.2", http.StatusOK), `name="force"`)
}

func TestForgetAnAddress(t *testing.T) {
	l := newLists(t, access.Admin, map[string]any{view.PathForget: map[string]any{}, view.PathClients: map[string]any{}})
	l.has(l.get("/clients/forget?client=vpn&address=192.0.2.3", http.StatusOK), "<strong>vpn</strong>", "<strong>192.0.2.3</strong>", "BlastRADIUS")
	_, then := l.post("/clients/forget", url.Values{"client": {"vpn"}, "address": {"192.0.2.3"}}, http.StatusSeeOther)
	if got := l.desk.last(view.PathForget); got.in != `{"client":"vpn","address":"192.0.2.3"}` || got.actor != l.who.Actor() || then != "/clients?said=unlearned" {
		t.Errorf("asked %+v, then %s", got, then)
	}
}
