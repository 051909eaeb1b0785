package watch

import (
	"context"
	"fmt"
	"io"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sirupsen/logrus"

	"ivalt-radius/audit"
	"ivalt-radius/guard"
	"ivalt-radius/guard/watch/rule"
)

// TestEvidenceIsBounded: the newest 50, and no flood of strangers' packets pushes a login out.
func TestEvidenceIsBounded(t *testing.T) {
	s := newStage(defaults())
	for range 4 {
		s.sees(wrong("anna", "203.0.113.7"))
	}
	for i := range 3 * mostKept(rule.Drop) {
		s.throws(rule.UnknownClient, "", fmt.Sprintf("10.%d.%d.1", i/250, i%250))
	}
	s.sees(wrong("anna", "203.0.113.7"))
	if got := s.of(guard.BruteForce); len(got) != 2 || len(s.alerts[0].Evidence) != 5 {
		t.Fatalf("%q, %d lines", got, len(s.alerts[0].Evidence))
	}
	for range 200 {
		s.sees(wrong("anna", "203.0.113.7"))
	}
	s.pass(2 * time.Minute)
	for _, a := range s.alerts {
		if len(a.Evidence) > mostLines {
			t.Errorf("%s: %d lines", a.Rule, len(a.Evidence))
		}
	}
	if last := s.alerts[len(s.alerts)-1]; last.Count != 205 || len(last.Evidence) != mostLines {
		t.Errorf("the last has a count of %d and %d lines", last.Count, len(last.Evidence))
	}
}

// TestAlertsAreBounded: whoever forges addresses raises a hundred alerts of a kind, and one that says how many more.
func TestAlertsAreBounded(t *testing.T) {
	s := newStage(only(guard.UnknownClient, Threshold{Count: 1, Window: time.Minute}))
	for i := range 1000 {
		s.throws(rule.UnknownClient, "", fmt.Sprintf("10.0.%d.%d", i/250, i%250))
	}
	if len(s.alerts) != mostAlerts {
		t.Fatalf("%d alerts", len(s.alerts))
	}
	s.pass(2 * time.Minute)
	if got := s.said()[mostAlerts:]; !slices.Equal(got, []string{"unknown_client low 900 the service"}) {
		t.Fatalf("%q", got)
	}
	s.throws(rule.UnknownClient, "", "10.1.1.1")
	if got := s.said(); got[len(got)-1] != "unknown_client low 1 address 10.1.1.1" {
		t.Errorf("%q", got[len(got)-1])
	}
}

// TestTheEndSaysWhatWasKeptBack: a server that stops does not swallow it.
func TestTheEndSaysWhatWasKeptBack(t *testing.T) {
	s := newStage(only(guard.UnknownClient, Threshold{Count: 1, Window: time.Minute}))
	for i := range mostAlerts + 50 {
		s.throws(rule.UnknownClient, "", fmt.Sprintf("10.0.0.%d", i))
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	s.Run(ctx)
	if got := s.said()[mostAlerts:]; !slices.Equal(got, []string{"unknown_client low 50 the service"}) {
		t.Errorf("%q", got)
	}
}

// TestALowFloodHidesNoHighAlert: each severity has a share of its own.
func TestALowFloodHidesNoHighAlert(t *testing.T) {
	s := newStage(only(guard.Collisions, Threshold{Count: 1, Window: time.Hour}))
	for i := range 500 {
		s.sees(audit.Security{Event: "collision", User: fmt.Sprintf("u%d", i)})
	}
	for range 6 {
		s.sees(audit.Security{Event: "collision", User: "anna"})
	}
	if got := s.said(); !slices.Contains(got, "collisions high 6 user anna") {
		t.Errorf("%q", got[mostAlerts:])
	}
}

// TestMemoryIsBounded under a million people and addresses that do everything that counts, and as many forged packets.
func TestMemoryIsBounded(t *testing.T) {
	alerts := 0
	now := time.Now()
	w := New(defaults(), Deps{Alert: func(guard.Alert) { alerts++ }, Note: func(audit.Event) {}, Now: func() time.Time { return now }, Log: silent()})
	before := heap()
	reasons := []string{"bad_password", "rate_limited", "blocked", "push_denied", "push_timeout", "geofence", "outside_hours"}
	for i := range million {
		user, station := fmt.Sprintf("user-%d-with-a-long-name-%d", i, i), netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})
		w.See(audit.Attempt{Client: "office", User: user, CallingStation: station.String(), Decision: "require_push", Verdict: "reject", Reason: reasons[i%len(reasons)]})
		if i%4 == 0 {
			w.See(audit.Security{Event: "collision", User: user})
		}
		w.Dropped([]string{rule.UnknownClient, rule.Unsigned, rule.Forged}[i%3], "office", station)
		if i%1000 == 0 {
			now = now.Add(10 * time.Millisecond)
			w.work()
			w.settle()
		}
	}
	after := heap()
	t.Logf("the heap grew from %d to %d KiB for %d people and addresses; %d alerts", before>>10, after>>10, million, alerts)
	if after > before+64<<20 {
		t.Errorf("the heap grew from %d to %d MiB", before>>20, after>>20)
	}
	if w.Missed() != 0 {
		t.Errorf("%d missed", w.Missed())
	}
	for i := range w.detector.rules {
		for _, table := range w.detector.rules[i].tables {
			if table.Len() > mostSubjects {
				t.Errorf("%s knows %d subjects", w.detector.rules[i].Rule, table.Len())
			}
		}
	}
	if alerts > 20*rule.Count*mostAlerts {
		t.Errorf("%d alerts", alerts)
	}
	runtime.KeepAlive(w)
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func silent() *logrus.Logger {
	log := logrus.New()
	log.SetOutput(io.Discard)
	return log
}

// TestWhatFindsNoRoomIsCounted, and said once a minute; a flood of dropped packets takes no login's room.
func TestWhatFindsNoRoomIsCounted(t *testing.T) {
	s := newStage(defaults())
	for range mostDrops + 10 {
		s.Dropped(rule.UnknownClient, "", netip.MustParseAddr("198.51.100.9"))
	}
	for range 5 {
		s.See(wrong("anna", ""))
	}
	if s.Missed() != 10 {
		t.Errorf("%d missed", s.Missed())
	}
	s.work()
	if got := s.of(guard.BruteForce); !slices.Equal(got, []string{"medium 5 user anna"}) {
		t.Errorf("%q", got)
	}
	for range mostEvents + 7 {
		s.See(wrong("ben", ""))
	}
	s.pass(59 * time.Second)
	if len(s.notes) != 0 {
		t.Errorf("said too soon: %+v", s.notes)
	}
	s.pass(2 * time.Minute)
	if len(s.notes) != 1 {
		t.Fatalf("%+v", s.notes)
	}
	if e, ok := s.notes[0].(audit.Security); !ok || e.Event != "events_missed" || !strings.Contains(e.Detail, " 17 ") {
		t.Errorf("%+v", s.notes[0])
	}
}
