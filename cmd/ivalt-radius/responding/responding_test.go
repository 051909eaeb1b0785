package responding

import (
	"errors"
	"net/netip"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"ivalt-radius/audit"
	"ivalt-radius/audit/keep"
	"ivalt-radius/audit/query"
	"ivalt-radius/config"
	"ivalt-radius/guard"
	"ivalt-radius/guard/block"
	"ivalt-radius/guard/incident"
	"ivalt-radius/guard/respond"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestSettings(t *testing.T) {
	s := &config.Settings{}
	s.Guard.Respond = config.Respond{High: []string{"shout"}, DryRun: true, BlockFor: time.Hour, NeverBlockUsers: []string{"admin*"}}
	s.Guard.Incidents.Retention = time.Minute
	s.Clients = []config.Client{{Networks: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}, {Networks: []netip.Prefix{netip.MustParsePrefix("192.0.2.1/32")}}}
	got := Settings(s)
	if len(got.Clients) != 2 || !got.DryRun || got.BlockFor != time.Hour || len(got.NeverBlockUsers) != 1 {
		t.Errorf("%+v", got)
	}
	if faults := got.Check(); len(faults) != 1 || faults[0].Key != "guard.respond.high[0]" {
		t.Errorf("%v", faults)
	}
	if Incidents(s).Retention != time.Minute {
		t.Error("the retention is lost")
	}
}

// TestHolder: an incident has one hold, the last one, and releasing twice is no error.
func TestHolder(t *testing.T) {
	var segments sync.Mutex
	for _, h := range []Holder{{Directory: t.TempDir()}, {Directory: t.TempDir(), Segments: &segments}} {
		at := time.Date(2026, 11, 26, 10, 0, 0, 0, time.UTC)
		must(t, errors.Join(h.Hold("20261126-k7m3", at, at.Add(time.Hour), "r"), h.Hold("20261126-k7m3", at, at.Add(2*time.Hour), "r")))
		if holds, err := keep.Holds(h.Directory); err != nil || len(holds) != 1 || holds[0].Name != "incident-20261126-k7m3" || !holds[0].To.Equal(at.Add(2*time.Hour)) {
			t.Errorf("%v, %v", holds, err)
		}
		must(t, errors.Join(h.Release("20261126-k7m3"), h.Release("20261126-k7m3")))
		if holds, err := keep.Holds(h.Directory); err != nil || len(holds) != 0 {
			t.Errorf("%v, %v", holds, err)
		}
	}
	if (Holder{Directory: "/nonexistent"}).Hold("a", time.Time{}, time.Time{}, "r") == nil {
		t.Error("held nowhere")
	}
}

// blocker keeps what it was told to block.
type blocker struct{ blocked []block.Block }

func (b *blocker) Lengthen(x block.Block) (block.Block, error) {
	b.blocked = append(b.blocked, x)
	return x, nil
}

// pen is one that nobody reads.
type pen struct{}

func (pen) Did(incident.Action) {}

func (pen) Saw(guard.Line) bool { return true }

// TestSeed: who was let in before the start keeps their address from being blocked; who was let in without being asked does not.
func TestSeed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	trail, err := audit.Open(path, audit.Options{})
	must(t, err)
	for _, a := range []audit.Attempt{
		{User: "alice", CallingStation: "192.0.2.1", Verdict: "accept", Reason: "approved"},
		{User: "alice", CallingStation: "192.0.2.2", Verdict: "accept", Reason: "exempt"},
		{User: "alice", CallingStation: "192.0.2.3", Verdict: "reject", Reason: "approved"},
		{User: "alice", CallingStation: "192.0.2.4", Verdict: "accept", Reason: "remembered"},
	} {
		must(t, trail.Commit(t.Context(), a))
	}
	must(t, trail.Close())
	for name, c := range map[string]struct {
		seed    string // the trail; empty: not seeded
		now     time.Time
		address string
		blocked bool
	}{
		"not seeded":            {"", time.Now(), "192.0.2.9", false},
		"no trail":              {path + ".none.gz", time.Now(), "192.0.2.9", false},
		"nobody's":              {path, time.Now(), "192.0.2.9", true},
		"alice's":               {path, time.Now(), "192.0.2.1", false},
		"alice's, long ago":     {path, time.Now().Add(25 * time.Hour), "192.0.2.1", true},
		"alice's, without":      {path, time.Now(), "192.0.2.2", true},
		"alice's, remembered":   {path, time.Now(), "192.0.2.4", false},
		"alice's, but rejected": {path, time.Now(), "192.0.2.3", true},
	} {
		t.Run(name, func(t *testing.T) {
			var b blocker
			r := respond.New(respond.Settings{Critical: []string{"block"}, BlockFor: time.Hour}, respond.Deps{Blocker: &b, Note: func(audit.Event) {}, Now: func() time.Time { return c.now }})
			if c.seed != "" {
				if err := Seed(t.Context(), query.Trail{Live: c.seed}, r, c.now); (err != nil) != (c.seed != path) {
					t.Error(err)
				}
			}
			r.Respond(incident.Incident{Rule: guard.BruteForce, Severity: guard.Critical, Subject: guard.Subject{Address: netip.MustParseAddr(c.address)}}, pen{})
			if (len(b.blocked) > 0) != c.blocked {
				t.Errorf("blocked: %v", b.blocked)
			}
		})
	}
}
