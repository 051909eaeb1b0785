package forget

import (
	"bytes"
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ivalt-radius/audit"
	"ivalt-radius/audit/chain"
	"ivalt-radius/audit/query"
)

func epoch() time.Time { return time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC) }

// lineOf is a line of the trail without its newline; salt is what the trail puts behind the fields.
func lineOf(e audit.Event, salt string) []byte {
	fields := e.AppendFields(nil)
	if salt != "" {
		fields = append(fields, `,"salt":"`+salt+`"`...)
	}
	line, _ := chain.AppendLine(nil, epoch(), 7, e.EventType(), fields, chain.DigestOf([]byte("before")))
	return bytes.TrimSuffix(line, []byte("\n"))
}

const (
	pseudonym = "forgotten-0123456789abcdef"
	salt      = "00112233445566778899aabbccddeeff"
)

func login(user string) audit.Attempt {
	return audit.Attempt{
		Attempt: "a1", Client: "office", NAS: "gw", User: user, CallingStation: "203.0.113.7", Decision: "require_push", Rule: "staff",
		Factors: []string{"push"}, Verdict: "accept", Reason: "approved", Mobile: "*****67", Exchanges: 1, Detail: "after 2 polls",
	}
}

// TestGolden: what becomes of a line of each type, in testdata/golden.
func TestGolden(t *testing.T) {
	var got strings.Builder
	for _, e := range []audit.Event{
		login("alice"), login("bob"),
		audit.Security{Event: "collision", Attempt: "a1", Client: "office", User: "alice", CallingStation: "203.0.113.7", Detail: "two"},
		audit.Accounting{Client: "office", NAS: "gw", User: "alice", CallingStation: "203.0.113.7", Status: "stop", Session: "s1", FramedIP: "10.0.0.1"},
		audit.Action{Action: "block", Actor: "uid=0 pid=1", Target: "alice"},
		audit.Access{Action: "export", Actor: "uid=0 pid=1", Filter: query.Filter{User: "alice", Client: "office"}.String()},
		audit.Access{Action: "export", Actor: "uid=0 pid=1", Filter: query.Filter{Client: `--user "alice"`}.String()},
		audit.System{Event: "started", Detail: "alice"},
		audit.Forgotten{Actor: "uid=0 pid=1", Pseudonym: "alice"},
	} {
		line, ok := Line(lineOf(e, salt), "alice", pseudonym)
		if !ok {
			line = []byte("stays: " + string(lineOf(e, salt)))
		}
		got.Write(append(line, '\n'))
	}
	const golden = "testdata/golden"
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(golden, []byte(got.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if diff := cmp.Diff(string(want), got.String()); err != nil || diff != "" {
		t.Error(err, diff)
	}
}

// TestNamesThatImitate: neither members in a name nor the word of a pseudonym mislead.
func TestNamesThatImitate(t *testing.T) {
	for name, c := range map[string]struct {
		written, forget string
		ok              bool
	}{
		"members in a name":            {`x","user":"alice`, "alice", false},
		"a line's end in a name":       {`x","prev":"` + strings.Repeat("0", 64) + `","hash":"` + strings.Repeat("0", 64) + `"}`, "x", false},
		"such a name itself":           {`x","user":"alice`, `x","user":"alice`, true},
		"a longer name":                {"alice2", "alice", false},
		"a shorter one":                {"alic", "alice", false},
		"another case":                 {"Alice", "alice", false},
		"a name with a backslash":      {`corp\alice`, `corp\alice`, true},
		"that ends with one":           {`alice\`, `alice\`, true},
		"braces":                       {`{"a":[1,{`, `{"a":[1,{`, true},
		"a name like a pseudonym":      {pseudonym, "alice", false},
		"forgetting such a name":       {pseudonym, pseudonym, true},
		"hidden characters":            {"a\u202eb", "a\u202eb", true},
		"a name of another script":     {"日本", "日本", true},
		"no name at all":               {"", "", false},
		"a filter's words in a name":   {`--user "alice"`, "alice", false},
		"a colon, a comma, an emoji 😀": {"a:b,c😀", "a:b,c😀", true},
	} {
		t.Run(name, func(t *testing.T) {
			line := lineOf(login(c.written), salt)
			out, ok := Line(line, c.forget, "forgotten-fedcba9876543210")
			if ok != c.ok {
				t.Fatalf("%v: %s", ok, out)
			}
			if !ok {
				return
			}
			want, _ := query.Parse(line)
			got, err := query.Parse(out)
			if err != nil || got.User != "forgotten-fedcba9876543210" || got.Mobile+got.CallingStation != "" || got.Hash != want.Hash || got.Detail != want.Detail {
				t.Errorf("%v %+v", err, got)
			}
		})
	}
}

func TestPseudonyms(t *testing.T) {
	a, b := NewPseudonym(), NewPseudonym()
	if form := regexp.MustCompile(`^forgotten-[0-9a-f]{16}$`); a == b || !form.MatchString(a) {
		t.Error(a, b)
	}
}

// personal are the members that may differ.
func personal(name string) bool {
	return slices.Contains([]string{userMember, targetMember, saltMember}, name) || emptied(name)
}

// TestOnlyPersonalMembersChange: whatever the fields hold, all other bytes stay, and the line is one line of valid JSON whose prev and
// hash are those that it had.
func TestOnlyPersonalMembersChange(t *testing.T) {
	odd := rapid.Custom(func(t *rapid.T) string {
		evil := rapid.SampledFrom([]string{"", "\n", `"`, `\`, `","user":"`, `","hash":"`, "\u2028", "\x00", "\xff", `"}`, `{[`, "alice", pseudonym}).Draw(t, "evil")
		return rapid.String().Draw(t, "before") + evil + rapid.String().Draw(t, "behind")
	})
	rapid.Check(t, func(t *rapid.T) {
		user := odd.Draw(t, "user")
		if user == "" {
			return
		}
		user = string([]rune(user)) // octets that are no UTF-8 are written as U+FFFD
		e := []audit.Event{
			audit.Attempt{User: user, NAS: odd.Draw(t, "nas"), Factors: []string{odd.Draw(t, "factor")}, Mobile: odd.Draw(t, "mobile"), Detail: odd.Draw(t, "detail")},
			audit.Security{User: user, Event: odd.Draw(t, "event"), CallingStation: odd.Draw(t, "station"), Detail: odd.Draw(t, "detail")},
			audit.Accounting{User: user, Session: odd.Draw(t, "session"), FramedIP: odd.Draw(t, "ip"), NAS: odd.Draw(t, "nas")},
			audit.Action{Action: "block", Target: user, Detail: odd.Draw(t, "detail")},
		}[rapid.IntRange(0, 3).Draw(t, "kind")]
		line := lineOf(e, salt)
		out, ok := Line(line, user, pseudonym)
		if !ok || !json.Valid(out) || bytes.ContainsAny(out, "\n\r") {
			t.Fatalf("%v: %s", ok, out)
		}
		before, after := membersOf(line), membersOf(out)
		if len(before) != len(after) {
			t.Fatalf("%d members became %d", len(before), len(after))
		}
		for i, m := range before {
			was, is := line[m.from:m.to], out[after[i].from:after[i].to]
			if m.name != after[i].name || !personal(m.name) && !bytes.Equal(was, is) {
				t.Fatalf("%s: %s became %s", m.name, was, is)
			}
			if value := string(is); personal(m.name) && value != `""` && value != `"`+pseudonym+`"` {
				t.Fatalf("%s is %s", m.name, value)
			}
		}
		if _, again := Line(out, user, pseudonym); again && user != pseudonym {
			t.Fatalf("still names the user: %s", out)
		}
		was, _ := chain.Parse(line)
		is, err := chain.Parse(out)
		if err != nil || is.Prev != was.Prev || is.Hash != was.Hash || is.Seq != was.Seq || is.Sound && !bytes.Equal(line, out) {
			t.Fatalf("%v %+v", err, is)
		}
	})
}

// FuzzLine: whatever is no line of the trail stays, and what is rewritten is one line of it.
func FuzzLine(f *testing.F) {
	f.Add(lineOf(login("alice"), salt), "alice")
	f.Add(lineOf(audit.Action{Target: "alice"}, ""), "alice")
	f.Add([]byte(`{"time":"`), "x")
	f.Add(lineOf(login(`a","user":"b`), salt), "b")
	f.Fuzz(func(t *testing.T, line []byte, user string) {
		out, ok := Line(line, user, pseudonym)
		if !ok {
			return
		}
		was, err := chain.Parse(line)
		if err != nil {
			t.Fatalf("rewritten, but %v", err)
		}
		is, err := chain.Parse(out)
		if err != nil || is.Prev != was.Prev || is.Hash != was.Hash || is.Seq != was.Seq || is.Type != was.Type || is.Time != was.Time {
			t.Fatalf("%v: %q became %q", err, line, out)
		}
	})
}
