package page_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"ivalt-radius/admin/access"
	"ivalt-radius/admin/view"
)

func TestPeopleAreListed(t *testing.T) {
	l := newLists(t, access.Operator, sample())
	body := l.get("/people", http.StatusOK)
	l.has(body, "Locked out", "in 14 min", "3 lockouts", `href="/people/unlock?user=bob"`, "Paused", "carla", "Blocked", "stolen phone", `href="/people/unblock?user=bob"`,
		"198.51.100.0/24", `href="/people/unblock?address=198.51.100.0%2F24"`, `href="/people/unblock?address=203.0.113.9"`, `href="/incidents/20260304-k7m3"`,
		"Remembered", "2 logins", `href="/people/forget?user=anna"`, "12 persons more, not shown", `href="/people/block"`)
	if len(l.of(view.PathSessions)) != 0 {
		t.Error("sessions of nobody were asked for")
	}
	if got := l.desk.last(view.PathPeople); got.actor != l.who.Actor() {
		t.Errorf("asked by %s", got.actor)
	}
}

// TestOnePerson: a part of the name finds them; their sessions are asked for as typed.
func TestOnePerson(t *testing.T) {
	l := newLists(t, access.Operator, sample())
	body := l.get("/people?user=+BOB", http.StatusOK)
	l.has(body, "stolen phone", `href="/logins?user=BOB"`, `href="/people/block?user=BOB"`, "0A1B", "10.1.0.4", `href="/people/disconnect?address=198.51.100.9&amp;user=bob"`,
		"its client takes no Disconnect-Requests", "(node b)", "1 session more", `href="/people/disconnect?user=BOB"`, "No phone is left alone.", "No approval is remembered.")
	l.lacks(body, "carla", "anna", "198.51.100.0/24")
	if got := l.desk.last(view.PathSessions); got.in != `{"user":"BOB"}` || got.actor != l.who.Actor() {
		t.Errorf("asked %+v", got)
	}
	l.has(l.get("/people?user=198.51", http.StatusOK), "198.51.100.0/24")
	l.desk.set(view.PathSessions, view.Sessions{})
	l.has(l.get("/people?user=bob", http.StatusOK), "No session of exactly this name is known.")
	l.desk.set(view.PathSessions, view.Refusal{Kind: view.Unavailable, Words: "keeping the evidence: disk full"})
	l.has(l.get("/people?user=bob", http.StatusOK), "keeping the evidence: disk full", "stolen phone")
}

func TestPeopleSayWhatToDoWhereThereAreNone(t *testing.T) {
	l := newLists(t, access.Viewer, map[string]any{view.PathPeople: view.People{}})
	l.has(l.get("/people", http.StatusOK), "Nobody is locked out.", "No phone is left alone.", "An operator can block", "No approval is remembered.")
	l.desk.set(view.PathPeople, view.Refusal{Words: "the disk is gone"})
	body := l.get("/people", http.StatusInternalServerError)
	l.has(body, "the disk is gone")
	l.lacks(body, "Nobody is locked out.") // it is not known
}

// personal is something that is done to a person or an address.
type personal struct {
	at     string
	form   url.Values
	path   string
	asked  string
	answer any
	then   string
}

func personals() map[string]personal {
	return map[string]personal{
		"block a person": {
			"/people/block",
			url.Values{"user": {" bob "}, "for": {"24h"}, "reason": {"stolen"}},
			view.PathBlock,
			`{"user":"bob","reason":"stolen","for":86400000000000,"disconnect":false}`,
			map[string]any{"sessions": 0},
			"/people?said=blocked&user=bob",
		},
		"block an address and end its sessions": {
			"/people/block",
			url.Values{"address": {"192.0.2.0/24"}, "for": {"1h"}, "disconnect": {"yes"}, "reason": {"scans"}},
			view.PathBlock,
			`{"address":"192.0.2.0/24","reason":"scans","for":3600000000000,"disconnect":true}`,
			map[string]any{"sessions": 3},
			"/people?said=blocked&sessions=3",
		},
		"unblock": {
			"/people/unblock",
			url.Values{"address": {"192.0.2.9"}, "reason": {"found"}},
			view.PathUnblock,
			`{"address":"192.0.2.9","reason":"found"}`,
			map[string]any{"lifted": true},
			"/people?said=unblocked",
		},
		"unlock": {
			"/people/unlock",
			url.Values{"user": {"bob"}, "reason": {"asked him"}},
			view.PathRelease,
			`{"user":"bob","lockouts":true,"remembered":false,"reason":"asked him"}`,
			view.Released{},
			"/people?said=unlocked&user=bob",
		},
		"forget": {
			"/people/forget",
			url.Values{"user": {"anna"}, "reason": {"lost phone"}},
			view.PathRelease,
			`{"user":"anna","lockouts":false,"remembered":true,"reason":"lost phone"}`,
			view.Released{},
			"/people?said=forgotten&user=anna",
		},
		"end sessions": {
			"/people/disconnect",
			url.Values{"user": {"bob"}, "address": {"192.0.2.9"}, "reason": {"left"}},
			view.PathEnd,
			`{"user":"bob","address":"192.0.2.9","reason":"left"}`,
			map[string]any{"sessions": []map[string]any{{"state": "disconnected"}, {"state": "gone"}}},
			"/people?said=disconnected&sessions=2&user=bob",
		},
		"end none": {
			"/people/disconnect",
			url.Values{"user": {"bob"}, "reason": {"left"}},
			view.PathEnd,
			`{"user":"bob","reason":"left"}`,
			map[string]any{"sessions": []any{}},
			"/people?said=none_known&user=bob",
		},
	}
}

// TestDeedsOfPeople: what the server is asked, by whom, and where one is sent on to.
func TestDeedsOfPeople(t *testing.T) {
	for name, c := range personals() {
		t.Run(name, func(t *testing.T) {
			answers := sample()
			answers[c.path] = c.answer
			l := newLists(t, access.Operator, answers)
			l.has(l.get(c.at, http.StatusOK), `method="post" action="`+c.at+`"`, `name="csrf"`, `name="reason"`)
			if len(l.of(c.path)) != 0 {
				t.Fatal("done by a link")
			}
			_, then := l.post(c.at, c.form, http.StatusSeeOther)
			if got := l.of(c.path); len(got) != 1 || got[0] != c.asked || l.desk.last(c.path).actor != l.who.Actor() {
				t.Errorf("asked %s, want %s", got, c.asked)
			}
			if then != c.then {
				t.Errorf("then %s, want %s", then, c.then)
			}
			l.has(l.get(then, http.StatusOK), `<p class="said" role="status">`)
		})
	}
}

// TestDeedsTellWhatIsNotAsOneMightThink: before one goes on.
func TestDeedsTellWhatIsNotAsOneMightThink(t *testing.T) {
	for name, c := range map[string]struct {
		at     string
		form   url.Values
		path   string
		answer any
		says   string
	}{
		"sessions may be there": {"/people/block", url.Values{"user": {"bob"}, "for": {"24h"}, "reason": {"x"}}, view.PathBlock, map[string]any{"sessions": 1, "undone": "no answer" + script}, "Sessions that were ended: 1. Others may still be there: no answer&lt;script"},
		"a wider block":         {"/people/unblock", url.Values{"address": {"198.51.100.9"}, "reason": {"x"}}, view.PathUnblock, map[string]any{"covering": sampleBlocks()[1:2]}, "wider blocks hold it: 198.51.100.0/24"},
		"a silent gateway":      {"/people/disconnect", url.Values{"user": {"bob"}, "reason": {"x"}}, view.PathEnd, map[string]any{"sessions": []map[string]any{{"state": "silent", "client": "wifi"}}, "left": 4}, "A session at wifi may still be there: silent."},
		"an answer unknown":     {"/people/disconnect", url.Values{"user": {"bob"}, "reason": {"x"}}, view.PathEnd, []int{1}, "is not known"},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLists(t, access.Operator, map[string]any{c.path: c.answer})
			body, _ := l.post(c.at, c.form, http.StatusOK)
			l.has(body, c.says, `">Go on</a>`)
			l.lacks(body, "<form")
		})
	}
}

// TestDeedsOfPeopleRefused: in words, before the server is asked, with what was typed.
func TestDeedsOfPeopleRefused(t *testing.T) {
	for name, c := range map[string]struct {
		at   string
		form url.Values
		says string
	}{
		"no reason":              {"/people/unlock", url.Values{"user": {"bob"}, "reason": {" "}}, "Reason: say why in 1 to 500 octets"},
		"a reason that steers":   {"/people/unlock", url.Values{"user": {"bob"}, "reason": {"a\x1b[2J"}}, "Reason: say why"},
		"a long reason":          {"/people/unblock", url.Values{"user": {"bob"}, "reason": {strings.Repeat("x", 501)}}, "Reason: 500 octets are the most"},
		"nobody":                 {"/people/forget", url.Values{"reason": {"x"}}, "name the person"},
		"neither":                {"/people/block", url.Values{"for": {"24h"}, "reason": {"x"}}, "name either a person or an address"},
		"both":                   {"/people/unblock", url.Values{"user": {"bob"}, "address": {"192.0.2.1"}, "reason": {"x"}}, "name either a person or an address"},
		"for ever":               {"/people/block", url.Values{"user": {"bob"}, "for": {"99999h"}, "reason": {"x"}}, "choose how long"},
		"sessions of nobody":     {"/people/disconnect", url.Values{"reason": {"x"}}, "name a person or an address"},
		"sessions of no address": {"/people/disconnect", url.Values{"address": {"02-00-00-00-00-01"}, "reason": {"x"}}, "the address is no IP address"},
		"more than a form holds": {"/people/unlock", url.Values{"user": {strings.Repeat("x", 20_000)}, "reason": {"x"}}, "Person: 500 octets are the most"},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLists(t, access.Operator, sample())
			body, _ := l.post(c.at, c.form, http.StatusBadRequest)
			l.has(body, c.says, `role="alert"`)
			if c.form.Get("user") == "bob" {
				l.has(body, `name="user" value="bob"`)
			}
			if len(l.desk.asked) != 0 {
				t.Errorf("asked %+v", l.desk.asked)
			}
		})
	}
}

// TestTheServersWords are shown, with its status, and what was typed stays.
func TestTheServersWords(t *testing.T) {
	for kind, status := range map[view.Kind]int{view.Invalid: 400, view.Missing: 404, view.Conflicting: 409, view.Unavailable: 503, view.Failed: 500} {
		l := newLists(t, access.Operator, map[string]any{view.PathUnblock: view.Refusal{Kind: kind, Words: "there is no such block" + script}})
		body, _ := l.post("/people/unblock", url.Values{"user": {"bob"}, "reason": {"found it"}}, status)
		l.has(body, "there is no such block&lt;script", `value="found it"`)
	}
}

// TestWhatIsSaidIsOfAClosedList: an address can have the page say nothing of its own.
func TestWhatIsSaidIsOfAClosedList(t *testing.T) {
	l := newLists(t, access.Viewer, sample())
	for _, query := range []string{"said=Call+this+number", "said=%3Cb%3E", "sessions=3", "said=blocked%00"} {
		l.lacks(l.get("/people?"+query, http.StatusOK), `class="said"`, "Call this", "<b>")
	}
	l.has(l.get("/people?said=blocked&sessions=99999999999", http.StatusOK), "Blocked. Whoever it is about is refused from now on.</p>")
	l.has(l.get("/people?said=blocked&sessions=3", http.StatusOK), "from now on. 3 sessions of theirs.")
}
