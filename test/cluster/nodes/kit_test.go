//go:build interop

package nodes_test

import (
	"net"
	"strconv"
	"strings"
	"testing"
	"time"
)

// through is a Redis as it is asked through a wire.
func through(t *testing.T, r *program, w *wire) *program {
	t.Helper()
	host, port, err := net.SplitHostPort(w.address())
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	return &program{t: t, host: host, port: n, dir: r.dir}
}

// TestKitRedis: it forgets by a restart, and nothing by a pause; it is gone when it is killed.
func TestKitRedis(t *testing.T) {
	t.Parallel()
	r := runRedis(t)
	r.ask("SET", "a", "1")
	r.pause()
	go func() {
		passes(300 * time.Millisecond)
		r.resume()
	}()
	began := time.Now()
	if said := r.ask("GET", "a"); said != "1" || time.Since(began) < 250*time.Millisecond {
		t.Errorf("%q after %s", said, time.Since(began))
	}
	r.restart()
	if said := r.ask("GET", "a"); said != "" {
		t.Errorf("after a restart it has %q", said)
	}
	r.kill()
	if said, err := r.try("PING"); err == nil {
		t.Errorf("a dead one says %q", said)
	}
	r.start()
}

// TestKitWire: what is cut does not pass and comes back by healing; delay and throttle cost the time that they say.
func TestKitWire(t *testing.T) {
	t.Parallel()
	r := runRedis(t)
	w := newWire(t, r.address())
	near := through(t, r, w)
	if near.ask("PING") != "PONG" {
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
	if near.ask("PING") != "PONG" {
		t.Error("it is not healed")
	}
	costs := func(what string, least time.Duration, command ...string) {
		t.Helper()
		began := time.Now()
		near.ask(command...)
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
	s := runSentinels(t)
	first := s.master()
	if first != s.redis[0] || len(s.addresses()) != 3 {
		t.Fatalf("the master is at %v", first)
	}
	first.ask("SET", "a", "1")
	first.ask("WAIT", "1", "5000")
	from, to := s.failover(t)
	if now := s.master(); now != s.redis[1] || !to.After(from) {
		t.Errorf("the master is at %v, and not at %s", now, s.redis[1].address())
	}
	if said := s.redis[1].ask("GET", "a"); said != "1" {
		t.Errorf("the replica was told by WAIT, and has %q", said)
	}
	first.start()
	eventually(t, "the old master follows", func() bool { return field(first.ask("INFO", "replication"), "role") == "slave" })
}

// TestKitCluster: three masters share the slots.
func TestKitCluster(t *testing.T) {
	t.Parallel()
	all := runCluster(t)
	owners := map[string]bool{}
	for i := range 30 {
		key := "k" + strconv.Itoa(i)
		for _, p := range all {
			if said := p.ask("SET", key, "1"); said == "OK" {
				owners[p.address()] = true
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
	r := runRedis(t)
	idle, idler := work{at: time.Now()}, work{at: time.Now().Add(time.Second)}
	before := worked(t, r)
	for range 10 {
		r.ask("SET", "a", "1")
	}
	if row := costs(idle, idler, before, worked(t, r), 5); !strings.Contains(row, "set 2.0") {
		t.Errorf("10 operations of 5 logins: %s", row)
	}
}
