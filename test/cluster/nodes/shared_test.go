//go:build interop

package nodes_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/test/blackbox"
)

// begin starts all nodes of a house that was built.
func (h *house) begin(t *testing.T) {
	t.Helper()
	for _, n := range h.nodes {
		n.Start(t)
	}
}

// said reports whether any node's trail has a security event of that name.
func (h *house) said(t *testing.T, event string) bool {
	t.Helper()
	for _, n := range h.nodes {
		if len(n.Events(t, event)) > 0 {
			return true
		}
	}
	return false
}

// settled is longer than it takes until one node has heard what another counted.
const settled = time.Second

// TestLockoutAtBothNodes: two wrong passwords at each are four.
func TestLockoutAtBothNodes(t *testing.T) {
	t.Parallel()
	h := build(t, plan{settings: func(n *node) {
		n.Settings.More = "guard: {lockout: {after: 4, for: 10m}, attempts: {per_user: 0}, wrong_passwords: {per_user: 0}}\n"
	}})
	h.listed(t, "svc-bob", "svc-eve")
	h.begin(t)
	for i := range 4 {
		guess := blackbox.Login{User: "svc-bob", Password: fmt.Sprint("guess ", i), CallingStation: station}
		rejected(t, asks(t, h.nodes[i/2], guess), denied)
		if i == 1 {
			passes(settled)
		}
	}
	blackbox.Eventually(t, "a lockout in a trail", func() bool { return h.said(t, "locked_out") })
	passes(settled)
	for _, n := range h.nodes {
		rejected(t, asks(t, n, login("svc-bob")), denied)
		n.did(t, "svc-bob", "reject", "locked_out")
		accepted(t, asks(t, n, login("svc-eve")))
	}
}

// TestABlockAtOneNodeHoldsAtBoth, and until it is lifted at the other.
func TestABlockAtOneNodeHoldsAtBoth(t *testing.T) {
	t.Parallel()
	h := open(t, plan{})
	run := func(n *node, args ...string) {
		t.Helper()
		if out, code := blackbox.Run(t, append(args, "--config", n.Config())...); code != 0 {
			t.Fatalf("%v: exit %d: %s", args, code, out)
		}
	}
	accepted(t, asks(t, h.b(), login("svc-bob")))
	run(h.a(), "block", "--user", "svc-bob", "--for", "1h", "--reason", "stolen laptop")
	rejected(t, asks(t, h.a(), login("svc-bob")), denied)
	blackbox.Eventually(t, "b refuses", func() bool { return asks(t, h.b(), login("svc-bob")).Code == blackbox.AccessReject })
	h.b().did(t, "svc-bob", "reject", "blocked")
	h.b().Server.Kill() // what was learned is on its disk
	h.b().Start(t)
	rejected(t, asks(t, h.b(), login("svc-bob")), denied)
	run(h.b(), "unblock", "--user", "svc-bob", "--reason", "found")
	blackbox.Eventually(t, "a lets in", func() bool { return asks(t, h.a(), login("svc-bob")).Code == blackbox.AccessAccept })
}

// TestCollisionOfTwoNodes: two different logins of one person, one at each node, are both denied.
func TestCollisionOfTwoNodes(t *testing.T) {
	t.Parallel()
	h := open(t, plan{})
	h.enrol("alice", ivalttest.Approve, 8*time.Second)
	g := gate(t)
	theirs := login("alice")
	theirs.CallingStation = other
	first, second := request(login("alice"), 1), request(theirs, 2)
	g.send(h.a(), first)
	h.rings(t, "alice")
	g.send(h.b(), second)
	rejected(t, g.answer(t, h.b(), second), denied)
	rejected(t, g.answer(t, h.a(), first), denied)
	h.a().did(t, "alice", "reject", "collision")
	h.b().did(t, "alice", "reject", "collision")
	h.rang(t, "alice", 1)
}

// TestALateApprovalAtTheOtherNode: the person approves a moment after the gateway gave up at one node; its next try at the other comes in without a push.
func TestALateApprovalAtTheOtherNode(t *testing.T) {
	t.Parallel()
	h := open(t, plan{settings: func(n *node) {
		n.Settings.Clients = fmt.Sprintf("\n  - {name: gateway, networks: [%s/32], secrets: [%q], answer_within: 6s}", blackbox.Source, blackbox.Secret)
		n.Settings.IVALT = "insecure_late_credit: 30s"
	}})
	h.cloud.Set(ivalttest.Person{
		Email: blackbox.Email("alice"), Behaviour: ivalttest.Ignore, Next: []ivalttest.Step{{Behaviour: ivalttest.Approve, After: 7 * time.Second}},
	})
	rejected(t, asks(t, h.a(), login("alice")), "Not approved in time.")
	blackbox.Eventually(t, "the late approval in a trail", func() bool { return h.said(t, "late_approval") })
	accepted(t, asks(t, h.b(), login("alice")))
	h.rang(t, "alice", 1)
}

// TestTheBudgetIsOfAllNodes: two nodes together never ask iVALT more than one is allowed to.
func TestTheBudgetIsOfAllNodes(t *testing.T) {
	t.Parallel()
	h := build(t, plan{settings: func(n *node) {
		n.Settings.IVALT = "limits: {per_second: 6, per_minute: 60, per_hour: 1000}"
	}})
	if err := h.cloud.Change(func(o *ivalttest.Options) {
		o.Limits, o.CountPeaks = ivalttest.Limits{PerSecond: 6, PerMinute: 60, PerHour: 1000}, true
	}); err != nil {
		t.Fatal(err)
	}
	h.begin(t)
	const crowd = 24
	var came sync.Map
	var all sync.WaitGroup
	for i := range crowd {
		user := fmt.Sprint("user", i)
		h.enrol(user, ivalttest.Approve, 2*time.Second)
		g, r := gate(t), request(login(user), 1)
		all.Go(func() {
			g.send(h.nodes[i%2], r)
			if reply, err := g.receive(h.nodes[i%2], r, blackbox.Patience); err != nil {
				t.Errorf("%s: %v", user, err)
			} else {
				came.Store(user, reply.Code)
			}
		})
	}
	all.Wait()
	let := 0
	came.Range(func(_, code any) bool {
		if code == byte(blackbox.AccessAccept) {
			let++
		}
		return true
	})
	c := h.cloud.Counters()
	if c.Throttled != 0 || let == 0 || c.PeakSecond > 6 || c.PeakMinute > 60 {
		t.Errorf("%d of %d are let in, %d calls are over the limits; at most %d in a second, %d in a minute", let, crowd, c.Throttled, c.PeakSecond, c.PeakMinute)
	}
	t.Logf("%d of %d are let in by %d calls, at most %d in a second", let, crowd, c.Requests, c.PeakSecond)
}

// TestNodes: each node names both, and says where their settings differ.
func TestNodes(t *testing.T) {
	t.Parallel()
	h := build(t, plan{})
	h.a().name, h.b().name = "rome", "oslo"
	for i, n := range h.nodes {
		n.Settings.More = strings.Replace(n.Settings.More, "node: "+string(rune('a'+i)), "node: "+n.name, 1)
	}
	h.begin(t)
	for _, asked := range h.nodes {
		blackbox.Eventually(t, asked.name+" names both", func() bool {
			out, code := blackbox.Run(t, "nodes", "--config", asked.Config())
			return code == 0 && strings.Contains(out, "rome") && strings.Contains(out, "oslo")
		})
	}
	h.a().Server.Kill()
	blackbox.Eventually(t, "the dead one is not shown as alive", func() bool {
		out, code := blackbox.Run(t, "nodes", "--config", h.b().Config())
		for line := range strings.Lines(out) {
			if strings.HasPrefix(line, "rome") && !strings.Contains(line, "dead since") {
				return false
			}
		}
		return code == 1 && strings.Contains(out, "oslo")
	})
}
