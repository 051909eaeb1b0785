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
	if len(defaults().Thresholds) != rule.Count {
		t.Fatalf("%d defaults of %d rules", len(defaults().Thresholds), rule.Count)
	}
	for _, d := range rule.Rules() {
		t.Run(string(d.Rule), func(t *testing.T) {
			raised, missed := 0, 0
			for _, c := range streams(t, d.Rule) {
				if len(c.Raises) > 0 {
					raised++
				} else {
					missed++
				}
				t.Run(c.Case, func(t *testing.T) { c.play(t, d.Rule) })
			}
			if raised == 0 || missed < raised {
				t.Errorf("%d streams raise it, %d are near misses", raised, missed)
			}
		})
	}
}

// play shows a stream at its own pace, and looks what it raises.
func (c stream) play(t *testing.T, r guard.Rule) {
	t.Helper()
	s := newStage(defaults())
	for i, l := range c.lines {
		if i > 0 {
			s.pass(l.Time.Sub(c.lines[i-1].Time))
		}
		s.shows(t, l)
	}
	if got := s.of(r); !slices.Equal(got, c.Raises) {
		t.Errorf("raised %q, want %q", got, c.Raises)
	}
	if near := strings.HasPrefix(c.Case, "near: "); near != (len(c.Raises) == 0) {
		t.Errorf("a case called %q raises %q", c.Case, c.Raises)
	}
}
