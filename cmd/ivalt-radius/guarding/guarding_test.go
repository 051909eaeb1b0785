package guarding

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/sirupsen/logrus/hooks/test"

	"ivalt-radius/audit"
	"ivalt-radius/auth"
	"ivalt-radius/config"
	"ivalt-radius/guard/block"
	"ivalt-radius/guard/incident"
	"ivalt-radius/state"
)

// house is a Guard at work, on a real store, in a directory of the test's.
type house struct {
	*Guard
	dir string

	mu        sync.Mutex
	noted     []string
	forgotten []string
	ended     []string
}

func (h *house) Commit(_ context.Context, e audit.Event) error { h.Note(e); return nil }

func (h *house) Note(e audit.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.noted = append(h.noted, string(e.AppendFields(nil)))
}

func settings(t *testing.T, dir, guard string) *config.Settings {
	t.Helper()
	files := fstest.MapFS{"c.yaml": {Mode: 0o600, Data: []byte("clients: [{name: one, networks: [192.0.2.1], secrets: [\"env:SHARED\"]}]\nivalt: {api_key: \"env:KEY\"}\n" +
		"state: {directory: \"" + dir + "\"}\nguard:\n" + guard)}}
	s, faults := config.Load("c.yaml", config.Options{Environ: []string{"SHARED=b7Rk2vXw9LqZ4tNc", "KEY=Zq3kV8_never-issued_7Hn2Lw5Tb9xYc4Rm"}, Open: files.Open})
	if err := errors.Join(faults.Err(), Check(s).Err()); err != nil {
		t.Fatal(err)
	}
	return s
}

func newHouse(t *testing.T, guard string) *house {
	t.Helper()
	h := &house{dir: t.TempDir()}
	s := settings(t, h.dir, guard)
	store, err := state.OpenStore(h.dir)
	if err != nil {
		t.Fatal(err)
	}
	log, _ := test.NewNullLogger()
	h.Guard = New(s, h.Note, log)
	if err := h.Open(s, Server{
		Recorder: h, Log: log, Store: store,
		Forget: func(u auth.Username) { h.mu.Lock(); defer h.mu.Unlock(); h.forgotten = append(h.forgotten, u.String()) },
		Disconnector: Ended(func(_ context.Context, user string, _ netip.Addr) (int, int, error) {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.ended = append(h.ended, user)
			return 1, 0, nil
		}),
	}); err != nil {
		t.Fatal(err)
	}
	h.Start(t.Context(), s)
	t.Cleanup(func() {
		if err := errors.Join(h.Close(context.Background()), store.Close()); err != nil {
			t.Error(err)
		}
	})
	return h
}

// await polls until ok.
func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); {
		if time.Now().After(end) {
			t.Fatalf("never happened: %s", what)
		}
		<-time.After(5 * time.Millisecond)
	}
}

func (h *house) incidents(rule string) (all []incident.Incident) {
	for _, i := range h.book.List() {
		if string(i.Rule) == rule {
			all = append(all, i)
		}
	}
	return all
}

func visit(t *testing.T) auth.Visit {
	t.Helper()
	bob, err := auth.ParseUsername("bob")
	if err != nil {
		t.Fatal(err)
	}
	return auth.Visit{Client: "one", User: bob, Station: "203.0.113.9", From: netip.MustParseAddr("203.0.113.9")}
}

// guess is a login of bob's with a wrong password.
func guess() audit.Attempt {
	return audit.Attempt{Client: "one", User: "bob", CallingStation: "203.0.113.9", Decision: "require_push", Verdict: "reject", Reason: "bad_password"}
}

// refused is a push to bob's phone that he refused, behind a password that was right.
func refused() audit.Attempt {
	a := guess()
	a.Reason, a.Factors = "push_denied", []string{"password"}
	return a
}

// TestFromEventsToSteps: what happens becomes incidents; those have their steps taken; whoever is watched is written down further.
func TestFromEventsToSteps(t *testing.T) {
	h := newHouse(t, "  detect: {push_refused: {count: 2}}\n  respond: {high: [watch, block, disconnect], dry_run: false}\n")
	h.See(refused())
	h.See(refused())
	await(t, "an incident of refused pushes", func() bool { return len(h.incidents("push_refused")) == 1 })
	h.Dropped("unknown_client", "", netip.MustParseAddr("198.51.100.7"))
	for range 10 {
		h.Dropped("unknown_client", "", netip.MustParseAddr("198.51.100.7"))
	}
	await(t, "an incident of a stranger's packets", func() bool { return len(h.incidents("unknown_client")) == 1 })
	id := h.incidents("push_refused")[0].ID
	await(t, "the watched person's next login in the incident", func() bool {
		h.See(audit.Attempt{Attempt: "watched", Client: "one", User: "bob", CallingStation: "192.0.2.77", Verdict: "accept", Reason: "approved"})
		i, err := h.book.Find(id)
		for _, line := range i.Evidence {
			if strings.Contains(string(line.Record), `"watched"`) {
				return err == nil
			}
		}
		return false
	})
}

// TestTheGateKnowsTheBlocks, and a block takes remembered approvals away.
func TestTheGateKnowsTheBlocks(t *testing.T) {
	h := newHouse(t, "  {}\n")
	if a := h.Gate.Admit(visit(t), auth.Entering); !a.Open {
		t.Fatalf("%+v", a)
	}
	b, err := block.OfUser("Bob")
	if err != nil {
		t.Fatal(err)
	}
	b.Until, b.Reason, b.By = time.Now().Add(time.Hour), "test", "test"
	if err := h.blocks.Place(b); err != nil {
		t.Fatal(err)
	}
	if a := h.Gate.Admit(visit(t), auth.Entering); a.Open || a.Reason != auth.Blocked {
		t.Errorf("%+v", a)
	}
	if h.forgetApprovals("bob"); len(h.forgotten) != 1 {
		t.Errorf("forgotten: %v", h.forgotten)
	}
}

// TestALateApprovalReachesTheGate.
func TestALateApprovalReachesTheGate(t *testing.T) {
	h := newHouse(t, "  unanswered: {after: 1}\n")
	v := visit(t)
	h.Gate.Admit(v, auth.Arriving)
	h.Gate.Ended(v, auth.End{Reason: auth.PushTimeout, Pushed: true})
	if a := h.Gate.Admit(v, auth.Ringing); a.Open || !a.Asleep {
		t.Fatalf("%+v", a)
	}
	h.See(audit.Security{Event: "late_approval", User: "bob", CallingStation: "203.0.113.9"})
	if a := h.Gate.Admit(v, auth.Ringing); !a.Open {
		t.Errorf("%+v", a)
	}
}

// TestAReloadReachesEveryPart.
func TestAReloadReachesEveryPart(t *testing.T) {
	h := newHouse(t, "  attempts: {per_user: 100}\n  detect: {brute_force: {count: 0}, push_refused: {count: 0}}\n  respond: {high: []}\n")
	s := settings(t, h.dir, "  attempts: {per_user: 1}\n  detect: {push_refused: {count: 1}}\n  respond: {high: [block], dry_run: true}\n"+
		"  notify: [{name: own, kind: command, command: /bin/true}]\n")
	if err := h.Adopt(s); err != nil {
		t.Fatal(err)
	}
	h.Gate.Admit(visit(t), auth.Arriving)
	if a := h.Gate.Admit(visit(t), auth.Arriving); a.Open {
		t.Error("the gate has not heard of it")
	}
	h.See(refused())
	await(t, "an incident under the new threshold", func() bool { return len(h.incidents("push_refused")) == 1 })
	await(t, "a step of the new settings", func() bool { return len(h.incidents("push_refused")[0].Actions) > 0 })
}

// TestNotices: each severity of an incident is a notice of its own.
func TestNotices(t *testing.T) {
	i := incident.Incident{
		ID: "20261126-k7m3", Rule: "brute_force", Severity: 1, Count: 7, Detail: "wrong passwords", History: []incident.Change{{What: "opened"}},
		Actions: []incident.Action{{Step: "notify", Outcome: incident.Done}, {Step: "block", Outcome: incident.Would, Detail: "guard.respond.dry_run is set"}},
	}
	i.Subject.User = "bob"
	n := Notice(i)
	if n.Incident != i.ID || n.Do == "" || !strings.Contains(n.Summary, "bob") || len(n.Steps) != 1 || !strings.Contains(n.Steps[0], "dry_run") {
		t.Errorf("%+v", n)
	}
	before := n.ID
	i.Severity = 2
	if Notice(i).ID == before {
		t.Error("a receiver would take the escalation for the same notice")
	}
	if !strings.HasPrefix(n.Runbook, "docs/operations.md#") {
		t.Error(n.Runbook)
	}
}
