//go:build interop

package nodes_test

import (
	"context"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/test/blackbox"
	"ivalt-radius/test/cluster/servers"
)

// insideVariable is set for the test's second run, the one in namespaces.
const insideVariable = "NODES_INSIDE"

// inside runs this test binary's one test in the namespaces of netns.sh, where all that the test itself starts is inside as well. It reports true in there.
func inside(t *testing.T, loss, delay int) bool {
	t.Helper()
	if os.Getenv(insideVariable) != "" {
		return true
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "./netns.sh", strconv.Itoa(loss), strconv.Itoa(delay), self, "-test.v", "-test.run", "^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), insideVariable+"=yes")
	out, err := cmd.CombinedOutput()
	t.Logf("inside:\n%s", out)
	if err != nil {
		t.Errorf("inside: %v", err)
	}
	if !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Error("nothing was tested inside")
	}
	return false
}

// farPort is where the Redis at the other end listens.
const farPort = 6379

// farRedis runs a redis-server at the other end of the wires, which each node reaches over its own.
func farRedis(t *testing.T) *servers.Server {
	t.Helper()
	return servers.Far(t, farPort, []string{"192.0.2.1", "198.51.100.1"}, "ip", "netns", "exec", "memory")
}

// tear has a node's wire down, and mend up again.
func tear(t *testing.T, device string) {
	t.Helper()
	link(t, device, "down")
}

func mend(t *testing.T, device string) {
	t.Helper()
	link(t, device, "up")
}

func link(t *testing.T, device, state string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), "ip", "link", "set", device, state).CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v: %s", device, state, err, out)
	}
}

// delayed is by how much the wires delay; 0 where the kernel cannot.
func delayed(t *testing.T) time.Duration {
	t.Helper()
	ms, err := strconv.Atoi(os.Getenv("DELAYS"))
	if err != nil {
		t.Fatal(err)
	}
	return time.Duration(ms) * time.Millisecond
}

// TestKitNamespaces: the memory is far away, each wire by itself, and nothing of it is left on the host.
func TestKitNamespaces(t *testing.T) {
	if !inside(t, 0, 30) {
		if out, err := exec.CommandContext(t.Context(), "ip", "netns", "list").Output(); err != nil || strings.Contains(string(out), "memory") {
			t.Errorf("%v: left behind: %s", err, out)
		}
		return
	}
	p := farRedis(t)
	for device, host := range map[string]string{"node0": "192.0.2.1", "node1": "198.51.100.1"} {
		near := p.At(net.JoinHostPort(host, strconv.Itoa(farPort)))
		began := time.Now()
		near.Ask("PING")
		if took := time.Since(began); took < 3*delayed(t) { // a connection and a question, twice the delay each
			t.Errorf("%s: %s", host, took)
		}
		tear(t, device)
		if said, err := near.Try("PING"); err == nil {
			t.Errorf("%s: through a torn wire: %q", host, said)
		}
		mend(t, device)
		blackbox.Eventually(t, device+" is mended", func() bool {
			_, err := near.Try("PING")
			return err == nil
		})
	}
}

// TestLossyNetwork: nodes whose wires to the memory lose and delay keep what they promise; the one whose wire is torn refuses, and comes back.
func TestLossyNetwork(t *testing.T) {
	if !inside(t, 3, 15) {
		return
	}
	farRedis(t)
	h := build(t, plan{memory: func(n *node) string {
		host := map[string]string{"a": "192.0.2.1", "b": "198.51.100.1"}[n.name]
		// Without TLS a node asks loopback alone: its relay stands there, and the wire with netem begins behind it.
		n.wire = newWire(t, net.JoinHostPort(host, strconv.Itoa(farPort)))
		return alone(n)
	}})
	h.begin(t)
	for i := range 8 {
		user := "user" + strconv.Itoa(i)
		t.Run(user, func(t *testing.T) {
			t.Parallel()
			h.enrol(user, ivalttest.Approve, 6*time.Second)
			g, first, second := gate(t), request(login(user), 1), request(login(user), 2)
			g.send(h.nodes[i%2], first)
			passes(time.Duration(i) * 500 * time.Millisecond)
			g.send(h.nodes[1-i%2], second)
			accepted(t, g.answer(t, h.nodes[i%2], first))
			accepted(t, g.answer(t, h.nodes[1-i%2], second))
			h.rang(t, user, 1)
		})
	}
	t.Run("torn", func(t *testing.T) {
		h.enrol("alice", ivalttest.Approve, 2*time.Second)
		tear(t, "node0")
		h.refuses(t, h.a(), "alice")
		h.recovers(t, h.b(), "alice")
		mend(t, "node0")
		h.recovers(t, h.a(), "alice")
	})
}
