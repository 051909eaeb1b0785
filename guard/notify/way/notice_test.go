package way

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"ivalt-radius/guard"
)

// TestPlain: whatever came from the network, each text is one line that shows all it has, of a bounded length.
func TestPlain(t *testing.T) {
	for _, n := range append(many(1), nasty(), sample(), Notice{}.Plain()) {
		for _, text := range append([]string{n.ID, n.Incident, string(n.Rule), n.Subject, n.Summary, n.Do, n.Runbook}, n.Steps...) {
			if !utf8.ValidString(text) || utf8.RuneCountInString(text) > 6*longestText+1 ||
				strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) && r != utf8.RuneError }) {
				t.Errorf("%q", text)
			}
		}
		if n.Severity > guard.Critical || n.Count < 0 || n.Steps == nil {
			t.Errorf("%+v", n)
		}
		if len(document([]Notice{n})) > 64<<10 {
			t.Errorf("%d octets", len(document([]Notice{n})))
		}
	}
}

// TestNothingPersonal: free texts lose addresses of people, mobiles and keys; the names of the subject are evidence.
func TestNothingPersonal(t *testing.T) {
	const all = "canary.person@mail.example +4917012399881 Zq3vT8mKx1Lw9RbY5cHd2NfG6sJp4UaE7b"
	n := Notice{Summary: all, Do: all, Steps: []string{all}, Subject: "user alice@corp.example"}.Plain()
	for _, text := range []string{n.Summary, n.Do, n.Steps[0]} {
		if noCanary(t, text); strings.Contains(text, "12399") || strings.Contains(text, "Zq3v") {
			t.Errorf("%q", text)
		}
	}
	if n.Subject != "user alice@corp.example" {
		t.Errorf("%q", n.Subject)
	}
}

func TestPlainKeepsSteps(t *testing.T) {
	n := Notice{Steps: make([]string, 100)}.Plain()
	if len(n.Steps) != mostSteps {
		t.Errorf("%d steps", len(n.Steps))
	}
	if again := n.Plain(); string(document([]Notice{again})) != string(document([]Notice{n})) {
		t.Error("a second time is not the same")
	}
}

func TestDocument(t *testing.T) {
	const want = `{"version":1,"notices":[{"id":"20261126-k7m3.2","incident":"20261126-k7m3","rule":"brute_force","severity":"high",` +
		`"subject":"user alice, address 192.0.2.7","summary":"12 wrong passwords within 5m","count":12,"time":"2026-11-26T03:04:05Z",` +
		`"steps":["would block address 192.0.2.7 for 1h"],"do":"Ask alice whether it was her.","runbook":"docs/operations.md#brute_force"}]}`
	if got := string(document([]Notice{sample()})); got != want {
		t.Errorf("%s", got)
	}
	if got := document([]Notice{{Time: time.Date(20000, 1, 1, 0, 0, 0, 0, time.UTC)}}); !json.Valid(got) {
		t.Errorf("%s", got)
	}
	if headline(nil) == "" || worst([]Notice{{ID: "a"}, {ID: "b", Severity: guard.High}, {ID: "c"}}).ID != "b" {
		t.Error("the worst")
	}
}

func FuzzPlain(f *testing.F) {
	f.Add(hostile)
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		n := Notice{ID: text, Subject: text, Summary: text, Do: text, Steps: []string{text}, Time: time.Unix(0, 0)}.Plain()
		if strings.ContainsAny(n.Subject+n.Summary+n.Steps[0], "\r\n\x00") || !json.Valid(document([]Notice{n})) {
			t.Errorf("%+v", n)
		}
		if chat := chatText([]Notice{n}); strings.ContainsAny(chat, "<>@") || len(chat) > longestChat {
			t.Errorf("%q", chat)
		}
		if s := subject(text); strings.Contains(strings.ReplaceAll(s, "?=\n =?", ""), "\n") || strings.ContainsAny(s, "\r\x00") {
			t.Errorf("%q", s)
		}
	})
}
