//go:build interop

package nodes_test

import (
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/test/blackbox"
)

// TestSamePacketAtBothNodes: at the same moment. One push, and each node answers with a packet of its own.
func TestSamePacketAtBothNodes(t *testing.T) {
	t.Parallel()
	h := open(t, plan{})
	for round, does := range map[string]ivalttest.Behaviour{"yes": ivalttest.Approve, "no": ivalttest.Deny} {
		t.Run(round, func(t *testing.T) {
			h.enrol(round, does, 2*time.Second)
			g, r := gate(t), request(login(round), 7)
			g.send(h.a(), r)
			g.send(h.b(), r)
			atA, atB := g.answer(t, h.a(), r), g.answer(t, h.b(), r)
			verdict, reason := "reject", "push_denied"
			for _, reply := range []blackbox.Reply{atA, atB} {
				if does == ivalttest.Approve {
					verdict, reason = "accept", "approved"
					accepted(t, reply)
				} else {
					rejected(t, reply, denied)
				}
			}
			h.a().did(t, round, verdict, reason)
			h.b().did(t, round, verdict, reason)
			h.rang(t, round, 1)
			if one, two := h.a().Attempts(t, round)[0].Text("attempt"), h.b().Attempts(t, round)[0].Text("attempt"); one != two || one == "" {
				t.Errorf("the trails call it %q and %q", one, two)
			}
		})
	}
}

// TestTheDocumentedUserSuffices: a login at both nodes needs no more of Redis than docker/users.acl lets them do.
func TestTheDocumentedUserSuffices(t *testing.T) {
	t.Parallel()
	acl, err := os.ReadFile("../../../docker/users.acl")
	if err != nil {
		t.Fatal(err)
	}
	_, rules, _ := strings.Cut(strings.TrimSpace(string(acl)), "\nuser ")
	h := build(t, plan{more: "username: radius-nodes\n    password: " + clusterKey})
	h.redis.Ask(append([]string{"ACL", "SETUSER"}, strings.Fields(strings.Replace(rules, "#@SHA256@", ">"+clusterKey, 1))...)...)
	h.begin(t)
	h.enrol("alice", ivalttest.Approve, 4*time.Second) // so that the follower looks by itself, and a quiet connection is tried
	g, r := gate(t), request(login("alice"), 7)
	g.send(h.a(), r)
	h.rings(t, "alice")
	g.send(h.b(), r)
	accepted(t, g.answer(t, h.a(), r))
	accepted(t, g.answer(t, h.b(), r))
	h.rang(t, "alice", 1)
	h.a().did(t, "alice", "accept", "approved")
	h.b().did(t, "alice", "accept", "approved")
	if users := h.redis.Ask("CLIENT", "LIST"); !strings.Contains(users, "user=radius-nodes") {
		t.Errorf("the nodes are somebody else:\n%s", users)
	}
	if log := h.redis.Ask("ACL", "LOG"); log != "" {
		t.Errorf("Redis refused: %s", log)
	}
}

// TestFailover: the gateway turns to the other node after ten seconds, with a new identifier and authenticator, while the first waits on.
func TestFailover(t *testing.T) {
	t.Parallel()
	h := open(t, plan{})
	h.enrol("alice", ivalttest.Approve, 13*time.Second)
	g := gate(t)
	first, second := request(login("alice"), 1), request(login("alice"), 2)
	g.send(h.a(), first)
	passes(10 * time.Second)
	g.send(h.b(), second)
	accepted(t, g.answer(t, h.b(), second))
	accepted(t, g.answer(t, h.a(), first))
	h.rang(t, "alice", 1)
	h.a().did(t, "alice", "accept", "approved")
	h.b().did(t, "alice", "accept", "approved")
}

// TestRetransmissionBehindTheAnswer: what one node has answered, the other answers the same, and no phone rings.
func TestRetransmissionBehindTheAnswer(t *testing.T) {
	t.Parallel()
	h := open(t, plan{})
	for name, does := range map[string]ivalttest.Behaviour{"accepted": ivalttest.Approve, "refused": ivalttest.Deny} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h.enrol(name, does, 2*time.Second)
			g, r := gate(t), request(login(name), 9)
			g.send(h.a(), r)
			first := g.answer(t, h.a(), r)
			g.send(h.b(), r)
			second := g.answer(t, h.b(), r)
			if first.Code != second.Code || first.Message != second.Message || (first.Code == blackbox.AccessAccept) != (does == ivalttest.Approve) {
				t.Errorf("code %d %q at one, %d %q at the other", first.Code, first.Message, second.Code, second.Message)
			}
			again := gate(t)
			if renewed := request(login(name), 10); first.Code == blackbox.AccessAccept { // a fresh Accept is joinable by a new identifier too
				again.send(h.b(), renewed)
				accepted(t, again.answer(t, h.b(), renewed))
			}
			h.rang(t, name, 1)
		})
	}
}

// TestTheLeaderIsKilled while the phone rings: the other node takes the open push over from its record and answers.
func TestTheLeaderIsKilled(t *testing.T) {
	t.Parallel()
	for name, follows := range map[string]time.Duration{"a follower waits": -1, "the gateway turns to it behind the kill": 2 * time.Second} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := open(t, plan{})
			h.enrol("alice", ivalttest.Manual, 0)
			g := gate(t)
			first, second := request(login("alice"), 1), request(login("alice"), 2)
			g.send(h.a(), first)
			h.rings(t, "alice")
			h.polled(t, "alice", time.Now())
			if follows < 0 {
				g.send(h.b(), second)
				passes(time.Second)
			}
			killed := time.Now()
			h.a().Server.Kill()
			if follows >= 0 {
				passes(follows)
				g.send(h.b(), second)
			}
			took := h.polled(t, "alice", time.Now()).Sub(killed)
			if !h.cloud.Approve(mobile("alice")) {
				t.Fatal("no push is open")
			}
			accepted(t, g.answer(t, h.b(), second))
			h.rang(t, "alice", 1)
			h.b().did(t, "alice", "accept", "approved")
			t.Logf("from kill -9 to the other node's poll %s, to its answer %s", took.Round(time.Millisecond), time.Since(killed).Round(time.Millisecond))
			if took > 12*time.Second {
				t.Errorf("taken over after %s", took)
			}
		})
	}
}

// rolled is a version that the other binary does not have.
const rolled = "rolled-over"

// TestRollingUpgrade: a node is stopped in the middle and comes back in another version; nobody notices.
func TestRollingUpgrade(t *testing.T) {
	upgraded := buildVersion(t, rolled)
	h := open(t, plan{})
	h.enrol("early", ivalttest.Approve, 6*time.Second)
	h.enrol("late", ivalttest.Approve, 3*time.Second)
	h.enrol("after", ivalttest.Approve, 2*time.Second)
	g := gate(t)
	early := request(login("early"), 1)
	g.send(h.a(), early)
	h.rings(t, "early")
	h.a().Server.Signal(syscall.SIGTERM)
	h.a().Server.AwaitLines(t, "draining", 1)
	late := request(login("late"), 2)
	g.send(h.a(), late) // which admits nobody any more
	g.send(h.b(), late)
	accepted(t, g.answer(t, h.b(), late))
	accepted(t, g.answer(t, h.a(), early))
	g.silent(t, h.a(), late, 100*time.Millisecond)
	if code := h.a().Server.Exit(t); code != 0 {
		t.Errorf("exit %d", code)
	}
	t.Setenv("BLACKBOX_BINARY", upgraded)
	h.a().Start(t)
	for i, n := range h.nodes {
		accepted(t, asks(t, n, blackbox.Login{User: "after", Password: password, CallingStation: station, ID: byte(i)}))
	}
	for _, user := range []string{"early", "late", "after"} {
		h.rang(t, user, 1)
	}
	blackbox.Eventually(t, "nodes shows both versions", func() bool {
		out, code := blackbox.Run(t, "nodes", "--config", h.b().Config())
		return code == 0 && strings.Contains(out, rolled) && strings.Count(out, "\n") > 1
	})
}
