//go:build interop

package nodes_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"

	"ivalt-radius/test/blackbox"
	"ivalt-radius/test/cluster/history"
	"ivalt-radius/test/cluster/servers"
)

// The environment of the hammer: how long it goes on, the seed of its chance, and the memory that it hits: redis or sentinel.
const (
	lengthVariable = "HAMMER"
	seedVariable   = "HAMMER_SEED"
	memoryVariable = "HAMMER_MEMORY"
)

// within is how long the hammer's gateways wait, and tries for how long they send again.
const (
	within = 20 * time.Second
	tries  = 15 * time.Second
)

// hammer is what shakes a house.
type hammer struct {
	house   *house
	journal *journal
	rng     *rand.Rand
	lose    func(t *testing.T)     // what makes the memory forget, or lose what it just heard
	pauses  func() *servers.Server // the server that is stopped for a moment
	counts  map[string]int
}

// hammered are a house's settings under the hammer.
func hammered(n *node) {
	n.Settings.Clients = fmt.Sprintf("\n  - {name: gateway, networks: [%s/32], secrets: [%q], answer_within: %s}", blackbox.Source, blackbox.Secret, within)
	n.Settings.IVALT = "approval_timeout: 25s\n  limits: {per_second: 0, per_minute: 0, per_hour: 0}\n  " + marked(n)
}

// blow is one thing that happens to a house.
type blow struct {
	name   string
	weight int
	strike func(t *testing.T, h *hammer, n *node)
}

// blows are all that may happen; each ends with the house whole again.
func blows() []blow {
	return []blow{
		{"kill -9", 4, func(t *testing.T, h *hammer, n *node) {
			t.Helper()
			up := h.journal.down(n, history.Killed)
			n.Server.Kill()
			passes(h.moment(500*time.Millisecond, 6*time.Second))
			n.Start(t)
			up()
		}},
		{"node stopped", 3, func(t *testing.T, h *hammer, n *node) {
			t.Helper()
			up := h.journal.down(n, history.Stopped)
			n.Server.Signal(syscall.SIGSTOP)
			passes(h.moment(500*time.Millisecond, 8*time.Second))
			n.Server.Signal(syscall.SIGCONT)
			up()
		}},
		{"rolled", 1, func(t *testing.T, h *hammer, n *node) {
			t.Helper()
			up := h.journal.down(n, history.Rolled)
			n.Server.Signal(syscall.SIGTERM)
			if code := n.Server.Exit(t); code != 0 {
				t.Errorf("%s: exit %d", n.name, code)
			}
			n.Start(t)
			up()
		}},
		{"node cut off", 4, func(t *testing.T, h *hammer, n *node) {
			t.Helper()
			if n.wire != nil {
				defer h.journal.mute(n.name, "cut off")()
				n.wire.cut()
				passes(h.moment(500*time.Millisecond, 8*time.Second))
				n.wire.heal()
			}
		}},
		{"node's wire slow", 1, func(t *testing.T, h *hammer, n *node) {
			t.Helper()
			if n.wire != nil {
				defer h.journal.mute(n.name, "slow")()
				n.wire.slow(300 * time.Millisecond)
				n.wire.throttle(50_000)
				passes(h.moment(time.Second, 5*time.Second))
				n.wire.heal()
			}
		}},
		{"memory paused", 2, func(t *testing.T, h *hammer, _ *node) {
			t.Helper()
			p := h.pauses()
			defer h.journal.mute("", "paused")()
			p.Pause()
			passes(h.moment(200*time.Millisecond, 5*time.Second))
			p.Resume()
		}},
		{"memory lost", 1, func(t *testing.T, h *hammer, _ *node) {
			t.Helper()
			h.lose(t)
		}},
	}
}

func (h *hammer) moment(least, most time.Duration) time.Duration {
	return least + time.Duration(h.rng.Int64N(int64(most-least)))
}

// shake strikes until the time is over.
func (h *hammer) shake(t *testing.T, until time.Time) {
	t.Helper()
	var all []blow
	for _, b := range blows() {
		for range b.weight {
			all = append(all, b)
		}
	}
	for time.Now().Before(until) && !t.Failed() {
		b, n := all[h.rng.IntN(len(all))], h.house.nodes[h.rng.IntN(len(h.house.nodes))]
		h.counts[b.name]++
		b.strike(t, h, n)
		passes(h.moment(time.Second, 4*time.Second))
	}
}

// newHammer opens a house of three nodes on the memory that the environment names.
func newHammer(t *testing.T, seed uint64) *hammer {
	t.Helper()
	h := &hammer{rng: rand.New(rand.NewPCG(seed, 1<<32)), counts: map[string]int{}} //nolint:gosec // chance, not secrecy
	switch memory := os.Getenv(memoryVariable); memory {
	case "", "redis":
		h.house = build(t, plan{nodes: 3, settings: hammered})
		h.pauses = func() *servers.Server { return h.house.redis }
		h.lose = func(t *testing.T) {
			t.Helper()
			from := time.Now()
			h.house.redis.Restart()
			h.journal.lost("restarted empty", from, time.Now())
		}
	case "sentinel":
		s := servers.RunSentinels(t)
		h.house = build(t, plan{nodes: 3, settings: hammered, memory: func(*node) string {
			return addresses(s.Addresses()...) + "\n    mode: sentinel\n    master: " + servers.Watched
		}})
		h.pauses = func() *servers.Server { return s.Watchers[0] } // a paused master is a failover
		h.lose = func(t *testing.T) {
			t.Helper()
			old := s.Master()
			from, to := s.Failover(t)
			old.Start()
			blackbox.Eventually(t, "the old master follows", func() bool {
				said, err := old.Try("INFO", "replication")
				return err == nil && servers.Field(said, "master_link_status") == "up"
			})
			h.journal.lost("failover", from, to)
		}
	default:
		t.Fatalf("%s=%q: neither redis nor sentinel", memoryVariable, memory)
	}
	h.journal = newJournal(h.house, within)
	return h
}

// TestHammer: whatever happens to nodes and memory, each login rings once at most, nobody is let in who did not approve, every Accept is in a trail, and
// nobody waits for ever.
func TestHammer(t *testing.T) {
	const people = 24
	seed, d := blackbox.Seed(t, seedVariable), blackbox.Length(t, lengthVariable, 2*time.Minute, time.Second)
	t.Logf("seed %d, %s (%s=%d %s=%s plays it again, as far as chance is ours)", seed, d, seedVariable, seed, lengthVariable, d)
	h := newHammer(t, seed)
	h.house.begin(t)
	r, past := h.play(t, seed, people, func() { h.shake(t, time.Now().Add(d)) })
	t.Logf("%s\nblows: %v, %d times the memory was lost", r, h.counts, len(past.Losses))
	complain(t, r, past)
	if r.Accepts < people/2 || r.Logins < people {
		t.Errorf("%d of %d logins were let in: that is no load", r.Accepts, r.Logins)
	}
}

// play has people log in while something is done to the house; then it stops the nodes and judges.
func (h *hammer) play(t *testing.T, seed uint64, people int, do func()) (history.Report, history.History) {
	t.Helper()
	collected := h.journal.collecting()
	stop := make(chan struct{})
	var crowd sync.WaitGroup
	var all []*person
	for n := range people {
		all = append(all, newPerson(h.house, h.journal, seed, n, tries))
	}
	for _, p := range all {
		crowd.Go(func() {
			if err := p.live(stop); err != nil {
				t.Error(err)
			}
		})
	}
	do()
	close(stop)
	crowd.Wait()
	collected()
	for _, n := range h.house.nodes {
		n.Server.Signal(syscall.SIGTERM)
	}
	for _, n := range h.house.nodes {
		n.Server.Exit(t)
	}
	past := h.journal.close(t)
	return history.Check(past), past
}

// complain fails the test for each violation, with the person's whole history.
func complain(t *testing.T, r history.Report, past history.History) {
	t.Helper()
	told := map[string]bool{}
	for _, v := range r.Violations {
		t.Errorf("%s: %s from %s: %s", v.Kind, v.Login.User, v.Login.Station, v.Text)
		if !told[v.Login.User] && len(told) < 3 {
			t.Logf("all of %s:\n%s", v.Login.User, past.Of(v.Login.User))
		}
		told[v.Login.User] = true
	}
}

// TestTheHammerSees: nodes that share nothing ring twice for one login, and the judge says so, and nothing else.
func TestTheHammerSees(t *testing.T) {
	t.Parallel()
	h := &hammer{house: build(t, plan{nodes: 2, settings: hammered, memory: func(*node) string { return "" }})}
	h.journal = newJournal(h.house, within)
	h.house.begin(t)
	r, _ := h.play(t, 1, 8, func() { passes(8 * time.Second) })
	t.Log(r)
	twice := 0
	for _, v := range r.Violations {
		if v.Kind == history.TwoPushes {
			twice++
		} else {
			t.Errorf("%v", v)
		}
	}
	if twice == 0 {
		t.Error("two pushes for one login are not seen")
	}
}
