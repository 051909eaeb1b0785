package explaining

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"ivalt-radius/admin/view"
	"ivalt-radius/audit"
	"ivalt-radius/auth"
	"ivalt-radius/cmd/ivalt-radius/control"
	"ivalt-radius/config"
	"ivalt-radius/policy"
	"ivalt-radius/secret"
)

// kept is a trail that keeps what it is told.
type kept struct {
	events []audit.Event
	err    error
}

func (k *kept) Commit(_ context.Context, e audit.Event) error {
	k.events = append(k.events, e)
	return k.err
}

// inForce are rules by which mallory is denied, the night too, and all others are asked.
func inForce(t *testing.T, d auth.Directory) Rules {
	t.Helper()
	p, faults := policy.New(policy.Settings{Default: "require_push", Rules: []policy.RuleSettings{
		{Name: "never", Match: policy.MatchSettings{Users: []string{"mallory"}}, Decision: "deny"},
		{Name: "site", Match: policy.MatchSettings{Users: []string{"svc-*"}}, Only: policy.OnlySettings{Networks: []string{"203.0.113.0/24"}}, Decision: "exempt"},
	}}, policy.Known{Clients: []string{"vpn"}, Now: time.Now(), Canonical: func(n string) (string, error) { return n, nil }})
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	return Rules{Settings: &config.Settings{Clients: []config.Client{{Name: "vpn"}}}, Policy: p, Directory: d}
}

// TestAnswer: the running server says what the command prints, line by line, behind the evidence that somebody asked.
func TestAnswer(t *testing.T) {
	t.Parallel()
	bob := auth.Person{Email: secret.New("bob.smith@corp.example")}
	for name, c := range map[string]struct {
		in               view.Question
		person           auth.Person
		err              error
		decision, reason string
		says             string
		filter           string
	}{
		"pushed":     {view.Question{User: `CORP\Bob`, Client: "vpn"}, bob, nil, "require_push", "", "require_push", `--user "corp\\bob" --client "vpn"`},
		"denied":     {view.Question{User: "mallory", Client: "vpn"}, bob, nil, "deny", "policy_denied", "the rule denies", `--user "mallory" --client "vpn"`},
		"elsewhere":  {view.Question{User: "svc-x", Client: "vpn", CallingStation: "192.0.2.1"}, bob, nil, "deny", "network_denied", "only.networks does not hold", `--user "svc-x" --client "vpn" --calling-station "192.0.2.1"`},
		"exempt":     {view.Question{User: "svc-x", Client: "vpn", CallingStation: "203.0.113.9"}, bob, nil, "exempt", "", "203.0.113.9", `--user "svc-x" --client "vpn" --calling-station "203.0.113.9"`},
		"nobody":     {view.Question{User: "kim", Client: "vpn"}, auth.Person{}, nil, "deny", "unknown_user", "neither e-mail nor mobile is known", `--user "kim" --client "vpn"`},
		"no name":    {view.Question{User: "a\x1b[2J", Client: "vpn"}, bob, nil, "deny", "bad_request", `"a\x1b[2J"`, `--user "a\x1b[2J" --client "vpn"`},
		"unanswered": {view.Question{User: "kim", Client: "vpn"}, bob, errors.New("no server knows kim.smith@corp.example\x1b"), "deny", "unavailable", "asking the directory: no server", `--user "kim" --client "vpn"`},
		"at a time":  {view.Question{User: "kim", Client: "vpn", At: time.Date(2026, 12, 24, 18, 0, 0, 0, time.UTC)}, bob, nil, "require_push", "", "Thu 2026-12-24 18:00:00", `--user "kim" --client "vpn"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var trail kept
			mux := http.NewServeMux()
			rules := inForce(t, knows(c.person, c.err))
			Handle(mux, Running{Rules: func() Rules { return rules }, Trail: &trail})
			var got view.Explanation
			if err := control.Within(t.Context(), mux, "account=alice", view.PathExplain, c.in, &got); err != nil {
				t.Fatal(err)
			}
			var text strings.Builder
			for _, r := range got.Rows {
				text.WriteString(r.Name + ": " + r.Text + "\n")
				if r.Name == "" || strings.Contains(r.Name, "  ") {
					t.Errorf("a row %+v", r)
				}
			}
			if got.Decision != c.decision || got.Reason != c.reason || !strings.Contains(text.String(), c.says) {
				t.Errorf("%s, %s\n%s", got.Decision, got.Reason, text.String())
			}
			if strings.Contains(text.String(), ".smith") || strings.Contains(text.String(), "\x1b") {
				t.Errorf("unmasked:\n%s", text.String())
			}
			if len(trail.events) != 1 || trail.events[0] != (audit.Access{Action: "explain", Actor: "account=alice", Filter: c.filter}) {
				t.Errorf("recorded: %+v", trail.events)
			}
		})
	}
}

// TestRowsAreWhatIsPrinted: no line and no word is lost.
func TestRowsAreWhatIsPrinted(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	r := inForce(t, knows(auth.Person{Email: secret.New("a@b")}, nil))
	if _, err := r.explain(t.Context(), &out, "svc-x", policy.Facts{Client: "vpn", At: time.Now()}); err != nil {
		t.Fatal(err)
	}
	var said string
	for _, row := range rows(out.String()) {
		said += row.Name + " " + row.Text + " "
	}
	if got, want := strings.Fields(said), strings.Fields(out.String()); strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

// TestRefusals: what makes no sense is said, and nothing is told without evidence.
func TestRefusals(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		in    view.Question
		trail kept
		want  view.Refusal
	}{
		"no client":   {view.Question{User: "bob", Client: "x"}, kept{}, view.Refusal{Kind: view.Missing, Words: `--client: the settings have no client "x"`}},
		"no user":     {view.Question{Client: "vpn"}, kept{}, view.Refusal{Kind: view.Invalid, Words: "--user: name a login name of 1 to 1024 octets"}},
		"no address":  {view.Question{User: "bob", Client: "vpn", CallingStation: "home"}, kept{}, view.Refusal{Kind: view.Invalid, Words: `--calling-station: "home" is no IP address`}},
		"no evidence": {view.Question{User: "bob", Client: "vpn"}, kept{err: errors.New("disk full")}, view.Refusal{Kind: view.Unavailable, Words: "keeping the evidence: disk full"}},
	} {
		mux := http.NewServeMux()
		asked := false
		rules := inForce(t, auth.DirectoryFunc(func(context.Context, auth.Username) (auth.Person, error) {
			asked = true
			return auth.Person{}, nil
		}))
		Handle(mux, Running{Rules: func() Rules { return rules }, Trail: &c.trail})
		err := control.Within(t.Context(), mux, "a", view.PathExplain, c.in, nil)
		var refusal view.Refusal
		if !errors.As(err, &refusal) || refusal != c.want || asked {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzRows: whatever is printed, a row has a name, and is one line.
func FuzzRows(f *testing.F) {
	f.Add("name             \"bob\"\n\n  match.users     yes  x\n")
	f.Add("  \n\t\n a")
	f.Fuzz(func(t *testing.T, text string) {
		for _, r := range rows(text) {
			if r.Name == "" && r.Text == "" || strings.Contains(r.Name+r.Text, "\n") {
				t.Errorf("%q: %+v", text, r)
			}
		}
	})
}
