package watch

import (
	"bufio"
	"encoding/json"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ivalt-radius/audit"
	"ivalt-radius/guard"
	"ivalt-radius/guard/watch/rule"
)

// recorded is a line of testdata: the head of a case, or a record as the trail has it.
type recorded struct {
	Case   string   `json:"case"`
	Raises []string `json:"raises"`

	Time     time.Time `json:"time"`
	Type     string    `json:"type"`
	Event    string    `json:"event"`
	Client   string    `json:"client"`
	User     string    `json:"user"`
	Station  string    `json:"calling_station"`
	Decision string    `json:"decision"`
	Factors  []string  `json:"factors"`
	Verdict  string    `json:"verdict"`
	Reason   string    `json:"reason"`
	Call     string    `json:"call"`
	Class    string    `json:"class"`
	Status   int       `json:"status"`
	Duration int       `json:"duration_ms"`
	Cause    string    `json:"cause"`
	Address  string    `json:"address"`
}

// stream is a case with its records.
type stream struct {
	recorded

	lines []recorded
}

func streams(t *testing.T, r guard.Rule) []stream {
	t.Helper()
	file, err := os.Open(filepath.Join("testdata", string(r)+".jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	var all []stream
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var l recorded
		decoder := json.NewDecoder(strings.NewReader(lines.Text()))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&l); err != nil {
			t.Fatalf("%s: %v", lines.Text(), err)
		}
		if l.Case != "" {
			all = append(all, stream{recorded: l})
			continue
		}
		all[len(all)-1].lines = append(all[len(all)-1].lines, l)
	}
	return all
}

// shows shows a record to the watch.
func (s *stage) shows(t *testing.T, l recorded) {
	t.Helper()
	switch l.Type {
	case "authentication_attempt":
		s.sees(audit.Attempt{
			Client: l.Client, User: l.User, CallingStation: l.Station, Decision: l.Decision, Factors: l.Factors, Verdict: l.Verdict, Reason: l.Reason,
		})
	case "api_request":
		s.sees(&audit.APICall{Call: l.Call, Class: l.Class, Status: l.Status, Duration: time.Duration(l.Duration) * time.Millisecond})
	case "security_event":
		s.sees(audit.Security{Event: l.Event, Client: l.Client, User: l.User, CallingStation: l.Station})
	case "system_event":
		s.sees(audit.System{Event: l.Event})
	case "dropped_packet":
		s.Dropped(l.Cause, l.Client, netip.MustParseAddr(l.Address))
		s.work()
	default:
		t.Fatalf("a record of type %q", l.Type)
	}
}

// TestRecordedStreams plays each rule's streams: those that must raise it, with severity, count and subject, and the near misses.
func TestRecordedStreams(t *testing.T) {
	for _, d := range rule.Rules() {
		t.Run(string(d.Rule), func(t *testing.T) {
			raised, missed := 0, 0
			for _, c := range streams(t, d.Rule) {
				if len(c.Raises) > 0 {
					raised++
				} else {
					missed++
				}
				t.Run(c.Case, func(t *testing.T) {
					s := newStage(defaults())
					for i, l := range c.lines {
						if i > 0 {
							s.pass(l.Time.Sub(c.lines[i-1].Time))
						}
						s.shows(t, l)
					}
					if got := s.of(d.Rule); !slices.Equal(got, c.Raises) {
						t.Errorf("raised %q, want %q", got, c.Raises)
					}
					near := strings.HasPrefix(c.Case, "near: ")
					if near != (len(c.Raises) == 0) {
						t.Errorf("a case called %q raises %q", c.Case, c.Raises)
					}
				})
			}
			if raised == 0 || missed == 0 || missed < raised {
				t.Errorf("%d streams raise it, %d are near misses", raised, missed)
			}
		})
	}
}

// TestEveryRuleIsBuilt: each word of the room's rules has a description, in the same order, with all its parts.
func TestEveryRuleIsBuilt(t *testing.T) {
	all := rule.Rules()
	if len(all) != rule.Count || len(defaults().Thresholds) != rule.Count {
		t.Fatalf("%d rules, want %d; %d defaults", len(all), rule.Count, len(defaults().Thresholds))
	}
	for i, d := range all {
		if rule.IndexOf(d.Rule) != i {
			t.Errorf("%s is at %d, IndexOf says %d", d.Rule, i, rule.IndexOf(d.Rule))
		}
		for what, text := range map[string]string{"counts": d.Counts, "against": d.Against, "means": d.Means, "look": d.Look, "do": d.Do} {
			if text == "" {
				t.Errorf("%s: no %q", d.Rule, what)
			}
		}
		if len(d.Steps) == 0 || d.Steps[0].From != 1 {
			t.Errorf("%s: the steps %v do not begin with 1", d.Rule, d.Steps)
		}
		for n := 1; n < len(d.Steps); n++ {
			if d.Steps[n].From <= d.Steps[n-1].From || d.Steps[n].Severity <= d.Steps[n-1].Severity {
				t.Errorf("%s: the steps %v do not grow", d.Rule, d.Steps)
			}
		}
	}
}

// TestSeverityByCount is the guide's table, and that of its gaps.
func TestSeverityByCount(t *testing.T) {
	const l, m, h, c = guard.Low, guard.Medium, guard.High, guard.Critical
	for _, want := range []struct {
		rule   guard.Rule
		counts map[int]guard.Severity
	}{
		{guard.BruteForce, map[int]guard.Severity{1: m, 5: m, 10: m, 11: h, 20: h, 21: c, 5000: c}},
		{guard.PasswordSpray, map[int]guard.Severity{5: h, 20: h, 21: c}},
		{guard.APIAbuse, map[int]guard.Severity{3: m, 10: m, 11: h, 1000: h}},
		{guard.SuspiciousSource, map[int]guard.Severity{1: l, 10: l, 11: m, 1000: m}},
		{guard.PushBombing, map[int]guard.Severity{3: m, 5: m, 6: h, 20: h, 21: c}},
		{guard.BombedApproval, map[int]guard.Severity{1: c, 2: c, 9: c}},
		{guard.PushRefused, map[int]guard.Severity{1: h, 5: h, 6: c}},
		{guard.Collisions, map[int]guard.Severity{1: l, 2: l, 3: m, 5: m, 6: h}},
		{guard.UnknownClient, map[int]guard.Severity{10: l, 1000: l, 1001: m}},
		{guard.SpoofedClient, map[int]guard.Severity{3: h, 3000: h}},
		{guard.MessageAuthenticator, map[int]guard.Severity{5: m, 100: m, 101: h}},
		{guard.GeofenceProbing, map[int]guard.Severity{3: m, 10: m, 11: h}},
		{guard.TimeProbing, map[int]guard.Severity{3: l, 10: l, 11: m}},
		{guard.ClockJump, map[int]guard.Severity{1: m, 3: m, 4: h}},
		{guard.TrailTampered, map[int]guard.Severity{1: c}},
		{guard.FailedLogins, map[int]guard.Severity{10: h, 1000: h}},
		{guard.APIErrors, map[int]guard.Severity{5: m, 1000: m}},
		{guard.APISlow, map[int]guard.Severity{10: m, 1000: m}},
	} {
		for count, severity := range want.counts {
			if got := descriptionOf(t, want.rule).SeverityOf(count); got != severity {
				t.Errorf("%s with %d is %s, want %s", want.rule, count, got, severity)
			}
		}
	}
}
