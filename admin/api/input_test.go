package api_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"ivalt-radius/admin/api"
)

// bad is a body that cannot be taken.
type bad struct {
	name, path, body string
	status           int
	at               string // pointers, joined by a space
}

func bodies() []bad {
	const ok = `"reason":"as it is"`
	deep := strings.Repeat(`[`, 9000) + strings.Repeat(`]`, 9000)
	return []bad{
		{"no JSON", "/reload", `{`, 400, ""},
		{"nothing", "/reload", ` `, 400, ""},
		{"trailing data", "/reload", `{` + ok + `} {}`, 400, ""},
		{"trailing comma", "/reload", `{` + ok + `,}`, 400, ""},
		{"a comment", "/reload", `{` + ok + `} // why`, 400, ""},
		{"no UTF-8", "/reload", "{\"reason\":\"a\xff\"}", 400, ""},
		{"a lone surrogate", "/reload", `{"reason":"a\ud800"}`, 400, "#/reason"},
		{"a list", "/reload", `[]`, 400, ""},
		{"a word", "/reload", `"reason"`, 400, ""},
		{"null", "/reload", `null`, 400, ""},
		{"empty object", "/reload", `{}`, 400, "#/reason"},
		{"null member", "/reload", `{"reason":null}`, 400, "#/reason"},
		{"number for text", "/reload", `{"reason":7}`, 400, "#/reason"},
		{"object for text", "/reload", `{"reason":{"a":1}}`, 400, "#/reason"},
		{"deep", "/reload", `{"reason":` + deep + `}`, 400, "#/reason"},
		{"deep, of no member", "/reload", `{"x":` + deep + `}`, 400, "#"},
		{"empty text", "/reload", `{"reason":""}`, 400, "#/reason"},
		{"blank reason", "/reload", `{"reason":"  "}`, 400, "#/reason"},
		{"long reason", "/reload", `{"reason":"` + strings.Repeat("a", 501) + `"}`, 400, "#/reason"},
		{"control character", "/reload", `{"reason":"a\u001b[2J"}`, 400, "#/reason"},
		{"unknown member", "/reload", `{` + ok + `,"surprise":1}`, 400, "#"},
		{"another case", "/reload", `{"Reason":"as it is"}`, 400, "#"},
		{"twice", "/reload", `{` + ok + `,"reason":"b"}`, 400, "#/reason"},
		{"the same by an escape", "/reload", `{` + ok + `,"\u0072eason":"b"}`, 400, "#/reason"},
		{"text for flag", "/clients/a/enforce", `{` + ok + `,"force":"true"}`, 400, "#/force"},
		{"address with a zone", "/clients/a/enforce", `{` + ok + `,"address":"fe80::1%eth0"}`, 400, "#/address"},
		{"no address", "/clients/a/enforce", `{` + ok + `,"address":"192.0.2.0/24"}`, 400, "#/address"},
		{"bad name in the path", "/clients/a%20b/enforce", `{` + ok + `}`, 400, "name"},
		{"both subjects", "/blocks", `{"user":"a","address":"192.0.2.1",` + ok + `}`, 400, "#"},
		{"no subject", "/blocks", `{` + ok + `}`, 400, "#"},
		{"no prefix", "/blocks", `{"address":"192.0.2.1/33",` + ok + `}`, 400, "#/address"},
		{"no time", "/blocks", `{"user":"a","for":"0s",` + ok + `}`, 400, "#/for"},
		{"nanoseconds", "/blocks", `{"user":"a","for":60000000000,` + ok + `}`, 400, "#/for"},
		{"several faults", "/blocks", `{"user":"` + strings.Repeat("a", 254) + `","for":"soon","disconnect":1}`, 400, "#/user #/for #/disconnect #/reason"},
		{"nobody to disconnect", "/sessions/disconnect", `{` + ok + `}`, 400, "#"},
		{"nothing to release", "/people/release", `{"user":"a","lockouts":false,` + ok + `}`, 400, "#"},
		{"no time of day", "/explain", `{"user":"a","client":"b","at":"now"}`, 400, "#/at"},
		{"unknown cloud", "/rehearsals", `{"cloud":"real","user":"a","client":"b",` + ok + `}`, 400, "#/cloud"},
		{"a password with a line", "/rehearsals", `{"cloud":"simulator","user":"a","client":"b","password":"a\n",` + ok + `}`, 400, "#/password"},
		{"a query", "/reload?reason=x", `{` + ok + `}`, 400, ""},
		{"too large", "/reload", `{"reason":"` + strings.Repeat("a", 64<<10) + `"}`, 413, ""},
	}
}

// TestBodies: what cannot be taken is refused before the server hears of it, with its place.
func TestBodies(t *testing.T) {
	s, c := newScene(t), newContract(t)
	for _, test := range bodies() {
		t.Run(test.name, func(t *testing.T) {
			got := s.ask(t, "admin", http.MethodPost, api.Base+test.path, test.body, nil)
			if at := strings.Join(places(got), " "); got.status != test.status || at != test.at || got.problem.Detail == "" {
				t.Errorf("%d at %q, want %d at %q: %s", got.status, at, test.status, test.at, got.text)
			}
			if asked := s.desk.last(); len(asked) > 0 {
				t.Errorf("the server is asked: %+v", asked)
			}
			if err := c.answer(t, http.MethodPost, api.Base+test.path, test.body, got); err != nil {
				t.Error(err)
			}
		})
	}
}

// places are where the faults of a problem are.
func places(a answer) (all []string) {
	for _, e := range a.problem.Errors {
		all = append(all, e.Pointer+e.Parameter)
	}
	return all
}

// TestContentType: nothing but JSON is read.
func TestContentType(t *testing.T) {
	s := newScene(t)
	for kind, want := range map[string]int{
		"application/json": 200, "application/json; charset=utf-8": 200, "Application/JSON;charset=UTF-8": 200, "": 415, "text/plain": 415, "application/x-www-form-urlencoded": 415,
		"application/json; charset=utf-16": 415, "application/json;": 200, "multipart/form-data": 415, "a/b/c": 415,
	} {
		got := s.ask(t, "admin", http.MethodPost, "/api/v1/reload", `{"reason":"a"}`, func(r *http.Request) { r.Header.Set("Content-Type", kind) })
		if got.status != want {
			t.Errorf("Content-Type %q: %d", kind, got.status)
		}
	}
	zipped := func(r *http.Request) { r.Header.Set("Content-Encoding", "gzip") }
	if got := s.ask(t, "admin", http.MethodPost, "/api/v1/reload", `{"reason":"a"}`, zipped); got.status != 415 {
		t.Errorf("Content-Encoding: %d", got.status)
	}
}

// TestQueries: as TestBodies.
func TestQueries(t *testing.T) {
	cases := []struct{ name, target, at string }{
		{"unknown", "/logins?surprise=1", ""},
		{"another case", "/logins?User=a", ""},
		{"on a route without any", "/now?user=a", ""},
		{"twice", "/logins?user=a&user=b", "user"},
		{"empty", "/logins?user=", "user"},
		{"without a value", "/logins?user", "user"},
		{"bad escape", "/logins?user=%zz", "-"},
		{"semicolon", "/logins?user=a;limit=1", "-"},
		{"no UTF-8", "/logins?user=%ff", "user"},
		{"control character", "/logins?user=a%00b", "user"},
		{"line", "/logins?client=a%0ab", "client"},
		{"right to left", "/logins?user=a%E2%80%AEb", "user"},
		{"limit 0", "/logins?limit=0", "limit"},
		{"limit 201", "/logins?limit=201", "limit"},
		{"limit -1", "/logins?limit=-1", "limit"},
		{"limit 1e2", "/logins?limit=1e2", "limit"},
		{"huge", "/logins?before=18446744073709551616", "before"},
		{"beyond 63 bits", "/logins?before=9223372036854775808", "before"},
		{"no time", "/logins?since=yesterday", "since"},
		{"verdict", "/logins?verdict=maybe", "verdict"},
		{"severity", "/incidents?severity=worst", "severity"},
		{"flag", "/incidents?all=1", "all"},
		{"address", "/sessions?address=192.0.2.0/24", "address"},
		{"bad path", "/logins/a%2Fb", "attempt"},
		{"path with a line", "/incidents/%0d%0a", "id"},
		{"long path", "/incidents/" + strings.Repeat("a", 65), "id"},
		{"long", "/logins?user=" + strings.Repeat("a", 8<<10), "-"},
	}
	s, c := newScene(t), newContract(t)
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			got := s.ask(t, "admin", http.MethodGet, api.Base+test.target, "", nil)
			want := []string{test.at}
			if test.at == "-" {
				want = nil
			}
			if diff := cmp.Diff(want, places(got)); got.status != 400 || diff != "" {
				t.Errorf("%d %s\n%s", got.status, got.text, diff)
			}
			if asked := s.desk.last(); len(asked) > 0 {
				t.Errorf("the server is asked: %+v", asked)
			}
			path := strings.ReplaceAll(strings.Split(api.Base+test.target, "?")[0], "%2F", "") // which the judge takes for a part of the path
			if err := c.answer(t, http.MethodGet, path, "", got); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestDocumentRefusesWhatTheServerRefuses: a client that checks by the document is told the same of most faults.
func TestDocumentRefusesWhatTheServerRefuses(t *testing.T) {
	c := newContract(t)
	for target, body := range map[string]string{
		"/reload": `{}`, "/blocks": `{"user":"a","address":"192.0.2.1","reason":"a"}`, "/blocks/lift": `{"reason":"a"}`, "/explain": `{"user":"a","client":"b","x":1}`,
		"/rehearsals": `{"cloud":"real","user":"a","client":"b","reason":"a"}`, "/clients/a/enforce": `{"reason":"a","force":"yes"}`, "/people/release": `{"user":"","lockouts":true,"reason":"a"}`,
	} {
		if c.request(t, http.MethodPost, api.Base+target, body) == nil {
			t.Errorf("POST %s %s is no finding", target, body)
		}
	}
	for _, target := range []string{"/logins?limit=201", "/logins?verdict=maybe", "/incidents?severity=worst", "/logins/a%20b"} {
		if c.request(t, http.MethodGet, api.Base+target, "") == nil {
			t.Errorf("GET %s is no finding", target)
		}
	}
}

// hostile asks for what fuzzing made, and looks that the answer is one, that no fault of ours is among them, and what reaches the server.
func hostile(t *testing.T, s *scene, method, target, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, "http://window/", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if req.URL, err = req.URL.Parse(target); err != nil || req.URL.Host != "window" || !strings.HasPrefix(req.URL.Path, api.Base+"/") {
		return // it is not asked here
	}
	req.Header.Set("Authorization", "Bearer admin")
	req.Header.Set("Content-Type", "application/json")
	got := understood(t, direct(s, req))
	if got.status >= 500 {
		t.Errorf("%s %q %q: %d %s", method, target, body, got.status, got.text)
	}
	kind := got.header.Get("Content-Type")
	if kind != "application/json" && kind != "application/problem+json" && (got.status < 300 || got.status > 399) || got.status < 300 && !json.Valid([]byte(got.text)) {
		t.Errorf("%s %q: %d %s %q", method, target, got.status, kind, got.text)
	}
	for _, a := range s.desk.last() {
		if !proper(t, a.in) {
			t.Errorf("%s %q %q asks for %s", method, target, body, a.in)
		}
	}
}

// proper reports a JSON text in which every text can be shown.
func proper(t *testing.T, in string) bool {
	t.Helper()
	var members map[string]any
	if err := json.Unmarshal([]byte(in), &members); err != nil {
		t.Fatal(err)
	}
	for _, m := range members {
		text, _ := m.(string)
		if !utf8.ValidString(text) || len(text) > 500 || strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) || r == unicode.ReplacementChar }) {
			return false
		}
	}
	return true
}

func FuzzQuery(f *testing.F) {
	for _, query := range []string{"", "user=a&limit=5", "since=2026-01-31T08:00:00Z&verdict=reject", "user=%ff", "user=a&user=b", "%", "a;b", "limit=-1&before=99999999999999999999"} {
		f.Add(uint8(0), query)
		f.Add(uint8(1), query)
		f.Add(uint8(2), query)
	}
	s, paths := quiet(), []string{"/logins", "/sessions", "/incidents", "/now"}
	f.Fuzz(func(t *testing.T, which uint8, query string) {
		hostile(t, s, http.MethodGet, api.Base+paths[int(which)%len(paths)]+"?"+query, "")
	})
}

func FuzzPath(f *testing.F) {
	for _, path := range []string{"logins/abc", "incidents/%00", "logins/a%2fb", "incidents/..%2f..", "rehearsals/\u202e", "//", "logins/%ff", "../../etc"} {
		f.Add(path)
	}
	s := quiet()
	f.Fuzz(func(t *testing.T, path string) { hostile(t, s, http.MethodGet, api.Base+"/"+path, "") })
}

func FuzzBody(f *testing.F) {
	for i, body := range []string{`{"reason":"a"}`, `{"user":"a","reason":"b"}`, `{"reason":"\ud800"}`, `[[[[`, `{"a":{"b":[1]}}`, `{"reason":"a","reason":"b"}`, "{\"user\":\"\xff\"}", `{"address":"::1","for":"1h","reason":"x"}`, `nul`} {
		for at := range 9 {
			f.Add(uint8(at+i), body)
		}
	}
	s := quiet()
	posts := slices.DeleteFunc(api.Routes(), func(r api.Route) bool { return r.Method != http.MethodPost })
	f.Fuzz(func(t *testing.T, which uint8, body string) {
		hostile(t, s, http.MethodPost, posts[int(which)%len(posts)].Target, body)
	})
}
