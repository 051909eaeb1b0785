package phrase

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"ivalt-radius/admin/view"
)

func TestReasons(t *testing.T) {
	all := Reasons()
	if !slices.Contains(all, "approved") || !slices.Contains(all, "shutting_down") {
		t.Fatalf("%v", all)
	}
	for _, word := range all {
		if text := Reason(word); text == "" || strings.Contains(text, "`") {
			t.Errorf("%s: %q", word, text)
		}
		if brief := Brief(word); len(brief) < 10 || strings.ContainsAny(brief, ";:") || strings.HasSuffix(brief, ".") {
			t.Errorf("%s: %q", word, brief)
		}
	}
	if Reason("whim") != "" || Brief("") != "" {
		t.Error("words for what is no reason")
	}
	if got := Verdicts(); !slices.Equal(got, []string{"accept", "reject", "challenge"}) {
		t.Errorf("%v", got)
	}
}

func TestStage(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range []view.Stage{
		view.StageChecking, view.StageChallenge, view.StageElsewhere, view.StageLookup, view.StageQueued, view.StagePushing, view.StageRinging, view.StageAnswering,
	} {
		text := Stage(s)
		if seen[text] || text == string(s) {
			t.Errorf("%s: %q", s, text)
		}
		seen[text] = true
	}
	if got := Stage("a\x1bb"); got != "a\ufffdb" {
		t.Errorf("%q", got)
	}
}

// TestPlain: nothing that cannot be seen stays, for it could change what can.
func TestPlain(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "Müller 1": "Müller 1", "a\u202eb\u2066": "a\ufffdb\ufffd", "a\nb\x1b[2J": "a\ufffdb\ufffd[2J", "a\xffb": "a\ufffdb", "\u200b": "\ufffd", "日本": "日本",
	} {
		if got := Plain(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	if Or("") != None || Or("x\x00") != "x\ufffd" {
		t.Error("Or")
	}
}

func TestPretty(t *testing.T) {
	for text, want := range map[string]string{
		`{"a":1}`: "{\n  \"a\": 1\n}", "{\"a\":\"\u202e\\u202e<\"}": "{\n  \"a\": \"\ufffd\\u202e<\"\n}", `{`: "{", "": "", "{\x1b": "{\ufffd",
	} {
		if got := Pretty(json.RawMessage(text)); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestNumbers(t *testing.T) {
	for n, want := range map[uint64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", 1<<64 - 1: "18,446,744,073,709,551,615"} {
		if got := Number(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
	for n, want := range map[int]string{-3: "0 logins", 0: "0 logins", 1: "1 login", 2: "2 logins", 12345: "12,345 logins"} {
		if got := Count(n, "login"); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
	if got := Percent(0.125); got != "12 %" {
		t.Error(got)
	}
	if got := When(time.Time{}); got != None {
		t.Error(got)
	}
	if got := When(time.Date(2026, 3, 4, 5, 6, 7, 8, time.FixedZone("", 3600))); got != "2026-03-04 04:06:07 UTC" {
		t.Error(got)
	}
}

func TestCoded(t *testing.T) {
	for text, want := range map[string][]Span{
		"":              nil,
		"plain":         {{"plain", false}},
		"see `a b`.":    {{"see ", false}, {"a b", true}, {".", false}},
		"`a``b` `open ": {{"a", true}, {"b", true}, {" ", false}, {"open ", true}},
	} {
		if got := Coded(text); !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

// TestAddresses: a name is one part of a path or one value of a query, whatever it has.
func TestAddresses(t *testing.T) {
	for name, want := range map[string]string{"a41": "/logins/a41/x", "../b?c#d": "/logins/..%2Fb%3Fc%23d/x", "": "/logins//x", "a b": "/logins/a%20b/x"} {
		if got := At("/logins/", name, "/x"); got != want {
			t.Errorf("%q: %s, want %s", name, got, want)
		}
	}
	for _, c := range []struct {
		pairs []string
		want  string
	}{
		{nil, "/people"},
		{[]string{"user", ""}, "/people"},
		{[]string{"user", "a&b=c#d", "address", "", "odd"}, "/people?user=a%26b%3Dc%23d"},
		{[]string{"user", "u", "address", "::1"}, "/people?address=%3A%3A1&user=u"},
	} {
		if got := Ask("/people", c.pairs...); got != c.want {
			t.Errorf("%q: %s, want %s", c.pairs, got, c.want)
		}
	}
}
