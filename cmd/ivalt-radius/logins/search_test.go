package logins

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ivalt-radius/admin/view"
	"ivalt-radius/audit"
	"ivalt-radius/audit/chain"
	"ivalt-radius/audit/query"
	"ivalt-radius/ivalt/course"
	"ivalt-radius/ivalt/gateway"
)

func epoch() time.Time { return time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC) }

// told is an event, and how long behind the one before it came.
type told struct {
	after time.Duration
	event audit.Event
}

// trailOfEvents is a trail that has them.
func trailOfEvents(t *testing.T, events ...told) query.Trail {
	t.Helper()
	var text []byte
	at, prev := epoch(), chain.Genesis()
	for i, e := range events {
		at = at.Add(e.after)
		text, prev = chain.AppendLine(text, at, uint64(i)+1, e.event.EventType(), e.event.AppendFields(nil), prev)
	}
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return query.Trail{Live: path}
}

func ended(attempt, user, verdict, reason string) audit.Attempt {
	return audit.Attempt{
		Attempt: attempt, User: user, Client: "vpn", NAS: "gw", CallingStation: "203.0.113.9", Decision: "require_push", Rule: "default",
		Factors: []string{"push"}, Verdict: verdict, Reason: reason, Duration: 4210 * time.Millisecond, Mobile: "+4917012399881",
	}
}

func attempts(l view.Logins) (ids []string) {
	for _, login := range l.Logins {
		ids = append(ids, login.Attempt)
	}
	return ids
}

func TestList(t *testing.T) {
	t.Parallel()
	trail := trailOfEvents(
		t, told{0, ended("a1", "alice", "accept", "approved")}, told{time.Minute, ended("a2", `corp\bob`, "reject", "push_timeout")},
		told{time.Minute, audit.System{Event: "started"}}, told{time.Minute, ended("a3", "alice", "reject", "push_denied")},
		told{time.Minute, ended("a4", "alice", "accept", "approved")},
	)
	for name, c := range map[string]struct {
		in   view.LoginFilter
		want []string
		more uint64
	}{
		"all":                   {view.LoginFilter{}, []string{"a4", "a3", "a2", "a1"}, 0},
		"of a person":           {view.LoginFilter{User: `CORP\Bob`}, []string{"a2"}, 0},
		"of a verdict":          {view.LoginFilter{User: "ALICE", Verdict: "accept"}, []string{"a4", "a1"}, 0},
		"for a reason":          {view.LoginFilter{Reason: "push_timeout"}, []string{"a2"}, 0},
		"from an address":       {view.LoginFilter{CallingStation: "::ffff:203.0.113.9", Client: "vpn"}, []string{"a4", "a3", "a2", "a1"}, 0},
		"from another":          {view.LoginFilter{CallingStation: "203.0.113.10"}, nil, 0},
		"of another client":     {view.LoginFilter{Client: "wlan"}, nil, 0},
		"the first ones":        {view.LoginFilter{Limit: 2}, []string{"a4", "a3"}, 4},
		"those that follow":     {view.LoginFilter{Limit: 2, Before: 4}, []string{"a2", "a1"}, 0},
		"in a time":             {view.LoginFilter{Since: epoch().Add(time.Minute), Until: epoch().Add(3 * time.Minute)}, []string{"a2"}, 0},
		"behind the newest":     {view.LoginFilter{Since: epoch().Add(time.Hour)}, nil, 0},
		"as many as fit":        {view.LoginFilter{Limit: 4}, []string{"a4", "a3", "a2", "a1"}, 0},
		"before the very first": {view.LoginFilter{Before: 1}, nil, 0},
	} {
		f, err := filter(c.in)
		if err != nil {
			t.Fatal(name, err)
		}
		got, err := list(t.Context(), trail, f, c.in)
		if err != nil || !slices.Equal(attempts(got), c.want) || got.More != c.more || got.Logins == nil {
			t.Errorf("%s: %v, more %d, %v", name, attempts(got), got.More, err)
		}
	}
	got, err := list(t.Context(), trail, query.Filter{Attempt: "a1"}, view.LoginFilter{})
	want := view.Login{
		Seq: 1, Time: epoch(), Attempt: "a1", Client: "vpn", NAS: "gw", User: "alice", CallingStation: "203.0.113.9", Decision: "require_push", Rule: "default",
		Factors: []string{"push"}, Verdict: "accept", Reason: "approved", DurationMS: 4210, Mobile: "+***********81",
	}
	if err != nil || fmt.Sprint(got.Logins) != fmt.Sprint([]view.Login{want}) {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestListIsCutShort: where time is over before anything was read, that is said, and not that there are no logins.
func TestListIsCutShort(t *testing.T) {
	t.Parallel()
	trail := trailOfEvents(t, told{0, ended("a1", "alice", "accept", "approved")})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var refusal view.Refusal
	if got, err := list(ctx, trail, query.Filter{}, view.LoginFilter{}); !errors.As(err, &refusal) || refusal.Kind != view.Unavailable {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := tell(ctx, trail, wanted{ID: "a1"}, nil); !errors.As(err, &refusal) || refusal.Kind != view.Missing || !strings.Contains(refusal.Words, "in time") {
		t.Error(err)
	}
}

func TestFilterRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		in   view.LoginFilter
		says string
	}{
		"a name that is none": {view.LoginFilter{User: "a\x00b"}, "--user"}, "a long name": {view.LoginFilter{User: strings.Repeat("a", 2000)}, "--user: 1024"},
		"a long client": {view.LoginFilter{Client: strings.Repeat("a", 2000)}, "--client: 1024"}, "a long address": {view.LoginFilter{CallingStation: strings.Repeat("a", 2000)}, "--calling-station"},
		"a reason": {view.LoginFilter{Reason: "tired"}, "push_denied"}, "a verdict": {view.LoginFilter{Verdict: "maybe"}, "accept, reject, challenge"},
		"a limit": {view.LoginFilter{Limit: 201}, "between 1 and 200"}, "no limit": {view.LoginFilter{Limit: -1}, "between 1 and 200"},
		"times": {view.LoginFilter{Since: epoch(), Until: epoch()}, "--since is not before --until"},
	} {
		if _, err := filter(c.in); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// call is one that iVALT was asked.
func call(attempt, what, class string, status int) audit.APICall {
	return audit.APICall{Attempt: attempt, Call: what, Endpoint: "/x", Status: status, Class: class, Duration: time.Second}
}

// account is what a NAS tells of a session of alice.
func account(status, session string) audit.Accounting {
	return audit.Accounting{Client: "vpn", NAS: "gw", User: "alice", CallingStation: "203.0.113.9", Status: status, Session: session, FramedIP: "10.8.0.7", SessionTime: 90, InputOctets: 1, OutputOctets: 2}
}

// TestStory: every record of a login, in order and in words, and of the session that it began; nothing of others.
func TestStory(t *testing.T) {
	t.Parallel()
	const second = time.Second
	trail := trailOfEvents(
		t, told{0, call("a1", "push", "accepted", 200)}, told{second, call("a1", "poll", "pending", 422)}, told{second, call("a1", "poll", "pending", 422)},
		told{0, call("a2", "push", "accepted", 200)}, told{second, call("a1", "poll", "pending", 422)}, told{second, call("a1", "poll", "approved", 200)},
		told{0, audit.Security{Event: "accept_joined", Attempt: "a1", User: "alice", Client: "vpn", Detail: "2 exchanges"}},
		told{0, ended("a1", "alice", "accept", "approved")},
		told{second, account("start", "s1")}, told{second, account("start", "s2")}, told{second, account("interim_update", "s1")},
		told{second, ended("a2", "alice", "reject", "push_denied")}, told{second, account("stop", "s1")}, told{second, audit.Action{Action: "unblock", Target: "alice"}},
	)
	s, err := tell(t.Context(), trail, wanted{ID: "a1"}, &view.InFlight{})
	if err != nil || s.Login == nil || s.Login.Seq != 8 || s.InFlight != nil || s.LeftOut != 0 {
		t.Fatalf("%+v, %v", s, err)
	}
	want := []string{
		"1 push: push sent to iVALT: taken",
		"2 poll: asked what the phone said: nothing yet (3 times, the last at 09:00:03)",
		"6 poll: asked what the phone said: approved",
		"7 accept_joined: A retry joined a login that had just been accepted.; 2 exchanges",
		"8 accept: let in, after 4.21s: The person approved",
		`9 accounting: the gateway tells that session "s1" has begun, with the address "10.8.0.7"`,
		`11 accounting: the gateway tells that session "s1" goes on: 1m30s, 1 octet in, 2 octets out`,
		`13 accounting: the gateway tells that session "s1" is over: 1m30s, 1 octet in, 2 octets out`,
	}
	if len(s.Steps) != len(want) {
		t.Errorf("%d steps, want %d", len(s.Steps), len(want))
	}
	for i, step := range s.Steps {
		if text := fmt.Sprintf("%d %s: %s", step.Seq, step.What, step.Words); i < len(want) && !strings.HasPrefix(text, want[i]) {
			t.Errorf("%s\nwant %s", text, want[i])
		}
		if r, err := query.Parse(step.Record); err != nil || r.Seq != step.Seq {
			t.Errorf("%s, %v", step.Record, err)
		}
	}
}

// TestStoryOfNobody: what is not there is missing, unless it waits.
func TestStoryOfNobody(t *testing.T) {
	t.Parallel()
	trail := trailOfEvents(t, told{0, ended("a1", "alice", "accept", "approved")}, told{48 * time.Hour, audit.System{Event: "started"}})
	var refusal view.Refusal
	if _, err := tell(t.Context(), trail, wanted{ID: "a9"}, nil); !errors.As(err, &refusal) || refusal != (view.Refusal{Kind: view.Missing, Words: `no record of the trail has the attempt "a9"`}) {
		t.Error(err)
	}
	s, err := tell(t.Context(), trail, wanted{ID: "a9"}, &view.InFlight{Attempt: "a9"})
	if err != nil || s.InFlight == nil || s.Login != nil || s.Steps == nil || len(s.Steps) > 0 {
		t.Errorf("%+v, %v", s, err)
	}
	if s, err = tell(t.Context(), trail, wanted{ID: "a1", Until: epoch().Add(time.Hour)}, nil); err != nil || s.Login == nil {
		t.Errorf("%+v, %v", s, err)
	}
	if _, err := tell(t.Context(), query.Trail{Live: trail.Live + ".none"}, wanted{ID: "a1"}, nil); err == nil || errors.As(err, &refusal) {
		t.Errorf("a trail that is none: %v", err)
	}
	if text := missing(wanted{ID: "a1"}, query.Found{Reached: 7, Time: epoch()}).Error(); !strings.Contains(text, "since 2026-11-26T09:00:00Z") || !strings.Contains(text, "--until") {
		t.Error(text)
	}
}

// TestLongStory: of one that is long the beginning and the end are shown.
func TestLongStory(t *testing.T) {
	t.Parallel()
	var events []told
	for i := range 160 {
		events = append(events, told{time.Second, call("a1", "poll", []string{"pending", "failed"}[i%2], 500)})
	}
	s, err := tell(t.Context(), trailOfEvents(t, events...), wanted{ID: "a1"}, nil)
	if err != nil || len(s.Steps) != 100 || s.LeftOut != 60 || s.Steps[49].Seq != 50 || s.Steps[50].Seq != 111 {
		t.Errorf("%d steps, %d left out, %v", len(s.Steps), s.LeftOut, err)
	}
}

// TestWords: every class of an answer and every word of the trail has some, and a hostile one steers nothing.
func TestWords(t *testing.T) {
	t.Parallel()
	for class := range gateway.Classes {
		class := class.String()
		for _, what := range []string{"push", "poll", "look-up", "\x1b[2J"} {
			words := wordsOf(&query.Record{Type: "api_request", Call: what, Class: class, Status: []byte("\x1b")})
			if known := class != gateway.Refused.String(); known == strings.Contains(words, "no known meaning") || strings.ContainsRune(words, '\x1b') {
				t.Errorf("%s, %q: %q", what, class, words)
			}
		}
	}
	for call := course.LookUp; call <= course.Poll; call++ {
		if callWords(call.String()) == callWords("another") {
			t.Errorf("%s has no words", call)
		}
	}
	for name, r := range map[string]*query.Record{
		"another version": {Type: "security_event", Event: "\x1b"}, "reason of another version": {Type: "authentication_attempt", Reason: "\x1b", Verdict: "\x1b"},
		"asked a question": {Type: "authentication_attempt", Verdict: "challenge", Reason: "challenged"}, "refused, after": {Type: "authentication_attempt", Verdict: "reject"},
		`session "\x1b`: {Type: "user_action", Action: "accounting", Session: "\x1b"}, "Somebody blocked": {Type: "user_action", Action: "block"},
	} {
		if words := wordsOf(r); !strings.Contains(words, name) || strings.ContainsRune(words, '\x1b') {
			t.Errorf("%q, want %s", words, name)
		}
	}
	if text := string(line(&query.Record{Line: []byte("{x")})); text != "null" {
		t.Error(text)
	}
}

// FuzzFilter: whatever is asked, it is refused or can be recorded as a person would have typed it, on one line.
func FuzzFilter(f *testing.F) {
	f.Add("alice", "vpn", "203.0.113.9", "accept", "approved", 50)
	f.Add("a\x00", "\n", "::ffff:192.0.2.1%eth0", "", "", -1)
	f.Fuzz(func(t *testing.T, user, client, station, verdict, reason string, limit int) {
		got, err := filter(view.LoginFilter{User: user, Client: client, CallingStation: station, Verdict: verdict, Reason: reason, Limit: limit})
		if err != nil {
			return
		}
		if text := got.String(); strings.ContainsAny(text, "\n\r\x00\x1b") || limit < 0 || limit > view.MostLogins || (user == "") != (got.User == "") {
			t.Errorf("%q", text)
		}
		if again, err := filter(view.LoginFilter{User: got.User, CallingStation: got.CallingStation}); err != nil || again.User != got.User || again.CallingStation != got.CallingStation {
			t.Errorf("%+v is not the same again: %+v, %v", got, again, err)
		}
	})
}
