//go:build interop

package nodes_test

import (
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"ivalt-radius/test/blackbox"
	"ivalt-radius/test/cluster/servers"
)

// TestKitRedis: it forgets by a restart, and nothing by a pause; it is gone when it is killed.
func TestKitRedis(t *testing.T) {
	t.Parallel()
	r := servers.Redis(t)
	r.Ask("SET", "a", "1")
	r.Pause()
	go func() {
		passes(300 * time.Millisecond)
		r.Resume()
	}()
	began := time.Now()
	if said := r.Ask("GET", "a"); said != "1" || time.Since(began) < 250*time.Millisecond {
		t.Errorf("%q after %s", said, time.Since(began))
	}
	r.Restart()
	if said := r.Ask("GET", "a"); said != "" {
		t.Errorf("after a restart it has %q", said)
	}
	r.Kill()
	if said, err := r.Try("PING"); err == nil {
		t.Errorf("a dead one says %q", said)
	}
	r.Start()
}

// TestKitWire: what is cut does not pass and comes back by healing; delay and throttle cost the time that they say.
func TestKitWire(t *testing.T) {
	t.Parallel()
	r := servers.Redis(t)
	w := newWire(t, r.Address())
	near := r.At(w.address())
	if near.Ask("PING") != "PONG" {
		t.Error("it does not pass")
	}
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", w.address())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	asks := func(wait time.Duration) string {
		_, _ = conn.Write([]byte("PING\r\n"))
		_ = conn.SetReadDeadline(time.Now().Add(wait))
		b := make([]byte, 16)
		n, _ := conn.Read(b)
		return strings.TrimSpace(string(b[:n]))
	}
	if said := asks(5 * time.Second); said != "+PONG" {
		t.Errorf("%q", said)
	}
	w.cut()
	if said := asks(300 * time.Millisecond); said != "" {
		t.Errorf("through a cut: %q", said)
	}
	w.heal()
	if said := asks(300 * time.Millisecond); said != "" {
		t.Errorf("a connection over a cut lives on: %q", said)
	}
	if near.Ask("PING") != "PONG" {
		t.Error("it is not healed")
	}
	costs := func(what string, least time.Duration, command ...string) {
		t.Helper()
		began := time.Now()
		near.Ask(command...)
		if took := time.Since(began); took < least {
			t.Errorf("%s: %s, at least %s", what, took, least)
		}
	}
	w.slow(200 * time.Millisecond)
	costs("slow", 200*time.Millisecond, "PING")
	w.heal()
	w.throttle(10_000)
	costs("throttled", 300*time.Millisecond, "SET", "b", strings.Repeat("x", 3000))
}

// TestKitSentinels: they name another master when theirs is killed, and the killed one comes back as its replica.
func TestKitSentinels(t *testing.T) {
	t.Parallel()
	s := servers.RunSentinels(t)
	first := s.Master()
	if first != s.Redis[0] || len(s.Addresses()) != 3 {
		t.Fatalf("the master is at %v", first)
	}
	first.Ask("SET", "a", "1")
	first.Ask("WAIT", "1", "5000")
	from, to := s.Failover(t)
	if now := s.Master(); now != s.Redis[1] || !to.After(from) {
		t.Errorf("the master is at %v, and not at %s", now, s.Redis[1].Address())
	}
	if said := s.Redis[1].Ask("GET", "a"); said != "1" {
		t.Errorf("the replica was told by WAIT, and has %q", said)
	}
	first.Start()
	blackbox.Eventually(t, "the old master follows", func() bool { return servers.Field(first.Ask("INFO", "replication"), "role") == "slave" })
}

// TestKitCluster: three masters share the slots.
func TestKitCluster(t *testing.T) {
	t.Parallel()
	all := servers.Cluster(t, 3)
	owners := map[string]bool{}
	for i := range 30 {
		key := "k" + strconv.Itoa(i)
		for _, p := range all {
			if said := p.Ask("SET", key, "1"); said == "OK" {
				owners[p.Address()] = true
			} else if !strings.HasPrefix(said, "MOVED") {
				t.Fatalf("%q", said)
			}
		}
	}
	if len(owners) != 3 {
		t.Errorf("%d of three have keys", len(owners))
	}
}

// TestKitMeasures: what is measured of a node by itself, and of a Redis that only the test asks, is what is there.
func TestKitMeasures(t *testing.T) {
	t.Parallel()
	m := brief()
	m.load, m.length = 4, 8*time.Second
	h := open(t, plan{nodes: 1, memory: embedded, settings: unlimited})
	d := timed(t, h, m, 1)
	if len(d.push) != m.crowd || len(d.whole) != m.crowd || quantile(d.push, 0.5) <= 0 || quantile(d.whole, 0.5) < quantile(d.push, 0.5)+500*time.Millisecond {
		t.Errorf("%d and %d: %s to the push, %s in all", len(d.push), len(d.whole), quantile(d.push, 0.5), quantile(d.whole, 0.5))
	}
	if got := rate(t, h, m); got <= 0 || got > 40 {
		t.Errorf("%.1f logins a second of %d people", got, m.load)
	}
	r := servers.Redis(t)
	idle, idler := work{at: time.Now()}, work{at: time.Now().Add(time.Second)}
	before := worked(t, r)
	for range 10 {
		r.Ask("SET", "a", "1")
	}
	if row := costs(idle, idler, before, worked(t, r), 5); !strings.Contains(row, "set 2.0") {
		t.Errorf("10 operations of 5 logins: %s", row)
	}
}
