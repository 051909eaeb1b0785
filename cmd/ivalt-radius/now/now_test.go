package now

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ivalt-radius/admin/view"
	"ivalt-radius/audit"
	"ivalt-radius/auth"
	"ivalt-radius/auth/waiting"
	"ivalt-radius/cmd/ivalt-radius/control"
	"ivalt-radius/config"
	"ivalt-radius/guard"
	"ivalt-radius/guard/incident"
	"ivalt-radius/ivalt/gateway"
	"ivalt-radius/ivalt/standing"
	"ivalt-radius/state"
)

// clock is a time under the test's hand.
type clock struct{ at time.Time }

func (c *clock) now() time.Time        { return c.at }
func (c *clock) pass(d time.Duration)  { c.at = c.at.Add(d) }
func theStart() time.Time              { return time.Date(2026, 11, 26, 9, 0, 30, 0, time.UTC) }
func tallied(c *clock, h Hooks) *Tally { return NewTally(func() int { return 7 }, c.now, h) }
func shown(t *Tally, at time.Time) view.Now {
	d := view.Now{At: at, Waiting: 3}
	t.fill(&d)
	return d
}

func TestTally(t *testing.T) {
	c := &clock{theStart()}
	tally := tallied(c, Hooks{})
	tally.Concluded(audit.Attempt{Attempt: "a", Verdict: "accept", Reason: "approved", Exchanges: 3, Duration: 1500 * time.Millisecond})
	tally.See(&audit.APICall{Call: "push"})
	c.pass(time.Minute)
	tally.Concluded(audit.Attempt{Attempt: "b", Verdict: "reject", Reason: "push_denied", Exchanges: 1, Factors: []string{"password"}})
	tally.Concluded(audit.Attempt{Attempt: "c", Verdict: "challenge", Reason: "challenge", Exchanges: 1})
	for _, call := range []string{"poll", "sentinel", "drain", "second look", "look-up", "probe"} {
		tally.See(audit.APICall{Call: call})
	}
	tally.See(audit.Security{Event: "accept_joined"})
	tally.See(audit.Security{Event: "collision"})
	tally.See(audit.System{Event: "started"})
	d := shown(tally, c.at)
	totals := d.Totals
	if totals.Accepted != 1 || totals.Rejected != 1 || totals.Challenged != 1 || totals.Pushes != 1 || totals.Polls != 4 || totals.Joined != 3 {
		t.Errorf("totals: %+v", totals)
	}
	if fmt.Sprint(totals.Reasons) != "map[approved:1 challenge:1 push_denied:1]" {
		t.Errorf("reasons: %v", totals.Reasons)
	}
	if len(d.Recent) != 3 || d.Recent[0].Attempt != "c" || d.Recent[2].Attempt != "a" || d.Recent[2].DurationMS != 1500 || d.Recent[2].Factors == nil || !d.Recent[2].Time.Equal(theStart()) {
		t.Errorf("recent: %+v", d.Recent)
	}
	first := theStart().Truncate(time.Minute)
	want := []view.Minute{{At: first, Accepted: 1, Pushes: 1, Waiting: 7}, {At: first.Add(time.Minute), Rejected: 1, Challenged: 1, Waiting: 3}}
	if !slices.Equal(d.Minutes, want) || !d.Started.Equal(theStart()) {
		t.Errorf("minutes: %+v", d.Minutes)
	}
	d.Totals.Reasons["approved"] = 99
	if shown(tally, c.at).Totals.Reasons["approved"] != 1 {
		t.Error("a document that is out changes what is counted")
	}
}

// TestTallyIsBounded: an hour, and twenty logins, whatever happens; a clock that runs back breaks nothing.
func TestTallyIsBounded(t *testing.T) {
	c := &clock{theStart()}
	tally := tallied(c, Hooks{})
	for n := range 3 * view.Minutes {
		tally.Concluded(audit.Attempt{Attempt: fmt.Sprint(n), Verdict: "accept"})
		c.pass(time.Minute)
	}
	d := shown(tally, c.at)
	if len(d.Minutes) != view.Minutes || len(d.Recent) != view.MostRecent || d.Recent[0].Attempt != "179" || d.Minutes[0].Accepted != 1 || d.Minutes[view.Minutes-1].Accepted != 0 {
		t.Errorf("%d minutes, %d logins: %+v", len(d.Minutes), len(d.Recent), d.Minutes)
	}
	c.pass(-10 * time.Minute)
	tally.Concluded(audit.Attempt{Verdict: "reject"})
	if d := shown(tally, c.at); d.Minutes[view.Minutes-1].Rejected != 1 {
		t.Errorf("behind a clock that ran back: %+v", d.Minutes)
	}
	c.pass(5 * time.Hour)
	if d := shown(tally, c.at); len(d.Minutes) != view.Minutes || slices.ContainsFunc(d.Minutes, func(m view.Minute) bool { return m.Accepted+m.Rejected > 0 }) {
		t.Errorf("behind hours without a login: %+v", d.Minutes)
	}
}

// TestTallyAsksNobodyUnderItsLock: who counts the logins that wait holds a lock under which events are told.
func TestTallyAsksNobodyUnderItsLock(t *testing.T) {
	c := &clock{theStart()}
	var tally *Tally
	tally = NewTally(func() int {
		tally.See(&audit.APICall{Call: "push"})
		return 1
	}, c.now, Hooks{})
	c.pass(time.Minute)
	tally.Concluded(audit.Attempt{})
	if d := shown(tally, c.at); d.Totals.Pushes != 1 {
		t.Errorf("%+v", d.Totals)
	}
}

func TestTimes(t *testing.T) {
	c := &clock{theStart()}
	var approved, added []string
	tally := tallied(c, Hooks{
		Approved: func(client string, took time.Duration) { approved = append(approved, client+" "+took.String()) },
		Added:    func(client string, took time.Duration) { added = append(added, client+" "+took.String()) },
	})
	tally.Approved(standing.Approval{Attempt: "a", Client: "vpn", Took: 6500 * time.Millisecond, At: c.at})
	c.pass(12 * time.Millisecond)
	tally.Accepted("a")
	tally.Accepted("a") // a copy of it
	tally.Accepted("unknown")
	if fmt.Sprint(approved) != "[vpn 6.5s]" || fmt.Sprint(added) != "[vpn 12ms]" {
		t.Errorf("%v, %v", approved, added)
	}
	tally.Approved(standing.Approval{Attempt: "b", Took: time.Hour})
	h := shown(tally, c.at).Approval
	if len(h.Counts) != len(h.BoundsMS)+1 || h.Counts[slices.Index(h.BoundsMS, 8000)] != 1 || h.Counts[len(h.BoundsMS)] != 1 || h.Sum != 3606500 {
		t.Errorf("%+v", h)
	}
}

// TestDelaysAreBounded: approvals whose Accept never leaves are forgotten.
func TestDelaysAreBounded(t *testing.T) {
	var d delays
	for n := range 2 * mostDelays {
		d.learned(standing.Approval{Attempt: fmt.Sprint(n), At: theStart()})
	}
	if len(d.open) != mostDelays {
		t.Errorf("%d are kept", len(d.open))
	}
	d.learned(standing.Approval{Attempt: "later", At: theStart().Add(2 * delaysFor)})
	if _, ok := d.left("later"); !ok || len(d.open) != 0 {
		t.Errorf("%d are kept for ever", len(d.open))
	}
}

// server is one under the test's hand.
type server struct {
	mu     sync.Mutex
	looks  int
	logins waiting.Snapshot
	stands []standing.Push
	room   state.Room
	shut   []standing.Shut
}

func (s *server) Look(int) waiting.Snapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.looks++
	return s.logins
}
func (s *server) Standing([]auth.Asked) []standing.Push { return s.stands }
func (s *server) Room() state.Room                      { return s.room }
func (s *server) Outages() []standing.Shut              { return s.shut }
func (s *server) Counters() map[string]uint64 {
	return map[string]uint64{"duplicate_dropped": 2, "duplicate_answered": 3, "received": 100}
}
func (s *server) Drops() map[string]uint64 { return map[string]uint64{"unknown_client": 4} }

func board(c *clock, s *server, incidents []incident.Incident) *Board {
	settings := &config.Settings{MaxAttempts: 5000}
	return NewBoard(tallied(c, Hooks{}), Server{
		Node: "a", Version: "v1", Settings: func() *config.Settings { return settings }, Logins: s, Phone: s, Packets: s,
		Incidents: func() []incident.Incident { return slices.Clone(incidents) },
		Checks: func(ctx context.Context) []view.Check {
			_, bounded := ctx.Deadline()
			return []view.Check{{Name: "trail", OK: bounded && ctx.Err() == nil}}
		},
	})
}

// asked is the document as whoever asks gets it, by somebody who has gone already.
func askedOf(t *testing.T, b *Board) (d view.Now) {
	t.Helper()
	mux := http.NewServeMux()
	Handle(mux, b)
	ctx, gone := context.WithCancel(t.Context())
	gone()
	if err := control.Within(ctx, mux, "somebody", view.PathNow, nil, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

func TestBoard(t *testing.T) {
	c := &clock{theStart()}
	s := &server{
		logins: waiting.Snapshot{Waiting: 9, Oldest: c.at.Add(-5 * time.Second), Draining: true, Logins: []waiting.Login{
			{Attempt: "q", For: waiting.Question, Since: c.at.Add(-30 * time.Second), LeaveBy: c.at.Add(-time.Second)},
			{Attempt: "r", Client: "vpn", User: "bob", CallingStation: "192.0.2.1", For: waiting.Phone, Since: c.at.Add(-5 * time.Second), LeaveBy: c.at.Add(20 * time.Second), Exchanges: 2},
			{Attempt: "n", For: waiting.OtherNode},
			{Attempt: "t"},
			{Attempt: "p", For: waiting.Phone},
		}},
		stands: []standing.Push{{}, {Stage: standing.Ringing, Polls: 3}, {}, {}, {}},
		room:   state.Room{Minute: state.Window{Limit: 97, Left: 40}, Held: c.at.Add(time.Second), Shared: true},
		shut:   []standing.Shut{{Endpoint: gateway.Results, Since: c.at, Why: "later"}, {Endpoint: gateway.Pushes, Since: c.at.Add(-time.Second), Why: "first"}},
	}
	bad := incident.Incident{ID: "20261126-aaaa", Rule: guard.APIErrors, Severity: guard.High, Count: 3, Last: c.at, Subject: guard.Subject{Address: netip.MustParseAddr("192.0.2.7")}}
	worse := bad
	worse.ID, worse.Severity, worse.State = "20261126-bbbb", guard.Critical, incident.Acknowledged
	d := askedOf(t, board(c, s, []incident.Incident{bad, worse}))
	stages := []view.Stage{}
	for _, f := range d.InFlight {
		stages = append(stages, f.Stage)
	}
	if !slices.Equal(stages, []view.Stage{view.StageChallenge, view.StageRinging, view.StageElsewhere, view.StageChecking, view.StageLookup}) {
		t.Errorf("stages %v", stages)
	}
	if f := d.InFlight[1]; f.User != "bob" || f.Client != "vpn" || f.CallingStation != "192.0.2.1" || f.LeftMS != 20_000 || f.Polls != 3 || f.Exchanges != 2 || d.InFlight[0].LeftMS != 0 {
		t.Errorf("in flight: %+v", d.InFlight)
	}
	if d.Node != "a" || d.Version != "v1" || d.MaxAttempts != 5000 || d.Waiting != 9 || d.OldestMS != 5000 || !d.Draining || len(d.Digest) < 8 {
		t.Errorf("%+v", d)
	}
	if len(d.Budget.Windows) != 1 || d.Budget.Windows[0] != (view.Window{Per: "minute", Limit: 97, Left: 40}) || !d.Budget.Shared || !d.Budget.Held.Equal(c.at.Add(time.Second)) {
		t.Errorf("budget: %+v", d.Budget)
	}
	if fmt.Sprint(d.IVALT.Open) != "[result push]" || d.IVALT.Why != "first" || !d.IVALT.Since.Equal(c.at.Add(-time.Second)) {
		t.Errorf("iVALT: %+v", d.IVALT)
	}
	if len(d.Alerts) != 2 || d.Alerts[0].ID != worse.ID || d.Alerts[0].State != "acknowledged" || d.Alerts[1].Subject != "address 192.0.2.7" {
		t.Errorf("alerts: %+v", d.Alerts)
	}
	if d.Totals.Duplicates != 5 || d.Totals.Dropped["unknown_client"] != 4 || len(d.Checks) != 1 || !d.Checks[0].OK {
		t.Errorf("%+v, %+v", d.Totals, d.Checks)
	}
}

// TestOneOfThoseInFlight is found by its attempt.
func TestOneOfThoseInFlight(t *testing.T) {
	c := &clock{theStart()}
	b := board(c, &server{
		logins: waiting.Snapshot{Waiting: 1, Logins: []waiting.Login{{Attempt: "r", User: "bob", For: waiting.Phone, LeaveBy: c.at.Add(time.Second)}}},
		stands: []standing.Push{{Stage: standing.Ringing, Polls: 3}},
	}, nil)
	if f := b.InFlight("r"); f == nil || f.User != "bob" || f.Stage != view.StageRinging || f.LeftMS != 1000 {
		t.Errorf("%+v", f)
	}
	if f := b.InFlight("s"); f != nil {
		t.Errorf("%+v waits", f)
	}
}

// TestBoardIsShared: however many look, the server is looked at once a second, and not at all while nobody does.
func TestBoardIsShared(t *testing.T) {
	c := &clock{theStart()}
	s := &server{}
	b := board(c, s, nil)
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() { askedOf(t, b) })
	}
	all.Wait()
	c.pass(every - time.Millisecond)
	askedOf(t, b)
	if s.looks != 1 {
		t.Errorf("51 looks of one second looked %d times", s.looks)
	}
	c.pass(time.Millisecond)
	if askedOf(t, b); s.looks != 2 {
		t.Errorf("a second later: %d", s.looks)
	}
	c.pass(-time.Hour)
	if askedOf(t, b); s.looks != 3 {
		t.Errorf("behind a clock that ran back: %d", s.looks)
	}
}

// TestBoardHasNoNull: whoever reads the document finds a list where one is promised.
func TestBoardHasNoNull(t *testing.T) {
	c := &clock{theStart()}
	text, err := board(c, &server{}, nil).Text(t.Context())
	if err != nil || !json.Valid(text) || strings.Contains(string(text), "null") {
		t.Errorf("%s, %v", text, err)
	}
}

func TestAlertsAreBounded(t *testing.T) {
	if n := len(alerts(make([]incident.Incident, 1000))); n != view.MostAlerts {
		t.Errorf("%d alerts", n)
	}
}

// BenchmarkTally is what one login's end, and one call to iVALT, cost.
func BenchmarkTally(b *testing.B) {
	tally := NewTally(func() int { return 0 }, time.Now, Hooks{})
	b.Run("concluded", func(b *testing.B) {
		a := audit.Attempt{Attempt: "a", Verdict: "accept", Reason: "approved", Exchanges: 1}
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				tally.Concluded(a)
			}
		})
	})
	b.Run("call", func(b *testing.B) {
		var e audit.Event = &audit.APICall{Call: "poll"}
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				tally.See(e)
			}
		})
	})
}
