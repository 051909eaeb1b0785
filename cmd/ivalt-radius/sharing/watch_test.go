package sharing

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ivalt-radius/secret"
	"ivalt-radius/state"
	"ivalt-radius/state/cluster"
	"ivalt-radius/state/redis"
)

func (h *house) expect(t *testing.T, step string, want ...string) {
	t.Helper()
	if want == nil {
		want = []string{}
	}
	if diff := cmp.Diff(want, h.said()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", step, diff)
	}
}

// TestWhoComesAndGoes is said once each.
func TestWhoComesAndGoes(t *testing.T) {
	at := time.Date(2026, 11, 26, 7, 0, 0, 0, time.UTC)
	node := func(name string) cluster.Node { return cluster.Node{Name: name, Version: "v2", Seen: at, Alive: true} }
	self, b, c := node("radius-1"), node("b"), node("c")
	self.Self = true
	dead, left := b, b
	dead.Alive, left.Alive, left.Left = false, false, true
	s := settings(t, "")
	synctest.Test(t, func(t *testing.T) {
		h := newHouse()
		n, err := Open(t.Context(), s, h.deps())
		if err != nil {
			t.Fatal(err)
		}
		h.engine.see(self, b)
		n.Start(t.Context())
		if r := n.Ready(); r["node"] != "radius-1" || fmt.Sprint(r["nodes"]) != "[b (alive) radius-1 (alive)]" {
			t.Errorf("the ready line: %v", r)
		}
		h.expect(t, "the first look is no news")
		for _, step := range []struct {
			name  string
			nodes []cluster.Node
			want  []string
		}{
			{"nothing new", []cluster.Node{self, b}, nil},
			{"c comes", []cluster.Node{self, b, c}, []string{"node_joined: c, version v2"}},
			{"b leaves", []cluster.Node{self, left, c}, []string{"node_left: b"}},
			{"b comes back", []cluster.Node{self, left, b, c}, []string{"node_joined: b, version v2"}},
			{"b dies", []cluster.Node{self, dead, c}, []string{"node_died: b, last seen 2026-11-26T07:00:00Z"}},
			{"b is forgotten", []cluster.Node{self, c}, nil},
			{"c vanishes", []cluster.Node{self}, []string{"node_left: c"}},
			{"this node was seen late", nil, nil},
		} {
			h.engine.see(step.nodes...)
			time.Sleep(2 * watchEvery) //nolint:forbidigo // virtual time
			synctest.Wait()
			h.expect(t, step.name, step.want...)
		}
		if err := n.Close(t.Context()); err != nil || !h.engine.closed {
			t.Error(err)
		}
		if !strings.Contains(h.log.String(), `"msg":"nodes","node":"radius-1","nodes":["b (alive)","radius-1 (alive)"]`) || strings.Count(h.log.String(), `"event":"node_joined"`) != 2 {
			t.Error(h.log.String())
		}
	})
}

// TestNobodyIsJudged while the memory cannot be asked, nor by one that was emptied.
func TestNobodyIsJudged(t *testing.T) {
	s, changed := settings(t, ""), settings(t, ", nodes: 3")
	self := cluster.Node{Name: "radius-1", Alive: true, Self: true}
	synctest.Test(t, func(t *testing.T) {
		h := newHouse()
		h.engine.see(self, cluster.Node{Name: "b", Alive: true})
		n, err := Open(t.Context(), s, h.deps())
		if err != nil {
			t.Fatal(err)
		}
		n.Start(t.Context())
		h.engine.fail()
		time.Sleep(2 * watchEvery) //nolint:forbidigo // virtual time
		h.expect(t, "out of reach")
		h.engine.hooks.Changed(redis.Event{Kind: redis.Emptied})
		h.engine.see(self)
		time.Sleep(2 * watchEvery) //nolint:forbidigo // virtual time
		h.expect(t, "emptied", "memory_emptied: no phone counts as clean for 5m30s")
		n.Adopt(changed)
		if h.engine.settings != changed.ClusterDigest() {
			t.Error("the others are not told of a reload")
		}
		h.engine.fail()
		if err := n.Close(t.Context()); err != nil {
			t.Errorf("leaving a memory that cannot be asked: %v", err)
		}
	})
}

// TestTrailOfTheMemory: what the engine tells stands in the trail, in words that no terminal obeys.
func TestTrailOfTheMemory(t *testing.T) {
	h := newHouse()
	h.sharing(t, "")
	for _, c := range []struct {
		event redis.Event
		want  []string
	}{
		{redis.Event{Kind: redis.Reachable}, nil},
		{redis.Event{Kind: redis.Unreachable, Why: errors.New("dial tcp:\nrefused " + strings.Repeat("x", 999))}, []string{"memory_unreachable: reject: dial tcp: refused " + strings.Repeat("x", mostWhy-len("dial tcp: refused ")) + "..."}},
		{redis.Event{Kind: redis.Unreachable}, []string{"memory_unreachable: reject: unknown"}},
		{redis.Event{Kind: redis.Reachable, For: 90400 * time.Millisecond}, []string{"memory_reachable: after 1m30s"}},
		{redis.Event{Kind: redis.SameName, Nodes: []string{"b", "c\x1b"}}, []string{"node_name_twice: b, c?"}},
		{redis.Event{Kind: redis.SameName}, nil},
		{redis.Event{Kind: redis.SettingsApart, Nodes: []string{"b"}}, []string{"nodes_differ: b"}},
		{redis.Event{Kind: redis.SettingsAlike}, []string{"nodes_agree: "}},
		{redis.Event{Kind: redis.Evicts, Detail: "allkeys-lru"}, []string{"memory_evicts: maxmemory-policy is allkeys-lru"}},
		{redis.Event{Kind: redis.Old, Detail: "5.0"}, []string{"memory_old: version 5.0"}},
		{redis.Event{Kind: redis.FeedLost, Count: 3}, []string{"nodes_not_told: not told: 3"}},
		{redis.Event{Kind: redis.Unreadable, Count: 4}, []string{"memory_unreadable: values: 4"}},
		{redis.Event{}, nil},
	} {
		h.engine.hooks.Changed(c.event)
		h.expect(t, fmt.Sprint(c.event.Kind), c.want...)
	}
}

// TestAloneIsShouted at each turn and once a minute, and never with reject.
func TestAloneIsShouted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse()
		n := h.sharing(t, ", on_failure: insecure_alone, nodes: 3")
		n.Start(t.Context())
		enter := func(key byte) {
			t.Helper()
			if p, err := n.Attempts().Enter(t.Context(), cluster.Entry{Key: cluster.Digest{key}, ID: "a", Life: time.Minute}); err != nil || p.Role != cluster.Leads {
				t.Fatalf("%+v, %v", p, err)
			}
		}
		budget := n.Budget(state.Limits{PerSecond: 30}, secret.New(apiKey), nil)
		enter(1)
		h.expect(t, "together")
		h.engine.memory.Cut()
		enter(2)
		h.expect(t, "alone", "alone_begun: INSECURE: radius-1 goes on by itself, with a part of the API budget (1 of 3)")
		if calls := spend(budget); calls != 9 { // 97 % of 10
			t.Errorf("%d calls of 30 in a second, for one of three nodes", calls)
		}
		if r, err := n.Report(t.Context()); err != nil || !r.Memory.Alone {
			t.Errorf("%+v, %v", r, err)
		}
		since := time.Now().UTC().Format(time.RFC3339)
		time.Sleep(shoutEvery + time.Second) //nolint:forbidigo // virtual time
		h.expect(t, "a minute later", "alone_lasts: INSECURE: radius-1 is alone since "+since+": decided by itself: attempts 1, phones 0")
		if c, err := n.Phones().Claim(t.Context(), cluster.Bid{Phone: "+1", Attempt: "a", Life: time.Minute}); err != nil || c.Kind != cluster.Granted {
			t.Errorf("%+v, %v", c, err)
		}
		h.engine.memory.Mend()
		enter(3)
		h.expect(t, "together again", "alone_ended: radius-1 was alone for 1m1s: decided by itself: attempts 1, phones 1")
		time.Sleep(2 * shoutEvery) //nolint:forbidigo // virtual time
		h.expect(t, "quiet")
		if err := n.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if !strings.Contains(h.log.String(), "INSECURE: state.redis.on_failure") {
			t.Error("not a word at the start")
		}
	})
}

// spend takes calls until one has to wait.
func spend(b state.Allowance) (calls int) {
	for b.Take() == 0 {
		calls++
	}
	return calls
}

// TestDivided: the part, what is reserved where, and what was spent together.
func TestDivided(t *testing.T) {
	alone := false
	all := state.NewBudget(state.Limits{PerMinute: 100}, nil)
	d := newDivided(all, state.Limits{PerMinute: 100}, 2, nil, func() bool { return alone })
	used := func() (together, own int) {
		_, all, _ := all.Left()
		_, mine, _ := d.own.Left()
		return 97 - all, 48 - mine
	}
	for _, step := range []struct {
		name          string
		do            func() bool
		together, own int
	}{
		{"a call", func() bool { return d.Take() == 0 }, 1, 1},
		{"places", func() bool { return d.Reserve(3) && d.Reserve(0) }, 4, 1},
		{"one of them", func() bool { return d.TakeReserved() == 0 }, 4, 2},
		{"one of them, alone", func() bool { alone = true; return d.TakeReserved() == 0 }, 3, 3},
		{"places, alone", func() bool { return d.Reserve(10) && !d.Reserve(90) }, 3, 13},
		{"a call, alone", func() bool { return d.Take() == 0 }, 3, 14},
		{"one of the places, together", func() bool { alone = false; return d.TakeReserved() == 0 }, 3, 14},
		{"the rest goes back where it is from", func() bool { d.Release(10); d.Release(-1); return true }, 2, 5},
		{"alone there is no more than the part", func() bool { alone = true; return spend(d) == 43 && d.Use().Minute == 1 }, 2, 48},
		{"together there is room", func() bool { alone = false; return d.Take() == 0 && d.Use().Minute < 1 }, 3, 48},
		{"a penalty is for both", func() bool {
			d.Penalise(time.Now().Add(time.Minute))
			return d.Take() > 0 && d.own.Take() > 0
		}, 3, 48},
	} {
		if !step.do() {
			t.Errorf("%s: refused, or not", step.name)
		}
		if together, own := used(); together != step.together || own != step.own {
			t.Errorf("%s: %d and %d, want %d and %d", step.name, together, own, step.together, step.own)
		}
	}
	if r := d.Gauge(); r.Alone || r.Shared || r.Minute != (state.Window{Limit: 97, Left: 94}) || r.Held.IsZero() {
		t.Errorf("what is left together: %+v", r)
	}
	alone = true
	if r := d.Gauge(); !r.Alone || !r.Shared || r.Minute != (state.Window{Limit: 48, Left: 0}) {
		t.Errorf("what is left alone: %+v", r)
	}
	alone = false
	d.SetLimits(state.Limits{PerMinute: 1000})
	d.Heed(state.Notice{Limit: 800, Remaining: 400, Reset: time.Minute})
	_, together, _ := all.Left()
	if _, own, _ := d.own.Left(); together > 400 || own > 400 || together == 0 || own == 0 {
		t.Errorf("%d and %d left of what the API told", together, own)
	}
}
