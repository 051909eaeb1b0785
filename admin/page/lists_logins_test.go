package page_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"ivalt-radius/admin/access"
	"ivalt-radius/admin/view"
)

// TestLoginsAreSearched: what stands in the address is what the server is asked, and what the form shows again.
func TestLoginsAreSearched(t *testing.T) {
	for name, c := range map[string]struct{ query, asked string }{
		"nothing":          {"", `{}`},
		"a preset":         {"?within=1h", `{"since":"2026-03-04T04:06:07Z"}`},
		"since beats it":   {"?within=1h&since=2026-03-01T00:00", `{"since":"2026-03-01T00:00:00Z"}`},
		"a span":           {"?since=2026-03-01T00:00&until=2026-03-02T00:00:30", `{"since":"2026-03-01T00:00:00Z","until":"2026-03-02T00:00:30Z"}`},
		"everything":       {"?user=+anna+&client=wifi&calling_station=192.0.2.7&verdict=reject&reason=geofence", `{"user":"anna","client":"wifi","calling_station":"192.0.2.7","verdict":"reject","reason":"geofence"}`},
		"older ones":       {"?user=anna&before=40", `{"user":"anna","before":40}`},
		"an unknown field": {"?limit=100000", `{}`},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLists(t, access.Viewer, sample())
			l.get("/logins"+c.query, http.StatusOK)
			if got := l.desk.last(view.PathLogins); got.in != c.asked || got.actor != l.who.Actor() {
				t.Errorf("asked %s by %s, want %s", got.in, got.actor, c.asked)
			}
		})
	}
}

func TestLoginsRefuseWhatMakesNoSense(t *testing.T) {
	for query, words := range map[string]string{
		"?since=yesterday":                               "Since is no time: write it as 2026-01-31T18:00, in UTC",
		"?until=2026-13-01T00:00":                        "Until is no time",
		"?since=2026-03-02T00:00&until=2026-03-02T00:00": "nothing lies between these times",
		"?within=7y":                                     "the time is none of the list",
		"?verdict=maybe":                                 "the verdict is none of accept, reject, challenge",
		"?reason=whim":                                   "the reason is none of the list",
		"?before=-1":                                     "where to go on is no number of a record",
	} {
		l := newLists(t, access.Viewer, sample())
		l.has(l.get("/logins"+query, http.StatusBadRequest), words, `role="alert"`)
		if len(l.of(view.PathLogins)) != 0 {
			t.Errorf("%s: the server was asked", query)
		}
	}
}

func TestLoginsAreListed(t *testing.T) {
	l := newLists(t, access.Viewer, sample())
	body := l.get("/logins?user=anna&within=24h", http.StatusOK)
	l.has(body, `<a href="/logins/a41">`, "2026-03-04 05:05:07 UTC", `<a href="/people?user=anna">anna</a>`, "vpn-berlin", "198.51.100.7", "12.3 s",
		`<span class="badge badge-good">accept</span>`, `<span class="badge badge-bad">reject</span>`, "bad password", "The first factor is wrong",
		`href="/logins?before=40&amp;user=anna&amp;within=24h" rel="next"`, `<option value="24h" selected>`, `name="user" type="search" maxlength="300" autocomplete="off" value="anna"`)
	l.lacks(body, "Newest")
	l.has(l.get("/logins?user=anna&before=40", http.StatusOK), `href="/logins?user=anna">Newest</a>`)
}

func TestLoginsSayWhatToDoWhereThereAreNone(t *testing.T) {
	answers := sample()
	answers[view.PathLogins] = view.Logins{}
	l := newLists(t, access.Viewer, answers)
	l.has(l.get("/logins", http.StatusOK), "No login has ended yet.", `href="/rehearse"`)
	l.has(l.get("/logins?user=x", http.StatusOK), "No login is like this.", "Widen the time")
	l.has(l.get("/logins?before=7", http.StatusOK), "There are no older logins.", `<a href="/logins">`)
	answers[view.PathLogins] = view.Refusal{Kind: view.Unavailable, Words: "keeping the evidence: disk full"}
	l.has(l.get("/logins", http.StatusServiceUnavailable), "keeping the evidence: disk full")
	answers[view.PathClients] = errors.New("no clients")
	l.has(l.get("/logins?client=wifi", http.StatusServiceUnavailable), `<input id="client" name="client"`, `value="wifi"`)
}

// TestOneLogin: its story, and beside it how it would be decided, at its own time.
func TestOneLogin(t *testing.T) {
	l := newLists(t, access.Viewer, sample())
	body := l.get("/logins/a41", http.StatusOK)
	l.has(body, "<h1>Login of anna</h1>", "approved", "The person approved this login&#39;s push on the phone", "approved at the second poll", "staff: require push",
		"********07", "3 in 1 exchange", "iVALT was asked to ring the phone.", "<summary>Record 38", "&#34;class&#34;: &#34;ok&#34;", "3 steps between",
		"the rules that are in force now", "require push", "to the phone that ends in 07", `href="/people?user=anna"`, `href="/clients"`, `value="2026-03-04T05:05:07"`)
	if got := l.desk.last(view.PathStory); got.in != `{"id":"a41"}` || got.actor != l.who.Actor() {
		t.Errorf("asked %+v", got)
	}
	if got := l.desk.last(view.PathExplain); got.in != `{"user":"anna","client":"vpn-berlin","calling_station":"198.51.100.7","at":"2026-03-04T05:05:07Z"}` || got.actor != l.who.Actor() {
		t.Errorf("asked %+v", got)
	}
	l.get("/logins/a41?at=2026-03-08T22:30", http.StatusOK)
	if got := l.desk.last(view.PathExplain); !strings.Contains(got.in, `"at":"2026-03-08T22:30:00Z"`) {
		t.Errorf("asked %s", got.in)
	}
	n := len(l.of(view.PathExplain))
	l.has(l.get("/logins/a41?at=tonight", http.StatusOK), "Time is no time", `value="tonight"`)
	if len(l.of(view.PathExplain)) != n {
		t.Error("asked for a time that is none")
	}
	l.desk.set(view.PathExplain, view.Refusal{Words: "no directory"})
	l.has(l.get("/logins/a41", http.StatusOK), "no directory", "approved at the second poll")
}

func TestALoginInFlight(t *testing.T) {
	answers := sample()
	answers[view.PathStory] = view.Story{Attempt: "a42", InFlight: &view.InFlight{
		Attempt: "a42", User: "bob", Client: "wifi", Stage: view.StageRinging, Since: moment().Add(-4 * time.Second), LeftMS: 21_000, Polls: 2,
	}}
	l := newLists(t, access.Viewer, answers)
	l.has(l.get("/logins/a42", http.StatusOK), "<h1>Login of bob</h1>", "in flight", "the phone rings", "21.0 s until its answer must leave", "4 s ago", "Nothing is in the trail yet.", `href="/logins/a42">Look again`)
	if got := l.desk.last(view.PathExplain).in; got != `{"user":"bob","client":"wifi","at":"2026-03-04T05:06:03Z"}` {
		t.Errorf("asked %s", got)
	}
}

// TestNoSuchLogin: the words of the server and what to do; the name in the address is one part of a path, whatever it has.
func TestNoSuchLogin(t *testing.T) {
	answers := sample()
	answers[view.PathStory] = view.Refusal{Kind: view.Missing, Words: "no login is called so"}
	l := newLists(t, access.Viewer, answers)
	body := l.get("/logins/a%2Fb%3Cscript%3E", http.StatusNotFound)
	l.has(body, "no login is called so", "Nothing is known of the login a/b&lt;script&gt;.", "Search for it")
	l.lacks(body, "Explain</h2>")
	if got := l.desk.last(view.PathStory).in; !strings.Contains(got, `a/b`) {
		t.Errorf("asked %s", got)
	}
	answers[view.PathStory] = view.Story{Attempt: "a43", Steps: []view.Step{{What: "push", Record: json.RawMessage(`{}`)}}}
	l.has(l.get("/logins/a43", http.StatusOK), "Who logs in, and where, is not known yet.")
}
