//go:build interop

package nodes_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/test/blackbox"
	"ivalt-radius/test/cluster/servers"
)

// refuses fails the test unless a node refuses push logins, without a push, and lets exempt ones in.
func (h *house) refuses(t *testing.T, n *node, user string) {
	t.Helper()
	before := h.cloud.Pushes(mobile(user))
	began := time.Now()
	rejected(t, asks(t, n, login(user)), sentence)
	n.did(t, user, "reject", "unavailable")
	h.rang(t, user, before)
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("%s refuses after %s", n.name, took)
	}
	accepted(t, asks(t, n, login("svc-"+n.name)))
}

// recovers waits until a node lets a person in again, without a restart.
func (h *house) recovers(t *testing.T, n *node, user string) {
	t.Helper()
	pid := n.Server.PID()
	blackbox.Eventually(t, n.name+" lets people in again", func() bool { return asks(t, n, login(user)).Code == blackbox.AccessAccept })
	if !n.Server.Running() || n.Server.PID() != pid {
		t.Errorf("%s is another process", n.name)
	}
}

// TestRedisIsGone: no claim is guessed, and who needs none comes in; when it is back, everybody does.
func TestRedisIsGone(t *testing.T) {
	t.Parallel()
	h := open(t, plan{})
	for _, user := range []string{"alice", "bob", "carol"} { // an Accept is joinable for 10 s, so that alice is not asked for again
		h.enrol(user, ivalttest.Approve, time.Second)
	}
	accepted(t, asks(t, h.a(), login("alice")))
	h.redis.Kill()
	h.refuses(t, h.a(), "carol")
	h.refuses(t, h.b(), "bob")
	h.redis.Start()
	h.recovers(t, h.a(), "alice")
	h.recovers(t, h.b(), "bob")
}

// TestRedisIsPaused: it takes connections and answers nobody.
func TestRedisIsPaused(t *testing.T) {
	t.Parallel()
	h := open(t, plan{})
	h.enrol("alice", ivalttest.Approve, time.Second)
	h.redis.Pause()
	h.refuses(t, h.a(), "alice")
	h.redis.Resume()
	h.recovers(t, h.b(), "alice")
}

// TestRedisIsSlow: 300 ms a round trip delay, and break nothing.
func TestRedisIsSlow(t *testing.T) {
	t.Parallel()
	h := open(t, plan{})
	h.enrol("alice", ivalttest.Approve, 5*time.Second)
	for _, n := range h.nodes {
		n.wire.slow(300 * time.Millisecond)
	}
	g := gate(t)
	first, second := request(login("alice"), 1), request(login("alice"), 2)
	g.send(h.a(), first)
	passes(2 * time.Second)
	g.send(h.b(), second)
	accepted(t, g.answer(t, h.a(), first))
	accepted(t, g.answer(t, h.b(), second))
	h.rang(t, "alice", 1)
}

// TestRedisIsOutOfMemory: it refuses to write, so nobody knows whose a phone is.
func TestRedisIsOutOfMemory(t *testing.T) {
	t.Parallel()
	h := open(t, plan{redis: []string{"--maxmemory-policy", "noeviction"}})
	h.enrol("alice", ivalttest.Approve, time.Second)
	h.redis.Ask("CONFIG", "SET", "maxmemory", "1")
	h.refuses(t, h.a(), "alice")
	h.redis.Ask("CONFIG", "SET", "maxmemory", "0")
	h.recovers(t, h.a(), "alice")
	h.recovers(t, h.b(), "alice")
}

// TestRedisIsRestartedEmpty: nobody knows what was approved before, so the next login drains: its phone is polled before it rings.
func TestRedisIsRestartedEmpty(t *testing.T) {
	t.Parallel()
	h := open(t, plan{settings: func(n *node) { n.Settings.IVALT = "sentinel: auto" }})
	h.enrol("alice", ivalttest.Approve, 3*time.Second)
	accepted(t, asks(t, h.a(), login("alice")))
	h.redis.Restart()
	since := time.Now()
	theirs := login("alice")
	theirs.CallingStation = other
	blackbox.Eventually(t, "the next login", func() bool { return asks(t, h.b(), theirs).Code == blackbox.AccessAccept })
	first := ""
	for _, r := range h.cloud.Requests() { // newest first
		if r.Time.Before(since) {
			break
		}
		if r.Mobile == mobile("alice") && r.Endpoint != ivalttest.LookUpEndpoint {
			first = r.Endpoint.String()
		}
	}
	if first != ivalttest.ResultEndpoint.String() {
		t.Errorf("the first call about the phone is %q", first)
	}
	h.rang(t, "alice", 2)
}

// TestALossInTheMiddle: the memory is lost while the phone rings. The login may ring once more and is let in by an approval alone, or not at all.
func TestALossInTheMiddle(t *testing.T) {
	t.Parallel()
	h := open(t, plan{})
	h.enrol("alice", ivalttest.Ignore, 0)
	g := gate(t)
	first, second := request(login("alice"), 1), request(login("alice"), 2)
	g.send(h.a(), first)
	h.rings(t, "alice")
	h.redis.Restart()
	g.send(h.b(), second)
	for i, reply := range []blackbox.Reply{g.answer(t, h.a(), first), g.answer(t, h.b(), second)} {
		if reply.Code != blackbox.AccessReject {
			t.Errorf("%d lets in whom nobody approved", i)
		}
	}
	if n := h.cloud.Pushes(mobile("alice")); n > 2 {
		t.Errorf("%d pushes, at most one more for the loss", n)
	}
}

// TestTheLeaderIsCutOff while the phone rings: the other node takes over, and what the cut-off one sees counts for nobody.
func TestTheLeaderIsCutOff(t *testing.T) {
	t.Parallel()
	h := build(t, plan{})
	if err := h.cloud.Change(func(o *ivalttest.Options) { o.Sticky = true }); err != nil { // both nodes see the approval
		t.Fatal(err)
	}
	h.begin(t)
	h.enrol("alice", ivalttest.Manual, 0)
	g := gate(t)
	first, second := request(login("alice"), 1), request(login("alice"), 2)
	g.send(h.a(), first)
	h.rings(t, "alice")
	h.polled(t, "alice", time.Now())
	g.send(h.b(), second)
	h.a().wire.cut()
	passes(8 * time.Second) // a lease and a look
	if !h.cloud.Approve(mobile("alice")) {
		t.Fatal("no push is open")
	}
	accepted(t, g.answer(t, h.b(), second))
	if reply := g.answer(t, h.a(), first); reply.Code != blackbox.AccessReject {
		t.Errorf("the cut-off node lets in: code %d", reply.Code)
	}
	h.rang(t, "alice", 1)
	h.refuses(t, h.a(), "alice")
	h.a().wire.heal()
	h.enrol("bob", ivalttest.Approve, time.Second) // alice's phone keeps what she approved
	h.recovers(t, h.a(), "bob")
}

// TestAnApprovalIsConfirmedBeforeItCounts: the leader is cut off for a moment only, as the person approves; its login is let in when it is healed.
func TestAnApprovalIsConfirmedBeforeItCounts(t *testing.T) {
	t.Parallel()
	h := open(t, plan{})
	h.enrol("alice", ivalttest.Manual, 0)
	g, r := gate(t), request(login("alice"), 1)
	g.send(h.a(), r)
	h.rings(t, "alice")
	h.polled(t, "alice", time.Now())
	h.a().wire.cut()
	h.cloud.Approve(mobile("alice"))
	g.silent(t, h.a(), r, 3*time.Second)
	h.a().wire.heal()
	accepted(t, g.answer(t, h.a(), r))
	h.rang(t, "alice", 1)
}

// TestInsecureAlone: without the memory each node is by itself, and shouts.
func TestInsecureAlone(t *testing.T) {
	t.Parallel()
	h := open(t, plan{more: "on_failure: insecure_alone"})
	h.enrol("alice", ivalttest.Approve, 2*time.Second)
	h.enrol("bob", ivalttest.Approve, 2*time.Second)
	h.redis.Kill()
	for i, user := range []string{"alice", "bob"} {
		n := h.nodes[i]
		blackbox.Eventually(t, n.name+" goes on alone", func() bool { return asks(t, n, login(user)).Code == blackbox.AccessAccept })
		if said := n.Server.Output(); !strings.Contains(said, "insecure_alone") {
			t.Errorf("%s does not shout", n.name)
		}
	}
	h.redis.Start()
	g := gate(t)
	h.enrol("carol", ivalttest.Approve, 5*time.Second)
	blackbox.Eventually(t, "both are one again", func() bool {
		first := request(login("carol"), 1)
		before := h.cloud.Pushes(mobile("carol"))
		g.send(h.a(), first)
		g.send(h.b(), first)
		_, _ = g.answer(t, h.a(), first), g.answer(t, h.b(), first)
		return h.cloud.Pushes(mobile("carol")) == before+1
	})
}

// TestSentinelFailover in the middle of logins: at worst one more push each, nobody is let in who did not approve, and the nodes find the new master.
func TestSentinelFailover(t *testing.T) {
	t.Parallel()
	s := servers.RunSentinels(t)
	h := open(t, plan{memory: func(*node) string {
		return addresses(s.Addresses()...) + "\n    mode: sentinel\n    master: " + servers.Watched
	}})
	type ask struct {
		user string
		g    *gateway
		r    blackbox.Request
	}
	var all []ask
	for i := range 8 {
		a := ask{user: fmt.Sprint("user", i), g: gate(t)}
		a.r = request(login(a.user), byte(i))
		does := ivalttest.Approve
		if i%2 == 1 {
			does = ivalttest.Ignore
		}
		h.enrol(a.user, does, 9*time.Second)
		a.g.send(h.nodes[i%2], a.r)
		all = append(all, a)
	}
	h.rings(t, "user7")
	from, to := s.Failover(t)
	t.Logf("the failover took %s", to.Sub(from).Round(time.Millisecond))
	for i, a := range all {
		a.g.send(h.nodes[1-i%2], a.r)
	}
	let := 0
	for i, a := range all {
		for _, n := range []*node{h.nodes[i%2], h.nodes[1-i%2]} {
			reply := a.g.answer(t, n, a.r)
			if reply.Code == blackbox.AccessAccept {
				let++
				if i%2 == 1 || !h.cloud.ApprovedSince(mobile(a.user), from.Add(-time.Minute)) {
					t.Errorf("%s is let in at %s, and did not approve", a.user, n.name)
				}
			}
		}
		if n := h.cloud.Pushes(mobile(a.user)); n > 2 {
			t.Errorf("%s: %d pushes, at most one more for the failover", a.user, n)
		}
	}
	t.Logf("%d answers of %d let in", let, 2*len(all))
	h.enrol("after", ivalttest.Approve, time.Second)
	for _, n := range h.nodes {
		h.recovers(t, n, "after")
	}
}

// TestRedisCluster: the same promises with the keys in three servers.
func TestRedisCluster(t *testing.T) {
	t.Parallel()
	all := servers.Cluster(t, 3)
	var where []string
	for _, p := range all {
		where = append(where, p.Address())
	}
	h := open(t, plan{memory: func(*node) string { return addresses(where...) + "\n    mode: cluster" }})
	for i := range 6 {
		user := fmt.Sprint("user", i)
		t.Run(user, func(t *testing.T) {
			t.Parallel()
			h.enrol(user, ivalttest.Approve, 4*time.Second)
			g, first, second := gate(t), request(login(user), 1), request(login(user), 2)
			g.send(h.a(), first)
			g.send(h.b(), first)
			passes(time.Second)
			g.send(h.b(), second)
			accepted(t, g.answer(t, h.a(), first))
			accepted(t, g.answer(t, h.b(), first))
			accepted(t, g.answer(t, h.b(), second))
			h.rang(t, user, 1)
		})
	}
}

// TestNothingIsReadable: what Redis holds while people log in tells no name, no address, no mobile and no password.
func TestNothingIsReadable(t *testing.T) {
	t.Parallel()
	h := open(t, plan{})
	h.enrol("quillonia", ivalttest.Approve, 6*time.Second)
	g, r := gate(t), request(login("quillonia"), 1)
	g.send(h.a(), r)
	h.rings(t, "quillonia")
	keys := h.redis.Ask("KEYS", "*")
	text := keys
	for key := range strings.Lines(keys) {
		dump, err := h.redis.Try("DUMP", strings.TrimSpace(key))
		if err != nil {
			t.Fatal(err)
		}
		text += dump
	}
	if len(strings.Fields(keys)) == 0 {
		t.Error("nothing is shared while a phone rings")
	}
	hidden := []string{"quillonia", password, strings.TrimPrefix(mobile("quillonia"), "+"), station, blackbox.Email("quillonia"), clusterKey}
	for _, word := range hidden {
		if strings.Contains(text, word) {
			t.Errorf("%q is readable", word)
		}
	}
	accepted(t, g.answer(t, h.a(), r))
}
