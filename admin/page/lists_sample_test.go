package page_test

import (
	"encoding/json"
	"net/netip"
	"time"

	"ivalt-radius/admin/view"
	"ivalt-radius/guard"
	"ivalt-radius/guard/block"
	"ivalt-radius/guard/gate"
	"ivalt-radius/guard/incident"
)

// sample is a server with something of everything.
func sample() map[string]any {
	return map[string]any{
		view.PathLogins: view.Logins{Logins: []view.Login{sampleLogin(), {
			Seq: 40, Time: moment().Add(-time.Hour), Attempt: "a40", Client: "vpn-berlin", User: "bob", CallingStation: "198.51.100.9",
			Verdict: "reject", Reason: "bad_password", DurationMS: 812,
		}}, More: 40},
		view.PathStory: view.Story{Attempt: "a41", Login: new(sampleLogin()), Steps: []view.Step{
			{Time: moment().Add(-time.Minute - 12*time.Second), Seq: 38, Type: "api_call", What: "push", Words: "iVALT was asked to ring the phone.", Record: json.RawMessage(`{"seq":38,"type":"api_call","class":"ok"}`)},
			{Time: moment().Add(-time.Minute), Seq: 41, Type: "authentication_attempt", What: "accept", Words: "The person approved on the phone.", Record: json.RawMessage(`{"seq":41,"verdict":"accept"}`)},
		}, LeftOut: 3},
		view.PathExplain: view.Explanation{Decision: "require_push", Rows: []view.Row{{Name: "user", Text: "anna"}, {Name: "rule", Text: "staff: groups staff, hours Mon-Fri 07:00-19:00"}, {Name: "push", Text: "to the phone that ends in 07"}}},
		view.PathPeople: view.People{
			Lockouts:   []gate.Lockout{{User: "bob", Station: "198.51.100.9", Until: moment().Add(14 * time.Minute), Count: 3}},
			Paused:     []gate.Pause{{User: "carla", Station: "192.0.2.7", Until: moment().Add(time.Minute)}},
			Blocks:     sampleBlocks(),
			Remembered: []view.Remembered{{User: "anna", Count: 2, Newest: moment().Add(-time.Hour)}}, LeftOut: 12,
		},
		view.PathSessions: view.Sessions{Sessions: []view.Session{
			{ID: "0A1B", User: "bob", Client: "vpn-berlin", NAS: "192.0.2.1", CallingStation: "198.51.100.9", FramedIP: "10.1.0.4", Heard: moment().Add(-5 * time.Minute), Ends: true},
			{User: "bob", Client: "wifi", NAS: "192.0.2.2", CallingStation: "02-00-00-00-00-01", Node: "b", Heard: moment().Add(-time.Hour)},
		}, Left: 1},
		view.PathIncidents: []incident.Incident{sampleIncident(), {
			ID: "20260304-aaaa", Rule: guard.PushBombing, Severity: guard.Critical, Subject: guard.Subject{User: "carla"}, Count: 22, Last: moment(), State: incident.Acknowledged,
		}},
		view.PathIncident: sampleIncident(),
		view.PathBlocks:   sampleBlocks(),
		view.PathClients:  json.RawMessage(sampleClients),
	}
}

func sampleLogin() view.Login {
	return view.Login{
		Seq: 41, Time: moment().Add(-time.Minute), Attempt: "a41", Client: "vpn-berlin", NAS: "192.0.2.1", User: "anna", CallingStation: "198.51.100.7",
		Decision: "require_push", Rule: "staff", Factors: []string{"password", "push"}, Verdict: "accept", Reason: "approved", DurationMS: 12_345, Mobile: "********07",
		Exchanges: 1, Packets: 3, Detail: "approved at the second poll",
	}
}

func sampleBlocks() []block.Block {
	return []block.Block{
		{User: "bob", Until: moment().Add(24 * time.Hour), Reason: "stolen phone", By: "account=olga address=192.0.2.250", At: moment()},
		{Prefix: netip.MustParsePrefix("198.51.100.0/24"), Until: moment().Add(time.Hour), Reason: "brute_force, high", By: "automatic", Incident: "20260304-k7m3", At: moment()},
		{Prefix: netip.MustParsePrefix("203.0.113.9/32"), Until: moment().Add(time.Hour), Reason: "scans", By: "automatic", Incident: "20260304-zzzz", At: moment()},
	}
}

func sampleIncident() incident.Incident {
	at := moment().Add(-10 * time.Minute)
	return incident.Incident{
		ID: "20260304-k7m3", Rule: guard.BruteForce, Severity: guard.High, Subject: guard.Subject{Address: netip.MustParseAddr("198.51.100.9")}, Count: 12,
		First: at, Last: moment(), Detail: "12 wrong passwords from one address", Opened: at, HeldTo: moment(), LeftOut: 4,
		Evidence: []guard.Line{{Time: at, Record: json.RawMessage(`{"type":"authentication_attempt","user":"bob","reason":"bad_password"}`)}},
		Actions: []incident.Action{
			{At: at, Step: "notify", Outcome: incident.Done, Detail: "to operations"},
			{At: at, Step: "block", Outcome: incident.Would, Detail: "198.51.100.0/24", Until: at.Add(time.Hour)},
		},
		History: []incident.Change{{At: at, What: "opened", By: incident.Automatic, Reason: "medium"}, {At: at, What: "escalated", By: incident.Automatic, Reason: "high"}},
	}
}

// sampleClients is as `clients list --json` prints it.
const sampleClients = `{"running": true, "clients": [
	{"name": "vpn-berlin", "networks": ["192.0.2.0/28"], "message_authenticator": "auto", "enforced": false, "methods": ["pap", "mschapv2"], "first_factor": "ldap",
	 "profile": "openvpn", "answer_within_ms": 25000, "profile_answer_within_ms": 30000,
	 "secrets": [{"key": "clients[0].secret", "first_seen": "2024-04-09T00:00:00Z", "age_days": 694, "old": true}],
	 "addresses": [
		{"address": "192.0.2.1", "first_seen": "2026-02-01T00:00:00Z", "last_seen": "2026-03-04T05:05:00Z", "state": "ready", "enforced_by": [],
		 "signed": {"count": 12345, "last": "2026-03-04T05:05:00Z"}, "unsigned": {"count": 0}, "unsigned_refused": {"count": 0}, "bad_signature": {"count": 2},
		 "signed_in_a_row": 12345, "accepted": 900, "rejected": 41, "challenged": 3, "unanswered": 1, "waiting": 2, "interval_ms": 5000, "interval_logins": 20,
		 "patience_ms": 10000, "patience_logins": 12, "approvals": 100, "late": 12, "late_share": 0.12, "advice": "gives up after 10 s, 12 % of approvals come later: set its time-out to 25 s"},
		{"address": "192.0.2.2", "last_seen": "2026-03-04T04:05:00Z", "state": "observe", "enforced_by": [],
		 "signed": {"count": 7}, "unsigned": {"count": 31, "last": "2026-03-04T04:05:00Z"}, "unsigned_refused": {"count": 0}, "bad_signature": {"count": 0}, "signed_in_a_row": 0},
		{"address": "192.0.2.3", "state": "enforced", "enforced_by": ["learned", "hand"], "signed": {"count": 3}, "unsigned": {"count": 0}, "unsigned_refused": {"count": 5}, "bad_signature": {"count": 0}, "signed_in_a_row": 3}
	 ]},
	{"name": "wifi", "networks": ["192.0.2.64/26"], "message_authenticator": "optional", "enforced": true, "methods": ["pap"], "first_factor": "", "profile": "", "answer_within_ms": 20000,
	 "secrets": [{"key": "clients[1].secret", "first_seen": null, "age_days": 0, "old": false}], "addresses": []}
	], "strangers": [{"address": "203.0.113.77", "packets": 1432, "first": "2026-03-04T03:00:00Z", "last": "2026-03-04T05:04:00Z"}]}`
