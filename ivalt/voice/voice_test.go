package voice

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/sirupsen/logrus"

	"ivalt-radius/audit"
	"ivalt-radius/auth"
	"ivalt-radius/ivalt/gateway"
	"ivalt-radius/state/cluster"
)

// trail keeps what is noted.
type trail struct{ events []audit.Event }

func (*trail) Commit(context.Context, audit.Event) error { return nil }
func (r *trail) Note(e audit.Event)                      { r.events = append(r.events, e) }

// stage is a voice with a clock that the test sets.
type stage struct {
	*Voice
	trail trail
	log   bytes.Buffer
	now   time.Duration
}

func newStage(level logrus.Level) *stage {
	s := &stage{}
	l := logrus.New()
	l.SetOutput(&s.log)
	l.SetLevel(level)
	s.Voice = New(&s.trail, l, Hooks{Now: func() time.Duration { return s.now }, Say: func(say func()) { say() }})
	return s
}

// said is how many lines and events there are since it was last asked, and the lines.
func (s *stage) said() (lines, events int, text string) {
	text = s.log.String()
	lines, events = strings.Count(text, "\n"), len(s.trail.events)
	s.log.Reset()
	s.trail.events = nil
	return lines, events, text
}

func (s *stage) expect(t *testing.T, what string, lines, events int, words ...string) {
	t.Helper()
	kept, err := json.Marshal(s.trail.events)
	if err != nil {
		t.Fatal(err)
	}
	gotLines, gotEvents, text := s.said()
	if gotLines != lines || gotEvents != events {
		t.Errorf("%s: %d lines and %d events, want %d and %d: %s", what, gotLines, gotEvents, lines, events, text)
	}
	for _, word := range words {
		if !strings.Contains(text+string(kept), word) {
			t.Errorf("%s does not say %q: %s %s", what, word, text, kept)
		}
	}
}

// TestOnceInAWhile: what repeats itself is said once a minute, and anew once the settings have changed.
func TestOnceInAWhile(t *testing.T) {
	for name, c := range map[string]struct {
		say    func(*stage)
		events int
	}{
		"alarm":  {func(s *stage) { s.Alarm(gateway.Pushes) }, 1},
		"drift":  {func(s *stage) { s.Drift("a", "poll") }, 0},
		"outage": {func(s *stage) { s.Outage("ivalt.example", gateway.Result{Why: gateway.ProxyRefused, Cause: "refused"}) }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(logrus.InfoLevel)
			c.say(s)
			s.expect(t, "the first", 1, c.events)
			s.now = Quiet - 1
			c.say(s)
			s.expect(t, "the second", 0, 0)
			s.now = Quiet
			c.say(s)
			s.expect(t, "a minute later", 1, c.events)
		})
	}
	s := newStage(logrus.InfoLevel)
	s.Alarm(gateway.Pushes)
	s.Alarm(gateway.Results)
	s.expect(t, "two endpoints", 2, 2, "push endpoint", "ivalt_misconfigured")
	s.Reset()
	s.Alarm(gateway.Pushes)
	s.expect(t, "behind a reload", 1, 1)
}

// TestOutages: each kind is counted, and its end is said once.
func TestOutages(t *testing.T) {
	s := newStage(logrus.InfoLevel)
	s.Outage("ivalt.example", gateway.Result{Why: gateway.Answered})
	s.Outage("ivalt.example", gateway.Result{Why: gateway.GivenUp})
	s.expect(t, "nothing is wrong", 0, 0)
	s.Outage("ivalt.example", gateway.Result{Why: gateway.ProxyRefused, Cause: "refused"})
	s.Outage("ivalt.example", gateway.Result{Why: gateway.Late})
	s.expect(t, "two kinds", 2, 0, "ivalt.example", "refused")
	s.Outage("ivalt.example", gateway.Result{Why: gateway.Answered})
	s.Outage("ivalt.example", gateway.Result{Why: gateway.Answered})
	s.expect(t, "it answers again", 1, 0, "answers again")
}

// TestEvents: who, at which client, from where, and no more.
func TestEvents(t *testing.T) {
	user, err := auth.ParseUsername("alice")
	if err != nil {
		t.Fatal(err)
	}
	p := &auth.Push{Attempt: "attempt-1", Client: "vpn", User: user, CallingStation: "192.0.2.1"}
	for name, c := range map[string]struct {
		say   func(*stage)
		words []string
	}{
		"odd answer":       {func(s *stage) { s.Violation(p, "poll", gateway.Result{Violation: gateway.NotJSON}) }, []string{"odd_answer", "poll"}},
		"both are denied":  {func(s *stage) { s.Collision(p, "attempt-2", cluster.DenyBoth) }, []string{"collision", "attempt-2; both are denied"}},
		"the first stays":  {func(s *stage) { s.Collision(p, "attempt-2", cluster.KeepFirst) }, []string{"collision", "attempt-2; it goes on"}},
		"of another node":  {func(s *stage) { s.Outbid(p) }, []string{"collision", "another login asked"}},
		"a stale approval": {func(s *stage) { s.Stale(p) }, []string{"stale_approval"}},
		"a late one":       {func(s *stage) { s.Late(p, "too late by far") }, []string{"late_approval", "too late by far"}},
	} {
		s := newStage(logrus.InfoLevel)
		c.say(s)
		s.expect(t, name, 0, 1, append(c.words, "attempt-1", "vpn", "alice", "192.0.2.1")...)
	}
	s := newStage(logrus.InfoLevel)
	s.Violation(p, "poll", gateway.Result{})
	s.expect(t, "a sound answer", 0, 0)
	s.Opened(gateway.Pushes, gateway.Result{Why: gateway.Late, Cause: "slow"})
	s.Mended(gateway.Pushes)
	s.Skew(-90 * time.Second)
	s.expect(t, "the service", 3, 3, "ivalt_unavailable", "ivalt_available", "clock_skew", "-90", "-1m30s")
}

// TestCalls: each call is in the trail, and in the log where that is wanted; a mobile is masked there.
func TestCalls(t *testing.T) {
	number, err := auth.ParseMobile("+919876543210")
	if err != nil {
		t.Fatal(err)
	}
	for level, lines := range map[logrus.Level]int{logrus.InfoLevel: 0, logrus.DebugLevel: 2} {
		s := newStage(level)
		s.Call("attempt-1", "poll", number, gateway.Result{Status: 200})
		s.Probed(gateway.Results, gateway.Result{Status: 503})
		if strings.Contains(s.log.String(), "98765432") {
			t.Error("a mobile is in the log")
		}
		s.expect(t, level.String(), lines, 2, "attempt-1", "poll", "probe")
	}
	entry := logrus.NewEntry(logrus.New())
	if v := New(&trail{}, entry, Hooks{}); v.debug() {
		t.Error("an entry's level is not asked")
	}
}
