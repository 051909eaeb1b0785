package watch

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"

	"ivalt-radius/audit"
	"ivalt-radius/guard"
	"ivalt-radius/guard/watch/rule"
)

// TestAnAlertComesAgain when its severity grows, else once a minute with what came meanwhile, and nothing is lost at the end of it.
func TestAnAlertComesAgain(t *testing.T) {
	s := newStage(only(guard.BruteForce, Threshold{Count: 5, Window: 5 * time.Minute}))
	for range 9 {
		s.sees(wrong("anna", ""))
		s.pass(time.Second)
	}
	want := []string{"medium 5 user anna"}
	if got := s.of(guard.BruteForce); !slices.Equal(got, want) {
		t.Fatalf("after nine: %q, want %q", got, want)
	}
	s.pass(2 * time.Minute) // nothing more comes, and yet the four are told
	want = append(want, "medium 9 user anna")
	if got := s.of(guard.BruteForce); !slices.Equal(got, want) {
		t.Fatalf("after two minutes: %q, want %q", got, want)
	}
	if first, second := s.alerts[0], s.alerts[1]; len(first.Evidence) != 5 || len(second.Evidence) != 4 {
		t.Errorf("%d and %d lines of evidence", len(first.Evidence), len(second.Evidence))
	}
	s.pass(4 * time.Minute) // the window is over
	for range 4 {
		s.sees(wrong("anna", ""))
	}
	s.pass(2 * time.Minute)
	if got := s.of(guard.BruteForce); !slices.Equal(got, want) {
		t.Fatalf("four more, later: %q, want %q", got, want)
	}
	s.sees(wrong("anna", ""))
	if got := s.of(guard.BruteForce); len(got) != 3 || got[2] != "medium 5 user anna" {
		t.Fatalf("five more, later: %q", got)
	}
}

// TestAnAlertTellsWhen by the clock of the machine, and shows the trail's own fields.
func TestAnAlertTellsWhen(t *testing.T) {
	s := newStage(only(guard.PushRefused, Threshold{Count: 3, Window: time.Hour}))
	begin := s.now
	for range 3 {
		s.sees(audit.Attempt{
			Attempt: "a1", User: "anna", CallingStation: "203.0.113.7", Verdict: "reject", Reason: "push_denied", Mobile: "+15551234567", Detail: "said no to +15551234567",
		})
		s.pass(time.Minute)
	}
	if len(s.alerts) != 1 {
		t.Fatalf("%q", s.said())
	}
	a := s.alerts[0]
	if !a.First.Equal(begin) || !a.Last.Equal(begin.Add(2*time.Minute)) || a.Detail != "3 within 1h0m0s: pushes that the person refused" {
		t.Errorf("first %s, last %s, begin %s, detail %q", a.First, a.Last, begin, a.Detail)
	}
	var record struct{ Type, Attempt, User, Mobile, Reason string }
	for i, l := range a.Evidence {
		if err := json.Unmarshal(l.Record, &record); err != nil {
			t.Fatalf("%s: %v", l.Record, err)
		}
		if !l.Time.Equal(begin.Add(time.Duration(i)*time.Minute)) || record.Type != "authentication_attempt" || record.User != "anna" || record.Reason != "push_denied" {
			t.Errorf("%s %s", l.Time, l.Record)
		}
		if strings.Contains(string(l.Record), "1234567") {
			t.Errorf("a mobile: %s", l.Record)
		}
	}
	if len(a.Evidence) != 3 {
		t.Errorf("%d lines", len(a.Evidence))
	}
}

// TestADropIsEvidence too, in a form of its own, whatever its client is called.
func TestADropIsEvidence(t *testing.T) {
	s := newStage(only(guard.SpoofedClient, Threshold{Count: 1, Window: time.Minute}))
	s.throws(rule.Unsigned, "of\"fice", "::ffff:198.51.100.9")
	if len(s.alerts) != 1 || len(s.alerts[0].Evidence) != 1 {
		t.Fatalf("%+v", s.alerts)
	}
	want := `{"type":"dropped_packet","cause":"missing_message_authenticator","client":"of\"fice","address":"198.51.100.9"}`
	if got := string(s.alerts[0].Evidence[0].Record); got != want || s.alerts[0].Subject.Address != netip.MustParseAddr("198.51.100.9") {
		t.Errorf("got %s of %s, want %s", got, s.alerts[0].Subject, want)
	}
}

// TestASetClockChangesNothing: the wall clock jumps by a day between guesses, and none is forgotten or counted twice.
func TestASetClockChangesNothing(t *testing.T) {
	jump := func(t time.Time, seconds int64) time.Time {
		wall := (*uint64)(unsafe.Pointer(&t)) //nolint:gosec // the one way to have a clock that was set: package time keeps its monotonic reading apart
		*wall += uint64(seconds) << 30        //nolint:gosec // two's complement: it is to go back too
		return t
	}
	const day = 24 * 60 * 60
	for name, seconds := range map[string]int64{"forward": day, "back": -day} {
		t.Run(name, func(t *testing.T) {
			s := newStage(only(guard.BruteForce, Threshold{Count: 5, Window: 5 * time.Minute}))
			for i := range 5 {
				if i == 2 {
					before := s.now
					if s.now = jump(s.now, seconds); s.now.Sub(before) != 0 || s.now.Round(0).Sub(before.Round(0)) != time.Duration(seconds)*time.Second {
						t.Fatal("the test cannot set a clock")
					}
				}
				s.sees(wrong("anna", ""))
				s.pass(30 * time.Second)
			}
			if got := s.said(); !slices.Equal(got, []string{"brute_force medium 5 user anna"}) {
				t.Errorf("within the window: %q", got)
			}
			s = newStage(only(guard.BruteForce, Threshold{Count: 5, Window: 5 * time.Minute}))
			for i := range 5 {
				if i == 2 {
					s.now = jump(s.now, seconds)
				}
				s.sees(wrong("anna", ""))
				s.pass(80 * time.Second)
			}
			if got := s.said(); len(got) > 0 {
				t.Errorf("spread over more than the window: %q", got)
			}
		})
	}
}

// TestNothingIsKeptThatConcernsNobody: neither in the queue nor in the evidence.
func TestNothingIsKeptThatConcernsNobody(t *testing.T) {
	s := newStage(defaults())
	s.See(audit.Configuration{Event: "reloaded"})
	s.See(audit.Action{Action: "forget"})
	s.See(audit.Access{Action: "tail"})
	s.Dropped("malformed", "", netip.Addr{})
	if len(s.events.waiting)+len(s.drops.waiting) != 0 {
		t.Error("something waits")
	}
	for _, reason := range []string{"approved", "remembered", "exempt"} {
		s.sees(audit.Attempt{User: "anna", CallingStation: "203.0.113.7", Verdict: "accept", Reason: reason})
	}
	s.sees(audit.APICall{Class: "pending", Duration: time.Second})
	if n := s.detector.evidence.number; n != 0 {
		t.Errorf("%d events are kept", n)
	}
	if all := s.events.spare; len(all) > 0 {
		s.work()
		if s.events.waiting = s.events.waiting[:cap(s.events.waiting)]; slices.ContainsFunc(s.events.waiting, func(e seen) bool { return e.event != nil }) {
			t.Error("an event is kept in the room of the queue")
		}
	}
}

// TestAPanicEndsNoServer: the next event is looked at, and the log has no word of the event.
func TestAPanicEndsNoServer(t *testing.T) {
	s := newStage(defaults())
	s.See((*audit.Attempt)(nil))
	s.See(audit.Security{Event: "trail_broken"})
	s.See((*audit.Attempt)(nil))
	s.work()
	if got := s.said(); !slices.Equal(got, []string{"trail_tampered critical 1 the service"}) {
		t.Errorf("%q", got)
	}
	if n := strings.Count(s.log.String(), "panicked"); n != 1 {
		t.Errorf("the log has %d lines of it: %s", n, &s.log)
	}
}

// TestAdopt: thresholds change for what is counted already; 0 is never.
func TestAdopt(t *testing.T) {
	s := newStage(only(guard.BruteForce, Threshold{Count: 5, Window: time.Minute}))
	for range 4 {
		s.sees(wrong("anna", ""))
	}
	s.Adopt(only(guard.BruteForce, Threshold{Count: 4, Window: time.Minute}))
	s.sees(wrong("anna", ""))
	if got := s.said(); !slices.Equal(got, []string{"brute_force medium 5 user anna"}) {
		t.Fatalf("%q", got)
	}
	s.Adopt(Settings{})
	for range 100 {
		s.sees(wrong("anna", "203.0.113.7"))
		s.sees(&audit.APICall{Class: "failed", Duration: time.Hour})
		s.sees(audit.Security{Event: "trail_broken"})
	}
	if got := s.said(); len(got) != 1 {
		t.Errorf("all is off: %q", got)
	}
}

// TestTheShareOutlivesAReload: what failed within a minute is not held against what ended since the reload.
func TestTheShareOutlivesAReload(t *testing.T) {
	s := newStage(only(guard.FailedLogins, Threshold{Count: 10, Window: time.Minute}))
	login := func(verdict string) { s.sees(audit.Attempt{Verdict: verdict, Reason: "policy_denied"}) }
	for range 9 {
		login("reject")
	}
	for range 500 {
		login("accept")
	}
	for _, window := range []time.Duration{time.Minute, 2 * time.Minute} {
		s.Adopt(only(guard.FailedLogins, Threshold{Count: 10, Window: window}))
		login("reject")
		login("reject")
	}
	if got := s.said(); len(got) > 0 {
		t.Errorf("%q", got)
	}
}

func TestCheck(t *testing.T) {
	with := func(r guard.Rule, count int, window time.Duration) Settings {
		s := defaults()
		s.Thresholds[r] = Threshold{Count: count, Window: window}
		return s
	}
	slow := defaults()
	slow.SlowFrom = 0
	for name, c := range map[string]struct {
		settings Settings
		want     string // of the first fault; empty: none
	}{
		"the defaults":      {defaults(), ""},
		"nothing":           {Settings{}, ""},
		"off":               {with(guard.BruteForce, 0, 0), ""},
		"negative":          {with(guard.BruteForce, -1, time.Minute), "guard.detect.brute_force.count: is -1: "},
		"no window":         {with(guard.APIErrors, 3, 0), "guard.detect.api_errors.window: is 0s: "},
		"a short window":    {with(guard.APIErrors, 3, time.Second-1), "guard.detect.api_errors.window: "},
		"the most people":   {with(guard.PasswordSpray, mostPeople, time.Minute), ""},
		"too many people":   {with(guard.PasswordSpray, mostPeople+1, time.Minute), "guard.detect.password_spray.count: is 1001: "},
		"no rule":           {with("brute", 1, time.Minute), "guard.detect.brute: "},
		"everything slow":   {slow, "guard.detect.api_slow_from: is 0s: "},
		"nobody looks":      {with(guard.TrailTampered, 0, time.Minute), "guard.detect.trail_tampered.count: is 0: "},
		"a large threshold": {with(guard.FailedLogins, 10_000_000, time.Minute), ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := ""
			if faults := c.settings.Check(); len(faults) > 0 {
				got = faults[0].String()
			}
			if (c.want == "") != (got == "") || !strings.HasPrefix(got, c.want) {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// TestALargeThresholdIsReached though not each event is remembered by itself.
func TestALargeThresholdIsReached(t *testing.T) {
	for r, count := range map[guard.Rule]int{guard.BruteForce: 5_000, guard.PasswordSpray: mostPeople} {
		s := newStage(only(r, Threshold{Count: count, Window: time.Minute}))
		for i := range count - 1 {
			s.sees(wrong(fmt.Sprintf("u%d", i), "203.0.113.7"))
		}
		if len(s.alerts) != 0 {
			t.Errorf("%s: %q", r, s.said())
		}
		s.sees(wrong("anna", "203.0.113.7"))
		if want := fmt.Sprintf("%s critical %d address 203.0.113.7", r, count); !slices.Equal(s.said(), []string{want}) {
			t.Errorf("%q, want %q", s.said(), want)
		}
	}
}

// TestRun sees what came before it, while it runs, and before it ends, from many sides at once.
func TestRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var said []string
		w := New(defaults(), Deps{
			Alert: func(a guard.Alert) {
				mu.Lock()
				defer mu.Unlock()
				said = append(said, fmt.Sprintf("%s %d %s", a.Rule, a.Count, a.Subject))
			},
			Note: func(audit.Event) {}, Now: time.Now, Log: silent(),
		})
		heard := func() []string {
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			out := said
			said = nil
			return out
		}
		w.See(audit.Security{Event: "trail_truncated"}) // as Open finds it, before anything runs
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { defer close(ended); w.Run(ctx) }()
		if got := heard(); !slices.Equal(got, []string{"trail_tampered 1 the service"}) {
			t.Errorf("%q", got)
		}
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() {
				w.See(wrong("anna", fmt.Sprintf("198.51.100.%d", i)))
				w.Dropped(rule.Forged, "office", netip.MustParseAddr("192.0.2.1"))
				w.Adopt(defaults())
			})
		}
		all.Wait()
		got := heard()
		if slices.Sort(got); !slices.Equal(got, []string{"brute_force 5 user anna", "message_authenticator 5 address 192.0.2.1, client office"}) {
			t.Errorf("%q", got)
		}
		time.Sleep(61 * time.Second) //nolint:forbidigo // virtual time
		if got := heard(); !slices.Contains(got, "brute_force 8 user anna") {
			t.Errorf("%q", got)
		}
		w.See(wrong("anna", ""))
		w.See(wrong("anna", "")) // comes too soon for an alert of its own
		stop()
		<-ended
		if got := heard(); !slices.Contains(got, "brute_force 10 user anna") {
			t.Errorf("at the end: %q", got)
		}
	})
}
